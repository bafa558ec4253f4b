package server

import (
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/name"
)

// standing is how a subject stands to a list of entries.
type standing uint8

const (
	unlisted standing = iota
	doubtful          // an entry may mean the subject, but nothing here can tell
	shared            // an entry is a name of the subject that somebody else has too: it lets nobody in, and shuts both out
	listed
)

var standingWords = [...]string{
	"not listed", "whether the entry means the subject cannot be known", "listed under a name that several have", "listed",
}

// String says the standing in a reason's words.
func (s standing) String() string { return standingWords[s] }

// find compares a subject with entries and returns the text of the one that
// decided. An entry that certainly means the subject goes before one that only
// might.
func find(entries []entry, sub Subject) (standing, string) {
	best, by := unlisted, ""
	for i := range entries {
		if s := entries[i].compare(sub); s > best {
			best, by = s, entries[i].text
		}
	}
	return best, by
}

// compare reads one entry: a name, a group, */certifier, * for everyone in the
// directory, or *View for everyone in a view (rule 7.2).
func (e *entry) compare(sub Subject) standing {
	switch e.kind {
	case entryVoid:
		return unlisted
	case entryDirectory:
		return standingOf(sub.InDirectory())
	case entryWildcard:
		return standingOf(coversAny(e.name, sub.Names()))
	case entryView:
		return doubtful // the content of a view is not known
	}
	own, shares := isOneOf(e.name, sub.Names()), sub.Shares(e.name.Key())
	switch {
	case own && !shares || sub.InGroup(e.name.Key()):
		return listed
	case own:
		return shared
	case shares:
		return doubtful
	}
	return standingByCommonName(e.name, sub.Names())
}

func standingOf(is bool) standing {
	if is {
		return listed
	}
	return unlisted
}

func coversAny(wildcard name.Name, names []name.Name) bool {
	for _, n := range names {
		if wildcard.Covers(n) {
			return true
		}
	}
	return false
}

func isOneOf(n name.Name, names []name.Name) bool {
	for _, own := range names {
		if !own.IsZero() && own.Key() == n.Key() {
			return true
		}
	}
	return false
}

// standingByCommonName answers for an entry that is the bare common name of a
// hierarchical name. Whether it means the subject is contested (rule 2.10), so
// it may shut out but lets nobody in.
func standingByCommonName(entry name.Name, names []name.Name) standing {
	if entry.Hierarchical() {
		return unlisted
	}
	for _, own := range names {
		if own.Hierarchical() && own.CommonKey() == entry.Key() {
			return doubtful
		}
	}
	return unlisted
}

// isNobody tells whether the subject is not authenticated. A nameless subject
// counts as such where a right would be granted to everybody.
func isNobody(sub Subject) bool {
	names := sub.Names()
	return len(names) == 0 || names[0].IsZero() || isAnonymous(sub)
}

func isAnonymous(sub Subject) bool {
	names := sub.Names()
	return len(names) > 0 && names[0].Key() == name.Parse(acl.AnonymousName).Key()
}

// listedIn tells whether an item certainly names the subject; a blank or
// absent item names nobody.
func (s *Server) listedIn(item, rule string, sub Subject) (bool, Reason) {
	entries, present := s.entries(item)
	found, entry := find(entries, sub)
	r := Reason{Rule: rule, Item: item, Entry: entry, Why: found.String()}
	switch {
	case s.Document == nil:
		r.Why = "no Server document"
	case !present:
		r.Why = "the Server document does not carry the item"
	case len(entries) == 0:
		r.Why = "blank"
	}
	return found == listed, r
}
