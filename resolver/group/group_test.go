package group

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
)

const worlds = 1500

func eachWorld(t *testing.T, check func(t *testing.T, rng *rand.Rand, w *world)) {
	t.Helper()
	for seed := range uint64(worlds) {
		rng := rand.New(rand.NewPCG(seed, 7))
		w := randomWorld(rng)
		check(t, rng, w)
		if t.Failed() {
			t.Fatalf("seed %d: %+v", seed, *w)
		}
	}
}

func randomDirect(rng *rand.Rand, w *world) []ID {
	var direct []ID
	for range rng.IntN(4) {
		direct = append(direct, ID(rng.IntN(len(w.members))))
	}
	return direct
}

func TestUpAndAboveFollowEveryChainAndNoOther(t *testing.T) {
	eachWorld(t, func(t *testing.T, rng *rand.Rand, w *world) {
		g := w.graph()
		for which, c := range map[string]*Closure{"closed": g.Close(w.rule()), "lazy": g.Lazy(w.rule())} {
			for x := range w.members {
				if got, want := c.Above(ID(x)), w.above(ID(x)); !slices.Equal(got, want) {
					t.Errorf("%s: Above(%d) = %v, want %v", which, x, got, want)
				}
			}
			for range 5 {
				direct := randomDirect(rng, w)
				if got, want := c.Up([]ID{3, 1}, direct), w.up(direct); !slices.Equal(got, want) {
					t.Errorf("%s: Up(%v) = %v, want %v", which, direct, got, want)
				}
			}
		}
	})
}

func TestDownListsEverybodyInAGroup(t *testing.T) {
	eachWorld(t, func(t *testing.T, _ *rand.Rand, w *world) {
		c := w.graph().Close(w.rule())
		for x := range w.members {
			entries, groups, names := w.down(ID(x))
			got := c.Down(ID(x))
			if !slices.Equal(got.Entries.ToArray(), entries) || !slices.Equal(got.Groups, groups) || !slices.Equal(got.Names, names) {
				t.Errorf("Down(%d) = %v %v %v, want %v %v %v", x, got.Entries.ToArray(), got.Groups, got.Names, entries, groups, names)
			}
		}
	})
}

func TestUpAndDownAgreeAboutEveryEntry(t *testing.T) {
	eachWorld(t, func(t *testing.T, _ *rand.Rand, w *world) {
		g := w.graph()
		c := g.Close(w.rule())
		for e := range uint32(worldEntries) {
			up := c.Up(nil, g.AppendOfEntry(nil, e))
			for x := range w.members {
				if in, holds := slices.Contains(up, ID(x)), c.Down(ID(x)).Entries.Contains(e); in != holds {
					t.Errorf("entry %d, group %d: above says %v, below says %v", e, x, in, holds)
				}
			}
		}
	})
}

func TestPathIsAShortestRealChain(t *testing.T) {
	eachWorld(t, func(t *testing.T, rng *rand.Rand, w *world) {
		c := w.graph().Close(w.rule())
		for range 10 {
			direct, to := randomDirect(rng, w), ID(rng.IntN(len(w.members)))
			path := c.Path(direct, to)
			if want := w.shortest(direct, to); len(path) != want {
				t.Errorf("Path(%v, %d) = %v, want %d groups", direct, to, path, want)
				continue
			}
			if len(path) == 0 {
				continue
			}
			if !slices.Contains(direct, path[0]) || path[len(path)-1] != to {
				t.Errorf("Path(%v, %d) = %v begins or ends elsewhere", direct, to, path)
			}
			for i := 1; i < len(path); i++ {
				if !w.holds(path[i], path[i-1]) {
					t.Errorf("Path(%v, %d) = %v: group %d is not followed into %d", direct, to, path, path[i-1], path[i])
				}
			}
		}
	})
}

func TestCyclesAreTheGroupsThatContainEachOther(t *testing.T) {
	eachWorld(t, func(t *testing.T, _ *rand.Rand, w *world) {
		got := w.graph().Close(w.rule()).Cycles()
		slices.SortFunc(got, slices.Compare[[]ID])
		if want := w.cycles(); !reflect.DeepEqual(got, want) {
			t.Errorf("cycles %v, want %v", got, want)
		}
	})
}

func TestDepthsCountTheLongestChainOfNesting(t *testing.T) {
	eachWorld(t, func(t *testing.T, _ *rand.Rand, w *world) {
		got := w.graph().Close(w.rule()).Depths()
		for x := range w.members {
			if want := w.nesting(ID(x)); got[x] != want {
				t.Errorf("depth of %d is %d, want %d", x, got[x], want)
			}
		}
	})
}

func TestAGraphAfterChangesEqualsOneMadeAtOnce(t *testing.T) {
	eachWorld(t, func(t *testing.T, rng *rand.Rand, w *world) {
		g := w.graph()
		c := g.Close(w.rule())
		for range 4 {
			before := snapshotOf(g, len(w.members))
			next := w.change(rng, g)
			if !reflect.DeepEqual(before, snapshotOf(g, len(before.Members))) {
				t.Fatal("With changed the graph that it was given")
			}
			if got, want := snapshotOf(next, len(w.members)), snapshotOf(w.graph(), len(w.members)); !reflect.DeepEqual(got, want) {
				t.Errorf("after changes %+v, want %+v", got, want)
			}
			if next.SameNesting(g) {
				c = &Closure{graph: c.graph, rule: w.rule(), above: c.above}
				checkSameClosure(t, w, c.On(next), w.graph().Close(w.rule()))
			}
			g, c = next, next.Close(w.rule())
		}
	})
}

// change gives some groups other members, and sometimes adds a group.
func (w *world) change(rng *rand.Rand, g *Graph) *Graph {
	changed := map[ID]Members{}
	if rng.IntN(3) == 0 {
		w.members = append(w.members, Members{})
		w.counts, w.expands = append(w.counts, true), append(w.expands, true)
	}
	for range rng.IntN(4) {
		x := ID(rng.IntN(len(w.members)))
		m := w.randomMembers(rng)
		switch rng.IntN(3) {
		case 0:
			m.Groups = w.members[x].Groups
		case 1:
			m = Members{}
		}
		w.members[x] = m
		changed[x] = w.copied(x)
	}
	return g.With(len(w.members), changed)
}

// contents is everything that a Graph answers.
type contents struct {
	Members []Members
	Parents [][]ID
	OfName  [][]ID
	OfEntry [][]ID
}

func snapshotOf(g *Graph, n int) contents {
	var c contents
	for id := range n {
		m := g.Members(ID(id))
		c.Members = append(c.Members, Members{append([]uint32{}, m.Entries...), append([]ID{}, m.Groups...), slices.Concat(m.Names)})
		c.Parents = append(c.Parents, append([]ID{}, g.Parents(ID(id))...))
	}
	for i := range worldNames {
		c.OfName = append(c.OfName, append([]ID{}, g.OfName(nameOf(i))...))
	}
	for e := range uint32(worldEntries) {
		c.OfEntry = append(c.OfEntry, g.AppendOfEntry([]ID{}, e))
	}
	return c
}

func checkSameClosure(t *testing.T, w *world, got, want *Closure) {
	t.Helper()
	for x := range w.members {
		a, b := got.Down(ID(x)), want.Down(ID(x))
		if !slices.Equal(got.Above(ID(x)), want.Above(ID(x))) || !a.Entries.Equals(b.Entries) || !slices.Equal(a.Names, b.Names) || !slices.Equal(a.Groups, b.Groups) {
			t.Errorf("group %d: the closure that was carried over differs from a new one", x)
		}
	}
}

func TestAGroupThatDoesNotCountBreaksTheChainAndHoldsNobody(t *testing.T) {
	g := Empty().With(3, map[ID]Members{0: {Groups: []ID{1}}, 1: {Groups: []ID{2}, Entries: []uint32{5}}, 2: {Entries: []uint32{9}}})
	c := g.Close(Rule{Counts: func(id ID) bool { return id != 1 }, Expands: func(ID) bool { return true }})
	if up := c.Up(nil, g.AppendOfEntry(nil, 9)); !slices.Equal(up, []ID{2}) {
		t.Errorf("a member of the innermost group is in %v", up)
	}
	if up := c.Up(nil, g.AppendOfEntry(nil, 5)); len(up) != 0 {
		t.Errorf("a member of the group that does not count is in %v", up)
	}
	if !c.Down(1).Entries.IsEmpty() || !c.Down(0).Entries.IsEmpty() {
		t.Error("somebody is in a group through one that does not count")
	}
}
