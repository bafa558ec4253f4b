package front

import (
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
)

// The phases of a background request. Only running changes into others, once,
// and whoever makes the change decides what the client is told.
const (
	running   int32 = iota
	finishing       // the request sends its own answer
	ended           // another operation answered for it, or nobody does
)

// flight is one search or change in the background.
type flight struct {
	call    call
	lasting bool // ends only when it is made to
	cancel  context.CancelFunc
	phase   atomic.Int32
	over    chan struct{} // closed when nothing more is sent for it
	writes  bool          // it changes something
}

// turn moves the flight out of the running phase; false: somebody was first.
func (f *flight) turn(phase int32) bool { return f.phase.CompareAndSwap(running, phase) }

// flights is the table of the requests of one session that are in progress in
// the background. A flight leaves it when nothing more is sent for its message
// id; its goroutine counts until it has returned.
type flights struct {
	mu         sync.Mutex // guards what follows
	byID       map[int32]*flight
	goroutines int
	settled    chan struct{} // closed when byID is empty; nil if nobody waits
}

// add enters a flight unless limit goroutines are there already.
func (t *flights) add(f *flight, limit int) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.goroutines >= limit {
		return false
	}
	if t.byID == nil {
		t.byID = map[int32]*flight{}
	}
	t.byID[f.call.id] = f
	t.goroutines++
	return true
}

func (t *flights) find(id int32) *flight {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.byID[id]
}

// inUse tells whether a request with the id is unanswered. One whose answer is
// being written is waited for: the client may have read it already.
func (t *flights) inUse(ctx context.Context, id int32) bool {
	f := t.find(id)
	return f != nil && f.unanswered(ctx)
}

// outstanding is inUse for all ids.
func (t *flights) outstanding(ctx context.Context) bool {
	t.mu.Lock()
	list := slices.Collect(maps.Values(t.byID))
	t.mu.Unlock()
	return slices.ContainsFunc(list, func(f *flight) bool { return f.unanswered(ctx) })
}

func (f *flight) unanswered(ctx context.Context) bool {
	if f.phase.Load() != finishing {
		return true
	}
	select {
	case <-f.over:
		return false
	case <-ctx.Done():
		return true
	}
}

func (t *flights) empty() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.byID) == 0
}

// remove takes a flight out for which nothing more is sent.
func (t *flights) remove(f *flight) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byID[f.call.id] != f {
		return
	}
	delete(t.byID, f.call.id)
	close(f.over)
	if len(t.byID) == 0 && t.settled != nil {
		close(t.settled)
		t.settled = nil
	}
}

// returned is the last act of a flight's goroutine.
func (t *flights) returned(f *flight) {
	t.remove(f)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.goroutines--
}

// whenSettled returns a channel that is closed once the table is empty.
func (t *flights) whenSettled() <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.settled == nil {
		t.settled = make(chan struct{})
		if len(t.byID) == 0 {
			done := t.settled
			t.settled = nil
			close(done)
			return done
		}
	}
	return t.settled
}

// cancelLasting makes the searches end that would not by themselves.
func (t *flights) cancelLasting() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, f := range t.byID {
		if f.lasting {
			f.cancel()
		}
	}
}

// end turns every flight that still runs into one that is over, and returns those.
func (t *flights) end() []*flight {
	t.mu.Lock()
	var turned []*flight
	for _, f := range t.byID {
		if f.turn(ended) {
			turned = append(turned, f)
		}
	}
	t.mu.Unlock()
	for _, f := range turned {
		f.cancel()
		t.remove(f)
	}
	return turned
}
