package load

import (
	"math"
	"time"
)

// Seen is what a run saw in its time.
type Seen struct {
	Ops             int // answers that became complete
	OpsEntries      int // entries in them
	OpsOctets       int // octets in them
	Entries, Octets int // that came, also in answers that began before or ended later
	Elapsed         time.Duration
	Answer          Times // from sending a request to the end of its answer
	First           Times // from sending a request to its first entry
}

func (s *Seen) count(one *slot, now time.Time) {
	s.Ops++
	s.OpsEntries += one.entries
	s.OpsOctets += one.octets
	s.Answer.add(now.Sub(one.sent))
	if one.entries > 0 {
		s.First.add(one.first.Sub(one.sent))
	}
}

func (s *Seen) add(other *Seen) {
	s.Ops += other.Ops
	s.OpsEntries += other.OpsEntries
	s.OpsOctets += other.OpsOctets
	s.Entries += other.Entries
	s.Octets += other.Octets
	s.Answer.merge(&other.Answer)
	s.First.merge(&other.First)
}

// Times is a histogram with steps of about 2 %.
type Times struct {
	buckets [1400]int // by logarithm, from a nanosecond on
	n       int
}

const step = 1.02

var perStep = 1 / math.Log(step)

func (t *Times) add(d time.Duration) {
	at := int(math.Log(float64(max(d, 1))) * perStep)
	t.buckets[min(at, len(t.buckets)-1)]++
	t.n++
}

func (t *Times) merge(other *Times) {
	for i, n := range other.buckets {
		t.buckets[i] += n
	}
	t.n += other.n
}

// At is the time that the given part of all stayed within: 0.5 is the median.
// It is 0 if nothing was seen.
func (t *Times) At(part float64) time.Duration {
	left := int(math.Ceil(part * float64(t.n)))
	for i, n := range t.buckets {
		if left -= n; n > 0 && left <= 0 {
			return time.Duration(math.Pow(step, float64(i)+0.5))
		}
	}
	return 0
}
