package view

import (
	"slices"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/group"
)

// sides is one person, server or group in both States.
type sides struct {
	*difference
	pair  pair
	reach reach
	pairs []pairedDatabase
	subs  [2]*resolver.Subject

	veiled bool // as those see it who may not know of deny lists
}

// sides prepares the comparison of what is computed for an entry; nil where
// nothing is.
func (d *difference) sides(p pair, r reach) *sides {
	s := &sides{difference: d, pair: p, reach: r}
	member := false
	for i, st := range []*State{d.old, d.next} {
		id := []directory.ID{p.old, p.next}[i]
		if id == directory.None {
			continue
		}
		pop := st.Snapshot.Population()
		member = member || pop.Groups.Contains(uint32(id))
		if sub, ok := st.Snapshot.Subject(id); ok {
			s.subs[i], member = sub, true
		}
	}
	if !member {
		return nil
	}
	return s
}

// computed lists the computed attributes that differ, and notes what follows for
// groups, counts and decision records.
func (s *sides) computed() []string {
	s.memberships()
	if s.subs[0] == nil && s.subs[1] == nil {
		return s.values(nil, nil)
	}
	if !s.reach.all && !s.sameServers() {
		s.reach.all, s.widened = true, true
	}
	s.findDatabases()
	one, two := s.only()
	out := s.values(one, two)
	s.levels()
	if s.records() || s.reasons() {
		out = append(out, "effectiveAccessReason")
	}
	return out
}

// sameServers tells whether every server and folder treats the subject as before.
func (s *sides) sameServers() bool {
	if s.subs[0] == nil || s.subs[1] == nil {
		return false
	}
	for _, channel := range []acl.Channel{acl.Notes, acl.WebSession, s.next.view.groupChannel} {
		q := resolver.Query{Channel: channel}
		a, b := s.old.Snapshot.ServerAccess(s.subs[0], q), s.next.Snapshot.ServerAccess(s.subs[1], q)
		if !slices.EqualFunc(a, b, func(x, y resolver.ServerDecision) bool {
			return x.Server.Key() == y.Server.Key() && x.Access == y.Access && x.Reason == y.Reason
		}) {
			return false
		}
	}
	return true
}

// databases are those in which answers may differ, in both States.
func (s *sides) findDatabases() {
	keys := s.reach.keys
	if s.reach.all {
		keys = s.everyKey()
	}
	for _, k := range keys {
		s.pairs = append(s.pairs, s.database(k))
	}
}

func (s *sides) only() (old, next []*database.Database) {
	old, next = []*database.Database{}, []*database.Database{}
	for _, p := range s.pairs {
		if p.old != nil {
			old = append(old, p.old)
		}
		if p.next != nil {
			next = append(next, p.next)
		}
	}
	return old, next
}

// values compares every computed attribute but the reason.
func (s *sides) values(one, two []*database.Database) []string {
	if s.pair.old == directory.None || s.pair.next == directory.None {
		return nil
	}
	before := s.render(s.old, s.pair.old, one)
	after := s.render(s.next, s.pair.next, two)
	var out []string
	for n, v := range before {
		if !slices.Equal(v, after[n]) {
			out = append(out, n)
		}
	}
	for n, v := range after {
		if _, ok := before[n]; !ok && len(v) > 0 {
			out = append(out, n)
		}
	}
	return out
}

// render computes the values of an entry, sorted.
func (s *sides) render(st *State, id directory.ID, only []*database.Database) map[string][]string {
	c := computed{state: st, store: st.Snapshot.Store(), only: only, veiled: s.veiled}
	if s.reach.all {
		c.only = nil
	}
	c.at(id, st.Snapshot.Store().Entry(id))
	whole := computed{state: st, store: c.store, veiled: s.veiled}
	whole.at(id, c.entry)
	out := map[string][]string{}
	for _, a := range st.virtual {
		if a.values == nil || uncounted[a.name] || a.name == reasonName || st.byName(a) || !st.carries(a, id) {
			continue
		}
		var values []string
		at := &c
		if a.name == highestName {
			at = &whole
		}
		a.values(at, func(v string) { values = append(values, v) })
		slices.Sort(values)
		if len(values) > 0 {
			out[a.name] = values
		}
	}
	return out
}

// byName tells whether the directory's own attribute is shown instead.
func (s *State) byName(a *attribute) bool { return a.name == attrMemberOf && !s.view.memberOfEffective }

const reasonName = "effectiveAccessReason"

// memberships notes the flattened groups that hold the entry on one side only.
func (s *sides) memberships() {
	var lists [2][]group.ID
	var dns [2]string
	for i, st := range []*State{s.old, s.next} {
		id := []directory.ID{s.pair.old, s.pair.next}[i]
		if id == directory.None || s.subs[i] == nil {
			continue // of the entries with memberships groups are no members of flattened groups
		}
		lists[i], dns[i] = st.Snapshot.MemberOf(id), st.Snapshot.Store().Entry(id).DN()
	}
	if dns[0] == dns[1] && !s.suspects.Rebuilt && slices.Equal(lists[0], lists[1]) {
		return
	}
	before, after := s.copies(s.old, lists[0]), s.copies(s.next, lists[1])
	for k := range before {
		if dns[0] != dns[1] || !after[k] {
			s.marks.entries[mark{key: k, attribute: attrMember}] = true
		}
	}
	for k := range after {
		if dns[0] != dns[1] || !before[k] {
			s.marks.entries[mark{key: k, attribute: attrMember}] = true
		}
	}
}

// copies are the names of the flattened copies of groups.
func (s *sides) copies(st *State, ids []group.ID) map[string]bool {
	out := make(map[string]bool, len(ids))
	for _, g := range ids {
		out[s.marks.copyKey(st, g)] = true
	}
	return out
}

// levels notes the level and role groups that hold the subject on one side only,
// and how many have which level.
func (s *sides) levels() {
	sameDN := s.pair.old != directory.None && s.pair.next != directory.None &&
		s.old.Snapshot.Store().Entry(s.pair.old).DN() == s.next.Snapshot.Store().Entry(s.pair.next).DN()
	var rows [2][2][]resolver.Decision
	one, two := s.only()
	for i, side := range []struct {
		st   *State
		only []*database.Database
	}{{s.old, one}, {s.next, two}} {
		if s.subs[i] == nil {
			continue
		}
		for j, channel := range []acl.Channel{side.st.view.groupChannel, acl.Notes} {
			rows[i][j] = side.st.decisions(s.subs[i], channel, side.only, s.reach.all)
		}
	}
	at := [2]int{}
	for _, p := range s.pairs {
		var grouped [2]*resolver.Decision
		for i, db := range []*database.Database{p.old, p.next} {
			if db == nil {
				continue
			}
			if s.subs[i] != nil {
				grouped[i] = &rows[i][0][at[i]]
				s.marks.count(db.Key, rows[i][1][at[i]].Level, 2*i-1)
			}
			at[i]++
		}
		s.levelMarks(p, grouped, sameDN)
	}
}

// decisions are those for some databases, in their order.
func (s *State) decisions(sub *resolver.Subject, channel acl.Channel, only []*database.Database, all bool) []resolver.Decision {
	out := make([]resolver.Decision, 0, len(only))
	q := resolver.Query{Channel: channel}
	if all {
		s.Snapshot.EachDecision(sub, q, func(_ *database.Database, d *resolver.Decision) bool {
			out = append(out, *d)
			return true
		})
		return out
	}
	for _, db := range only {
		out = append(out, s.Snapshot.Decide(sub, db.Primary, q))
	}
	return out
}

func (s *sides) levelMarks(p pairedDatabase, d [2]*resolver.Decision, sameDN bool) {
	var held [2]map[string]bool
	for i, db := range []*database.Database{p.old, p.next} {
		held[i] = map[string]bool{}
		if db == nil || d[i] == nil {
			continue
		}
		for l := acl.Reader; l <= d[i].Level; l++ {
			held[i][l.String()] = true
		}
		if d[i].Level > acl.NoAccess {
			for _, r := range db.Primary.List.RoleNames(d[i].Roles) {
				held[i][r] = true
			}
		}
	}
	key := ""
	if p.next != nil {
		key = p.next.Key
	} else {
		key = p.old.Key
	}
	for i := range held {
		for word := range held[i] {
			if !sameDN || !held[1-i][word] {
				s.marks.entries[mark{database: key, word: word, attribute: attrMember}] = true
			}
		}
	}
}

// records compares the decision records; true: the reason is another as well.
func (s *sides) records() bool {
	var subs [2]*resolver.Subject
	for i, st := range []*State{s.old, s.next} {
		if s.subs[i] != nil && st.recorded(s.subs[i]) {
			subs[i] = s.subs[i]
		}
	}
	if subs[0] == nil && subs[1] == nil {
		return false
	}
	changed := false
	for _, p := range s.pairs {
		if s.explained.Add(1) > mostExplained {
			return true
		}
		changed = s.record(subs[0], subs[1], p) || changed
	}
	return changed
}

// reasons tells whether a reason is another though the decisions are the same.
func (s *sides) reasons() bool {
	if s.subs[0] == nil || s.subs[1] == nil {
		return s.subs[0] != s.subs[1]
	}
	for _, p := range s.pairs {
		if p.old == nil || p.next == nil {
			return true
		}
		if s.explained.Add(1) > mostExplained {
			return true
		}
		if reasonOf(s.old, s.subs[0], p.old) != reasonOf(s.next, s.subs[1], p.next) {
			return true
		}
	}
	return false
}
