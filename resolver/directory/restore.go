package directory

import (
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/pairs"
	"github.com/aclens/aclens/resolver/schema"
)

// Record is an entry on its way back into a Store. Its attributes are those of
// a Draft whose names are resolved: each description once.
type Record struct {
	DN         string
	Source     uint8
	Glue       bool // see Entry.IsGlue; glue has no attributes
	Attributes []RecordAttribute
}

// RecordAttribute is one attribute of a Record.
type RecordAttribute struct {
	ID     schema.ID
	Values [][]byte // at least one
}

// Shadowed lists the entries that a directory has and that an earlier
// directory's entry of the same name hides (rule 4.7), by normalised DN and then
// by Source.
func (s *Store) Shadowed() iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		for _, key := range slices.Sorted(maps.Keys(s.shadows)) {
			for _, e := range s.shadows[key] {
				if !yield(e) {
					return
				}
			}
		}
	}
}

// Restorer puts a Store together again from what one held, without the work
// that Apply has to find out what replaces what. Nothing is believed that can
// be checked: names are read again, and the tree and the indexes made anew, those
// over values once they are asked for.
type Restorer struct {
	w       *writer
	shadows map[string][]Entry
	bases   map[schema.ID]bool // that entries have
}

// Restore begins a Store under a schema that knows every description to come.
func Restore(sc *schema.Schema) *Restorer {
	return &Restorer{w: newWriter(Empty(sc), 0), shadows: map[string][]Entry{}, bases: map[schema.ID]bool{}}
}

// Take adds a part behind those before it; the part is used up.
func (r *Restorer) Take(p *Part) error {
	for i, e := range p.slots {
		if e == "" {
			r.w.free = append(r.w.free, ID(len(r.w.entries)+i))
		}
	}
	r.w.entries = append(r.w.entries, p.slots...)
	for id, record := range p.seen {
		if record > 0 {
			r.bases[r.w.schema.Base(schema.ID(id))] = true
		}
	}
	for _, e := range p.hidden {
		list := r.shadows[e.Key()]
		if n := len(list); n > 0 && list[n-1].Source() >= e.Source() {
			return fmt.Errorf("hidden entry %q: directories out of order", e.DN())
		}
		r.shadows[e.Key()] = append(list, e)
	}
	return nil
}

// Store is what was taken; an error if that is no Store that Apply could have
// made. The Restorer is used up.
func (r *Restorer) Store() (*Store, error) {
	w := r.w
	if err := w.growTree(); err != nil {
		return nil, err
	}
	if err := w.checkShadows(r.shadows); err != nil {
		return nil, err
	}
	if len(r.shadows) > 0 {
		w.Store.shadows = r.shadows
	}
	w.Store.postpone(r.bases)
	return w.Store, nil
}

// growTree finds every entry's place in the tree by its name, and its classes.
func (w *writer) growTree() error {
	n := w.noteShards(nil, func(r *recorder, n *notes, id ID) { r.noteName(w, n, id, w.entries[id], +1) })
	w.Store.byDN = w.Store.byDN.Merge(nil, n.byDN.come)
	w.old.byDN = w.Store.byDN // what apply begins with
	if err := w.checkNames(); err != nil {
		return err
	}
	w.parents = make([]ID, len(w.entries))
	classes := w.wanted([]schema.ID{w.classID()}, nil)
	w.apply(w.noteShards(classes, func(r *recorder, n *notes, id ID) {
		w.parents[id] = r.parentOf(w, id)
		r.notePlace(w, n, id, w.entries[id], +1)
		r.noteValues(w, n, id, w.entries[id], +1)
	}))
	return w.checkTree()
}

// parentOf is what is found above an entry; None at the top, and where nothing is.
func (r *recorder) parentOf(w *writer, id ID) ID {
	e := w.entries[id]
	if e == "" {
		return None
	}
	above, _ := name.ParentKey(e.Key())
	if above == "" {
		return None
	}
	if above != r.above.key { // entries mostly stand beside others of the same place
		r.above.key = above
		r.above.id, _ = w.Find(above)
	}
	return r.above.id
}

// checkNames refuses two entries of one name: they are neighbours, or between
// others of the same hash.
func (w *writer) checkNames() error {
	for i, p := range w.Store.byDN {
		e := w.entries[pairs.Second(p)]
		for _, q := range w.Store.byDN[i+1:] {
			if pairs.First(q) != pairs.First(p) {
				break
			}
			if other := w.entries[pairs.Second(q)]; other.Key() == e.Key() {
				return fmt.Errorf("entry %q is there twice", other.DN())
			}
		}
	}
	return nil
}

// checkTree refuses what hangs in the air, and what holds nothing up.
func (w *writer) checkTree() error {
	for id, e := range w.entries {
		switch {
		case e == "":
		case e.IsGlue() && w.Children(ID(id)).Len() == 0:
			return fmt.Errorf("place %q holds no entry up", e.DN())
		case w.parents[id] == None:
			if above, _ := name.ParentKey(e.Key()); above != "" {
				return fmt.Errorf("entry %q: nothing is above it", e.DN())
			}
		}
	}
	return nil
}

// checkShadows refuses a hidden entry that none of an earlier directory hides.
func (w *writer) checkShadows(shadows map[string][]Entry) error {
	for key, list := range shadows {
		id, ok := w.Find(key)
		if !ok || w.entries[id].IsGlue() || w.entries[id].Source() >= list[0].Source() {
			return fmt.Errorf("hidden entry %q: no entry of an earlier directory hides it", list[0].DN())
		}
	}
	return nil
}
