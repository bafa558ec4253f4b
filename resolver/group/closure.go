package group

import "slices"

// Rule says which groups take part in a closure.
type Rule struct {
	Counts  func(ID) bool // a group that does not count breaks every chain through it
	Expands func(ID) bool // whether the groups inside a group are followed
	Depth   int           // most groups in a chain; 0 is no limit
}

// Closure answers which groups somebody is in, directly or nested, under one
// Rule. What can be computed beforehand is: the groups above each group.
type Closure struct {
	graph *Graph
	rule  Rule
	above [][]ID // by group that counts: itself and all groups above it, ascending; nil where too large to keep
}

// budget bounds the sum of all lists of groups above groups, in IDs. A chain of
// n groups needs n*n/2; beyond the budget the closure is walked when asked for.
const budget = 1 << 25

// Close computes the closure of a graph under a rule.
func (g *Graph) Close(rule Rule) *Closure {
	c := &Closure{graph: g, rule: rule, above: make([][]ID, g.Len())}
	if rule.Depth > 0 {
		c.fillByDepth()
	} else {
		c.fillByComponents()
	}
	return c
}

// Up lists the groups that somebody is in who is a direct member of the given
// groups: those that count, and all that count above them. Ascending; dst is
// scratch space and may hold the answer.
func (c *Closure) Up(dst []ID, direct []ID) []ID {
	dst = dst[:0]
	for _, g := range direct {
		if !c.rule.Counts(g) {
			continue
		}
		above, known := c.known(g)
		if !known || len(dst)+len(above) > manyFold*len(c.graph.parents)+manyFold {
			return c.walk(direct, c.rule.Depth)
		}
		dst = append(dst, above...)
	}
	slices.Sort(dst)
	return slices.Compact(dst)
}

// manyFold is how many times the size of the graph lists are joined before
// walking it once is cheaper.
const manyFold = 4

// known is what was computed beforehand for a group.
func (c *Closure) known(g ID) ([]ID, bool) {
	if int(g) >= len(c.above) || c.above[g] == nil {
		return nil, false
	}
	return c.above[g], true
}

// Above lists a group that counts and all groups above it, ascending. The list
// must not be changed.
func (c *Closure) Above(g ID) []ID {
	if !c.rule.Counts(g) {
		return nil
	}
	if above, ok := c.known(g); ok {
		return above
	}
	return c.walk([]ID{g}, c.rule.Depth)
}

// follow yields the groups that count and hold the given one as a nested group.
func (c *Closure) follow(g ID, yield func(ID)) {
	for _, p := range c.graph.parents[g] {
		if c.rule.Counts(p) && c.rule.Expands(p) {
			yield(p)
		}
	}
}

// walk is the plain definition of Above, for all of some groups that count:
// breadth first, at most depth groups.
func (c *Closure) walk(from []ID, depth int) []ID {
	seen := map[ID]bool{}
	var level []ID
	for _, g := range from {
		if !seen[g] && c.rule.Counts(g) {
			seen[g] = true
			level = append(level, g)
		}
	}
	for n := 1; len(level) > 0 && (depth == 0 || n < depth); n++ {
		var next []ID
		for _, x := range level {
			c.follow(x, func(p ID) {
				if !seen[p] {
					seen[p] = true
					next = append(next, p)
				}
			})
		}
		level = next
	}
	out := make([]ID, 0, len(seen))
	for x := range seen {
		out = append(out, x)
	}
	slices.Sort(out)
	return out
}

func (c *Closure) fillByDepth() {
	spent := 0
	for g := range c.above {
		if !c.rule.Counts(ID(g)) {
			continue
		}
		list := c.walk([]ID{ID(g)}, c.rule.Depth)
		if spent += len(list); spent > budget {
			return
		}
		c.above[g] = list
	}
}

// fillByComponents gives all groups of one cycle the same list, made from the
// lists of the components above, which Tarjan's order finishes first.
func (c *Closure) fillByComponents() {
	spent := 0
	for _, component := range c.components() {
		list := c.aboveComponent(component)
		if list == nil {
			continue
		}
		if spent += len(list); spent > budget {
			return
		}
		for _, g := range component {
			c.above[g] = list
		}
	}
}

// aboveComponent joins a component with what lies above it; nil when a list
// that it needs was not kept.
func (c *Closure) aboveComponent(component []ID) []ID {
	inside := map[ID]bool{}
	for _, g := range component {
		inside[g] = true
	}
	list := slices.Clone(component)
	kept := true
	joined := map[ID]bool{}
	for _, g := range component {
		c.follow(g, func(p ID) {
			switch {
			case inside[p] || joined[p]:
			case c.above[p] == nil:
				kept = false
			default:
				joined[p] = true
				list = append(list, c.above[p]...)
			}
		})
	}
	if !kept {
		return nil
	}
	slices.Sort(list)
	return slices.Clip(slices.Compact(list))
}

// components lists the strongly connected components of the groups that count,
// those further up first (Tarjan 1972, with a stack of its own so that depth of
// nesting does not become depth of calls).
func (c *Closure) components() [][]ID {
	t := tarjan{c: c, index: make([]int32, c.graph.Len()), low: make([]int32, c.graph.Len()), onStack: make([]bool, c.graph.Len())}
	for g := range t.index {
		if t.index[g] == 0 && c.rule.Counts(ID(g)) {
			t.visit(ID(g))
		}
	}
	return t.found
}

type tarjan struct {
	c          *Closure
	index, low []int32
	onStack    []bool
	stack      []ID
	next       int32
	found      [][]ID
}

type frame struct {
	g       ID
	parents []ID
}

func (t *tarjan) open(g ID) frame {
	t.next++
	t.index[g], t.low[g] = t.next, t.next
	t.stack = append(t.stack, g)
	t.onStack[g] = true
	var ps []ID
	t.c.follow(g, func(p ID) { ps = append(ps, p) })
	return frame{g, ps}
}

func (t *tarjan) visit(root ID) {
	calls := []frame{t.open(root)}
	for len(calls) > 0 {
		top := &calls[len(calls)-1]
		if len(top.parents) > 0 {
			p := top.parents[0]
			top.parents = top.parents[1:]
			if t.index[p] == 0 {
				calls = append(calls, t.open(p))
			} else if t.onStack[p] {
				t.low[top.g] = min(t.low[top.g], t.index[p])
			}
			continue
		}
		g := top.g
		calls = calls[:len(calls)-1]
		if len(calls) > 0 {
			above := &calls[len(calls)-1]
			t.low[above.g] = min(t.low[above.g], t.low[g])
		}
		if t.low[g] == t.index[g] {
			t.close(g)
		}
	}
}

func (t *tarjan) close(g ID) {
	var component []ID
	for {
		x := t.stack[len(t.stack)-1]
		t.stack = t.stack[:len(t.stack)-1]
		t.onStack[x] = false
		component = append(component, x)
		if x == g {
			t.found = append(t.found, component)
			return
		}
	}
}

// On is the same closure over a graph with the same nesting and other members.
func (c *Closure) On(g *Graph) *Closure {
	return &Closure{graph: g, rule: c.rule, above: c.above}
}

// Lazy is a closure that computes nothing beforehand: right for a few questions
// under a rule that nobody else asks about.
func (g *Graph) Lazy(rule Rule) *Closure {
	return &Closure{graph: g, rule: rule}
}
