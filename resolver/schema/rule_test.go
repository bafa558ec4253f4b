package schema_test

import (
	"testing"

	"github.com/aclens/aclens/resolver/schema"
)

func TestExtensibleMatching(t *testing.T) {
	s := schema.Standard()
	const undefined = "undefined"
	for _, c := range []struct{ name, rule, assertion, value, want string }{
		{"equality by name", "caseExactMatch", "Jane", "Jane", "true"},
		{"equality by OID", "2.5.13.5", "Jane", "jane", "false"},
		{"equality by a name in another case", "CASEIGNOREMATCH", "Jane", "jane", "true"},
		{"a name", "distinguishedNameMatch", "cn=a, o=b", "CN=A,O=B", "true"},
		{"an assertion that is no name", "distinguishedNameMatch", "a", "cn=a", undefined},
		{"a value that is no name", "distinguishedNameMatch", "cn=a", "a", "false"},
		{"an empty assertion", "caseIgnoreMatch", "", "a", undefined},
		{"an assertion outside ASCII", "caseIgnoreIA5Match", "ü", "ü", undefined},
		{"a class by OID", "objectIdentifierMatch", "2.5.6.6", "person", "true"},
		{"an order: less", "integerOrderingMatch", "10", "9", "true"},
		{"an order: equal", "integerOrderingMatch", "10", "10", "false"},
		{"an order: greater", "generalizedTimeOrderingMatch", "20261121081500Z", "20261121081501Z", "false"},
		{"substrings", "caseIgnoreSubstringsMatch", "j*d*", "Jane Doe", "true"},
		{"substrings with an asterisk in a part", "caseIgnoreSubstringsMatch", `*\2A*`, "a*b", "true"},
		{"substrings with a backslash in a part", "caseExactSubstringsMatch", `*\5cB`, `a\B`, "true"},
		{"substrings with a bad escape", "caseIgnoreSubstringsMatch", `*\2`, "a", undefined},
		{"substrings without an asterisk", "caseIgnoreSubstringsMatch", "jane", "jane", undefined},
		{"substrings without a part", "caseIgnoreSubstringsMatch", "*", "jane", undefined},
		{"all bits set", "1.2.840.113556.1.4.803", "6", "7", "true"},
		{"not all bits set", "1.2.840.113556.1.4.803", "6", "5", "false"},
		{"the highest of 32 bits", "1.2.840.113556.1.4.803", "2147483648", "-2147483646", "true"},
		{"some bit set", "1.2.840.113556.1.4.804", "6", "4", "true"},
		{"no bit set", "integerBitOrMatch", "6", "9", "false"},
		{"bits of no number", "1.2.840.113556.1.4.803", "x", "1", undefined},
		{"bits of nothing", "1.2.840.113556.1.4.803", "", "1", undefined},
		{"bits beyond 64", "1.2.840.113556.1.4.803", "18446744073709551616", "1", undefined},
		{"bits of a value that is no number", "1.2.840.113556.1.4.803", "1", "x", "false"},
		{"bits of a value that is nothing", "1.2.840.113556.1.4.803", "1", "", "false"},
		{"in chain, which needs entries", schema.InChain, "cn=a", "cn=a", undefined},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := undefined
			if match, ok := s.Rule(c.rule).Compile([]byte(c.assertion)); ok {
				got = "false"
				if match([]byte(c.value)) {
					got = "true"
				}
			}
			if got != c.want {
				t.Errorf("%s: %q on %q is %s, want %s", c.rule, c.assertion, c.value, got, c.want)
			}
		})
	}
}

func TestARuleAppliesToValuesOfItsKind(t *testing.T) {
	s := schema.Standard()
	for _, c := range []struct {
		rule, attribute string
		want            bool
	}{
		{"caseExactMatch", "cn", true},
		{"caseExactMatch", "member", false},
		{schema.InChain, "member", true},
		{schema.InChain, "uniqueMember", true},
		{schema.InChain, "cn", false},
		{"1.2.840.113556.1.4.803", "userAccountControl", true},
		{"1.2.840.113556.1.4.803", "uSNChanged", true},
		{"1.2.840.113556.1.4.803", "cn", false},
		{"octetStringMatch", "jpegPhoto", true},
	} {
		if got := s.Rule(c.rule).Applies(typeOf(t, c.attribute)); got != c.want {
			t.Errorf("%s applies to %s: %v, want %v", c.rule, c.attribute, got, c.want)
		}
	}
	if s.Rule("noSuchMatch") != nil || !s.Rule(schema.InChain).IsInChain() || s.Rule("caseIgnoreMatch").IsInChain() {
		t.Error("rules are mistaken for others")
	}
}

func TestRuleKey(t *testing.T) {
	s := schema.Standard()
	for _, c := range []struct {
		rule, value, want string
		ok                bool
	}{
		{"caseIgnoreMatch", " Jane  Doe ", "jane doe", true},
		{"2.5.13.5", " Jane  Doe ", "Jane Doe", true},
		{"caseIgnoreMatch", "", "", false},
		{"noSuchMatch", "x", "", false},
		{"1.2.840.113556.1.4.803", "1", "", false},
		{"objectIdentifierMatch", "2.5.6.6", "person", true},
	} {
		got, ok := s.RuleKey(c.rule, nil, []byte(c.value))
		if ok != c.ok || string(got) != c.want {
			t.Errorf("%s %q: %q %v, want %q %v", c.rule, c.value, got, ok, c.want, c.ok)
		}
	}
}
