package database

import (
	"slices"
	"strings"

	"github.com/aclens/aclens/resolver/name"
)

// Set is all databases, sorted by key, and the names under which they are
// known. It is immutable and safe for concurrent use; so must be what it hands
// out.
type Set struct {
	databases []*Database
	byKey     map[string]*Database // keys that are paths
	byReplica map[string]target    // the zero target where several databases share the id
	byAlias   map[string]*Database // folded
	byPlace   map[place]target     // every instance
	folded    []string             // keys by Index, as globs see them
}

// target is what a name stands for.
type target struct {
	database *Database
	instance *Instance
}

func newSet(instances int) *Set {
	return &Set{
		byKey:     make(map[string]*Database, instances),
		byReplica: make(map[string]target, instances),
		byPlace:   make(map[place]target, instances),
	}
}

// index enters the next database.
func (s *Set) index(d *Database, folded string) {
	primary := target{d, d.Primary}
	s.folded = append(s.folded, folded)
	if d.Key == pathKey(d.Primary.Path) {
		s.byKey[d.Key] = d
	}
	if id := d.ReplicaID; id != "" {
		if _, shared := s.byReplica[id]; shared {
			primary = target{}
		}
		s.byReplica[id] = primary
	}
	for _, in := range d.Instances {
		s.byPlace[placeOf(in)] = target{d, in}
	}
}

// Len is the number of databases.
func (s *Set) Len() int { return len(s.databases) }

// At is the database of an Index; it panics outside of 0 to Len-1.
func (s *Set) At(i int) *Database { return s.databases[i] }

// All lists the databases by key. The slice is the set's own: not to be changed.
func (s *Set) All() []*Database { return slices.Clip(s.databases) }

// Find reads a key, an alias, a replica id (16 hex digits, with or without the
// colon) or a long form (the server abbreviated or canonical, '\' or '/'), in
// any case. The instance is the primary one, except for a long form that names
// another. A text that could mean two things finds nothing.
func (s *Set) Find(text string) (*Database, *Instance, bool) {
	if d := s.byKey[text]; d != nil {
		return d, d.Primary, true // checkNames has seen that it means nothing else
	}
	found := s.meanings(text)
	if len(found) != 1 || found[0].database == nil {
		return nil, nil, false
	}
	return found[0].database, found[0].instance, true
}

// meanings is every different thing that a text stands for.
func (s *Set) meanings(text string) []target {
	r, ok := readName(text)
	if !ok {
		return nil
	}
	found := make([]target, 0, 2)
	add := func(t target, ok bool) {
		if ok && !slices.Contains(found, t) {
			found = append(found, t)
		}
	}
	if d := s.byKey[r.key]; d != nil {
		add(target{d, d.Primary}, true)
	}
	if d := s.byAlias[name.Fold(text)]; d != nil {
		add(target{d, d.Primary}, true)
	}
	if r.id != "" {
		t, ok := s.byReplica[r.id]
		add(t, ok)
	}
	for _, p := range r.places {
		t, ok := s.byPlace[p]
		add(t, ok)
	}
	return found
}

// KeyFor reads the database in an assertion value, which is what stands before
// the first '#' or all of it, as the key that values carry. The long form of an
// instance that gives no answers is no key: its ACL and its server may decide
// otherwise.
func (s *Set) KeyFor(assertion string) (string, bool) {
	text, _, _ := strings.Cut(assertion, "#")
	d, in, ok := s.Find(text)
	if !ok || in != d.Primary {
		return "", false
	}
	return d.Key, true
}

// Match lists the databases whose key fits a glob, by key: '*' does not cross
// '/', "**" does, case does not matter. A text without wildcard may be any name
// of a database as in KeyFor.
func (s *Set) Match(pattern string) []*Database {
	if !hasWildcard(pattern) {
		d, in, ok := s.Find(pattern)
		if !ok || in != d.Primary {
			return nil
		}
		return []*Database{d}
	}
	g := parseGlob(pattern)
	var list []*Database
	for i, key := range s.folded {
		if g.matches(key) {
			list = append(list, s.databases[i])
		}
	}
	return list
}

// checkNames proves that every name of every database names it and nothing
// else: a path may look like a long form or a replica id.
func (s *Set) checkNames() error {
	var wrong faults
	for _, d := range s.databases {
		primary := target{d, d.Primary}
		s.checkName(&wrong, d.Key, primary)
		if id := d.ReplicaID; s.byReplica[id] == primary {
			s.checkName(&wrong, id, primary)
		}
		for _, in := range d.Instances {
			s.checkName(&wrong, LongForm(in), target{d, in})
		}
	}
	return wrong.err()
}

func (s *Set) checkName(wrong *faults, text string, want target) {
	found := s.meanings(text)
	for _, t := range found {
		switch {
		case t.database == nil:
			wrong.add("%q, a name of %s, is also the replica id of several databases", text, described(want.instance))
			return
		case t != want:
			wrong.add("%q names both %s and %s", text, described(want.instance), described(t.instance))
			return
		}
	}
	if len(found) == 0 {
		wrong.add("%s cannot be found by its name", described(want.instance))
	}
}
