package saved

import (
	"runtime"
	"sync"
)

// ahead reads the records of blocks beside the blocks that follow.
type ahead struct {
	pieces  *pieces
	most    int        // blocks that may be under way
	pending []*reading // in the order of the file
	spare   [][]byte   // memory of blocks that are through
	running sync.WaitGroup
}

// reading is a block that is being read.
type reading struct {
	block   *block
	done    chan struct{}
	content *content
	err     error
}

func newAhead(p *pieces) *ahead { return &ahead{pieces: p, most: 2 * runtime.GOMAXPROCS(0)} }

// begin reads a block from now on, and gives memory for the next one.
func (a *ahead) begin(b *block) []byte {
	r := &reading{block: b, done: make(chan struct{})}
	a.pending = append(a.pending, r)
	a.running.Go(func() {
		defer close(r.done)
		r.content, r.err = a.pieces.readContent(b)
	})
	if n := len(a.spare); n > 0 {
		other := a.spare[n-1]
		a.spare = a.spare[:n-1]
		return other
	}
	return nil
}

// join takes the first blocks, in order, until no more than so many are under way.
func (a *ahead) join(most int) error {
	for len(a.pending) > most {
		r := a.pending[0]
		a.pending = a.pending[1:]
		<-r.done
		if r.err == nil {
			r.err = a.pieces.take(r.content)
		}
		if r.err != nil {
			return r.block.wrong(r.err)
		}
		a.spare = append(a.spare, r.block.payload)
	}
	return nil
}

// wait is until nothing is under way any more, whatever became of it.
func (a *ahead) wait() { a.running.Wait() }
