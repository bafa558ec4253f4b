package view

import (
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/group"
)

// An entry's groups lie anywhere in memory, and nearly every answer with
// memberships names two dozen of them. So their DNs are kept a second time, as
// values that go out, side by side.

// groupValues are the DNs by which membership attributes name groups, encoded.
type groupValues struct {
	octets []byte
	begin  []int  // by group.ID, and one more; a group that is gone has no octets
	denies []bool // by group.ID: a deny list
}

// of is the value of one group; none if it is gone.
func (v *groupValues) of(g group.ID) []byte { return v.octets[v.begin[g]:v.begin[g+1]] }

// encodeGroups makes the values of all groups.
func (s *State) encodeGroups() *groupValues {
	n := s.Snapshot.GroupCount()
	v := &groupValues{begin: make([]int, n+1), denies: make([]bool, n)}
	for i := range n {
		g := s.Snapshot.Group(group.ID(i))
		if g.Alive() {
			v.octets = wire.AppendValue(v.octets, s.groupDN(group.ID(i), g.Entry))
		}
		v.begin[i+1], v.denies[i] = len(v.octets), g.DenyList()
	}
	return v
}

// groupDN is the DN by which membership attributes name a group.
func (s *State) groupDN(g group.ID, entry directory.ID) string {
	if s.view.memberOfVirtual {
		return s.groupCopyDN(g)
	}
	return s.Snapshot.Store().Entry(entry).DN()
}

// copyGroups writes a membership attribute of the entry at hand from the values
// that are kept. It is the fast form of memberOf.
func (w *writer) copyGroups(groups func(*computed) []group.ID) {
	s, all := w.state, w.computed.denyLists()
	values := s.groupValues.get(s.encodeGroups)
	for _, g := range groups(w.computed) {
		if all || !values.denies[g] {
			w.putRaw(values.of(g))
		}
	}
}
