package finding_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/finding"
	"github.com/aclens/aclens/resolver/name"
)

// enterprise is a world of the size that one server of a large company has.
func enterprise(b *testing.B, people, groups, databases int) *world {
	b.Helper()
	r := rand.New(rand.NewPCG(1, 1))
	w := newWorld()
	put := func(dn, class string, more ...string) {
		d := &directory.Draft{DN: dn}
		d.AddText("objectClass", class)
		for i := 0; i < len(more); i += 2 {
			d.AddText(more[i], more[i+1])
		}
		w.entries = append(w.entries, directory.Change{Put: d})
	}
	dn := func(i int) string {
		return fmt.Sprintf("cn=%s %s %d,ou=Unit %d,o=Acme", []string{"Jane", "John", "Mia", "Ben"}[i%4], []string{"Doe", "Smith", "Stone"}[i%3], i, i%40)
	}
	for i := range people {
		put(dn(i), "dominoPerson", "cn", fmt.Sprintf("Person %d", i))
	}
	for g := range groups {
		more := []string{"groupType", fmt.Sprint([]int{0, 0, 0, 2, 3}[r.IntN(5)])}
		for range 1 + r.IntN(60) {
			more = append(more, "member", dn(r.IntN(people*101/100))) // one in a hundred is gone
		}
		if g > 10 && r.IntN(2) == 0 {
			more = append(more, "member", fmt.Sprintf("cn=Group %d", r.IntN(g)))
		}
		put(fmt.Sprintf("cn=Group %d", g), "dominoGroup", more...)
	}
	for n := range databases {
		w.instances = append(w.instances, &database.Instance{
			Server: name.Parse("Hub1/Acme"), Path: fmt.Sprintf("apps/db%d.nsf", n), Origin: "bench", List: randomList(b, r, dn, people, groups),
		})
	}
	return w
}

func randomList(b *testing.B, r *rand.Rand, dn func(int) string, people, groups int) *acl.List {
	b.Helper()
	l := &acl.List{MaxLevel: acl.Editor, MaxKnown: true, Consistent: acl.Yes, AdminServer: "Hub1/Acme", Roles: []string{"[Admin]", "[Buyer]"}}
	labels := []string{"-Default-", "Anonymous", "*/Acme", fmt.Sprintf("*/Unit %d/Acme", r.IntN(40))}
	seen := map[string]bool{}
	for range 12 {
		label := fmt.Sprintf("Group %d", r.IntN(groups))
		if r.IntN(4) == 0 {
			label = name.Parse(dnToNotes(dn(r.IntN(people * 101 / 100)))).Abbreviated()
		}
		if !seen[label] {
			seen[label] = true
			labels = append(labels, label)
		}
	}
	for i, label := range labels {
		e := acl.NewEntry(label, i == 0)
		if i > 1 {
			e.Level = acl.Level(r.IntN(acl.Levels))
		}
		e.Roles = e.Roles.With(r.IntN(2))
		l.Entries = append(l.Entries, e)
	}
	if err := l.Seal(); err != nil {
		b.Fatal(err)
	}
	return l
}

func BenchmarkFindingsOfTwentyThousandPeopleInAThousandDatabases(b *testing.B) {
	s := enterprise(b, 20_000, 5_000, 1_000).build(b)
	b.ReportAllocs()
	for b.Loop() {
		if n := len(finding.All(s, nil)); n == 0 {
			b.Fatal("nothing found")
		}
	}
}
