package front

import (
	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
)

// whoAmI answers with the identity that the request is for, which is empty for
// anonymous (RFC 4532).
func (s *session) whoAmI(c *call, r *wire.ExtendedRequest, who policy.Identity) error {
	if r.HasValue {
		return s.refuse(c, wire.ProtocolError, "who am I takes no value")
	}
	identity := []byte{}
	if !who.Anonymous() {
		identity = append([]byte("dn:"), who.DN...)
	}
	return s.reply(c, wire.Result{ResponseValue: identity})
}
