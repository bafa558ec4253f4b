package upstream

import (
	"context"
	"sync"
)

// running knows the requests in flight, so that they can be ended from outside.
type running struct {
	mu       sync.Mutex // guards what follows
	requests map[*request]struct{}
	closed   bool
	ended    sync.WaitGroup // one for each request; nothing is added once closed is set
}

// request is one request in flight.
type request struct {
	server *server
	cancel context.CancelCauseFunc
}

// begin registers a request; done is to be called when it has ended. The error is ErrClosed.
func (r *running) begin(ctx context.Context, s *server) (_ context.Context, done func(), err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	own := &request{server: s, cancel: cancel}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		cancel(ErrClosed)
		return ctx, nil, ErrClosed
	}
	if r.requests == nil {
		r.requests = map[*request]struct{}{}
	}
	r.requests[own] = struct{}{}
	r.ended.Add(1)
	return ctx, func() {
		r.mu.Lock()
		delete(r.requests, own)
		r.mu.Unlock()
		cancel(nil)
		r.ended.Done()
	}, nil
}

// lose ends the requests to a server.
func (r *running) lose(s *server) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for own := range r.requests {
		if own.server == s {
			own.cancel(errLost)
		}
	}
}

// close ends all requests, lets no more begin, and waits.
func (r *running) close() {
	r.mu.Lock()
	r.closed = true
	for own := range r.requests {
		own.cancel(ErrClosed)
	}
	r.mu.Unlock()
	r.ended.Wait()
}
