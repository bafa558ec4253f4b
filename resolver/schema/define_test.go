package schema_test

import (
	"strings"
	"testing"

	"github.com/aclens/aclens/resolver/schema"
)

func ownTypes() []schema.Type {
	return []schema.Type{
		{OID: "2.25.125711760900418935379229695597642577470.1.1", Names: []string{"effectiveAccess"}, Syntax: "DirectoryString",
			Equality: "caseIgnoreMatch", Substring: "caseIgnoreSubstringsMatch", NoUserMod: true, Usage: schema.DirectoryOperation},
		{OID: "1.2.840.113556.1.2.102", Names: []string{"memberOf"}, Desc: "groups of this entry", Syntax: dnSyntax,
			Equality: "distinguishedNameMatch", NoUserMod: true, Usage: schema.DirectoryOperation},
	}
}

func ownClasses() []schema.Class {
	return []schema.Class{{OID: "2.25.125711760900418935379229695597642577470.2.1", Names: []string{"aclensDatabase"}, Sup: []string{"top"}, Must: []string{"cn"}}}
}

// fromTheDirectory defines the same names otherwise.
var fromTheDirectory = []string{
	"( 1.2.840.113556.1.2.102 NAME 'memberOf' SYNTAX '" + dnSyntax + "' )",
	"( 9.9.9 NAME ( 'effectiveAccess' 'acmeAccess' ) EQUALITY caseExactMatch SYNTAX " + directoryString + " )",
	"( 9.9.8 NAME 'acmeBoss' SUP memberOf )",
}

func TestOurOwnDefinitionsWinWhateverComesFirst(t *testing.T) {
	classes := []string{"( 9.9.9 NAME 'aclensDatabase' SUP person )"}
	first, err := schema.Standard().Define(ownTypes(), ownClasses())
	if err != nil {
		t.Fatal(err)
	}
	first = mustMerge(t, first, fromTheDirectory, classes)
	last, err := mustMerge(t, schema.Standard(), fromTheDirectory, classes).Define(ownTypes(), ownClasses())
	if err != nil {
		t.Fatal(err)
	}
	for order, s := range map[string]*schema.Schema{"ours first": first, "ours last": last} {
		access, member := s.Type(mustLookup(t, s, "effectiveAccess")), s.Type(mustLookup(t, s, "memberOf"))
		if !access.Own || access.Equality != "caseIgnoreMatch" || !access.Operational() || !strings.HasPrefix(access.OID, "2.25.") {
			t.Errorf("%s: effectiveAccess is %s", order, access)
		}
		if !member.Own || member.Desc != "groups of this entry" || !member.Operational() {
			t.Errorf("%s: memberOf is %s", order, member)
		}
		if boss := s.Type(mustLookup(t, s, "acmeBoss")); boss.Equality != "distinguishedNameMatch" || boss.Own {
			t.Errorf("%s: acmeBoss is %s", order, boss)
		}
		if class := s.Class("aclensDatabase"); !class.Own || !s.IsA("aclensDatabase", "top") || s.IsA("aclensDatabase", "person") {
			t.Errorf("%s: aclensDatabase is %s", order, class)
		}
	}
}

func TestADirectoryThatContradictsOurOwnIsNamed(t *testing.T) {
	s, err := schema.Standard().Define(ownTypes(), nil)
	if err != nil {
		t.Fatal(err)
	}
	merged, errs := s.Merge([]string{"( 9.9.9 NAME 'memberOf' SYNTAX " + directoryString + " )"}, nil)
	if len(errs) != 1 || !strings.Contains(errs[0].Error(), "memberOf") || merged != s {
		t.Errorf("the errors are %q", errs)
	}
}

func TestDefiningTheSameTwiceChangesNothing(t *testing.T) {
	once, err := schema.Standard().Define(ownTypes(), ownClasses())
	if err != nil {
		t.Fatal(err)
	}
	if twice, err := once.Define(ownTypes(), ownClasses()); err != nil || twice != once {
		t.Errorf("defining again makes another schema, %v", err)
	}
}

func TestDefineRefusesFaultsAndAddsNothing(t *testing.T) {
	text := func(name string) schema.Type {
		return schema.Type{OID: name + "-oid", Names: []string{name}, Syntax: "DirectoryString"}
	}
	with := func(change func(*schema.Type)) []schema.Type {
		bad := text("acmeBad")
		change(&bad)
		return []schema.Type{text("acmeGood"), bad}
	}
	for _, c := range []struct {
		name    string
		types   []schema.Type
		classes []schema.Class
	}{
		{"an unknown syntax", with(func(t *schema.Type) { t.Syntax = "1.2.3" }), nil},
		{"no syntax", with(func(t *schema.Type) { t.Syntax = "" }), nil},
		{"an unknown rule", with(func(t *schema.Type) { t.Equality = "acmeMatch" }), nil},
		{"an unknown supertype", with(func(t *schema.Type) { t.Sup = "nobodyKnows" }), nil},
		{"itself for a supertype", with(func(t *schema.Type) { t.Sup = "acmeBad" }), nil},
		{"a circle", append(with(func(t *schema.Type) { t.Sup = "acmeWorse" }), schema.Type{OID: "acmeworse-oid", Names: []string{"acmeWorse"}, Sup: "acmeBad", Syntax: "DN"}), nil},
		{"a name that is none", with(func(t *schema.Type) { t.Names = []string{"acme bad"} }), nil},
		{"an OID that is none", with(func(t *schema.Type) { t.OID = "1..2" }), nil},
		{"names of two types", with(func(t *schema.Type) { t.Names = []string{"cn", "sn"} }), nil},
		{"the OID of another type", with(func(t *schema.Type) { t.Names, t.OID = []string{"cn"}, "2.5.4.4" }), nil},
		{"a class above itself", []schema.Type{text("acmeGood")}, []schema.Class{{OID: "9.9.9", Names: []string{"acmeClass"}, Sup: []string{"acmeClass"}}}},
		{"a class without an OID", []schema.Type{text("acmeGood")}, []schema.Class{{Names: []string{"acmeClass"}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := schema.Standard().Define(c.types, c.classes)
			if err == nil {
				t.Error("no error")
			}
			if s != schema.Standard() {
				t.Error("something was added")
			}
		})
	}
}
