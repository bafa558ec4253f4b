package server

import (
	"strings"

	"github.com/aclens/aclens/resolver/name"
)

// entry is one entry of a list, read once.
type entry struct {
	text string // as spelled
	name name.Name
	kind entryKind
}

type entryKind uint8

const (
	entryVoid      entryKind = iota // means nobody
	entryName                       // a subject or a group
	entryWildcard                   // */certifier
	entryDirectory                  // * alone
	entryView                       // *View
)

func readEntry(text string) entry {
	n := name.Parse(text)
	e := entry{text: text, name: n, kind: entryName}
	switch {
	case n.IsZero() || n.IsTemplate():
		e.kind = entryVoid
	case n.IsWildcard() && !n.Hierarchical():
		e.kind = entryDirectory
	case n.IsWildcard():
		e.kind = entryWildcard
	case strings.HasPrefix(strings.TrimSpace(text), "*"):
		e.kind = entryView
	}
	return e
}

// readEntries reads a list; empty values are none.
func readEntries(values []string) []entry {
	entries := make([]entry, 0, len(values))
	for _, v := range values {
		if strings.TrimSpace(v) != "" {
			entries = append(entries, readEntry(v))
		}
	}
	return entries
}

// sealed is what a Server holds, in the form that questions need.
type sealed struct {
	items   map[string][]entry
	folders []readFolder
}

// Seal reads every list once, so that questions do not. The Server must not be
// changed afterwards, and may then be asked by several goroutines. A Server
// that is not sealed gives the same answers, slower.
func (s *Server) Seal() {
	all := &sealed{items: map[string][]entry{}, folders: readFolders(s.Settings.Folders)}
	if s.Document != nil {
		for item, values := range s.Document.Lists {
			all.items[item] = readEntries(values)
		}
	}
	s.sealed = all
}

// EachListed yields every name that the document and the folders of a server
// list: of subjects, of groups, and wildcards.
func (s *Server) EachListed(yield func(name.Name)) {
	each := func(entries []entry) {
		for i := range entries {
			if k := entries[i].kind; k == entryName || k == entryWildcard {
				yield(entries[i].name)
			}
		}
	}
	if s.Document != nil {
		for item := range s.Document.Lists {
			entries, _ := s.entries(item)
			each(entries)
		}
	}
	for _, f := range s.folders() {
		each(f.entries)
	}
}

// entries returns an item without its empty values, and whether the document
// has the item at all: an item that is not there is not known to be blank.
func (s *Server) entries(item string) (entries []entry, present bool) {
	if s.sealed != nil {
		entries, present = s.sealed.items[item]
		return entries, present
	}
	if s.Document == nil {
		return nil, false
	}
	values, present := s.Document.Lists[item]
	return readEntries(values), present
}

func (s *Server) folders() []readFolder {
	if s.sealed != nil {
		return s.sealed.folders
	}
	return readFolders(s.Settings.Folders)
}
