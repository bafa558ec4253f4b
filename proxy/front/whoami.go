package front

import "github.com/aclens/aclens/proxy/wire"

// whoAmI answers with the authorization identity, which is empty for anonymous (RFC 4532).
func (s *session) whoAmI(c *call, r *wire.ExtendedRequest) error {
	if r.HasValue {
		return s.refuse(c, wire.ProtocolError, "who am I takes no value")
	}
	identity := []byte{}
	if !s.who.Anonymous() {
		identity = append([]byte("dn:"), s.who.DN...)
	}
	return s.reply(c, wire.Result{ResponseValue: identity})
}
