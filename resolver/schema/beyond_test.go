package schema_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/aclens/aclens/resolver/schema"
)

var (
	beyondTypes = []string{
		"( 9.9.1 NAME ( 'acmeBadge' 'badge' ) DESC 'it\\27s a badge' EQUALITY integerMatch SYNTAX " + integerSyntax + " SINGLE-VALUE )",
		"( 9.9.2 NAME 'acmeBoss' SUP acmeLink )", "( 9.9.3 NAME 'acmeLink' SUP distinguishedName )", "( 9.9.4 SUP name )",
		"( 2.5.4.3 NAME ( 'CN' 'commonName' 'acmeName' ) SUP name )", "( 2.5.4.23 NAME 'facsimileTelephoneNumber' SYNTAX '" + directoryString + "' SINGLE-VALUE )",
		"( 1.2.840.113556.1.4.44 NAME 'homeDirectory' SYNTAX '" + directoryString + "' SINGLE-VALUE )", "( 1.3.6.1.1.1.1.3 NAME 'unixHomeDirectory' SYNTAX '" + directoryString + "' )",
		"( 9.9.5 NAME 'acmeOdd' EQUALITY acmeMatch SYNTAX 1.2.3.4.5 NO-USER-MODIFICATION USAGE dSAOperation )",
		"( 9.9.6 NAME 'acme_under' SYNTAX " + dnSyntax + " COLLECTIVE OBSOLETE )", "( 9.9.7 NAME 'description' SYNTAX " + integerSyntax + " )",
		"( 2.5.4.31 NAME 'member' SYNTAX '" + dnSyntax + "' )", "( 9.9.8 NAME 'acmeLost' SUP nobodyKnows SYNTAX " + directoryString + " )",
	}
	beyondClasses = []string{
		"( 9.8.1 NAME 'acmePerson' SUP inetOrgPerson AUXILIARY MUST acmeBadge MAY ( acmeBoss $ cn ) )", "( 2.5.6.6 NAME ( 'person' 'acmeHuman' ) SUP top MUST cn )",
		"( 9.8.2 NAME 'acmeThing' DESC 'a thing' OBSOLETE SUP ( acmePerson $ acmeNone ) ABSTRACT )", "( 9.8.3 )",
	}
	beyondNames = []string{"acmeBadge", "acmeMade", "acmeMade;x-a", "cn;lang-EN", "CN;x-b;lang-de", "1.2.3.4.5.6", "acmeThird;binary"}
)

func some(rng *rand.Rand, from []string) []string {
	var out []string
	for _, i := range rng.Perm(len(from))[:rng.IntN(len(from)+1)] {
		out = append(out, from[i])
	}
	return out
}

func TestASchemaIsMadeAgainOfWhatItHasBeyondAnother(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	for n := range 150 {
		base := schema.Standard()
		if n%2 == 0 {
			var err error
			if base, err = base.Define([]schema.Type{{OID: "9.9.2", Names: []string{"acmeBoss"}, Syntax: dnSyntax}}, []schema.Class{{OID: "9.8.1", Names: []string{"acmePerson"}}}); err != nil {
				t.Fatal(err)
			}
		}
		s := base
		for range 1 + rng.IntN(3) {
			s, _ = s.Merge(some(rng, beyondTypes), some(rng, beyondClasses))
			s = mustIntern(t, s, some(rng, beyondNames)...)
		}
		made, err := base.With(s.Beyond(schema.Standard()))
		if err != nil {
			t.Fatal(err)
		}
		for id := range schema.ID(s.Len()) {
			made = mustIntern(t, made, s.Name(id))
		}
		sameSchema(t, made, s)
		if t.Failed() {
			t.FailNow()
		}
	}
}

// sameSchema compares by name: IDs may be others.
func sameSchema(t *testing.T, got, want *schema.Schema) {
	t.Helper()
	if got.Len() != want.Len() {
		t.Errorf("%d descriptions, want %d", got.Len(), want.Len())
	}
	for id := range schema.ID(want.Len()) {
		here := mustLookup(t, got, want.Name(id))
		if got.Name(here) != want.Name(id) || got.Type(here).String() != want.Type(id).String() || len(got.Expand(here)) != len(want.Expand(id)) {
			t.Errorf("%s is %s, want %s", got.Name(here), got.Type(here), want.Type(id))
		}
		for _, n := range append([]string{want.Type(id).OID}, want.Type(id).Names...) {
			if got.Name(mustLookup(t, got, n)) != want.Name(mustLookup(t, want, n)) {
				t.Errorf("%s is another type", n)
			}
		}
	}
	texts := func(s *schema.Schema) (list []string) {
		for _, c := range s.Classes() {
			list = append(list, c.String())
		}
		slices.Sort(list)
		return list
	}
	if g, w := texts(got), texts(want); !slices.Equal(g, w) {
		t.Errorf("classes\n%s\nwant\n%s", strings.Join(g, "\n"), strings.Join(w, "\n"))
	}
}

func TestNothingIsBeyondTheSameSchema(t *testing.T) {
	s := mustIntern(t, schema.Standard(), "acmeMade", "cn;lang-en")
	if x := s.Beyond(schema.Standard()); len(x.Types)+len(x.Classes) > 0 {
		t.Errorf("beyond are %+v", x)
	}
}

func TestDefinitionsThatNoSchemaHoldsAreRefused(t *testing.T) {
	good := schema.Type{OID: "9.9.1", Names: []string{"acmeA"}, Syntax: directoryString}
	bad := func(change func(*schema.Type)) schema.Extras {
		c := good
		change(&c)
		return schema.Extras{Types: []schema.Type{c}}
	}
	class := func(c schema.Class) schema.Extras { return schema.Extras{Classes: []schema.Class{c}} }
	for _, c := range []struct {
		sentence string
		extras   schema.Extras
	}{
		{"a type without a name", bad(func(t *schema.Type) { t.Names = nil })},
		{"a name that is none", bad(func(t *schema.Type) { t.Names = []string{"no name"} })},
		{"an OID that is none", bad(func(t *schema.Type) { t.OID = "9 9" })},
		{"a rule that nobody knows", bad(func(t *schema.Type) { t.Equality = "acmeMatch" })},
		{"a usage that nobody knows", bad(func(t *schema.Type) { t.Usage = 9 })},
		{"a supertype that nobody knows", bad(func(t *schema.Type) { t.Sup = "acmeNone" })},
		{"a type without a syntax", bad(func(t *schema.Type) { t.Syntax = "" })},
		{"a type above itself", bad(func(t *schema.Type) { t.Sup = "acmeA" })},
		{"members that are text", bad(func(t *schema.Type) { t.OID, t.Names = "2.5.4.31", []string{"member"} })},
		{"two types of one name", schema.Extras{Types: []schema.Type{good, good}}},
		{"a class without a name", class(schema.Class{OID: "9.8.1"})},
		{"a class of no kind", class(schema.Class{OID: "9.8.1", Names: []string{"acmeC"}, Kind: 7})},
		{"a class of names that are none", class(schema.Class{OID: "9.8.1", Names: []string{"acmeC"}, Must: []string{"no name"}})},
		{"a class above itself", class(schema.Class{OID: "2.5.6.6", Names: []string{"person"}, Sup: []string{"inetOrgPerson"}})},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			s, err := schema.Standard().With(c.extras)
			if err == nil || s != schema.Standard() {
				t.Errorf("it is taken: %v", err)
			}
		})
	}
	if _, err := schema.Standard().With(schema.Extras{Types: []schema.Type{good}}); err != nil {
		t.Errorf("a good definition is refused: %v", err)
	}
}
