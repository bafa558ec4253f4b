package finding

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/group"
	"github.com/aclens/aclens/resolver/name"
)

// ofDirectory finds what is wrong with people and groups, whatever names them.
func (v *view) ofDirectory() []Finding {
	found := v.duplicateNames()
	found = append(found, v.duplicateGroups()...)
	found = append(found, v.emptyGroups()...)
	found = append(found, v.deepNesting()...)
	found = append(found, v.cycles()...)
	found = append(found, v.groupTypes()...)
	for _, id := range v.members {
		found = append(found, v.danglingMembers(id)...)
	}
	return found
}

func (v *view) duplicateNames() []Finding {
	var found []Finding
	for n, ids := range v.x.SharedNames() {
		found = append(found, v.duplicates("duplicate-name", n, ids))
	}
	return found
}

// duplicates is the finding about one name of several entries.
func (v *view) duplicates(kind string, n name.Name, ids []directory.ID) Finding {
	dns := make([]string, len(ids))
	for i, id := range ids {
		dns[i] = v.s.Store().Entry(id).DN()
	}
	slices.Sort(dns)
	f := New(kind, n.Abbreviated(), "")
	f.Count, f.Subjects = len(dns), listed(dns)
	return f
}

// duplicateGroups finds the names that two groups of one directory have.
func (v *view) duplicateGroups() []Finding {
	holders := map[name.Key][]group.ID{}
	for _, id := range v.members {
		for _, n := range v.s.Group(id).Names {
			if _, _, several := v.x.GroupNamed(n.Key()); several && !slices.Contains(holders[n.Key()], id) {
				holders[n.Key()] = append(holders[n.Key()], id)
			}
		}
	}
	var found []Finding
	for _, k := range slices.Sorted(maps.Keys(holders)) {
		ids := holders[k]
		f := v.aboutGroup("duplicate-group", ids[0], "")
		dns := make([]string, len(ids))
		for i, id := range ids {
			g := v.s.Group(id)
			dns[i] = v.s.Store().Entry(g.Entry).DN()
			f.DenyList = f.DenyList || g.DenyList()
		}
		f.Subject = v.nameOf(ids[0], k)
		f.Count, f.Subjects = len(dns), listed(dns)
		found = append(found, f)
	}
	return found
}

// nameOf is the spelling of one of a group's names.
func (v *view) nameOf(id group.ID, k name.Key) string {
	for _, n := range v.s.Group(id).Names {
		if n.Key() == k {
			return n.Abbreviated()
		}
	}
	return v.s.Group(id).Label
}

func (v *view) aboutGroup(kind string, id group.ID, detail string) Finding {
	g := v.s.Group(id)
	f := New(kind, g.Label, detail)
	f.DenyList = g.DenyList()
	return f
}

// emptyGroups finds the groups that hold nobody at any depth. An empty deny list
// is how things should be.
func (v *view) emptyGroups() []Finding {
	graph := v.x.Graph()
	filled := make([]bool, graph.Len())
	var queue []group.ID
	fill := func(id group.ID) {
		if !filled[id] {
			filled[id] = true
			queue = append(queue, id)
		}
	}
	for _, id := range v.members {
		if m := graph.Members(id); len(m.Entries)+len(m.Names) > 0 {
			fill(id)
		}
	}
	for len(queue) > 0 {
		id := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		for _, p := range graph.Parents(id) {
			fill(p)
		}
	}
	var found []Finding
	for _, id := range v.members {
		if !filled[id] && !v.s.Group(id).DenyList() {
			found = append(found, v.aboutGroup("empty-group", id, ""))
		}
	}
	return found
}

// documentedDepth is the limit that older help states (rule 4.4).
const documentedDepth = 6

// deepNesting reports a chain that is too deep at its outer end, and at groups
// on the way that an ACL names.
func (v *view) deepNesting() []Finding {
	depths := v.x.Nesting().Depths()
	named := v.namedGroups()
	var found []Finding
	for _, id := range v.members {
		deeper := func(p group.ID) bool { return depths[p] > depths[id] }
		outer := !slices.ContainsFunc(v.x.Graph().Parents(id), deeper)
		if depths[id] > documentedDepth && (outer || named[id]) {
			found = append(found, v.aboutGroup("deep-nesting", id, fmt.Sprintf("%d groups deep", depths[id])))
		}
	}
	return found
}

// namedGroups are the groups that some ACL names.
func (v *view) namedGroups() map[group.ID]bool {
	named := map[group.ID]bool{}
	for _, db := range v.s.Databases().All() {
		for i := range db.Primary.List.Entries {
			e := &db.Primary.List.Entries[i]
			if id, one, _ := v.x.GroupNamed(e.Key()); one && e.Kind == acl.KindName {
				named[id] = true
			}
		}
	}
	return named
}

func (v *view) cycles() []Finding {
	var found []Finding
	for _, ids := range v.x.Nesting().Cycles() {
		labels := make([]string, len(ids))
		deny := false
		for i, id := range ids {
			labels[i] = v.s.Group(id).Label
			deny = deny || v.s.Group(id).DenyList()
		}
		slices.Sort(labels)
		f := New("group-cycle", labels[0], "")
		f.Count, f.Subjects, f.DenyList = len(labels), listed(labels), deny
		found = append(found, f)
	}
	return found
}

// groupTypes finds types that are missing, one finding a directory, and types
// that do not exist.
func (v *view) groupTypes() []Finding {
	var found []Finding
	without := map[string][]string{}
	for _, id := range v.members {
		g := v.s.Group(id)
		switch {
		case g.TypeDoubtful():
			found = append(found, v.aboutGroup("group-type-unknown", id, ""))
		case g.TypeMissing() && g.Domino:
			where := v.x.Directory(g).Name
			without[where] = append(without[where], g.Label)
		}
	}
	for where, labels := range without {
		f := New("group-without-type", where, "")
		f.Count, f.Subjects = len(labels), listed(labels)
		found = append(found, f)
	}
	return found
}

// danglingMembers finds the members of a group that do not exist, one finding a
// class. On a deny list they are normal.
func (v *view) danglingMembers(id group.ID) []Finding {
	if v.s.Group(id).DenyList() {
		return nil
	}
	byClass := map[string][]string{}
	for _, m := range v.x.LooseMembers(id) {
		if len(v.x.Holders(m.Name.Key())) > 1 {
			continue // a duplicate-name
		}
		word, text := v.describeLoose(m)
		byClass[word] = append(byClass[word], text)
	}
	var found []Finding
	for word, texts := range byClass {
		slices.SortFunc(texts, func(a, b string) int { return cmp.Or(cmp.Compare(name.Fold(a), name.Fold(b)), cmp.Compare(a, b)) })
		f := v.aboutGroup(danglingMember+word, id, "")
		f.Count, f.Subjects = len(texts), listed(texts)
		found = append(found, f)
	}
	return found
}

// describeLoose is the class of a member that names no entry, and its text.
func (v *view) describeLoose(m resolver.Loose) (word, text string) {
	switch {
	case m.UID != "":
		return deleted, m.UID
	case m.Name.IsZero():
		return nonPerson, "(empty)"
	}
	c := v.shared.classes[m.Name.Key()]
	return c.word, c.written(m.Name.Abbreviated())
}
