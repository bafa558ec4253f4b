package front

import (
	"context"
	"slices"

	"github.com/aclens/aclens/proxy/wire"
)

// extended answers an extended request (RFC 4511 section 4.12).
func (s *session) extended(ctx context.Context, c *call, m wire.Message) error {
	r, err := wire.ParseExtended(m.Body)
	if err != nil {
		return err
	}
	if name, ok := extendedNames[r.OID]; ok {
		c.name = name
	}
	asked, refused, err := s.plainControls(m)
	if err != nil {
		return err
	}
	if refused.Code == wire.Success && asked.proxied && r.OID != wire.ExtendedWhoAmI {
		refused = wire.Result{Code: wire.UnavailableCriticalExtension, Message: "proxied authorization does not go with this operation"}
	}
	if refused.Code == wire.Success && r.OID != wire.ExtendedPasswordModify && slices.ContainsFunc(asked.forLogin, s.insists) {
		refused = wire.Result{Code: wire.UnavailableCriticalExtension, Message: "critical control is not available here"}
	}
	if !s.settled(c, nil, asked, refused) {
		return s.reply(c, refused)
	}
	switch r.OID {
	case wire.ExtendedStartTLS:
		return s.startTLS(ctx, c, &r)
	case wire.ExtendedWhoAmI:
		return s.whoAmI(c, &r, asked.who)
	case wire.ExtendedCancel:
		return s.cancel(c, &r)
	case wire.ExtendedPasswordModify:
		if s.server.inForce().Writer != nil {
			return s.passwordModify(ctx, c, m, &r, asked)
		}
	}
	return s.refuse(c, wire.ProtocolError, "extended operation is not offered")
}

// extendedNames are the names of extended operations in metrics and events.
var extendedNames = map[string]string{
	wire.ExtendedStartTLS: "starttls", wire.ExtendedWhoAmI: "whoami", wire.ExtendedCancel: "cancel",
	wire.ExtendedPasswordModify: "passwordmodify",
}

// insists tells whether a control must not be left out.
func (s *session) insists(c wire.Control) bool {
	return c.Critical && !s.server.inForce().ignored[c.OID]
}
