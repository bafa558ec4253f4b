package database

import (
	"maps"
	"slices"

	"github.com/aclens/aclens/resolver/name"
)

// nameAliases gives the databases their aliases. An alias that could be taken
// for another database is refused; one that names none is reported and stays
// without meaning, because databases come and go.
func (a *arrangement) nameAliases() error {
	var wrong faults
	named := make(map[string]*Database, len(a.options.Aliases))
	spelled := make(map[string]string, len(a.options.Aliases))
	for _, alias := range slices.Sorted(maps.Keys(a.options.Aliases)) {
		folded := name.Fold(alias)
		if other, twice := spelled[folded]; twice || folded == "" {
			wrong.add("databases.aliases: %q and %q are one alias", other, alias)
			continue
		}
		spelled[folded] = alias
		d := a.aliased(alias, a.options.Aliases[alias])
		if a.mistakable(&wrong, alias, d) || d == nil {
			continue
		}
		named[folded] = d
		d.Alias = append(d.Alias, alias)
	}
	a.set.byAlias = named
	return wrong.err()
}

// aliased is the database that an alias names, or nil with a problem.
func (a *arrangement) aliased(alias, text string) *Database {
	found := a.set.meanings(text)
	if len(found) == 0 {
		a.problem(AliasUnknown, alias, "no database is called %q, or it is not included", text)
		return nil
	}
	t := found[0]
	if len(found) > 1 || t.database == nil {
		a.problem(AliasAmbiguous, alias, "%q names several databases: use the key of one", text)
		return nil
	}
	if t.instance != t.database.Primary {
		a.problem(AliasOfReplica, alias, "%q names the instance %s, but database %s is answered by %s: use the key",
			text, described(t.instance), t.database.Key, described(t.database.Primary))
		return nil
	}
	return t.database
}

// mistakable tells whether an alias is also a name of anything but its own
// database, now or as soon as a database of that replica id arrives.
func (a *arrangement) mistakable(wrong *faults, alias string, d *Database) bool {
	for _, t := range a.set.meanings(alias) {
		switch {
		case t.database == nil:
			wrong.add("databases.aliases: alias %q is the replica id of several databases", alias)
			return true
		case t.database != d || t.instance != d.Primary:
			wrong.add("databases.aliases: alias %q is a name of another database, %s", alias, described(t.instance))
			return true
		}
	}
	if id, ok := name.ReplicaID(alias); ok && (d == nil || d.ReplicaID != id) {
		wrong.add("databases.aliases: alias %q reads as a replica id", alias)
		return true
	}
	return false
}
