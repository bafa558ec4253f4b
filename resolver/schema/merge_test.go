package schema_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aclens/aclens/resolver/schema"
)

const (
	dnSyntax      = "1.3.6.1.4.1.1466.115.121.1.12"
	integerSyntax = "1.3.6.1.4.1.1466.115.121.1.27"
)

// mustMerge merges definitions without an error.
func mustMerge(t *testing.T, s *schema.Schema, types, classes []string) *schema.Schema {
	t.Helper()
	merged, errs := s.Merge(types, classes)
	for _, err := range errs {
		t.Error(err)
	}
	return merged
}

func TestMergeKeepsEveryIDAndLearnsNewTypes(t *testing.T) {
	before := mustIntern(t, schema.Standard(), "acmeBadge", "cn;lang-en")
	after := mustMerge(t, before, []string{
		"( 1.2.3.1 NAME ( 'acmeBadge' 'badge' ) EQUALITY integerMatch SYNTAX " + integerSyntax + " )",
		"( 1.2.3.2 NAME 'acmeBoss' SUP acmeLink )",
		"( 1.2.3.3 NAME 'acmeLink' SUP distinguishedName )",
		"( 2.5.4.3 NAME ( 'CN' 'commonName' ) SUP name )",
	}, nil)
	for id := range schema.ID(before.Len()) {
		if !strings.EqualFold(before.Name(id), after.Name(id)) {
			t.Errorf("ID %d was %q and is %q", id, before.Name(id), after.Name(id))
		}
	}
	if badge := mustLookup(t, after, "badge"); badge != mustLookup(t, before, "acmeBadge") || after.Type(badge).Equality != "integerMatch" {
		t.Errorf("what was made up is not defined: %s", after.Type(badge))
	}
	if boss := after.Type(mustLookup(t, after, "acmeboss")); boss.Syntax != dnSyntax || boss.Equality != "distinguishedNameMatch" || boss.Sup != "acmeLink" {
		t.Errorf("a supertype that is defined later is not inherited from: %s", boss)
	}
	if !after.Includes(mustLookup(t, after, "distinguishedName"), mustLookup(t, after, "acmeBoss")) {
		t.Error("a merged subtype is not included")
	}
	if got := after.Name(mustLookup(t, after, "cn;lang-en")); got != "CN;lang-en" {
		t.Errorf("cn is sent as %q, not as the directory spells it", got)
	}
	if got := before.Type(mustLookup(t, before, "acmeBadge")).Equality; got != "caseIgnoreMatch" {
		t.Errorf("the schema that was extended has changed: %s", got)
	}
}

func TestMergingTheSameTwiceChangesNothing(t *testing.T) {
	types := []string{
		"( 1.2.3.1 NAME 'acmeBadge' SYNTAX " + integerSyntax + " )", "( 1.2.3.2 NAME 'acmeBoss' SUP member )", "( 2.5.4.3 NAME 'cn' SYNTAX '" + directoryString + "' )",
		"( 1.2.3.4 NAME 'acmeLogin' SUP userid )", "( 1.2.3.5 NAME 'acmeLost' SUP nobodyKnows SYNTAX " + directoryString + " )", "( 1.2.3.6 SUP name )",
	}
	classes := []string{"( 1.2.3.7 NAME 'acmePerson' SUP inetOrgPerson MAY acmeBadge )", "( 2.5.6.6 NAME 'person' SUP top MUST cn )"}
	once := mustMerge(t, schema.Standard(), types, classes)
	if twice := mustMerge(t, once, types, classes); twice != once {
		t.Errorf("the second merge makes another schema; changed: %v", twice.Changed(once))
	}
	published := schema.Standard().Publish()
	if same := mustMerge(t, schema.Standard(), published.AttributeTypes, published.ObjectClasses); len(same.Changed(schema.Standard())) > 0 {
		t.Errorf("merging what we publish changes %v", same.Changed(schema.Standard()))
	}
}

func TestTypesWithoutRulesGetTheUsualOnes(t *testing.T) {
	s := mustMerge(t, schema.Standard(), []string{
		"( 1.2.840.113556.1.2.999 NAME 'acmeText' SYNTAX '" + directoryString + "' SINGLE-VALUE )",
		"( 1.2.840.113556.1.2.998 NAME 'acmeBig' SYNTAX '1.2.840.113556.1.4.906' )",
		"( 1.2.840.113556.1.2.997 NAME 'acmeBlob' SYNTAX '1.2.840.113556.1.4.903' )",
		"( 1.2.840.113556.1.2.996 NAME 'acmeOdd' EQUALITY acmeMatch SYNTAX 1.2.3.4.5 )",
		"( 2.5.4.23 NAME 'facsimileTelephoneNumber' SYNTAX '" + directoryString + "' SINGLE-VALUE )",
		"( 2.5.4.20 NAME 'telephoneNumber' SYNTAX '" + directoryString + "' SINGLE-VALUE )",
		"( 2.5.4.31 NAME 'member' SYNTAX '" + dnSyntax + "' )",
		"( 2.5.18.1 NAME 'createTimeStamp' SYNTAX '1.3.6.1.4.1.1466.115.121.1.24' SINGLE-VALUE )",
	}, nil)
	for _, c := range []struct{ name, equality, substring string }{
		{"acmeText", "caseIgnoreMatch", "caseIgnoreSubstringsMatch"},
		{"acmeBig", "integerMatch", ""},
		{"acmeBlob", "", ""},
		{"acmeOdd", "", ""},
		{"fax", "caseIgnoreMatch", "caseIgnoreSubstringsMatch"},
		{"telephoneNumber", "telephoneNumberMatch", "telephoneNumberSubstringsMatch"},
		{"member", "distinguishedNameMatch", ""},
		{"createTimestamp", "generalizedTimeMatch", ""},
	} {
		typ := s.Type(mustLookup(t, s, c.name))
		if typ.Equality != c.equality || typ.Substring != c.substring {
			t.Errorf("%s has %q and %q, want %q and %q", c.name, typ.Equality, typ.Substring, c.equality, c.substring)
		}
	}
	if stamp := s.Type(mustLookup(t, s, "createTimestamp")); !stamp.Operational() || stamp.Name() != "createTimeStamp" {
		t.Errorf("createTimestamp is %s", stamp)
	}
}

func TestADirectoryMayUseANameForAnotherOID(t *testing.T) {
	s := mustMerge(t, schema.Standard(), []string{
		"( 1.2.840.113556.1.4.44 NAME 'homeDirectory' SYNTAX '" + directoryString + "' SINGLE-VALUE )",
		"( 1.3.6.1.1.1.1.3 NAME 'unixHomeDirectory' SYNTAX '" + directoryString + "' SINGLE-VALUE )",
	}, nil)
	home, unix := mustLookup(t, s, "homeDirectory"), mustLookup(t, s, "unixHomeDirectory")
	if home != mustLookup(t, schema.Standard(), "homeDirectory") || home == unix {
		t.Errorf("homeDirectory is %d, unixHomeDirectory %d", home, unix)
	}
	if mustLookup(t, s, "1.3.6.1.1.1.1.3") != unix || mustLookup(t, s, "1.2.840.113556.1.4.44") != home {
		t.Error("the OIDs do not follow the directory")
	}
}

func TestDefinitionsThatContradictAreLeftOut(t *testing.T) {
	for _, c := range []struct {
		name          string
		types         []string
		classes       []string
		names, unlike string // what the error names; the type that must stay as it is
	}{
		{"members that are text", []string{"( 2.5.4.31 NAME 'member' SYNTAX " + directoryString + " )"}, nil, "member", "member"},
		{"numbers that are text", []string{"( 9.9.9 NAME 'groupType' SYNTAX " + directoryString + " )"}, nil, "groupType", "groupType"},
		{"numbers that are times", []string{"( 9.9.9 NAME 'uidNumber' SYNTAX 1.3.6.1.4.1.1466.115.121.1.24 )"}, nil, "uidNumber", "uidNumber"},
		{"a type that joins two", []string{"( 9.9.9 NAME ( 'cn' 'sn' ) SUP name )"}, nil, "cn", "sn"},
		{"an OID of another type", []string{"( 2.5.4.4 NAME 'cn' SUP name )"}, nil, "cn", "cn"},
		{"a name that is defined twice", []string{"( 9.9.8 NAME 'acmeA' SUP name )", "( 9.9.9 NAME 'ACMEA' SUP name )"}, nil, "ACMEA", "cn"},
		{"an OID that is defined twice", []string{"( 9.9.9 NAME 'acmeA' SUP name )", "( 9.9.9 NAME 'acmeB' SUP name )"}, nil, "acmeB", "cn"},
		{"a supertype that nobody knows", []string{"( 9.9.9 NAME 'acmeA' SUP nobodyKnows )"}, nil, "acmeA", "cn"},
		{"a type above itself", []string{"( 9.9.9 NAME 'acmeA' SUP acmeA SYNTAX " + dnSyntax + " )"}, nil, "acmeA", "cn"},
		{"a definition that does not parse", []string{"( 9.9.9 NAME 'acmeA' "}, nil, "acmeA", "cn"},
		{"a class above itself", nil, []string{"( 2.5.6.6 NAME 'person' SUP inetOrgPerson )"}, "person", "cn"},
		{"a class that joins two", nil, []string{"( 9.9.9 NAME ( 'person' 'device' ) )"}, "person", "cn"},
		{"a class with the OID of another", nil, []string{"( 2.5.6.14 NAME 'person' )"}, "person", "cn"},
		{"a class that does not parse", nil, []string{"( 9.9.9 NAME 'acmeC' SUP ( )"}, "acmeC", "cn"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, errs := schema.Standard().Merge(append(c.types, "( 9.9.7 NAME 'acmeGood' SUP name )"), append(c.classes, "( 9.9.6 NAME 'acmeFine' )"))
			if len(errs) != 1 || !strings.Contains(errs[0].Error(), c.names) {
				t.Errorf("the errors are %q, want one that names %q", errs, c.names)
			}
			mustLookup(t, s, "acmeGood")
			if s.Class("acmeFine") == nil {
				t.Error("a good class is left out as well")
			}
			id := mustLookup(t, s, c.unlike)
			if got, want := s.Type(id).String(), schema.Standard().Type(id).String(); got != want {
				t.Errorf("%s has become %s", want, got)
			}
			if !s.IsA("inetOrgPerson", "person") || s.IsA("person", "inetOrgPerson") || s.Class("2.5.6.6") != s.Class("person") {
				t.Error("classes have lost their order")
			}
		})
	}
}

func TestCirclesOfNewTypesAreBroken(t *testing.T) {
	start := mustIntern(t, schema.Standard(), "acmeC")
	s, errs := start.Merge([]string{
		"( 9.9.1 NAME 'acmeA' SUP acmeB )", "( 9.9.2 NAME 'acmeB' SUP acmeC )", "( 9.9.3 NAME 'acmeC' SUP acmeA )",
	}, []string{"( 9.9.4 NAME 'acmeX' SUP acmeY )", "( 9.9.5 NAME 'acmeY' SUP acmeX )"})
	if len(errs) != 4 {
		t.Errorf("the errors are %q", errs)
	}
	for _, name := range []string{"acmeA", "acmeB", "acmeC"} {
		if id, known := s.Lookup(name); known && !s.Includes(id, id) {
			t.Errorf("%s does not include itself", name)
		}
	}
	later := mustMerge(t, s, []string{"( 9.9.6 NAME 'acmeLate' SUP acmeC )"}, nil)
	if late := later.Type(mustLookup(t, later, "acmeLate")); late.Equality != "caseIgnoreMatch" {
		t.Errorf("what was made up for acmeC is lost: %s", late)
	}
}

func TestATypeForgetsASupertypeThatNobodyDefines(t *testing.T) {
	s := mustMerge(t, schema.Standard(), []string{"( 9.9.1 NAME 'acmeA' SUP acmeB SYNTAX " + directoryString + " )"}, nil)
	s = mustMerge(t, s, []string{"( 9.9.2 NAME 'acmeB' SUP acmeA )"}, nil)
	a, b := mustLookup(t, s, "acmeA"), mustLookup(t, s, "acmeB")
	if s.Includes(b, a) || !s.Includes(a, b) {
		t.Errorf("acmeA is %s, acmeB is %s", s.Type(a), s.Type(b))
	}
}

func TestChangedNamesWhatMustBeDerivedAgain(t *testing.T) {
	before := mustIntern(t, schema.Standard(), "acmeBadge", "acmeBadge;x-a", "acmeOther")
	after := mustMerge(t, before, []string{
		"( 9.9.1 NAME 'acmeBadge' EQUALITY integerMatch SYNTAX " + integerSyntax + " )",
		"( 2.5.4.4 NAME 'sn' DESC 'family name' SUP name )",
		"( 1.3.6.1.1.1.1.12 NAME 'memberUid' EQUALITY caseIgnoreIA5Match SYNTAX 1.3.6.1.4.1.1466.115.121.1.26 )",
	}, nil)
	want := []schema.ID{mustLookup(t, before, "memberUid"), mustLookup(t, before, "acmeBadge"), mustLookup(t, before, "acmeBadge;x-a")}
	var got []schema.ID
	for _, id := range after.Changed(before) {
		if !strings.HasPrefix(after.Type(id).Equality, "objectIdentifier") { // a new OID may have been a value
			got = append(got, id)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("changed are %v, want %v", got, want)
	}
	if changed := mustIntern(t, after, "acmeMore").Changed(after); len(changed) > 0 {
		t.Errorf("interning changes %v", changed)
	}
	withClass := mustMerge(t, after, nil, []string{"( 9.9.9 NAME 'acmeClass' )"})
	if !slices.Contains(withClass.Changed(after), mustLookup(t, after, "objectClass")) {
		t.Error("a new class does not change how classes match, though its OID was a value of its own before")
	}
}

func TestAClassTakesItsAttributesFromTheDirectory(t *testing.T) {
	s := mustMerge(t, schema.Standard(), nil, []string{
		"( 2.5.6.9 NAME 'groupOfNames' SUP top STRUCTURAL MUST cn MAY ( member $ acmeRole ) )",
		"( 9.9.9 NAME ( 'acmePerson' 'acmeMan' ) SUP ( inetOrgPerson $ acmeLater ) )",
		"( 9.9.8 NAME 'acmeLater' SUP top AUXILIARY )",
	})
	if group := s.Class("groupofnames"); !slices.Equal(group.Must, []string{"cn"}) || !slices.Contains(group.May, "acmeRole") {
		t.Errorf("groupOfNames is %s", group)
	}
	if !s.IsA("acmeMan", "person") || !s.IsA("9.9.9", "acmeLater") || !s.IsA("dominoGroup", "groupOfNames") {
		t.Error("merged classes do not inherit")
	}
	key, _ := s.Type(mustLookup(t, s, "objectClass")).AppendKey(nil, []byte("ACMEMAN"))
	if string(key) != "acmeperson" {
		t.Errorf("acmeMan as a class is %q", key)
	}
}
