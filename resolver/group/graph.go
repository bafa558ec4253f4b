// Package group holds the membership graph: which entry, group or bare name is
// a direct member of which group, and the closures of that relation in both
// directions.
//
// It promises that cycles and any depth of nesting cost no more than the graph
// is large, and that a Graph never changes once made. It refuses to know what a
// group is for: a caller says which groups count and which are followed.
package group

import (
	"slices"

	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/pairs"
)

// ID is the dense number of a group; it stays the same from Graph to Graph.
type ID uint32

// Members are the direct members of one group.
type Members struct {
	Entries []uint32   // entries that are not groups, ascending
	Groups  []ID       // ascending
	Names   []name.Key // names without an entry, wildcards among them; sorted
}

// Normalize sorts the lists and drops what stands twice.
func (m *Members) Normalize() {
	slices.Sort(m.Entries)
	m.Entries = slices.Compact(m.Entries)
	slices.Sort(m.Groups)
	m.Groups = slices.Compact(m.Groups)
	slices.Sort(m.Names)
	m.Names = slices.Compact(m.Names)
}

// Graph is an immutable membership relation.
type Graph struct {
	members []Members
	parents [][]ID     // by group: the groups that it is a direct member of, ascending
	entries pairs.List // entry, group
	names   map[name.Key][]ID
}

// Empty is the graph without groups.
func Empty() *Graph { return &Graph{names: map[name.Key][]ID{}} }

// Len is one more than the highest group ID.
func (g *Graph) Len() int { return len(g.members) }

// Members are the direct members of a group; the lists must not be changed.
func (g *Graph) Members(id ID) *Members { return &g.members[id] }

// Parents are the groups that a group is a direct member of.
func (g *Graph) Parents(id ID) []ID { return g.parents[id] }

// OfName are the groups that a name without an entry, or a wildcard, is a
// direct member of.
func (g *Graph) OfName(k name.Key) []ID { return g.names[k] }

// AppendOfEntry appends the groups that an entry is a direct member of,
// ascending.
func (g *Graph) AppendOfEntry(dst []ID, entry uint32) []ID {
	for _, p := range g.entries.Find(entry) {
		dst = append(dst, ID(pairs.Second(p)))
	}
	return dst
}

// With is the graph after the given groups got the given members; n is the new
// number of groups. A group that is gone gets no members.
func (g *Graph) With(n int, changed map[ID]Members) *Graph {
	out := &Graph{members: make([]Members, n), names: g.names, parents: g.parents}
	copy(out.members, g.members)
	var gone, come []uint64
	nested, named := n != len(g.members), false
	for id, m := range changed {
		m.Normalize()
		var before Members
		if int(id) < len(g.members) {
			before = g.members[id]
		}
		for _, e := range before.Entries {
			gone = append(gone, pairs.Of(e, uint32(id)))
		}
		for _, e := range m.Entries {
			come = append(come, pairs.Of(e, uint32(id)))
		}
		nested = nested || !slices.Equal(before.Groups, m.Groups)
		named = named || !slices.Equal(before.Names, m.Names)
		out.members[id] = m
	}
	out.entries = g.entries.Merge(gone, come)
	if nested {
		out.parents = out.parentLists()
	}
	if named {
		out.names = out.nameLists()
	}
	return out
}

// SameNesting tells whether groups stand within groups as they do in other.
func (g *Graph) SameNesting(other *Graph) bool {
	return len(g.parents) == len(other.parents) && (len(g.parents) == 0 || &g.parents[0] == &other.parents[0])
}

func (g *Graph) parentLists() [][]ID {
	parents := make([][]ID, len(g.members))
	for p := range g.members {
		for _, c := range g.members[p].Groups {
			parents[c] = append(parents[c], ID(p))
		}
	}
	return parents
}

func (g *Graph) nameLists() map[name.Key][]ID {
	names := make(map[name.Key][]ID)
	for p := range g.members {
		for _, k := range g.members[p].Names {
			names[k] = append(names[k], ID(p))
		}
	}
	return names
}
