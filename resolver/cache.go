package resolver

import (
	"sync"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/cache"
	"github.com/aclens/aclens/resolver/group"
	"github.com/aclens/aclens/resolver/name"
)

// caches keep what a Snapshot computed on demand. Everything in them follows
// from the Snapshot alone, so that dropping an entry changes no answer.
type caches struct {
	uses      *cacheUses
	databases *cache.Cache[accessKey, *Access]
	refused   *cache.Cache[deniedKey, *roaring.Bitmap]
	groups    *cache.Cache[group.ID, *roaring.Bitmap]
	unmatched [acl.Local + 1][2]unmatchedRows
	levels    [acl.Local + 1]levelRows
	branches  keptBranches
}

// keptBranches are branches by the Key of the name above everybody in them.
type keptBranches struct {
	mu sync.RWMutex // guards of
	of map[string]*branch
}

type accessKey struct {
	db      int
	channel acl.Channel
}

type deniedKey struct {
	server  name.Key
	scope   string // server.Server.FolderScope
	channel acl.Channel
}

// cacheBytes bounds each of the caches.
const cacheBytes = 128 << 20

// cacheUses count over all Snapshots that were made from one another.
type cacheUses struct{ databases, refused, groups cache.Use }

func newCaches(uses *cacheUses) *caches {
	return &caches{
		uses:      uses,
		databases: cache.New(cacheBytes, &uses.databases, func(_ accessKey, a *Access) int { return int(a.size()) }), //nolint:gosec // octets of what is in memory
		refused:   cache.New(cacheBytes, &uses.refused, bitmapSize[deniedKey]),
		groups:    cache.New(cacheBytes, &uses.groups, bitmapSize[group.ID]),
	}
}

func bitmapSize[K any](_ K, b *roaring.Bitmap) int { return int(b.GetSizeInBytes()) } //nolint:gosec // octets of what is in memory

// EachCache yields the figures of the caches by purpose: what those of this
// Snapshot hold, and what they did together with those that it was made from.
func (s *Snapshot) EachCache(yield func(purpose string, f cache.Figures)) {
	yield("access-sets", s.cache.databases.Figures())
	yield("refused-sets", s.cache.refused.Figures())
	yield("member-sets", s.cache.groups.Figures())
}
