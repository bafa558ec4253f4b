package policy_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/schema"
)

// acme is a small directory: two people, a server, groups, a deny list, a
// printer, and a unit that holds nothing but a deny list.
func acme(t testing.TB) *resolver.Snapshot {
	t.Helper()
	var in resolver.Input
	put := func(dn, class string, pairs ...string) {
		d := directory.Draft{DN: dn}
		d.AddText("objectClass", class)
		for i := 0; i < len(pairs); i += 2 {
			d.AddText(pairs[i], pairs[i+1])
		}
		in.Entries = append(in.Entries, directory.Change{Put: &d})
	}
	put("o=Acme", "organization")
	put("ou=Sales,o=Acme", "organizationalUnit")
	put("ou=Secret,o=Acme", "organizationalUnit")
	put("cn=Jane Doe,ou=Sales,o=Acme", "dominoPerson")
	put("cn=Rob Nash,o=Acme", "dominoPerson")
	put("cn=Hub1,o=Acme", "dominoServer")
	put("cn=Printer,ou=Sales,o=Acme", "device")
	put("cn=Team", "dominoGroup", "member", "cn=Jane Doe,ou=Sales,o=Acme", "member", "cn=sso,o=Elsewhere", "member", "cn=Inner", "member", "cn=*,o=Wild")
	put("cn=Inner", "dominoGroup", "member", "cn=Rob Nash,o=Acme", "member", "cn=deep,o=Elsewhere")
	put("cn=Leavers,ou=Secret,o=Acme", "dominoGroup", "groupType", "3", "member", "cn=Rob Nash,o=Acme")
	in.Settings, in.Store = resolver.Defaults(), directory.Empty(schema.Standard())
	var err error
	if in.Databases, _, err = database.Arrange(nil, database.Options{}); err != nil {
		t.Fatal(err)
	}
	s, faults := resolver.Build(in)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return s
}

func classify(folded string) policy.Class {
	switch folded {
	case "objectclass":
		return policy.Open
	case "ismemberof":
		return policy.Membership
	case "effectiveaccess":
		return policy.Access
	}
	return policy.Real
}

func identity(t testing.TB, dn string) policy.Identity {
	t.Helper()
	if dn == "" {
		return policy.Identity{}
	}
	key, err := name.KeyOf(dn)
	if err != nil {
		t.Fatal(err)
	}
	return policy.Identity{DN: dn, Key: key}
}

func rightsOf(t testing.TB, s *resolver.Snapshot, p policy.Settings, dn string) *policy.Rights {
	t.Helper()
	compiled, err := policy.New(p)
	if err != nil {
		t.Fatal(err)
	}
	return compiled.Over(s, classify).Rights(identity(t, dn))
}

// readable lists the entries of a set by the first value of their DNs.
func readable(s *resolver.Snapshot, r *policy.Readers) string {
	var out []string
	for id := range s.Store().Cap() {
		if e := s.Store().Entry(id); s.Store().Exists(id) && r.Readable(id) {
			first, _, _ := strings.Cut(e.DN(), ",")
			_, value, _ := strings.Cut(first, "=")
			out = append(out, value)
		}
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

const sso = "cn=sso,ou=services,o=acme"

func TestWhoMayReadWhat(t *testing.T) {
	s := acme(t)
	one := func(read ...string) policy.Settings {
		return policy.Settings{Rules: []policy.Rule{{DN: sso, Read: read}}}
	}
	jane := "CN=jane doe, OU=sales, O=acme"
	for _, c := range []struct {
		name                              string
		settings                          policy.Settings
		who                               string
		entries, real, membership, access string
	}{
		{"nobody without a rule", policy.Settings{}, "", "", "", "", ""},
		{"somebody else without a rule", policy.Settings{}, sso, "", "", "", ""},
		{"a person has the own entry", policy.Settings{}, jane, "Acme, Jane Doe, Sales", "Jane Doe", "Jane Doe", "Jane Doe"},
		{"a person may have nothing", policy.Settings{SelfAttributes: []string{}}, jane, "", "", "", ""},
		{"a person may have one attribute", policy.Settings{SelfAttributes: []string{"isMemberOf"}}, jane, "Acme, Jane Doe, Sales", "", "Jane Doe", ""},
		{"people are people and servers", one("people"), sso, "Acme, Hub1, Jane Doe, Rob Nash, Sales", "Hub1, Jane Doe, Rob Nash", "", ""},
		{"groups come with memberships", one("groups"), sso, "Acme, Hub1, Inner, Jane Doe, Rob Nash, Sales, Team", "Inner, Team",
			"Hub1, Inner, Jane Doe, Rob Nash, Team", ""},
		{"access", one("access"), sso, "Acme, Hub1, Jane Doe, Rob Nash, Sales", "", "", "Hub1, Jane Doe, Rob Nash"},
		{"deny lists are nothing by themselves", one("denylists"), sso, "", "", "", ""},
		{"deny lists and groups", one("denylists", "groups"), sso, "Acme, Hub1, Inner, Jane Doe, Leavers, Rob Nash, Sales, Secret, Team", "Inner, Leavers, Team",
			"Hub1, Inner, Jane Doe, Leavers, Rob Nash, Team", ""},
		{"admin reads nothing", one("admin"), sso, "", "", "", ""},
		{"a base", one("ou=Sales,o=Acme"), sso, "Acme, Jane Doe, Printer, Sales", "Jane Doe, Printer, Sales", "", ""},
		{"a base with a deny list", one("ou=Secret,o=Acme"), sso, "Acme, Secret", "Secret", "", ""},
		{"a base that is not there", one("ou=Nowhere,o=Acme"), sso, "", "", "", ""},
		{"all", one("all"), sso, "Acme, Hub1, Inner, Jane Doe, Leavers, Printer, Rob Nash, Sales, Secret, Team",
			"Acme, Hub1, Inner, Jane Doe, Leavers, Printer, Rob Nash, Sales, Secret, Team", "Acme, Hub1, Inner, Jane Doe, Leavers, Printer, Rob Nash, Sales, Secret, Team",
			"Acme, Hub1, Inner, Jane Doe, Leavers, Printer, Rob Nash, Sales, Secret, Team"},
		{"a rule of somebody else", one("all"), "cn=other", "", "", "", ""},
		{"anybody bound", policy.Settings{Rules: []policy.Rule{{Who: policy.AnyBound, Read: []string{"people"}}}}, "cn=other",
			"Acme, Hub1, Jane Doe, Rob Nash, Sales", "Hub1, Jane Doe, Rob Nash", "", ""},
		{"anybody bound is not anonymous", policy.Settings{Rules: []policy.Rule{{Who: policy.AnyBound, Read: []string{"people"}}}}, "", "", "", "", ""},
		{"anonymous is not anybody bound", policy.Settings{Rules: []policy.Rule{{Who: policy.Anonymous, Read: []string{"people"}}}}, "cn=other", "", "", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := rightsOf(t, s, c.settings, c.who)
			for _, x := range []struct{ what, got, want string }{
				{"entries", readable(s, r.Entries()), c.entries}, {"objectClass", readable(s, r.Attribute("objectclass", policy.Open)), c.entries},
				{"mail", readable(s, r.Attribute("mail", policy.Real)), c.real}, {"isMemberOf", readable(s, r.Attribute("ismemberof", policy.Membership)), c.membership},
				{"effectiveAccess", readable(s, r.Attribute("effectiveaccess", policy.Access)), c.access},
				{"userPassword", readable(s, r.Attribute("userpassword", policy.Real)), ""},
			} {
				if x.got != x.want {
					t.Errorf("%s of %s, want %s", x.what, x.got, x.want)
				}
			}
		})
	}
}

func TestRulesForGroupsFollowNestingAndMembersWithoutAnEntry(t *testing.T) {
	s := acme(t)
	p := policy.Settings{Rules: []policy.Rule{{Who: policy.InGroup, DN: "CN=Team", Read: []string{"admin"}}}}
	for who, want := range map[string]bool{
		"cn=Jane Doe,ou=Sales,o=Acme": true, "cn=Rob Nash,o=Acme": true, "cn=Hub1,o=Acme": false, "": false,
		"cn=sso,o=elsewhere": true, "cn=deep,o=Elsewhere": true, "cn=other,o=Elsewhere": false,
		"cn=*,o=Wild": false, "cn=anybody,o=Wild": false, // a wildcard is nobody's name, and admits nobody who has no entry
	} {
		if got := rightsOf(t, s, p, who).Admin(); got != want {
			t.Errorf("%q: %v, want %v", who, got, want)
		}
	}
	p.Rules[0].DN = "cn=No Such Group"
	if rightsOf(t, s, p, "cn=Jane Doe,ou=Sales,o=Acme").Admin() {
		t.Error("a group that does not exist has members")
	}
}

func TestEveryNameOfAnAttributeIsTheAttribute(t *testing.T) {
	s := acme(t)
	for _, n := range []string{"surname", "sn", "SN", "2.5.4.4", "sn;lang-de"} {
		hidden := rightsOf(t, s, policy.Settings{Hide: []string{n}, Rules: []policy.Rule{{DN: sso, Read: []string{"all"}}}}, sso)
		if !hidden.Attribute("sn", policy.Real).None() || !hidden.Hidden("sn") || hidden.GroupAttribute("sn") || hidden.Database(0, "sn") {
			t.Errorf("hide: [%s] does not hide sn", n)
		}
		if strings.Contains(n, ";") {
			continue
		}
		some := rightsOf(t, s, policy.Settings{Rules: []policy.Rule{{DN: sso, Read: []string{"all"}, Attributes: []string{n}}}}, sso)
		if !some.Attribute("sn", policy.Real).All() || !some.Attribute("cn", policy.Real).None() {
			t.Errorf("attributes: [%s] is not sn alone", n)
		}
	}
}

func TestFaultyRulesAreErrorsThatNameThem(t *testing.T) {
	for _, c := range []struct {
		settings policy.Settings
		names    string
	}{
		{policy.Settings{Rules: []policy.Rule{{DN: "nobody"}}}, `rule 1: "nobody"`},
		{policy.Settings{Rules: []policy.Rule{{DN: ""}}}, `rule 1: ""`},
		{policy.Settings{Rules: []policy.Rule{{Who: policy.InGroup, DN: "x,y"}}}, `rule 1: "x,y"`},
		{policy.Settings{Rules: []policy.Rule{{DN: sso}, {DN: sso, Read: []string{"peple"}}}}, `rule 2: read: "peple"`},
		{policy.Settings{Rules: []policy.Rule{{DN: sso, Read: []string{""}}}}, `rule 1: read: ""`},
		{policy.Settings{Rules: []policy.Rule{{DN: sso, Attributes: []string{"accessLevel;x-db-crm"}}}}, `"accessLevel;x-db-crm"`},
		{policy.Settings{SelfAttributes: []string{"cn;lang-de"}}, `self: attributes: "cn;lang-de"`},
	} {
		if _, err := policy.New(c.settings); err == nil || !strings.Contains(err.Error(), c.names) {
			t.Errorf("%v: %v, want %s", c.settings, err, c.names)
		}
	}
}

// What a union of rules gives is what its rules give one by one.
func TestRulesAddUp(t *testing.T) {
	s := acme(t)
	words := []string{"people", "groups", "access", "denylists", "admin", "ou=Sales,o=Acme", "ou=Secret,o=Acme"}
	for i := range 1 << len(words) {
		var rules, single []policy.Rule
		for n, w := range words {
			if i>>n&1 == 1 {
				rules = append(rules, policy.Rule{DN: sso, Read: []string{w}})
				if len(single) == 0 {
					single = []policy.Rule{{DN: sso}}
				}
				single[0].Read = append(single[0].Read, w)
			}
		}
		a, b := rightsOf(t, s, policy.Settings{Rules: rules}, sso), rightsOf(t, s, policy.Settings{Rules: single}, sso)
		for c := range policy.Open + 1 {
			if x, y := readable(s, a.Shown("x", c)), readable(s, b.Shown("x", c)); x != y {
				t.Errorf("%d: class %d: %s in several rules, %s in one", i, c, x, y)
			}
		}
	}
}

func TestFewAreOnlyThoseOfAPersonWithoutARule(t *testing.T) {
	s := acme(t)
	ids, ok := rightsOf(t, s, policy.Settings{}, "cn=Jane Doe,ou=Sales,o=Acme").Entries().Few()
	var names []string
	for _, id := range ids {
		names = append(names, s.Store().Entry(id).DN())
	}
	slices.Sort(names)
	if want := "[cn=Jane Doe,ou=Sales,o=Acme o=Acme ou=Sales,o=Acme]"; !ok || fmt.Sprint(names) != want {
		t.Errorf("%v %v", names, ok)
	}
	for _, read := range []string{"people", "ou=Sales,o=Acme", "all"} {
		if _, ok := rightsOf(t, s, policy.Settings{Rules: []policy.Rule{{DN: sso, Read: []string{read}}}}, sso).Entries().Few(); ok {
			t.Errorf("%s are few", read)
		}
	}
}

func BenchmarkRightsOfAServiceAccount(b *testing.B) {
	s := acme(b)
	p, err := policy.New(policy.Settings{Rules: []policy.Rule{{DN: sso, Read: []string{"people", "groups", "access"}, Databases: []string{"apps/**"}}}})
	if err != nil {
		b.Fatal(err)
	}
	over, who := p.Over(s, classify), identity(b, sso)
	b.ReportAllocs()
	for b.Loop() {
		if over.Rights(who).Entries().None() {
			b.Fatal("nothing may be read")
		}
	}
}
