package front

import (
	"context"
	"errors"

	"github.com/aclens/aclens/proxy/wire"
)

// passwordModify answers a password modify request (RFC 3062). Its target is
// empty where it is about the password of who asks.
func (s *session) passwordModify(ctx context.Context, c *call, m wire.Message, r *wire.ExtendedRequest, asked requestControls) error {
	update, err := wire.ParsePasswordModify(r)
	var malformed *wire.MalformedError
	if errors.As(err, &malformed) {
		return s.refuse(c, wire.ProtocolError, malformed.Error())
	}
	return s.change(ctx, c, m, &update, update.User, asked)
}
