package resolver

import (
	"sync"

	"github.com/RoaringBitmap/roaring/v2"
	lru "github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/group"
	"github.com/aclens/aclens/resolver/name"
)

// caches keep what a Snapshot computed on demand. Everything in them follows
// from the Snapshot alone, so that dropping an entry changes no answer.
type caches struct {
	databases keptSets[accessKey, *Access]
	refused   keptSets[deniedKey, *roaring.Bitmap]
	groups    keptSets[group.ID, *roaring.Bitmap]
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

func newCaches() *caches {
	return &caches{
		databases: newKept[accessKey](func(a *Access) uint64 { return a.size() }),
		refused:   newKept[deniedKey](bitmapSize),
		groups:    newKept[group.ID](bitmapSize),
	}
}

func bitmapSize(b *roaring.Bitmap) uint64 { return b.GetSizeInBytes() }

func (c *caches) access(k accessKey, compute func() *Access) *Access {
	return c.databases.get(k, compute)
}

func (c *caches) denied(k deniedKey, compute func() *roaring.Bitmap) *roaring.Bitmap {
	return c.refused.get(k, compute)
}

// keptSets is a cache bounded in bytes: golang-lru counts entries, so the owner
// sums their sizes and evicts the oldest.
type keptSets[K comparable, V any] struct {
	mu   *sync.Mutex // guards lru and used
	lru  *lru.LRU[K, V]
	used *uint64
	size func(V) uint64
}

func newKept[K comparable, V any](size func(V) uint64) keptSets[K, V] {
	used := new(uint64)
	l, err := lru.NewLRU(1<<20, func(_ K, v V) { *used -= size(v) })
	if err != nil {
		panic(err) // only for a size that is not positive
	}
	return keptSets[K, V]{mu: new(sync.Mutex), lru: l, used: used, size: size}
}

// get finds a value or computes it. Two callers may compute the same value at
// once; both get a right one, and one is kept.
func (c keptSets[K, V]) get(k K, compute func() V) V {
	c.mu.Lock()
	v, ok := c.lru.Get(k)
	c.mu.Unlock()
	if ok {
		return v
	}
	v = compute()
	c.mu.Lock()
	defer c.mu.Unlock()
	if kept, ok := c.lru.Get(k); ok {
		return kept
	}
	c.lru.Add(k, v)
	for *c.used += c.size(v); *c.used > cacheBytes && c.lru.Len() > 1; {
		c.lru.RemoveOldest()
	}
	return v
}
