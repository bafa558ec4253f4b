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

// bits collects what a change takes from and gives to one set.
type bits struct{ gone, come []uint32 }

// notes is everything that a change does to the indexes.
type notes struct {
	byDN, children delta
	equal          map[schema.ID]*delta
	present        map[schema.ID]*bits
	classes        map[string]*bits
	grams          map[schema.ID]map[uint32]*bits
	live           int
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
	set := roaring.New()
	if old != nil {
		set = old.Clone()
	}
	gone := roaring.BitmapOf(b.gone...)
	set.AndNot(gone)
	set.AddMany(b.come)
	return set
}

func (b *bits) note(id ID, sign int) {
	if sign < 0 {
		b.gone = append(b.gone, uint32(id))
	} else {
		b.come = append(b.come, uint32(id))
	}
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
	key     []byte
	classes map[RawAttribute][]*bits // sets of the classes that entries list alike
}

func (r *recorder) note(w *writer, n *notes, id ID, e Entry, sign int) {
	if e == "" {
		return
	}
	parent := w.parents[id]
	if sign < 0 {
		parent = w.old.parents[id]
	}
	n.byDN.note(pairs.Of(w.hash.Text(e.Key()), uint32(id)), sign)
	n.children.note(pairs.Of(uint32(parent), uint32(id)), sign)
	if e.IsGlue() {
		return
	}
	n.live += sign
	for c := e.Attributes(); ; {
		desc, raw, ok := c.Next()
		if !ok {
			return
		}
		r.noteAttribute(w, n, id, w.schema.Base(desc), raw, sign)
	}
}

func (r *recorder) noteAttribute(w *writer, n *notes, id ID, base schema.ID, raw RawAttribute, sign int) {
	at(n.present, base).note(id, sign)
	if base == w.classID() {
		r.noteClasses(w, n, id, raw, sign)
		return
	}
	t := w.schema.Type(base)
	d := at(n.equal, base)
	grams := indexesSubstrings(t)
	for v := raw.Values(); ; {
		value, ok := v.Next()
		if !ok {
			return
		}
		r.key, ok = t.AppendKey(r.key[:0], bytesOf(value))
		if !ok {
			continue // matches nothing, so no index leads to it
		}
		d.note(pairs.Of(w.hash.Bytes(r.key), uint32(id)), sign)
		if grams {
			r.noteGrams(n, id, base, sign)
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

// noteGrams notes the trigrams of the value whose normal form is in r.key.
func (r *recorder) noteGrams(n *notes, id ID, base schema.ID, sign int) {
	byGram := n.grams[base]
	if byGram == nil {
		byGram = map[uint32]*bits{}
		n.grams[base] = byGram
	}
	eachGram(r.key, func(g uint32) { at(byGram, g).note(id, sign) })
}

func (s *Store) classID() schema.ID {
	id, _ := s.schema.Lookup("objectClass")
	return id
}

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
