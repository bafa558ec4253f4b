package view

import "github.com/aclens/aclens/resolver/directory"

// lineageSize is how many parents a lineage remembers, and how many candidates
// make it worth its while.
const lineageSize = 64

// lineage remembers of the parents met last whether they lie at or below the
// base of one stage. Entries have few parents, and neighbours often the same:
// that saves to walk up the tree for each.
type lineage [lineageSize]struct {
	parent directory.ID
	known  bool
	within bool
}

// within tells whether an entry is the base or lies below it.
func (s *stage) within(id directory.ID) bool {
	if s.lineage == nil || id == s.base {
		return s.store.Within(id, s.base)
	}
	parent := s.store.Parent(id)
	at := &s.lineage[parent%lineageSize]
	if !at.known || at.parent != parent {
		at.parent, at.known = parent, true
		at.within = parent != directory.None && s.store.Within(parent, s.base)
	}
	return at.within
}
