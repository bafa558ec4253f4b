package drapi

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/aclens/aclens/proxy/upstream"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/source"
)

const (
	workers     = 4 // requests at a time
	giveUpAfter = 3 // requests without any answer, after which the service is left alone until the next asking
)

// result is what asking for one database gave.
type result struct {
	in  *database.Instance
	err error
}

// run is one asking for all databases.
type run struct {
	*Client
	results []result // by target; each is written by the worker that has its number

	mu      sync.Mutex // guards what follows
	token   string
	renewed bool  // the token was asked for again
	silent  int   // requests without an answer
	over    error // why no more is asked
}

// askAll asks for every database, some at a time.
func (r *run) askAll(ctx context.Context) {
	numbers := make(chan int)
	var done sync.WaitGroup
	for range min(workers, len(r.targets)) {
		done.Go(func() {
			for i := range numbers {
				r.results[i].in, r.results[i].err = r.ask(ctx, &r.targets[i])
			}
		})
	}
	for i := range r.targets {
		numbers <- i
	}
	close(numbers)
	done.Wait()
}

// ask reads the ACL of one database. Its time is that before the first request,
// so that it is rather said to be too old than too young; the entries are asked
// for before the roles, so that a role defined meanwhile is known.
func (r *run) ask(ctx context.Context, t *target) (*database.Instance, error) {
	in := t.in
	in.CapturedAt = r.settings.Clock()
	entries, err := r.request(ctx, entriesOf, t)
	if err != nil {
		return nil, err
	}
	roles, err := r.request(ctx, rolesOf, t)
	if err != nil {
		return nil, err
	}
	whole, err := source.RESTInstance(in, entries, roles)
	switch {
	case err != nil:
		return nil, fmt.Errorf("answer not understood: %w", err)
	case whole.List.Default() == nil:
		return nil, errors.New("the answer lacks -Default-, which every ACL has: it is not whole")
	}
	return &whole, nil
}

// request asks once, and once more with a new token where the old one is not
// taken any longer.
func (r *run) request(ctx context.Context, of string, t *target) ([]byte, error) {
	token, err := r.allowed()
	if err != nil {
		return nil, err
	}
	body, err := r.get(ctx, token, of, t.nsfPath)
	if errors.Is(err, upstream.ErrRefused) {
		if token = r.renew(token); token != "" {
			body, err = r.get(ctx, token, of, t.nsfPath)
		}
	}
	r.note(err)
	return body, err
}

// allowed is the token to ask with, or why no more is asked.
func (r *run) allowed() (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.token, r.over
}

// renew gives another token than the one that was refused, or none.
func (r *run) renew(refused string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.renewed {
		r.renewed = true
		if token, err := r.settings.readToken(); err == nil {
			r.token = token
		}
	}
	if r.token == refused {
		return ""
	}
	return r.token
}

// note ends the run where asking on makes no sense.
func (r *run) note(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case err == nil:
		r.silent = 0
	case errors.Is(err, upstream.ErrRefused):
		r.over = fmt.Errorf("not asked for: %w", err)
	case errors.As(err, new(*unanswered)):
		if r.silent++; r.silent >= giveUpAfter {
			r.over = fmt.Errorf("not asked for, the service does not answer: %w", err)
		}
	}
}
