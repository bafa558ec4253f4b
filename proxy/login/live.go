package login

import (
	"context"
	"fmt"
	"slices"

	"github.com/aclens/aclens/proxy/upstream"
	"github.com/aclens/aclens/proxy/wire"
)

// Binder binds at a live directory; *upstream.Directory is one.
type Binder interface {
	Bind(ctx context.Context, dn, password string, controls ...wire.Control) (upstream.Result, error)
}

// Live is the Checker of a live directory.
func Live(b Binder) Checker { return live{b} }

type live struct{ binder Binder }

// Check passes on the directory's result code and its password policy controls,
// and nothing else that it says.
func (l live) Check(ctx context.Context, q Question) (Verdict, error) {
	r, err := l.binder.Bind(ctx, q.DN, string(q.Password), q.Controls...)
	if err != nil {
		return Verdict{}, fmt.Errorf("binding at the directory: %w", err)
	}
	v := verdictOf(r.Code)
	v.Controls = policyControls(r.Controls, q.Controls)
	return v, nil
}

// verdictOf replaces the codes that would tell a client what it may not know, or
// mean nothing to it.
func verdictOf(code wire.ResultCode) Verdict {
	switch code {
	case wire.NoSuchObject: // as some directories answer for an unknown name (RFC 4511 appendix A.2)
		return Verdict{Code: wire.InvalidCredentials}
	case wire.Referral:
		// Whether the password is right was never asked: 49 would be a lie.
		return Verdict{Code: wire.Unavailable, Message: "the directory that knows this name is not asked"}
	case wire.SASLBindInProgress: // cannot answer a simple bind
		return Verdict{Code: wire.Other}
	}
	return Verdict{Code: code}
}

// policyControls keeps what is said of the password. The control of
// draft-behera-ldap-password-policy answers only a request that had it; those
// of draft-vchu-ldap-pwd-policy come unasked.
func policyControls(answered, asked []wire.Control) []wire.Control {
	var kept []wire.Control
	for _, c := range answered {
		switch c.OID {
		case wire.ControlPasswordPolicy:
			if !slices.ContainsFunc(asked, func(a wire.Control) bool { return a.OID == c.OID }) {
				continue
			}
		case wire.ControlPasswordExpired, wire.ControlPasswordExpiring:
		default:
			continue
		}
		c.Critical = false // an answer's is not looked at (RFC 4511 section 4.1.11)
		kept = append(kept, c)
	}
	return kept
}

// nothingToSay is a password policy response without warning and error.
const nothingToSay = "\x30\x00"

// plainly tells whether a success came without a word about the password.
func (v *Verdict) plainly() bool {
	for _, c := range v.Controls {
		if c.OID != wire.ControlPasswordPolicy || string(c.Value) != nothingToSay {
			return false
		}
	}
	return v.Code == wire.Success
}
