package upstream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/directory"
)

// Times of a feed. The first two, with those of health checks, keep the loss of
// a frozen server below two seconds.
const (
	probeEvery = 250 * time.Millisecond // between two questions on the connection of a feed
	beatEvery  = time.Second            // between two batches that say only that all is well
)

// maxPending bounds what a feed tells at once: changes, and entries that are
// there. What is larger is read in full, one entry after the other.
const (
	maxPendingChanges = 100_000
	maxPendingPresent = 16 << 20
)

// ReadContent is ReadAll for a directory that is followed by a feed then: the
// State says by which one, if any, and where to go on, and entries come with
// their identities where the feed knows them. before is the last State, or the
// zero one. Errors are as with ReadAll, or ErrNoFeed where the directory does
// not give what is wanted: then nothing that was emitted counts.
func (d *Directory) ReadContent(ctx context.Context, wanted Mode, before State, emit func(ID, directory.Draft) error) (State, error) {
	mode, err := d.Mode(ctx, wanted)
	if err != nil {
		return State{}, err
	}
	if mode == ModeSyncrepl {
		return d.readSynced(ctx, emit)
	}
	state, err := d.ReadAll(ctx, func(draft directory.Draft) error { return emit(Identity(mode, &draft), draft) })
	if mode != ModePoll {
		state.Feed = mode
	}
	if mode == ModeDirSync && before.Feed == mode && before.Server == state.Server {
		state.Cookie = before.Cookie // what it tells is older, and in what was read
	}
	return state, err
}

// Follow hands over what changes after the State until ctx ends or the feed
// does, which is an error always. poll is the time between two questions where
// the directory has to be asked. Batches come one after the other, each with the
// State to follow on from after it; an error of tell ends the feed and is
// returned.
//
// ErrFullRead means that what is held cannot be followed on: the directory
// refused the cookie, another server answers, or something is in doubt.
// ErrNoFeed means that the directory does not give this feed, or not to this
// account. Anything else, mostly ErrUnavailable, is worth another try with the
// State of the last batch.
func (d *Directory) Follow(ctx context.Context, since State, poll time.Duration, tell func(Batch) error) error {
	switch since.Feed {
	case ModeSyncrepl:
		return d.listen(ctx, since, tell, newSyncFeed)
	case ModePersistent:
		return d.listen(ctx, since, tell, newPersistentFeed)
	case ModeDirSync:
		return d.followDirSync(ctx, since, poll, tell)
	}
	return fmt.Errorf("%w: none was chosen", ErrNoFeed)
}

// feed is a kind of feed that comes over a connection of its own.
type feed interface {
	// searches are the requests to begin with.
	searches() ([]feedSearch, error)
	// take handles a message of a search; base is that of the search.
	take(base string, m wire.Message) error
	// idle is called when every message that has come was taken.
	idle(ctx context.Context) error
	// probed is called when a question that followed the searches was answered.
	probed(ctx context.Context) error
}

type feedSearch struct {
	request  *wire.SearchRequest
	controls []wire.Control
}

// listen runs a feed over a connection of its own, to the server of the State.
func (d *Directory) listen(ctx context.Context, since State, tell func(Batch) error, begin func(*reading, State, func(Batch) error) (feed, error)) error {
	l, err := d.openAt(ctx, since.URL)
	if err != nil {
		return err
	}
	defer l.close()
	ctx, done, err := d.running.begin(ctx, l.server)
	if err != nil {
		return err
	}
	defer done()
	r, err := d.newReading(ctx, l)
	if err != nil {
		return d.feedError(ctx, l.server, err)
	}
	if r.server != since.Server {
		return fmt.Errorf("%w: the server is another one", ErrFullRead)
	}
	f, err := begin(r, since, tell)
	if err != nil {
		return err
	}
	return d.feedError(ctx, l.server, r.runFeed(ctx, f))
}

// openAt opens a connection to the server of that address; where only another
// one serves it is ErrFullRead.
func (d *Directory) openAt(ctx context.Context, url string) (l *link, err error) {
	err = d.eachServer(ctx, url, func(s *server) (err error) {
		if s.url != url {
			return fmt.Errorf("%w: %s does not serve", ErrFullRead, url)
		}
		l, err = d.openBound(ctx, s)
		return err
	})
	return l, err
}

// feedError is the error of a feed that ended, as callers see it.
func (d *Directory) feedError(ctx context.Context, s *server, err error) error {
	var fault *serverError
	if !errors.As(err, &fault) || errors.Is(err, ErrFullRead) || errors.Is(err, ErrNoFeed) {
		return err
	}
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, errLost) {
		return cause
	}
	d.observer.UpstreamError(fault.kind)
	s.nudge()
	return unavailableError{err}
}
