package front

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aclens/aclens/proxy/wire"
)

const (
	restAfter = time.Second     // a session without a request for so long gives up its buffer
	bindGrace = 5 * time.Second // searches in progress have so long to complete before a bind
	hardStop  = 5 * time.Second // what is cut has so long to end
	lobbySize = 64              // refused connections that are told why at one time
)

// Parts is what a Server works with. Directory and Login are needed; the
// others may be nil.
type Parts struct {
	Directory Directory
	Login     Login
	Metrics   Metrics
	Audit     Audit
	Log       *slog.Logger
}

// Server accepts connections on any number of listeners and owns their sessions.
type Server struct {
	directory Directory
	login     Login
	metrics   Metrics
	audit     Audit
	log       *slog.Logger

	settings atomic.Pointer[inForce]
	budget   budget
	draining atomic.Bool
	stopping chan struct{} // closed when draining begins
	lobby    chan struct{} // a token for each refused connection that is being told why
	wg       sync.WaitGroup

	restAfter, bindGrace time.Duration

	mu        sync.Mutex // guards what follows
	listeners map[net.Listener]struct{}
	sessions  map[*session]struct{}
	addresses map[netip.Addr]int
	lastID    uint64
}

// New returns a Server that serves nothing yet.
func New(settings Settings, parts Parts) *Server {
	s := &Server{
		directory: parts.Directory, login: parts.Login, metrics: parts.Metrics, audit: parts.Audit, log: parts.Log,
		stopping: make(chan struct{}), lobby: make(chan struct{}, lobbySize),
		restAfter: restAfter, bindGrace: bindGrace,
		listeners: map[net.Listener]struct{}{}, sessions: map[*session]struct{}{}, addresses: map[netip.Addr]int{},
	}
	if s.metrics == nil {
		s.metrics = noMetrics{}
	}
	if s.audit == nil {
		s.audit = noAudit{}
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.Apply(settings)
	return s
}

// Apply puts new settings in force, for open connections too. Connections
// beyond a smaller limit stay.
func (s *Server) Apply(settings Settings) {
	f := settings.inForce()
	s.settings.Store(f)
	s.budget.limit.Store(f.Limits.InFlightBytes)
}

func (s *Server) inForce() *inForce { return s.settings.Load() }

func (s *Server) limit(kind string) { s.metrics.Limit(kind) }

// Serve accepts LDAP connections, which may turn to TLS by StartTLS, until ctx
// is done or Shutdown is called; it then returns nil. Sessions outlive it: they
// end with Shutdown. The name is the label in metrics and events.
func (s *Server) Serve(ctx context.Context, name string, l net.Listener) error {
	return s.accept(ctx, l, &entrance{name: name, open: (*session).openPlain, refuse: s.refusePolitely})
}

// ServeTLS is Serve for LDAP over TLS. Connections are closed while the
// settings have no TLS configuration.
func (s *Server) ServeTLS(ctx context.Context, name string, l net.Listener) error {
	return s.accept(ctx, l, &entrance{name: name, open: (*session).openTLS, refuse: closeConn})
}

// Shutdown stops accepting, lets what is in progress end, and sends every
// client a Notice of Disconnection with the code unavailable. When ctx is done
// all that is left is cut and the error says so.
func (s *Server) Shutdown(ctx context.Context) error {
	s.beginDrain()
	ended := make(chan struct{})
	go func() {
		s.wg.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
	}
	left := s.cutAll()
	reason := fmt.Errorf("shut down with %d connections cut: %w", left, ctx.Err())
	patience := time.NewTimer(hardStop)
	defer patience.Stop()
	select {
	case <-ended:
		return reason
	case <-patience.C:
		return errors.Join(reason, errors.New("some requests did not end"))
	}
}

func (s *Server) beginDrain() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining.Swap(true) {
		return
	}
	close(s.stopping)
	for l := range s.listeners {
		_ = l.Close() // its Serve returns, with or without an error
	}
	for c := range s.sessions {
		_ = c.raw.SetReadDeadline(time.Unix(1, 0)) // wakes the reader; a closed connection needs no waking
	}
}

func (s *Server) cutAll() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.sessions {
		c.stop()
		c.cut()
	}
	return len(s.sessions)
}

// refusePolitely tells a client that there is no room. What cannot be told at
// once is not told.
func (s *Server) refusePolitely(conn net.Conn) {
	select {
	case s.lobby <- struct{}{}:
	default:
		closeConn(conn)
		return
	}
	tell := func() {
		refused := &session{server: s, raw: conn, conn: conn}
		refused.output.conn = conn
		refused.sendNotice(wire.Busy, "too many connections")
		closeConn(conn)
		<-s.lobby
	}
	if !s.spawn(tell) {
		closeConn(conn)
		<-s.lobby
	}
}

// spawn runs f in a goroutine that Shutdown waits for; false: it has begun to wait.
func (s *Server) spawn(f func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining.Load() {
		return false
	}
	s.wg.Go(f)
	return true
}

func closeConn(conn net.Conn) { _ = conn.Close() }
