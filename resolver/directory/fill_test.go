package directory

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/aclens/aclens/resolver/schema"
)

// TestAFirstLoadEqualsOneEntryAfterTheOther holds the way of a first load
// against that of changes: the same IDs, indexes and faults.
func TestAFirstLoadEqualsOneEntryAfterTheOther(t *testing.T) {
	for seed := range uint64(100) {
		rng := rand.New(rand.NewPCG(seed, 31))
		var changes []Change
		for range 1 + rng.IntN(30) {
			changes = append(changes, Change{Put: randomDraft(rng)})
		}
		if seed == 0 { // enough for several goroutines and several portions
			for i := range packedAtOnce + 3*leastShard {
				d := randomDraft(rng)
				d.DN = fmt.Sprintf("cn=Person %d,ou=Unit %d,%s", i, i%7, poolDNs[i%3])
				changes = append(changes, Change{Put: d})
			}
		}
		empty := Empty(schema.Standard())
		got, gotTouched, gotFaults := empty.Apply(changes)
		w := newWriter(empty, len(changes))
		w.learn(changes)
		want, wantTouched, wantFaults := w.step(changes)
		if seed > 0 { // it looks at everything, many times
			sameStore(t, seed, got, want)
		}
		sameIndexes(t, seed, got, want)
		if !slices.Equal(gotTouched, wantTouched) || !reflect.DeepEqual(textsOf(gotFaults), textsOf(wantFaults)) {
			t.Fatalf("seed %d: other entries are touched or reported: %v, want %v", seed, gotFaults, wantFaults)
		}
	}
}

func textsOf(faults []Fault) []string {
	var texts []string
	for _, f := range faults {
		texts = append(texts, fmt.Sprint(f.Error(), f.Taken))
	}
	return texts
}

// sameIndexes compares indexes that were made with one seed.
func sameIndexes(t *testing.T, seed uint64, got, want *Store) {
	t.Helper()
	if !slices.Equal(got.entries, want.entries) || !reflect.DeepEqual(got.shadows, want.shadows) {
		t.Fatalf("seed %d: the slots hold something else", seed)
	}
	if !slices.Equal(got.byDN, want.byDN) || !slices.Equal(got.children, want.children) || !slices.Equal(got.parents, want.parents) {
		t.Fatalf("seed %d: another tree", seed)
	}
	for id, list := range want.equal {
		if !slices.Equal(got.equal[id], list) {
			t.Fatalf("seed %d: another index of %s", seed, want.schema.Name(id))
		}
	}
	same := func(a, b *roaring.Bitmap) bool { return a.Equals(b) }
	sets := maps.EqualFunc(got.present, want.present, same) && maps.EqualFunc(got.classes, want.classes, same)
	if !sets || len(got.equal) != len(want.equal) || len(got.grams) != len(want.grams) {
		t.Fatalf("seed %d: other sets", seed)
	}
	for id, grams := range want.grams {
		if !maps.EqualFunc(got.grams[id], grams, same) {
			t.Fatalf("seed %d: other fragments of %s", seed, want.schema.Name(id))
		}
	}
}

func TestAFirstLoadReportsNoMoreLeftOutAttributesThanChangesDo(t *testing.T) {
	var changes []Change
	for i := range maxLeftOut + 5 {
		d := &Draft{DN: fmt.Sprintf("cn=Person %d,o=Acme", i)}
		d.AddText("no name", "x")
		d.AddText("cn", "x")
		changes = append(changes, Change{Put: d})
	}
	s, _, faults := Empty(schema.Standard()).Apply(changes)
	if len(faults) != maxLeftOut || !faults[0].Taken || s.Len() != maxLeftOut+5 {
		t.Errorf("%d faults about %d entries", len(faults), s.Len())
	}
	if errors.Unwrap(faults[0].Err) == nil {
		t.Errorf("%v does not say why", faults[0])
	}
}
