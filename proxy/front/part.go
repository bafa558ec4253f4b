package front

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/aclens/aclens/proxy/wire"
)

const (
	lingerTime  = time.Second
	lingerBytes = 1 << 20
)

// part says good-bye as the reason demands. The caller closes the connection.
func (s *session) part(ctx context.Context, reason error) {
	s.server.log.Debug("connection ends", "connection", s.id, "listener", s.listener, "remote", s.remote, "reason", reason)
	var notice *disconnect
	switch {
	case errors.As(reason, &notice):
		s.flights.end()
		s.sendNotice(notice.code, notice.reason)
	case errors.Is(reason, errDraining):
		select {
		case <-s.flights.whenSettled():
		case <-ctx.Done():
		}
		s.sendNotice(wire.Unavailable, reason.Error())
	default:
		s.flights.end()
	}
}

// sendNotice sends what is left to send and a Notice of Disconnection.
func (s *session) sendNotice(code wire.ResultCode, reason string) {
	s.out = wire.AppendNotice(s.room(), code, reason)
	if s.flush() == nil {
		s.linger()
	}
}

// linger ends our direction and takes, for a while, what the client still
// sends: closing on unread octets would reset the connection, and the client
// might never see the notice.
func (s *session) linger() {
	type closer interface{ CloseWrite() error }
	if secured, ok := s.conn.(closer); ok && s.conn != s.raw {
		_ = secured.CloseWrite() // the alert; what matters is the next one
	}
	half, ok := s.raw.(closer)
	if !ok || half.CloseWrite() != nil {
		return
	}
	if s.raw.SetReadDeadline(time.Now().Add(lingerTime)) == nil {
		_, _ = io.CopyN(io.Discard, s.raw, lingerBytes) // however it ends, the connection is closed now
	}
}
