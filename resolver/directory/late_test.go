package directory

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/aclens/aclens/resolver/schema"
)

// atOnce is a Store with the same entries and the same seed, whose indexes were
// made in one go.
func atOnce(s *Store) *Store {
	c := *Empty(s.schema)
	c.hash, c.entries, c.parents, c.free, c.shadows = s.hash, s.entries, s.parents, s.free, s.shadows
	w := &writer{Store: &c, old: Empty(s.schema)}
	w.apply(w.noteShards(nil, func(r *recorder, n *notes, id ID) { r.note(w, n, id, w.entries[id], +1) }))
	return w.Store
}

// lateStore is a Store of random changes that was read back, so that its indexes
// are still to be made.
func lateStore(t *testing.T, rng *rand.Rand, steps int) *Store {
	t.Helper()
	s := Empty(schema.Standard())
	for range steps {
		s, _, _ = s.Apply(randomChanges(rng))
	}
	return restored(t, s)
}

func TestIndexesMadeLateAreThoseThatAreMadeAtOnce(t *testing.T) {
	for seed := range uint64(100) {
		rng := rand.New(rand.NewPCG(seed, 29))
		back := lateStore(t, rng, 4)
		want := atOnce(back)
		for range rng.IntN(8) { // some are asked for before the others are made
			back.values(schema.ID(rng.IntN(back.schema.Len())))
			back.gramsOf(schema.ID(rng.IntN(back.schema.Len())))
		}
		sameIndexes(t, seed, back.settled(), want)
	}
}

func TestAPlanOverLateIndexesIsThatOverAllOfThem(t *testing.T) {
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 31))
		back := lateStore(t, rng, 3)
		all := atOnce(back)
		for range 10 {
			it := randomItem(rng, 2, back.Cap())
			f := it.compile(back.schema)
			if got, want := idsIn(back, back.Plan(&f)), idsIn(all, all.Plan(&f)); !slices.Equal(got, want) {
				t.Fatalf("seed %d: %d candidates, and %d with all indexes", seed, len(got), len(want))
			}
		}
	}
}

func idsIn(s *Store, c Candidates) (ids []ID) {
	c.Each(0, s.Cap(), func(id ID) bool { ids = append(ids, id); return true })
	return ids
}

// TestLateIndexesAreTheSameForEverybody asks from many sides while somebody else
// makes all of them, and while a change needs them.
func TestLateIndexesAreTheSameForEverybody(t *testing.T) {
	var changes []Change
	for i := range 3 * leastShard {
		d := person(fmt.Sprintf("cn=Person %d,ou=Unit %d,o=Acme", i, i%7), fmt.Sprintf("Person %d", i), fmt.Sprintf("p%d@acme.example", i%100))
		changes = append(changes, Change{Put: d})
	}
	s, _, _ := Empty(schema.Standard()).Apply(changes)
	back := restored(t, s)
	want := atOnce(back)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(back.Settle)
		wg.Go(func() {
			for base, grams := range want.grams {
				if got := back.gramsOf(base); len(got) != len(grams) {
					t.Errorf("other fragments of %s", want.schema.Name(base))
				}
			}
		})
		wg.Go(func() {
			for base := range want.equal {
				if got := back.values(base); !slices.Equal(got.equal, want.equal[base]) || !got.present.Equals(want.present[base]) {
					t.Errorf("another index of %s", want.schema.Name(base))
				}
			}
		})
		wg.Go(func() {
			next, touched, _ := back.Apply([]Change{{Remove: "cn=person 5,ou=unit 5,o=acme"}})
			if len(touched) != 1 || next.late != nil || next.Len() != back.Len()-1 {
				t.Error("a change made something else")
			}
		})
	}
	wg.Wait()
	mail, _ := s.Schema().Lookup("mail")
	if got := back.values(mail).equal; len(got) != len(changes) {
		t.Errorf("%d values of mail", len(got))
	}
}
