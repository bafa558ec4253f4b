package view

import (
	"strings"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/finding"
	"github.com/aclens/aclens/resolver/name"
)

// virtualPlace is the entries of the virtual subtree, or decision records.
type virtualPlace struct {
	state  *State
	rights *policy.Rights
	store  *directory.Store
	node   func(directory.ID) node
	groups map[directory.ID]*roaring.Bitmap // by entry: the groups that hold it, as far as asked for
}

func (s *State) treePlace(r *policy.Rights) *virtualPlace {
	t := s.subtree()
	return &virtualPlace{state: s, rights: r, store: t.store, node: func(id directory.ID) node { return t.nodes[id] }}
}

// recordPlace is the place of records; each tells its database itself.
func (s *State) recordPlace(r *policy.Rights, st *directory.Store) *virtualPlace {
	attribute, _ := st.Schema().Lookup("databaseKey")
	return &virtualPlace{state: s, rights: r, store: st, node: func(id directory.ID) node {
		raw, ok := st.Entry(id).Find(attribute)
		if !ok {
			return node{kind: container}
		}
		values := raw.Values()
		key, _ := values.Next()
		db, _, _ := s.Snapshot.Databases().Find(key)
		return node{kind: record, db: db}
	}}
}

func (p *virtualPlace) visible(id directory.ID) bool {
	n := p.node(id)
	switch n.kind {
	case groupCopy:
		return p.rights.Groups() && (p.rights.DenyLists() || !p.state.Snapshot.Group(n.group).DenyList())
	case container:
		return n.fixed && (p.rights.Groups() || p.rights.AnyAccess()) || p.rights.Groups() && (n.shared || p.rights.DenyLists())
	case findingEntry:
		return MayReadFinding(p.rights, &p.state.Findings[n.role], n.db)
	default:
		return n.db != nil && p.rights.AnyDatabase(n.db.Index)
	}
}

// MayReadFinding tells whether a finding may be read. One about a database (nil
// for none) that names nobody goes with the database, any other with the right
// to everything.
func MayReadFinding(r *policy.Rights, f *finding.Finding, db *database.Database) bool {
	if r.Everything() {
		return true
	}
	return db != nil && r.AnyDatabase(db.Index) && len(f.Subjects) == 0 && (r.DenyLists() || !f.DenyList)
}

func (p *virtualPlace) readable(id directory.ID, c *column) bool {
	if c.hidden || p.rights.Hidden(c.folded) {
		return false
	}
	if c.class == policy.Open {
		return true
	}
	n := p.node(id)
	switch n.kind {
	case groupCopy:
		return p.rights.GroupAttribute(c.folded)
	case container:
		return true
	case findingEntry:
		return p.rights.Everything() || n.db != nil && p.rights.Database(n.db.Index, c.folded)
	default:
		return n.db != nil && p.rights.Database(n.db.Index, c.folded)
	}
}

func (p *virtualPlace) wanted(sel *selection) []wantedAttribute { return sel.open }

// open are the attributes that are computed for virtual entries.
func (s *State) open() []*attribute {
	if s.view.settings.History == nil {
		return openAttributes
	}
	return stampedAttributes
}

var stampedAttributes = append(append([]*attribute{}, openAttributes...), stampAttributes[:2]...)

// openAttributes are those that virtual entries carry too.
var openAttributes = func() []*attribute {
	var out []*attribute
	for _, a := range attributes {
		if a.on == onAll {
			out = append(out, a)
		}
	}
	return out
}()

// virtualGuard asks the rights for one virtual entry after another.
type virtualGuard struct {
	place  *virtualPlace
	column column
}

// Readable tells whether the attribute of a virtual entry may be looked at.
func (g virtualGuard) Readable(id directory.ID) bool { return g.place.readable(id, &g.column) }

func (p *virtualPlace) guard(_ *compiler, folded string, class policy.Class) (directory.Guard, bool) {
	if p.rights.Hidden(folded) {
		return nil, false
	}
	if p.rights.Everything() {
		return nil, true
	}
	return virtualGuard{p, column{folded: folded, class: class}}, true
}

// computed makes the leaf of an item on members and on what every entry has.
func (p *virtualPlace) computed(c *compiler, a *assertion) (directory.Filter, bool) {
	if a.folded == attrMember {
		return p.memberItem(a)
	}
	if item, ok := p.levelCountItem(c, a); ok {
		return item, true
	}
	if a.folded == "databasekey" {
		a.filter = p.state.keyedItem(a.filter)
	}
	for _, open := range p.state.open() {
		if strings.EqualFold(open.name, a.folded) {
			holds, ok := valueTest(c, a)
			if !ok {
				return never(), true
			}
			return computedLeaf(&openLeaf{p, open, holds}), true
		}
	}
	return directory.Filter{}, false
}

// openLeaf is an item on an attribute that every entry has.
type openLeaf struct {
	place *virtualPlace
	a     *attribute
	holds func([]byte) bool
}

// Eval computes the value of one virtual entry.
func (l *openLeaf) Eval(id directory.ID) directory.Truth {
	c := computed{state: l.place.state, rights: l.place.rights, place: l.place, store: l.place.store}
	c.at(id, l.place.store.Entry(id))
	yes := false
	l.a.values(&c, func(v string) { yes = yes || l.holds == nil || l.holds([]byte(v)) })
	return directory.TruthOf(yes)
}

// Candidates are all entries.
func (l *openLeaf) Candidates() directory.Candidates { return directory.Everything() }

func (p *virtualPlace) memberItem(a *assertion) (directory.Filter, bool) {
	switch a.filter.Kind {
	case wire.Present:
		return computedLeaf(&memberItemLeaf{place: p}), true
	case wire.Equality, wire.Approx, wire.Extensible:
		key, err := name.KeyOf(string(a.filter.Value))
		if err != nil {
			return never(), true
		}
		l := &memberItemLeaf{place: p, key: key, entry: directory.None}
		if id, ok := p.state.Snapshot.FindEntry(string(a.filter.Value)); ok {
			l.entry = id
		}
		return computedLeaf(l), true
	default:
		return never(), true
	}
}

// memberItemLeaf asks who is in a group of the subtree: whether anybody is
// (empty key), an entry, or a name without one.
type memberItemLeaf struct {
	place *virtualPlace
	key   string
	entry directory.ID
}

// Eval looks into one group.
func (l *memberItemLeaf) Eval(id directory.ID) directory.Truth {
	n := l.place.node(id)
	if n.kind != groupCopy && n.kind != levelGroup && n.kind != roleGroup {
		return directory.False
	}
	switch {
	case l.key == "" && l.place.state.anyMember(&n):
		return directory.True
	case l.key != "" && l.entry != directory.None:
		return directory.TruthOf(l.place.state.hasMember(&n, l.entry))
	}
	yes := false
	l.place.state.namesIn(&n, func(k name.Key) { yes = yes || l.key == "" || string(k) == l.key })
	return directory.TruthOf(yes)
}

// Candidates are the groups that the entry is in.
func (l *memberItemLeaf) Candidates() directory.Candidates {
	if l.key == "" || l.entry == directory.None {
		return directory.Set(l.place.store.Class(classGroup))
	}
	return directory.Set(l.place.groupsWith(l.entry))
}

// groupsWith is the groups of the subtree that hold an entry, found once a search.
func (p *virtualPlace) groupsWith(entry directory.ID) *roaring.Bitmap {
	if set, ok := p.groups[entry]; ok {
		return set
	}
	s, set := p.state, roaring.New()
	put := func(dn string) {
		if key, err := name.KeyOf(dn); err == nil {
			if id, ok := p.store.Find(key); ok {
				set.Add(uint32(id))
			}
		}
	}
	for _, g := range s.Snapshot.MemberOf(entry) {
		put(s.groupCopyDN(g))
	}
	if sub, ok := s.Snapshot.Subject(entry); ok {
		s.eachAccessGroup(sub, put)
	}
	if p.groups == nil {
		p.groups = map[directory.ID]*roaring.Bitmap{}
	}
	p.groups[entry] = set
	return set
}

// eachAccessGroup yields the level and role groups that hold a subject.
func (s *State) eachAccessGroup(sub *resolver.Subject, put func(dn string)) {
	s.Snapshot.EachDecision(sub, resolver.Query{Channel: s.view.groupChannel}, func(db *database.Database, d *resolver.Decision) bool {
		for l := acl.Reader; l <= d.Level; l++ {
			put(s.view.levelGroupDN(db, l))
		}
		if d.Level > acl.NoAccess {
			for _, r := range db.Primary.List.RoleNames(d.Roles) {
				put(s.view.roleGroupDN(db, r))
			}
		}
		return true
	})
}

// namesIn yields the members of a flattened group that have no entry: names
// alone, and wildcards.
func (s *State) namesIn(n *node, yield func(name.Key)) {
	if n.kind != groupCopy {
		return
	}
	for _, k := range s.inside(n.group).names {
		yield(k)
	}
}

// fill writes the members of a group.
func (p *virtualPlace) fill(id directory.ID, sel *selection, w *wire.EntryWriter) {
	p.fillLevelCounts(id, sel, w)
	n := p.node(id)
	if n.kind != groupCopy && n.kind != levelGroup && n.kind != roleGroup || !sel.member {
		return
	}
	if !p.readable(id, &column{folded: attrMember}) {
		return
	}
	set := p.state.membersOf(&n)
	var names []string
	p.state.namesIn(&n, func(k name.Key) { names = append(names, p.state.Snapshot.MemberDN(k)) })
	if set.IsEmpty() && len(names) == 0 {
		return
	}
	w.BeginAttribute(attrMember)
	if !sel.typesOnly {
		st := p.state.Snapshot.Store()
		for it := set.Iterator(); it.HasNext(); {
			w.Value(st.Entry(directory.ID(it.Next())).DN())
		}
		for _, n := range names {
			w.Value(n)
		}
	}
	w.EndAttribute()
}
