package resolver

import (
	"slices"

	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/name"
)

// NamesList is what the values of Readers and Authors items are compared with
// (rule 8.2): the subject's names, the wildcards that cover them, the groups
// that count and pass the filter, and the given roles.
func (s *Snapshot) NamesList(sub *Subject, shown func(*Group) bool, roles []string) []string {
	var groups []string
	for _, id := range sub.groups {
		if g := &s.members.groups[id]; shown(g) {
			for _, n := range g.Names {
				groups = append(groups, n.Canonical())
			}
		}
	}
	names := sub.names
	if len(names) == 0 {
		names = []name.Name{sub.Name}
	}
	var list []string
	for i, n := range names {
		if i > 0 { // groups and roles stand behind the identity once
			groups, roles = nil, nil
		}
		for _, each := range name.NamesList(n, groups, roles) {
			if !slices.Contains(list, each) {
				list = append(list, each)
			}
		}
	}
	return list
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
