package resolver_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/name"
)

// eachExplanation explains everybody in random worlds.
func eachExplanation(t *testing.T, seeds int, shape func(*world), check func(w *world, s *resolver.Snapshot, a asked, db *database.Database, q *question, e *resolver.Explanation)) {
	t.Helper()
	for seed := range uint64(seeds) {
		w := dice{rand.New(rand.NewPCG(seed, 19))}.world()
		shape(w)
		s := w.build(t)
		for q, query := range questions(t) {
			for _, a := range w.subjects(t, s) {
				for _, db := range s.Databases().All() {
					check(w, s, a, db, q, s.Explain(a.sub, db, db.Primary, query))
					if t.Failed() {
						t.Fatalf("seed %d: %v over %+v in %s\n%s", seed, a.who, *q, db.Key, w)
					}
				}
			}
		}
	}
}

func TestPathsAreRealChainsToEveryGroupThatTookPart(t *testing.T) {
	shape := func(w *world) { w.rules.groupsByCN = false }
	long := 0
	eachExplanation(t, 12, shape, func(w *world, _ *resolver.Snapshot, a asked, db *database.Database, q *question, e *resolver.Explanation) {
		if e.Source != "group" {
			if len(e.Paths) > 0 {
				t.Errorf("paths %v beside source %s", e.Paths, e.Source)
			}
			return
		}
		hit, _ := w.hits(w.acl(db), a.who, *q)
		var want, got []string
		for _, line := range hit {
			if entryKind(line.name) == "name" {
				want = append(want, line.name)
			}
		}
		for _, p := range e.Paths {
			got = append(got, p.Entry)
			w.checkPath(t, a.who, q, p)
			long = max(long, len(p.Via))
		}
		if !slices.Equal(got, want) {
			t.Errorf("paths to %v, want to %v", got, want)
		}
	})
	if long < 3 {
		t.Errorf("no path is longer than %d groups: the worlds test little", long)
	}
}

func (w *world) checkPath(t *testing.T, who somebody, q *question, p resolver.Path) {
	t.Helper()
	if q.stored != nil {
		if !slices.Equal(p.Via, []string{p.Entry}) {
			t.Errorf("path %v through groups that only a replica knows", p)
		}
		return
	}
	if len(p.Via) == 0 {
		t.Errorf("no path to %s", p.Entry)
		return
	}
	var below *doc
	for i, label := range p.Via {
		g := w.visible(key(label))
		switch {
		case g == nil || g.kind != "group" || !w.counts(g, w.rules.aclGroupTypes):
			t.Errorf("path %v: %s is no group that counts", p, label)
			return
		case i == 0 && !w.isDirectMember(g, who):
			t.Errorf("path %v: not a direct member of %s", p, label)
		case i > 0 && (g.dir != below.dir || g.dir > 0 && !w.rules.secondNested || !slices.ContainsFunc(g.members, func(m string) bool { return key(m) == key(below.name) })):
			t.Errorf("path %v: %s does not hold %s", p, label, below.name)
		}
		below = g
	}
	if !slices.ContainsFunc(w.groupNames(below), func(n string) bool { return key(n) == key(p.Entry) }) {
		t.Errorf("path %v ends elsewhere", p)
	}
	if w.rules.maxNestingDepth > 0 && len(p.Via) > w.rules.maxNestingDepth {
		t.Errorf("path %v is longer than %d groups", p, w.rules.maxNestingDepth)
	}
	if shorter := len(p.Via) - 1; shorter > 0 && w.inGroup(below, who, w.rules.aclGroupTypes, shorter) {
		t.Errorf("path %v is not a shortest one", p)
	}
}

func TestEveryEntryThatCoversTheSubjectEitherWonOrIsConsidered(t *testing.T) {
	eachExplanation(t, 8, func(w *world) { w.servers = nil }, func(w *world, _ *resolver.Snapshot, a asked, db *database.Database, q *question, e *resolver.Explanation) {
		if !slices.Contains([]string{"name", "group", "wildcard", "default"}, e.Source) || a.who.kind == "database" || a.who.kind == "default" || q.channel == "web-anonymous" {
			return
		}
		l := w.acl(db)
		for _, line := range l.entries {
			covers := w.coversSomehow(l, line, a.who, *q)
			listed := slices.Contains(e.Winning, line.name) || slices.ContainsFunc(e.Considered, func(c resolver.Considered) bool {
				return c.Entry == line.name && c.Level == line.level && c.Rule != "" && c.Why != ""
			})
			if covers != listed {
				t.Errorf("%s covers %v, is listed %v: winning %v, considered %+v", line.name, covers, listed, e.Winning, e.Considered)
			}
			missed := slices.ContainsFunc(e.Misses, func(c resolver.Considered) bool { return c.Entry == line.name })
			if missed && covers {
				t.Errorf("%s covers and is said to miss", line.name)
			}
		}
	})
}

func (w *world) coversSomehow(l *aclDoc, line aclLine, who somebody, q question) bool {
	k := key(line.name)
	switch entryKind(line.name) {
	case "default":
		return true
	case "wildcard":
		return suits(line.kind, who, false) && covers(line.name, who)
	case "name":
		own := w.hasName(who, k) || w.byCommonName(who, k, l.server)
		return suits(line.kind, who, true) && own || suits(line.kind, who, false) && w.inGroupNamed(k, who, q)
	}
	return false
}

func TestADeniedSubjectIsToldWhatTheACLAloneWouldGive(t *testing.T) {
	eachExplanation(t, 10, func(*world) {}, func(w *world, s *resolver.Snapshot, a asked, db *database.Database, q *question, e *resolver.Explanation) {
		if e.Source != "server-denied" {
			if e.ACLLevel != "" {
				t.Errorf("aclLevel %s beside source %s", e.ACLLevel, e.Source)
			}
			return
		}
		servers := w.servers
		w.servers = nil
		v := w.evaluate(w.acl(db), a.who, question{channel: q.channel, stored: q.stored, fullAccess: q.fullAccess && w.withServers(servers).fullAccess(w.acl(db), a.who, *q)})
		w.servers = servers
		if e.ACLLevel != v.level || e.Level != "noaccess" || len(e.Winning)+len(e.Roles)+len(e.Privileges) > 0 || e.Server.Access != "denied" {
			t.Errorf("%+v, want aclLevel %s", e, v.level)
		}
	})
}

func (w *world) withServers(servers []serverDoc) *world {
	c := *w
	c.servers = servers
	return &c
}

// TestContestedDecisionsAreThoseWhoseOtherReadingChangesTheAnswer builds the
// whole world again under each other reading.
func TestContestedDecisionsAreThoseWhoseOtherReadingChangesTheAnswer(t *testing.T) {
	met := map[string]int{}
	for seed := range uint64(30) {
		w := dice{rand.New(rand.NewPCG(seed, 23))}.world()
		w.servers = nil // their lists follow the same settings
		in := w.input(t)
		s := w.build(t)
		others := otherReadings(t, in)
		for q, query := range questions(t) {
			if !slices.Contains([]string{"notes", "web-session", "web-sso", "web-anonymous"}, q.channel) {
				continue
			}
			for _, a := range w.subjects(t, s) {
				for _, db := range s.Databases().All() {
					e := s.Explain(a.sub, db, db.Primary, query)
					for _, c := range e.Contested {
						met[c.Decision]++
					}
					checkContested(t, e, s, a, db, query, others)
					if t.Failed() {
						t.Fatalf("seed %d: %v over %+v in %s\n%s", seed, a.who, *q, db.Key, w)
					}
				}
			}
		}
	}
	for _, d := range []string{"D1", "D2", "D3", "D4", "D5", "D6", "D7", "D8", "D9", "D10", "D11", "D12"} {
		if met[d] == 0 {
			t.Errorf("%s changes no answer: the worlds test little", d)
		}
	}
}

// otherReading is the world under one other reading of a decision.
type otherReading struct {
	decision, setting string
	s                 *resolver.Snapshot
}

func otherReadings(t *testing.T, in resolver.Input) []otherReading {
	t.Helper()
	var out []otherReading
	build := func(decision, setting string, change func(*resolver.Settings)) {
		other := in
		change(&other.Settings)
		s, faults := resolver.Build(other)
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		out = append(out, otherReading{decision, setting, s})
	}
	reading := func(decision, setting string, change func(*acl.Reading)) {
		build(decision, setting, func(s *resolver.Settings) { change(&s.Reading) })
	}
	reading("D1", "", func(r *acl.Reading) { r.NameJoinsGroups = true })
	reading("D2", "", func(r *acl.Reading) { r.RolesOfWinners = true })
	reading("D3", "", func(r *acl.Reading) { r.PrivilegesOfWinners = true })
	reading("D4", "wildcardMode", func(r *acl.Reading) { r.Wildcards = acl.WildcardMerge - r.Wildcards })
	reading("D5", "", func(r *acl.Reading) { r.MostSpecificWildcard = true })
	for mode := range resolver.CommonNameMode(3) {
		if mode != in.Settings.CommonName {
			build("D6", "commonNameMatch", func(s *resolver.Settings) { s.CommonName = mode })
		}
	}
	build("D7", "commonNameInGroups", func(s *resolver.Settings) { s.CommonNameInGroups = !s.CommonNameInGroups })
	build("D8", "aclGroupTypes", func(s *resolver.Settings) {
		if s.GroupTypes = [5]bool{true, false, true, true, true}; in.Settings.GroupTypes == s.GroupTypes {
			s.GroupTypes = [5]bool{true, false, true}
		}
	})
	build("D9", "maxNestingDepth", func(s *resolver.Settings) {
		if s.MaxDepth = 0; in.Settings.MaxDepth == 0 {
			s.MaxDepth = 6
		}
	})
	reading("D10", "cappedChannels", func(r *acl.Reading) { r.Capped ^= acl.ChannelsOf(acl.WebSSO) })
	reading("D11", "fullAccessRoles", func(r *acl.Reading) { r.FullAccessRoles = !r.FullAccessRoles })
	reading("D12", "", func(r *acl.Reading) { r.CapDropsRoles = true })
	return out
}

func checkContested(t *testing.T, e *resolver.Explanation, s *resolver.Snapshot, a asked, db *database.Database, q resolver.Query, others []otherReading) {
	t.Helper()
	now := s.Decide(a.sub, db.Primary, q)
	changes := map[string][]resolver.Otherwise{}
	for _, o := range others {
		there, _, ok := o.s.Databases().Find(db.Key)
		if !ok {
			t.Fatalf("no database %s under the other reading", db.Key)
		}
		d := o.s.Decide(sameSubject(t, s, o.s, a), there.Primary, q)
		if d.Level != now.Level || d.Roles != now.Roles || d.Privileges != now.Privileges {
			changes[o.decision] = append(changes[o.decision], resolver.Otherwise{Level: d.Level.String(), Roles: there.Primary.List.RoleNames(d.Roles)})
		}
		if slices.ContainsFunc(e.Contested, func(c resolver.Contested) bool { return c.Decision == o.decision && c.Setting != o.setting }) {
			t.Errorf("%s is listed with another setting than %q", o.decision, o.setting)
		}
	}
	for _, c := range e.Contested {
		if !slices.ContainsFunc(changes[c.Decision], func(o resolver.Otherwise) bool {
			return o.Level == c.Otherwise.Level && slices.Equal(o.Roles, c.Otherwise.Roles)
		}) {
			t.Errorf("%s is listed with %+v, but the other reading gives %+v", c.Decision, c.Otherwise, changes[c.Decision])
		}
	}
	for decision := range changes {
		if !slices.ContainsFunc(e.Contested, func(c resolver.Contested) bool { return c.Decision == decision }) {
			t.Errorf("%s changes the answer to %+v and is not listed", decision, changes[decision])
		}
	}
}

// sameSubject finds a subject in another Snapshot.
func sameSubject(t *testing.T, s, other *resolver.Snapshot, a asked) *resolver.Subject {
	t.Helper()
	switch {
	case a.who.kind == "anonymous" || a.who.kind == "default":
		return a.sub
	case a.who.kind == "database":
		return other.NamedSubject(name.Parse(a.who.names[0]), acl.Database)
	case a.who.dn == "":
		return other.NamedSubject(name.Parse(a.who.names[0]), acl.Person)
	}
	id, ok := other.Store().Find(s.Store().Entry(a.sub.Entry).Key())
	if !ok {
		t.Fatal("not there under the other reading")
	}
	sub, ok := other.Subject(id)
	if !ok {
		t.Fatal("no subject under the other reading")
	}
	return sub
}

func TestATimeThatIsYetToComeIsStale(t *testing.T) {
	now := time.Date(2026, 11, 22, 4, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		sentence string
		age      time.Duration
		limit    time.Duration
		stale    bool
	}{
		{"young enough", 47 * time.Hour, 48 * time.Hour, false},
		{"too old", 49 * time.Hour, 48 * time.Hour, true},
		{"clocks differ a little", -time.Hour, 48 * time.Hour, false},
		{"yet to come", -61 * time.Minute, 48 * time.Hour, true},
		{"any age is allowed", -1000 * time.Hour, 0, false},
	} {
		of := now.Add(-c.age)
		if (resolver.AsOf{ACL: of}).Stale(now, 0, c.limit) != c.stale || (resolver.AsOf{Directory: of}).Stale(now, c.limit, 0) != c.stale {
			t.Errorf("%s: stale is not %v", c.sentence, c.stale)
		}
	}
}
