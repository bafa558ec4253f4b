package view

import (
	"crypto/sha256"
	"sync"

	lru "github.com/hashicorp/golang-lru/v2/simplelru"
)

const digestSize = sha256.Size

// mostOrdered is how many entries the kept lists hold together, unless one list
// alone has more.
const mostOrdered = 1 << 20

// orderKey is a sorted search on a State: the digest stands for who asked what.
type orderKey struct {
	serial uint64
	digest [digestSize]byte
}

// orderCache keeps the sorted lists that pages and list views were taken of
// last, so that to leaf through a list does not sort it again and again.
type orderCache struct {
	mu    sync.Mutex // guards the others
	kept  *lru.LRU[orderKey, []orderedEntry]
	count int // entries in kept
}

func (c *orderCache) get(k orderKey) ([]orderedEntry, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept == nil {
		return nil, false
	}
	return c.kept.Get(k)
}

// put keeps a list, which must not change any more.
func (c *orderCache) put(k orderKey, list []orderedEntry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept == nil {
		c.kept, _ = lru.NewLRU[orderKey, []orderedEntry](mostOrdered, func(_ orderKey, old []orderedEntry) { c.count -= len(old) })
	}
	c.kept.Remove(k)
	c.kept.Add(k, list)
	for c.count += len(list); c.count > mostOrdered && c.kept.Len() > 1; {
		c.kept.RemoveOldest()
	}
}
