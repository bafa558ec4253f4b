package refresh

import (
	"context"
	"flag"
	"fmt"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/aclens/aclens/proxy/change"
	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/upstream"
	"github.com/aclens/aclens/proxy/view"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/finding"
	"github.com/aclens/aclens/resolver/name"
)

var (
	servedPeople    = flag.Int("served-people", 100_000, "people behind BenchmarkServed; there is a group for every ten, one of them with 10,000 members")
	servedDatabases = flag.Int("served-databases", 1_000, "databases behind BenchmarkServed")
	servedPlain     = flag.Bool("served-plain", false, "BenchmarkServed without a history of changes")
)

// firm is a company that tells its changes and gives its ACLs.
type firm struct {
	people, groups, databases int
	batches                   chan upstream.Batch
	told                      chan error
}

const movedMembers = 10_000

func personDN(i int) string { return fmt.Sprintf("CN=Person %d,OU=Unit %d,O=Acme", i, i%100) }

func (f *firm) person(i int) directory.Draft {
	d := directory.Draft{DN: personDN(i)}
	d.AddText("objectClass", "dominoPerson", "inetOrgPerson", "organizationalPerson", "person", "top")
	d.AddText("cn", fmt.Sprintf("Person %d", i))
	d.AddText("sn", fmt.Sprintf("Family %d", i%5000))
	d.AddText("uid", fmt.Sprintf("p%d", i))
	d.AddText("mail", fmt.Sprintf("person.%d@acme.example", i))
	return d
}

// group is the i-th group with a run of people in it, and with the group of ten
// times its number.
func (f *firm) group(i, first, size int) directory.Draft {
	d := directory.Draft{DN: fmt.Sprintf("CN=Group %d", i)}
	d.AddText("objectClass", "dominoGroup", "groupOfNames", "top")
	d.AddText("cn", fmt.Sprintf("Group %d", i))
	d.AddText("groupType", "0")
	members := make([][]byte, 0, size+1)
	for p := first; p < first+size; p++ {
		members = append(members, []byte(personDN(p%f.people)))
	}
	if inner := i*10 + 1; inner < f.groups {
		members = append(members, fmt.Appendf(nil, "CN=Group %d", inner))
	}
	d.Add("member", members...)
	return d
}

func (f *firm) moved() int { return min(movedMembers, f.people/2) }

func (f *firm) each(emit func(upstream.ID, directory.Draft) error) error {
	var id upstream.ID
	next := func(d directory.Draft) error {
		copy(id[:], d.DN)
		return emit(servedID(d.DN), d)
	}
	for i := range f.people {
		if err := next(f.person(i)); err != nil {
			return err
		}
	}
	if err := next(f.group(0, 0, f.moved())); err != nil {
		return err
	}
	for i := 1; i < f.groups; i++ {
		if err := next(f.group(i, i*7919, 12+i%20)); err != nil {
			return err
		}
	}
	return nil
}

// servedID is the identity of an entry that never gets another name.
func servedID(dn string) upstream.ID {
	var id upstream.ID
	for i := range dn {
		id[i%len(id)] = id[i%len(id)]*31 + dn[i]
	}
	return id
}

func (f *firm) state() upstream.State {
	return upstream.State{URL: "ldap://one", Server: "one", Since: "1", Feed: upstream.ModeSyncrepl, Cookie: "1"}
}

func (f *firm) ReadContent(_ context.Context, _ upstream.Mode, _ upstream.State, emit func(upstream.ID, directory.Draft) error) (upstream.State, error) {
	return f.state(), f.each(emit)
}

func (f *firm) ReadBelow(context.Context, upstream.State, string, func(directory.Draft) error) error {
	return nil
}

func (f *firm) Follow(ctx context.Context, since upstream.State, _ time.Duration, tell func(upstream.Batch) error) error {
	for {
		select {
		case b := <-f.batches:
			b.State = since
			f.told <- tell(b)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (f *firm) ReadAll(_ context.Context, emit func(directory.Draft) error) (upstream.State, error) {
	return f.state(), f.each(func(_ upstream.ID, d directory.Draft) error { return emit(d) })
}

func (f *firm) ReadChanges(context.Context, upstream.State, func(directory.Draft) error) (upstream.State, error) {
	return f.state(), nil
}

func (f *firm) ReadNames(context.Context, upstream.State, func(string)) error { return nil }

// Instances are the databases, with some fifteen entries each.
func (f *firm) Instances(context.Context) ([]*database.Instance, error) {
	var list []*database.Instance
	for i := range f.databases {
		l := &acl.List{MaxLevel: acl.Editor, MaxKnown: true, Consistent: acl.Yes, Roles: []string{"[Admin]", "[Buyer]"}}
		labels := []string{"-Default-", "Anonymous", "LocalDomainServers", fmt.Sprintf("*/Unit %d/Acme", i%100), fmt.Sprintf("Person %d/Unit %d/Acme", i, i%100)}
		for g := range 10 {
			labels = append(labels, fmt.Sprintf("Group %d", (i*31+g*7)%f.groups))
		}
		seen := map[string]bool{}
		for n, label := range labels {
			if seen[label] {
				continue
			}
			seen[label] = true
			e := acl.NewEntry(label, n == 0)
			if n > 1 {
				e.Level = acl.Level(1 + n%6)
			}
			e.Roles = e.Roles.With(n % 2)
			l.Entries = append(l.Entries, e)
		}
		if err := l.Seal(); err != nil {
			return nil, err
		}
		list = append(list, &database.Instance{Server: name.Parse("Hub1/Acme"), Path: fmt.Sprintf("apps/db%d.nsf", i), Origin: "bench", List: l})
	}
	return list, nil
}

func (f *firm) Faults() []error { return nil }

// serving is a firm with all that stands between a change of it and an answer.
type serving struct {
	*firm
	view  *view.View
	swaps chan servedSwap
	id    string // of the state that answers
}

// servedSwap is when a Snapshot began to answer.
type servedSwap struct {
	id string
	at time.Time
}

// next waits for another state than the one before; the same comes again with
// its findings.
func (x *serving) next() time.Time {
	for s := range x.swaps {
		if s.id != x.id {
			x.id = s.id
			return s.at
		}
	}
	return time.Time{}
}

func serveFirm(b *testing.B) *serving {
	b.Helper()
	f := &firm{people: *servedPeople, groups: *servedPeople / 10, databases: *servedDatabases, batches: make(chan upstream.Batch), told: make(chan error)}
	rules, err := policy.New(policy.Settings{Rules: []policy.Rule{{Who: policy.AnyBound, Read: []string{"all"}}}})
	if err != nil {
		b.Fatal(err)
	}
	vs := view.Settings{Base: "cn=access", NamingContexts: []string{""}, GroupChannel: acl.WebSession, MemberOf: true, Now: time.Now}
	if !*servedPlain {
		vs.History = change.New(time.Now)
	}
	v, err := view.New(vs, rules)
	if err != nil {
		b.Fatal(err)
	}
	sc, err := view.Schema(nil)
	if err != nil {
		b.Fatal(err)
	}
	x := &serving{firm: f, view: v, swaps: make(chan servedSwap, 1000)}
	s := Settings{
		Directories: []Directory{{Live: f, Feed: f, Interval: time.Hour, Full: 24 * time.Hour}}, Interval: time.Hour,
		Databases: Databases{Live: []LiveDatabases{{Name: "firm", Source: f, Interval: time.Hour}}},
		Resolver:  resolver.Defaults(), Schema: sc, Check: v.CheckBase, Freshness: 1000 * time.Hour,
		Swap: func(id string, snap *resolver.Snapshot, findings []finding.Finding, changed time.Time) {
			v.Swap(id, snap, findings, changed)
			x.swaps <- servedSwap{id, time.Now()}
		},
	}
	r, err := New(s)
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(b.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	b.Cleanup(func() {
		v.Current().Moment() // nothing is under way then
		stop()
		if err := <-done; err != nil {
			b.Error(err)
		}
	})
	x.next()
	return x
}

// tell lets the feed tell of an entry; the time when it arrives.
func (x *serving) tell(d directory.Draft) time.Time {
	at := time.Now()
	x.batches <- upstream.Batch{Changes: []upstream.Change{{ID: servedID(d.DN), Modified: true, Draft: d}}}
	return at
}

// found is how many entries a search finds.
func (x *serving) found(b *testing.B, base string, scope wire.Scope, filter string, attributes ...string) int {
	b.Helper()
	f, err := wire.ParseFilterString(filter)
	if err != nil {
		b.Fatal(err)
	}
	rq := &wire.SearchRequest{Base: []byte(base), Scope: scope, Filter: f}
	for _, a := range attributes {
		rq.Attributes = append(rq.Attributes, []byte(a))
	}
	q, refused := x.view.Prepare(view.Request{Identity: policy.Identity{DN: personDN(1), Key: keyOf(personDN(1))}, Search: rq})
	if refused.Code != wire.Success {
		b.Fatal(refused)
	}
	a := q.Run(b.Context(), nowhere{})
	if a.Result.Code != wire.Success {
		b.Fatal(a.Result)
	}
	return a.Entries
}

// nowhere drops answers.
type nowhere struct{}

func (nowhere) Room() []byte      { return nil }
func (nowhere) Keep([]byte) error { return nil }

// cpuTime is what the process has used, user and kernel.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// BenchmarkServed is the way of a change from its arrival to the answer that has it.
func BenchmarkServed(b *testing.B) {
	x := serveFirm(b)
	n := x.moved()
	x.settle(b)
	for _, c := range []struct {
		name   string
		change func(i int) directory.Draft
		filter func(i int) string
	}{
		{"GroupOfTenThousandMoved", func(i int) directory.Draft { return x.group(0, (i%2)*n, n) },
			func(i int) string { return fmt.Sprintf("(&(uid=p%d)(isMemberOf=CN=Group 0))", (i%2)*n+5) }},
		{"OnePerson", func(i int) directory.Draft {
			d := x.person(7)
			d.AddText("description", fmt.Sprint(i))
			return d
		}, func(i int) string { return fmt.Sprintf("(&(uid=p7)(description=%d))", i) }},
	} {
		b.Run(c.name, func(b *testing.B) { x.measure(b, c.change, c.filter) })
	}
}

// settle makes a change that is not measured: the first one waits for the indexes
// that the first load makes behind its answer.
func (x *serving) settle(b *testing.B) {
	b.Helper()
	d := x.person(9)
	d.AddText("description", "new")
	x.tell(d)
	x.next()
	if err := <-x.told; err != nil {
		b.Fatal(err)
	}
	x.view.Current().Moment()
}

func (x *serving) measure(b *testing.B, change func(i int) directory.Draft, filter func(i int) string) {
	var served, answered, browsed, settled, cpu, numbering time.Duration
	bytes := allocated()
	count := 0
	for b.Loop() {
		count++
		d := change(count)
		used := cpuTime()
		at := x.tell(d)
		swapped := x.next()
		served, cpu = served+swapped.Sub(at), cpu+cpuTime()-used
		used = cpuTime()
		if got := x.found(b, "o=Acme", wire.ScopeSubtree, filter(count), "cn"); got != 1 {
			b.Fatalf("%d entries have the change", got)
		}
		answered += time.Since(at)
		before := time.Now()
		if x.found(b, "ou=databases,cn=access", wire.ScopeOne, "(databaseKey=*)", "1.1") != x.databases {
			b.Fatal("databases are missing")
		}
		browsed += time.Since(before)
		if err := <-x.told; err != nil {
			b.Fatal(err)
		}
		settled += time.Since(at)
		x.view.Current().Moment() // what is measured next begins when nothing is under way
		numbering += cpuTime() - used
	}
	ms := func(d time.Duration) float64 { return d.Seconds() * 1000 / float64(count) }
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(ms(served), "ms-served")
	b.ReportMetric(ms(cpu), "ms-CPU-until-served")
	b.ReportMetric(ms(numbering), "ms-CPU-behind")
	b.ReportMetric(ms(answered), "ms-first-answer")
	b.ReportMetric(ms(browsed), "ms-virtual-tree")
	b.ReportMetric(ms(settled), "ms-next-change-may-come")
	b.ReportMetric(float64(allocated()-bytes)/float64(count)/1e6, "MB-allocated")
}
