package view

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
)

const (
	companyPeople    = 5000
	companyDatabases = 200
)

// company is many people in nested groups, and many databases that name the groups.
func company(b testing.TB) *resolver.Snapshot {
	r := rand.New(rand.NewPCG(1, 1))
	dn := func(i int) string { return fmt.Sprintf("cn=Jane Doe %d,ou=Unit %d,o=Acme", i, i%40) }
	drafts := []directory.Draft{draft("o=Acme", "objectClass", "organization", "o", "Acme")}
	for i := range 40 {
		drafts = append(drafts, draft(fmt.Sprintf("ou=Unit %d,o=Acme", i), "objectClass", "organizationalUnit", "ou", fmt.Sprintf("Unit %d", i)))
	}
	for i := range companyPeople {
		drafts = append(drafts, draft(dn(i), "objectClass", "dominoPerson", "objectClass", "inetOrgPerson", "objectClass", "person", "objectClass", "top",
			"cn", fmt.Sprintf("Jane Doe %d", i), "sn", "Doe", "givenName", "Jane", "uid", fmt.Sprintf("u%d", i), "mail", fmt.Sprintf("u%d@acme.example", i),
			"telephoneNumber", fmt.Sprintf("+1 555 %05d", i), "mailServer", "CN=Hub1,O=Acme", "mailFile", fmt.Sprintf(`mail\u%d`, i)))
	}
	groups := companyPeople / 10
	for g := range groups {
		d := draft(fmt.Sprintf("cn=Group %d", g), "objectClass", "dominoGroup", "cn", fmt.Sprintf("Group %d", g), "groupType", "0")
		for range 1 + r.IntN(40) {
			d.AddText("member", dn(r.IntN(companyPeople)))
		}
		if g > 10 && r.IntN(2) == 0 {
			d.AddText("member", fmt.Sprintf("cn=Group %d", r.IntN(g)))
		}
		drafts = append(drafts, d)
	}
	var all []*database.Instance
	for n := range companyDatabases {
		l := &acl.List{Roles: []string{"[Admin]", "[Buyer]"}, MaxLevel: acl.Editor, MaxKnown: true, Consistent: acl.No}
		labels := []string{acl.DefaultName, fmt.Sprintf("*/Unit %d/Acme", r.IntN(40))}
		for g := range 12 {
			labels = append(labels, fmt.Sprintf("Group %d", (n*7+g*13)%groups))
		}
		for i, label := range labels {
			e := acl.NewEntry(label, i == 0)
			if i > 0 {
				e.Level, e.Roles = acl.Level(r.IntN(acl.Levels)), e.Roles.With(i%2)
			}
			l.Entries = append(l.Entries, e)
		}
		must(b, l.Seal())
		all = append(all, &database.Instance{Server: name.Parse("Hub1/Acme"), Path: fmt.Sprintf(`apps\db%d.nsf`, n), ReplicaID: fmt.Sprintf("C1258A2F004B%04d", n), List: l})
	}
	set, _, err := database.Arrange(all, database.Options{})
	must(b, err)
	return build(b, resolver.Input{Settings: resolver.Defaults(), Entries: changes(drafts), Databases: set, AsOf: resolver.AsOf{Directory: testTime, ACL: testTime}})
}

// void takes messages into one buffer and forgets them.
type void struct {
	buf     []byte
	entries int
}

func (v *void) Room() []byte { return v.buf[:0] }

func (v *void) Keep(b []byte) error {
	v.buf, v.entries = b, v.entries+1
	return nil
}

// benchmarkSearch runs one search again and again, for one who may read all and
// for a service account.
func benchmarkSearch(b *testing.B, request *wire.SearchRequest, entries int) {
	v := newView(b, viewSettings(), policy.Settings{Rules: []policy.Rule{allRule(), one("people", "groups", "access")}}, company(b))
	for _, c := range []struct{ name, dn string }{{"all", reader}, {"service account", client}} {
		b.Run(c.name, func(b *testing.B) {
			who, out, space := identity(b, c.dn), &void{}, new(Workspace)
			b.ReportAllocs()
			for b.Loop() {
				q, refused := v.Prepare(Request{MessageID: 1, Identity: who, Search: request, Workspace: space})
				if refused.Code != wire.Success {
					b.Fatal(refused)
				}
				if a := q.Run(context.Background(), out); a.Entries != entries {
					b.Fatalf("%d entries, %v", a.Entries, a.Result)
				}
				space.Clear()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*entries), "ns/entry")
		})
	}
}

func BenchmarkSearchForOneUID(b *testing.B) {
	benchmarkSearch(b, ask("o=Acme", wire.ScopeSubtree, item(wire.Equality, "uid", "u77")), 1)
}

func BenchmarkLogInOfAPerson(b *testing.B) {
	f := wire.Filter{Kind: wire.And, Children: []wire.Filter{item(wire.Equality, "objectClass", "person"), item(wire.Equality, "uid", "u77")}}
	benchmarkSearch(b, ask("o=Acme", wire.ScopeSubtree, f, "uid", "cn", "mail", "isMemberOf"), 1)
}

func BenchmarkSearchWithAccessToTwoHundredDatabases(b *testing.B) {
	benchmarkSearch(b, ask("o=Acme", wire.ScopeSubtree, item(wire.Equality, "uid", "u77"), "isMemberOf", "effectiveAccess", "effectiveRole"), 1)
}

func BenchmarkSearchForTheReasonsOfOnePerson(b *testing.B) {
	benchmarkSearch(b, ask("o=Acme", wire.ScopeSubtree, item(wire.Equality, "uid", "u77"), "effectiveAccessReason"), 1)
}

func BenchmarkStreamOfAllPeople(b *testing.B) {
	benchmarkSearch(b, ask("o=Acme", wire.ScopeSubtree, item(wire.Equality, "objectClass", "dominoPerson")), companyPeople)
}

func BenchmarkStreamOfAllPeopleWithAccess(b *testing.B) {
	benchmarkSearch(b, ask("o=Acme", wire.ScopeSubtree, item(wire.Equality, "objectClass", "dominoPerson"), "cn", "effectiveAccess"), companyPeople)
}

func BenchmarkStreamOfAllPeopleWithMembershipsAndHighestLevel(b *testing.B) {
	benchmarkSearch(b, ask("o=Acme", wire.ScopeSubtree, item(wire.Equality, "objectClass", "dominoPerson"), "isMemberOf", "effectiveHighestAccess"), companyPeople)
}

func BenchmarkSearchByLevel(b *testing.B) {
	v := newView(b, viewSettings(), policy.Settings{Rules: []policy.Rule{allRule()}}, company(b))
	request := ask("o=Acme", wire.ScopeSubtree, item(wire.Equality, "effectiveAccessAtLeast", "apps/db7.nsf#reader"), "1.1")
	who, out := identity(b, reader), &void{}
	b.ReportAllocs()
	for b.Loop() {
		q, _ := v.Prepare(Request{MessageID: 1, Identity: who, Search: request})
		if a := q.Run(context.Background(), out); a.Entries == 0 {
			b.Fatal(a.Result)
		}
	}
}

func BenchmarkCompareOfNestedMembership(b *testing.B) {
	v := newView(b, viewSettings(), policy.Settings{Rules: []policy.Rule{allRule()}}, company(b))
	es, _ := search(b, v, reader, "o=Acme", wire.ScopeSubtree, "(uid=u77)", "isMemberOf")
	groups := es[0].get("isMemberOf")
	for _, c := range []struct{ name, dn, attribute, value string }{
		{"isMemberOf of a person", es[0].dn, "isMemberOf", groups[len(groups)-1]},
		{"member of a flattened group", groups[len(groups)-1] + ",ou=groups,cn=access", "member", es[0].dn},
	} {
		b.Run(c.name, func(b *testing.B) {
			who := identity(b, reader)
			b.ReportAllocs()
			for b.Loop() {
				if got := v.Compare(who, &wire.CompareRequest{Entry: []byte(c.dn), Attr: []byte(c.attribute), Value: []byte(c.value)}, nil).Code; got != wire.CompareTrue {
					b.Fatal(got)
				}
			}
		})
	}
}

// What is stored goes out without anything being allocated for an entry.
func TestStoredAttributesAreSentWithoutAllocating(t *testing.T) {
	v := newView(t, viewSettings(), policy.Settings{Rules: []policy.Rule{allRule(), one("people")}}, crowd(t, 1000))
	for _, dn := range []string{reader, client} {
		out := &void{}
		allocations := func(limit int) float64 {
			r := ask("o=Acme", wire.ScopeSubtree, item(wire.Equality, "objectClass", "dominoPerson"))
			r.SizeLimit = limit
			return testing.AllocsPerRun(5, func() {
				q, _ := v.Prepare(Request{MessageID: 1, Identity: identity(t, dn), Search: r})
				q.Run(context.Background(), out)
			})
		}
		if few, many := allocations(10), allocations(1000); many > few+2 { // the buffer may grow
			t.Errorf("%s: %v allocations for 10 entries, %v for 1000", dn, few, many)
		}
	}
}
