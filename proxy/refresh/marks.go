package refresh

import (
	"hash/maphash"
	"iter"
	"math/bits"
)

// mark is what is held of an entry: its digest, and the last pass over the
// directory that met it.
type mark struct {
	digest digest
	pass   uint32
}

// marks are what is held of the entries of a directory, by normalised DN. With a
// million of them a map takes twice the room; and to note in a map that an entry
// was met takes the text of its name anew, which then is kept beside the record's.
// nil holds nothing and takes nothing.
type marks struct {
	seed    maphash.Seed
	slots   []slot // their number is a power of two, more than one in four is free
	names   []string
	digests []digest
	passes  []uint32
}

// slot is where a name is among the names, plus one, below half of its hash; zero
// is free.
type slot uint64

const placeBits = 32

func (s slot) place() int   { return int(uint32(s)) - 1 }
func (s slot) hash() uint32 { return uint32(s >> placeBits) }

// newMarks makes room for n entries.
func newMarks(n int) *marks {
	m := &marks{seed: maphash.MakeSeed(), names: make([]string, 0, n), digests: make([]digest, 0, n), passes: make([]uint32, 0, n)}
	m.slots = make([]slot, slotsFor(n))
	return m
}

// slotsFor is the least power of two of which n fill less than three quarters.
func slotsFor(n int) int { return 1 << bits.Len(uint(n+n/3+1)) }

func (m *marks) hash(name string) uint32 { return uint32(maphash.String(m.seed, name) >> placeBits) }

// find tells the slot of a name, or the free one where it would go.
func (m *marks) find(hash uint32, name string) (at int, ok bool) {
	for at = m.home(hash); m.slots[at] != 0; at = m.behind(at) {
		if s := m.slots[at]; s.hash() == hash && m.names[s.place()] == name {
			return at, true
		}
	}
	return at, false
}

func (m *marks) home(hash uint32) int { return int(hash) & (len(m.slots) - 1) }
func (m *marks) behind(at int) int    { return (at + 1) & (len(m.slots) - 1) }

// len is how many entries are held.
func (m *marks) len() int {
	if m == nil {
		return 0
	}
	return len(m.names)
}

// get returns what is held under a name.
func (m *marks) get(name string) (mark, bool) {
	if m.len() == 0 {
		return mark{}, false
	}
	at, ok := m.find(m.hash(name), name)
	if !ok {
		return mark{}, false
	}
	place := m.slots[at].place()
	return mark{m.digests[place], m.passes[place]}, true
}

// has tells whether anything is held under a name.
func (m *marks) has(name string) bool {
	_, ok := m.get(name)
	return ok
}

// digest is that of an entry; zero if it is not held.
func (m *marks) digest(name string) digest {
	held, _ := m.get(name)
	return held.digest
}

// meet notes that a pass met an entry, and returns what was held of it before.
func (m *marks) meet(name string, pass uint32) (before mark, ok bool) {
	if m.len() == 0 {
		return mark{}, false
	}
	at, ok := m.find(m.hash(name), name)
	if !ok {
		return mark{}, false
	}
	place := m.slots[at].place()
	before = mark{m.digests[place], m.passes[place]}
	m.passes[place] = pass
	return before, true
}

// set holds an entry, under this text of its name: that of before may be part of
// a former record.
func (m *marks) set(name string, held mark) {
	if slotsFor(len(m.names)+1) > len(m.slots) {
		m.grow()
	}
	hash := m.hash(name)
	at, ok := m.find(hash, name)
	if ok {
		place := m.slots[at].place()
		m.names[place], m.digests[place], m.passes[place] = name, held.digest, held.pass
		return
	}
	m.names, m.digests, m.passes = append(m.names, name), append(m.digests, held.digest), append(m.passes, held.pass)
	m.slots[at] = slot(hash)<<placeBits | slot(len(m.names))
}

func (m *marks) grow() {
	before := m.slots
	m.slots = make([]slot, 2*len(before))
	for _, s := range before {
		if s == 0 {
			continue
		}
		at := m.home(s.hash())
		for m.slots[at] != 0 {
			at = m.behind(at)
		}
		m.slots[at] = s
	}
}

// drop holds an entry no more. The last one takes its place among the names.
func (m *marks) drop(name string) {
	if m.len() == 0 {
		return
	}
	at, ok := m.find(m.hash(name), name)
	if !ok {
		return
	}
	place, last := m.slots[at].place(), len(m.names)-1
	if place != last {
		of, _ := m.find(m.hash(m.names[last]), m.names[last])
		m.slots[of] = m.slots[of]&^(1<<placeBits-1) | slot(place+1)
		m.names[place], m.digests[place], m.passes[place] = m.names[last], m.digests[last], m.passes[last]
	}
	m.names[last] = "" // so that its text can go
	m.names, m.digests, m.passes = m.names[:last], m.digests[:last], m.passes[:last]
	m.free(at)
}

// free empties a slot and moves those behind it up that it kept from their homes.
func (m *marks) free(at int) {
	m.slots[at] = 0
	for next := m.behind(at); m.slots[next] != 0; next = m.behind(next) {
		home := m.home(m.slots[next].hash())
		if m.distance(home, next) < m.distance(at, next) {
			continue // it would be in front of its home
		}
		m.slots[at], m.slots[next] = m.slots[next], 0
		at = next
	}
}

// distance is how many slots lie from one to another, forwards.
func (m *marks) distance(from, to int) int { return (to - from) & (len(m.slots) - 1) }

// all yields every entry, in no order. Nothing may be held or dropped meanwhile.
func (m *marks) all() iter.Seq2[string, mark] {
	return func(yield func(string, mark) bool) {
		for i := range m.len() {
			if !yield(m.names[i], mark{m.digests[i], m.passes[i]}) {
				return
			}
		}
	}
}
