package front

import (
	"context"
	"errors"
	"net"
	"os"
	"time"

	"github.com/aclens/aclens/proxy/wire"
)

// errDraining ends a session because the server shuts down.
var errDraining = errors.New("server is shutting down")

// errRests is no end: the session has nothing to do for a while.
var errRests = errors.New("session rests")

// source feeds a session's Reader. A session that rests has no Reader and
// waits for one octet, which the source then gives first.
type source struct {
	session *session
	until   time.Time // reads end then, or a little later; zero is never
	slack   time.Duration
	present coarse // of the connection
	first   [1]byte
	held    bool
}

// Read takes the held octet along with what follows it.
func (r *source) Read(p []byte) (int, error) {
	if !r.held || len(p) == 0 {
		return r.take(p)
	}
	p[0], r.held = r.first[0], false
	if len(p) == 1 {
		return 1, nil
	}
	n, err := r.take(p[1:])
	return 1 + n, err
}

func (r *source) take(p []byte) (int, error) {
	s := r.session
	if err := r.present.move(r.until, r.slack, s.conn.SetReadDeadline); err != nil {
		return 0, err
	}
	// Shutdown raises the flag first and moves the deadline then, so that one of both is seen.
	if s.server.draining.Load() {
		return 0, os.ErrDeadlineExceeded
	}
	n, err := s.conn.Read(p)
	if n > 0 {
		s.server.metrics.BytesIn(n)
	}
	return n, err
}

// receive returns the next message. Before it waits, everything answered is
// written and what only a busy session needs is given up.
func (s *session) receive(ctx context.Context) (wire.Message, error) {
	if s.reader == nil || !s.reader.HasFull() {
		if err := s.flush(); err != nil {
			return wire.Message{}, err
		}
	}
	now := time.Now()
	idle := s.idleDeadline(now)
	if s.rests {
		idle, s.rests = s.idleUntil, false
	}
	for {
		m, err := s.attend(now, idle)
		if err == nil {
			return m, nil
		}
		if !isTimeout(err) {
			return wire.Message{}, s.receiveFault(err)
		}
		if s.server.draining.Load() || ctx.Err() != nil {
			return wire.Message{}, errDraining
		}
		now = time.Now()
		if !idle.IsZero() && !now.Before(idle) {
			if s.flights.empty() {
				s.server.limit(LimitIdle)
				return wire.Message{}, &disconnect{wire.AdminLimitExceeded, "idle for too long"}
			}
			idle = s.idleDeadline(now)
		}
		if s.reader != nil && s.reader.Buffered() == 0 {
			s.rest()
			s.rests, s.idleUntil = true, idle
			return wire.Message{}, errRests
		}
	}
}

// attend waits for a message until it is time to rest, or at rest until idle.
func (s *session) attend(now, idle time.Time) (wire.Message, error) {
	s.source.until, s.source.slack = idle, slackOf(idle.Sub(now))
	if s.reader == nil {
		if err := s.awaken(); err != nil {
			return wire.Message{}, err
		}
		now = time.Now() // that may have been long
	}
	if soon := now.Add(s.server.restAfter); idle.IsZero() || soon.Before(idle) {
		s.source.until, s.source.slack = soon, slackOf(s.server.restAfter)
	}
	return s.reader.Next()
}

// awaken waits for one octet without holding a buffer, then makes a Reader.
func (s *session) awaken() error {
	var n int
	var err error
	for n == 0 && err == nil { // a read may give neither an octet nor an error
		n, err = s.source.take(s.source.first[:])
	}
	if n == 0 {
		return err
	}
	s.source.held = true
	s.reader = wire.NewReader(&s.source)
	s.reader.SetBudget(&s.server.budget)
	s.limitMessages()
	return nil
}

// rest gives up what an idle session does not need.
func (s *session) rest() {
	if s.reader != nil {
		s.reader.Release()
		s.reader = nil
	}
}

// limitMessages bounds the next message by who is speaking.
func (s *session) limitMessages() {
	limits := s.server.inForce().Limits
	if s.who.Anonymous() {
		s.reader.SetLimit(limits.PreBindMessageBytes)
		return
	}
	s.reader.SetLimit(limits.MessageBytes)
}

func (s *session) idleDeadline(now time.Time) time.Time {
	idle := s.server.inForce().Limits.Idle
	if idle <= 0 {
		return time.Time{}
	}
	return now.Add(idle)
}

// receiveFault turns an error of the Reader into how the session ends.
func (s *session) receiveFault(err error) error {
	switch {
	case errors.Is(err, wire.ErrTooBig):
		s.server.limit(LimitMessage)
		return protocolFault(err.Error())
	case errors.Is(err, wire.ErrNoBudget):
		s.server.limit(LimitMemory)
		return &disconnect{wire.Busy, err.Error()}
	case errors.Is(err, wire.ErrMalformed):
		return protocolFault(err.Error())
	}
	return errGone
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}
