package view

import (
	"encoding/json"
	"slices"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
)

// Who is on a deny list shows in memberships and reasons, to those who may know
// of deny lists (rule 4.2). To everybody else a change of that alone must be no
// change: told without anything that differs, it would say that there was one.

// Hushed tells whether a change is one only for those who may know of deny lists.
func (c *Change) Hushed() bool {
	return c.Kind == Modified && len(c.Attributes) > 0 && len(c.Quiet) == len(c.Attributes)
}

// openly lists the attributes that differ for those who may not know of deny
// lists either.
func (c *Change) openly() []string {
	if len(c.Quiet) == 0 {
		return c.Attributes
	}
	return slices.DeleteFunc(slices.Clone(c.Attributes), func(a string) bool { return slices.Contains(c.Quiet, a) })
}

// quietOf lists those of the attributes that differ which do not for whoever may
// not know of deny lists.
func (d *difference) quietOf(p pair, r reach, attributes []string) []string {
	if !d.deniesAny() {
		return nil
	}
	loud := map[string]bool{}
	for _, a := range d.stored(p) {
		loud[a] = loud[a] || d.storedShown(p, a)
	}
	if s := d.sides(p, r); s != nil {
		computed := attributes
		if s.barred() {
			computed = s.loud()
		}
		for _, a := range computed {
			if _, stored := loud[a]; !stored || s.barred() {
				loud[a] = true
			}
		}
	}
	for a := range loud {
		if loud[a] && !slices.Contains(attributes, a) {
			return nil // a group began or ceased to be a deny list: nothing about it is quiet
		}
	}
	return slices.DeleteFunc(slices.Clone(attributes), func(a string) bool { return loud[a] })
}

// deniesAny tells whether there are deny lists in either State.
func (d *difference) deniesAny() bool { return len(d.old.denyLists())+len(d.next.denyLists()) > 0 }

// storedShown tells whether a stored attribute differs in values that do not
// name deny lists.
func (d *difference) storedShown(p pair, attribute string) bool {
	a, known := shownOf(d.old, p.old, attribute)
	b, also := shownOf(d.next, p.next, attribute)
	return !known || !also || !slices.Equal(a, b)
}

// shownOf are the values of an attribute that holds names, but for deny lists;
// false for any other attribute.
func shownOf(s *State, id directory.ID, attribute string) (shown []string, names bool) {
	at, known := s.Snapshot.Store().Schema().Lookup(attribute)
	if !known || !s.columns[at].dn {
		return nil, false
	}
	raw, has := s.Snapshot.Store().Entry(id).Find(at)
	if !has {
		return nil, true
	}
	for vs := raw.Values(); ; {
		v, ok := vs.Next()
		if !ok {
			return shown, true
		}
		if key, err := name.KeyOf(v); err != nil || !s.denyLists()[key] {
			shown = append(shown, v)
		}
	}
}

// barred tells whether the entry is on a deny list in either State.
func (s *sides) barred() bool {
	return s.old.onDenyList(s.pair.old) || s.next.onDenyList(s.pair.next)
}

func (s *State) onDenyList(id directory.ID) bool {
	if id == directory.None || len(s.denyLists()) == 0 {
		return false
	}
	for _, g := range s.Snapshot.MemberOf(id) {
		if info := s.Snapshot.Group(g); info.Alive() && info.DenyList() {
			return true
		}
	}
	return false
}

// loud lists the computed attributes that differ without any deny list.
func (s *sides) loud() []string {
	s.veiled = true
	if !s.reach.all && !s.sameServers() {
		s.reach.all = true
	}
	s.findDatabases()
	one, two := s.only()
	out := s.values(one, two)
	if s.reasonsShown() {
		out = append(out, reasonName)
	}
	return out
}

// reasonsShown tells whether a reason, or a decision record, is another one
// without the names of deny lists.
func (s *sides) reasonsShown() bool {
	if s.subs[0] == nil || s.subs[1] == nil || s.old.recorded(s.subs[0]) != s.next.recorded(s.subs[1]) {
		return s.subs[0] != s.subs[1]
	}
	for _, p := range s.pairs {
		if p.old == nil || p.next == nil || s.explained.Add(1) > mostExplained {
			return true
		}
		if shownReason(s.old, s.subs[0], p.old) != shownReason(s.next, s.subs[1], p.next) ||
			!sameDraft(s.old.recordContent(s.subs[0], p.old, false), s.next.recordContent(s.subs[1], p.next, false)) {
			return true
		}
	}
	return false
}

// shownReason is reasonOf without the names of deny lists.
func shownReason(s *State, sub *resolver.Subject, db *database.Database) string {
	e := s.Snapshot.Explain(sub, db, db.Primary, resolver.Query{Channel: acl.Notes})
	s.Snapshot.HideDenyLists(e)
	text, err := json.Marshal(e)
	if err != nil {
		return ""
	}
	return string(text)
}

// quietRecord lists those of the attributes in which a decision record differs
// that do not for whoever may not know of deny lists.
func (d *difference) quietRecord(old, next *resolver.Subject, db pairedDatabase, attributes []string) []string {
	if !d.old.onDenyList(old.Entry) && !d.next.onDenyList(next.Entry) {
		return nil
	}
	loud := draftDifference(d.old.recordContent(old, db.old, false), d.next.recordContent(next, db.next, false))
	return slices.DeleteFunc(slices.Clone(attributes), func(a string) bool { return slices.Contains(loud, a) })
}
