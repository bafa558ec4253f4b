package report

import (
	"cmp"
	"slices"

	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/name"
)

// pair is one database on both sides; nil on a side that lacks it.
type pair struct {
	sides [2]*database.Database
	key   string // the key afterwards, or what it was
}

// pairDatabases matches the databases of two sets: a database is its replica
// id; where that finds none, the key decides. The pairs are sorted by key.
func pairDatabases(before, after *database.Set) []pair {
	ids := map[string]*database.Database{}
	shared := sharedIDs(before, after)
	for _, db := range after.All() {
		if db.ReplicaID != "" && !shared[db.ReplicaID] {
			ids[db.ReplicaID] = db
		}
	}
	var pairs []pair
	taken := map[*database.Database]bool{}
	take := func(b, a *database.Database) {
		pairs = append(pairs, pair{[2]*database.Database{b, a}, a.Key})
		taken[b], taken[a] = true, true
	}
	for _, db := range before.All() {
		if other := ids[db.ReplicaID]; other != nil && !shared[db.ReplicaID] {
			take(db, other)
		}
	}
	keys := map[string]*database.Database{}
	for _, db := range after.All() {
		if !taken[db] {
			keys[name.Fold(db.Key)] = db
		}
	}
	for _, db := range before.All() {
		if other := keys[name.Fold(db.Key)]; other != nil && !taken[db] {
			take(db, other)
		}
	}
	return withLone(pairs, taken, before, after)
}

// withLone adds the databases that one side lacks.
func withLone(pairs []pair, taken map[*database.Database]bool, sets ...*database.Set) []pair {
	for side, set := range sets {
		for _, db := range set.All() {
			if !taken[db] {
				p := pair{key: db.Key}
				p.sides[side] = db
				pairs = append(pairs, p)
			}
		}
	}
	slices.SortStableFunc(pairs, func(a, b pair) int { return cmp.Compare(a.key, b.key) })
	return pairs
}

// sharedIDs are the replica ids that several databases of one set have.
func sharedIDs(sets ...*database.Set) map[string]bool {
	shared := map[string]bool{}
	for _, set := range sets {
		seen := map[string]bool{}
		for _, db := range set.All() {
			shared[db.ReplicaID] = shared[db.ReplicaID] || seen[db.ReplicaID]
			seen[db.ReplicaID] = true
		}
	}
	return shared
}

// indexOf is the position of the entry with a Key, or -1.
func indexOf(l *acl.List, k name.Key) int {
	return slices.IndexFunc(l.Entries, func(e acl.Entry) bool { return e.Key() == k })
}
