package view

import (
	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/group"
	"github.com/aclens/aclens/resolver/name"
)

// denyLists are the normalised DNs of the deny-list groups of a state: values
// that name one are not shown, and not matched, without the right denylists
// (rule 4.2).
func (s *State) denyLists() map[string]bool {
	s.deniedOnce.Do(func() {
		s.denied = map[string]bool{}
		for id := range s.Snapshot.GroupCount() {
			if g := s.Snapshot.Group(group.ID(id)); g.Alive() && g.DenyList() {
				s.denied[s.Snapshot.Store().Entry(g.Entry).Key()] = true
			}
		}
	})
	return s.denied
}

// secretValues are the deny lists that an identity may not know of; none where
// it may know of all.
func (s *State) secretValues(r *policy.Rights) map[string]bool {
	if r == nil || r.DenyLists() {
		return nil
	}
	return s.denyLists()
}

// namesDenyList tells whether an assertion names a deny list that the identity
// may not know of.
func (c *compiler) namesDenyList(a *assertion) bool {
	if _, stored := c.branch.(*realPlace); !stored || a.typ.Equality != "distinguishedNameMatch" {
		return false // the virtual subtree names only groups that may be seen
	}
	switch a.filter.Kind {
	case wire.Equality, wire.Approx, wire.Extensible:
	default:
		return false
	}
	key, err := name.KeyOf(string(a.filter.Value))
	return err == nil && c.state.secretValues(c.rights)[key]
}

// shownValues writes an attribute without the values that name deny lists, and
// nothing at all where no other value is left.
func shownValues(out *wire.EntryWriter, attribute string, raw directory.RawAttribute, secret map[string]bool) {
	begun := false
	for vs := raw.Values(); ; {
		v, ok := vs.Next()
		if !ok {
			break
		}
		if key, err := name.KeyOf(v); err == nil && secret[key] {
			continue
		}
		if !begun {
			out.BeginAttribute(attribute)
			begun = true
		}
		out.Value(v)
	}
	if begun {
		out.EndAttribute()
	}
}
