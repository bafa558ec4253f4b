package front

import (
	"context"

	"github.com/aclens/aclens/proxy/wire"
)

// modify answers a modify request (RFC 4511 section 4.6).
func (s *session) modify(ctx context.Context, c *call, m wire.Message) error {
	r, err := wire.ParseModify(m.Body)
	if err != nil {
		return err
	}
	return s.update(ctx, c, m, &r, r.DN)
}
