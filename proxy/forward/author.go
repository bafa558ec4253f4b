package forward

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/aclens/aclens/proxy/login"
	"github.com/aclens/aclens/proxy/upstream"
	"github.com/aclens/aclens/proxy/wire"
)

// Author makes the changes of one session, one after the other.
type Author struct {
	forwarder *Forwarder
	proof     login.Proof

	mu       sync.Mutex // guards what follows; held while a change is made
	password []byte     // nil once it is of no more use
	conn     *upstream.Author
}

// String leaves the password out.
func (a *Author) String() string { return fmt.Sprintf("author %q", a.proof.DN) }

// GoString is String.
func (a *Author) GoString() string { return a.String() }

// LogValue is String.
func (a *Author) LogValue() slog.Value { return slog.StringValue(a.String()) }

var noLongerTaken = wire.Result{Code: wire.UnwillingToPerform,
	Message: "the directory does not take this session's password any more: bind again to change something"}

// Write refuses a change or has the directory make it. The connection for it is
// opened at the first one, and anew where it was lost in between.
func (a *Author) Write(ctx context.Context, c Change) Answer {
	target, r := a.forwarder.check(&c, a.proof)
	if r.Code != wire.Success {
		return Answer{Result: r}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if r := a.connect(ctx); r.Code != wire.Success {
		return Answer{Result: r}
	}
	result, controls, err := a.conn.Change(ctx, target.update, c.Controls...)
	code := result.Code
	switch {
	case errors.Is(err, upstream.ErrOutcomeUnknown):
		code = wire.Other
	case err != nil: // not sent
		a.hangUp()
		return a.unreached(ctx, err)
	}
	a.forwarder.settings.Metrics.WriteForwarded(c.operation(), code)
	if code == wire.Success || err != nil {
		target.forget(a.forwarder.settings.Names)
	}
	if err != nil {
		a.hangUp()
		if ctx.Err() == nil {
			a.forwarder.settings.Log.Warn("a write was sent and not answered", "directory", a.directory(), "error", err)
		}
		return refused(wire.Other, "the directory did not answer: it is not known whether the change was made")
	}
	answer := a.forwarder.answer(&c, result, controls)
	answer.gone, answer.server = target.gone, a.conn.Server()
	return answer
}

// connect binds as the client unless that is done already.
func (a *Author) connect(ctx context.Context) wire.Result {
	if a.conn != nil && a.conn.Alive() {
		return wire.Result{}
	}
	a.hangUp()
	if a.password == nil {
		return noLongerTaken
	}
	conn, result, err := a.forwarder.settings.Directories[a.proof.Directory].Live.Author(ctx, a.proof.DN, string(a.password))
	switch {
	case err != nil:
		return a.unreached(ctx, err).Result
	case result.Code == wire.Success:
		a.conn = conn
		return wire.Result{}
	}
	// To try a password that is no longer right again and again would lock the account.
	a.drop()
	a.forwarder.settings.Log.Info("a client may no longer bind at the directory", "directory", a.directory(), "result", result.Code.String())
	return noLongerTaken
}

// unreached is the answer where nothing could be sent.
func (a *Author) unreached(ctx context.Context, err error) Answer {
	if ctx.Err() != nil {
		return refused(wire.TimeLimitExceeded, "the change was not sent")
	}
	a.forwarder.settings.Log.Debug("a write could not be sent", "directory", a.directory(), "error", err)
	return refused(wire.Unavailable, "directory cannot be reached, nothing was changed")
}

func (a *Author) directory() string {
	return a.forwarder.settings.Directories[a.proof.Directory].Name
}

// Await waits until a change that was made shows in answers; false: not in time.
func (a *Author) Await(ctx context.Context, made Answer) bool {
	s := &a.forwarder.settings
	ctx, cancel := context.WithTimeout(ctx, s.Patience)
	defer cancel()
	if s.Look(ctx, a.proof.Directory, made.server, made.gone) {
		return true
	}
	s.Metrics.WriteUnseen()
	return false
}

// Close hangs up and forgets the password; a change under way is waited for.
func (a *Author) Close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.hangUp()
	a.drop()
}

func (a *Author) hangUp() {
	if a.conn != nil {
		a.conn.Close()
		a.conn = nil
	}
}

func (a *Author) drop() {
	clear(a.password)
	a.password = nil
}
