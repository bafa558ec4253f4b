package directory

import (
	"maps"
	"slices"
)

// Directories may each have an entry of one name: every Domino Directory has
// its own LocalDomainServers. The first directory's counts (rule 4.7); the
// others wait in the Store's shadows, so that none of them can ever stand in
// for it, and each is there once those before it are gone.

// replace puts a record where an entry or glue of the same name is.
func (w *writer) replace(id ID, record Entry) {
	now := w.entries[id]
	switch {
	case now.IsGlue() || now.Source() == record.Source():
		w.write(id, record)
	case now.Source() < record.Source():
		w.shade(record)
	default:
		w.shade(now)
		w.write(id, record)
	}
}

// shade keeps a record that is not seen, instead of an earlier one of its directory.
func (w *writer) shade(record Entry) {
	key := record.Key()
	w.unshade(key, record.Source())
	w.ownShadows()
	list := append(slices.Clone(w.shadows[key]), record)
	slices.SortFunc(list, func(a, b Entry) int { return int(a.Source()) - int(b.Source()) })
	w.shadows[key] = list
}

// unshade forgets what a directory has under a name.
func (w *writer) unshade(key string, source uint8) {
	list := w.shadows[key]
	at := slices.IndexFunc(list, func(e Entry) bool { return e.Source() == source })
	if at < 0 {
		return
	}
	w.ownShadows()
	list = slices.Delete(slices.Clone(list), at, at+1)
	if w.shadows[key] = list; len(list) == 0 {
		delete(w.shadows, key)
	}
}

// emerge takes the first entry out of the shadow.
func (w *writer) emerge(key string) (Entry, bool) {
	list := w.shadows[key]
	if len(list) == 0 {
		return "", false
	}
	first := list[0]
	w.unshade(key, first.Source())
	return first, true
}

// ownShadows makes the shadows a copy that this writer may change.
func (w *writer) ownShadows() {
	if w.shaded {
		return
	}
	w.shaded = true
	if w.shadows = maps.Clone(w.shadows); w.shadows == nil {
		w.shadows = map[string][]Entry{}
	}
}
