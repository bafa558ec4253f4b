package view

import (
	"strconv"
	"strings"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/cache"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
)

// recordKey is a database as those see it who may know of deny lists, or may not.
type recordKey struct {
	database  int
	denyLists bool
}

// keptRecords is how many octets of records a State keeps, unless one database has
// more.
const keptRecords = 64 << 20

// newRecordCache keeps the records of the databases that were asked for last.
func newRecordCache(use *cache.Use) *cache.Cache[recordKey, *directory.Store] {
	const each = 1 << 10 // a record with its places in indexes, roughly
	return cache.New(keptRecords, use, func(_ recordKey, st *directory.Store) int { return each * (1 + st.Len()) })
}

// recordsOf are the decision records of one database, one for each person and
// server, and for Anonymous and -Default-; a Store of their own.
func (s *State) recordsOf(db *database.Database, denyLists bool) *directory.Store {
	s.recording.Lock() // one at a time: they take long, and everybody wants the same ones
	defer s.recording.Unlock()
	return s.records.Find(recordKey{db.Index, denyLists}, func() *directory.Store { return s.makeRecords(db, denyLists) })
}

func (s *State) makeRecords(db *database.Database, denyLists bool) *directory.Store {
	subjects := []*resolver.Subject{resolver.AnonymousSubject(), resolver.DefaultSubject()}
	p := s.Snapshot.Population()
	for id := range s.Snapshot.Store().Cap() {
		if _, ok := p.Kind(id); !ok {
			continue
		}
		if sub, ok := s.Snapshot.Subject(id); ok && s.recorded(sub) {
			subjects = append(subjects, sub)
		}
	}
	return s.recordsFor(subjects, []*database.Database{db}, denyLists)
}

// recordsFor are the records of some subjects in some databases.
func (s *State) recordsFor(subjects []*resolver.Subject, dbs []*database.Database, denyLists bool) *directory.Store {
	var changes []directory.Change
	for _, sub := range subjects {
		for _, db := range dbs {
			changes = append(changes, directory.Change{Put: s.record(sub, db, denyLists)})
		}
	}
	st, _, _ := directory.Empty(s.Snapshot.Store().Schema()).Apply(changes)
	return st
}

// recorded tells whether a subject has records: an entry has, unless its name is
// another's too, and so have Anonymous and -Default-.
func (s *State) recorded(sub *resolver.Subject) bool {
	if sub.Entry == directory.None {
		return sub.Name.Key() == resolver.AnonymousSubject().Name.Key() || sub.Name.Key() == resolver.DefaultSubject().Name.Key()
	}
	only, _, err := s.Snapshot.FindSubject(sub.Name.Canonical(), resolver.OnlyHierarchicalNames)
	return err == nil && only.Entry == sub.Entry
}

// recordDN is the entry of one decision.
func (v *View) recordDN(sub *resolver.Subject, db *database.Database) string {
	return v.recordNamed(sub.Name.Canonical(), db)
}

// recordNamed is recordDN for the Notes name of a subject.
func (v *View) recordNamed(subject string, db *database.Database) string {
	return string(name.AppendRDN(nil, "accessSubject", subject)) + "," + ouSubjects + "," + v.databaseDN(db)
}

// record writes one decision as an entry.
func (s *State) record(sub *resolver.Subject, db *database.Database, denyLists bool) *directory.Draft {
	d := s.recordContent(sub, db, denyLists)
	key, err := name.KeyOf(d.DN)
	if err != nil {
		key = d.DN
	}
	s.stamp(d, key, classRecord)
	return d
}

// recordContent is a record without the attributes that every virtual entry has.
func (s *State) recordContent(sub *resolver.Subject, db *database.Database, denyLists bool) *directory.Draft {
	d := &directory.Draft{DN: s.view.recordDN(sub, db)}
	e, paths := s.Snapshot.Account(sub, db, db.Primary, resolver.Query{Channel: acl.Notes})
	if !denyLists {
		e.Winning, paths = s.withoutDenyLists(e.Winning, paths)
	}
	d.AddText("objectClass", "top", classRecord)
	d.AddText("accessSubject", e.User)
	if sub.Entry != directory.None {
		d.AddText("accessSubjectDN", e.DN)
	}
	d.AddText("databaseKey", db.Key)
	d.AddText(attrAccessLevel, e.Level)
	d.AddText("accessLevelNumber", strconv.Itoa(e.LevelNum))
	web := s.Snapshot.Decide(sub, db.Primary, resolver.Query{Channel: acl.WebSession})
	if !web.CapUnknown {
		d.AddText("accessWebLevel", web.Level.String())
	}
	d.AddText(attrAccessRole, e.Roles...)
	d.AddText(attrAccessPriv, e.Privileges...)
	d.AddText("winningEntry", e.Winning...)
	d.AddText("accessSource", e.Source)
	for _, p := range paths {
		d.AddText("membershipPath", strings.Join(p.Via, " > "))
	}
	return d
}

// withoutDenyLists is who won and through what, for those who may not know of
// deny lists (rule 4.2).
func (s *State) withoutDenyLists(winning []string, paths []resolver.Path) ([]string, []resolver.Path) {
	e := resolver.Explanation{Winning: winning, Paths: paths}
	s.Snapshot.HideDenyLists(&e)
	return e.Winning, e.Paths
}
