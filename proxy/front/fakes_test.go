package front

import (
	"bytes"
	"context"
	"sync"
	"testing"
	"time"

	"github.com/aclens/aclens/proxy/login"
	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/view"
	"github.com/aclens/aclens/proxy/wire"
)

// fakeDirectory answers with what a test gives it.
type fakeDirectory struct {
	prepare func(view.Request) (Search, wire.Result)
	compare func(policy.Identity, *wire.CompareRequest, *wire.Filter) wire.Result
}

func (d *fakeDirectory) Prepare(r view.Request) (Search, wire.Result) {
	if d.prepare == nil {
		return oneEntry(r), wire.Result{}
	}
	return d.prepare(r)
}

func (d *fakeDirectory) Compare(who policy.Identity, r *wire.CompareRequest, assertion *wire.Filter) wire.Result {
	if d.compare == nil {
		return wire.Result{Code: wire.CompareFalse}
	}
	return d.compare(who, r, assertion)
}

type fakeSearch struct {
	cost int
	run  func(ctx context.Context, out view.Sink) view.Answer
}

func (s *fakeSearch) Cost() int { return s.cost }

func (s *fakeSearch) Run(ctx context.Context, out view.Sink) view.Answer { return s.run(ctx, out) }

const expensive = DefaultInlineCost + 1

// oneEntry answers with an entry named as the base, which tells the request back.
func oneEntry(r view.Request) *fakeSearch {
	return &fakeSearch{run: func(_ context.Context, out view.Sink) view.Answer {
		if err := sendEntry(out, r); err != nil {
			return view.Answer{Result: wire.Result{Code: wire.Other}}
		}
		return view.Answer{Entries: 1, Visited: 1}
	}}
}

func sendEntry(out view.Sink, r view.Request) error {
	w := wire.BeginEntry(out.Room(), r.MessageID, r.Search.Base)
	w.AttributeBytes("filter", r.Search.Filter.Value)
	w.Attribute("who", r.Identity.DN)
	return out.Keep(w.End())
}

// slowSearch runs in the background until it is released or ended.
type slowSearch struct {
	started chan struct{} // closed when it runs
	release chan struct{} // close it to let it succeed
	ended   chan error    // what ended it: nil, or the context's error
}

func newSlowSearch() *slowSearch {
	return &slowSearch{started: make(chan struct{}), release: make(chan struct{}), ended: make(chan error, 1)}
}

func (s *slowSearch) prepare(view.Request) (Search, wire.Result) {
	return &fakeSearch{cost: expensive, run: func(ctx context.Context, _ view.Sink) view.Answer {
		close(s.started)
		select {
		case <-s.release:
			s.ended <- nil
			return view.Answer{}
		case <-ctx.Done():
			s.ended <- ctx.Err()
			return view.Answer{Result: wire.Result{Code: wire.TimeLimitExceeded}}
		}
	}}, wire.Result{}
}

// slowAt answers the base "slow" with the slow search, and others with one entry.
func (s *slowSearch) slowAt(r view.Request) (Search, wire.Result) {
	if string(r.Search.Base) == "slow" {
		return s.prepare(r)
	}
	return oneEntry(r), wire.Result{}
}

// fakeLogin knows one password.
type fakeLogin struct {
	mu       sync.Mutex
	attempts []login.Attempt // with passwords of their own
	answer   func(context.Context, login.Attempt) login.Outcome
}

const password = "correct horse"

func (l *fakeLogin) try(ctx context.Context, a login.Attempt) login.Outcome {
	l.mu.Lock()
	kept := a
	kept.Password = bytes.Clone(a.Password)
	l.attempts = append(l.attempts, kept)
	l.mu.Unlock()
	if l.answer != nil {
		return l.answer(ctx, a)
	}
	if string(a.Password) != password {
		return login.Outcome{Result: wire.Result{Code: wire.InvalidCredentials}}
	}
	return login.Outcome{Who: policy.Identity{DN: a.Name, Key: a.Name}}
}

func (l *fakeLogin) Simple(ctx context.Context, a login.Attempt) login.Outcome { return l.try(ctx, a) }
func (l *fakeLogin) Plain(ctx context.Context, a login.Attempt) login.Outcome  { return l.try(ctx, a) }

func (l *fakeLogin) External(ctx context.Context, a login.Attempt) login.Outcome {
	out := l.try(ctx, a)
	if a.TLS == nil || len(a.TLS.PeerCertificates) == 0 {
		return login.Outcome{Result: wire.Result{Code: wire.InappropriateAuthentication}}
	}
	subject := a.TLS.PeerCertificates[0].Subject.String()
	out.Who, out.Result = policy.Identity{DN: subject, Key: subject}, wire.Result{}
	return out
}

func (l *fakeLogin) last(t *testing.T) login.Attempt {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.attempts) == 0 {
		t.Fatal("nobody was asked to check the credentials")
	}
	return l.attempts[len(l.attempts)-1]
}

func (l *fakeLogin) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.attempts)
}

// recorder is Metrics and Audit that tests can wait on.
type recorder struct {
	mu     sync.Mutex
	change chan struct{} // closed and replaced whenever something is recorded
	counts map[string]int
	events []Event
}

func newRecorder() *recorder {
	return &recorder{change: make(chan struct{}), counts: map[string]int{}}
}

func (r *recorder) add(n int, what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counts[what] += n
	close(r.change)
	r.change = make(chan struct{})
}

func (r *recorder) ConnOpened(l string) { r.add(1, "opened "+l) }
func (r *recorder) ConnClosed(l string) { r.add(1, "closed "+l) }
func (r *recorder) Operation(op string, c wire.ResultCode, _ time.Duration) {
	r.add(1, op+" "+c.String())
}
func (r *recorder) BytesIn(n int)     { r.add(n, "bytes in") }
func (r *recorder) BytesOut(n int)    { r.add(n, "bytes out") }
func (r *recorder) Limit(kind string) { r.add(1, "limit "+kind) }

func (r *recorder) Searched(visited int) {
	r.add(1, "searched")
	r.add(visited, "visited")
}

func (r *recorder) Record(e Event) {
	r.mu.Lock()
	r.events = append(r.events, e)
	r.mu.Unlock()
	r.add(1, "event "+string(e.Kind))
}

// wait returns once what has been counted n times.
func (r *recorder) wait(t *testing.T, n int, what string) {
	t.Helper()
	timeout := time.After(patience)
	for {
		r.mu.Lock()
		have, change := r.counts[what], r.change
		r.mu.Unlock()
		if have >= n {
			return
		}
		select {
		case <-change:
		case <-timeout:
			t.Fatalf("%q counted %d times, waiting for %d", what, have, n)
		}
	}
}

func (r *recorder) count(what string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.counts[what]
}

func (r *recorder) lastEvent(t *testing.T) Event {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.events) == 0 {
		t.Fatal("no event was recorded")
	}
	return r.events[len(r.events)-1]
}

// safeBuffer is a log that can be read while it is written.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
