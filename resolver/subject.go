package resolver

import (
	"slices"

	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/group"
	"github.com/aclens/aclens/resolver/name"
)

// Subject is somebody whose access is asked for, with everything that an ACL
// entry can match: names, groups that count, wildcards.
type Subject struct {
	Kind  acl.Kind
	Entry directory.ID // None for a name alone
	Name  name.Name    // the identity (rule 9.7)

	keys      []name.Key // own and alternate names that are nobody else's
	names     []name.Name
	common    name.Key // the bare common name, where it is nobody else's
	wildcards []name.Key
	direct    []group.ID        // direct memberships, whether they count or not
	groups    []group.ID        // groups that count in ACLs, nested ones included; ascending
	stored    map[name.Key]bool // instead of groups: the names that a local replica keeps (rule 6.4)
	unspelled bool              // Name and names are not read yet; see spell
}

// DN is the distinguished name: the entry's own, or that of the name.
func (s *Snapshot) DN(sub *Subject) string {
	if sub.Entry != directory.None {
		return s.store.Entry(sub.Entry).DN()
	}
	return sub.Name.DN()
}

// Subject is the subject that an entry is; false when the entry is neither a
// person nor a server.
func (s *Snapshot) Subject(id directory.ID) (*Subject, bool) {
	kind, ok := s.people.Kind(id)
	if !ok {
		return nil, false
	}
	names := s.namer.names(id)
	sub := &Subject{Kind: kind, Entry: id, Name: names.Own, names: names.all()}
	for _, n := range sub.names {
		if only, ok := s.names.holder(n.Key(), &s.namer); ok && only == id {
			sub.keys = append(sub.keys, n.Key())
		}
		sub.wildcards = append(sub.wildcards, n.WildcardKeys()...)
	}
	slices.Sort(sub.wildcards)
	sub.wildcards = slices.Compact(sub.wildcards)
	if kind == acl.Person {
		if k := names.Own.CommonKey(); k != "" {
			if only, ok := s.names.commonHolder(k, &s.namer); ok && only == id {
				sub.common = k
			}
		}
	}
	sub.direct = s.members.graph.AppendOfEntry(nil, uint32(id))
	s.joinGroups(sub)
	return sub, true
}

// calledNames are the names without those that an ACL has for many.
func (sub *Subject) calledNames() []name.Name {
	if !slices.ContainsFunc(sub.names, standsForMany) {
		return sub.names
	}
	return slices.DeleteFunc(slices.Clone(sub.names), standsForMany)
}

// NamedSubject is the subject of a name that has no entry.
func (s *Snapshot) NamedSubject(n name.Name, kind acl.Kind) *Subject {
	sub := &Subject{
		Kind: kind, Entry: directory.None, Name: n, names: []name.Name{n},
		keys: []name.Key{n.Key()}, wildcards: n.WildcardKeys(),
	}
	if kind == acl.Database {
		id, _ := name.ReplicaID(n.Canonical())
		sub.keys, sub.wildcards = []name.Key{name.Key(name.Fold(id))}, nil
		return sub
	}
	if k := n.CommonKey(); n.Hierarchical() && kind == acl.Person && s.names.isFree(k, &s.namer) {
		sub.common = k
	}
	sub.direct = slices.Clone(s.members.graph.OfName(n.Key()))
	s.joinGroups(sub)
	return sub
}

// AnonymousSubject is whoever has not authenticated (rule 3.10).
func AnonymousSubject() *Subject {
	return &Subject{Kind: acl.Anonymous, Entry: directory.None, Name: name.Parse(acl.AnonymousName)}
}

// DefaultSubject is whoever matches no entry (rule 3.9).
func DefaultSubject() *Subject {
	return &Subject{Kind: acl.Nobody, Entry: directory.None, Name: name.Parse(acl.DefaultName)}
}

// joinGroups adds the groups that hold a wildcard which covers the subject, and
// closes the memberships upwards.
func (s *Snapshot) joinGroups(sub *Subject) {
	for _, w := range sub.wildcards {
		sub.direct = append(sub.direct, s.members.graph.OfName(w)...)
	}
	slices.Sort(sub.direct)
	sub.direct = slices.Compact(sub.direct)
	sub.groups = s.members.acl.Up(nil, sub.direct)
}

// commonMatches tells whether a bare common name in the ACL of a database on
// the given server means the subject (D6, rule 2.10).
func (s *Snapshot) commonMatches(mode CommonNameMode, sub *Subject, server name.Name) bool {
	switch {
	case sub.common == "" || !sub.Name.Hierarchical():
		return false
	case mode == CommonNameAlways:
		return true
	case mode == CommonNameNever:
		return false
	}
	org := server.OrganizationKey()
	return org != "" && org == sub.Name.OrganizationKey()
}
