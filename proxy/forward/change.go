package forward

import (
	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
)

// Change is one request of a client. It shares no memory with the message.
type Change struct {
	Update   wire.Update
	Who      policy.Identity
	Controls []wire.Control // those of PassedOn, to be sent along
}

// Answer is how a change ended.
type Answer struct {
	Result   wire.Result
	Controls []wire.Control // for the client
	Made     bool           // the directory says that it was made: see Author.Await

	gone   bool   // a name is no more
	server string // that made it
}

// PassedOn tells whether a control of a change goes to the directory: RFC 3296,
// RFC 4528, draft-behera-ldap-password-policy. What would show entries (RFC
// 4527) does not, since the directory does not know what the client may read here.
func PassedOn(oid string) bool {
	switch oid {
	case wire.ControlManageDsaIT, wire.ControlAssertion, wire.ControlPasswordPolicy:
		return true
	}
	return false
}

// operation is the name of a change in metrics.
func (c *Change) operation() string {
	switch c.Update.(type) {
	case *wire.AddRequest:
		return "add"
	case *wire.ModifyRequest:
		return "modify"
	case *wire.DeleteRequest:
		return "delete"
	case *wire.ModifyDNRequest:
		return "modifydn"
	}
	return "passwordmodify"
}

// refused is an answer without the directory.
func refused(code wire.ResultCode, reason string) Answer {
	return Answer{Result: wire.Result{Code: code, Message: reason}}
}
