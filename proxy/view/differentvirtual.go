package view

import (
	"slices"

	"github.com/google/uuid"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/finding"
	"github.com/aclens/aclens/resolver/group"
	"github.com/aclens/aclens/resolver/name"
)

// mark is an entry of the virtual subtree with something computed that differs:
// by key, or a level or role group by its database and word.
type mark struct {
	key, database, word string
	attribute           string
}

// marks are gathered while people are compared.
type marks struct {
	entries map[mark]bool
	counts  map[string]*[acl.Levels]int // by database: how many more have each level
	copied  map[*State]map[group.ID]string
}

func newMarks() marks {
	return marks{entries: map[mark]bool{}, counts: map[string]*[acl.Levels]int{}, copied: map[*State]map[group.ID]string{}}
}

func (m *marks) count(db string, l acl.Level, by int) {
	if m.counts[db] == nil {
		m.counts[db] = &[acl.Levels]int{}
	}
	m.counts[db][l] += by
}

// copyKey is the normalised DN of the flattened copy of a group.
func (m *marks) copyKey(s *State, g group.ID) string {
	if m.copied[s] == nil {
		m.copied[s] = map[group.ID]string{}
	}
	k, ok := m.copied[s][g]
	if !ok {
		k = keyOfDN(s.groupCopyDN(g))
		m.copied[s][g] = k
	}
	return k
}

// keyOfDN is the normalised form of a DN that was made here.
func keyOfDN(dn string) string {
	k, err := name.KeyOf(dn)
	if err != nil {
		return dn
	}
	return k
}

func sameFinding(a, b finding.Finding) bool {
	return a.Kind == b.Kind && a.Severity == b.Severity && a.Advice == b.Advice && a.Subject == b.Subject && a.Database == b.Database &&
		a.DenyList == b.DenyList && slices.Equal(a.Subjects, b.Subjects)
}

// structural tells whether entries of the virtual subtree may come, go, or differ
// in what they store.
func (d *difference) structural() bool {
	x := d.suspects
	if x.Rebuilt || len(x.Databases) > 0 || !sameContexts(d.old, d.next) || !slices.EqualFunc(d.old.Findings, d.next.Findings, sameFinding) {
		return true
	}
	if d.old.view.settings.OmitEmptyGroups {
		return true
	}
	for _, id := range x.Entries {
		if d.old.Snapshot.Population().Groups.Contains(uint32(id)) || d.next.Snapshot.Population().Groups.Contains(uint32(id)) {
			return true
		}
	}
	return false
}

// virtualEntries compares the entries of the virtual subtree.
func (d *difference) virtualEntries() {
	differs := map[string][]string{} // attributes by key, of entries that are in both
	if d.structural() {
		d.trees(differs)
	}
	d.namesAlone()
	for db, by := range d.marks.counts {
		if *by != ([acl.Levels]int{}) {
			d.marks.entries[mark{key: keyOfDN(databaseDNOf(d, db)), attribute: attrLevelCount}] = true
		}
	}
	for m := range d.marks.entries {
		key := m.key
		if key == "" {
			key = keyOfDN(groupDNOf(d, m.database, m.word))
		}
		differs[key] = append(differs[key], m.attribute)
	}
	old, next := d.old.subtree(), d.next.subtree()
	for key, attrs := range differs {
		was, before := old.store.Find(key)
		is, after := next.store.Find(key)
		if !before || !after {
			continue // it came or went as a whole
		}
		slices.Sort(attrs)
		d.changes = append(d.changes, Change{Kind: Modified, DN: next.store.Entry(is).DN(), Key: key, UUID: virtualUUID(key),
			Was: d.old.witness(was), Attributes: slices.Compact(attrs)})
	}
}

func virtualUUID(key string) uuid.UUID { return uuid.NewSHA1(arcUUID, []byte(key)) }

func databaseDNOf(d *difference, key string) string {
	p := d.database(key)
	if p.next != nil {
		return d.next.view.databaseDN(p.next)
	}
	return d.old.view.databaseDN(p.old)
}

func groupDNOf(d *difference, key, word string) string {
	return string(name.AppendRDN(nil, "cn", key+"#"+word)) + "," + databaseDNOf(d, key)
}

// stampNames are the attributes of a virtual entry that say when it changed.
var stampNames = map[string]bool{"createTimestamp": true, attrModified: true, attrCSN: true}

// trees compares what virtual entries store.
func (d *difference) trees(differs map[string][]string) {
	old, next := d.old.subtree(), d.next.subtree()
	if old == next {
		return
	}
	for id := range old.store.Cap() {
		e := old.store.Entry(id)
		if !old.store.Exists(id) || e == next.store.Entry(id) && old.store.Schema() == next.store.Schema() {
			continue
		}
		to, ok := next.store.Find(e.Key())
		if !ok || !next.store.Exists(to) {
			d.changes = append(d.changes, Change{Kind: Deleted, DN: e.DN(), Key: e.Key(), UUID: virtualUUID(e.Key()), Was: d.old.witness(id)})
			continue
		}
		if attrs := d.storedDifference(e, next.store.Entry(to)); len(attrs) > 0 {
			differs[e.Key()] = append(differs[e.Key()], attrs...)
		}
	}
	for id := range next.store.Cap() {
		if !next.store.Exists(id) {
			continue
		}
		e := next.store.Entry(id)
		if was, ok := old.store.Find(e.Key()); !ok || !old.store.Exists(was) {
			d.changes = append(d.changes, Change{Kind: Added, DN: e.DN(), Key: e.Key(), UUID: virtualUUID(e.Key())})
		}
	}
}

func (d *difference) storedDifference(a, b directory.Entry) []string {
	x, y := d.storedOf(d.old, a), d.storedOf(d.next, b)
	var out []string
	for n, v := range x {
		if w, ok := y[n]; !stampNames[n] && (!ok || v != w) {
			out = append(out, n)
		}
	}
	for n := range y {
		if _, ok := x[n]; !ok && !stampNames[n] {
			out = append(out, n)
		}
	}
	if a.DN() != b.DN() {
		out = append(out, "entryDN")
	}
	return out
}

// namesAlone compares the members without an entry of the groups under suspicion.
func (d *difference) namesAlone() {
	names := func(s *State, g group.ID) map[name.Key]bool {
		out := map[name.Key]bool{}
		if int(g) < s.Snapshot.GroupCount() && s.Snapshot.Group(g).Alive() {
			n := node{kind: groupCopy, group: g}
			s.namesIn(&n, func(k name.Key) { out[k] = true })
		}
		return out
	}
	note := func(a, b map[name.Key]bool, key string) {
		same := len(a) == len(b)
		for k := range a {
			same = same && b[k]
		}
		if !same {
			d.marks.entries[mark{key: key, attribute: attrMember}] = true
		}
	}
	if d.suspects.Rebuilt {
		for g := range group.ID(d.next.Snapshot.GroupCount()) {
			if info := d.next.Snapshot.Group(g); info.Alive() {
				was, ok := d.old.Snapshot.Store().Find(d.next.Snapshot.Store().Entry(info.Entry).Key())
				before, isGroup := d.old.Snapshot.GroupOf(was)
				if ok && isGroup {
					note(names(d.old, before), names(d.next, g), d.marks.copyKey(d.next, g))
				}
			}
		}
		return
	}
	for _, g := range d.suspects.Groups {
		if int(g) < d.next.Snapshot.GroupCount() && d.next.Snapshot.Group(g).Alive() {
			note(names(d.old, g), names(d.next, g), d.marks.copyKey(d.next, g))
		}
	}
}

// witness remembers who could see an entry of the virtual subtree.
func (s *State) witness(id directory.ID) policy.Witness {
	n := s.subtree().nodes[id]
	switch n.kind {
	case container:
		if n.fixed {
			return s.over.Branch()
		}
		return s.over.Group(!n.shared)
	case groupCopy:
		return s.over.Group(s.Snapshot.Group(n.group).DenyList())
	case findingEntry:
		f := &s.Findings[n.role]
		if n.db != nil && len(f.Subjects) == 0 {
			return s.over.Database(n.db.Index, f.DenyList)
		}
		return s.over.Everything()
	}
	if n.db == nil {
		return policy.Witness{}
	}
	return s.over.Database(n.db.Index, false)
}
