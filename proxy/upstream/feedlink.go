package upstream

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aclens/aclens/proxy/wire"
)

// feedLink is a connection on which searches do not end. A question now and
// then shows that the other side is alive, whom nothing else makes speak.
type feedLink struct {
	*link
	bases map[int32]string // by message id of the searches
	asked atomic.Int64     // message id of the question that waits for its answer; 0 is none
	doubt *time.Timer

	settled func() error // ErrFullRead where other bases are to be read than are followed
}

// runFeed sends the searches of a feed and takes what comes until it ends.
func (r *reading) runFeed(ctx context.Context, f feed) error {
	l := r.link
	l.doubt.Stop()
	l.doubt = nil // silence is no reason for doubt, but for questions that wait
	x := &feedLink{link: l, bases: map[int32]string{}, doubt: time.AfterFunc(time.Hour, l.server.nudge)}
	x.doubt.Stop()
	x.settled = r.settled
	if err := r.settled(); err != nil {
		return err
	}
	searches, err := f.searches()
	if err != nil {
		return err
	}
	return l.during(ctx, "following changes", func() error {
		for _, s := range searches {
			id, err := l.send(func(dst []byte, id int32) ([]byte, error) {
				return wire.AppendSearchRequest(dst, id, s.request, s.controls...)
			})
			if err != nil {
				return err
			}
			x.bases[id] = string(s.request.Base)
		}
		return x.follow(ctx, f)
	})
}

// follow takes messages while questions are asked beside it.
func (x *feedLink) follow(ctx context.Context, f feed) error {
	ctx, stop := context.WithCancel(ctx)
	var probes sync.WaitGroup
	probes.Go(func() { x.probe(ctx) })
	defer func() {
		stop()
		probes.Wait()
		x.doubt.Stop()
	}()
	for {
		m, err := x.reader.Next()
		if err != nil {
			return err
		}
		if err := x.dispatch(ctx, f, m); err != nil {
			return err
		}
		if x.reader.HasFull() {
			continue
		}
		if err := f.idle(ctx); err != nil {
			return &callerError{err}
		}
	}
}

func (x *feedLink) dispatch(ctx context.Context, f feed, m wire.Message) error {
	if m.ID == 0 {
		return noticeError(m)
	}
	if base, ok := x.bases[m.ID]; ok {
		if err := f.take(base, m); err != nil {
			return &callerError{err}
		}
		return nil
	}
	if m.Op != wire.OpSearchDone {
		return nil // the root DSE
	}
	if int64(m.ID) != x.asked.Load() {
		return errUnexpected
	}
	x.doubt.Stop()
	x.asked.Store(0)
	if err := x.settled(); err != nil {
		return &callerError{err}
	}
	if err := f.probed(ctx); err != nil {
		return &callerError{err}
	}
	return nil
}

// probe asks a question every now and then, one at a time. A question that
// cannot be sent, or is not answered, is found by the reader's own limit. Nobody
// else sends meanwhile.
func (x *feedLink) probe(ctx context.Context) {
	tick := time.NewTicker(probeEvery)
	defer tick.Stop()
	for {
		if x.asked.Load() == 0 {
			x.ask()
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (x *feedLink) ask() {
	x.asked.Store(int64(x.lastID) + 1)
	x.doubt.Reset(suspicion)
	_, err := x.send(func(dst []byte, id int32) ([]byte, error) {
		return wire.AppendSearchRequest(dst, id, baseRequest("", everything, "1.1"))
	})
	if err != nil {
		x.server.nudge()
	}
}
