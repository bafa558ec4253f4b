package upstream

import (
	"context"
	"errors"
	"time"
)

// Together these keep the loss of a frozen server below two seconds.
const (
	suspicion  = 200 * time.Millisecond // an answer outstanding for longer makes the server be checked
	keptPing   = 250 * time.Millisecond // a connection that is known to work answers within this
	freshPing  = time.Second            // and a new one within this, connecting included
	checkPause = 50 * time.Millisecond  // between two checks, however many ask for one
)

// errLost is why requests end that wait for a server which does not answer any more.
var errLost = errors.New("server does not answer any more")

// watch checks one server until ctx ends.
func (d *Directory) watch(ctx context.Context, s *server) {
	regular := time.NewTicker(s.settings.Health)
	defer regular.Stop()
	pause := time.NewTicker(checkPause)
	defer pause.Stop()
	var kept *link
	defer func() {
		if kept != nil {
			kept.close()
		}
	}()
	for {
		var alive bool
		kept, alive = s.check(ctx, kept)
		if ctx.Err() != nil {
			return
		}
		d.noteHealth(s, alive)
		s.reads.expire()
		s.binds.expire()
		select {
		case <-ctx.Done():
			return
		case <-pause.C:
		}
		select {
		case <-ctx.Done():
			return
		case <-regular.C:
		case <-s.suspect:
		}
	}
}

// noteHealth acts on what a check found. If another server is there, requests do
// not wait for a lost one.
func (d *Directory) noteHealth(s *server, alive bool) {
	now := down
	if alive {
		now = up
	}
	before := health(s.state.Swap(int32(now)))
	if now == down && d.anotherServes(s) {
		d.running.lose(s)
	}
	if now == before {
		return
	}
	d.observer.UpstreamUp(s.url, alive)
	if alive {
		d.log.Info("directory server answers", "url", s.url)
		return
	}
	s.reads.empty()
	s.binds.empty()
	d.log.Warn("directory server does not answer", "url", s.url)
}

func (d *Directory) anotherServes(lost *server) bool {
	for _, s := range d.servers {
		if s != lost && s.health() == up {
			return true
		}
	}
	return false
}

// check finds out whether the server answers; it returns the connection to ask next time.
func (s *server) check(ctx context.Context, kept *link) (*link, bool) {
	began := time.Now()
	kept, err := s.ping(ctx, kept)
	if err == nil {
		return kept, true
	}
	// Slow with this question, but talking to others: not dead.
	return nil, kindOf(err) == KindTimeout && s.heardSince(began)
}

// ping reads the root DSE over the kept connection, or over a new one if that
// fails: it may be the connection only that is dead.
func (s *server) ping(ctx context.Context, kept *link) (*link, error) {
	if kept != nil {
		if s.pingWithin(ctx, kept, keptPing) == nil {
			return kept, nil
		}
		kept.close()
	}
	ctx, cancel := context.WithTimeout(ctx, freshPing)
	defer cancel()
	conn, err := s.dial(ctx)
	if err != nil {
		return nil, err
	}
	fresh := newProbe(s, conn)
	if err := s.pingWithin(ctx, fresh, freshPing); err != nil {
		fresh.close()
		return nil, err
	}
	return fresh, nil
}

// pingWithin asks one question. Any answer will do, unless the server says
// itself that it does not serve.
func (s *server) pingWithin(ctx context.Context, l *link, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	end, err := l.search(ctx, baseRequest("", everything, "1.1"), nil, func([]byte) error { return nil })
	if err == nil && unserving(end.result.Code) {
		return s.notServing("checking", end.result)
	}
	return err
}

// Reachable tells whether some server answers, as far as the checks have found.
func (d *Directory) Reachable() bool {
	for _, s := range d.servers {
		if s.health() != down {
			return true
		}
	}
	return false
}
