package upstream

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/aclens/aclens/proxy/wire"
)

// health is what the last check of a server found.
type health int32

const (
	unchecked health = iota // used like one that is up
	up
	down
)

// server is one of the directory's servers.
type server struct {
	endpoint
	settings *Settings

	state   atomic.Int32 // a health; written by its watcher only
	heard   atomic.Int64 // when something last came from it, in nanoseconds since started
	started time.Time
	suspect chan struct{} // asks the watcher to check now

	reads pool // bound as the service account
	binds pool // bound as whoever bound last
}

func newServer(e endpoint, settings *Settings) *server {
	return &server{
		endpoint: e,
		settings: settings,
		started:  time.Now(),
		suspect:  make(chan struct{}, 1),
		reads:    pool{limit: idleReads},
		binds:    pool{limit: idleBinds},
	}
}

func (s *server) health() health { return health(s.state.Load()) }

// hear notes a sign of life.
func (s *server) hear() { s.heard.Store(int64(time.Since(s.started))) }

func (s *server) heardSince(t time.Time) bool { return s.heard.Load() > int64(t.Sub(s.started)) }

// nudge asks for a check without waiting for it.
func (s *server) nudge() {
	select {
	case s.suspect <- struct{}{}:
	default: // asked for already
	}
}

// fault makes the error of a failed connection; kind says what is meant where err does not.
func (s *server) fault(doing string, kind Kind, err error) *serverError {
	if k := kindOf(err); k != KindClosed {
		kind = k
	}
	return &serverError{url: s.url, doing: doing, kind: kind, err: err}
}

// unserving tells whether a result says that this server does not serve now,
// whoever asks for whatever.
func unserving(code wire.ResultCode) bool {
	return code == wire.Busy || code == wire.Unavailable
}

// notServing is the fault of a server that says so itself.
func (s *server) notServing(doing string, r wire.Result) *serverError {
	return s.fault(doing, KindClosed, errors.New(described(r.Code, r.Message)))
}
