package resolver_test

import (
	"flag"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
)

var decisions = flag.Int("decisions", 12_000, "how many random decisions are held against the naive evaluator")

// asked is one subject in both tellings.
type asked struct {
	who somebody
	sub *resolver.Subject
}

// subjects are everybody who can be asked about in a world: every person and
// server, names without an entry, databases, Anonymous and -Default-.
func (w *world) subjects(t testing.TB, s *resolver.Snapshot) []asked {
	t.Helper()
	list := []asked{
		{somebody{kind: "anonymous", names: []string{"Anonymous"}}, resolver.AnonymousSubject()},
		{somebody{kind: "default", names: []string{"-Default-"}}, resolver.DefaultSubject()},
	}
	for _, id := range w.databases {
		list = append(list, asked{somebody{kind: "database", names: []string{id}}, s.NamedSubject(name.Parse(id), acl.Database)})
	}
	for _, d := range w.entries("person", "server") {
		id, ok := s.Store().Find(key(d.name))
		if !ok {
			t.Fatalf("%s has no entry", d.name)
		}
		sub, ok := s.Subject(id)
		if !ok {
			t.Fatalf("%s is no subject", d.name)
		}
		list = append(list, asked{w.somebody(d), sub})
	}
	for _, n := range strangers {
		if w.visible(key(n)) == nil && len(w.holders(key(n))) == 0 {
			list = append(list, asked{somebody{kind: "person", names: []string{n}}, s.NamedSubject(name.Parse(n), acl.Person)})
		}
	}
	return list
}

// questions are the ways in which everybody is asked about.
func questions(t testing.TB) map[*question]resolver.Query {
	t.Helper()
	out := map[*question]resolver.Query{}
	for _, text := range channels {
		c, err := acl.ParseChannel(text)
		if err != nil {
			t.Fatal(err)
		}
		out[&question{channel: text}] = resolver.Query{Channel: c}
		out[&question{channel: text, fullAccess: true}] = resolver.Query{Channel: c, FullAccess: true}
	}
	for _, stored := range [][]string{{}, {"Staff", "cn=editors"}} {
		out[&question{channel: "local", stored: stored}] = resolver.Query{Channel: acl.Local, StoredGroups: stored}
	}
	return out
}

func TestEveryFormOfADecisionEqualsTheNaiveOne(t *testing.T) {
	left, sources := *decisions, map[string]int{}
	for seed := uint64(0); left > 0; seed++ {
		w := dice{rand.New(rand.NewPCG(seed, 11))}.world()
		s := w.build(t)
		for q, query := range questions(t) {
			for _, a := range w.subjects(t, s) {
				left -= w.checkForms(t, s, a, q, query, sources)
			}
			if !query.FullAccess && query.StoredGroups == nil {
				w.checkSets(t, s, query.Channel)
			}
		}
		if t.Failed() {
			t.Fatalf("seed %d\n%s", seed, w)
		}
	}
	if alone < 100 {
		t.Errorf("servers have a say over all but %d subjects: the worlds test little", alone)
	}
	for level, n := range highest {
		if n == 0 {
			t.Errorf("nobody's highest level is %v: the worlds test little", acl.Level(level))
		}
	}
	for _, source := range []string{
		"name", "group", "wildcard", "anonymous", "default", "none", "full-access", "local-unenforced", "server-denied",
	} {
		if sources[source] < *decisions/1000 {
			t.Errorf("only %d answers from %s: the worlds test little", sources[source], source)
		}
	}
}

// walker and atEntries keep their room over all worlds: what is left of one must
// not show in another.
var walker, atEntries resolver.Walker

// checkWalk compares what a Walker says that went to the subject's entry with
// what is said of the subject.
func checkWalk(t *testing.T, s *resolver.Snapshot, sub *resolver.Subject, q resolver.Query) {
	t.Helper()
	id := sub.Entry
	if id == directory.None || q.FullAccess || q.StoredGroups != nil {
		return
	}
	if !atEntries.At(s, id) {
		t.Fatal("a subject's entry is no subject")
	}
	for _, other := range []acl.Channel{acl.Notes, acl.WebAnonymous} { // what they leave must not show
		atEntries.Matched(other, func(int, *resolver.Decision) {})
	}
	if got, want := atEntries.MemberOf(), s.MemberOf(id); !slices.Equal(got, want) {
		t.Errorf("memberships %v, want %v", got, want)
	}
	n := 0
	atEntries.EachDecision(q.Channel, func(i int, d *resolver.Decision) {
		db := s.Databases().At(i)
		plain := s.Decide(sub, db.Primary, q)
		got, want := s.Row(sub, db, db.Primary, d), s.Row(sub, db, db.Primary, &plain)
		if !reflect.DeepEqual(got, want) || d.Server != plain.Server || d.ServerReason != plain.ServerReason {
			t.Errorf("in %s: %+v, want %+v", db.Key, got, want)
		}
		n++
	})
	if n != s.Databases().Len() {
		t.Errorf("%d decisions for %d databases", n, s.Databases().Len())
	}
	checkMatched(t, s, sub, q)
}

// checkMatched puts the matched decisions over the unmatched ones and compares.
func checkMatched(t *testing.T, s *resolver.Snapshot, sub *resolver.Subject, q resolver.Query) {
	t.Helper()
	rows := make([]resolver.Row, s.Databases().Len())
	for i, d := range s.Unmatched(q.Channel) {
		db := s.Databases().At(i)
		rows[i] = s.Row(sub, db, db.Primary, &d)
	}
	if !atEntries.Matched(q.Channel, func(i int, d *resolver.Decision) {
		db := s.Databases().At(i)
		rows[i] = s.Row(sub, db, db.Primary, d)
	}) {
		return
	}
	alone++
	checkHighest(t, s, sub, q)
	for i, db := range s.Databases().All() {
		plain := s.Decide(sub, db.Primary, q)
		if want := s.Row(sub, db, db.Primary, &plain); !reflect.DeepEqual(rows[i], want) {
			t.Errorf("in %s: %+v, want %+v", db.Key, rows[i], want)
		}
	}
}

// checkHighest compares the highest level with that of every decision.
func checkHighest(t *testing.T, s *resolver.Snapshot, sub *resolver.Subject, q resolver.Query) {
	t.Helper()
	got, ok := atEntries.Highest(q.Channel)
	if !ok {
		if q.Channel != acl.WebAnonymous {
			t.Errorf("no highest level on channel %v, though servers have no say", q.Channel)
		}
		return
	}
	want := acl.NoAccess
	for _, db := range s.Databases().All() {
		want = max(want, s.Decide(sub, db.Primary, q).Level)
	}
	if got != want {
		t.Errorf("the highest level is %v, want %v", got, want)
	}
	highest[want]++
}

// highest counts the answers of each level.
var highest [acl.Levels]int

// alone counts the subjects whose access no server had a say in.
var alone int

// checkForms compares, over all databases, the fast and the plain decision, the
// explained one and the naive one.
func (w *world) checkForms(t *testing.T, s *resolver.Snapshot, a asked, q *question, query resolver.Query, sources map[string]int) int {
	t.Helper()
	n := 0
	checkWalk(t, s, a.sub, query)
	walker.Each(s, a.sub, query, func(db *database.Database, fast *resolver.Decision) bool {
		n++
		plain := s.Decide(a.sub, db.Primary, query)
		if plain.Server != fast.Server || plain.ServerReason != fast.ServerReason || plain.ACLLevel != fast.ACLLevel || plain.Unknown != fast.Unknown || plain.CapUnknown != fast.CapUnknown {
			t.Errorf("%v over %+v in %s: Decide gives %+v, EachDecision %+v", a.who, *q, db.Key, plain, *fast)
		}
		v := w.evaluate(w.acl(db), a.who, *q)
		sources[v.source]++
		e := s.Explain(a.sub, db, db.Primary, query)
		rows := map[string]resolver.Row{
			"Decide": s.Row(a.sub, db, db.Primary, &plain), "EachDecision": s.Row(a.sub, db, db.Primary, fast),
			"Explain": {Level: e.Level, LevelNum: e.LevelNum, Roles: e.Roles, Privileges: e.Privileges, Source: e.Source, Winning: e.Winning},
		}
		for form, r := range rows {
			v.compare(t, form, r)
		}
		if fast.Server.String() != v.server {
			t.Errorf("server access %s (%+v), want %s", fast.Server, fast.ServerReason, v.server)
		}
		if t.Failed() {
			t.Fatalf("%v over %+v in %s, of the world\n%s", a.who, *q, db.Key, w)
		}
		return true
	})
	return n
}

func (v *verdict) compare(t *testing.T, form string, r resolver.Row) {
	t.Helper()
	if r.Level != v.level || r.LevelNum != rank(v.level) || r.Source != v.source {
		t.Errorf("%s gives %s from %s, the naive evaluator %s from %s", form, r.Level, r.Source, v.level, v.source)
	}
	if !slices.Equal(r.Roles, v.roles) || !slices.Equal(r.Privileges, v.privileges) || !slices.Equal(r.Winning, v.winning) {
		t.Errorf("%s gives roles %v, privileges %v, winning %v; the naive evaluator %v, %v, %v", form, r.Roles, r.Privileges, r.Winning, v.roles, v.privileges, v.winning)
	}
}

// checkSets compares who may do what, database by database, with the decisions.
func (w *world) checkSets(t *testing.T, s *resolver.Snapshot, c acl.Channel) {
	t.Helper()
	for _, db := range s.Databases().All() {
		sets := s.Access(db, c)
		for id := range s.Store().Cap() {
			sub, ok := s.Subject(id)
			if !ok {
				if sets.AtLeast(acl.NoAccess).Contains(uint32(id)) {
					t.Errorf("%s: %s is no subject but has a level", db.Key, s.Store().Entry(id).DN())
				}
				continue
			}
			checkInSets(t, s, db, sets, sub, id, c)
		}
	}
}

func checkInSets(t *testing.T, s *resolver.Snapshot, db *database.Database, sets *resolver.Access, sub *resolver.Subject, id directory.ID, c acl.Channel) {
	t.Helper()
	d := s.Decide(sub, db.Primary, resolver.Query{Channel: c})
	for l := acl.NoAccess; l <= acl.Manager; l++ {
		if got := sets.Level(l).Contains(uint32(id)); got != (d.Level == l) {
			t.Errorf("%s over %s: %s has %s by decision, among those with %s: %v", db.Key, c, sub.Name.Canonical(), d.Level, l, got)
		}
		if got := sets.AtLeast(l).Contains(uint32(id)); got != (d.Level >= l) {
			t.Errorf("%s over %s: %s has %s by decision, among those with at least %s: %v", db.Key, c, sub.Name.Canonical(), d.Level, l, got)
		}
	}
	for i, role := range db.Primary.List.Roles {
		if got, want := sets.Role(i).Contains(uint32(id)), d.Level > acl.NoAccess && d.Roles.Has(i); got != want {
			t.Errorf("%s over %s: %s has role %s by decision: %v, among those with it: %v", db.Key, c, sub.Name.Canonical(), role, want, got)
		}
	}
}
