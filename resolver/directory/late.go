package directory

import (
	"sync"
	"sync/atomic"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/aclens/aclens/resolver/pairs"
	"github.com/aclens/aclens/resolver/schema"
)

// values is what the values of one attribute lead to.
type values struct {
	equal   pairs.List      // hash of a normalised value, entry
	present *roaring.Bitmap // nil where no entry has the attribute
}

// values are the indexes of an attribute, by its base.
func (s *Store) values(base schema.ID) values {
	if s.late == nil {
		return values{s.equal[base], s.present[base]}
	}
	c := s.late.columns[base]
	if c == nil {
		return values{}
	}
	return *c.values.get(func() { s.late.make([]schema.ID{base}, nil) })
}

// gramsOf is the index of parts of values of an attribute, by its base.
func (s *Store) gramsOf(base schema.ID) trigrams {
	if s.late == nil {
		return s.grams[base]
	}
	c := s.late.columns[base]
	if c == nil {
		return nil
	}
	return *c.grams.get(func() { s.late.make(nil, []schema.ID{base}) })
}

// Settle makes every index that is not there yet. Whoever asks meanwhile makes
// what it needs itself.
func (s *Store) Settle() {
	if s.late != nil {
		s.late.settle()
	}
}

// settled is the Store with all of its indexes in its own tables.
func (s *Store) settled() *Store {
	if s.late == nil {
		return s
	}
	s.late.settle()
	c := *s
	c.late = nil
	c.equal, c.present, c.grams = map[schema.ID]pairs.List{}, map[schema.ID]*roaring.Bitmap{}, map[schema.ID]trigrams{}
	for base, col := range s.late.columns {
		v := col.values.made.Load()
		if v.present == nil {
			continue // no entry has it that is seen
		}
		c.present[base] = v.present
		if base != s.classID() {
			c.equal[base] = v.equal
		}
		if grams := *col.grams.made.Load(); grams != nil {
			c.grams[base] = grams
		}
	}
	return &c
}

// late makes the indexes over values when they are asked for first, one
// attribute at a time: a Store that was read, from files or back from disk,
// answers before they are there, and a command that asks about one person never
// needs most of them.
type late struct {
	store    *Store
	columns  map[schema.ID]*lateColumn // by base: what entries may have
	settling sync.Mutex
}

type lateColumn struct {
	values lateIndex[values]
	grams  lateIndex[trigrams]
}

// lateIndex is an index that is made once.
type lateIndex[T any] struct {
	making sync.Mutex
	made   atomic.Pointer[T]
}

// get gives the index; need puts it.
func (x *lateIndex[T]) get(need func()) *T {
	if v := x.made.Load(); v != nil {
		return v
	}
	x.making.Lock()
	defer x.making.Unlock()
	if x.made.Load() == nil {
		need()
	}
	return x.made.Load()
}

// put keeps what was made, unless somebody else has made it meanwhile.
func (x *lateIndex[T]) put(v T) { x.made.CompareAndSwap(nil, &v) }

// postpone leaves the indexes over values to whoever asks for them. That of
// classes is there, and so is who has any.
func (s *Store) postpone(bases map[schema.ID]bool) {
	s.late = &late{store: s, columns: make(map[schema.ID]*lateColumn, len(bases))}
	for base := range bases {
		s.late.columns[base] = &lateColumn{}
	}
	if c := s.late.columns[s.classID()]; c != nil {
		c.values.put(values{present: s.present[s.classID()]})
		c.grams.put(nil)
	}
	s.equal, s.present, s.grams = nil, nil, nil
}

// settle makes what nobody has asked for, in one walk over the entries.
func (l *late) settle() {
	l.settling.Lock() // so that a change that comes meanwhile waits for it
	defer l.settling.Unlock()
	var ofValues, ofGrams []schema.ID
	for base, c := range l.columns {
		if c.values.made.Load() == nil {
			ofValues = append(ofValues, base)
		}
		if c.grams.made.Load() == nil {
			ofGrams = append(ofGrams, base)
		}
	}
	if len(ofValues)+len(ofGrams) > 0 {
		l.make(ofValues, ofGrams)
	}
}

// make notes what entries have of some attributes, on all cores.
func (l *late) make(ofValues, ofGrams []schema.ID) {
	w := &writer{Store: l.store, old: l.store}
	n := w.noteShards(l.store.wanted(ofValues, ofGrams), func(r *recorder, n *notes, id ID) { r.noteValues(w, n, id, w.entries[id], +1) })
	var wg sync.WaitGroup
	for _, base := range ofValues {
		wg.Go(func() {
			var v values
			if d := n.equal[base]; d != nil {
				v.equal = v.equal.Merge(nil, d.come)
			}
			if b := n.present[base]; b != nil {
				v.present = b.applyTo(nil)
			}
			l.columns[base].values.put(v)
		})
	}
	for _, base := range ofGrams {
		wg.Go(func() {
			var grams trigrams
			if byGram := n.grams[base]; byGram != nil {
				grams = grams.with(byGram)
			}
			l.columns[base].grams.put(grams)
		})
	}
	wg.Wait()
}

// wanted is what is to be noted of attributes, by their bases.
func (s *Store) wanted(ofValues, ofGrams []schema.ID) *wanted {
	w := &wanted{make([]bool, s.schema.Len()), make([]bool, s.schema.Len())}
	for _, x := range []struct {
		bases []schema.ID
		of    []bool
	}{{ofValues, w.values}, {ofGrams, w.grams}} {
		only := map[schema.ID]bool{}
		for _, base := range x.bases {
			only[base] = true
		}
		for id := range x.of {
			x.of[id] = only[s.schema.Base(schema.ID(id))]
		}
	}
	return w
}
