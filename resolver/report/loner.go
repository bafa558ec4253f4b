package report

import (
	"maps"
	"slices"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/group"
	"github.com/aclens/aclens/resolver/name"
)

// lonerReader finds the hierarchical names without an entry that an ACL, or the
// groups in it, name: whoever has such a name has the access, though the
// directory does not know who that is.
type lonerReader struct {
	x      *resolver.Inspection
	groups map[group.ID][]name.Name
}

func newLonerReader(s *resolver.Snapshot) *lonerReader {
	return &lonerReader{x: s.Inspect(), groups: map[group.ID][]name.Name{}}
}

// of lists the loners of an instance by Key, in the spelling that is found first.
func (r *lonerReader) of(in *database.Instance) []name.Name {
	found := map[name.Key]name.Name{}
	for i := range in.List.Entries {
		e := &in.List.Entries[i]
		if e.Kind != acl.KindName {
			continue
		}
		id, isGroup, _ := r.x.GroupNamed(e.Key())
		if !isGroup {
			r.note(found, e.Name)
			continue
		}
		for _, n := range r.inGroup(id) {
			r.note(found, n)
		}
	}
	return sortedNames(found)
}

func (r *lonerReader) note(found map[name.Key]name.Name, n name.Name) {
	if _, known := found[n.Key()]; !known && n.Hierarchical() && !n.IsWildcard() && len(r.x.Holders(n.Key())) == 0 {
		found[n.Key()] = n
	}
}

// inGroup are the members of a group, nested ones included, that name no entry.
func (r *lonerReader) inGroup(id group.ID) []name.Name {
	if names, ok := r.groups[id]; ok {
		return names
	}
	names := []name.Name{}
	extent := r.x.Inside(id)
	if len(extent.Names) > 0 {
		for _, inner := range append(extent.Groups, id) {
			for _, m := range r.x.LooseMembers(inner) {
				names = append(names, m.Name)
			}
		}
	}
	r.groups[id] = names
	return names
}

func sortedNames(found map[name.Key]name.Name) []name.Name {
	names := make([]name.Name, 0, len(found))
	for _, k := range slices.Sorted(maps.Keys(found)) {
		names = append(names, found[k])
	}
	return names
}
