package refresh

import (
	"slices"
	"time"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/finding"
)

// DuplicateEntry is the kind of finding about entries that are there twice.
const DuplicateEntry = "duplicate-entry"

// advise lists what is to be said about a new state.
func (w *world) advise(s *state) []finding.Finding {
	return append(finding.All(s.snapshot, s.databases.problems), w.duplicates(s.snapshot)...)
}

// findings adds what is wrong with the sources to what is wrong with the state.
func (w *world) findings(s *state) []finding.Finding {
	list := slices.Clone(s.advice)
	list = append(list, w.acls.troubles()...)
	list = append(list, w.documents.troubles()...)
	for _, err := range []error{w.databasesErr, w.serversErr, w.heldErr} {
		if err != nil {
			list = append(list, finding.New(finding.BrokenExport, err.Error(), "Everything stays as it was before."))
		}
	}
	for _, h := range w.directories {
		if h.err != nil && h.Live == nil {
			list = append(list, brokenFile("directory "+h.name, h.err, true))
		}
		for _, f := range h.faults {
			if f.Severity == finding.Error {
				list = append(list, finding.New(finding.BrokenExport, f.File+", "+f.Subject, f.Err.Error()))
			}
		}
	}
	list = append(list, w.staleSources()...)
	list = append(list, w.leftReferences()...)
	list = append(list, w.heldFindings()...)
	finding.Sort(list)
	return list
}

// staleSources are the sources that are older than the configuration allows.
func (w *world) staleSources() []finding.Finding {
	var list []finding.Finding
	now := w.Clock.Now()
	for _, s := range w.sources() {
		limit := w.Stale.ACL
		if s.Directory {
			limit = w.Stale.Directory
		}
		if !resolver.TooOld(now, s.AsOf, limit) {
			continue
		}
		detail := "It is of " + s.AsOf.UTC().Format(time.RFC3339)
		if resolver.ToCome(now, s.AsOf) {
			detail += ", which is yet to come: the clock there or here is wrong, and nobody knows how old it is"
		}
		list = append(list, finding.New(finding.StaleExport, s.Name, detail+"."))
	}
	return list
}

// leftReferences says of which directories references were left out, and not
// where to they lead: that is for the log alone.
func (w *world) leftReferences() []finding.Finding {
	var list []finding.Finding
	for _, h := range w.directories {
		if h.LeftOut == nil || h.LeftOut() == 0 {
			continue
		}
		f := finding.New(finding.ReferencesLeftOut, "directory "+h.name, "What other servers hold there is not known.")
		f.Count = h.LeftOut()
		list = append(list, f)
	}
	return list
}

// duplicates are people, servers and groups that are there twice: in one
// directory, or in a later one behind an earlier one, whose entry counts.
func (w *world) duplicates(s *resolver.Snapshot) []finding.Finding {
	var list []finding.Finding
	for i, h := range w.directories {
		list = append(list, w.duplicate(s, h.name, h.twice, "The directory holds several entries of one name; one of them counts.")...)
		if i > 0 {
			list = append(list, w.duplicate(s, h.name, w.shadowed(i), "An earlier directory has entries of the same name; those count.")...)
		}
	}
	return list
}

// shadowed are the entries of a directory that an earlier one has too.
func (w *world) shadowed(source int) []string {
	var keys []string
	for key := range w.directories[source].entries.all() {
		if w.heldBefore(source, key) {
			keys = append(keys, key)
		}
	}
	return keys
}

// heldBefore tells whether a directory before this one has the entry.
func (w *world) heldBefore(source int, key string) bool {
	return slices.ContainsFunc(w.directories[:source], func(h *heldDirectory) bool {
		return h.entries.has(key)
	})
}

// duplicate is a finding about the entries that are subjects or groups, and
// another one about deny lists, which not everybody may know of (rule 4.2).
func (w *world) duplicate(s *resolver.Snapshot, directoryName string, keys []string, detail string) []finding.Finding {
	var open, deny []string
	for _, key := range keys {
		id, ok := s.Store().Find(key)
		if !ok {
			continue
		}
		g, isGroup := s.GroupOf(id)
		_, isSubject := s.Population().Kind(id)
		switch dn := s.Store().Entry(id).DN(); {
		case isGroup && s.Group(g).DenyList():
			deny = append(deny, dn)
		case isGroup || isSubject:
			open = append(open, dn)
		}
	}
	var list []finding.Finding
	for _, part := range []struct {
		names []string
		deny  bool
	}{{open, false}, {deny, true}} {
		if len(part.names) == 0 {
			continue
		}
		slices.Sort(part.names)
		names := slices.Compact(part.names)
		list = append(list, finding.Finding{
			Severity: finding.Warning, Kind: DuplicateEntry, Subject: "directory " + directoryName, Detail: detail,
			Advice: "Rename or remove one of the entries.", Count: len(names),
			Subjects: names[:min(len(names), finding.MaxSubjects)], DenyList: part.deny,
		})
	}
	return list
}
