package directory

import (
	"fmt"
	"maps"
	"slices"

	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/schema"
)

// Change adds or replaces one entry of a directory, or removes one.
type Change struct {
	Remove string // normalised DN to remove; Put and Packed must be nothing then
	Source uint8  // of a removal: the directory that no longer has the entry
	Put    *Draft
	Packed Packed // instead of Put
}

// Fault is an entry that could not be taken, with the reason; or, if Taken, an
// attribute of it that was left out.
type Fault struct {
	DN    string
	Err   error
	Taken bool
}

func (f Fault) Error() string { return fmt.Sprintf("entry %q: %v", f.DN, f.Err) }

// Apply returns the Store that the changes make of s, which stays as it is.
// Changes apply in order; entries that cannot be taken are reported and leave
// what was there. An attribute whose name cannot be known is left out and
// reported, for the rest of its entry may take somebody's access away. Of several directories that have an entry of one name the one
// with the lowest Source is seen (rule 4.7). Unknown attribute names extend the
// schema. touched lists the IDs whose entry came, went or changed, ascending.
func (s *Store) Apply(changes []Change) (next *Store, touched []ID, faults []Fault) {
	w := newWriter(s, len(changes))
	w.learn(changes)
	if w.first = len(s.entries) == 0 && onlyPuts(changes); w.first {
		return w.fill(changes)
	}
	return w.step(changes)
}

// step makes the changes one after the other.
func (w *writer) step(changes []Change) (next *Store, touched []ID, faults []Fault) {
	for i := range changes {
		w.change(&changes[i])
	}
	w.settleGlue()
	for id, before := range w.touched {
		if before != w.entries[id] {
			touched = append(touched, id)
		}
	}
	slices.Sort(touched)
	return w.finish(), touched, w.faults
}

// WithSchema is the same Store under a schema that extends its own.
func (s *Store) WithSchema(sc *schema.Schema) *Store {
	c := *s
	c.schema = sc
	return &c
}

// writer is a Store being made: the tables that a change writes to are copies,
// the indexes are still those of the old Store and what changes is noted.
type writer struct {
	*Store
	old     *Store
	pending map[string]ID // keys added by this Apply
	gone    map[string]bool
	touched map[ID]Entry // the old record of every slot that was written
	nameIDs map[string]schema.ID
	faults  []Fault
	packer  packer
	leftOut int        // attributes whose names cannot be known
	orphans []ID       // slots that lost a child or their entry
	grown   map[ID]int // children added less children removed
	shaded  bool       // shadows is a copy
	first   bool       // nothing was there before and nothing is taken away: touched and grown are not kept
}

func newWriter(s *Store, n int) *writer {
	s = s.settled()
	c := *s
	c.entries = slices.Grow(slices.Clone(s.entries), n)
	c.parents = slices.Grow(slices.Clone(s.parents), n)
	c.free = slices.Clone(s.free)
	c.equal, c.present = maps.Clone(s.equal), maps.Clone(s.present)
	c.classes, c.grams = maps.Clone(s.classes), maps.Clone(s.grams)
	return &writer{
		Store: &c, old: s, pending: make(map[string]ID, n), gone: map[string]bool{},
		touched: map[ID]Entry{}, nameIDs: map[string]schema.ID{}, grown: map[ID]int{},
	}
}

func (w *writer) change(c *Change) {
	if !c.Packed.IsZero() {
		w.putPacked(c.Packed)
		return
	}
	if c.Put == nil {
		w.remove(c.Remove, c.Source)
		return
	}
	if err := w.put(c.Put); err != nil {
		w.faults = append(w.faults, Fault{DN: c.Put.DN, Err: err})
	}
}

// find is Store.Find as of the changes so far.
func (w *writer) find(key string) (ID, bool) {
	if id, ok := w.pending[key]; ok {
		return id, true
	}
	if w.gone[key] {
		return None, false
	}
	return w.old.Find(key)
}

func (w *writer) put(d *Draft) error {
	w.packer.leftOut = w.packer.leftOut[:0]
	record, err := w.packer.pack(w.nameIDs, w.schema, d)
	if err != nil {
		return err
	}
	w.leaveOut(w.packer.leftOut)
	w.place(record)
	return nil
}

func (w *writer) putPacked(p Packed) {
	if !p.record.fits(w.schema) {
		w.faults = append(w.faults, Fault{DN: p.DN(), Err: errOtherSchema})
		return
	}
	w.place(p.record)
}

// place puts a record where its name says.
func (w *writer) place(record Entry) {
	if id, ok := w.find(record.Key()); ok {
		w.replace(id, record)
		return
	}
	w.insert(record)
}

// learn finds the description of every attribute name in the changes, and makes
// the schema know those that it does not, all at once.
func (w *writer) learn(changes []Change) {
	var strange []string
	for i := range changes {
		if changes[i].Put == nil {
			continue
		}
		for j := range changes[i].Put.Attributes {
			a := &changes[i].Put.Attributes[j]
			if _, met := w.nameIDs[a.Name]; met || len(a.Values) == 0 {
				continue
			}
			id, ok := w.schema.Lookup(a.Name)
			if w.nameIDs[a.Name] = id; !ok {
				strange = append(strange, a.Name)
			}
		}
	}
	if len(strange) == 0 {
		return
	}
	w.schema, _ = w.schema.Intern(strange...) // what it does not take is reported with its entry
	for _, n := range strange {
		if id, ok := w.schema.Lookup(n); ok {
			w.nameIDs[n] = id
		} else {
			delete(w.nameIDs, n)
		}
	}
}

// insert gives a new record a slot, with glue above it where nothing is.
func (w *writer) insert(record Entry) ID {
	above := None
	if parent, _ := name.ParentKey(record.Key()); parent != "" {
		var ok bool
		if above, ok = w.find(parent); !ok {
			dn, _ := name.ParseDN(record.DN()) // the record was made of it
			above = w.insert(pack(flagGlue, dn.Parent().String(), parent, nil))
		}
	}
	id := w.slot()
	w.write(id, record)
	w.parents[id] = above
	w.pending[record.Key()] = id
	if !w.first {
		delete(w.gone, record.Key())
		w.grown[above]++
	}
	return id
}

func (w *writer) slot() ID {
	if n := len(w.free); n > 0 {
		id := w.free[n-1]
		w.free = w.free[:n-1]
		return id
	}
	w.entries = append(w.entries, "")
	w.parents = append(w.parents, None)
	return ID(len(w.entries) - 1)
}

func (w *writer) write(id ID, record Entry) {
	if _, ok := w.touched[id]; !ok && !w.first {
		w.touched[id] = w.old.Entry(id)
	}
	w.entries[id] = record
}

// remove takes a directory's entry away. The entry of the next directory that
// has the name takes its place, or else glue; settleGlue frees what holds
// nothing up.
func (w *writer) remove(key string, source uint8) {
	id, ok := w.find(key)
	if !ok || w.entries[id].IsGlue() {
		return
	}
	e := w.entries[id]
	if e.Source() != source {
		w.unshade(key, source)
		return
	}
	if next, ok := w.emerge(key); ok {
		w.write(id, next)
		return
	}
	w.write(id, pack(flagGlue, e.DN(), e.Key(), nil))
	w.orphans = append(w.orphans, id)
}

// settleGlue frees glue that has no child left, and then the glue above it.
func (w *writer) settleGlue() {
	for len(w.orphans) > 0 {
		id := w.orphans[len(w.orphans)-1]
		w.orphans = w.orphans[:len(w.orphans)-1]
		e := w.entries[id]
		if e == "" || !e.IsGlue() || w.childCount(id) > 0 {
			continue
		}
		parent := w.parents[id]
		w.write(id, "")
		delete(w.pending, e.Key())
		w.gone[e.Key()] = true
		w.free = append(w.free, id)
		w.grown[parent]--
		delete(w.grown, id)
		if parent != None {
			w.orphans = append(w.orphans, parent)
		}
	}
}

func (w *writer) childCount(id ID) int {
	n := w.grown[id]
	if w.old.Entry(id) != "" && w.sameKey(id) {
		n += w.old.Children(id).Len()
	}
	return n
}

// sameKey tells whether the slot still holds the name that it held before, so
// that the old Store's children are its own.
func (w *writer) sameKey(id ID) bool { return w.old.Entry(id).Key() == w.entries[id].Key() }
