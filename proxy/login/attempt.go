package login

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"net/netip"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
)

// Attempt is one try to authenticate. Its slices are valid until the call that
// it is given to returns; the password is overwritten after that.
type Attempt struct {
	Name     string // simple: the name of the bind; PLAIN: the authentication identity; EXTERNAL: empty
	AuthzID  string // SASL: whom to act as, as the client wrote it; empty is oneself
	Password []byte // never empty for simple and PLAIN
	Version  int    // of the protocol: 3
	Controls []wire.Control
	Remote   netip.AddrPort       // the client's address; not valid if unknown
	TLS      *tls.ConnectionState // nil on a connection in the clear
	Listener string
}

// String leaves the password and the controls out, so that an attempt that is
// logged by mistake gives nothing away.
func (a Attempt) String() string {
	return fmt.Sprintf("log-in as %q from %v through %s", a.Name, a.Remote, a.Listener)
}

// GoString is String.
func (a Attempt) GoString() string { return a.String() }

// LogValue is String, for log formats that would print the fields.
func (a Attempt) LogValue() slog.Value { return slog.StringValue(a.String()) }

// Outcome ends an Attempt. Unless Result.Code is Success, Who is ignored and
// the session stays anonymous.
type Outcome struct {
	Who      policy.Identity
	Result   wire.Result
	Controls []wire.Control // to be sent with the answer
	Proof    *Proof         // nil unless a live directory took the password itself
}
