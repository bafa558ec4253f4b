package directory

import (
	"runtime"
	"sync"

	"github.com/aclens/aclens/resolver/schema"
)

// noteShards calls note for every slot, on all cores, each with a recorder of
// its own; only is that of the recorders.
func (w *writer) noteShards(only *wanted, note func(*recorder, *notes, ID)) *notes {
	shards := make([]*notes, max(1, min(runtime.GOMAXPROCS(0), len(w.entries)/leastShard)))
	size := (len(w.entries) + len(shards) - 1) / len(shards)
	var wg sync.WaitGroup
	for i := range shards {
		n := newNotes()
		shards[i] = n
		from, to := min(i*size, len(w.entries)), min((i+1)*size, len(w.entries))
		wg.Go(func() {
			r := recorder{only: only}
			for id := from; id < to; id++ {
				note(&r, n, ID(id))
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
	for desc, passed := range o.passed {
		if passed {
			n.pass(schema.ID(desc), len(o.passed))
		}
	}
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
