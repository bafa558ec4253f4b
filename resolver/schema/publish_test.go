package schema_test

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aclens/aclens/resolver/schema"
)

// publishedSchema has every way in which definitions come to be.
func publishedSchema(t *testing.T) *schema.Schema {
	t.Helper()
	s, err := mustIntern(t, schema.Standard(), "acmeSeen", "9.9.7", "cn;lang-en").Define(ownTypes(), ownClasses())
	if err != nil {
		t.Fatal(err)
	}
	return mustMerge(t, s, []string{
		`( 9.9.1 NAME ( 'acmeA' 'acmeB' ) DESC 'it\27s a \5Cdescription' OBSOLETE SUP name SYNTAX ` + directoryString + `{64} COLLECTIVE X-ORIGIN 'acme' )`,
		"( 9.9.2 NAME 'acmeOdd' EQUALITY acmeMatch SYNTAX 9.9.9.9 USAGE distributedOperation )",
	}, []string{"( 9.9.3 NAME ( 'acmeC' 'acmeD' ) DESC 'x' OBSOLETE SUP ( top $ person ) AUXILIARY MUST acmeA MAY ( cn $ acmeOdd ) )", "( 9.9.4 SUP top )"})
}

func TestWhatIsPublishedParsesToTheSame(t *testing.T) {
	s := publishedSchema(t)
	published := s.Publish()
	for _, text := range published.AttributeTypes {
		got, err := schema.ParseType(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if want := s.Type(mustLookup(t, s, got.Name())); want.String() != text || !sameExported(got, *want) {
			t.Errorf("%s\nparses as %s", text, &got)
		}
	}
	for _, text := range published.ObjectClasses {
		got, err := schema.ParseClass(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if want := s.Class(got.Name()); want.String() != text || !sameExported(got, *want) {
			t.Errorf("%s\nparses as %s", text, &got)
		}
	}
	if len(published.ObjectClasses) != len(s.Classes()) || len(published.AttributeTypes) != s.Len()-1 {
		t.Errorf("%d types and %d classes are published", len(published.AttributeTypes), len(published.ObjectClasses))
	}
}

// sameExported compares what a definition says; Own is not part of it.
func sameExported(a, b any) bool {
	x, y := reflect.ValueOf(a), reflect.ValueOf(b)
	for i := range x.NumField() {
		if f := x.Type().Field(i); f.IsExported() && f.Name != "Own" && !reflect.DeepEqual(x.Field(i).Interface(), y.Field(i).Interface()) {
			return false
		}
	}
	return true
}

func TestEveryPublishedTypeStandsByItself(t *testing.T) {
	published := publishedSchema(t).Publish()
	oid := regexp.MustCompile(`^\( (\S+) `)
	syntaxes, rules := map[string]bool{}, map[string]bool{}
	for _, text := range published.Syntaxes {
		syntaxes[oid.FindStringSubmatch(text)[1]] = true
	}
	name := regexp.MustCompile(` NAME '(\S+)'`)
	for _, text := range published.MatchingRules {
		if m := name.FindStringSubmatch(text); m != nil {
			rules[m[1]] = true
		}
	}
	clause := regexp.MustCompile(` (EQUALITY|ORDERING|SUBSTR) (\S+)`)
	syntax := regexp.MustCompile(` SYNTAX ([0-9.]+) `)
	for _, text := range published.AttributeTypes {
		m := syntax.FindStringSubmatch(text)
		if m == nil || !syntaxes[m[1]] {
			t.Errorf("its syntax is not published: %s", text)
		}
		for _, m := range clause.FindAllStringSubmatch(text, -1) {
			if !rules[m[2]] {
				t.Errorf("%s is not published: %s", m[2], text)
			}
		}
		if strings.Contains(text, "{") || strings.Contains(text, " NAME ( ) ") {
			t.Errorf("a client would not parse %s", text)
		}
	}
	if cn := "( 2.5.4.3 NAME ( 'cn' 'commonName' ) SUP name EQUALITY caseIgnoreMatch ORDERING caseIgnoreOrderingMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX " + directoryString + " )"; !slices.Contains(published.AttributeTypes, cn) {
		t.Errorf("cn is not published as %s", cn)
	}
}

func TestRuleUseNamesTypesThatTheRuleAppliesTo(t *testing.T) {
	for _, use := range publishedSchema(t).Publish().MatchingRuleUse {
		if strings.HasPrefix(use, "( 1.2.840.113556.1.4.1941 ") && strings.Contains(use, " member ") && strings.Contains(use, " memberOf ") && !strings.Contains(use, " cn ") {
			return
		}
	}
	t.Error("the use of the chain rule is not published")
}

func TestTheBuiltInSchemaIsWhole(t *testing.T) {
	s := schema.Standard()
	for id := range schema.ID(s.Len()) {
		typ := s.Type(id)
		if typ.Syntax == "" {
			t.Errorf("%s has no syntax", typ.Name())
		}
		for use, rule := range map[string]string{"EQUALITY": typ.Equality, "ORDERING": typ.Ordering, "SUBSTR": typ.Substring} {
			if r := s.Rule(rule); rule != "" && (r == nil || !r.Applies(typ)) {
				t.Errorf("%s %s does not apply to %s", use, rule, typ)
			}
		}
	}
	for _, c := range s.Classes() {
		for _, attribute := range slices.Concat(c.Must, c.May) {
			if _, known := s.Lookup(attribute); !known {
				t.Errorf("class %s has the unknown attribute %s", c.Name(), attribute)
			}
		}
		for _, above := range c.Sup {
			if s.Class(above) == nil {
				t.Errorf("class %s is below the unknown %s", c.Name(), above)
			}
		}
	}
}

func TestOperationalTypesAreTold(t *testing.T) {
	for name, want := range map[string]bool{
		"cn": false, "objectClass": false, "groupType": false, "objectGUID": false, "whenChanged": false, "changeNumber": false,
		"createTimestamp": true, "entryUUID": true, "memberOf": true, "isMemberOf": true, "ibm-allGroups": true, "dominoAccessGroups": true,
		"namingContexts": true, "ref": true, "contextCSN": true, "ibm-enabledCapabilities": true, "lastChangeNumber": true,
	} {
		if got := typeOf(t, name).Operational(); got != want {
			t.Errorf("%s is operational: %v, want %v", name, got, want)
		}
	}
}

func TestASchemaServesManyAtOnce(t *testing.T) {
	s := schema.Standard()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			extended, _ := s.Intern("acmeX", "cn;lang-en")
			merged, _ := extended.Merge([]string{"( 9.9.9 NAME 'acmeX' SYNTAX " + integerSyntax + " )"}, nil)
			merged.Publish()
			id, _ := merged.Lookup("cn;lang-en")
			merged.Type(id).AppendKey(nil, []byte("Jürgen"))
			merged.Expand(id)
		})
	}
	all.Wait()
}
