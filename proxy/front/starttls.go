package front

import (
	"context"
	"crypto/tls"
	"time"

	"github.com/aclens/aclens/proxy/wire"
)

// startTLS answers a StartTLS request (RFC 4511 section 4.14) and does the
// handshake. Who is bound stays bound.
func (s *session) startTLS(ctx context.Context, c *call, r *wire.ExtendedRequest) error {
	if r.HasValue {
		return s.refuse(c, wire.ProtocolError, "StartTLS takes no value")
	}
	config := s.server.inForce().tlsConfig()
	switch {
	case s.secure():
		return s.answerStartTLS(c, wire.OperationsError, "TLS is established already")
	case config == nil:
		return s.answerStartTLS(c, wire.ProtocolError, "StartTLS is not offered")
	case s.flights.outstanding(ctx):
		return s.answerStartTLS(c, wire.OperationsError, "operations are outstanding")
	case s.reader.Buffered() > 0:
		// These octets came in the clear, from whomever. Behind the handshake
		// they would pass for the client's own.
		return protocolFault("octets behind StartTLS")
	}
	if err := s.answerStartTLS(c, wire.Success, ""); err != nil {
		return err
	}
	if err := s.flush(); err != nil {
		return err
	}
	s.rest()
	s.dropAuthor() // the password came in the clear, from whomever
	return s.secureWith(ctx, config)
}

func (s *session) answerStartTLS(c *call, code wire.ResultCode, reason string) error {
	return s.reply(c, wire.Result{Code: code, Message: reason, ResponseName: wire.ExtendedStartTLS})
}

// secureWith does the handshake; the session goes on inside it or not at all.
func (s *session) secureWith(ctx context.Context, config *tls.Config) error {
	conn := tls.Server(s.raw, config)
	_ = s.raw.SetDeadline(time.Now().Add(s.server.inForce().Limits.Handshake)) // fails only if the handshake does
	if s.server.draining.Load() {
		return errGone
	}
	if err := conn.HandshakeContext(ctx); err != nil {
		if isTimeout(err) {
			s.server.limit(LimitHandshake)
		}
		s.server.log.Debug("TLS handshake failed", "connection", s.id, "listener", s.listener, "remote", s.remote, "error", err)
		return errGone
	}
	_ = s.raw.SetDeadline(time.Time{}) // reads and writes set their own
	s.conn, s.source.present = conn, coarse{}
	s.output.turnTo(conn)
	return nil
}
