package view

import (
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
)

// mostContexts is how many naming contexts are read off the entries before the
// tree counts as rootless.
const mostContexts = 16

// contextsOf are the naming contexts of a Snapshot: those of the configuration,
// or the entries that all others lie below. A tree with people or groups at its
// top, as Domino has it, is rootless: its context is "".
func (v *View) contextsOf(s *resolver.Snapshot) []name.DN {
	var out []name.DN
	for _, c := range v.settings.NamingContexts {
		dn, _ := name.ParseDN(c) // checked by New
		out = append(out, dn)
	}
	if len(out) > 0 {
		return out
	}
	tops := s.Store().Children(directory.None)
	for i := range tops.Len() {
		id := v.below(s, tops.At(i))
		if i >= mostContexts || isLeaf(s, id) {
			return []name.DN{{}}
		}
		if dn, err := name.ParseDN(s.Store().Entry(id).DN()); err == nil {
			out = append(out, dn)
		}
	}
	if len(out) == 0 {
		return []name.DN{{}}
	}
	return out
}

// below goes down from a top that no source has to the first entry that one has.
func (v *View) below(s *resolver.Snapshot, id directory.ID) directory.ID {
	for s.Store().Entry(id).IsGlue() && s.Store().Children(id).Len() == 1 {
		id = s.Store().Children(id).At(0)
	}
	return id
}

// isLeaf tells whether an entry is a person, a server or a group.
func isLeaf(s *resolver.Snapshot, id directory.ID) bool {
	p := s.Population()
	_, subject := p.Kind(id)
	return subject || p.Groups.Contains(uint32(id))
}
