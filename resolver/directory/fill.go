package directory

import (
	"runtime"
	"sync"

	"github.com/aclens/aclens/resolver/schema"
)

func onlyPuts(changes []Change) bool {
	for i := range changes {
		if changes[i].Put == nil && changes[i].Packed.IsZero() {
			return false
		}
	}
	return true
}

// fill is Apply where nothing was there before and nothing is taken away. It
// gives every entry the ID that Apply gives it, one after the other; what does
// not depend on that order, records and indexes, is made on all cores, the
// indexes over values once they are asked for.
func (w *writer) fill(changes []Change) (*Store, []ID, []Fault) {
	for from := 0; from < len(changes); from += packedAtOnce {
		part := changes[from:min(from+packedAtOnce, len(changes))]
		for _, p := range w.packAll(part) {
			w.leaveOut(p.leftOut)
			if p.err != nil {
				w.faults = append(w.faults, Fault{DN: p.dn, Err: p.err})
				continue
			}
			w.place(p.record)
		}
	}
	w.pending = nil
	touched := make([]ID, len(w.entries))
	for id := range touched {
		touched[id] = ID(id)
	}
	return w.finish(), touched, w.faults
}

// packedAtOnce is how many records are made before they are put into the tree.
const packedAtOnce = 1 << 14

// made is what became of a draft.
type made struct {
	record  Entry
	err     error
	dn      string // where there is an error
	leftOut []Fault
}

// packAll makes records of drafts, on all cores.
func (w *writer) packAll(changes []Change) []made {
	all := make([]made, len(changes))
	workers := max(1, min(runtime.GOMAXPROCS(0), len(changes)/leastShard))
	size := (len(changes) + workers - 1) / workers
	var wg sync.WaitGroup
	for from := 0; from < len(changes); from += size {
		to := min(from+size, len(changes))
		wg.Go(func() {
			var p packer
			for i := from; i < to; i++ {
				all[i] = p.make(w, &changes[i])
			}
		})
	}
	wg.Wait()
	return all
}

func (p *packer) make(w *writer, c *Change) made {
	if !c.Packed.IsZero() {
		if !c.Packed.record.fits(w.schema) {
			return made{err: errOtherSchema, dn: c.Packed.DN()}
		}
		return made{record: c.Packed.record}
	}
	p.leftOut = nil
	record, err := p.pack(w.nameIDs, w.schema, c.Put)
	return made{record, err, c.Put.DN, p.leftOut}
}

// finishFirst makes the indexes that answers cannot do without: names, places
// and classes.
func (w *writer) finishFirst() *Store {
	classes := w.classID()
	n := w.noteShards(w.wanted([]schema.ID{classes}, nil), func(r *recorder, n *notes, id ID) { r.note(w, n, id, w.entries[id], +1) })
	w.apply(n)
	bases := map[schema.ID]bool{}
	if n.present[classes] != nil {
		bases[classes] = true
	}
	for desc, met := range n.passed {
		if met {
			bases[w.schema.Base(schema.ID(desc))] = true
		}
	}
	w.Store.postpone(bases)
	return w.Store
}
