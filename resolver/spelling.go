package resolver

import (
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/pairs"
)

// spelling finds entries by their names octet for octet as the entries spell
// them. Members are mostly spelled like that, and need not be normalised then: a
// name that is an entry's own has that entry's key, which no other entry has.
type spelling struct {
	store *directory.Store
	hash  pairs.Hasher
	slots []atomic.Uint64 // a hash and an ID + 1, at the hash or behind it; 0 is free
}

// leastSpelled is how many entries are worth a goroutine.
const leastSpelled = 1 << 13

// spellingOf notes all entries of a Store, glue not among them.
func spellingOf(st *directory.Store) *spelling {
	size := 2
	for size < 2*int(st.Cap()) { // half of the slots stay free
		size *= 2
	}
	s := &spelling{store: st, hash: pairs.NewHasher(), slots: make([]atomic.Uint64, size)}
	workers := directory.ID(max(1, min(runtime.GOMAXPROCS(0), int(st.Cap())/leastSpelled)))
	var wg sync.WaitGroup
	for first := range workers {
		wg.Go(func() {
			for id := first; id < st.Cap(); id += workers {
				if st.Exists(id) {
					s.note(id)
				}
			}
		})
	}
	wg.Wait()
	return s
}

func (s *spelling) note(id directory.ID) {
	h := s.hash.Text(s.store.Entry(id).DN())
	for at := int(h); ; at++ {
		if s.slots[at&(len(s.slots)-1)].CompareAndSwap(0, pairs.Of(h, uint32(id)+1)) {
			return
		}
	}
}

// find is the entry that spells its name like that; none if s is nil.
func (s *spelling) find(dn string) (directory.ID, bool) {
	if s == nil {
		return directory.None, false
	}
	h := s.hash.Text(dn)
	for at := int(h); ; at++ {
		p := s.slots[at&(len(s.slots)-1)].Load()
		if p == 0 {
			return directory.None, false
		}
		if id := directory.ID(pairs.Second(p) - 1); pairs.First(p) == h && s.store.Entry(id).DN() == dn {
			return id, true
		}
	}
}
