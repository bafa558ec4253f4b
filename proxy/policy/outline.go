package policy

import (
	"sync"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/directory"
)

// Outline knows which entries lie above people and servers and which above
// groups: such ancestors may be read as DN and objectClass by whoever may read
// what lies below. It is made once for a Snapshot, when it is first asked.
type Outline struct {
	snapshot *resolver.Snapshot
	once     sync.Once
	subjects *roaring.Bitmap // entries above people and servers
	groups   *roaring.Bitmap // entries above groups that are not deny lists
	denied   *roaring.Bitmap // entries above deny lists
}

// NewOutline is the outline of a Snapshot.
func NewOutline(s *resolver.Snapshot) *Outline { return &Outline{snapshot: s} }

func (o *Outline) fill() {
	o.subjects, o.groups, o.denied = roaring.New(), roaring.New(), roaring.New()
	p := o.snapshot.Population()
	o.climb(p.People, func(directory.ID) *roaring.Bitmap { return o.subjects })
	o.climb(p.Servers, func(directory.ID) *roaring.Bitmap { return o.subjects })
	o.climb(p.Groups, func(id directory.ID) *roaring.Bitmap {
		if g, ok := o.snapshot.GroupOf(id); ok && o.snapshot.Group(g).DenyList() {
			return o.denied
		}
		return o.groups
	})
}

func (o *Outline) climb(from *roaring.Bitmap, set func(directory.ID) *roaring.Bitmap) {
	st := o.snapshot.Store()
	for it := from.Iterator(); it.HasNext(); {
		id := directory.ID(it.Next())
		into := set(id)
		for up := st.Parent(id); up != directory.None && into.CheckedAdd(uint32(up)); up = st.Parent(up) {
		}
	}
}

// skeleton tells whether an entry lies above one that may be read.
func (r *Rights) skeleton(id directory.ID) bool {
	r.outline.once.Do(r.outline.fill)
	st := r.snapshot.Store()
	if r.self != directory.None && id != r.self && st.Within(r.self, id) {
		return true
	}
	for i := range r.grants {
		if r.grants[i].outlines(r, id) {
			return true
		}
	}
	return false
}

func (g *grant) outlines(r *Rights, id directory.ID) bool {
	o, i := r.outline, uint32(id)
	subjects := g.rights.people || g.rights.groups && g.membership || g.rights.access && g.access
	if subjects && o.subjects.Contains(i) || g.rights.groups && o.groups.Contains(i) {
		return true
	}
	if g.rights.groups && r.merged.denylists && o.denied.Contains(i) {
		return true
	}
	for _, b := range g.bases {
		if base, ok := r.snapshot.Store().Find(b); ok && r.snapshot.Store().Within(base, id) {
			return true
		}
	}
	return false
}
