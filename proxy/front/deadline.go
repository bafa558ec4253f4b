package front

import (
	"context"
	"sync"
	"time"
)

// deadlineContext is a context with a deadline that costs no timer until
// somebody waits for it: a cheap search looks at Err now and then, if at all.
type deadlineContext struct {
	context.Context // of the session
	deadline        time.Time

	mu     sync.Mutex // guards what follows
	timed  context.Context
	cancel context.CancelFunc
}

func (c *deadlineContext) Deadline() (time.Time, bool) { return c.deadline, true }

func (c *deadlineContext) Done() <-chan struct{} { return c.withTimer().Done() }

func (c *deadlineContext) Err() error {
	c.mu.Lock()
	timed := c.timed
	c.mu.Unlock()
	if timed != nil {
		return timed.Err()
	}
	if err := c.Context.Err(); err != nil {
		return err
	}
	if time.Now().Before(c.deadline) {
		return nil
	}
	// From here on the answer must stay the same, and Done must agree with it.
	timed = c.withTimer()
	<-timed.Done()
	return timed.Err()
}

func (c *deadlineContext) withTimer() context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.timed == nil {
		c.timed, c.cancel = context.WithDeadline(c.Context, c.deadline)
	}
	return c.timed
}

// release frees the timer, if there is one.
func (c *deadlineContext) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cancel != nil {
		c.cancel()
	}
}

// timeLimit is the stricter one of the server's and the client's limit; 0 is none.
func timeLimit(server time.Duration, clientSeconds int) time.Duration {
	client := time.Duration(clientSeconds) * time.Second
	if server <= 0 || client > 0 && client < server {
		return client
	}
	return server
}
