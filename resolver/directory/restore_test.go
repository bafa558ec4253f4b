package directory

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aclens/aclens/resolver/schema"
)

// recordOf takes an entry apart.
func recordOf(e Entry) *Record {
	rec := &Record{DN: e.DN(), Source: e.Source(), Glue: e.IsGlue()}
	for c := e.Attributes(); ; {
		id, raw, ok := c.Next()
		if !ok {
			return rec
		}
		a := RecordAttribute{ID: id}
		for vs := raw.Values(); ; {
			v, ok := vs.Next()
			if !ok {
				break
			}
			a.Values = append(a.Values, []byte(v))
		}
		rec.Attributes = append(rec.Attributes, a)
	}
}

// restored takes a Store apart and puts it together again.
func restored(t *testing.T, s *Store) *Store {
	t.Helper()
	r := Restore(s.Schema())
	p := r.Part()
	next := func() {
		if err := r.Take(p); err != nil {
			t.Fatal(err)
		}
		p = r.Part()
	}
	for id := range s.Cap() {
		if s.Entry(id) == "" {
			p.AddFree()
		} else if err := p.Add(recordOf(s.Entry(id))); err != nil {
			t.Fatal(err)
		}
		if id%3 == 2 {
			next()
		}
	}
	for e := range s.Shadowed() {
		if err := p.AddShadowed(recordOf(e)); err != nil {
			t.Fatal(err)
		}
		next()
	}
	next()
	back, err := r.Store()
	if err != nil {
		t.Fatal(err)
	}
	return back
}

func TestARestoredStoreIsTheStoreAndGoesOnAsIt(t *testing.T) {
	for seed := range uint64(150) {
		rng := rand.New(rand.NewPCG(seed, 23))
		s := Empty(schema.Standard())
		for range 6 {
			s, _, _ = s.Apply(randomChanges(rng))
			back := restored(t, s)
			sameStore(t, seed, back, s)
			changes := randomChanges(rng)
			after, _, _ := s.Apply(changes)
			backAfter, _, _ := back.Apply(changes)
			if !reflect.DeepEqual(contents(backAfter), contents(after)) {
				t.Fatalf("seed %d: the restored Store goes on as another", seed)
			}
		}
	}
}

func sameStore(t *testing.T, seed uint64, got, want *Store) {
	t.Helper()
	if !slices.Equal(got.entries, want.entries) || len(got.free) != len(want.free) || got.Len() != want.Len() {
		t.Fatalf("seed %d: the slots hold something else", seed)
	}
	for id, e := range want.entries {
		if e == "" {
			continue
		}
		if found, _ := got.Find(e.Key()); got.parents[id] != want.parents[id] || found != ID(id) {
			t.Fatalf("seed %d: entry %d has another place", seed, id)
		}
	}
	if !reflect.DeepEqual(contents(got), contents(want)) {
		t.Fatalf("seed %d: the restored Store is another", seed)
	}
	if g, w := slices.Collect(got.Shadowed()), slices.Collect(want.Shadowed()); !slices.Equal(g, w) {
		t.Fatalf("seed %d: hidden entries %q, want %q", seed, g, w)
	}
}

// TestManyEntriesAreIndexedInShardsAsInOnePiece has enough entries for several
// goroutines.
func TestManyEntriesAreIndexedInShardsAsInOnePiece(t *testing.T) {
	var changes []Change
	for i := range 4 * leastShard {
		d := &Draft{DN: fmt.Sprintf("cn=Person %d,ou=Unit %d,o=Acme", i, i%7)}
		d.AddText("objectClass", poolClasses[i%len(poolClasses)])
		d.AddText("cn", poolValues[i%len(poolValues)], "Person")
		changes = append(changes, Change{Put: d})
	}
	w := newWriter(Empty(schema.Standard()), len(changes))
	w.learn(changes)
	s, _, _ := w.step(changes)
	got := restored(t, s).settled()
	cn, _ := s.Schema().Lookup("cn")
	if !slices.Equal(got.children, s.children) || len(got.equal[cn]) != len(s.equal[cn]) || !got.present[cn].Equals(s.present[cn]) {
		t.Error("the lists are others")
	}
	for class, set := range s.classes {
		if !got.classes[class].Equals(set) {
			t.Errorf("class %s has other entries", class)
		}
	}
	for g, set := range s.grams[cn] {
		if !got.grams[cn][g].Equals(set) {
			t.Errorf("fragment %06x leads to other entries", g)
		}
	}
	if len(got.classes) != len(s.classes) || len(got.grams[cn]) != len(s.grams[cn]) || s.Len() != 4*leastShard {
		t.Error("another number of sets")
	}
}

func TestWhatNoStoreHoldsIsNotRestored(t *testing.T) {
	sc := schema.Standard()
	cn, _ := sc.Lookup("cn")
	value := [][]byte{[]byte("x")}
	plain := func(dn string) *Record {
		return &Record{DN: dn, Attributes: []RecordAttribute{{cn, value}}}
	}
	from := func(source uint8, dn string) *Record { r := plain(dn); r.Source = source; return r }
	for _, c := range []struct {
		sentence string
		seen     []*Record
		hidden   []*Record
		says     string
	}{
		{"a name that is none", []*Record{plain("no name")}, nil, "no name"},
		{"the empty name", []*Record{plain("")}, nil, "needs a name"},
		{"one name twice", []*Record{plain("o=Acme"), plain("O=ACME")}, nil, "twice"},
		{"nothing above", []*Record{plain("cn=Jane,o=Acme")}, nil, "nothing is above"},
		{"a place that holds nothing up", []*Record{{DN: "o=Acme", Glue: true}}, nil, "holds no entry up"},
		{"a place with attributes", []*Record{{DN: "o=Acme", Glue: true, Attributes: plain("").Attributes}}, nil, "without an entry"},
		{"a directory too many", []*Record{from(MaxSources, "o=Acme")}, nil, "directory number"},
		{"an attribute without values", []*Record{{DN: "o=Acme", Attributes: []RecordAttribute{{cn, nil}}}}, nil, "no values"},
		{"an attribute twice", []*Record{{DN: "o=Acme", Attributes: []RecordAttribute{{cn, value}, {cn, value}}}}, nil, "twice"},
		{"an attribute that nobody knows", []*Record{{DN: "o=Acme", Attributes: []RecordAttribute{{schema.ID(sc.Len()), value}}}}, nil, "not known"},
		{"an entry hidden by nothing", []*Record{plain("o=Acme")}, []*Record{from(1, "o=Other")}, "hides it"},
		{"an entry hidden by a later directory", []*Record{from(2, "o=Acme")}, []*Record{from(1, "o=Acme")}, "hides it"},
		{"two hidden entries of one directory", []*Record{plain("o=Acme")}, []*Record{from(1, "o=Acme"), from(1, "o=Acme")}, "out of order"},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			err := tryRestore(sc, c.seen, c.hidden)
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("says %v, want %q", err, c.says)
			}
		})
	}
}

func tryRestore(sc *schema.Schema, seen, hidden []*Record) error {
	r := Restore(sc)
	p := r.Part()
	for _, rec := range seen {
		if err := p.Add(rec); err != nil {
			return err
		}
	}
	for _, rec := range hidden {
		if err := p.AddShadowed(rec); err != nil {
			return err
		}
	}
	if err := r.Take(p); err != nil {
		return err
	}
	_, err := r.Store()
	return err
}
