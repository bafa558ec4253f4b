package login

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
)

// Login proves identities. It is safe for concurrent use.
type Login struct {
	settings atomic.Pointer[inForce]
	memory   *memory
	metrics  Metrics
	log      *slog.Logger
}

// New checks the settings. Metrics may be nil. Close frees what is remembered.
func New(s Settings, log *slog.Logger, metrics Metrics) (*Login, error) {
	if metrics == nil {
		metrics = noMetrics{}
	}
	m, err := newMemory()
	if err != nil {
		return nil, err
	}
	l := &Login{memory: m, metrics: metrics, log: log}
	if err := l.Configure(s); err != nil {
		return nil, err
	}
	return l, nil
}

// Configure puts other settings in force, for attempts from now on, and forgets
// all remembered binds. With an error everything stays as it was.
func (l *Login) Configure(s Settings) error {
	f, err := s.inForce()
	if err != nil {
		return err
	}
	l.settings.Store(f)
	l.memory.reset(f.cache.Entries)
	return nil
}

// Forget makes the bind cache forget an entry, by its normalised DN. It is to be
// called for every entry that changed or went, once the snapshot has the change.
func (l *Login) Forget(dnKey string) { l.memory.forget(dnKey) }

// ForgetAll makes the bind cache forget everything, for changes too large to be told one by one.
func (l *Login) ForgetAll() { l.memory.forgetAll() }

// Close forgets all remembered binds; the Login is not to be used any more.
func (l *Login) Close() { l.memory.forgetAll() }

// Simple is a simple bind (RFC 4513 section 5.1). Without name and password it
// is anonymous and succeeds; without one of them it is refused.
func (l *Login) Simple(ctx context.Context, a Attempt) Outcome {
	if a.Name == "" && len(a.Password) == 0 {
		return Outcome{}
	}
	return l.password(ctx, l.settings.Load(), &a, a.Name)
}

// Prefixes of identities in SASL (RFC 4513 section 5.2.1.8).
const (
	dnPrefix   = "dn:"
	userPrefix = "u:"
)

// Plain is SASL PLAIN (RFC 4616). The authentication identity is "dn:" and a
// distinguished name, "u:" and a name, or a name as in a simple bind; the
// authorization identity must be the same or empty, else it is
// insufficientAccessRights (50). That the connection is private is the caller's business.
func (l *Login) Plain(ctx context.Context, a Attempt) Outcome {
	f := l.settings.Load()
	text, isDN := strings.CutPrefix(a.Name, dnPrefix)
	if !isDN {
		text = strings.TrimPrefix(a.Name, userPrefix)
	}
	return f.authorized(l.password(ctx, f, &a, text), a.AuthzID)
}

// password answers a name and a password.
func (l *Login) password(ctx context.Context, f *inForce, a *Attempt, text string) Outcome {
	switch {
	case len(a.Password) == 0: // unauthenticated bind, RFC 4513 section 5.1.2
		return refused(wire.UnwillingToPerform, "a name without a password is not accepted")
	case text == "":
		return refused(wire.InvalidCredentials, "")
	}
	t, r := f.find(text)
	switch {
	case r.Code != wire.Success:
		return Outcome{Result: r}
	case t == f.decoy:
		return l.proveNobody(ctx, f, a)
	}
	return l.prove(ctx, f, a, t)
}

// prove checks a password, from memory if that may be.
func (l *Login) prove(ctx context.Context, f *inForce, a *Attempt, t target) Outcome {
	c := l.cacheFor(f, a, t)
	defer c.end()
	if c.answers(ctx) {
		return Outcome{Who: t.who}
	}
	v, err := l.ask(ctx, a, t)
	if err != nil {
		if c.answersInOutage(ctx) {
			return Outcome{Who: t.who}
		}
		return unavailable(err)
	}
	if v.plainly() {
		c.keep()
	}
	o := v.outcome(t.who)
	if v.Code == wire.Success {
		o.Proof = f.proof(t)
	}
	return o
}

// proveNobody spends on a name that is nobody's what a wrong password costs.
// Whatever the directory thinks of the decoy, it is not let in.
func (l *Login) proveNobody(ctx context.Context, f *inForce, a *Attempt) Outcome {
	v, err := l.ask(ctx, a, f.decoy)
	if err != nil {
		return unavailable(err)
	}
	if v.Code == wire.Success {
		return refused(wire.InvalidCredentials, "")
	}
	return v.outcome(policy.Identity{})
}

// ask has the password checked by its directory.
func (l *Login) ask(ctx context.Context, a *Attempt, t target) (Verdict, error) {
	start := time.Now()
	v, err := t.source.checker.Check(ctx, Question{DN: t.dn, Key: t.who.Key, Password: a.Password, Controls: a.Controls})
	code := v.Code
	if err != nil {
		code = codeOf(err)
		l.log.Debug("password could not be checked", "directory", t.source.name, "error", err)
	}
	l.metrics.PasswordChecked(t.source.name, code, time.Since(start))
	if ctx.Err() == nil {
		t.source.lost.Store(code == wire.Unavailable)
	}
	return v, err
}

// errBusy is the error of a check for which there is no capacity.
var errBusy = errors.New("too many passwords are being checked")

func codeOf(err error) wire.ResultCode {
	if errors.Is(err, errBusy) {
		return wire.Busy
	}
	return wire.Unavailable
}

func unavailable(err error) Outcome {
	if errors.Is(err, errBusy) {
		return refused(wire.Busy, errBusy.Error())
	}
	return refused(wire.Unavailable, "directory cannot be reached")
}

func refused(code wire.ResultCode, reason string) Outcome {
	return Outcome{Result: wire.Result{Code: code, Message: reason}}
}

func (v *Verdict) outcome(who policy.Identity) Outcome {
	o := Outcome{Result: wire.Result{Code: v.Code, Message: v.Message}, Controls: v.Controls}
	if v.Code == wire.Success {
		o.Who = who
	}
	return o
}
