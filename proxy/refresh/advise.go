package refresh

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/finding"
)

// Findings of a large state take longer than a change may take to be served, so
// they are found behind the Swap: one state at a time, the newest, on one
// processor. Until then the state goes with the findings of one before it.
const (
	adviseAtOnce = 2000 // people, servers, groups and databases together: found before the Swap, within milliseconds
	adviseShare  = 4    // a pause is so many times as long as the finding took
)

// adviser finds what is to be said about states.
type adviser struct {
	stop    context.CancelFunc
	ctx     context.Context //nolint:containedctx // ends with the goroutine of Run
	clock   Clock
	done    chan advised
	working sync.WaitGroup
	busy    bool
	due     time.Time // not before
}

// advised is what was found about a state.
type advised struct {
	of       string
	problems []database.Problem
	found    []finding.Finding
	took     time.Duration
	err      error // it was ended
}

func newAdviser(ctx context.Context, clock Clock) *adviser {
	a := &adviser{clock: clock, done: make(chan advised, 1)}
	a.ctx, a.stop = context.WithCancel(ctx)
	return a
}

// close ends what is under way and waits for that.
func (a *adviser) close() {
	a.stop()
	a.working.Wait()
}

// finished is told what was found; nil, and so never ready, where everything is
// found at once.
func (a *adviser) finished() <-chan advised {
	if a == nil {
		return nil
	}
	return a.done
}

// find begins with a state: with its indexes, if it is a first one.
func (a *adviser) find(id string, s *resolver.Snapshot, problems []database.Problem) {
	a.busy = true
	a.working.Go(func() {
		began := a.clock.Now()
		s.Store().Settle() // before somebody or the next change needs what is not there yet
		found, err := finding.Find(a.ctx, s, problems, 1)
		a.done <- advised{of: id, problems: problems, found: found, took: a.clock.Now().Sub(began), err: err}
	})
}

// atOnce tells whether the findings of a state are found before it is served.
func (w *world) atOnce(s *state) bool {
	p := s.snapshot.Population()
	size := p.People.GetCardinality() + p.Servers.GetCardinality() + p.Groups.GetCardinality()
	return w.adviser == nil || size+uint64(s.snapshot.Databases().Len()) <= adviseAtOnce
}

// nextAdvice is when findings are to be found; zero is not known yet.
func (w *world) nextAdvice() time.Time {
	if a := w.adviser; a == nil || a.busy || w.now == nil || !w.now.unadvised {
		return time.Time{}
	}
	return later(w.adviser.due, w.now.made)
}

// keepAdvised begins to find what is to be said about the present state, if that
// is not known and it is time to.
func (w *world) keepAdvised() {
	if due := w.nextAdvice(); !due.IsZero() && !w.Clock.Now().Before(due) {
		w.adviser.find(w.now.id, w.now.snapshot, w.now.databases.problems)
	}
}

// takeAdvice gives the present state what was found. That may be about one
// before it: it is newer than what was known, and the next is found in its turn.
func (w *world) takeAdvice(a advised) {
	w.adviser.busy, w.adviser.due = false, w.Clock.Now().Add(adviseShare*a.took)
	if a.err != nil || !w.now.unadvised {
		return
	}
	w.now.advice = append(append([]finding.Finding{}, a.found...), w.duplicates(w.now.snapshot)...) // never nil
	w.now.adviceOf = a.of
	w.now.unadvised = a.of != w.now.id || !slices.Equal(a.problems, w.now.databases.problems)
	w.handOver()
}
