package front

import (
	"context"

	"github.com/aclens/aclens/proxy/wire"
)

// modifyDN answers a modify DN request (RFC 4511 section 4.9).
func (s *session) modifyDN(ctx context.Context, c *call, m wire.Message) error {
	r, err := wire.ParseModifyDN(m.Body)
	if err != nil {
		return err
	}
	return s.update(ctx, c, m, &r, r.DN)
}
