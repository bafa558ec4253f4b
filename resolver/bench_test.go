package resolver_test

import (
	"flag"
	"fmt"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/schema"
)

var people = flag.Int("people", 1_000_000, "people in the large benchmark; there is a group for every ten")

// crowd is a directory of a given size: people in a hundred units, groups of a
// dozen members, every tenth of them in another group, and databases whose ACLs
// name groups, people and units.
type crowd struct{ people, groups, databases int }

func (c crowd) person(i int) *directory.Draft {
	d := &directory.Draft{DN: fmt.Sprintf("CN=Person %d,OU=Unit %d,O=Acme", i, i%100)}
	d.AddText("objectClass", "dominoPerson", "inetOrgPerson", "organizationalPerson", "person", "top")
	d.AddText("cn", fmt.Sprintf("Person %d", i))
	d.AddText("sn", fmt.Sprintf("Family %d", i%5000))
	d.AddText("uid", fmt.Sprintf("p%d", i))
	d.AddText("mail", fmt.Sprintf("person.%d@acme.example", i))
	return d
}

// group is the i-th group with a run of people as members; it is nested in the
// one of a tenth of its number.
func (c crowd) group(i, first, size int) *directory.Draft {
	d := &directory.Draft{DN: fmt.Sprintf("CN=Group %d", i)}
	d.AddText("objectClass", "dominoGroup", "groupOfNames", "top")
	d.AddText("cn", fmt.Sprintf("Group %d", i))
	d.AddText("groupType", "0")
	members := make([][]byte, 0, size+1)
	for p := first; p < first+size; p++ {
		members = append(members, fmt.Appendf(nil, "CN=Person %d,OU=Unit %d,O=Acme", p%c.people, p%c.people%100))
	}
	if inner := i*10 + 1; inner < c.groups {
		members = append(members, fmt.Appendf(nil, "CN=Group %d", inner))
	}
	d.Add("member", members...)
	return d
}

// bigMembers is how many members the big group of a crowd has.
func (c crowd) bigMembers() int { return min(10_000, c.people/2) }

func (c crowd) input(tb testing.TB) resolver.Input {
	tb.Helper()
	in := resolver.Input{Settings: resolver.Defaults(), Store: directory.Empty(schema.Standard()), Databases: c.set(tb)}
	in.Entries = make([]directory.Change, 0, c.people+c.groups)
	for i := range c.people {
		in.Entries = append(in.Entries, directory.Change{Put: c.person(i)})
	}
	in.Entries = append(in.Entries, directory.Change{Put: c.group(0, 0, c.bigMembers())})
	for i := 1; i < c.groups; i++ {
		in.Entries = append(in.Entries, directory.Change{Put: c.group(i, i*7919, 12)})
	}
	return in
}

func (c crowd) set(tb testing.TB) *database.Set {
	tb.Helper()
	var instances []*database.Instance
	for i := range c.databases {
		a := aclDoc{server: "Hub1/Acme", path: fmt.Sprintf("apps/db%d.nsf", i), roles: []string{"[Admin]", "[Buyer]"}, maximum: "editor", consistent: "no"}
		a.entries = []aclLine{
			{name: "-Default-", kind: "unspecified", level: "noaccess"}, {name: "Anonymous", kind: "unspecified", level: "noaccess"},
			{name: "LocalDomainServers", kind: "servergroup", level: "manager"},
			{name: fmt.Sprintf("*/Unit %d/Acme", i%100), kind: "unspecified", level: "reader"},
			{name: fmt.Sprintf("Person %d/Unit %d/Acme", i, i%100), kind: "person", level: "manager", roles: []string{"[Admin]"}},
		}
		for g := range 10 {
			a.entries = append(a.entries, aclLine{name: fmt.Sprintf("Group %d", (i*31+g*7)%max(1, c.groups)), kind: "persongroup", level: levelOrder[1+g%5], roles: []string{"[Buyer]"}})
		}
		seen := map[string]bool{}
		var entries []aclLine
		for _, e := range a.entries {
			if !seen[key(e.name)] {
				seen[key(e.name)] = true
				entries = append(entries, e)
			}
		}
		a.entries = entries
		instances = append(instances, a.instance(tb))
	}
	set, _, err := database.Arrange(instances, database.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	return set
}

func (c crowd) build(tb testing.TB) *resolver.Snapshot {
	tb.Helper()
	s, faults := resolver.Build(c.input(tb))
	if len(faults) > 0 {
		tb.Fatal(faults[0])
	}
	return s
}

var (
	million     *resolver.Snapshot
	millionOnce sync.Once
)

func BenchmarkOneGroupOfTenThousandAmongAMillionPeople(b *testing.B) {
	c := crowd{people: *people, groups: *people / 10, databases: 100}
	millionOnce.Do(func() { million = c.build(b) })
	n := c.bigMembers()
	changes := [2]resolver.Change{}
	for i := range changes { // every member is another one
		changes[i].Entries = []directory.Change{{Put: c.group(0, (i+1)*n, n)}}
	}
	b.ReportAllocs()
	resting := heapBytes()
	s, i := million, 0
	for b.Loop() {
		var faults []directory.Fault
		if s, faults = s.Update(changes[i%2]); len(faults) > 0 {
			b.Fatal(faults)
		}
		i++
	}
	b.ReportMetric(float64(resting)/(1<<20), "MiB-resting")
	id, _ := s.Store().Find("cn=group 0")
	g, ok := s.GroupOf(id)
	if last := s.Members(g).GetCardinality(); !ok || int(last) < n {
		b.Fatalf("the group has %d members, want at least %d", last, n)
	}
}

func heapBytes() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

var (
	town     *resolver.Snapshot
	townOnce sync.Once
)

// smallTown is what the other benchmarks ask.
func smallTown(b *testing.B) *resolver.Snapshot {
	b.Helper()
	townOnce.Do(func() { town = crowd{people: 20_000, groups: 2_000, databases: 1_000}.build(b) })
	return town
}

func BenchmarkBuild(b *testing.B) {
	in := crowd{people: 20_000, groups: 2_000, databases: 100}.input(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, faults := resolver.Build(in); len(faults) > 0 {
			b.Fatal(faults)
		}
	}
}

func BenchmarkSubject(b *testing.B) {
	s := smallTown(b)
	b.ReportAllocs()
	id := directory.ID(0)
	for b.Loop() {
		if id = (id + 1) % s.Store().Cap(); s.Store().Exists(id) {
			s.Subject(id)
		}
	}
}

// BenchmarkEachDecision decides over a thousand databases: for somebody whom no
// entry names, and for somebody whom entries in every database do.
func BenchmarkEachDecision(b *testing.B) {
	s := smallTown(b)
	stranger := s.NamedSubject(name.Parse("Jane Doe/Acme"), acl.Person)
	b.Run("where -Default- decides", func(b *testing.B) { benchmarkDecisions(b, s, stranger) })
	everywhere := crowd{people: 100, groups: 1, databases: 1_000}.build(b)
	sub, _, err := everywhere.FindSubject("p31", resolver.OnlyHierarchicalNames)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("where entries decide", func(b *testing.B) { benchmarkDecisions(b, everywhere, sub) })
}

func benchmarkDecisions(b *testing.B, s *resolver.Snapshot, sub *resolver.Subject) {
	var w resolver.Walker
	b.ReportAllocs()
	byDefault, before := 0, cpuTime(b)
	for b.Loop() {
		byDefault = 0
		w.Each(s, sub, resolver.Query{Channel: acl.WebSession}, func(_ *database.Database, d *resolver.Decision) bool {
			if d.Source == acl.FromDefault {
				byDefault++
			}
			return true
		})
	}
	decisions := float64(b.N * s.Databases().Len())
	b.ReportMetric(decisions/(cpuTime(b)-before).Seconds()/1e6, "million/cpu-s")
	b.ReportMetric(float64(byDefault)/float64(s.Databases().Len()), "by-default")
}

// cpuTime is the processor time that the process has taken: what a benchmark can
// say on a machine that does other work as well.
func cpuTime(tb testing.TB) time.Duration {
	tb.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkAccess computes who may do what in one database, nothing cached.
func BenchmarkAccess(b *testing.B) {
	s := smallTown(b)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		fresh, _ := s.Update(resolver.Change{})
		fresh.Access(s.Databases().At(i%s.Databases().Len()), acl.Notes)
		i++
	}
}

func BenchmarkExplain(b *testing.B) {
	s := smallTown(b)
	sub, _, err := s.FindSubject("p31", resolver.OnlyHierarchicalNames)
	if err != nil {
		b.Fatal(err)
	}
	db := s.Databases().At(0)
	b.ReportAllocs()
	for b.Loop() {
		s.Explain(sub, db, db.Primary, resolver.Query{})
	}
}
