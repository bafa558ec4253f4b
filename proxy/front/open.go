package front

import (
	"context"
	"fmt"
	"time"

	"github.com/aclens/aclens/proxy/wire"
)

// openPlain is what comes before the first message of a connection in the clear.
func (s *session) openPlain(context.Context) error { return s.learnRemote() }

// openTLS does the handshake of a connection that is TLS from its first octet.
func (s *session) openTLS(ctx context.Context) error {
	if s.learnRemote() != nil {
		return errGone // before the handshake nothing can be said
	}
	config := s.server.inForce().tlsConfig()
	if config == nil {
		s.server.log.Warn("no TLS configuration for a TLS listener", "listener", s.listener)
		return errGone
	}
	return s.secureWith(ctx, config)
}

// learnRemote reads who the client is from the header that a trusted proxy
// puts in front. Without one the connection ends: guessing would take the
// proxy's address, which may be loopback, for the client's.
func (s *session) learnRemote() error {
	if !s.proxied {
		return nil
	}
	_ = s.raw.SetReadDeadline(time.Now().Add(s.server.inForce().Limits.Handshake)) // fails only if the read does
	if s.server.draining.Load() {
		return errGone
	}
	remote, err := readProxyHeader(s.raw, s.remote)
	if err != nil {
		if isTimeout(err) {
			s.server.limit(LimitHandshake)
		}
		s.server.log.Warn("trusted proxy sends no usable PROXY header", "proxy", s.remote, "error", err)
		return errGone
	}
	s.remote = remote
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	if !s.server.countAddress(s) {
		return &disconnect{wire.Busy, fmt.Sprintf("too many connections from %v", remote.Addr())}
	}
	return nil
}
