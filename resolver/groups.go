package resolver

import (
	"slices"
	"strconv"
	"strings"

	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/group"
	"github.com/aclens/aclens/resolver/name"
)

// Group is one group of a directory.
type Group struct {
	Entry   directory.ID
	Type    int         // of rule 4.1, or one of the negative values of this package
	Label   string      // the name under which people know it
	Names   []name.Name // the names by which an ACL could name it
	Domino  bool        // its class is dominoGroup, where a missing type is worth a warning
	Missing int         // members that name nothing that the directory knows

	role   DirectoryRole
	source uint8
}

// alive tells whether the group still has an entry.
func (g *Group) alive() bool { return g.Entry != directory.None }

// same tells whether a group differs from another in its members at most.
func (g *Group) same(o *Group) bool {
	return g.Entry == o.Entry && g.Type == o.Type && g.role == o.role && g.source == o.source &&
		slices.EqualFunc(g.Names, o.Names, func(a, b name.Name) bool { return a.Key() == b.Key() })
}

// DenyList tells whether the group is one that answers hide (rule 4.2).
func (g *Group) DenyList() bool { return g.Type == TypeDenyList }

// TypeMissing tells whether the entry does not say what type it is.
func (g *Group) TypeMissing() bool { return g.Type == typeMissing }

// TypeDoubtful tells whether the entry gives a type that does not exist.
func (g *Group) TypeDoubtful() bool { return g.Type == typeDoubtful }

// groupReader reads group entries.
type groupReader struct {
	settings *Settings
	store    *directory.Store
	bases    []string // keys of GroupNameBases; one that is no DN lets no group be named
}

func (s *Settings) groupReader(st *directory.Store) groupReader {
	r := groupReader{settings: s, store: st}
	for _, b := range s.GroupNameBases {
		if k, err := name.KeyOf(b); err == nil {
			r.bases = append(r.bases, k)
		}
	}
	return r
}

func (r *groupReader) read(id directory.ID) Group {
	e := r.store.Entry(id)
	g := Group{Entry: id, role: r.settings.role(e), source: e.Source(), Domino: r.store.Class("dominoGroup").Contains(uint32(id))}
	g.Type = r.groupType(e)
	g.Names = r.names(e)
	if len(g.Names) > 0 {
		g.Label = g.Names[0].Abbreviated()
	} else {
		g.Label = e.DN()
	}
	return g
}

// adSecurity is the bit of Active Directory's groupType that makes a group one
// of security; without it the group is for mail.
const adSecurity = 1 << 31

func (r *groupReader) groupType(e directory.Entry) int {
	text, several, ok := r.first(e, "groupType")
	if !ok {
		return typeMissing
	}
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	switch {
	case err != nil || several:
		return typeDoubtful
	case r.settings.ActiveDirectory && n&adSecurity != 0:
		return TypeMultiPurpose
	case r.settings.ActiveDirectory:
		return TypeMailOnly
	case n < TypeMultiPurpose || n > TypeServersOnly:
		return typeDoubtful
	}
	return int(n)
}

// names lists the names of a group: the Notes form of its DN and further list
// names (rule 4.1), or its common names where the configuration says so.
func (r *groupReader) names(e directory.Entry) []name.Name {
	if r.settings.GroupName == GroupNamedByCN {
		if !r.mayBeNamed(e.Key()) {
			return nil
		}
		return r.parsed(e, "cn")
	}
	dn, err := name.ParseDN(e.DN())
	if err != nil {
		return nil
	}
	return append([]name.Name{name.FromDN(dn)}, r.parsed(e, "listName")...)
}

func (r *groupReader) mayBeNamed(key string) bool {
	if len(r.settings.GroupNameBases) == 0 {
		return true
	}
	return slices.ContainsFunc(r.bases, func(b string) bool { return name.KeyUnder(key, b) })
}

func (r *groupReader) parsed(e directory.Entry, attribute string) []name.Name {
	id, ok := r.store.Schema().Lookup(attribute)
	if !ok {
		return nil
	}
	raw, ok := e.Find(id)
	if !ok {
		return nil
	}
	var out []name.Name
	for vs := raw.Values(); ; {
		text, ok := vs.Next()
		if !ok {
			return out
		}
		if n := name.Parse(text); usable(n) {
			out = append(out, n)
		}
	}
}

// first is the first value of an attribute, and whether there are others.
func (r *groupReader) first(e directory.Entry, attribute string) (text string, several, ok bool) {
	id, ok := r.store.Schema().Lookup(attribute)
	if !ok {
		return "", false, false
	}
	raw, ok := e.Find(id)
	if !ok {
		return "", false, false
	}
	vs := raw.Values()
	text, ok = vs.Next()
	_, several = vs.Next()
	return text, several, ok
}

// groupNames maps the names of groups to the one group that has each: the
// primary directory's before any other (rule 4.7); two groups of one name in
// one directory are nobody's.
type groupNames map[name.Key]group.ID

// ambiguous is what a name maps to that two groups of one directory have.
const ambiguous = ^group.ID(0)

func nameGroups(groups []Group, directories int) groupNames {
	names := groupNames{}
	for source := range directories {
		layer := groupNames{}
		for id := range groups {
			if g := &groups[id]; g.alive() && g.role.Groups && int(g.source) == source {
				layer.claim(g, group.ID(id))
			}
		}
		for k, id := range layer {
			if _, taken := names[k]; !taken {
				names[k] = id
			}
		}
	}
	return names
}

// doubledGroups lists, for each name that means no group because several of one
// directory have it, the groups that do.
func doubledGroups(groups []Group, named groupNames) map[name.Key][]group.ID {
	doubled := map[name.Key][]group.ID{}
	add := func(k name.Key, id group.ID) {
		others := doubled[k]
		switch {
		case named[k] != ambiguous || len(others) > 0 && groups[others[0]].source < groups[id].source:
			return // a later directory's is not meant
		case len(others) > 0 && groups[others[0]].source > groups[id].source:
			others = nil
		}
		doubled[k] = append(others, id)
	}
	for id := range groups {
		if g := &groups[id]; g.alive() && g.role.Groups {
			for _, n := range g.Names {
				add(n.Key(), group.ID(id))
			}
		}
	}
	return doubled
}

func (m groupNames) claim(g *Group, id group.ID) {
	for _, n := range g.Names {
		if holder, taken := m[n.Key()]; taken && holder != id {
			m[n.Key()] = ambiguous
		} else {
			m[n.Key()] = id
		}
	}
}

// find is the group that a name means in an ACL.
func (m groupNames) find(k name.Key) (group.ID, bool) {
	id, ok := m[k]
	return id, ok && id != ambiguous
}
