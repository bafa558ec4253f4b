package finding

import (
	"cmp"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/group"
	"github.com/aclens/aclens/resolver/name"
)

// view is a Snapshot with what several findings need, computed once.
type view struct {
	s       *resolver.Snapshot
	x       *resolver.Inspection
	shared  *shared
	members []group.ID // the groups that exist, by label
}

// shared is the part of a view that all processors read and none writes.
type shared struct {
	rank     []uint32 // by directory.ID: place in the order of DNs
	order    []uint32 // all people and servers in that order
	denied   *roaring.Bitmap
	lists    []string            // labels of the deny lists
	idle     map[name.Key]string // groups that an ACL cannot name -> label
	known    map[name.Key]bool   // servers that have a database
	replicas map[name.Key]string // replica ids of databases, as acl.Entry.Key has them -> first key
	classes  map[name.Key]class  // of every name that does not exist
}

func newView(s *resolver.Snapshot) *view {
	v := &view{s: s, x: s.Inspect(), shared: &shared{idle: map[name.Key]string{}, known: map[name.Key]bool{}, replicas: map[name.Key]string{}}}
	v.rankEntries()
	v.listGroups()
	v.knowDatabases()
	v.classify()
	return v
}

// fork is a view for another goroutine.
func (v *view) fork() *view {
	return &view{s: v.s, x: v.s.Inspect(), shared: v.shared, members: v.members}
}

// rankEntries settles an order of people and servers that does not depend on
// how the Snapshot came about.
func (v *view) rankEntries() {
	st := v.s.Store()
	p := v.s.Population()
	ids := roaring.Or(p.People, p.Servers).ToArray()
	keys := make([]ranked, len(ids))
	for i, id := range ids {
		keys[i] = ranked{st.Entry(directory.ID(id)).Key(), id}
	}
	slices.SortFunc(keys, func(a, b ranked) int { return cmp.Compare(a.key, b.key) })
	v.shared.rank, v.shared.order = make([]uint32, st.Cap()), ids
	for i, k := range keys {
		v.shared.rank[k.id], v.shared.order[i] = uint32(i), k.id
	}
}

type ranked struct {
	key string
	id  uint32
}

// listGroups sorts the groups by label and gathers who is on a deny list.
func (v *view) listGroups() {
	v.shared.denied = roaring.New()
	for id := range group.ID(v.s.GroupCount()) {
		g := v.s.Group(id)
		if !g.Alive() {
			continue
		}
		v.members = append(v.members, id)
		if g.DenyList() {
			v.shared.denied.Or(v.s.Members(id))
			v.shared.lists = append(v.shared.lists, g.Label)
		}
		for _, n := range g.Names {
			if _, one, several := v.x.GroupNamed(n.Key()); !one && !several {
				v.shared.idle[n.Key()] = g.Label
			}
		}
	}
	v.shared.denied.And(v.s.Population().People)
	slices.Sort(v.shared.lists)
	slices.SortFunc(v.members, func(a, b group.ID) int {
		ga, gb := v.s.Group(a), v.s.Group(b)
		return cmp.Or(cmp.Compare(ga.Label, gb.Label), cmp.Compare(v.s.Store().Entry(ga.Entry).Key(), v.s.Store().Entry(gb.Entry).Key()))
	})
}

// knowDatabases gathers the servers and replica ids that the ACLs come from.
func (v *view) knowDatabases() {
	for _, db := range v.s.Databases().All() {
		if id := name.Key(name.Fold(db.ReplicaID)); v.shared.replicas[id] == "" && id != "" {
			v.shared.replicas[id] = db.Key
		}
		for _, in := range db.Instances {
			if !in.Server.IsZero() {
				v.shared.known[in.Server.Key()] = true
			}
		}
	}
}

// isServer tells whether a name is that of a server which the sources mention,
// though the directory has no entry for it.
func (v *view) isServer(n name.Name) bool {
	return v.shared.known[n.Key()] || v.s.Server(n).Document != nil
}

// first lists the first subjects of a set, in the order of their DNs.
func (v *view) first(set *roaring.Bitmap) []string {
	first := v.shared.first(set)
	texts := make([]string, len(first))
	for i, id := range first {
		names := v.x.Names(directory.ID(id))
		texts[i] = names.Own.Abbreviated()
	}
	return texts
}

// first are the first people and servers of a set. A large set has them near
// the beginning of the order; a small one is looked through.
func (s *shared) first(set *roaring.Bitmap) []uint32 {
	n := int(set.GetCardinality())
	if n*n < 4*MaxSubjects*len(s.order) {
		return s.firstOfFew(set)
	}
	best := make([]uint32, 0, MaxSubjects)
	for _, id := range s.order {
		if len(best) == min(n, MaxSubjects) {
			break
		}
		if set.Contains(id) {
			best = append(best, id)
		}
	}
	return best
}

func (s *shared) firstOfFew(set *roaring.Bitmap) []uint32 {
	best := make([]uint32, 0, MaxSubjects+1)
	for it := set.Iterator(); it.HasNext(); {
		id := it.Next()
		if len(best) == MaxSubjects && s.rank[id] > s.rank[best[MaxSubjects-1]] {
			continue
		}
		at, _ := slices.BinarySearchFunc(best, id, func(a, b uint32) int { return cmp.Compare(s.rank[a], s.rank[b]) })
		if best = slices.Insert(best, at, id); len(best) > MaxSubjects {
			best = best[:MaxSubjects]
		}
	}
	return best
}

// listed cuts a list of texts to what a finding shows.
func listed(texts []string) []string {
	return slices.Clip(texts[:min(len(texts), MaxSubjects)])
}
