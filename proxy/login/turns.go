package login

import (
	"context"
	"runtime"
	"time"
)

// patience is how long a slow hash waits for a processor.
const patience = 5 * time.Second

// turns bounds how many slow hashes are computed at one time: one processor
// stays free for everything else, where there are several.
type turns chan struct{}

func newTurns() turns { return make(turns, max(1, runtime.GOMAXPROCS(0)-1)) }

// take waits for a turn. The error is errBusy, or the cause of ctx being done.
func (t turns) take(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if t.tryTake() {
		return nil
	}
	limit := time.NewTimer(patience)
	defer limit.Stop()
	select {
	case t <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-limit.C:
		return errBusy
	}
}

func (t turns) tryTake() bool {
	select {
	case t <- struct{}{}:
		return true
	default:
		return false
	}
}

func (t turns) give() { <-t }
