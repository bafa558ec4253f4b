package view

import (
	"strconv"
	"strings"
	"sync"

	lru "github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
)

// recordCache keeps the records of the databases that were asked for last.
type recordCache struct {
	mu   sync.Mutex // guards kept
	kept *lru.LRU[int, *directory.Store]
}

// keptRecords is how many databases' records a State keeps.
const keptRecords = 4

// Records are the decision records of one database, one for each person and
// server, and for Anonymous and -Default-; a Store of their own.
func (s *State) recordsOf(db *database.Database) *directory.Store {
	s.records.mu.Lock()
	defer s.records.mu.Unlock()
	if s.records.kept == nil {
		s.records.kept, _ = lru.NewLRU[int, *directory.Store](keptRecords, nil)
	}
	if st, ok := s.records.kept.Get(db.Index); ok {
		return st
	}
	var changes []directory.Change
	put := func(sub *resolver.Subject) {
		changes = append(changes, directory.Change{Put: s.record(sub, db)})
	}
	put(resolver.AnonymousSubject())
	put(resolver.DefaultSubject())
	p := s.Snapshot.Population()
	for id := range s.Snapshot.Store().Cap() {
		if _, ok := p.Kind(id); !ok {
			continue
		}
		if sub, ok := s.Snapshot.Subject(id); ok {
			put(sub)
		}
	}
	st, _, _ := directory.Empty(s.Snapshot.Store().Schema()).Apply(changes)
	s.records.kept.Add(db.Index, st)
	return st
}

// recordsFor are the records of some subjects in all databases.
func (s *State) recordsFor(subjects []*resolver.Subject, dbs []*database.Database) *directory.Store {
	var changes []directory.Change
	for _, sub := range subjects {
		for _, db := range dbs {
			changes = append(changes, directory.Change{Put: s.record(sub, db)})
		}
	}
	st, _, _ := directory.Empty(s.Snapshot.Store().Schema()).Apply(changes)
	return st
}

// recordDN is the entry of one decision.
func (v *View) recordDN(sub *resolver.Subject, db *database.Database) string {
	return string(name.AppendRDN(nil, "accessSubject", sub.Name.Canonical())) + "," + ouSubjects + "," + v.databaseDN(db)
}

// record writes one decision as an entry.
func (s *State) record(sub *resolver.Subject, db *database.Database) *directory.Draft {
	d := &directory.Draft{DN: s.view.recordDN(sub, db)}
	e, paths := s.Snapshot.Account(sub, db, db.Primary, resolver.Query{Channel: acl.Notes})
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
	key, err := name.KeyOf(d.DN)
	if err != nil {
		key = d.DN
	}
	s.stamp(d, key, classRecord, generalizedTime(s.Changed))
	return d
}
