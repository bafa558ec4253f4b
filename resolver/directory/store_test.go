package directory

import (
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

// oddSchema has a subtype of name whose values compare in another way.
func oddSchema(t testing.TB) *schema.Schema {
	t.Helper()
	sc, err := schema.Standard().Define([]schema.Type{{
		OID: "1.3.9999.1", Names: []string{"oddThing"}, Sup: "name", Equality: "caseExactMatch", Syntax: "1.3.6.1.4.1.1466.115.121.1.15",
	}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return sc
}

// seen is everything that a Store tells about one name, without IDs.
type seen struct {
	DN, Parent   string
	Glue         bool
	Source       uint8
	Attributes   []string
	Children     []string
	Classes      []string
	Present      []string
	Grams, Equal int
}

// contents describes a whole Store by name.
func contents(s *Store) map[string]seen {
	s = s.settled()
	out := map[string]seen{}
	for id := range s.Cap() {
		e := s.Entry(id)
		if e == "" {
			continue
		}
		one := seen{DN: e.DN(), Glue: e.IsGlue(), Source: e.Source(), Children: s.childKeys(id), Attributes: attributesOf(s, e)}
		if p := s.Parent(id); p != None {
			one.Parent = s.Entry(p).Key()
		}
		if one.Glue {
			one.DN = "" // spelled as whatever made it had it
		}
		one.Classes = holding(s.classes, id)
		for a, set := range s.present {
			if set.Contains(uint32(id)) {
				one.Present = append(one.Present, s.schema.Name(a))
			}
		}
		slices.Sort(one.Present)
		for _, byGram := range s.grams {
			one.Grams += len(holding(byGram, id))
		}
		for _, list := range s.equal {
			for _, p := range list {
				if ID(uint32(p)) == id {
					one.Equal++
				}
			}
		}
		out[e.Key()] = one
	}
	return out
}

func holding[K string | uint32](sets map[K]*roaring.Bitmap, id ID) []string {
	var out []string
	for k, set := range sets {
		if set.Contains(uint32(id)) {
			out = append(out, fmt.Sprint(k))
		}
	}
	slices.Sort(out)
	return out
}

func (s *Store) childKeys(id ID) []string {
	var keys []string
	for i := range s.Children(id).Len() {
		keys = append(keys, s.Entry(s.Children(id).At(i)).Key())
	}
	slices.Sort(keys)
	return keys
}

func attributesOf(s *Store, e Entry) []string {
	var out []string
	for c := e.Attributes(); ; {
		id, raw, ok := c.Next()
		if !ok {
			return out
		}
		text := s.schema.Name(id)
		for v := raw.Values(); ; {
			value, ok := v.Next()
			if !ok {
				break
			}
			text += fmt.Sprintf(" %q", value)
		}
		out = append(out, text)
	}
}

func TestAStoreAfterChangesEqualsOneMadeFromScratch(t *testing.T) {
	for seed := range uint64(250) {
		rng := rand.New(rand.NewPCG(seed, 3))
		plain, s := plainStore{}, Empty(oddSchema(t))
		for range 6 {
			changes := randomChanges(rng)
			before := contents(s)
			next, touched, _ := s.Apply(changes)
			if !reflect.DeepEqual(before, contents(s)) {
				t.Fatalf("seed %d: Apply changed the Store that it was given", seed)
			}
			plain.apply(changes)
			checkTouched(t, s, next, touched)
			checkPlain(t, next, plain)
			checkRebuilt(t, next, plain)
			if t.Failed() {
				t.Fatalf("seed %d", seed)
			}
			s = next
		}
	}
}

func checkTouched(t *testing.T, before, after *Store, touched []ID) {
	t.Helper()
	var want []ID
	for id := range after.Cap() {
		a, b := before.Entry(id), after.Entry(id)
		if a != b {
			want = append(want, id)
		}
		if a != "" && b != "" && a.Key() != b.Key() {
			t.Errorf("slot %d was %q and is %q", id, a.DN(), b.DN())
		}
	}
	if !slices.Equal(touched, want) {
		t.Errorf("touched %v, want %v", touched, want)
	}
}

// checkPlain holds a Store against the obvious directory.
func checkPlain(t *testing.T, s *Store, plain plainStore) {
	t.Helper()
	got := contents(s)
	if want := plain.keys(); !slices.Equal(slices.Sorted(maps.Keys(got)), want) {
		t.Fatalf("names %v, want %v", slices.Sorted(maps.Keys(got)), want)
	}
	entries := 0
	for key, one := range got {
		id, ok := s.Find(key)
		if !ok || s.Entry(id).Key() != key {
			t.Errorf("%q is not found", key)
		}
		parent, _ := name.ParentKey(key)
		if one.Parent != parent {
			t.Errorf("%q has parent %q", key, one.Parent)
		}
		d := plain.entry(key)
		if (d == nil) != one.Glue || s.Exists(id) != (d != nil) {
			t.Errorf("%q: glue %v, want %v", key, one.Glue, d == nil)
		}
		if d == nil {
			continue
		}
		entries++
		if one.DN != d.DN || one.Source != d.Source || !slices.Equal(one.Attributes, plainAttributes(s.schema, d)) {
			t.Errorf("%q is %+v, want %+v", key, one, *d)
		}
	}
	if s.Len() != entries {
		t.Errorf("%d entries, want %d", s.Len(), entries)
	}
	if _, ok := s.Find("cn=nobody of this name"); ok {
		t.Error("a name that nobody has is found")
	}
}

// plainAttributes joins the values of one description, in order of the first.
func plainAttributes(sc *schema.Schema, d *Draft) []string {
	var order []schema.ID
	texts := map[schema.ID]string{}
	for _, a := range d.Attributes {
		if len(a.Values) == 0 {
			continue
		}
		id, _ := sc.Lookup(a.Name)
		if _, ok := texts[id]; !ok {
			order, texts[id] = append(order, id), sc.Name(id)
		}
		for _, v := range a.Values {
			texts[id] += fmt.Sprintf(" %q", v)
		}
	}
	var out []string
	for _, id := range order {
		out = append(out, texts[id])
	}
	return out
}

func checkRebuilt(t *testing.T, s *Store, plain plainStore) {
	t.Helper()
	var all []Change
	for _, bySource := range plain {
		for _, d := range bySource {
			all = append(all, Change{Put: d})
		}
	}
	rebuilt, _, faults := Empty(s.schema).Apply(all)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	if got, want := contents(s), contents(rebuilt); !reflect.DeepEqual(got, want) {
		t.Errorf("after changes\n%+v\nfrom scratch\n%+v", got, want)
	}
	if got, want := s.childKeys(None), rebuilt.childKeys(None); !slices.Equal(got, want) {
		t.Errorf("at the top %v, want %v", got, want)
	}
	if len(s.byDN) != len(rebuilt.byDN) || len(s.children) != len(rebuilt.children) || len(s.shadows) != len(rebuilt.shadows) {
		t.Errorf("lists of %d, %d and %d, want %d, %d and %d", len(s.byDN), len(s.children), len(s.shadows), len(rebuilt.byDN), len(rebuilt.children), len(rebuilt.shadows))
	}
}

func TestWithinFollowsTheTree(t *testing.T) {
	for seed := range uint64(100) {
		rng := rand.New(rand.NewPCG(seed, 4))
		s := Empty(oddSchema(t))
		for range 4 {
			s, _, _ = s.Apply(randomChanges(rng))
		}
		for a := range s.Cap() {
			if s.Entry(a) == "" {
				continue
			}
			if !s.Within(a, None) {
				t.Errorf("%q is not within the root", s.Entry(a).DN())
			}
			for b := range s.Cap() {
				if s.Entry(b) == "" {
					continue
				}
				if got, want := s.Within(a, b), name.KeyUnder(s.Entry(a).Key(), s.Entry(b).Key()); got != want {
					t.Errorf("%q within %q: %v, want %v", s.Entry(a).DN(), s.Entry(b).DN(), got, want)
				}
			}
		}
	}
}

func TestTheFirstDirectoryIsSeenWhereSeveralHaveOneName(t *testing.T) {
	put := func(source uint8, text string) Change {
		d := &Draft{DN: "cn=LocalDomainServers", Source: source}
		d.AddText("description", text)
		return Change{Put: d}
	}
	gone := func(source uint8) Change { return Change{Remove: "cn=localdomainservers", Source: source} }
	rows := []struct {
		title   string
		changes []Change
		want    string
	}{
		{"the second comes later", []Change{put(0, "ours"), put(1, "theirs")}, "ours"},
		{"the second comes earlier", []Change{put(1, "theirs"), put(0, "ours")}, "ours"},
		{"the second goes", []Change{put(0, "ours"), put(1, "theirs"), gone(1)}, "ours"},
		{"the first goes", []Change{put(1, "theirs"), put(0, "ours"), gone(0)}, "theirs"},
		{"the first goes and the hidden one was replaced", []Change{put(0, "ours"), put(1, "old"), put(1, "new"), gone(0)}, "new"},
		{"the middle one goes while hidden", []Change{put(2, "far"), put(1, "near"), put(0, "ours"), gone(1), gone(0)}, "far"},
		{"both go", []Change{put(0, "ours"), put(1, "theirs"), gone(0), gone(1)}, ""},
		{"a directory that never had it lets go", []Change{put(1, "theirs"), gone(0)}, "theirs"},
	}
	for _, r := range rows {
		for _, atOnce := range []bool{true, false} {
			s := Empty(schema.Standard())
			if atOnce {
				s, _, _ = s.Apply(r.changes)
			} else {
				for _, c := range r.changes {
					s, _, _ = s.Apply([]Change{c})
				}
			}
			if got := descriptionOf(s, "cn=localdomainservers"); got != r.want {
				t.Errorf("%s (at once %v): %q is seen, want %q", r.title, atOnce, got, r.want)
			}
		}
	}
}

func descriptionOf(s *Store, key string) string {
	id, ok := s.Find(key)
	if !ok {
		return ""
	}
	description, _ := s.schema.Lookup("description")
	raw, _ := s.Entry(id).Find(description)
	v := raw.Values()
	text, _ := v.Next()
	return text
}
