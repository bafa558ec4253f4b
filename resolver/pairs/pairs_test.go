package pairs

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// naive is the obvious set of pairs that Merge and Find are held against.
type naive map[uint64]bool

func (n naive) find(first uint32) []uint64 {
	var out []uint64
	for p := range n {
		if First(p) == first {
			out = append(out, p)
		}
	}
	slices.Sort(out)
	return out
}

func TestMergeAndFindEqualASetOfPairsOnRandomInput(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		span := uint32(1) << r.IntN(32)
		draw := func() uint64 { return Of(uint32(r.Uint64N(uint64(span))), r.Uint32N(40)) }
		var list List
		set := naive{}
		for range 8 {
			var gone, come []uint64
			for range r.IntN(200) {
				come = append(come, draw())
			}
			for _, p := range list {
				if r.IntN(3) == 0 {
					gone = append(gone, p)
				}
			}
			for _, p := range gone {
				delete(set, p)
			}
			for _, p := range come {
				set[p] = true
			}
			before := slices.Clone(list)
			next := list.Merge(gone, come)
			if !slices.Equal(list, before) {
				t.Fatal("Merge changed the list that it was given")
			}
			list = next
			if !slices.IsSorted(list) || len(list) != len(set) {
				t.Fatalf("seed %d: %d pairs, want %d ascending", seed, len(list), len(set))
			}
			for range 50 {
				f := First(draw())
				if got, want := list.Find(f), set.find(f); !slices.Equal([]uint64(got), want) {
					t.Fatalf("seed %d: Find(%d) = %v, want %v", seed, f, got, want)
				}
			}
		}
	}
}

func TestFindEndsALongRunWhereItEnds(t *testing.T) {
	var come []uint64
	for i := range uint32(1000) {
		come = append(come, Of(7, i), Of(9, i))
	}
	l := List(nil).Merge(nil, come)
	if n := len(l.Find(7)); n != 1000 {
		t.Errorf("Find(7) has %d pairs, want 1000", n)
	}
	if n := len(l.Find(8)); n != 0 {
		t.Errorf("Find(8) has %d pairs, want none", n)
	}
}

func TestLongListsAreSortedAsShortOnesAreOnRandomInput(t *testing.T) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 3))
		list := make([]uint64, fewPairs+r.IntN(3*fewPairs))
		spans := [2]uint64{1 << r.IntN(33), 1 << r.IntN(33)}
		for i := range list {
			second := uint32(r.Uint64N(spans[1]))
			if seed%2 == 0 { // as a first load notes them
				second = uint32(i / 2)
			}
			list[i] = Of(uint32(r.Uint64N(spans[0])), second)
		}
		want := slices.Sorted(slices.Values(list))
		if got := ordered(list); !slices.Equal(got, want) {
			t.Fatalf("seed %d: another order", seed)
		}
	}
}
