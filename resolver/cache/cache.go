// Package cache keeps what can be computed again. What was not asked for the
// longest goes first.
//
// It promises a bound by weight, octets as a rule: the library beneath counts
// entries, so each owner says what one weighs. It promises counts of hits, misses
// and evictions that go on while caches come and go with the states they belong
// to. It refuses to know what it keeps, and nothing in it grows old: a value has
// to follow from its key and from what the cache belongs to.
package cache

import (
	"sync"
	"sync/atomic"

	lru "github.com/hashicorp/golang-lru/v2/simplelru"
)

// Use counts what all caches of one purpose did. The zero value is ready.
type Use struct{ hits, misses, evictions atomic.Uint64 }

// Figures are what caches did and what one of them holds.
type Figures struct {
	Hits, Misses, Evictions uint64 // of all caches of one Use
	Entries, Weight         int    // of one cache at this moment
}

// Cache is one bounded cache. It is safe for concurrent use.
type Cache[K comparable, V any] struct {
	most  int
	use   *Use
	weigh func(K, V) int

	mu   sync.Mutex // guards kept and held
	kept *lru.LRU[K, V]
	held int // weight of what is kept
}

// New makes a cache of at most so much weight; one entry that is heavier is kept
// alone. weigh has to give the same for an entry as long as it is kept, and at
// least one.
func New[K comparable, V any](most int, use *Use, weigh func(K, V) int) *Cache[K, V] {
	c := &Cache[K, V]{most: most, use: use, weigh: weigh}
	kept, err := lru.NewLRU(most, func(k K, v V) { c.held -= weigh(k, v) })
	if err != nil {
		panic(err) // only for a bound below one
	}
	c.kept = kept
	return c
}

// Get finds what is kept of a key.
func (c *Cache[K, V]) Get(k K) (V, bool) {
	c.mu.Lock()
	v, ok := c.kept.Get(k)
	c.mu.Unlock()
	if ok {
		c.use.hits.Add(1)
	} else {
		c.use.misses.Add(1)
	}
	return v, ok
}

// Put keeps a value, which must not change any more, and returns what is kept: if
// somebody was first, that.
func (c *Cache[K, V]) Put(k K, v V) V {
	c.mu.Lock()
	defer c.mu.Unlock()
	if first, ok := c.kept.Get(k); ok {
		return first
	}
	if c.kept.Add(k, v) { // more entries than a bound of such entries allows
		c.use.evictions.Add(1)
	}
	for c.held += c.weigh(k, v); c.held > c.most && c.kept.Len() > 1; {
		c.kept.RemoveOldest()
		c.use.evictions.Add(1)
	}
	return v
}

// Figures reads the figures of the cache and of its Use, each for itself.
func (c *Cache[K, V]) Figures() Figures {
	c.mu.Lock()
	entries, weight := c.kept.Len(), c.held
	c.mu.Unlock()
	return Figures{c.use.hits.Load(), c.use.misses.Load(), c.use.evictions.Load(), entries, weight}
}

// Find gets a value or computes it. Two callers may compute the same at once; one
// value is kept, and both get that.
func (c *Cache[K, V]) Find(k K, compute func() V) V {
	if v, ok := c.Get(k); ok {
		return v
	}
	return c.Put(k, compute())
}
