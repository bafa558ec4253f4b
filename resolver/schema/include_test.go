package schema_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/aclens/aclens/resolver/schema"
)

func TestADescriptionIncludesSubtypesAndFurtherOptions(t *testing.T) {
	s := mustIntern(t, schema.Standard(), "name;lang-en", "cn;lang-en", "cn;lang-en;x-a", "cn;x-a", "userCertificate;binary", "userCertificate;binary;x-a",
		"accessLevel;x-db-crm", "accessLevel;x-db-hr")
	for _, c := range []struct {
		name, asked, have string
		want              bool
	}{
		{"itself", "cn", "cn", true},
		{"a subtype", "name", "cn", true},
		{"a subtype of DN", "distinguishedName", "member", true},
		{"not the supertype", "cn", "name", false},
		{"not a sibling", "cn", "sn", false},
		{"an option more", "cn", "cn;lang-en", true},
		{"not an option less", "cn;lang-en", "cn", false},
		{"two options more", "cn", "cn;lang-en;x-a", true},
		{"one of two options", "cn;x-a", "cn;lang-en;x-a", true},
		{"not another option", "cn;x-a", "cn;lang-en", false},
		{"a subtype with the option", "name;lang-en", "cn;lang-en;x-a", true},
		{"not a subtype without the option", "name;lang-en", "cn", false},
		{"every alias", "accessLevel", "accessLevel;x-db-hr", true},
		{"not the other alias", "accessLevel;x-db-crm", "accessLevel;x-db-hr", false},
		{"the encoding asked for or not", "userCertificate", "userCertificate;binary", true},
		{"the encoding not stored", "userCertificate;binary", "userCertificate", true},
		{"the encoding beside another option", "userCertificate;binary", "userCertificate;binary;x-a", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			asked, have := mustLookup(t, s, c.asked), mustLookup(t, s, c.have)
			if got := s.Includes(asked, have); got != c.want {
				t.Errorf("%q includes %q: %v, want %v", c.asked, c.have, got, c.want)
			}
			if got := slices.Contains(s.Expand(asked), have); got != c.want {
				t.Errorf("%q expands to %q: %v, want %v", c.asked, c.have, got, c.want)
			}
		})
	}
}

// naiveIncludes follows the supertypes by name and compares options as sets.
func naiveIncludes(s *schema.Schema, asked, have schema.ID) bool {
	for _, o := range s.Options(asked) {
		if o != "binary" && !slices.Contains(s.Options(have), o) {
			return false
		}
	}
	for typ := s.Type(have); ; {
		if strings.EqualFold(typ.Name(), s.Type(asked).Name()) {
			return true
		}
		if typ.Sup == "" {
			return false
		}
		id, _ := s.Lookup(typ.Sup)
		typ = s.Type(id)
	}
}

func TestExpandAgreesWithIncludesOnRandomDescriptions(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	types := []string{"name", "cn", "sn", "member", "distinguishedName", "foo", "postalAddress", "registeredAddress"}
	options := []string{"lang-en", "lang-de", "x-a", "X-B", "binary"}
	s := schema.Standard()
	for range 40 {
		desc := types[random.IntN(len(types))]
		for range random.IntN(4) {
			desc += ";" + options[random.IntN(len(options))]
		}
		s = mustIntern(t, s, desc)
	}
	for asked := range schema.ID(s.Len()) {
		var want []schema.ID
		for have := range schema.ID(s.Len()) {
			included := naiveIncludes(s, asked, have)
			if s.Includes(asked, have) != included {
				t.Fatalf("%q includes %q: want %v", s.Name(asked), s.Name(have), included)
			}
			if included {
				want = append(want, have)
			}
		}
		if !slices.Equal(s.Expand(asked), want) {
			t.Fatalf("%q expands to %v, want %v", s.Name(asked), s.Expand(asked), want)
		}
	}
}

func TestClassesAreFoundAndInherit(t *testing.T) {
	s := schema.Standard()
	for _, c := range []struct {
		name, class, super string
		want               bool
	}{
		{"itself", "person", "person", true},
		{"itself by OID and case", "2.5.6.6", "PERSON", true},
		{"its superclass", "dominoPerson", "inetOrgPerson", true},
		{"far above", "computer", "top", true},
		{"not below", "person", "inetOrgPerson", false},
		{"not beside", "group", "person", false},
		{"an unknown class is itself", "fooBar", "FOOBAR", true},
		{"an unknown class is no other", "fooBar", "top", false},
		{"a known class is no unknown one", "person", "fooBar", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := s.IsA(c.class, c.super); got != c.want {
				t.Errorf("%q is a %q: %v, want %v", c.class, c.super, got, c.want)
			}
		})
	}
	if s.Class("fooBar") != nil {
		t.Error("an unknown class is found")
	}
}
