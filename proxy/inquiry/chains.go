package inquiry

import (
	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/group"
)

// Chains is how somebody or a group is in groups, or a group holds groups: a
// graph whose first node is where one starts.
type Chains struct {
	Nodes []Node
	Edges []Edge
	Cut   int // groups that are not drawn
}

// Node is one box of a graph.
type Node struct {
	GroupRef
	Layer int  // steps from the first node
	Named bool // an ACL that the asker may read names it
}

// Edge leads from a member to the group that holds it, by position.
type Edge struct {
	From, To int
	Told     bool // false: by some chain that the asker may not read
}

// MaxNodes is how many groups a graph draws.
const MaxNodes = 400

// PersonChains is how a person or server is in groups.
func (q *Inquiry) PersonChains(p *Person) *Chains {
	return q.chainsUp(p.entry, Node{GroupRef: GroupRef{Group: notesForm(p.DN), DN: p.DN}})
}

// GroupChains is which groups hold a group.
func (q *Inquiry) GroupChains(g *Group) *Chains {
	id, ok := q.findGroup(g.DN)
	if !ok {
		return &Chains{}
	}
	return q.chainsUp(q.snap.Group(id).Entry, Node{GroupRef: g.GroupRef})
}

// chainsUp follows memberships from an entry, nearest groups first.
func (q *Inquiry) chainsUp(from directory.ID, first Node) *Chains {
	c := &Chains{Nodes: []Node{first}}
	if !q.memberships(from) {
		return c
	}
	w := &climber{Inquiry: q, chains: c, at: map[group.ID]int{}, named: q.namedInACLs()}
	if g, ok := q.snap.GroupOf(from); ok {
		w.at[g] = 0
	}
	w.climb(from)
	w.untold(q.snap.MemberOf(from))
	return c
}

// climber walks up the groups, breadth first.
type climber struct {
	*Inquiry
	chains *Chains
	at     map[group.ID]int // position of each group
	placed []group.ID       // in the order of their positions, without the start
	named  map[group.ID]bool
}

func (w *climber) climb(from directory.ID) {
	w.join(0, w.snap.DirectMemberOf(from))
	for next := 0; next < len(w.placed); next++ {
		g := w.placed[next]
		entry := w.snap.Group(g).Entry
		if w.rights.Attribute("isdirectmemberof", policy.Membership).Readable(entry) {
			w.join(w.at[g], w.snap.DirectMemberOf(entry))
		}
	}
}

// join adds the groups that hold a node, with an edge to each.
func (w *climber) join(member int, groups []group.ID) {
	for _, g := range groups {
		if !w.groupShown(g) {
			continue
		}
		if to, ok := w.place(g, w.chains.Nodes[member].Layer+1); ok {
			w.chains.Edges = append(w.chains.Edges, Edge{member, to, true})
		}
	}
}

func (w *climber) place(g group.ID, layer int) (int, bool) {
	if at, ok := w.at[g]; ok {
		return at, true
	}
	if len(w.chains.Nodes) > MaxNodes {
		return 0, false
	}
	w.at[g] = len(w.chains.Nodes)
	w.placed = append(w.placed, g)
	w.chains.Nodes = append(w.chains.Nodes, Node{GroupRef: w.groupRef(g), Layer: layer, Named: w.named[g]})
	return w.at[g], true
}

// untold adds the groups that no chain which may be read leads to.
func (w *climber) untold(all []group.ID) {
	deepest := 1
	for _, n := range w.chains.Nodes {
		deepest = max(deepest, n.Layer)
	}
	for _, g := range all {
		if _, known := w.at[g]; known || !w.groupShown(g) {
			continue
		}
		if to, ok := w.place(g, deepest+1); ok {
			w.chains.Edges = append(w.chains.Edges, Edge{0, to, false})
		} else {
			w.chains.Cut++
		}
	}
}

// namedInACLs are the groups that ACLs name which the asker may read.
func (q *Inquiry) namedInACLs() map[group.ID]bool {
	named := map[group.ID]bool{}
	for _, db := range q.snap.Databases().All() {
		if !q.reasons(db) {
			continue
		}
		for i := range db.Primary.List.Entries {
			e := &db.Primary.List.Entries[i]
			if g, one, _ := q.inspection().GroupNamed(e.Key()); one && e.Kind == acl.KindName {
				named[g] = true
			}
		}
	}
	return named
}
