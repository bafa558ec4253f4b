package view

import (
	"strings"

	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/database"
)

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
		"entryUUID", "createTimestamp", "modifyTimestamp", "entryDN", "subschemaSubentry", "hasSubordinates", "accessSnapshot",
		"accessAsOf", "accessStale"} {
		m[strings.ToLower(a)] = true
	}
	return m
}()

// mayMatchRecord tells whether a filter can be true for any record, by the
// attributes and classes that it names, so that a search for groups does not
// look through every decision.
func mayMatchRecord(f *wire.Filter) bool {
	switch f.Kind {
	case wire.And:
		for i := range f.Children {
			if !mayMatchRecord(&f.Children[i]) {
				return false
			}
		}
		return true
	case wire.Or:
		for i := range f.Children {
			if mayMatchRecord(&f.Children[i]) {
				return true
			}
		}
		return false
	case wire.Not:
		return true
	}
	attribute := foldedDescription(f.Attr)
	if attribute == "objectclass" && f.Kind == wire.Equality {
		class := strings.TrimSpace(string(f.Value))
		return strings.EqualFold(class, classRecord) || strings.EqualFold(class, "top") || strings.HasPrefix(class, arc)
	}
	return attribute == "" || recordAttributes[attribute] || strings.HasPrefix(attribute, arc)
}
