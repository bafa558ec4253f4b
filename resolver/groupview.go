package resolver

import (
	"github.com/RoaringBitmap/roaring/v2"

	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/group"
	"github.com/aclens/aclens/resolver/name"
)

// GroupOf is the group that an entry is.
func (s *Snapshot) GroupOf(id directory.ID) (group.ID, bool) {
	g, ok := s.members.byEntry[id]
	return g, ok
}

// Group is what is known of a group. It must not be changed.
func (s *Snapshot) Group(id group.ID) *Group { return &s.members.groups[id] }

// GroupCount is one more than the highest group ID; some may be gone.
func (s *Snapshot) GroupCount() int { return len(s.members.groups) }

// Alive tells whether a group still has an entry.
func (g *Group) Alive() bool { return g.alive() }

// DirectMemberOf lists the groups that an entry is a direct member of, by name
// or by wildcard, or, for a group, that it is nested in.
func (s *Snapshot) DirectMemberOf(id directory.ID) []group.ID {
	if g, ok := s.members.byEntry[id]; ok {
		return s.members.graph.Parents(g)
	}
	if sub, ok := s.Subject(id); ok {
		return sub.direct
	}
	return s.members.graph.AppendOfEntry(nil, uint32(id))
}

// MemberOf lists the groups that an entry is in, directly or nested, whatever
// their type: one closure under all the names that clients know.
func (s *Snapshot) MemberOf(id directory.ID) []group.ID {
	return s.members.all.Up(nil, s.DirectMemberOf(id))
}

// ACLGroups lists those of MemberOf that count in ACLs (dominoAccessGroups).
func (s *Snapshot) ACLGroups(id directory.ID) []group.ID {
	return s.members.acl.Up(nil, s.DirectMemberOf(id))
}

// Members is everybody in a group, directly or nested, wildcard members
// included. It must not be changed.
func (s *Snapshot) Members(g group.ID) *roaring.Bitmap {
	return s.cache.groups.Find(g, func() *roaring.Bitmap { return s.inGroup(s.members.all, g) })
}

// Inside lists the groups and the names without an entry in a group, directly
// or nested.
func (s *Snapshot) Inside(g group.ID) ([]group.ID, []name.Key) {
	x := s.members.all.Down(g)
	return x.Groups, x.Names
}

// NameAlone tells whether a member's name is nobody's entry: a name without
// one, or a wildcard.
func (s *Snapshot) NameAlone(k name.Key) bool {
	if len(k) > 0 && k[0] == 0 {
		return false // a uid, which is no name
	}
	if id, ok := s.store.Find(string(k)); ok && s.store.Exists(id) {
		return false
	}
	return len(s.names.holders(k, &s.namer)) == 0
}

// MemberDN is the DN of a member without an entry, as a group spells it.
func (s *Snapshot) MemberDN(k name.Key) string {
	if dn, ok := s.members.spelled[k]; ok {
		return dn
	}
	return string(k)
}
