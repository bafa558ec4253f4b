package policy

import (
	"sync"
	"sync/atomic"

	"github.com/aclens/aclens/resolver/cache"
)

// Bounds of what an Over keeps of those who ask, in octets.
const (
	keptRights = 4 << 20
	keptKey    = 1 << 10 // of a name that is kept
	rightsSize = 4 << 10 // of the Rights of one identity, roughly: most sets in them are shared
)

// newRightsCache keeps the Rights of the identities that asked last. It belongs to
// one Over, which looks at one Snapshot: Rights never change, and whoever asks
// of another Snapshot has them found out again.
func newRightsCache(use *cache.Use) *cache.Cache[string, *Rights] {
	return cache.New(keptRights, use, func(key string, _ *Rights) int { return rightsSize + len(key) })
}

// Cache is the figures of the Rights that are kept.
func (o *Over) Cache() cache.Figures { return o.kept.Figures() }

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
