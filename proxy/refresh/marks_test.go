package refresh

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"
	"unsafe"
)

// A map is the naive twin of marks.
func TestMarksHoldWhatAMapOfTheSameWouldHold(t *testing.T) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 1))
		got, want := newMarks(r.IntN(20)), map[string]mark{}
		if seed == 0 {
			got = nil // until something is held
		}
		names := 1 + r.IntN(300)
		for step := range 3000 {
			name := fmt.Sprintf("cn=person %d,o=acme", r.IntN(names))
			before, held := want[name]
			if m, ok := got.get(name); ok != held || m != before || got.has(name) != held || got.digest(name) != before.digest {
				t.Fatalf("seed %d, step %d: %q is %v %v, want %v %v", seed, step, name, m, ok, before, held)
			}
			switch pass := r.Uint32(); r.IntN(4) {
			case 0:
				if got == nil {
					got = newMarks(0)
				}
				m := mark{digest{r.Uint64(), r.Uint64()}, pass}
				got.set(name, m)
				want[name] = m
			case 1, 2:
				if m, ok := got.meet(name, pass); ok != held || m != before {
					t.Fatalf("seed %d, step %d: %q was %v %v when it was met, want %v %v", seed, step, name, m, ok, before, held)
				}
				if held {
					want[name] = mark{before.digest, pass}
				}
			case 3:
				got.drop(name)
				delete(want, name)
			}
		}
		if all := maps.Collect(got.all()); got.len() != len(want) || !maps.Equal(all, want) {
			t.Fatalf("seed %d: %d entries are held, want %d", seed, got.len(), len(want))
		}
	}
}

// Names of one hash lie in one run of slots, which is broken up when one is dropped.
func TestMarksOfEqualHashesAreToldApart(t *testing.T) {
	m := newMarks(6)
	names := []string{"a", "b", "c", "d", "e", "f"}
	for i, name := range names {
		m.names, m.digests, m.passes = append(m.names, name), append(m.digests, digest{low: uint64(i)}), append(m.passes, 0)
		at, ok := m.find(uint32(len(m.slots)-1), name) // runs over the end
		if ok {
			t.Fatalf("%s is there already", name)
		}
		m.slots[at] = slot(len(m.slots)-1)<<placeBits | slot(i+1)
	}
	at, _ := m.find(uint32(len(m.slots)-1), "b")
	m.free(at)
	for i, name := range names {
		at, ok := m.find(uint32(len(m.slots)-1), name)
		if ok != (name != "b") || ok && m.slots[at].place() != i {
			t.Errorf("%s: %v", name, ok)
		}
	}
}

func TestMarksKeepTheTextTheyWereSetWith(t *testing.T) {
	first, second, third := strings.Clone("cn=jane"), strings.Clone("cn=jane"), strings.Clone("cn=jane")
	m := newMarks(1)
	m.set(first, mark{})
	m.meet(second, 1)
	if unsafe.StringData(m.names[0]) != unsafe.StringData(first) {
		t.Error("another text is kept after an entry was only met")
	}
	m.set(third, mark{})
	if unsafe.StringData(m.names[0]) != unsafe.StringData(third) || m.len() != 1 {
		t.Error("the text of before is kept after an entry was set")
	}
}
