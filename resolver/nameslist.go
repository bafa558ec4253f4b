package resolver

import (
	"slices"

	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/name"
)

// NamesList is what the values of Readers and Authors items are compared with
// (rule 8.2): the subject's names, the wildcards that cover them, the groups
// that count and pass the filter, and the given roles. A name or common name that
// somebody else has too is nobody's, and so is one that means another group or none.
func (s *Snapshot) NamesList(sub *Subject, shown func(*Group) bool, roles []string) []string {
	groups := s.groupTexts(sub, shown)
	names := sub.names
	if len(names) == 0 {
		names = []name.Name{sub.Name}
	}
	var list []string
	for i, n := range names {
		if i > 0 { // groups and roles stand behind the identity once
			groups, roles = nil, nil
		}
		doubtful := s.doubtful(sub, n)
		for _, each := range name.NamesList(n, groups, roles) {
			if !slices.Contains(list, each) && !slices.Contains(doubtful, name.Parse(each).Key()) {
				list = append(list, each)
			}
		}
	}
	return list
}

// doubtful are the ways to say a name of the subject that may mean somebody
// else: the name and its common name, or the latter alone. The common name of an
// alternate name is among them: nobody looks who else has it.
func (s *Snapshot) doubtful(sub *Subject, n name.Name) []name.Key {
	switch {
	case len(sub.names) > 0 && !slices.Contains(sub.keys, n.Key()):
		return []name.Key{n.Key(), n.CommonKey()}
	case n.Hierarchical() && (n.Key() != sub.Name.Key() || s.names.isAnothers(n.CommonKey(), &s.namer, sub.Entry)):
		return []name.Key{n.CommonKey()}
	}
	return nil
}

// groupTexts are the names by which the groups that count name a subject.
func (s *Snapshot) groupTexts(sub *Subject, shown func(*Group) bool) []string {
	var texts []string
	for _, id := range sub.groups {
		g := &s.members.groups[id]
		if !shown(g) {
			continue
		}
		for _, n := range g.Names {
			if holder, ok := s.members.named.find(n.Key()); ok && holder == id {
				texts = append(texts, n.Canonical())
			}
		}
	}
	return texts
}

// AnyGroup passes every group of a NamesList.
func AnyGroup(*Group) bool { return true }

// DocumentAccess tells what a subject may do with one document of a database
// (section 8 of docs/access-rules.md), by which item and value.
func (s *Snapshot) DocumentAccess(sub *Subject, in *database.Instance, q Query, doc *acl.Document) acl.DocumentAccess {
	a := s.ask(sub, q)
	d := a.decide(in, s.match(a.sub, in, s.settings.CommonName), s.settings.Reading)
	list := s.NamesList(a.sub, AnyGroup, in.List.RoleNames(d.Roles))
	return doc.Access(acl.StandingOf(d.Decision, acl.NewNamesList(list)))
}
