package directory

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/schema"
)

// TestEvalMeansWhatTheFilterSaysAndPlanMissesNothing holds the compiled filter
// against the words, and the plan against the evaluation.
func TestEvalMeansWhatTheFilterSaysAndPlanMissesNothing(t *testing.T) {
	trues := 0
	for seed := range uint64(600) {
		rng := rand.New(rand.NewPCG(seed, 5))
		plain, s := plainStore{}, Empty(oddSchema(t))
		for range 4 {
			changes := randomChanges(rng)
			plain.apply(changes)
			s, _, _ = s.Apply(changes)
		}
		eval := NewEvaluator(s)
		for range 40 {
			it := randomItem(rng, 2, s.Cap())
			f := it.compile(s.Schema())
			candidates := idsWithin(s, s.Plan(&f))
			for id := range s.Cap() {
				if !s.Exists(id) {
					continue
				}
				got, want := eval.Eval(&f, id), it.truth(s.Schema(), plain.entry(s.Entry(id).Key()), id)
				if got != want {
					t.Fatalf("seed %d: %s on %q is %d, want %d", seed, &it, s.Entry(id).DN(), got, want)
				}
				if got == True && !slices.Contains(candidates, id) {
					t.Fatalf("seed %d: the plan for %s misses %q", seed, &it, s.Entry(id).DN())
				}
				if got == True {
					trues++
				}
			}
		}
	}
	if trues < 10_000 {
		t.Errorf("only %d hits: the filters test little", trues)
	}
}

func idsWithin(s *Store, c Candidates) []ID {
	var ids []ID
	c.Each(0, s.Cap(), func(id ID) bool {
		ids = append(ids, id)
		return true
	})
	return ids
}

func TestCandidatesAreWalkedAscendingFromAnyPlace(t *testing.T) {
	list := []ID{2, 3, 5, 8, 13}
	for title, c := range map[string]Candidates{"listed": Listed(list...), "set": Set(Listed(list...).bitmap())} {
		if c.All() || c.Len(99) != len(list) {
			t.Errorf("%s: %d entries", title, c.Len(99))
		}
		for from := range ID(15) {
			var got, want []ID
			c.Each(from, 99, func(id ID) bool { got = append(got, id); return true })
			for _, id := range list {
				if id >= from {
					want = append(want, id)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s from %d: %v, want %v", title, from, got, want)
			}
		}
		var first []ID
		c.Each(3, 99, func(id ID) bool { first = append(first, id); return len(first) < 2 })
		if !slices.Equal(first, []ID{3, 5}) {
			t.Errorf("%s stops late: %v", title, first)
		}
	}
	if all := Everything(); !all.All() || all.Len(7) != 7 {
		t.Error("everything is not everything")
	}
}

func standardStore(t testing.TB, drafts ...*Draft) *Store {
	t.Helper()
	changes := make([]Change, len(drafts))
	for i, d := range drafts {
		changes[i].Put = d
	}
	s, _, faults := Empty(schema.Standard()).Apply(changes)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return s
}

func person(dn, cn, mail string) *Draft {
	d := &Draft{DN: dn}
	d.AddText("objectClass", "inetOrgPerson")
	d.AddText("cn", cn)
	d.AddText("mail", mail)
	return d
}

func TestTheSubstringIndexNarrowsWithoutMissing(t *testing.T) {
	s := standardStore(t,
		person("cn=Jane Doe,o=Acme", "Jane Doe", "jane@acme.example"),
		person("cn=John Doe,o=Acme", "  John   Doe ", "john@acme.example"),
		person("cn=Janet Poe,o=Acme", "Janet Poe", "janet@acme.example"),
		person("cn=Éva,o=Acme", "Éva", "eva@acme.example"))
	rows := []struct {
		title string
		it    item
		most  int // candidates
		hits  int
	}{
		{"beginning", item{attr: "cn", initial: "jan"}, 2, 2},
		{"beginning of three letters", item{attr: "cn", initial: "JOH"}, 1, 1},
		{"beginning with a space", item{attr: "cn", initial: " john"}, 1, 1},
		{"end", item{attr: "cn", final: "doe"}, 2, 2},
		{"end with a space", item{attr: "cn", final: "doe "}, 2, 2},
		{"middle", item{attr: "mail", between: []string{"@acme"}}, 4, 4},
		{"middle with one space for several", item{attr: "cn", between: []string{"n d"}}, 1, 1},
		{"all three", item{attr: "cn", initial: "jan", between: []string{"e"}, final: "doe"}, 1, 1},
		{"a letter with an accent in two spellings", item{attr: "cn", initial: "e\u0301v"}, 1, 1},
		{"too short for the index", item{attr: "cn", between: []string{"o"}}, 4, 3},
		{"nobody", item{attr: "cn", initial: "zzz"}, 0, 0},
	}
	for _, r := range rows {
		r.it.op = Substring
		f := r.it.compile(s.Schema())
		c := idsWithin(s, s.Plan(&f))
		eval, hits := NewEvaluator(s), 0
		for id := range s.Cap() {
			if s.Exists(id) && eval.Eval(&f, id) == True {
				hits++
				if !slices.Contains(c, id) {
					t.Errorf("%s: the plan misses %q", r.title, s.Entry(id).DN())
				}
			}
		}
		if hits != r.hits || len(c) > r.most {
			t.Errorf("%s: %d hits among %d candidates, want %d among at most %d", r.title, hits, len(c), r.hits, r.most)
		}
	}
}

func TestAClassIsHeldBySubclasses(t *testing.T) {
	odd := &Draft{DN: "cn=odd,o=Acme"}
	odd.AddText("objectClass", "shelf")
	s := standardStore(t, person("cn=Jane Doe,o=Acme", "Jane Doe", "j@acme.example"), odd)
	jane, _ := s.Find("cn=jane doe,o=acme")
	shelf, _ := s.Find("cn=odd,o=acme")
	for _, class := range []string{"person", "PERSON", "2.5.6.6", "organizationalPerson", "inetOrgPerson", "top"} {
		if set := s.Class(class); !set.Contains(uint32(jane)) || set.Contains(uint32(shelf)) {
			t.Errorf("class %s: %v", class, set.ToArray())
		}
	}
	if set := s.Class("Shelf"); set.GetCardinality() != 1 || !set.Contains(uint32(shelf)) {
		t.Errorf("a class that the schema does not know: %v", set.ToArray())
	}
	if !s.Class("dominoGroup").IsEmpty() {
		t.Error("a class of nobody has members")
	}
}

func TestEqualityAndLookupsAllocateNothing(t *testing.T) {
	s := standardStore(t, person("cn=Jane Doe,o=Acme", "Jane Doe", "j@acme.example"))
	jane, _ := s.Find("cn=jane doe,o=acme")
	eval := NewEvaluator(s)
	equal := (&item{op: Equal, attr: "cn", assert: "JANE DOE"}).compile(s.Schema())
	class := (&item{op: Equal, attr: "objectClass", assert: "Person"}).compile(s.Schema())
	mail, _ := s.Schema().Lookup("mail")
	key, err := name.KeyOf("cn=Jane Doe,o=Acme")
	if err != nil {
		t.Fatal(err)
	}
	for title, f := range map[string]func() bool{
		"an equality filter":     func() bool { return eval.Eval(&equal, jane) == True },
		"a filter on a class":    func() bool { return eval.Eval(&class, jane) == True },
		"finding by name":        func() bool { id, ok := s.Find(key); return ok && id == jane },
		"finding an attribute":   func() bool { _, ok := s.Entry(jane).Find(mail); return ok },
		"walking over values":    func() bool { raw, _ := s.Entry(jane).Find(mail); return raw.Values().Len() == 1 },
		"asking what lies below": func() bool { return s.Children(s.Parent(jane)).Len() == 1 },
	} {
		if !f() {
			t.Errorf("%s: wrong answer", title)
		}
		if n := testing.AllocsPerRun(100, func() { f() }); n != 0 {
			t.Errorf("%s allocates %v times", title, n)
		}
	}
}
