package view

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/group"
)

// shared is something that a State computes when it is first asked for, or takes
// over from the State before where it is the same.
type shared[T any] struct {
	mu   sync.Mutex // held while it is computed
	made atomic.Pointer[T]
}

func (x *shared[T]) get(compute func() *T) *T {
	if made := x.made.Load(); made != nil {
		return made
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	made := x.made.Load()
	if made == nil {
		made = compute()
		x.made.Store(made)
	}
	return made
}

// known is what was computed so far; nil if it was not.
func (x *shared[T]) known() *T { return x.made.Load() }

// take takes over what another State has, unless there is something already.
func (x *shared[T]) take(made *T) { x.made.CompareAndSwap(nil, made) }

// inherit takes the virtual subtree over from the State before, which is nil at
// first, where it is the same but for findings: to build it takes a second for
// some thousand groups and databases.
func (s *State) inherit(before *State) {
	if before == nil || s.tree.known() != nil || !sameContexts(before, s) || !sameGroups(before, s) {
		return
	}
	if copies := before.copies.known(); copies != nil {
		s.copies.take(copies)
	}
	if values := before.groupValues.known(); values != nil {
		s.groupValues.take(values)
	}
	if t := before.tree.known(); t != nil && s.sameBranches(before) {
		s.tree.take(t.withFindings(before, s))
	}
}

// sameBranches tells whether everything in the subtree but groups and findings
// is the same. Without a History each entry stores when the State changed; and
// whether a group is left out because it is empty hangs on everything.
func (s *State) sameBranches(before *State) bool {
	v := s.view.settings
	return v.History != nil && !v.OmitEmptyGroups && before.Snapshot.Databases() == s.Snapshot.Databases() &&
		before.Snapshot.Store().Schema() == s.Snapshot.Store().Schema()
}

// sameGroups tells whether the groups of two States have the same numbers, names
// and places, whoever is in them.
func sameGroups(a, b *State) bool {
	x, y := a.Snapshot, b.Snapshot
	if !x.Shares(y) || x.GroupCount() != y.GroupCount() {
		return false
	}
	for i := range x.GroupCount() {
		g, h := x.Group(group.ID(i)), y.Group(group.ID(i))
		if g.Alive() != h.Alive() || g.Label != h.Label || g.DenyList() != h.DenyList() {
			return false
		}
		if !g.Alive() {
			continue
		}
		if e, f := x.Store().Entry(g.Entry), y.Store().Entry(h.Entry); e != f && e.DN() != f.DN() {
			return false
		}
	}
	return true
}

// withFindings is the subtree with the findings of another State.
func (t *tree) withFindings(before, next *State) *tree {
	if slices.EqualFunc(before.Findings, next.Findings, sameFinding) {
		return t
	}
	p := newPlanter(next)
	p.findings()
	for id := range t.nodes {
		if t.nodes[id].kind == findingEntry {
			if key := t.store.Entry(directory.ID(id)).Key(); p.nodes[key].kind != findingEntry {
				p.changes = append(p.changes, directory.Change{Remove: key})
			}
		}
	}
	st, touched, _ := t.store.Apply(p.changes)
	out := &tree{store: st, nodes: make([]node, st.Cap())}
	copy(out.nodes, t.nodes)
	for _, id := range touched {
		out.nodes[id] = node{}
	}
	for key, n := range p.nodes {
		if id, ok := st.Find(key); ok {
			out.nodes[id] = n
		}
	}
	return out
}
