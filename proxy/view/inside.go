package view

import (
	"sync"

	"github.com/RoaringBitmap/roaring/v2"
	lru "github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/group"
	"github.com/aclens/aclens/resolver/name"
)

// inside is what a group holds, directly or nested, beside people and servers.
type inside struct {
	groups *roaring.Bitmap // entries of the groups
	names  []name.Key      // members without an entry, wildcards among them
}

// insideCache keeps what was found out about the groups that were asked for last.
type insideCache struct {
	mu   sync.Mutex // guards kept
	kept *lru.LRU[group.ID, *inside]
}

// keptInsides is how many groups a State keeps that for.
const keptInsides = 4096

func (s *State) inside(g group.ID) *inside {
	s.insides.mu.Lock()
	defer s.insides.mu.Unlock()
	if s.insides.kept == nil {
		s.insides.kept, _ = lru.NewLRU[group.ID, *inside](keptInsides, nil)
	}
	if in, ok := s.insides.kept.Get(g); ok {
		return in
	}
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
	s.insides.kept.Add(g, in)
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
