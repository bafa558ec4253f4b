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

	"github.com/aclens/aclens/resolver/name"
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
		packed, _, packedFaults := Empty(want.schema).Apply(packSome(rng, want.schema, changes))
		if !slices.Equal(packed.entries, want.entries) || !reflect.DeepEqual(textsOf(packedFaults), textsOf(wantFaults)) {
			t.Fatalf("seed %d: packed ahead they are others", seed)
		}
		if seed > 0 { // it looks at everything, many times
			sameStore(t, seed, got, want)
		}
		sameIndexes(t, seed, got.settled(), want)
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

// packSome packs drafts ahead, some of them, where that can be done.
func packSome(rng *rand.Rand, sc *schema.Schema, changes []Change) []Change {
	p := NewPacker(schema.Standard())
	out := slices.Clone(changes)
	for i := range out {
		if rng.IntN(4) == 0 {
			p = p.Under(sc)
		}
		if packed, ok := p.Pack(out[i].Put, keyOf(out[i].Put.DN)); ok && rng.IntN(4) > 0 {
			out[i] = Change{Packed: packed}
		}
	}
	return out
}

func TestWhatWasPackedUnderAnotherSchemaIsNotTaken(t *testing.T) {
	other, _ := schema.Standard().Intern("itsOwn")
	d := &Draft{DN: "cn=Jane Doe,o=Acme"}
	d.AddText("itsOwn", "x")
	packed, ok := NewPacker(other).Pack(d, keyOf(d.DN))
	if !ok || packed.DN() != d.DN || packed.Key() != "cn=jane doe,o=acme" {
		t.Fatalf("packed as %q", packed.Key())
	}
	plain := &Draft{DN: "o=Acme"}
	plain.AddText("o", "Acme")
	some, _, _ := Empty(schema.Standard()).Apply([]Change{{Put: plain}})
	for sentence, s := range map[string]*Store{"nothing was there": Empty(schema.Standard()), "something was": some} {
		next, _, faults := s.Apply([]Change{{Packed: packed}})
		if len(faults) != 1 || faults[0].DN != d.DN || next.Len() != s.Len() {
			t.Errorf("%s: %d entries and %v", sentence, next.Len(), faults)
		}
	}
	if next, _, faults := some.WithSchema(other).Apply([]Change{{Packed: packed}}); len(faults) > 0 || next.Len() != 2 {
		t.Errorf("%d entries and %v under its own schema", next.Len(), faults)
	}
}

// keyOf is the normalised name of a draft, as a Packer is given it.
func keyOf(dn string) []byte {
	key, err := name.AppendKey(nil, dn)
	if err != nil {
		return nil
	}
	return key
}
