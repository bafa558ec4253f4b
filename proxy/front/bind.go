package front

import (
	"cmp"
	"context"
	"time"

	"github.com/aclens/aclens/proxy/login"
	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
)

// bind answers a bind request (RFC 4511 section 4.2). It runs on the reader,
// so nothing else is processed meanwhile, and whatever it ends with short of
// success leaves the session anonymous.
func (s *session) bind(ctx context.Context, c *call, m wire.Message) error {
	r, err := wire.ParseBind(m.Body)
	if err != nil {
		return err
	}
	defer clear(r.Password)
	defer clear(r.SASLCredentials)
	if err := s.quiesce(ctx); err != nil {
		return err
	}
	s.become(policy.Identity{})
	s.dropAuthor()
	w := scratches.Get().(*scratch)
	defer w.release(&s.server.budget)
	asked, refused, err := s.controls(w, m)
	if err != nil {
		return err
	}
	a := s.attempt(&r, asked)
	method, outcome := "", login.Outcome{Result: refused}
	if refused.Code == wire.Success {
		method, outcome = s.authenticate(ctx, &r, &a)
	}
	if outcome.Result.Code == wire.Success {
		s.become(outcome.Who)
		s.takeAuthor(&outcome, a.Password)
	}
	e := s.event(EventBind, c, outcome.Result.Code)
	e.Target, e.Method = cmp.Or(a.Name, a.AuthzID), method
	s.server.audit.Record(e)
	return s.reply(c, outcome.Result, outcome.Controls...)
}

func (s *session) become(who policy.Identity) {
	s.who = who
	s.limitMessages()
}

func (s *session) attempt(r *wire.BindRequest, asked requestControls) login.Attempt {
	return login.Attempt{
		Name: string(r.Name), Password: r.Password, Version: r.Version, Controls: asked.forLogin,
		Remote: s.remote, TLS: s.tlsState(), Listener: s.listener,
	}
}

// authenticate returns the method for the audit record and how the bind ends.
func (s *session) authenticate(ctx context.Context, r *wire.BindRequest, a *login.Attempt) (string, login.Outcome) {
	if r.Version != 3 {
		return "", failed(wire.ProtocolError, "only version 3 of the protocol is spoken")
	}
	switch r.Method {
	case wire.AuthSimple:
		return s.simpleBind(ctx, a)
	case wire.AuthSASL:
		return s.saslBind(ctx, r, a)
	}
	return "", failed(wire.AuthMethodNotSupported, "authentication choice is not known")
}

// simpleBind tells the three uses of a simple bind apart (RFC 4513 section 5.1).
func (s *session) simpleBind(ctx context.Context, a *login.Attempt) (string, login.Outcome) {
	switch {
	case a.Name == "" && len(a.Password) == 0:
		return "anonymous", login.Outcome{}
	case len(a.Password) == 0:
		// A client that means "anonymous" by this is rarer than one that takes
		// success for a checked password (RFC 4513 section 5.1.2).
		return "simple", failed(wire.UnwillingToPerform, "a name without a password is not accepted")
	case !s.mayTakePassword():
		return "simple", failed(wire.ConfidentialityRequired, "passwords are taken over TLS only")
	case a.Name == "":
		return "simple", failed(wire.InvalidCredentials, "")
	}
	return "simple", s.server.login.Simple(ctx, *a)
}

// mayTakePassword tells whether nobody between the client and us can have read along.
func (s *session) mayTakePassword() bool {
	return s.secure() || s.remote.Addr().IsLoopback() || s.server.inForce().AllowPlaintextBind
}

func failed(code wire.ResultCode, reason string) login.Outcome {
	return login.Outcome{Result: wire.Result{Code: code, Message: reason}}
}

// quiesce lets the requests in the background complete, since none may be
// outstanding when a bind is processed. Those that take too long are answered
// with busy; a client is not left waiting for what never comes.
func (s *session) quiesce(ctx context.Context) error {
	if err := s.flush(); err != nil {
		return err
	}
	if s.flights.empty() {
		return nil
	}
	s.flights.cancelLasting()
	patience := time.NewTimer(s.server.bindGrace)
	defer patience.Stop()
	select {
	case <-s.flights.whenSettled():
		return nil
	case <-ctx.Done():
		return errGone
	case <-patience.C:
	}
	for _, f := range s.flights.end() {
		r := wire.Result{Code: wire.Busy, Message: "ended by a bind on the same connection"}
		if f.writes {
			r = wire.Result{Code: wire.Other, Message: "ended by a bind on the same connection: it is not known whether the change was made"}
		}
		op, _ := f.call.op.Response()
		if err := s.keep(wire.AppendResult(s.room(), f.call.id, op, r)); err != nil {
			return err
		}
	}
	select {
	case <-s.flights.whenSettled(): // those that were writing their last message
		return s.flush()
	case <-ctx.Done():
		return errGone
	}
}
