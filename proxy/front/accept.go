package front

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// entrance is how connections come in through one listener.
type entrance struct {
	name   string
	open   func(*session, context.Context) error // what comes before the first message
	refuse func(net.Conn)
}

func (s *Server) accept(ctx context.Context, l net.Listener, in *entrance) error {
	if !s.register(l) {
		return nil
	}
	defer s.unregister(l)
	defer context.AfterFunc(ctx, func() { _ = l.Close() })()
	var delay time.Duration
	for {
		conn, err := l.Accept()
		if err == nil {
			delay = 0
			s.admit(ctx, conn, in)
			continue
		}
		if s.draining.Load() || ctx.Err() != nil {
			return nil
		}
		if !passing(err) {
			return fmt.Errorf("accept connections on %s: %w", in.name, err)
		}
		delay = min(max(2*delay, 5*time.Millisecond), time.Second)
		s.log.Warn("accepting fails for now", "listener", in.name, "error", err, "again in", delay)
		s.pause(ctx, delay)
	}
}

// passing tells whether accepting may succeed later: what is short comes back
// when connections close.
func passing(err error) bool {
	for _, code := range []error{syscall.EMFILE, syscall.ENFILE, syscall.ECONNABORTED, syscall.ENOBUFS, syscall.ENOMEM} {
		if errors.Is(err, code) {
			return true
		}
	}
	return false
}

func (s *Server) pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	case <-s.stopping:
	}
}

func (s *Server) register(l net.Listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining.Load() {
		_ = l.Close()
		return false
	}
	s.listeners[l] = struct{}{}
	return true
}

func (s *Server) unregister(l net.Listener) {
	_ = l.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.listeners, l)
}

// admit begins a session, or refuses the connection.
func (s *Server) admit(ctx context.Context, conn net.Conn, in *entrance) {
	c := s.enter(conn, in)
	if c == nil {
		in.refuse(conn)
		return
	}
	// A session ends by Shutdown, not with the listener that it came through.
	ctx, c.stop = context.WithCancel(context.WithoutCancel(ctx))
	s.begin(ctx, c, in)
}

// enter counts a connection in; nil means that there is no room.
func (s *Server) enter(conn net.Conn, in *entrance) *session {
	remote := addressOf(conn.RemoteAddr())
	s.mu.Lock()
	defer s.mu.Unlock()
	limits := s.inForce()
	if len(s.sessions) >= limits.Limits.Connections {
		s.limit(LimitConnections)
		return nil
	}
	c := &session{server: s, listener: in.name, raw: conn, conn: conn, remote: remote}
	c.proxied = limits.trusts(remote.Addr())
	if !c.proxied && !s.countAddress(c) {
		return nil
	}
	s.lastID++
	c.id, c.source.session, c.output.conn = s.lastID, c, conn
	s.sessions[c] = struct{}{}
	return c
}

// begin starts the goroutine of a session; a server that drains closes it at once.
func (s *Server) begin(ctx context.Context, c *session, in *entrance) {
	s.metrics.ConnOpened(c.listener)
	if !s.spawn(func() { c.live(ctx, in.open) }) {
		c.stop()
		c.cut()
		s.leave(c)
	}
}

func (s *Server) leave(c *session) {
	s.mu.Lock()
	delete(s.sessions, c)
	if c.counted.IsValid() {
		if s.addresses[c.counted]--; s.addresses[c.counted] == 0 {
			delete(s.addresses, c.counted)
		}
	}
	s.mu.Unlock()
	s.metrics.ConnClosed(c.listener)
}

// countAddress counts a session for its client's address; false: there are too
// many already. The caller holds the lock.
func (s *Server) countAddress(c *session) bool {
	addr := c.remote.Addr()
	if !addr.IsValid() {
		return true
	}
	if limit := s.inForce().Limits.ConnectionsPerAddress; limit > 0 && s.addresses[addr] >= limit {
		s.limit(LimitAddress)
		return false
	}
	s.addresses[addr]++
	c.counted = addr
	return true
}

// addressOf returns the address of a TCP peer; it is not valid for others.
func addressOf(a net.Addr) netip.AddrPort {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	ap := tcp.AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}

func (f *inForce) trusts(a netip.Addr) bool {
	for _, p := range f.TrustedProxies {
		if p.Contains(a.WithZone("")) {
			return true
		}
	}
	return false
}
