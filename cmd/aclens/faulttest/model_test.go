package faulttest

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// fact is one thing that answers tell, as a history of what may have been true.
// It changes only when its last change has been seen, so at most two values are
// possible at a time: the one before and the one after the change under way.
type fact struct {
	name string

	mu    sync.Mutex // guards what follows
	spans []span     // by time; the last one is open
}

// span is a value with the time in which an answer may tell it: from when the
// change was sent until the next value was seen.
type span struct {
	value       string
	from, until time.Time // until zero: still
}

func newFact(name, value string) *fact { return &fact{name: name, spans: []span{{value: value}}} }

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// now is the value that was last sent.
func (f *fact) now() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.spans[len(f.spans)-1].value
}

// settled tells whether one value alone is possible.
func (f *fact) settled() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.spans) == 1 || !f.spans[len(f.spans)-2].until.IsZero()
}

// send says that a change is about to be sent.
func (f *fact) send(value string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.spans = append(f.spans, span{value: value, from: time.Now()})
	const remembered = 8 // more than any read lasts
	if len(f.spans) > remembered {
		f.spans = slices.Delete(f.spans, 0, len(f.spans)-remembered)
	}
}

// seen says that an answer told the last value: whoever asks from now on must
// not be told the one before.
func (f *fact) seen() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.spans[len(f.spans)-2].until = time.Now()
}

// period is the time of one read, from its question to its answer.
type period struct{ asked, told time.Time }

// possible are the values that an answer of that period may tell.
func (f *fact) possible(p period) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var list []string
	for _, s := range f.spans {
		if !s.from.After(p.told) && (s.until.IsZero() || s.until.After(p.asked)) {
			list = append(list, s.value)
		}
	}
	return list
}

// check is an error unless a value is possible.
func (f *fact) check(p period, value string) error {
	if possible := f.possible(p); !slices.Contains(possible, value) {
		return fmt.Errorf("%s is told as %q, possible is %q; %s", f.name, value, possible, f.history(p))
	}
	return nil
}

// history tells the spans relative to a read, for failures.
func (f *fact) history(p period) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var b strings.Builder
	fmt.Fprintf(&b, "told after %v; history:", p.told.Sub(p.asked))
	for _, s := range f.spans {
		until := "still"
		if !s.until.IsZero() {
			until = s.until.Sub(p.asked).String()
		}
		fmt.Fprintf(&b, " %q from %v until %s;", s.value, s.from.Sub(p.asked), until)
	}
	return b.String()
}
