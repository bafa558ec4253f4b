package front

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/aclens/aclens/proxy/forward"
	"github.com/aclens/aclens/proxy/login"
	"github.com/aclens/aclens/proxy/wire"
)

// Writer makes the authors of sessions. It is used by many sessions at once.
type Writer interface {
	// Author is for a session whose bind a live directory took itself. The password
	// is valid during the call.
	Author(proof login.Proof, password []byte) Author
}

// Author makes the changes of one session.
type Author interface {
	// Write makes one change, or says why not; it returns soon after ctx is done. It
	// is not called while it runs.
	Write(ctx context.Context, c forward.Change) forward.Answer
	// Await waits until a change that was made shows; false: it does not yet. It is
	// called while others are written.
	Await(ctx context.Context, made forward.Answer) bool
	// Close forgets the password: nothing is changed afterwards.
	Close()
}

const (
	unseen   = "the change was made, but does not show here yet"
	anyBound = "changes need a session that is bound with a name and a password"
	unproven = "this session was not bound with a password that the directory took itself (but by certificate, from the bind cache, or from files, or before StartTLS): bind with a name and a password to change something"
)

// takeAuthor gives the session what it needs to change things, if its bind does.
func (s *session) takeAuthor(o *login.Outcome, password []byte) {
	if writer := s.server.inForce().Writer; writer != nil && o.Proof != nil {
		s.author = writer.Author(*o.Proof, password)
	}
}

// dropAuthor ends what the session's credential was held for.
func (s *session) dropAuthor() {
	if s.author != nil {
		s.author.Close()
		s.author = nil
	}
}

// mayWrite says why a request must not change anything; empty: it may.
func (s *session) mayWrite(asked requestControls) string {
	switch {
	case s.server.inForce().Writer == nil:
		return "writes are off"
	case asked.proxied:
		return "changes are made under the session's own identity only"
	case s.who.Anonymous():
		return anyBound
	case s.author == nil:
		return unproven
	}
	return ""
}

// writing is one change in the background.
type writing struct {
	flight *flight
	change forward.Change
	author Author
	event  Event
	turn   <-chan struct{} // closed once the change before it was made
	done   chan struct{}   // closed once this one was made
}

// write has one change made in the background, so that Abandon and the end of
// the connection are seen. The changes of a session are made in the order in
// which they came.
func (s *session) write(ctx context.Context, c *call, m wire.Message, update wire.Update, e Event) error {
	owed := writeCost*(len(m.Body)+len(m.Controls)) + writeBase
	if !s.server.budget.Take(owed) {
		s.server.limit(LimitMemory)
		return s.refuseWrite(c, e, wire.Result{Code: wire.Busy, Message: wire.ErrNoBudget.Error()})
	}
	controls, err := passedOn(m)
	if err != nil {
		s.server.budget.Give(owed)
		return err
	}
	w := &writing{
		flight: &flight{call: *c, over: make(chan struct{}), writes: true}, author: s.author, event: e, turn: s.written, done: make(chan struct{}),
		change: forward.Change{Update: update, Who: s.who, Controls: controls},
	}
	ctx, w.flight.cancel = context.WithCancel(ctx)
	if !s.flights.add(w.flight, s.server.inForce().Limits.OperationsPerConnection) {
		w.flight.cancel()
		s.server.budget.Give(owed)
		s.server.limit(LimitOperations)
		return s.refuseWrite(c, e, wire.Result{Code: wire.Busy, Message: "too many operations in progress on this connection"})
	}
	s.written = w.done
	s.wg.Go(func() {
		defer s.server.budget.Give(owed)
		s.flyWrite(ctx, w)
	})
	return nil
}

// A decoded change takes some times the memory of its message, and is encoded
// once more.
const (
	writeCost = 4
	writeBase = 4 << 10
)

// refuseWrite answers a change that was not tried.
func (s *session) refuseWrite(c *call, e Event, r wire.Result) error {
	e.Code, e.Took = r.Code, time.Since(c.start)
	s.server.audit.Record(e)
	return s.reply(c, r)
}

// passedOn are the controls that go to the directory. They were decoded before.
func passedOn(m wire.Message) ([]wire.Control, error) {
	if len(m.Controls) == 0 {
		return nil, nil
	}
	controls, err := wire.ParseControls(m.Controls)
	if err != nil {
		return nil, err
	}
	controls = slices.DeleteFunc(controls, func(c wire.Control) bool { return !forward.PassedOn(c.OID) })
	for i := range controls {
		controls[i].Value = slices.Clone(controls[i].Value)
	}
	return controls, nil
}

// flyWrite makes a change and sends its answer, unless somebody else has
// answered or nobody is to.
func (s *session) flyWrite(ctx context.Context, w *writing) {
	f := w.flight
	defer s.flights.returned(f)
	defer f.cancel()
	answer := s.makeChange(ctx, w)
	mine := f.turn(finishing)
	code := answer.Result.Code
	if !mine {
		code = wire.Canceled
	}
	s.count(&f.call, code)
	w.event.Code, w.event.Took = answer.Result.Code, time.Since(f.call.start) // what became of it, answered or not
	s.server.audit.Record(w.event)
	if mine {
		op, _ := f.call.op.Response()
		out := wire.AppendResult(takeBuffer(), f.call.id, op, answer.Result, answer.Controls...)
		_ = s.transmit(out, func() bool { return f.phase.Load() != ended }) // a client that is gone needs no answer
		giveBuffer(out)
	}
}

// makeChange waits for its turn, has the change made, and waits until it shows.
func (s *session) makeChange(ctx context.Context, w *writing) (answer forward.Answer) {
	made := false
	defer func() {
		if fault := recover(); fault != nil {
			s.logPanic(w.flight.call.name, fault)
			answer = forward.Answer{Result: wire.Result{Code: wire.Other, Message: "internal error: it is not known whether the change was made"}}
		}
		if !made {
			close(w.done)
		}
	}()
	if !w.await(ctx) {
		return forward.Answer{Result: wire.Result{Code: wire.Canceled, Message: "the change was not sent"}}
	}
	answer = w.author.Write(ctx, w.change)
	made = true
	close(w.done)
	if answer.Made && !w.author.Await(ctx, answer) {
		answer.Result.Message = cmp.Or(answer.Result.Message, unseen)
	}
	return answer
}

// await waits for the change before this one; false: there is no time left.
func (w *writing) await(ctx context.Context) bool {
	if w.turn == nil {
		return ctx.Err() == nil
	}
	select {
	case <-w.turn:
	case <-ctx.Done():
		<-w.turn // it ends as soon: whoever waits for this one must not overtake it
	}
	return ctx.Err() == nil
}
