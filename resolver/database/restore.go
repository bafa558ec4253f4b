package database

import (
	"errors"
	"fmt"

	"github.com/aclens/aclens/resolver/name"
)

// Kept is a database as a Set holds it: what Restore makes the Set of again.
type Kept struct {
	Key       string
	Alias     []string
	Instances []*Instance // the primary one first, the others in the Set's order
}

// Kept lists the databases by key.
func (s *Set) Kept() []Kept {
	list := make([]Kept, len(s.databases))
	for i, d := range s.databases {
		list[i] = Kept{Key: d.Key, Alias: d.Alias, Instances: d.Instances}
	}
	return list
}

// Restore makes the Set again that Kept was asked of. Home servers, globs and
// aliases without a database are not needed: which instances are one database,
// and which of them gives the answer, was settled by Arrange. What Arrange would
// refuse, or could not have made, is an error.
func Restore(kept []Kept) (*Set, error) {
	a := arrangement{set: newSet(len(kept)), options: Options{Aliases: map[string]string{}}}
	var instances []*Instance
	for i := range kept {
		instances = append(instances, kept[i].Instances...)
	}
	steps := []func() error{
		func() error { return a.read(instances) },
		a.checkPlaces,
		func() error { return a.regroup(kept) },
		a.order,
		a.nameAliases,
		a.checkAliases,
		a.comparePrimaries,
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, fmt.Errorf("restoring databases: %w", err)
		}
	}
	return a.set, nil
}

// regroup makes the databases of their instances.
func (a *arrangement) regroup(kept []Kept) error {
	ids := make(map[*Instance]string, len(a.items))
	for _, it := range a.items {
		ids[it.in] = it.id
	}
	if len(ids) < len(a.items) {
		return errors.New("one instance is in two databases")
	}
	for i := range kept {
		k := &kept[i]
		if len(k.Instances) == 0 {
			return fmt.Errorf("%q has no instance", k.Key)
		}
		primary := k.Instances[0]
		if k.Key != pathKey(primary.Path) && k.Key != LongForm(primary) {
			return fmt.Errorf("%q is no key of %s", k.Key, described(primary))
		}
		id := ids[primary]
		for _, in := range k.Instances[1:] {
			if id == "" || ids[in] != id {
				return fmt.Errorf("%s is no replica of %s", described(in), described(primary))
			}
		}
		d := &Database{Key: k.Key, ReplicaID: id, Primary: primary, Instances: k.Instances}
		d.Title = titleOf(d)
		a.set.databases = append(a.set.databases, d)
		for _, alias := range k.Alias {
			if other, twice := a.options.Aliases[alias]; twice {
				return fmt.Errorf("%q is an alias of both %s and %s", alias, other, k.Key)
			}
			a.options.Aliases[alias] = k.Key
		}
	}
	return nil
}

// checkAliases refuses an alias that does not name its database.
func (a *arrangement) checkAliases() error {
	for alias, key := range a.options.Aliases {
		if d := a.set.byAlias[name.Fold(alias)]; d == nil || d.Key != key {
			return fmt.Errorf("alias %q does not name %q", alias, key)
		}
	}
	return nil
}
