package view

import (
	"encoding/json"
	"slices"

	"github.com/google/uuid"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
)

// lonelyRecords compares the decision records of Anonymous and -Default-.
func (d *difference) lonelyRecords() {
	keys := d.suspects.Databases
	if d.suspects.Everybody || d.suspects.Rebuilt {
		keys = d.everyKey()
	}
	for _, k := range keys {
		for _, sub := range []*resolver.Subject{resolver.AnonymousSubject(), resolver.DefaultSubject()} {
			p := d.database(k)
			d.record(sub, sub, p)
		}
	}
}

// record compares one decision record and notes what changed; nil is a subject
// that is not there, or has no records.
func (d *difference) record(old, next *resolver.Subject, db pairedDatabase) (changed bool) {
	var a, b *directory.Draft
	if old != nil && db.old != nil {
		a = d.old.recordContent(old, db.old, true)
	}
	if next != nil && db.next != nil {
		b = d.next.recordContent(next, db.next, true)
	}
	if a != nil && b != nil && sameDraft(a, b) {
		return false
	}
	switch {
	case a != nil && b != nil && a.DN == b.DN:
		d.access(Modified, a, b, db)
		c := &d.changes[len(d.changes)-1]
		c.Quiet = d.quietRecord(old, next, db, c.Attributes)
	default:
		if a != nil && worthTelling(a) {
			d.access(Deleted, a, nil, db)
		}
		if b != nil && worthTelling(b) {
			d.access(Added, nil, b, db)
		}
	}
	return true
}

// worthTelling tells whether a record that comes or goes is a change of access:
// with every person one record a database comes, most of them of no access.
func worthTelling(r *directory.Draft) bool {
	return first(r, attrAccessLevel) != acl.NoAccess.String() || first(r, "accessWebLevel") != acl.NoAccess.String() && first(r, "accessWebLevel") != ""
}

func (d *difference) access(kind ChangeKind, a, b *directory.Draft, db pairedDatabase) {
	c := Change{Kind: kind, Access: &AccessChange{From: standingOf(a), To: standingOf(b)}}
	shown := b
	if shown == nil {
		shown = a
	}
	c.Access.User, c.Access.DN, c.Access.Database = first(shown, "accessSubject"), first(shown, "accessSubjectDN"), first(shown, "databaseKey")
	c.DN, c.Key = shown.DN, keyOfDN(shown.DN)
	c.UUID = uuid.NewSHA1(arcUUID, []byte(c.Key))
	if a != nil {
		c.Was = d.old.over.Attribute(db.old.Index, ReasonAttribute)
		c.Access.From.Shown = d.old.shownWinning(c.Access.From.Winning)
	}
	if b != nil {
		c.Access.To.Shown = d.next.shownWinning(c.Access.To.Winning)
	}
	if kind == Modified {
		c.Attributes = draftDifference(a, b)
	}
	d.changes = append(d.changes, c)
}

// shownWinning is who won, for those who may not know of deny lists.
func (s *State) shownWinning(winning []string) []string {
	shown, _ := s.withoutDenyLists(slices.Clone(winning), nil)
	return shown
}

func standingOf(d *directory.Draft) Standing {
	s := Standing{Level: acl.NoAccess.String(), Roles: []string{}, Winning: []string{}}
	if d == nil {
		return s
	}
	s.Level, s.WebLevel, s.Source = first(d, attrAccessLevel), first(d, "accessWebLevel"), first(d, "accessSource")
	s.Roles, s.Winning = append(s.Roles, texts(d, attrAccessRole)...), append(s.Winning, texts(d, "winningEntry")...)
	return s
}

func texts(d *directory.Draft, attribute string) []string {
	var out []string
	for _, v := range d.Values(attribute) {
		out = append(out, string(v))
	}
	return out
}

func first(d *directory.Draft, attribute string) string {
	if vs := d.Values(attribute); len(vs) > 0 {
		return string(vs[0])
	}
	return ""
}

func sameDraft(a, b *directory.Draft) bool { return a.DN == b.DN && len(draftDifference(a, b)) == 0 }

func draftDifference(a, b *directory.Draft) []string {
	var out []string
	for _, pair := range [][2]*directory.Draft{{a, b}, {b, a}} {
		for i := range pair[0].Attributes {
			n := pair[0].Attributes[i].Name
			if !slices.Equal(texts(a, n), texts(b, n)) {
				out = append(out, n)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func reasonOf(s *State, sub *resolver.Subject, db *database.Database) string {
	e := s.Snapshot.Explain(sub, db, db.Primary, resolver.Query{Channel: acl.Notes})
	text, err := json.Marshal(e)
	if err != nil {
		return ""
	}
	return string(text)
}
