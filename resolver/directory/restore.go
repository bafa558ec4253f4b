package directory

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"runtime"
	"slices"
	"sync"

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
// be checked: names are read again, and the tree and the indexes made anew.
type Restorer struct {
	w       *writer
	shadows map[string][]Entry
	attrs   []packed
	key     []byte
	room    []byte
	seen    []int // by schema.ID: the last record that had it
	serial  int
}

// Restore begins a Store under a schema that knows every description to come.
func Restore(sc *schema.Schema) *Restorer {
	return &Restorer{w: newWriter(Empty(sc), 0), shadows: map[string][]Entry{}, seen: make([]int, sc.Len())}
}

// Add gives the next ID, from 0 on, to an entry or glue.
func (r *Restorer) Add(rec *Record) error {
	e, err := r.pack(rec)
	if err != nil {
		return fmt.Errorf("entry %q: %w", rec.DN, err)
	}
	r.w.entries = append(r.w.entries, e)
	return nil
}

// AddFree leaves the next ID to an entry to come.
func (r *Restorer) AddFree() {
	r.w.free = append(r.w.free, ID(len(r.w.entries)))
	r.w.entries = append(r.w.entries, "")
}

// AddShadowed takes an entry that another one hides, in the order of Shadowed.
func (r *Restorer) AddShadowed(rec *Record) error {
	e, err := r.pack(rec)
	if err != nil {
		return fmt.Errorf("hidden entry %q: %w", rec.DN, err)
	}
	list := r.shadows[e.Key()]
	if n := len(list); n > 0 && list[n-1].Source() >= e.Source() {
		return fmt.Errorf("hidden entry %q: directories out of order", rec.DN)
	}
	r.shadows[e.Key()] = append(list, e)
	return nil
}

// Store is what was added; an error if that is no Store that Apply could have
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
	n := w.noteAll()
	n.byDN = delta{} // growTree has made that index
	w.apply(n)
	return w.Store, nil
}

// growTree finds every entry's place in the tree by its name.
func (w *writer) growTree() error {
	byDN := make([]uint64, 0, len(w.entries))
	for id, e := range w.entries {
		if e != "" {
			byDN = append(byDN, pairs.Of(w.hash.Text(e.Key()), uint32(id)))
		}
	}
	w.Store.byDN = w.Store.byDN.Merge(nil, byDN)
	w.old.byDN = w.Store.byDN // what apply begins with
	w.parents = make([]ID, len(w.entries))
	bears := make([]bool, len(w.entries))
	for id, e := range w.entries {
		w.parents[id] = None
		if e == "" {
			continue
		}
		if found, _ := w.Find(e.Key()); found != ID(id) {
			return fmt.Errorf("entry %q is there twice", e.DN())
		}
		above, _ := name.ParentKey(e.Key())
		if above == "" {
			continue
		}
		parent, ok := w.Find(above)
		if !ok {
			return fmt.Errorf("entry %q: nothing is above it", e.DN())
		}
		w.parents[id], bears[parent] = parent, true
	}
	for id, e := range w.entries {
		if e != "" && e.IsGlue() && !bears[id] {
			return fmt.Errorf("place %q holds no entry up", e.DN())
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

// noteAll notes what all entries mean to the indexes, on all cores.
func (w *writer) noteAll() *notes {
	shards := make([]*notes, max(1, min(runtime.GOMAXPROCS(0), len(w.entries)/leastShard)))
	size := (len(w.entries) + len(shards) - 1) / len(shards)
	var wg sync.WaitGroup
	for i := range shards {
		n := newNotes()
		shards[i] = n
		from, to := min(i*size, len(w.entries)), min((i+1)*size, len(w.entries))
		wg.Go(func() {
			var r recorder
			for id := from; id < to; id++ {
				r.note(w, n, ID(id), w.entries[id], +1)
			}
		})
	}
	wg.Wait()
	for _, n := range shards[1:] {
		shards[0].join(n)
	}
	return shards[0]
}

// leastShard is how many entries are worth a goroutine.
const leastShard = 1000

// join adds the notes about entries of higher IDs.
func (n *notes) join(o *notes) {
	n.live += o.live
	n.byDN.come = append(n.byDN.come, o.byDN.come...)
	n.children.come = append(n.children.come, o.children.come...)
	for id, d := range o.equal {
		mine := at(n.equal, id)
		mine.come = append(mine.come, d.come...)
	}
	joinBits(n.present, o.present)
	joinBits(n.classes, o.classes)
	for id, byGram := range o.grams {
		if n.grams[id] == nil {
			n.grams[id] = map[uint32]*bits{}
		}
		joinBits(n.grams[id], byGram)
	}
}

func joinBits[K comparable](n, o map[K]*bits) {
	for k, b := range o {
		mine := at(n, k)
		mine.settle()
		b.settle()
		mine.set.Or(b.set)
	}
}

// pack checks a record on its own.
func (r *Restorer) pack(rec *Record) (Entry, error) {
	key, err := name.AppendKey(r.key[:0], rec.DN)
	r.key = key[:0]
	switch {
	case err != nil:
		return "", err
	case len(key) == 0:
		return "", errors.New("an entry needs a name")
	case rec.Source >= MaxSources:
		return "", fmt.Errorf("directory number %d, but there are at most %d", rec.Source, MaxSources)
	case rec.Glue && (rec.Source != 0 || len(rec.Attributes) > 0):
		return "", errors.New("a place without an entry has attributes")
	case rec.Glue:
		return pack(flagGlue, rec.DN, string(key), nil), nil
	}
	sc := r.w.schema
	r.attrs, r.serial = r.attrs[:0], r.serial+1
	for i := range rec.Attributes {
		a := &rec.Attributes[i]
		if int(a.ID) >= sc.Len() || len(a.Values) == 0 || r.seen[a.ID] == r.serial {
			return "", fmt.Errorf("attribute %d of %d is not known, has no values or is there twice", i+1, len(rec.Attributes))
		}
		r.seen[a.ID] = r.serial
		r.attrs = append(r.attrs, packed{a.ID, sc.Name(a.ID), a.Values})
	}
	r.room = appendRecord(r.room[:0], rec.Source<<sourceShift, rec.DN, key, r.attrs)
	e := Entry(r.room)
	if cap(r.room) > roomKept {
		r.room = nil
	}
	return e, nil
}
