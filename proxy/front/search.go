package front

import (
	"context"
	"time"

	"github.com/aclens/aclens/proxy/view"
	"github.com/aclens/aclens/proxy/wire"
)

// search answers a search request (RFC 4511 section 4.5). A cheap one is run
// here and now; an expensive one moves aside, so that Abandon, Cancel and the
// end of the connection are seen.
func (s *session) search(ctx context.Context, c *call, m wire.Message) error {
	w := scratches.Get().(*scratch)
	aside := false
	defer func() {
		if !aside {
			w.release(&s.server.budget)
		}
	}()
	m, ok := w.hold(m, &s.server.budget)
	if !ok {
		s.server.limit(LimitMemory)
		return s.refuse(c, wire.Busy, wire.ErrNoBudget.Error())
	}
	planned, refused, err := s.plan(c, w, m)
	if err != nil {
		return err
	}
	if refused.Code != wire.Success {
		return s.reply(c, refused)
	}
	limit := timeLimit(s.server.inForce().Limits.TimeLimit, w.search.TimeLimit)
	if w.lasting {
		limit = time.Duration(w.search.TimeLimit) * time.Second // the client's own alone
	}
	if !w.aside && planned.Cost() <= s.server.inForce().InlineCost {
		return s.searchHere(ctx, c, planned, w, limit)
	}
	aside, err = s.searchAside(ctx, c, planned, w, limit)
	return err
}

// plan decodes a search and has it prepared. Unless the code of the result is
// Success the search is to be refused with it; an error ends the session.
func (s *session) plan(c *call, w *scratch, m wire.Message) (Search, wire.Result, error) {
	err := wire.ParseSearchInto(&w.search, m.Body, s.server.inForce().filter)
	if wire.IsLimit(err) {
		s.server.limit(LimitRequest)
		return nil, wire.Result{Code: wire.AdminLimitExceeded, Message: err.Error()}, nil
	}
	if err != nil {
		return nil, wire.Result{}, err
	}
	asked, refused, err := s.controls(w, m)
	if err != nil || !s.settled(c, w.search.Base, asked, refused) {
		return nil, refused, err
	}
	planned, refused := s.server.directory.Prepare(view.Request{
		MessageID: m.ID, Identity: asked.who, Search: &w.search, Page: asked.page, Session: s.id, RealOnly: asked.realOnly,
		Reached: s.reached(), Managed: asked.managed, Alone: asked.alone,
		Sort: asked.sort, VLV: asked.vlv, MatchedValues: asked.values, Assertion: asked.assertion,
		Deref: asked.deref, Subentries: asked.subentries, Sync: asked.sync, Persist: asked.persist, Workspace: &w.space,
	})
	s.auditDenied(c, w.search.Base, refused.Code)
	return planned, refused, nil
}

func (s *session) searchHere(ctx context.Context, c *call, planned Search, w *scratch, limit time.Duration) error {
	if limit > 0 {
		timed := &deadlineContext{Context: ctx, deadline: c.start.Add(limit)}
		defer timed.release()
		ctx = timed
	}
	answer := planned.Run(ctx, (*inlineSink)(s))
	s.measure(answer, limit)
	s.auditDenied(c, w.search.Base, answer.Result.Code)
	return s.reply(c, answer.Result, answerControls(answer)...)
}

// measure counts what a search has cost, and which limit ended it.
func (s *session) measure(answer view.Answer, limit time.Duration) {
	s.server.metrics.Searched(answer.Visited)
	switch answer.Result.Code {
	case wire.AdminLimitExceeded:
		s.server.limit(LimitSearchCost)
	case wire.TimeLimitExceeded:
		if limit == s.server.inForce().Limits.TimeLimit {
			s.server.limit(LimitTime)
		}
	}
}

// answerControls are the controls of the final message.
func answerControls(a view.Answer) []wire.Control {
	var list []wire.Control
	if a.Sorted != nil {
		list = append(list, wire.Control{OID: wire.ControlSortResponse, Value: wire.AppendSortResult(nil, *a.Sorted)})
	}
	if a.VLV != nil {
		list = append(list, wire.Control{OID: wire.ControlVLVResponse, Value: wire.AppendVLVResponse(nil, *a.VLV)})
	}
	if a.Synced != nil {
		list = append(list, wire.Control{OID: wire.ControlSyncDone, Value: wire.AppendSyncDone(nil, *a.Synced)})
	}
	if a.Paged {
		list = append(list, wire.Control{OID: wire.ControlPagedResults, Value: wire.AppendPagedValue(nil, 0, a.Cookie)})
	}
	return list
}

// searchAside starts a search in the background and reports whether it did; w
// is then no longer the caller's.
func (s *session) searchAside(ctx context.Context, c *call, planned Search, w *scratch, limit time.Duration) (bool, error) {
	owed := cap(w.message) + highWater
	if !s.server.budget.Take(owed) {
		s.server.limit(LimitMemory)
		return false, s.refuse(c, wire.Busy, wire.ErrNoBudget.Error())
	}
	f := &flight{call: *c, lasting: w.lasting, over: make(chan struct{})}
	if limit > 0 {
		ctx, f.cancel = context.WithDeadline(ctx, c.start.Add(limit))
	} else {
		ctx, f.cancel = context.WithCancel(ctx)
	}
	if !s.flights.add(f, s.server.inForce().Limits.OperationsPerConnection) {
		f.cancel()
		s.server.budget.Give(owed)
		s.server.limit(LimitOperations)
		return false, s.refuse(c, wire.Busy, "too many operations in progress on this connection")
	}
	e := s.event(EventExpensive, c, wire.Success) // its fields are the reader's, and the search is not
	e.Target = string(w.search.Base)
	if w.lasting {
		s.wg.Go(func() { s.untilDrain(ctx, f) })
	}
	s.wg.Go(func() {
		defer s.server.budget.Give(owed)
		defer w.release(&s.server.budget)
		s.fly(ctx, f, planned, e, limit)
	})
	return true, nil
}

// fly runs a search in the background and sends its answer, unless somebody
// else has answered or nobody is to.
func (s *session) fly(ctx context.Context, f *flight, planned Search, e Event, limit time.Duration) {
	defer s.flights.returned(f)
	defer f.cancel()
	sink := &flightSink{session: s, flight: f, full: firstWater, flushed: f.call.start}
	defer func() { giveBuffer(sink.out) }()
	answer := s.runGuarded(ctx, f, planned, sink)
	code := answer.Result.Code
	mine := f.turn(finishing)
	if mine {
		s.measure(answer, limit)
	} else {
		code = wire.Canceled
		s.server.metrics.Searched(answer.Visited)
	}
	s.count(&f.call, code)
	e.Code, e.Took, e.Entries, e.Visited = code, time.Since(f.call.start), answer.Entries, answer.Visited
	s.server.audit.Record(e)
	if mine {
		sink.finish(answer.Result, answerControls(answer)...)
	}
}

// runGuarded turns a panic of the search into an answer.
func (s *session) runGuarded(ctx context.Context, f *flight, planned Search, sink view.Sink) (answer view.Answer) {
	defer func() {
		if fault := recover(); fault != nil {
			s.logPanic(f.call.name, fault)
			answer = view.Answer{Result: wire.Result{Code: wire.Other, Message: "internal error"}}
		}
	}()
	return planned.Run(ctx, sink)
}
