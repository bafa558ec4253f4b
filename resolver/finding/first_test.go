package finding

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"
)

func TestTheFirstOfASetAreThoseOfTheLowestRankOnRandomInput(t *testing.T) {
	large := 0
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 7))
		n := 1 + r.IntN(2000)
		s := shared{rank: make([]uint32, n), order: make([]uint32, n)}
		for place, id := range r.Perm(n) {
			s.rank[id], s.order[place] = uint32(place), uint32(id)
		}
		set := roaring.New()
		for share := r.IntN(10); set.GetCardinality() < uint64(n*share/10); {
			set.Add(r.Uint32N(uint32(n)))
		}
		want := set.ToArray()
		slices.SortFunc(want, func(a, b uint32) int { return int(s.rank[a]) - int(s.rank[b]) })
		want = want[:min(len(want), MaxSubjects)]
		if got := s.first(set); !slices.Equal(got, want) {
			t.Fatalf("seed %d: %v, want %v", seed, got, want)
		}
		if c := int(set.GetCardinality()); c*c >= 4*MaxSubjects*n {
			large++
		}
	}
	if large < 50 || large > 150 {
		t.Errorf("%d of 200 sets were large", large)
	}
}
