package view

import (
	"unsafe"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/aclens/aclens/resolver/cache"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/group"
	"github.com/aclens/aclens/resolver/name"
)

// inside is what a group holds, directly or nested, beside people and servers.
type inside struct {
	groups *roaring.Bitmap // entries of the groups
	names  []name.Key      // members without an entry, wildcards among them
}

// keptInsides is how many octets of that a State keeps.
const keptInsides = 16 << 20

// newInsideCache keeps what was found out about the groups that were asked for last.
func newInsideCache(use *cache.Use) *cache.Cache[group.ID, *inside] {
	return cache.New(keptInsides, use, func(_ group.ID, in *inside) int { return in.size() })
}

// size is what keeping it costs, in octets and roughly.
func (in *inside) size() int {
	const fixed, each = 128, int(unsafe.Sizeof(name.Key("")))
	n := fixed + int(in.groups.GetSizeInBytes()) //nolint:gosec // octets of what is in memory
	for _, k := range in.names {
		n += each + len(k)
	}
	return n
}

func (s *State) inside(g group.ID) *inside {
	return s.insides.Find(g, func() *inside { return s.findInside(g) })
}

func (s *State) findInside(g group.ID) *inside {
	in := &inside{groups: roaring.New()}
	groups, names := s.Snapshot.Inside(g)
	for _, each := range groups {
		in.groups.Add(uint32(s.Snapshot.Group(each).Entry))
	}
	for _, k := range names {
		if s.Snapshot.NameAlone(k) {
			in.names = append(in.names, k)
		}
	}
	return in
}

// hasMember tells whether a person or server is in a group of the virtual subtree.
func (s *State) hasMember(n *node, id directory.ID) bool {
	if n.kind == groupCopy {
		_, subject := s.Snapshot.Population().Kind(id)
		return subject && s.Snapshot.Members(n.group).Contains(uint32(id))
	}
	return s.membersOf(n).Contains(uint32(id))
}
