package front

import (
	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
)

// mayBeProxied tells which operations go with proxied authorization: all but
// those that concern the session itself (RFC 4370 section 3). Of the extended
// operations only "who am I" does.
func mayBeProxied(op wire.Op) bool {
	return op != wire.OpBindRequest && op != wire.OpUnbindRequest && op != wire.OpAbandonRequest
}

func takeProxied(asked *requestControls, c *wire.Control, _ *scratch, _ wire.FilterLimits) (err error) {
	asked.proxied = true
	asked.authzID, err = wire.ParseProxiedAuthorization(*c)
	return err
}

// impersonate makes the identity that proxied authorization asks for the one
// that the request is for. Only identities of the configuration may do that,
// and only as anonymous or as somebody who is known.
func (s *session) impersonate(asked *requestControls) wire.Result {
	if !asked.proxied {
		return wire.Result{}
	}
	denied := wire.Result{Code: wire.AuthorizationDenied, Message: "not authorized to act as the requested identity"}
	f := s.server.inForce()
	switch {
	case s.who.Anonymous() || !f.proxies[s.who.Key]:
		return denied
	case asked.authzID == "":
		asked.who = policy.Identity{}
		return wire.Result{}
	case f.ResolveAuthzID == nil:
		return denied
	}
	who, ok := f.ResolveAuthzID(asked.authzID)
	if !ok || who.Anonymous() {
		return denied // a name that is nobody's would be anonymous, which was not asked for
	}
	asked.who = who
	return wire.Result{}
}

// settled notes for whom a request is, and records it where that is not the
// session's own identity; false: the request is refused.
func (s *session) settled(c *call, target []byte, asked requestControls, refused wire.Result) bool {
	if asked.proxied {
		c.proxied, c.authzID = true, asked.authzID
	}
	if refused.Code != wire.Success {
		s.auditDenied(c, target, refused.Code)
		return false
	}
	if asked.proxied {
		c.as = asked.who
		e := s.event(EventProxied, c, wire.Success)
		e.Target = string(target)
		s.server.audit.Record(e)
	}
	return true
}
