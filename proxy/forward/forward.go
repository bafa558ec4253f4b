package forward

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/aclens/aclens/proxy/login"
	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/upstream"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/name"
)

// DefaultPatience is how long an answer waits for its change to show.
const DefaultPatience = 2 * time.Second

// Directory is one directory that changes may go to.
type Directory struct {
	Name string // in messages and logs
	Live Live   // nil: it was read from files
}

// Live opens connections bound as clients; *upstream.Directory is one.
type Live interface {
	Author(ctx context.Context, dn, password string) (*upstream.Author, upstream.Result, error)
}

// Names knows whose a name is; *login.Login is one.
type Names interface {
	// Owner is the position in Settings.Directories; false: no directory covers the name.
	Owner(dn name.DN) (int, bool)
	// Forget is told of entries, by normalised DN, whose password may be another one now.
	Forget(dnKey string)
	// ForgetAll is told that entries changed of which not all are known.
	ForgetAll()
}

// View is what clients see of the directory; *view.View is one.
type View interface {
	Computes(description string) bool
	Answers(dn name.DN) bool
	Nearest(who policy.Identity, dn string) string
	MayTest(who policy.Identity, dn string, f *wire.Filter) bool
}

// Metrics counts what is sent on. Its methods must not block.
type Metrics interface {
	// WriteForwarded counts a change that was sent, by the code that the directory
	// answered with; Other where its end is not known.
	WriteForwarded(operation string, code wire.ResultCode)
	// WriteUnseen counts a change that was made and did not show in time.
	WriteUnseen()
}

// Settings say where changes go. Everything but Patience and Log is needed.
type Settings struct {
	Directories []Directory // as login.Settings.Sources
	Names       Names
	View        func() View
	// Look reads a directory at once, and tells whether what was changed there, at
	// the server of a configured address, shows. It returns when ctx is done.
	Look     func(ctx context.Context, directory int, server string, gone bool) bool
	Metrics  Metrics
	Patience time.Duration // zero stands for DefaultPatience
	Log      *slog.Logger
}

// Forwarder makes the Authors of sessions. It is safe for concurrent use.
type Forwarder struct{ settings Settings }

// New checks the settings.
func New(s Settings) (*Forwarder, error) {
	if s.Names == nil || s.View == nil || s.Look == nil || s.Metrics == nil || len(s.Directories) == 0 {
		return nil, errors.New("forwarding writes: something that it needs is missing")
	}
	if s.Patience <= 0 {
		s.Patience = DefaultPatience
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	return &Forwarder{s}, nil
}

// Author is the one who changes things in a session that a bind began. The
// password is copied.
func (f *Forwarder) Author(proof login.Proof, password []byte) *Author {
	return &Author{forwarder: f, proof: proof, password: append([]byte{}, password...)}
}
