package front

import (
	"context"

	"github.com/aclens/aclens/proxy/wire"
)

// extended answers an extended request (RFC 4511 section 4.12).
func (s *session) extended(ctx context.Context, c *call, m wire.Message) error {
	r, err := wire.ParseExtended(m.Body)
	if err != nil {
		return err
	}
	refused, err := s.plainControls(m)
	if err != nil {
		return err
	}
	if refused.Code != wire.Success {
		return s.reply(c, refused)
	}
	switch r.OID {
	case wire.ExtendedStartTLS:
		c.name = "starttls"
		return s.startTLS(ctx, c, &r)
	case wire.ExtendedWhoAmI:
		c.name = "whoami"
		return s.whoAmI(c, &r)
	case wire.ExtendedCancel:
		c.name = "cancel"
		return s.cancel(c, &r)
	}
	return s.refuse(c, wire.ProtocolError, "extended operation is not offered")
}
