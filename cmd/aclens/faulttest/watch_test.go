package faulttest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// troubles are the times in which something was wrong with the directory.
type troubles struct {
	mu    sync.Mutex // guards what follows
	spans []trouble
}

type trouble struct {
	kind       string
	begun, end time.Time // end zero: still
}

func (t *troubles) begin(kind string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.spans = append(t.spans, trouble{kind: kind, begun: time.Now()})
}

func (t *troubles) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.spans[len(t.spans)-1].end = time.Now()
}

// overlapping tells whether there was trouble at some time between.
func (t *troubles) overlapping(from, to time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.ContainsFunc(t.spans, func(x trouble) bool { return x.begun.Before(to) && (x.end.IsZero() || x.end.After(from)) })
}

// since is the time from which a change could have been told that the directory
// had at had and that was seen at seen: then, or from the end of the trouble
// that came between. after names that trouble. False: it was seen meanwhile.
func (t *troubles) since(had, seen time.Time) (from time.Time, after string, counts bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	from = had
	for _, x := range t.spans {
		if !x.begun.Before(seen) || !x.end.IsZero() && !x.end.After(from) {
			continue
		}
		if x.end.IsZero() || !x.end.Before(seen) {
			return seen, x.kind, false
		}
		from, after = x.end, x.kind
	}
	return from, after, true
}

// figures are durations of one kind.
type figures []time.Duration

func (f figures) String() string {
	if len(f) == 0 {
		return "none"
	}
	s := slices.Sorted(slices.Values(f))
	at := func(share float64) time.Duration {
		return s[int(share*float64(len(s)-1))].Round(100 * time.Microsecond)
	}
	return fmt.Sprintf("%d, p50 %v, p99 %v, max %v", len(s), at(0.5), at(0.99), at(1))
}

func (f figures) max() time.Duration {
	if len(f) == 0 {
		return 0
	}
	return slices.Max(f)
}

// inFiles is the kind of change that is made in a file.
const inFiles = "in files"

// watcher looks for every change that was made until it is told.
type watcher struct {
	troubles *troubles

	mu      sync.Mutex // guards what follows
	pending []*step
	told    map[string]figures // by what was the matter
}

func newWatcher(t *troubles) *watcher { return &watcher{troubles: t, told: map[string]figures{}} }

func (w *watcher) add(s *step) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pending = append(w.pending, s)
}

func (w *watcher) left() []*step {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.pending)
}

// run looks until ctx ends. Its questions are reads like all others: none may fail.
func (w *watcher) run(ctx context.Context, s session) error {
	for ctx.Err() == nil {
		for _, each := range w.left() {
			yes, err := each.told(s)
			if err != nil {
				return err
			}
			if yes {
				w.seen(each)
			}
		}
		pause(ctx, 10*time.Millisecond)
	}
	return nil
}

func (w *watcher) seen(s *step) {
	s.fact.seen()
	now := time.Now()
	kind, from := inFiles, s.had
	if !s.file {
		since, after, counts := w.troubles.since(s.had, now)
		from = since
		switch {
		case !counts:
			kind = "in the middle of trouble"
		case after != "":
			kind = "after " + after
		case w.troubles.overlapping(s.had.Add(-time.Second), s.had):
			kind = "made in the second after trouble"
		default:
			kind = "in quiet times"
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pending = slices.DeleteFunc(w.pending, func(each *step) bool { return each == s })
	w.told[kind] = append(w.told[kind], now.Sub(from))
}
