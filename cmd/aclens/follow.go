package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/aclens/aclens/proxy/refresh"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/finding"
)

// Waiting between two times of asking a directory what it is.
const (
	firstProfileRetry = time.Second
	lastProfileRetry  = 30 * time.Second
)

// run reads the sources and serves until ctx is done or something fails.
func (s *service) run(ctx context.Context, ready func(*service)) error {
	following, stop := context.WithCancel(context.WithoutCancel(ctx)) // changes show until the last answer
	defer stop()
	// Ready is who answers, and it answers 52 from now on: a directory that is away
	// must not make the manager give up on what waits for it.
	s.manager.tell("READY=1", "STATUS=waiting for the first state")
	reload := make(chan struct{}, 1)
	s.wg.Go(func() {
		if err := s.follow(following, reload, ready); err != nil && following.Err() == nil {
			s.failed <- err
		}
	})
	beat, still := s.manager.beat()
	defer still()
	for {
		select {
		case <-beat:
			s.manager.tell("WATCHDOG=1")
		case <-s.hup:
			s.log.Info("reload asked for")
			s.manager.tell("RELOADING=1")
			if s.tls != nil {
				s.tls.Reload()
			}
			select {
			case reload <- struct{}{}:
			default: // one is asked for already
			}
			s.manager.tell("READY=1")
		case err := <-s.failed:
			stop()
			s.shutdown()
			return usage(err)
		case <-ctx.Done():
			s.announce(beat)
			stop()
			s.shutdown()
			return nil
		}
	}
}

// follow finds out what the directory is and then keeps the answers in step
// with the sources. It returns when ctx is done, or with an error of
// configuration or input.
func (s *service) follow(ctx context.Context, reload <-chan struct{}, ready func(*service)) error {
	for {
		kept := s.takeKeptProfile()
		if !kept {
			if err := s.awaitProfile(ctx, reload); err != nil || ctx.Err() != nil {
				return err
			}
		}
		err := s.refreshing(ctx, reload, ready, kept)
		switch {
		case errors.Is(err, errOtherSources):
			s.turnTo(s.next)
		case errors.Is(err, errOtherProfile):
			s.log.Warn("the kept state is dropped", "error", err)
		case err == nil || !s.turnBack(err):
			return err
		}
	}
}

// refreshing reads the sources under the profile that is known. If that is the
// one of the kept state, the directory has to confirm it before it is read.
func (s *service) refreshing(ctx context.Context, reload <-chan struct{}, ready func(*service), kept bool) error {
	if err := s.openUpcoming(); err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	r, err := s.refresher(ready, kept, stop)
	if err != nil {
		return err
	}
	s.holds.releaser.Store(r)
	var passing sync.WaitGroup
	defer passing.Wait()
	defer stop(nil)
	passing.Go(func() {
		for {
			select {
			case <-reload:
				if s.reread(ctx) {
					stop(errOtherSources)
					return
				}
				r.Reload()
			case <-ctx.Done():
				return
			}
		}
	})
	if err := r.Run(ctx); err != nil {
		return err
	}
	if cause := context.Cause(ctx); errors.Is(cause, errOtherProfile) || errors.Is(cause, errOtherSources) {
		return cause
	}
	return nil
}

// awaitProfile asks the directory what it is until it answers. Meanwhile there
// is no state, and every question is answered 52.
func (s *service) awaitProfile(ctx context.Context, reload <-chan struct{}) error {
	for pause := firstProfileRetry; ; pause = min(2*pause, lastProfileRetry) {
		err := s.sources.findProfile(ctx)
		if err == nil || ctx.Err() != nil {
			return nil
		}
		s.metrics.RefreshError(string(refresh.KindDirectory))
		s.log.Warn("nothing can be answered yet", "error", err)
		retry := time.NewTimer(pause)
		select {
		case <-ctx.Done():
		case <-reload:
			s.rereadWaiting(ctx)
		case <-retry.C:
		}
		retry.Stop()
	}
}

// refresher wires what is read to what answers.
func (s *service) refresher(ready func(*service), kept bool, stop context.CancelCauseFunc) (*refresh.Refresher, error) {
	settings := s.sources.settings
	settings.Metrics = refreshMetrics{s.metrics}
	settings.Check = s.upcoming.CheckBase
	settings.SetCredentials = s.setCredentials
	settings.Keep = s.keep()
	if kept {
		settings.Directories = s.confirming(stop)
	}
	settings.Held = s.holds.set(s.metrics)
	settings.Changed = s.changed
	settings.Advised = s.advised
	settings.Swap = func(id string, snap *resolver.Snapshot, findings []finding.Finding, changed time.Time) {
		st := s.swap(id, snap, findings, changed)
		s.metrics.Swapped(st)
		s.history.Keep(st)
		s.log.Info("new state answers", "snapshot", id, "entries", snap.Store().Len(), "databases", snap.Databases().Len(), "findings", len(findings))
		s.manager.tell(fmt.Sprintf("STATUS=answering: %d entries, %d databases, %d findings", snap.Store().Len(), snap.Databases().Len(), len(findings)))
		if ready != nil {
			s.readyOnce.Do(func() { ready(s) })
		}
		s.reclaim.after(time.Now())
	}
	return refresh.New(settings)
}
