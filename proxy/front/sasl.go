package front

import (
	"bytes"
	"context"
	"unicode/utf8"

	"github.com/aclens/aclens/proxy/login"
	"github.com/aclens/aclens/proxy/wire"
)

// saslBind answers a SASL bind (RFC 4513 section 5.2). Both mechanisms end
// with their first message; the name of the bind request is not looked at.
func (s *session) saslBind(ctx context.Context, r *wire.BindRequest, a *login.Attempt) (string, login.Outcome) {
	a.Name, a.Password = "", nil
	switch r.SASLMechanism {
	case "EXTERNAL":
		if !utf8.Valid(r.SASLCredentials) {
			return "EXTERNAL", failed(wire.ProtocolError, "authorization identity is not UTF-8")
		}
		a.AuthzID = string(r.SASLCredentials)
		return "EXTERNAL", s.server.login.External(ctx, *a)
	case "PLAIN":
		return "PLAIN", s.plainBind(ctx, r.SASLCredentials, a)
	}
	return "", failed(wire.AuthMethodNotSupported, "SASL mechanism is not offered")
}

// plainBind takes the message of PLAIN apart: authzid NUL authcid NUL passwd (RFC 4616 section 2).
func (s *session) plainBind(ctx context.Context, message []byte, a *login.Attempt) login.Outcome {
	parts := bytes.Split(message, []byte{0})
	if len(parts) != 3 || !utf8.Valid(message) {
		return failed(wire.ProtocolError, "malformed PLAIN credentials")
	}
	a.AuthzID, a.Name, a.Password = string(parts[0]), string(parts[1]), parts[2]
	switch {
	case len(a.Password) == 0:
		return failed(wire.UnwillingToPerform, "a name without a password is not accepted")
	case !s.mayTakePassword():
		return failed(wire.ConfidentialityRequired, "passwords are taken over TLS only")
	case a.Name == "":
		return failed(wire.InvalidCredentials, "")
	}
	return s.server.login.Plain(ctx, *a)
}
