package front

import (
	"context"

	"github.com/aclens/aclens/proxy/login"
	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/view"
	"github.com/aclens/aclens/proxy/wire"
)

// Directory answers what clients ask. It is used by many sessions at once.
type Directory interface {
	// Prepare plans a search on one snapshot. Unless the code of the result is
	// Success the search is refused with it and the Search is not used.
	Prepare(r view.Request) (Search, wire.Result)
	// Compare answers CompareTrue, CompareFalse or why not, if the assertion is true
	// of the entry (RFC 4528; nil for none). Both are valid during the call.
	Compare(who policy.Identity, r *wire.CompareRequest, assertion *wire.Filter) wire.Result
}

// Search is one planned search. It is run once, and not used afterwards.
type Search interface {
	// Cost estimates the candidates that Run will look at.
	Cost() int
	// Run hands its messages to out and returns what the search ends with; the
	// final message is not its business. It returns soon after ctx is done, with
	// TimeLimitExceeded if the deadline has passed.
	Run(ctx context.Context, out view.Sink) view.Answer
}

// Login proves identities. It is used by many sessions at once and returns
// soon after the context is done.
type Login interface {
	// Simple is for a name and a password, neither empty (RFC 4513 section 5.1.3).
	Simple(ctx context.Context, a login.Attempt) login.Outcome
	// Plain is SASL PLAIN (RFC 4616), with a password that is not empty.
	Plain(ctx context.Context, a login.Attempt) login.Outcome
	// External is SASL EXTERNAL (RFC 4422 appendix A); the connection may have
	// no TLS and no client certificate.
	External(ctx context.Context, a login.Attempt) login.Outcome
}
