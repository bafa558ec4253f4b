package refresh

import (
	"slices"
	"time"

	"github.com/aclens/aclens/proxy/upstream"
)

// heldDirectory is one directory as it was last read with success.
type heldDirectory struct {
	Directory
	name   string
	source uint8

	entries   *marks
	pass      uint32
	total     digest // the sum of all digests
	twice     []string
	passwords map[string][][]byte
	faults    []Fault
	asOf      time.Time

	since    upstream.State
	seen     []look
	odd      map[string]bool // names that the directory lists without an entry that could be read
	due      time.Time       // of the next poll
	fullDue  time.Time
	namesDue time.Time
	allDue   time.Time // of the next full reading of a directory that tells no changes
	err      error     // of the last try
	hold     *hold     // nil if the brake keeps nothing back
	packing  *packing  // while everything is read for the first time
	feed     *follower // nil where changes are polled

	readIn     uint32 // the last pass that asked the directory and counts
	comparedIn uint32 // the last one of these that found out what is gone
}

// scan begins a pass; fresh is one that is held against nothing.
func (h *heldDirectory) scan(fresh bool) *scan {
	h.pass++
	s := &scan{name: h.name, source: h.source, sieve: newSieve(), held: h.entries, pass: h.pass, fresh: fresh, packing: h.packing,
		put: map[string]digest{}, passwords: map[string][][]byte{}}
	if fresh {
		s.held = nil
	}
	if h.feed != nil {
		s.feed = h.since.Feed
	}
	return s
}

// total is the sum of the digests after a scan. Entries that the Store did not
// take (refused) are as they were.
func (s *scan) total(before digest, refused map[string]bool) digest {
	total := before
	for key, sum := range s.put {
		if refused[key] {
			continue
		}
		total = total.minus(s.held.digest(key)).plus(sum)
	}
	for _, key := range s.gone {
		total = total.minus(s.held.digest(key))
	}
	return total
}

// commit makes a scan what is held.
func (h *heldDirectory) commit(s *scan, refused map[string]bool, now time.Time) {
	if s.fresh {
		h.entries, h.total = newMarks(len(s.put)), digest{}
	}
	h.total = s.total(h.total, refused)
	for key, sum := range s.put {
		if !refused[key] {
			h.entries.set(key, mark{sum, s.pass})
		}
	}
	for _, key := range s.gone {
		h.entries.drop(key)
	}
	if s.asked {
		h.readIn = s.pass
		if s.full || s.whole {
			h.comparedIn = s.pass
		}
	}
	if s.full {
		h.twice, h.faults = s.twice, nil
		h.fullDue = now.Add(h.Full)
	}
	for _, f := range s.faults {
		if !h.knows(f) {
			h.faults = append(h.faults, f)
		}
	}
	if h.feed != nil {
		h.feed.commit(h.entries, s)
	}
	h.passwords, h.asOf, h.since, h.seen = s.passwords, s.asOf, s.since, s.seen
}

// knows tells whether a fault is no news.
func (h *heldDirectory) knows(f Fault) bool {
	return slices.ContainsFunc(h.faults, func(g Fault) bool { return g.Error() == f.Error() })
}
