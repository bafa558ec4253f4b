package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"time"
)

// How far apart two reclaims are at least: one costs the processor time of a whole
// collection, a third of a second with a million people.
const (
	reclaimShare = 50 // a pause is so many times as long as the reclaim took, ...
	leastPause   = 10 * time.Second
	mostPause    = time.Minute // ... from the one to the other
)

// What of the heap is alive decides how much garbage may lie beside it: as much
// again, which is the runtime's own choice, or half where that is gigabytes.
const (
	largeHeap    = 512 << 20
	usualPercent = 100
	largePercent = 50
)

// reclaimer gives memory back that reading a state took and that answering does
// not need. The runtime by itself would keep twice of what is alive for minutes.
type reclaimer struct {
	mu    sync.Mutex // guards what follows
	last  time.Time
	pause time.Duration // since last
	timer *time.Timer   // of a reclaim that waits for the pause to end
	ended bool
}

// after is called with every new state.
func (r *reclaimer) after(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	wait, ok := r.plan(now)
	if ok {
		r.timer = time.AfterFunc(wait, r.run)
	}
}

// plan tells when the next reclaim is; false if none has to be planned.
func (r *reclaimer) plan(now time.Time) (wait time.Duration, ok bool) {
	if r.ended || r.timer != nil {
		return 0, false
	}
	if r.last.IsZero() {
		return 0, true
	}
	return max(0, r.pause-now.Sub(r.last)), true
}

func (r *reclaimer) run() {
	began := time.Now()
	debug.FreeOSMemory()
	if os.Getenv("GOGC") == "" {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		debug.SetGCPercent(percentFor(m.HeapAlloc))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.timer, r.last = nil, time.Now()
	r.pause = pauseAfter(r.last.Sub(began))
}

func pauseAfter(took time.Duration) time.Duration {
	return min(max(leastPause, reclaimShare*took), mostPause)
}

func percentFor(alive uint64) int {
	if alive < largeHeap {
		return usualPercent
	}
	return largePercent
}

// end plans no more.
func (r *reclaimer) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = true
	if r.timer != nil {
		r.timer.Stop()
	}
}
