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
	grams   trigrams
}

// values are the indexes of an attribute, by its base.
func (s *Store) values(base schema.ID) values {
	if s.late != nil {
		return s.late.values(base)
	}
	return values{s.equal[base], s.present[base], s.grams[base]}
}

// Settle makes every index that is not there yet. Whoever is asked meanwhile
// makes what it needs itself.
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
		v := col.made.Load()
		if v.present == nil {
			continue // no entry has it that is seen
		}
		c.present[base] = v.present
		if base != s.classID() {
			c.equal[base] = v.equal
		}
		if v.grams != nil {
			c.grams[base] = v.grams
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
	making sync.Mutex
	made   atomic.Pointer[values]
}

func (l *late) values(base schema.ID) values {
	c := l.columns[base]
	if c == nil {
		return values{}
	}
	if v := c.made.Load(); v != nil {
		return *v
	}
	c.making.Lock()
	defer c.making.Unlock()
	if c.made.Load() == nil {
		l.make([]schema.ID{base})
	}
	return *c.made.Load()
}

// settle makes what nobody has asked for, in one walk over the entries.
func (l *late) settle() {
	l.settling.Lock() // so that a change that comes meanwhile waits for it
	defer l.settling.Unlock()
	var missing []schema.ID
	for base, c := range l.columns {
		if c.made.Load() == nil {
			missing = append(missing, base)
		}
	}
	if len(missing) > 0 {
		l.make(missing)
	}
}

// make notes what entries have of some attributes, all on all cores. What
// somebody else has made meanwhile stays.
func (l *late) make(bases []schema.ID) {
	only := map[schema.ID]bool{}
	for _, base := range bases {
		only[base] = true
	}
	w := &writer{Store: l.store, old: l.store}
	n := w.noteShards(l.store.wanted(only), func(r *recorder, n *notes, id ID) { r.noteValues(w, n, id, w.entries[id], +1) })
	var wg sync.WaitGroup
	for _, base := range bases {
		wg.Go(func() {
			var v values
			if d := n.equal[base]; d != nil {
				v.equal = pairs.List(nil).Merge(nil, d.come)
			}
			if b := n.present[base]; b != nil {
				v.present = b.applyTo(nil)
			}
			if byGram := n.grams[base]; byGram != nil {
				v.grams = trigrams(nil).with(byGram)
			}
			l.columns[base].made.CompareAndSwap(nil, &v)
		})
	}
	wg.Wait()
}

// postpone leaves the indexes over values to whoever asks for them. That of
// classes is there, and so is who has any.
func (s *Store) postpone(bases map[schema.ID]bool) {
	s.late = &late{store: s, columns: make(map[schema.ID]*lateColumn, len(bases))}
	for base := range bases {
		s.late.columns[base] = &lateColumn{}
	}
	if c := s.late.columns[s.classID()]; c != nil {
		c.made.Store(&values{present: s.present[s.classID()]})
	}
	s.equal, s.present, s.grams = nil, nil, nil
}

// wanted tells, by description, whether its base is among some.
func (s *Store) wanted(bases map[schema.ID]bool) []bool {
	list := make([]bool, s.schema.Len())
	for id := range list {
		list[id] = bases[s.schema.Base(schema.ID(id))]
	}
	return list
}
