package front

import (
	"context"

	"github.com/aclens/aclens/proxy/wire"
)

// add answers an add request (RFC 4511 section 4.7).
func (s *session) add(ctx context.Context, c *call, m wire.Message) error {
	r, err := wire.ParseAdd(m.Body)
	if err != nil {
		return err
	}
	return s.update(ctx, c, m, &r, r.DN)
}
