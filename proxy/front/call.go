package front

import (
	"time"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
)

// call is what is known of one request while it is answered.
type call struct {
	id    int32
	op    wire.Op // of the request
	name  string  // for metrics and audit
	start time.Time

	proxied bool // under another identity than the session's; see Event
	authzID string
	as      policy.Identity
}

// operationNames are the names of requests in metrics and events; an extended
// operation gets its own once it is known.
var operationNames = map[wire.Op]string{
	wire.OpBindRequest: "bind", wire.OpUnbindRequest: "unbind", wire.OpSearchRequest: "search",
	wire.OpCompareRequest: "compare", wire.OpAbandonRequest: "abandon", wire.OpExtendedRequest: "extended",
	wire.OpAddRequest: "add", wire.OpModifyRequest: "modify", wire.OpDelRequest: "delete", wire.OpModifyDNRequest: "modifydn",
}

// reply answers a request for good; what has no answer is counted alone.
func (s *session) reply(c *call, r wire.Result, controls ...wire.Control) error {
	s.count(c, r.Code)
	op, ok := c.op.Response()
	if !ok {
		return nil
	}
	return s.keep(wire.AppendResult(s.room(), c.id, op, r, controls...))
}

// refuse is reply for what has no more to say than a code and a reason.
func (s *session) refuse(c *call, code wire.ResultCode, reason string) error {
	return s.reply(c, wire.Result{Code: code, Message: reason})
}

func (s *session) count(c *call, code wire.ResultCode) {
	s.server.metrics.Operation(c.name, code, time.Since(c.start))
}

// auditDenied records a request that was refused for what the client is or is not.
func (s *session) auditDenied(c *call, target []byte, code wire.ResultCode) {
	switch code {
	case wire.InsufficientAccessRights, wire.ConfidentialityRequired, wire.StrongerAuthRequired,
		wire.InappropriateAuthentication, wire.AuthorizationDenied:
		s.recordDenied(c, target, code)
	}
}

func (s *session) recordDenied(c *call, target []byte, code wire.ResultCode) {
	e := s.event(EventDenied, c, code)
	e.Target = string(target)
	s.server.audit.Record(e)
}

func (s *session) event(kind EventKind, c *call, code wire.ResultCode) Event {
	return Event{
		Kind: kind, Connection: s.id, Listener: s.listener, Remote: s.remote, TLS: s.secure(),
		Who: s.who, Proxied: c.proxied, AuthzID: c.authzID, As: c.as, Operation: c.name, Code: code, Took: time.Since(c.start),
	}
}
