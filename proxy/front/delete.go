package front

import (
	"context"

	"github.com/aclens/aclens/proxy/wire"
)

// remove answers a delete request (RFC 4511 section 4.8).
func (s *session) remove(ctx context.Context, c *call, m wire.Message) error {
	r, err := wire.ParseDelete(m.Body)
	if err != nil {
		return err
	}
	return s.update(ctx, c, m, &r, r.DN)
}
