package resolver

import (
	"maps"
	"reflect"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/group"
	"github.com/aclens/aclens/resolver/name"
)

// Suspects is whatever may be answered otherwise by a Snapshot than by one that
// it was made from: what is not listed is answered in the same way by both. It
// costs what changed, and a walk over entries and groups that compares pointers.
type Suspects struct {
	Rebuilt   bool              // the two share no numbers: everything is suspect
	Entries   []directory.ID    // whose record is another, or came, or went
	Anywhere  *roaring.Bitmap   // people and servers who may have other names or other servers: in all databases
	Members   *roaring.Bitmap   // entries that may be in other groups: in the databases that name one of Groups
	Groups    []group.ID        // whose members may be others, those of groups within them included
	Databases []string          // keys of those whose ACL or whereabouts differ, or that came or went
	Everybody bool              // Server documents differ
	Renamed   map[group.ID]bool // of Groups: those that are others themselves, or whose names mean others

	groups map[group.ID]map[string]bool // of Groups: the keys of those that name it
}

// Suspected tells whether a group is one of Groups.
func (x *Suspects) Suspected(g group.ID) bool { return x.groups[g] != nil }

// DatabasesOf lists the keys of Databases, and of those that name one of some of
// Groups: whoever is in no other of Groups, before or after, and is not in
// Anywhere, is answered in the same way in all others.
func (x *Suspects) DatabasesOf(groups []group.ID) []string {
	keys := slices.Clone(x.Databases)
	for _, g := range groups {
		keys = slices.AppendSeq(keys, maps.Keys(x.groups[g]))
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// None tells whether the two Snapshots give the same answers.
func (x *Suspects) None() bool {
	return !x.Rebuilt && !x.Everybody && len(x.Entries)+len(x.Databases)+len(x.Groups) == 0 && x.Anywhere.IsEmpty() && x.Members.IsEmpty()
}

// Suspects compares with the Snapshot that comes after it.
func (s *Snapshot) Suspects(next *Snapshot) *Suspects {
	x := &Suspects{Anywhere: roaring.New(), Members: roaring.New(), Renamed: map[group.ID]bool{}, groups: map[group.ID]map[string]bool{}}
	if s.lineage != next.lineage {
		x.Rebuilt = true
		return x
	}
	x.Databases = differingDatabases(s.databases, next.databases)
	x.Everybody = !sameServers(s, next)
	if s.store == next.store {
		return x
	}
	c := comparison{Suspects: x, old: s, next: next}
	c.entries()
	c.compareGroups()
	c.names()
	c.spread()
	return x
}

// comparison is one look for suspects.
type comparison struct {
	*Suspects
	old, next *Snapshot
	dirty     []group.ID
}

// entries lists the slots that hold another record.
func (c *comparison) entries() {
	for id := range max(c.old.store.Cap(), c.next.store.Cap()) {
		if c.old.store.Entry(id) != c.next.store.Entry(id) {
			c.Entries = append(c.Entries, id)
		}
	}
}

// both calls f for each of the two Snapshots.
func (c *comparison) both(f func(*Snapshot)) {
	f(c.old)
	f(c.next)
}

// names suspects everybody who has a name that came or went, or the common name
// of one: whether a name is somebody's hangs on who else has it.
func (c *comparison) names() {
	for _, id := range c.Entries {
		if c.sameSubject(id) {
			continue
		}
		var lists [2]Names
		c.both(func(s *Snapshot) {
			if _, ok := s.people.Kind(id); ok {
				lists[index(s == c.next)] = s.namer.names(id)
				c.Anywhere.Add(uint32(id))
			}
		})
		for _, n := range append(lists[0].all(), lists[1].all()...) {
			c.sharers(n.Key())
			c.sharers(n.CommonKey())
			c.both(func(s *Snapshot) { c.dirty = append(c.dirty, s.members.graph.OfName(n.Key())...) })
		}
	}
}

// sameSubject tells whether an entry is the same person or server in both, under
// the same names to the letter, whatever else its record holds.
func (c *comparison) sameSubject(id directory.ID) bool {
	was, before := c.old.people.Kind(id)
	is, after := c.next.people.Kind(id)
	if !before || !after {
		return before == after
	}
	if was != is || c.old.store.Entry(id).DN() != c.next.store.Entry(id).DN() {
		return false
	}
	a, b := c.old.namer.names(id), c.next.namer.names(id)
	return slices.EqualFunc(a.all(), b.all(), func(x, y name.Name) bool { return x.Key() == y.Key() && x.Canonical() == y.Canonical() })
}

func index(second bool) int {
	if second {
		return 1
	}
	return 0
}

// sharers suspects whoever has a name in any way.
func (c *comparison) sharers(k name.Key) {
	if k == "" {
		return
	}
	c.both(func(s *Snapshot) {
		for _, ids := range [][]directory.ID{s.names.holders(k, &s.namer), s.names.commonHolders(k, &s.namer)} {
			for _, id := range ids {
				c.Anywhere.Add(uint32(id))
			}
		}
	})
}

// compareGroups finds the groups that differ, and who is in them because of that.
func (c *comparison) compareGroups() {
	renamed := false
	for g := range group.ID(max(len(c.old.members.groups), len(c.next.members.groups))) {
		a, b := c.old.groupAt(g), c.next.groupAt(g)
		before, after := c.old.membersAt(g), c.next.membersAt(g)
		other := !c.sameGroup(a, b)
		if other {
			renamed, c.Renamed[g] = true, true
		}
		nested := !slices.Equal(before.Groups, after.Groups)
		if !other && !nested && slices.Equal(before.Entries, after.Entries) && slices.Equal(before.Names, after.Names) {
			continue
		}
		c.dirty = append(c.dirty, g)
		if other || nested {
			c.everyMember(g)
			continue
		}
		c.moved(before, after)
	}
	if renamed {
		c.renamedGroups()
	}
}

func (s *Snapshot) groupAt(g group.ID) *Group {
	if int(g) < len(s.members.groups) {
		return &s.members.groups[g]
	}
	return &Group{Entry: directory.None}
}

func (s *Snapshot) membersAt(g group.ID) *group.Members {
	if int(g) < s.members.graph.Len() {
		return s.members.graph.Members(g)
	}
	return &group.Members{}
}

// sameGroup tells whether two groups are the same in all but their members, to
// the letter: labels are shown.
func (c *comparison) sameGroup(a, b *Group) bool {
	if !a.alive() || !b.alive() {
		return a.alive() == b.alive()
	}
	return a.same(b) && a.Label == b.Label && a.Domino == b.Domino && c.old.store.Entry(a.Entry).DN() == c.next.store.Entry(b.Entry).DN() &&
		slices.EqualFunc(a.Names, b.Names, func(x, y name.Name) bool { return x.Canonical() == y.Canonical() })
}

// everyMember suspects all who are or were in a group, and the groups within it.
func (c *comparison) everyMember(g group.ID) {
	c.both(func(s *Snapshot) {
		if int(g) >= len(s.members.groups) {
			return
		}
		c.Members.Or(s.Members(g))
		inside, _ := s.Inside(g)
		for _, each := range inside {
			if e := s.members.groups[each].Entry; e != directory.None {
				c.Members.Add(uint32(e))
			}
		}
		if e := s.members.groups[g].Entry; e != directory.None {
			c.Members.Add(uint32(e))
		}
	})
}

// moved suspects those who came into a group or went, by entry or by name.
func (c *comparison) moved(before, after *group.Members) {
	a, b := roaring.BitmapOf(before.Entries...), roaring.BitmapOf(after.Entries...)
	c.Members.Or(roaring.Xor(a, b))
	for _, k := range append(without(before.Names, after.Names), without(after.Names, before.Names)...) {
		c.both(func(s *Snapshot) {
			if w := wildcardOf(k); w.IsWildcard() {
				c.Members.Or(s.covered(w))
			}
			for _, ids := range [][]directory.ID{s.names.holders(k, &s.namer), s.names.commonHolders(k, &s.namer)} {
				for _, id := range ids {
					c.Members.Add(uint32(id))
				}
			}
		})
	}
}

// without lists what is in one sorted list and not in the other.
func without(a, b []name.Key) []name.Key {
	var out []name.Key
	for _, k := range a {
		if _, there := slices.BinarySearch(b, k); !there {
			out = append(out, k)
		}
	}
	return out
}

// renamedGroups suspects the members of all groups that a name means now and did
// not before, or the other way round.
func (c *comparison) renamedGroups() {
	suspect := func(s *Snapshot, k name.Key) {
		if g, ok := s.members.named.find(k); ok {
			c.dirty, c.Renamed[g] = append(c.dirty, g), true
			c.everyMember(g)
		}
		for _, g := range s.members.doubled[k] {
			c.dirty, c.Renamed[g] = append(c.dirty, g), true
			c.everyMember(g)
		}
	}
	for _, pair := range [][2]*Snapshot{{c.old, c.next}, {c.next, c.old}} {
		for k, g := range pair[0].members.named {
			other, ok := pair[1].members.named[k]
			if !ok || other != g || !slices.Equal(pair[0].members.doubled[k], pair[1].members.doubled[k]) {
				suspect(pair[0], k)
				suspect(pair[1], k)
			}
		}
	}
}

// spread goes from the groups that differ to all above them and to the databases
// that name one. A folder list may name any group.
func (c *comparison) spread() {
	folders := false
	for _, srv := range c.next.servers {
		folders = folders || len(srv.Settings.Folders) > 0
	}
	if folders {
		c.Anywhere.Or(c.Members)
	}
	c.both(func(s *Snapshot) {
		known := slices.DeleteFunc(slices.Clone(c.dirty), func(g group.ID) bool { return int(g) >= len(s.members.groups) })
		slices.Sort(known)
		for _, g := range s.members.all.Up(nil, slices.Compact(known)) {
			c.suspectGroup(s, g)
		}
		for _, g := range known {
			c.suspectGroup(s, g)
		}
	})
	slices.Sort(c.Groups)
}

func (c *comparison) suspectGroup(s *Snapshot, g group.ID) {
	keys := c.groups[g]
	if keys == nil {
		keys = map[string]bool{}
		c.groups[g] = keys
		c.Groups = append(c.Groups, g)
	}
	for _, n := range s.members.groups[g].Names {
		for _, r := range s.acls.names[n.Key()] {
			keys[s.databases.At(int(r.db)).Key] = true
		}
	}
}

// differingDatabases lists the keys of the databases that are not the same in
// two sets.
func differingDatabases(a, b *database.Set) []string {
	if a == b {
		return nil
	}
	var out []string
	for _, x := range a.All() {
		if y, _, ok := b.Find(x.Key); !ok || y.Key != x.Key || !sameDatabase(x, y) {
			out = append(out, x.Key)
		}
	}
	for _, y := range b.All() {
		if x, _, ok := a.Find(y.Key); !ok || x.Key != y.Key {
			out = append(out, y.Key)
		}
	}
	slices.Sort(out)
	return out
}

func sameDatabase(a, b *database.Database) bool {
	if !slices.Equal(a.Alias, b.Alias) {
		return false
	}
	x, y := a.Primary, b.Primary
	if x == y {
		return true
	}
	return x.Server.Canonical() == y.Server.Canonical() && x.Path == y.Path && x.ReplicaID == y.ReplicaID && x.Title == y.Title &&
		x.CapturedAt.Equal(y.CapturedAt) && sameList(x.List, y.List)
}

func sameList(a, b *acl.List) bool { return a == b || reflect.DeepEqual(a, b) }

func sameServers(a, b *Snapshot) bool {
	sameName := func(x, y name.Name) bool { return x.Canonical() == y.Canonical() }
	if len(a.servers) != len(b.servers) || !slices.EqualFunc(a.undescribed(), b.undescribed(), sameName) {
		return false
	}
	for k, x := range a.servers {
		if y := b.servers[k]; y == nil || x != y && !(reflect.DeepEqual(x.Document, y.Document) && reflect.DeepEqual(x.Settings, y.Settings)) {
			return false
		}
	}
	return true
}

// Shares tells whether two Snapshots give the same numbers to the same entries
// and groups.
func (s *Snapshot) Shares(other *Snapshot) bool { return s.lineage == other.lineage }
