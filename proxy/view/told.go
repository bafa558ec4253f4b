package view

import (
	"strings"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/resolver/directory"
)

// teller tells one identity what changed, as far as it may read what changed.
type teller struct {
	state  *State
	rights *policy.Rights
	real   *realPlace
	tree   *virtualPlace
}

func (s *State) teller(r *policy.Rights) *teller {
	return &teller{state: s, rights: r, real: &realPlace{state: s, rights: r}, tree: s.treePlace(r)}
}

// Changes yields what changed behind a number, up to the State, as far as an
// identity may know of it; false: that is not all remembered, or no History is kept.
func (s *State) Changes(who policy.Identity, from uint64, yield func(*Change) bool) bool {
	if s.numbered == nil || from > s.stamped().Last {
		return false
	}
	t := s.teller(s.rights(who))
	return s.view.settings.History.Between(from, s.stamped().Last, func(c *Change) bool {
		shown := *c
		return !t.tell(&shown) || yield(&shown)
	})
}

// FirstChange is the lowest number that is remembered.
func (s *State) FirstChange() uint64 {
	if s.numbered == nil {
		return 0
	}
	return s.view.settings.History.First()
}

// News is closed when another State answers.
func (s *State) News() <-chan struct{} { return s.view.News() }

// tell leaves of a change what may be known; false is nothing.
func (t *teller) tell(c *Change) bool {
	if c.Access != nil {
		return t.tellAccess(c)
	}
	p, id, there := t.find(c)
	switch {
	case c.Kind == Deleted, !there:
		return c.Kind != Added && t.rights.MayKnow(c.Was) && (c.Kind == Deleted || len(c.Attributes) == 0)
	case !p.visible(id):
		return false
	case c.Kind == Modified:
		if !t.rights.DenyLists() {
			c.Attributes = c.openly()
		}
		c.Attributes = t.readable(p, id, c.Attributes)
		return len(c.Attributes) > 0
	}
	return true
}

// find is the entry that a change is of, if it is still there.
func (t *teller) find(c *Change) (place, directory.ID, bool) {
	if t.state.view.underBase(c.Key) {
		id, ok := t.tree.store.Find(c.Key)
		return t.tree, id, ok && t.tree.store.Exists(id)
	}
	st := t.state.Snapshot.Store()
	id, ok := st.Find(c.Key)
	return t.real, id, ok && st.Exists(id) && entryUUIDOf(t.state, id) == c.UUID
}

func (t *teller) readable(p place, id directory.ID, attributes []string) []string {
	var out []string
	for _, a := range attributes {
		if at, ok := t.state.Snapshot.Store().Schema().Lookup(a); ok && int(at) < len(t.state.columns) && p.readable(id, &t.state.columns[at]) {
			out = append(out, a)
		}
	}
	return out
}

// tellAccess shows a change of access to those who may read the reason of every
// decision in that database.
func (t *teller) tellAccess(c *Change) bool {
	a := *c.Access
	if db := at(t.state, a.Database); db != nil {
		if !t.rights.Database(db.Index, ReasonAttribute) {
			return false
		}
	} else if c.Kind == Added || !t.rights.MayKnow(c.Was) || t.rights.Hidden(ReasonAttribute) {
		return false
	}
	if !t.rights.DenyLists() {
		if c.Hushed() {
			return false
		}
		c.Attributes = c.openly()
		a.From.Winning, a.To.Winning = listed(a.From.Shown), listed(a.To.Shown)
	}
	c.Access = &a
	for _, each := range c.Attributes {
		if t.rights.Hidden(strings.ToLower(each)) {
			c.Attributes = nil // the record as a whole says what is different
		}
	}
	return true
}

// listed is a list that JSON shows as one though it is empty.
func listed(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
