package main

import (
	"sync"
	"time"
)

// reclaimPause is how far apart two reclaims are at least: one costs the
// processor time of a whole collection, a third of a second with a million
// people.
const reclaimPause = time.Minute

// reclaimer gives memory back that reading a state took and that answering does
// not need. The runtime by itself would keep twice of what is alive for minutes.
type reclaimer struct {
	mu   sync.Mutex // guards last
	last time.Time
}

// due tells whether it is time to free, and takes it for done.
func (r *reclaimer) due(now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.last.IsZero() && now.Sub(r.last) < reclaimPause {
		return false
	}
	r.last = now
	return true
}
