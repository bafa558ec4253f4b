package group

import (
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/aclens/aclens/resolver/name"
)

// Extent is everybody in a group, directly or nested.
type Extent struct {
	Entries *roaring.Bitmap // entries that are not groups
	Groups  []ID            // the groups inside, ascending, the group itself not among them unless a cycle leads back to it
	Names   []name.Key      // names without an entry, wildcards among them; sorted
}

// Down lists everybody in a group that counts; nobody when it does not count.
func (c *Closure) Down(g ID) Extent {
	x := Extent{Entries: roaring.New()}
	if !c.rule.Counts(g) {
		return x
	}
	groups, looped := c.within(g)
	for _, inner := range groups {
		m := c.graph.Members(inner)
		x.Entries.AddMany(m.Entries)
		x.Names = append(x.Names, m.Names...)
		if inner != g || looped {
			x.Groups = append(x.Groups, inner)
		}
	}
	slices.Sort(x.Groups)
	slices.Sort(x.Names)
	x.Names = slices.Compact(x.Names)
	return x
}

// within lists a group and the groups inside it that are followed, and tells
// whether a cycle leads back to it.
func (c *Closure) within(g ID) (groups []ID, looped bool) {
	seen := map[ID]bool{g: true}
	groups = []ID{g}
	depth := map[ID]int{g: 1}
	for i := 0; i < len(groups); i++ {
		at := groups[i]
		if !c.rule.Expands(at) || c.rule.Depth > 0 && depth[at] >= c.rule.Depth {
			continue
		}
		for _, inner := range c.graph.Members(at).Groups {
			looped = looped || inner == g
			if seen[inner] || !c.rule.Counts(inner) {
				continue
			}
			seen[inner] = true
			depth[inner] = depth[at] + 1
			groups = append(groups, inner)
		}
	}
	return groups, looped
}

// Path finds a shortest chain from a direct membership to a group: the first is
// one of direct, the last is to. Nil when there is none.
func (c *Closure) Path(direct []ID, to ID) []ID {
	from := map[ID]ID{}
	var level []ID
	for _, g := range direct {
		if _, ok := from[g]; !ok && c.rule.Counts(g) {
			from[g] = g
			level = append(level, g)
		}
	}
	for n := 1; len(level) > 0; n++ {
		if _, ok := from[to]; ok {
			return chain(from, to)
		}
		if c.rule.Depth > 0 && n >= c.rule.Depth {
			return nil
		}
		var next []ID
		for _, g := range level {
			c.follow(g, func(p ID) {
				if _, ok := from[p]; !ok {
					from[p] = g
					next = append(next, p)
				}
			})
		}
		level = next
	}
	return nil
}

func chain(from map[ID]ID, to ID) []ID {
	path := []ID{to}
	for from[to] != to {
		to = from[to]
		path = append(path, to)
	}
	slices.Reverse(path)
	return path
}

// Cycles lists the groups that contain each other, a list each, ascending.
func (c *Closure) Cycles() [][]ID {
	var cycles [][]ID
	for _, component := range c.components() {
		if len(component) > 1 || c.holdsItself(component[0]) {
			slices.Sort(component)
			cycles = append(cycles, component)
		}
	}
	return cycles
}

func (c *Closure) holdsItself(g ID) bool {
	return c.rule.Expands(g) && slices.Contains(c.graph.members[g].Groups, g)
}

// Depths gives the number of groups on the longest chain of nesting that ends in
// each group (1 for a group without groups inside), counted over components so
// that a cycle counts once; by group, 0 where it does not count.
func (c *Closure) Depths() []int {
	depths := make([]int, c.graph.Len())
	components := c.components()
	member := make([]int, c.graph.Len())
	for i, component := range components {
		for _, g := range component {
			member[g] = i
		}
	}
	for i := len(components) - 1; i >= 0; i-- { // innermost first
		deepest := 0
		for _, g := range components[i] {
			for _, inner := range c.graph.members[g].Groups {
				if c.rule.Counts(inner) && c.rule.Expands(g) && member[inner] != i {
					deepest = max(deepest, depths[inner])
				}
			}
		}
		for _, g := range components[i] {
			depths[g] = deepest + 1
		}
	}
	return depths
}
