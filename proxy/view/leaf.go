package view

import (
	"strings"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/group"
	"github.com/aclens/aclens/resolver/name"
)

// leafSet is the entries that have one value of a virtual attribute.
type leafSet struct {
	known bool // else only the computed values of each candidate tell
	set   *roaring.Bitmap
	more  *roaring.Bitmap    // beside those of set; may be nil
	db    *database.Database // whose access the value tells of; nil for other attributes
}

func found(b *roaring.Bitmap) leafSet { return leafSet{known: true, set: b} }

func nothing() leafSet { return found(roaring.New()) }

// setLeaf is an equality item whose entries are known as a set.
type setLeaf struct {
	leafSet
	rights *policy.Rights
	folded string
	asked  bool // told is known to be tells
	tells  bool
}

// Eval is False where the value tells of a database that may not be read: a
// database that does not exist is answered in the same way.
func (l *setLeaf) Eval(id directory.ID) directory.Truth {
	if !l.told() && !l.rights.OwnValues(id, l.folded) {
		return directory.False
	}
	return directory.TruthOf(l.set.Contains(uint32(id)) || l.more != nil && l.more.Contains(uint32(id)))
}

// told tells whether a rule lets the identity know of the value's database.
func (l *setLeaf) told() bool {
	if l.db == nil {
		return true
	}
	if !l.asked {
		dbs, all := l.rights.Databases(l.folded)
		l.asked, l.tells = true, all || dbs.Contains(uint32(l.db.Index))
	}
	return l.tells
}

// Candidates is the set itself, of which no more than the own entry may be known
// where no rule tells of the database.
func (l *setLeaf) Candidates() directory.Candidates {
	if self := l.rights.Self(); !l.told() {
		if self == directory.None {
			return directory.Listed()
		}
		return directory.Listed(self)
	}
	if l.more != nil && !l.more.IsEmpty() {
		return directory.Set(roaring.Or(l.set, l.more))
	}
	return directory.Set(l.set)
}

// valueLeaf is an item that is told from the computed values of each entry.
type valueLeaf struct {
	computed *computed
	attrs    []*attribute
	holds    func(value []byte) bool // nil: presence
}

// Eval computes the values of one entry and looks through them.
func (l *valueLeaf) Eval(id directory.ID) directory.Truth {
	st := l.computed.state
	l.computed.at(id, st.Snapshot.Store().Entry(id))
	l.computed.presence = l.holds == nil
	yes := false
	for _, a := range l.attrs {
		if !st.carries(a, id) || a.values == nil {
			continue
		}
		l.computed.attribute = foldedDescription([]byte(a.name))
		a.values(l.computed, func(v string) { yes = yes || l.holds == nil || l.holds([]byte(v)) })
	}
	if l.computed.pace.done() {
		return directory.Undefined
	}
	return directory.TruthOf(yes)
}

// computer computes the values for all leaves of a filter, so that what they
// share is found once an entry.
func (c *compiler) computer(p place) *computed {
	if c.shared == nil {
		c.shared = takeComputed()
		c.shared.state, c.shared.rights, c.shared.place, c.shared.store, c.shared.pace = c.state, c.rights, p, c.store, c.pace
	}
	return c.shared
}

// Candidates are all entries of the kinds that carry the attributes.
func (l *valueLeaf) Candidates() directory.Candidates {
	set, members := l.computed.state.carriers()
	for _, a := range l.attrs {
		switch a.on {
		case onAll:
			return directory.Everything()
		case onMembers:
			set = members
		}
	}
	return directory.Set(set)
}

// carriers are the people and servers, and these with the groups. They must not
// be changed.
func (s *State) carriers() (subjects, members *roaring.Bitmap) {
	s.carryOnce.Do(func() {
		pop := s.Snapshot.Population()
		s.subjects = roaring.Or(pop.People, pop.Servers)
		s.members = roaring.Or(s.subjects, pop.Groups)
	})
	return s.subjects, s.members
}

// classLeaf is an equality item on objectClass: the entries of a class and of
// those below it.
type classLeaf struct{ set *roaring.Bitmap }

// Eval looks the entry up.
func (l classLeaf) Eval(id directory.ID) directory.Truth {
	return directory.TruthOf(l.set.Contains(uint32(id)))
}

// Candidates is the set.
func (l classLeaf) Candidates() directory.Candidates { return directory.Set(l.set) }

// mixedLeaf is an item on an attribute that is computed for some entries and
// stored for others.
type mixedLeaf struct {
	state   *State
	attr    *attribute
	virtual directory.Leaf
	stored  directory.Filter
	eval    *directory.Evaluator
	store   *directory.Store
}

// Eval asks what the entry would return.
func (l *mixedLeaf) Eval(id directory.ID) directory.Truth {
	if l.state.carries(l.attr, id) {
		return l.virtual.Eval(id)
	}
	return l.eval.Eval(&l.stored, id)
}

// Candidates are those of both.
func (l *mixedLeaf) Candidates() directory.Candidates {
	set := roaring.New()
	for _, c := range []directory.Candidates{l.virtual.Candidates(), l.store.Plan(&l.stored)} {
		if c.All() {
			return c
		}
		c.Each(0, l.store.Cap(), func(id directory.ID) bool {
			set.Add(uint32(id))
			return true
		})
	}
	return directory.Set(set)
}

// splitKey splits a value "key#rest" and finds the database; an alias or a
// replica id stands for the key.
func (c *compiler) splitKey(value string) (*database.Database, string, bool) {
	key, rest, ok := strings.Cut(value, "#")
	if !ok {
		return nil, "", false
	}
	dbs := c.state.Snapshot.Databases()
	key, ok = dbs.KeyFor(strings.TrimSpace(key))
	if !ok {
		return nil, "", false
	}
	db, _, ok := dbs.Find(key)
	return db, strings.ToLower(strings.TrimSpace(rest)), ok
}

func levelLeaf(channel acl.Channel, r reached) func(*compiler, *attribute, string) leafSet {
	return func(c *compiler, _ *attribute, value string) leafSet {
		db, word, ok := c.splitKey(value)
		if !ok {
			return nothing()
		}
		level, err := acl.ParseLevel(word)
		if err != nil || level == acl.NoAccess {
			return nothing()
		}
		access := c.state.Snapshot.Access(db, channel)
		out := roaring.New()
		for each := acl.Depositor; each <= acl.Manager; each++ {
			if lowest, highest := r(each); lowest <= level && level <= highest {
				out.Or(access.Level(each))
			}
		}
		return leafSet{known: true, set: out, db: db}
	}
}

func roleLeaf(channel acl.Channel) func(*compiler, *attribute, string) leafSet {
	return func(c *compiler, _ *attribute, value string) leafSet {
		db, word, ok := c.splitKey(value)
		if !ok {
			return nothing()
		}
		i := db.Primary.List.RoleIndex(word)
		if i < 0 || !strings.EqualFold(db.Primary.List.Roles[i], word) {
			return nothing()
		}
		return leafSet{known: true, set: c.state.Snapshot.Access(db, channel).Role(i), db: db}
	}
}

// accessGroupLeaf finds the members of a level or role group.
func accessGroupLeaf(c *compiler, _ *attribute, value string) leafSet {
	n, ok := c.state.nodeOf(value)
	if !ok || n.kind != levelGroup && n.kind != roleGroup {
		return nothing()
	}
	return leafSet{known: true, set: c.state.membersOf(&n), db: n.db}
}

func notesNameLeaf(c *compiler, _ *attribute, value string) leafSet {
	sub, _, err := c.state.Snapshot.FindSubject(value, resolver.OnlyHierarchicalNames)
	if err != nil || sub.Entry == directory.None || !strings.EqualFold(sub.Name.Canonical(), strings.TrimSpace(value)) {
		return leafSet{} // two of one name, or another spelling: the values tell
	}
	return found(roaring.BitmapOf(uint32(sub.Entry)))
}

func entryDNLeaf(c *compiler, _ *attribute, value string) leafSet {
	key, err := name.KeyOf(value)
	if err != nil {
		return nothing()
	}
	if id, ok := c.store.Find(key); ok {
		return found(roaring.BitmapOf(uint32(id)))
	}
	return nothing()
}

// memberLeaf finds everybody in a real group, or in a group of the virtual
// subtree: (memberOf=<virtual group>) works though such values are not listed.
func memberLeaf(w which) func(*compiler, *attribute, string) leafSet {
	return func(c *compiler, a *attribute, value string) leafSet {
		key, err := name.KeyOf(value)
		if err != nil {
			return nothing()
		}
		if c.state.view.underBase(key) {
			return c.virtualMembers(value)
		}
		id, ok := c.state.Snapshot.Store().Find(key)
		if !ok {
			return nothing()
		}
		g, ok := c.state.Snapshot.GroupOf(id)
		if !ok || c.state.Snapshot.Group(g).DenyList() && !c.rights.DenyLists() {
			return nothing()
		}
		if a.name != "isMemberOf" && a.name != attrMemberOf && a.name != "ibm-allGroups" {
			return leafSet{} // narrower relations are told by their values
		}
		return c.state.withGroups(g)
	}
}

// virtualMembers is everybody in a group of the virtual subtree whom the
// identity may see there.
func (c *compiler) virtualMembers(value string) leafSet {
	n, ok := c.state.nodeOf(value)
	switch {
	case !ok || n.kind == container:
		return nothing()
	case n.kind == groupCopy:
		if c.state.Snapshot.Group(n.group).DenyList() && !c.rights.DenyLists() || !c.rights.GroupAttribute(attrMember) {
			return nothing()
		}
		return c.state.withGroups(n.group)
	case n.kind == levelGroup || n.kind == roleGroup:
		if !c.rights.Database(n.db.Index, attrMember) {
			return nothing()
		}
		return found(c.state.membersOf(&n))
	}
	return nothing()
}

// withGroups is everybody in a group with the entries of the groups inside it,
// since groups carry membership attributes too.
func (s *State) withGroups(g group.ID) leafSet {
	return leafSet{known: true, set: s.Snapshot.Members(g), more: s.inside(g).groups}
}

// nodeOf finds the virtual entry of a DN.
func (s *State) nodeOf(dn string) (node, bool) {
	key, err := name.KeyOf(dn)
	if err != nil {
		return node{}, false
	}
	t := s.subtree()
	id, ok := t.store.Find(key)
	if !ok && name.KeyUnder(key, s.view.databasesKey) {
		if parsed, err := name.ParseDN(dn); err == nil {
			id, ok = t.store.Find(s.keyedDN(parsed).Key())
		}
	}
	if !ok {
		return node{}, false
	}
	return t.nodes[id], true
}

// membersOf is the people and servers in a group of the virtual subtree.
func (s *State) membersOf(n *node) *roaring.Bitmap {
	switch n.kind {
	case groupCopy:
		subjects, _ := s.carriers()
		return roaring.And(s.Snapshot.Members(n.group), subjects)
	case levelGroup:
		return s.Snapshot.Access(n.db, s.view.groupChannel).AtLeast(n.level)
	case roleGroup:
		return s.Snapshot.Access(n.db, s.view.groupChannel).Role(n.role)
	default:
		return roaring.New()
	}
}

// anyMember tells whether membersOf is somebody.
func (s *State) anyMember(n *node) bool {
	if n.kind != groupCopy {
		return !s.membersOf(n).IsEmpty()
	}
	subjects, _ := s.carriers()
	return s.Snapshot.Members(n.group).Intersects(subjects)
}
