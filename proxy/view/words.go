package view

import (
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
)

// words are the values that attributes give for one database, written once for
// all entries of a State.
type words struct {
	levels, levelGroups [acl.Levels]string // by level: "apps/crm.nsf#editor", and the DN of that group
	roles, roleGroups   []string           // by position of the role
	privileges          []string           // by bit
}

// wordsOf are the words of a database.
func (s *State) wordsOf(db *database.Database) *words {
	s.wordsOnce.Do(func() {
		s.words = make([]words, s.Snapshot.Databases().Len())
		for i, db := range s.Snapshot.Databases().All() {
			s.words[i] = s.view.write(db)
		}
	})
	return &s.words[db.Index]
}

func (v *View) write(db *database.Database) words {
	var w words
	for l := acl.NoAccess; l <= acl.Manager; l++ {
		w.levels[l], w.levelGroups[l] = db.Key+"#"+l.String(), v.levelGroupDN(db, l)
	}
	for _, r := range db.Primary.List.Roles {
		w.roles, w.roleGroups = append(w.roles, db.Key+"#"+r), append(w.roleGroups, v.roleGroupDN(db, r))
	}
	for _, p := range acl.AllPrivileges.Names() {
		w.privileges = append(w.privileges, db.Key+"#"+p)
	}
	return w
}

// reached says which levels an attribute lists for a level: all from the lowest
// to the highest, none where the lowest is higher.
type reached func(acl.Level) (lowest, highest acl.Level)

// exactly lists the level itself, where above no access.
func exactly(l acl.Level) (lowest, highest acl.Level) { return max(l, acl.Depositor), l }

// atLeast lists Reader up to the level; a depositor has only that.
func atLeast(l acl.Level) (lowest, highest acl.Level) {
	if l == acl.Depositor {
		return l, l
	}
	return acl.Reader, l
}
