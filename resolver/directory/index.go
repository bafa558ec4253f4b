package directory

import (
	"slices"
	"sync"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/aclens/aclens/resolver/pairs"
	"github.com/aclens/aclens/resolver/schema"
)

// delta collects what a change takes from and gives to one list of postings.
type delta struct{ gone, come []uint64 }

// bits collects what a change takes from and gives to one set. What comes is
// put into the set from time to time, so that a first load does not hold a
// number for every posting.
type bits struct {
	gone, come []uint32
	set        *roaring.Bitmap
}

// mostNoted is how many numbers wait to be put into a set.
const mostNoted = 1 << 11

// notes is everything that a change does to the indexes.
type notes struct {
	byDN, children delta
	equal          map[schema.ID]*delta
	present        map[schema.ID]*bits
	classes        map[string]*bits
	grams          map[schema.ID]map[uint32]*bits
	live           int
	passed         []bool // by description: what entries have and is not noted
}

func newNotes() *notes {
	return &notes{
		equal: map[schema.ID]*delta{}, present: map[schema.ID]*bits{}, classes: map[string]*bits{},
		grams: map[schema.ID]map[uint32]*bits{},
	}
}

func at[K comparable, V any](m map[K]*V, k K) *V {
	v := m[k]
	if v == nil {
		v = new(V)
		m[k] = v
	}
	return v
}

// finish brings the indexes up to what was written and returns the Store.
func (w *writer) finish() *Store {
	if w.first {
		return w.finishFirst()
	}
	n := newNotes()
	var r recorder
	for id, before := range w.touched {
		r.note(w, n, id, before, -1)
		r.note(w, n, id, w.entries[id], +1)
	}
	w.apply(n)
	return w.Store
}

// apply merges the notes into the indexes. Each list is its own, so the big
// ones of a first load are sorted on all cores.
func (w *writer) apply(n *notes) {
	s := w.Store
	s.live += n.live
	var wg sync.WaitGroup
	var mu sync.Mutex
	wg.Go(func() { s.byDN = w.old.byDN.Merge(n.byDN.gone, n.byDN.come) })
	wg.Go(func() { s.children = w.old.children.Merge(n.children.gone, n.children.come) })
	for id, d := range n.equal {
		before := w.old.equal[id]
		wg.Go(func() {
			after := before.Merge(d.gone, d.come)
			mu.Lock()
			defer mu.Unlock()
			s.equal[id] = after
		})
	}
	wg.Wait()
	for id, b := range n.present {
		s.present[id] = b.applyTo(s.present[id])
	}
	for class, b := range n.classes {
		s.classes[class] = b.applyTo(s.classes[class])
	}
	for id, byGram := range n.grams {
		s.grams[id] = s.grams[id].with(byGram)
	}
}

// applyTo returns a set of its own: the old one belongs to an older Store.
func (b *bits) applyTo(old *roaring.Bitmap) *roaring.Bitmap {
	if old == nil { // then nothing can be gone
		b.settle()
		return b.set
	}
	set := old.Clone()
	set.AndNot(roaring.BitmapOf(b.gone...))
	if b.set != nil {
		set.Or(b.set)
	}
	set.AddMany(b.come)
	return set
}

func (b *bits) note(id ID, sign int) {
	if sign < 0 {
		b.gone = append(b.gone, uint32(id))
		return
	}
	if b.come = append(b.come, uint32(id)); len(b.come) == mostNoted {
		b.settle()
	}
}

// settle puts what waits into the set.
func (b *bits) settle() {
	if b.set == nil {
		b.set = roaring.New()
	}
	b.set.AddMany(b.come)
	b.come = b.come[:0]
}

func (d *delta) note(p uint64, sign int) {
	if sign < 0 {
		d.gone = append(d.gone, p)
	} else {
		d.come = append(d.come, p)
	}
}

// recorder notes what records mean to the indexes, in one set of notes.
type recorder struct {
	only    *wanted // what is noted of values; nil is everything
	key     []byte
	columns []*column                // by description
	classes map[RawAttribute][]*bits // sets of the classes that entries list alike
	above   struct {                 // where the last entry hangs
		key string
		id  ID
	}
}

// wanted tells, by description, of which attributes something is noted.
type wanted struct {
	values []bool // who has them, and which entries have which value
	grams  []bool // parts of values
}

// column is where the values of a description are noted.
type column struct {
	typ     *schema.Type
	class   bool             // object classes have sets of their own
	present *bits            // nil where only parts of values are noted
	equal   *delta           // nil as well, and for object classes
	grams   map[uint32]*bits // nil where parts of values are not indexed, or not noted
}

func (r *recorder) note(w *writer, n *notes, id ID, e Entry, sign int) {
	if e == "" {
		return
	}
	r.noteName(w, n, id, e, sign)
	r.notePlace(w, n, id, e, sign)
	r.noteValues(w, n, id, e, sign)
}

// noteName notes an entry or glue; nothing has no name.
func (r *recorder) noteName(w *writer, n *notes, id ID, e Entry, sign int) {
	if e != "" {
		n.byDN.note(pairs.Of(w.hash.Text(e.Key()), uint32(id)), sign)
	}
}

func (r *recorder) notePlace(w *writer, n *notes, id ID, e Entry, sign int) {
	if e == "" {
		return
	}
	parent := w.parents[id]
	if sign < 0 {
		parent = w.old.parents[id]
	}
	n.children.note(pairs.Of(uint32(parent), uint32(id)), sign)
	if !e.IsGlue() {
		n.live += sign
	}
}

// noteValues notes what an entry, or glue, or nothing has of values.
func (r *recorder) noteValues(w *writer, n *notes, id ID, e Entry, sign int) {
	if e == "" || e.IsGlue() {
		return
	}
	for c := e.Attributes(); ; {
		desc, raw, ok := c.Next()
		if !ok {
			return
		}
		if r.only != nil && !r.only.values[desc] && !r.only.grams[desc] {
			n.pass(desc, len(r.only.values))
			continue
		}
		r.noteAttribute(w, n, id, r.column(w, n, desc), raw, sign)
	}
}

// pass notes that an entry has a description; there are so many.
func (n *notes) pass(desc schema.ID, all int) {
	if n.passed == nil {
		n.passed = make([]bool, all)
	}
	n.passed[desc] = true
}

func (r *recorder) column(w *writer, n *notes, desc schema.ID) *column {
	if r.columns == nil {
		r.columns = make([]*column, w.schema.Len())
	}
	if c := r.columns[desc]; c != nil {
		return c
	}
	base := w.schema.Base(desc)
	c := &column{typ: w.schema.Type(base), class: base == w.classID()}
	if r.only == nil || r.only.values[desc] {
		c.present = at(n.present, base)
	}
	if !c.class {
		if c.present != nil {
			c.equal = at(n.equal, base)
		}
		if indexesSubstrings(c.typ) && (r.only == nil || r.only.grams[desc]) {
			if n.grams[base] == nil {
				n.grams[base] = map[uint32]*bits{}
			}
			c.grams = n.grams[base]
		}
	}
	r.columns[desc] = c
	return c
}

func (r *recorder) noteAttribute(w *writer, n *notes, id ID, c *column, raw RawAttribute, sign int) {
	if c.present != nil {
		c.present.note(id, sign)
	}
	if c.class {
		r.noteClasses(w, n, id, raw, sign)
		return
	}
	for v := raw.Values(); ; {
		value, ok := v.Next()
		if !ok {
			return
		}
		r.key, ok = c.typ.AppendKey(r.key[:0], bytesOf(value))
		if !ok {
			continue // matches nothing, so no index leads to it
		}
		if c.equal != nil {
			c.equal.note(pairs.Of(w.hash.Bytes(r.key), uint32(id)), sign)
		}
		if c.grams != nil {
			eachGram(r.key, func(g uint32) { at(c.grams, g).note(id, sign) })
		}
	}
}

// maxLists bounds how many lists of classes are remembered; a directory has few.
const maxLists = 1 << 10

// noteClasses puts an entry under each of its classes and their superclasses,
// since a filter on a class holds for its subclasses (RFC 4512, 2.4.1).
func (r *recorder) noteClasses(w *writer, n *notes, id ID, raw RawAttribute, sign int) {
	sets, known := r.classes[raw]
	if !known {
		sets = classSets(w, n, raw)
		if r.classes == nil {
			r.classes = map[RawAttribute][]*bits{}
		}
		if len(r.classes) < maxLists {
			r.classes[raw] = sets
		}
	}
	for _, set := range sets {
		set.note(id, sign)
	}
}

func classSets(w *writer, n *notes, raw RawAttribute) []*bits {
	var names []string
	for v := raw.Values(); ; {
		value, ok := v.Next()
		if !ok {
			break
		}
		names = appendSuperiors(names, w.schema, value)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	sets := make([]*bits, len(names))
	for i, class := range names {
		sets[i] = at(n.classes, class)
	}
	return sets
}

func (s *Store) classID() schema.ID { return s.schema.ObjectClass() }

// appendSuperiors appends the folded name of a class and of every class above
// it; a class that the schema does not know stands for itself.
func appendSuperiors(names []string, sc *schema.Schema, class string) []string {
	c := sc.Class(class)
	if c == nil {
		return append(names, foldASCII(class))
	}
	folded := foldASCII(c.Name())
	if slices.Contains(names, folded) {
		return names
	}
	names = append(names, folded)
	for _, above := range c.Sup {
		names = appendSuperiors(names, sc, above)
	}
	return names
}
