package resolver

import (
	"slices"
	"strings"

	"github.com/aclens/aclens/resolver/name"
)

// HiddenDenyList stands for the name of a deny list that may not be shown.
const HiddenDenyList = "(deny list)"

// OnlyOwn leaves in an explanation what a person may know of the own access:
// no entries that lost, and no group chains that lead through others.
func (e *Explanation) OnlyOwn() {
	e.Considered, e.Misses, e.Contested = []Considered{}, []Considered{}, []Contested{}
}

// HideDenyLists takes the names of deny-list groups out of an explanation (rule 4.2).
func (s *Snapshot) HideDenyLists(e *Explanation) {
	hidden := s.members.hidden
	if len(hidden) == 0 {
		return
	}
	hide := func(label *string) {
		if hidden[name.Parse(*label).Key()] {
			*label = HiddenDenyList
		}
	}
	for i := range e.Winning {
		hide(&e.Winning[i])
	}
	secret := func(label string) bool { return hidden[name.Parse(label).Key()] }
	e.Paths = slices.DeleteFunc(e.Paths, func(p Path) bool {
		if !secret(p.Entry) && !slices.ContainsFunc(p.Via, secret) {
			return false
		}
		e.Warnings = slices.DeleteFunc(e.Warnings, func(w string) bool { return w == nestingWarning(p) })
		return true
	})
	isHidden := func(c Considered) bool { return hidden[name.Parse(c.Entry).Key()] }
	e.Considered = slices.DeleteFunc(e.Considered, isHidden)
	e.Misses = slices.DeleteFunc(e.Misses, isHidden)
	if e.Server.Access != "allowed" {
		e.Server.Rule, e.Server.Why = "", "" // would tell which list names the subject
		for i, w := range e.Warnings {
			if strings.HasPrefix(w, unlessRefused) {
				e.Warnings[i] = unlessRefused
			}
		}
	}
}

// denyListNames are the names of deny-list groups, and the labels of those that
// have no name.
func denyListNames(groups []Group) map[name.Key]bool {
	names := map[name.Key]bool{}
	for i := range groups {
		if g := &groups[i]; g.alive() && g.DenyList() {
			names[name.Parse(g.Label).Key()] = true
			for _, n := range g.Names {
				names[n.Key()] = true
			}
		}
	}
	return names
}
