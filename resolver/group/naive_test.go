package group

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/aclens/aclens/resolver/name"
)

// world is a small random membership relation with a rule, and the obvious
// answers about it: every question is a search for a chain, one pair at a time.
type world struct {
	members []Members
	counts  []bool
	expands []bool
	depth   int
}

const (
	worldEntries = 12
	worldNames   = 6
)

func randomWorld(rng *rand.Rand) *world {
	n := 1 + rng.IntN(8)
	w := &world{members: make([]Members, n), counts: make([]bool, n), expands: make([]bool, n)}
	for g := range n {
		w.members[g] = w.randomMembers(rng)
		w.counts[g] = rng.IntN(6) > 0
		w.expands[g] = rng.IntN(6) > 0
	}
	if rng.IntN(2) == 0 {
		w.depth = 1 + rng.IntN(5)
	}
	return w
}

func (w *world) randomMembers(rng *rand.Rand) Members {
	var m Members
	for range rng.IntN(4) {
		m.Entries = append(m.Entries, rng.Uint32N(worldEntries))
	}
	for range rng.IntN(4) {
		m.Groups = append(m.Groups, ID(rng.IntN(len(w.members))))
	}
	for range rng.IntN(3) {
		m.Names = append(m.Names, nameOf(rng.IntN(worldNames)))
	}
	return m
}

func nameOf(i int) name.Key { return name.Key(fmt.Sprintf("cn=name %d", i)) }

// graph hands the world to With in one step; the lists are copies.
func (w *world) graph() *Graph {
	changed := map[ID]Members{}
	for g := range w.members {
		changed[ID(g)] = w.copied(ID(g))
	}
	return Empty().With(len(w.members), changed)
}

func (w *world) copied(g ID) Members {
	m := w.members[g]
	return Members{slices.Clone(m.Entries), slices.Clone(m.Groups), slices.Clone(m.Names)}
}

func (w *world) rule() Rule {
	return Rule{
		Counts:  func(g ID) bool { return w.counts[g] },
		Expands: func(g ID) bool { return w.expands[g] },
		Depth:   w.depth,
	}
}

// holds tells whether a chain may go from inner up to outer in one step.
func (w *world) holds(outer, inner ID) bool {
	return w.counts[outer] && w.counts[inner] && w.expands[outer] && slices.Contains(w.members[outer].Groups, inner)
}

// chain tells whether a chain of at most budget groups leads from one group up
// to another, both counted.
func (w *world) chain(from, to ID, budget int) bool {
	if budget < 1 || !w.counts[from] {
		return false
	}
	if from == to {
		return true
	}
	for p := range w.members {
		if w.holds(ID(p), from) && w.chain(ID(p), to, budget-1) {
			return true
		}
	}
	return false
}

// longest is the length of chain that the rule allows; without a limit no chain
// needs a group twice.
func (w *world) longest() int {
	if w.depth > 0 {
		return w.depth
	}
	return len(w.members)
}

func (w *world) above(g ID) []ID {
	var out []ID
	for x := range w.members {
		if w.chain(g, ID(x), w.longest()) {
			out = append(out, ID(x))
		}
	}
	return out
}

func (w *world) up(direct []ID) []ID {
	var out []ID
	for x := range w.members {
		if slices.ContainsFunc(direct, func(d ID) bool { return w.chain(d, ID(x), w.longest()) }) {
			out = append(out, ID(x))
		}
	}
	return out
}

// returns tells whether a chain leads from a group back to itself, the group
// counted at both ends.
func (w *world) returns(g ID, budget int) bool {
	for p := range w.members {
		if w.holds(ID(p), g) && w.chain(ID(p), g, budget-1) {
			return true
		}
	}
	return false
}

func (w *world) down(g ID) (entries []uint32, groups []ID, names []name.Key) {
	for x := range w.members {
		if !w.chain(ID(x), g, w.longest()) {
			continue
		}
		entries = append(entries, w.members[x].Entries...)
		names = append(names, w.members[x].Names...)
		limit := w.longest()
		if w.depth == 0 {
			limit++ // the group stands at both ends
		}
		if ID(x) != g || w.returns(g, limit) {
			groups = append(groups, ID(x))
		}
	}
	slices.Sort(entries)
	slices.Sort(names)
	return slices.Compact(entries), groups, slices.Compact(names)
}

// shortest is the number of groups on the shortest chain; 0 without one.
func (w *world) shortest(direct []ID, to ID) int {
	for n := 1; n <= w.longest(); n++ {
		for _, d := range direct {
			if w.chain(d, to, n) {
				return n
			}
		}
	}
	return 0
}

// together tells whether two groups contain each other, whatever the depth.
func (w *world) together(a, b ID) bool {
	n := len(w.members)
	return a == b || w.chain(a, b, n) && w.chain(b, a, n)
}

func (w *world) cycles() [][]ID {
	var out [][]ID
	done := map[ID]bool{}
	for a := range w.members {
		if done[ID(a)] || !w.counts[a] {
			continue
		}
		var cycle []ID
		for b := range w.members {
			if w.counts[b] && w.together(ID(a), ID(b)) {
				cycle, done[ID(b)] = append(cycle, ID(b)), true
			}
		}
		if len(cycle) > 1 || w.holds(ID(a), ID(a)) {
			out = append(out, cycle)
		}
	}
	return out
}

// nesting is the longest chain of groups that ends in one, groups of one cycle
// counted once.
func (w *world) nesting(g ID) int {
	if !w.counts[g] {
		return 0
	}
	deepest := 0
	for x := range w.members {
		if !w.counts[x] || !w.together(g, ID(x)) {
			continue
		}
		for inner := range w.members {
			if w.holds(ID(x), ID(inner)) && !w.together(g, ID(inner)) {
				deepest = max(deepest, w.nesting(ID(inner)))
			}
		}
	}
	return deepest + 1
}
