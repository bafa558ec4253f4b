package refresh

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aclens/aclens/proxy/upstream"
)

// Waiting between two tries of a feed that broke.
const (
	firstFeedRetry = 50 * time.Millisecond
	lastFeedRetry  = 500 * time.Millisecond
)

// Reason is why a directory that tells its changes is read in full, for
// metrics; the set is closed.
type Reason string

// The reasons.
const (
	ReasonRequired Reason = "required" // the directory asked for it, or another server answers
	ReasonDoubt    Reason = "doubt"    // what was told does not fit what is held
	ReasonRefused  Reason = "refused"  // the state that a change led to was refused
	ReasonRegular  Reason = "regular"  // it was time for it
	ReasonReload   Reason = "reload"   // somebody asked for it
)

// Reasons lists every Reason.
var Reasons = []Reason{ReasonRequired, ReasonDoubt, ReasonRefused, ReasonRegular, ReasonReload}

// follower is what is held of a directory that tells its changes.
type follower struct {
	identities
	run     *feedRun  // nil while none is under way
	heard   time.Time // when the directory was last known to have told everything
	settled time.Time // when something of it last became the state, if only an age
	retry   time.Time // when to begin again
	pause   time.Duration
	err     error // why the last one ended, or the directory is polled
	resync  bool  // the reason for the next full reading was told
	refused bool  // the directory gives no feed; asked again with each full reading
}

// feedRun is one goroutine that follows a directory.
type feedRun struct {
	stop context.CancelFunc
	done chan struct{}
}

// saying is what such a goroutine says, and waits until it was dealt with.
type saying struct {
	from  *heldDirectory
	run   *feedRun
	batch upstream.Batch
	err   error // the end
	dealt chan struct{}
}

// openFeeds prepares the directories that may tell their changes.
func (w *world) openFeeds() {
	w.feeds = make(chan saying)
	for _, h := range w.directories {
		if h.Feed != nil && h.Directory.Mode != upstream.ModePoll {
			h.feed = &follower{identities: newIdentities()}
		}
	}
}

// follows tells whether the directory was read so that it can be followed on.
func (h *heldDirectory) follows() bool {
	return h.feed != nil && !h.feed.refused && h.since.Feed != "" && h.since.Feed != upstream.ModePoll
}

// mode is how changes of a live directory are noticed at present.
func (h *heldDirectory) mode() upstream.Mode {
	if h.follows() {
		return h.since.Feed
	}
	return upstream.ModePoll
}

// tendFeeds begins to follow the directories that are to be followed. One that
// is followed is read in full now and then; one that cannot be read in full is
// tried again soon.
func (w *world) tendFeeds(ctx context.Context) {
	now := w.Clock.Now()
	for _, h := range w.directories {
		switch {
		case h.feed == nil || h.feed.refused:
		case !now.Before(h.fullDue):
			if h.err != nil {
				h.due = earlier(h.due, now.Add(h.feed.backoff(h.Interval)))
			}
		case !h.follows():
		case h.feed.run != nil:
			h.due = h.fullDue
		case !now.Before(h.feed.retry):
			h.due = h.fullDue
			w.startFeed(ctx, h)
		}
	}
}

// nextFeed is when a feed that broke is to be tried again; zero is never.
func (w *world) nextFeed() time.Time {
	var due time.Time
	for _, h := range w.directories {
		if h.follows() && h.feed.run == nil && w.Clock.Now().Before(h.fullDue) {
			due = earlier(due, h.feed.retry)
		}
	}
	return due
}

// backoff is how long to wait for the next try.
func (f *follower) backoff(most time.Duration) time.Duration {
	f.pause = min(max(2*f.pause, firstFeedRetry), lastFeedRetry, most)
	return f.pause
}

func (w *world) startFeed(ctx context.Context, h *heldDirectory) {
	ctx, stop := context.WithCancel(ctx)
	run := &feedRun{stop: stop, done: make(chan struct{})}
	h.feed.run = run
	since := h.since
	say := func(t saying) error {
		t.from, t.run, t.dealt = h, run, make(chan struct{})
		select {
		case w.feeds <- t:
		case <-ctx.Done():
			return ctx.Err()
		}
		select {
		case <-t.dealt:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	go func() {
		defer close(run.done)
		err := h.Feed.Follow(ctx, since, h.Interval, func(b upstream.Batch) error { return say(saying{batch: b}) })
		_ = say(saying{err: err}) // nobody listens where ctx is done
	}()
}

// halt ends the following and waits for it.
func (f *follower) halt() {
	if f == nil || f.run == nil {
		return
	}
	f.run.stop()
	<-f.run.done
	f.run = nil
}

func (w *world) haltFeeds() {
	for _, h := range w.directories {
		h.feed.halt()
	}
}

// rereads ends the following of a directory that is about to be read in another
// way, and says why that is so.
func (w *world) rereads(h *heldDirectory, all bool) {
	if h.feed == nil {
		return
	}
	h.feed.halt()
	switch full := all || !w.Clock.Now().Before(h.fullDue); {
	case !full || h.feed.resync || h.since.Feed == "":
	case all:
		w.Metrics.Resynced(h.name, ReasonReload)
	default:
		w.Metrics.Resynced(h.name, ReasonRegular)
	}
}

// hear deals with what a feed says.
func (w *world) hear(ctx context.Context, t saying) {
	defer close(t.dealt)
	h := t.from
	if h.feed.run != t.run {
		return
	}
	if t.err != nil {
		w.feedEnded(h, t.err)
		return
	}
	h.feed.pause, h.feed.err = 0, nil
	if err := w.takeBatch(ctx, h, t.batch); err != nil && ctx.Err() == nil {
		w.resync(h, ReasonDoubt, err)
		return
	}
	h.feed.heard = w.Clock.Now()
	w.tellFollowed(h)
}

// feedEnded decides how a directory is followed on.
func (w *world) feedEnded(h *heldDirectory, err error) {
	h.feed.run.stop()
	h.feed.run = nil
	switch {
	case errors.Is(err, upstream.ErrFullRead):
		w.resync(h, ReasonRequired, err)
		return
	case errors.Is(err, upstream.ErrNoFeed):
		w.refuseFeed(h, err)
		return
	}
	if h.feed.err == nil || h.feed.err.Error() != err.Error() {
		w.trouble(KindFeed, "feed of changes ended, it is tried again", fmt.Errorf("directory %s: %w", h.name, err))
	}
	h.feed.err = err
	h.feed.retry = w.Clock.Now().Add(h.feed.backoff(h.Interval))
	h.due = w.Clock.Now().Add(h.Interval) // polls go on meanwhile
}

// refuseFeed lets a directory be polled that gives no feed.
func (w *world) refuseFeed(h *heldDirectory, err error) {
	h.feed.refused, h.feed.err = true, err
	h.due = w.Clock.Now()
	w.trouble(KindFeed, "directory gives no feed of changes, it is polled", fmt.Errorf("directory %s: %w", h.name, err))
	w.tellFollowed(h)
}

// resync lets a directory be read in full as soon as may be.
func (w *world) resync(h *heldDirectory, why Reason, err error) {
	h.feed.halt()
	h.feed.resync = true
	h.fullDue, h.due = time.Time{}, w.Clock.Now()
	w.Metrics.Resynced(h.name, why)
	w.Log.Info("directory is read in full", "directory", h.name, "reason", string(why), "error", err)
}

// tellFollowed tells how a live directory is followed.
func (w *world) tellFollowed(h *heldDirectory) {
	if h.Live == nil {
		return
	}
	upTo := h.asOf
	if h.follows() && h.feed.heard.After(upTo) {
		upTo = h.feed.heard
	}
	w.Metrics.Followed(h.name, h.mode(), upTo)
}
