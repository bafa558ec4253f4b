package forward

import (
	"slices"
	"strings"

	"github.com/aclens/aclens/proxy/wire"
)

// mostMessage bounds what is passed on of a directory's own words, in octets.
const mostMessage = 1 << 10

// answer is what a client is told of the directory's answer.
func (f *Forwarder) answer(c *Change, r wire.Result, controls []wire.Control) Answer {
	r = withoutReferral(r)
	out := wire.Result{Code: r.Code, Message: plain(r.Message)}
	if r.MatchedDN != "" {
		out.MatchedDN = f.settings.View().Nearest(c.Who, r.MatchedDN)
	}
	if _, ok := c.Update.(*wire.PasswordModifyRequest); ok && r.Code == wire.Success {
		out.ResponseValue = r.ResponseValue // the password that the directory made (RFC 3062 section 2)
	}
	return Answer{Result: out, Controls: policyControls(controls, c.Controls), Made: r.Code == wire.Success}
}

// withoutReferral is the one place where a directory's referral of a change ends
// (docs/contract.md, section 2, referrals): the client is told that there is
// one, and not where to.
func withoutReferral(r wire.Result) wire.Result {
	r.Referrals = nil
	if r.Code == wire.Referral {
		return wire.Result{Code: wire.UnwillingToPerform, Message: "the directory refers this change to another server"}
	}
	return r
}

// plain is a diagnostic message that is UTF-8, as it has to be, and not long.
func plain(message string) string {
	return strings.ToValidUTF8(message[:min(len(message), mostMessage)], "?")
}

// policyControls keeps what a password policy says, to those who asked.
func policyControls(answered, asked []wire.Control) []wire.Control {
	if !slices.ContainsFunc(asked, isPolicy) {
		return nil
	}
	var kept []wire.Control
	for _, c := range answered {
		if isPolicy(c) {
			c.Critical = false // an answer's is not looked at (RFC 4511 section 4.1.11)
			kept = append(kept, c)
		}
	}
	return kept
}

func isPolicy(c wire.Control) bool { return c.OID == wire.ControlPasswordPolicy }
