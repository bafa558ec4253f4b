package view

import (
	"slices"
	"strings"

	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/schema"
)

// addRecords adds the decision records that a search in the virtual subtree may
// reach (docs/contract.md, section 5).
func (q *Query) addRecords(at target) wire.Result {
	dbs := q.recordDatabases(at)
	if len(dbs) == 0 || !mayMatchRecord(q.state.Snapshot.Store().Schema(), &q.request.Search.Filter) {
		return wire.Result{}
	}
	if subjects, named := q.namedSubjects(&q.request.Search.Filter); named {
		q.addRecordStage(q.state.recordsFor(subjects, dbs, q.rights.DenyLists()), at, false)
		return wire.Result{}
	}
	if limit := q.view.settings.LookThrough; len(dbs) > 1 && limit > 0 && len(dbs)*q.state.recordCount() > limit {
		return wire.Result{Code: wire.AdminLimitExceeded,
			Message: "a search over the records of several databases needs a term on accessSubject or accessSubjectDN"}
	}
	for _, db := range dbs {
		q.addRecordStage(q.state.recordsOf(db, q.rights.DenyLists()), at, len(dbs) > 1)
	}
	return wire.Result{}
}

// addRecordStage looks through records from the base that the search has there.
func (q *Query) addRecordStage(st *directory.Store, at target, strict bool) {
	base, ok := st.Find(at.store.Entry(at.id).Key())
	if !ok {
		return
	}
	q.add(stage{place: q.state.recordPlace(q.rights, st), store: st, base: base, virtual: true, strict: strict})
}

// recordCount is the number of records of one database.
func (s *State) recordCount() int {
	s.countOnce.Do(func() {
		p, inspection := s.Snapshot.Population(), s.Snapshot.Inspect()
		s.recordsEach = int(p.People.GetCardinality()+p.Servers.GetCardinality()) + 2
		for n, ids := range inspection.SharedNames() {
			for _, id := range ids {
				if inspection.Names(id).Own.Key() == n.Key() {
					s.recordsEach-- // see recorded
				}
			}
		}
	})
	return s.recordsEach
}

// namedSubjects are the subjects that a filter's terms on accessSubject or
// accessSubjectDN name; false when the filter is not bound to any.
func (q *Query) namedSubjects(f *wire.Filter) ([]*resolver.Subject, bool) {
	switch f.Kind {
	case wire.And:
		for i := range f.Children {
			if subs, ok := q.namedSubjects(&f.Children[i]); ok {
				return subs, true
			}
		}
	case wire.Or:
		var all []*resolver.Subject
		for i := range f.Children {
			subs, ok := q.namedSubjects(&f.Children[i])
			if !ok {
				return nil, false
			}
			all = append(all, subs...)
		}
		return all, len(f.Children) > 0
	case wire.Equality:
		sc := q.state.Snapshot.Store().Schema()
		id, ok := sc.LookupBytes(f.Attr)
		if !ok {
			return nil, false
		}
		switch typeName(sc, id) {
		case "accesssubject":
			sub, _, err := q.state.Snapshot.FindSubject(string(f.Value), resolver.OnlyHierarchicalNames)
			return q.state.onlyRecorded(sub, err == nil), true
		case "accesssubjectdn":
			entry, _ := q.state.Snapshot.FindEntry(string(f.Value))
			sub, ok := q.state.Snapshot.Subject(entry)
			return q.state.onlyRecorded(sub, ok), true
		}
	}
	return nil, false
}

// onlyRecorded is a subject, if it was found and has records.
func (s *State) onlyRecorded(sub *resolver.Subject, found bool) []*resolver.Subject {
	if !found || !s.recorded(sub) {
		return nil
	}
	return []*resolver.Subject{sub}
}

// recordDatabases are the databases whose records lie in the scope of a search.
func (q *Query) recordDatabases(at target) []*database.Database {
	switch {
	case at.node.kind == subjectsOf:
		return []*database.Database{at.node.db}
	case q.scope == wire.ScopeOne:
		return nil // records lie right below ou=subjects and nowhere else
	case at.node.kind == databaseEntry:
		return []*database.Database{at.node.db}
	case at.node.kind != container || !q.state.holdsDatabases(at):
		return nil
	}
	var dbs []*database.Database
	for _, db := range q.state.Snapshot.Databases().All() {
		if q.rights.AnyDatabase(db.Index) {
			dbs = append(dbs, db)
		}
	}
	return dbs
}

// holdsDatabases tells whether ou=databases lies at or below a container.
func (s *State) holdsDatabases(at target) bool {
	n, ok := s.subtree().store.Find(s.view.databasesKey)
	return ok && at.store == s.subtree().store && at.store.Within(n, at.id)
}

// recordAttributes are what a record can have; a term on another attribute is
// never true for one.
var recordAttributes = func() map[string]bool {
	m := map[string]bool{}
	for _, a := range []string{"objectClass", "accessSubject", "accessSubjectDN", "databaseKey", attrAccessLevel, "accessLevelNumber",
		"accessWebLevel", attrAccessRole, attrAccessPriv, "winningEntry", "accessSource", "membershipPath", "structuralObjectClass",
		"entryUUID", "createTimestamp", attrModified, attrCSN, "entryDN", "subschemaSubentry", "hasSubordinates", "numSubordinates", "accessSnapshot",
		"accessAsOf", "accessStale"} {
		m[strings.ToLower(a)] = true
	}
	return m
}()

// mayMatchRecord tells whether a filter can be true for any record, by the
// attributes and classes that it names, so that a search for groups does not
// look through every decision.
func mayMatchRecord(sc *schema.Schema, f *wire.Filter) bool {
	switch f.Kind {
	case wire.And:
		for i := range f.Children {
			if !mayMatchRecord(sc, &f.Children[i]) {
				return false
			}
		}
		return true
	case wire.Or:
		for i := range f.Children {
			if mayMatchRecord(sc, &f.Children[i]) {
				return true
			}
		}
		return false
	case wire.Not:
		return true
	}
	id, ok := sc.LookupBytes(f.Attr)
	if !ok {
		return false // Undefined
	}
	if typeName(sc, id) == "objectclass" && f.Kind == wire.Equality {
		return sc.IsA(classRecord, strings.TrimSpace(string(f.Value)))
	}
	return f.DNAttributes || slices.ContainsFunc(sc.Expand(id), func(each schema.ID) bool { return recordAttributes[typeName(sc, each)] })
}

// typeName is the folded name of an attribute's type.
func typeName(sc *schema.Schema, id schema.ID) string { return strings.ToLower(sc.Type(id).Name()) }
