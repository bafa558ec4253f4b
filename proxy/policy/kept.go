package policy

import (
	"sync"
	"sync/atomic"

	lru "github.com/hashicorp/golang-lru/v2/simplelru"
)

// Bounds of what an Over keeps of those who ask.
const (
	keptRights = 1024    // identities
	keptKey    = 1 << 10 // octets of a name that is kept
)

// rightsCache keeps the Rights of the identities that asked last. It belongs to
// one Over, which looks at one Snapshot: Rights never change, and whoever asks
// of another Snapshot has them found out again.
type rightsCache struct {
	mu   sync.Mutex // guards kept
	kept *lru.LRU[string, *Rights]
}

func (c *rightsCache) find(key string) (*Rights, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept == nil {
		return nil, false
	}
	return c.kept.Get(key)
}

func (c *rightsCache) keep(key string, r *Rights) {
	if len(key) > keptKey {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept == nil {
		c.kept, _ = lru.NewLRU[string, *Rights](keptRights, nil) // fails for less than one
	}
	c.kept.Add(key, r)
}

// memo keeps what was found out by attribute. The names are those of a schema, so
// that there is an end to them. What is asked for again and again is read without
// a lock: read is replaced once as much was missed in it as it would grow by.
type memo[V any] struct {
	read atomic.Pointer[map[string]V] // does not change

	mu     sync.Mutex   // guards what follows
	all    map[string]V // what read holds, and more
	missed int
}

func (m *memo[V]) find(name string) (V, bool) {
	if read := m.read.Load(); read != nil {
		if v, ok := (*read)[name]; ok {
			return v, true
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	v, ok := m.all[name]
	if !ok {
		return v, false
	}
	if m.missed++; m.missed >= len(m.all) {
		m.publish()
	}
	return v, true
}

// publish makes everything readable without a lock.
func (m *memo[V]) publish() {
	read := make(map[string]V, len(m.all))
	for name, v := range m.all {
		read[name] = v
	}
	m.missed = 0
	m.read.Store(&read)
}

// keep notes v, unless somebody was first: that is returned then.
func (m *memo[V]) keep(name string, v V) V {
	m.mu.Lock()
	defer m.mu.Unlock()
	if first, ok := m.all[name]; ok {
		return first
	}
	if m.all == nil {
		m.all = map[string]V{}
	}
	m.all[name] = v
	return v
}
