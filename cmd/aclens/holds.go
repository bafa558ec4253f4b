package main

import (
	"context"
	"net/http"
	"net/netip"
	"sync/atomic"

	"github.com/aclens/aclens/config"
	"github.com/aclens/aclens/proxy/admin"
	"github.com/aclens/aclens/proxy/front"
	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/refresh"
	"github.com/aclens/aclens/proxy/wire"
)

// brakeOf is how much may vanish at once.
func brakeOf(c *config.Config) *refresh.Brake {
	b := c.Brake
	return &refresh.Brake{People: float64(b.People), Groups: float64(b.Groups), Memberships: float64(b.Memberships), Databases: float64(b.Databases)}
}

// holds is what the brake keeps back, for whoever tells of it.
type holds struct {
	now      atomic.Pointer[[]refresh.Held]
	releaser atomic.Pointer[refresh.Refresher] // nil before the first reading
}

// set is what the Refresher tells.
func (h *holds) set(m *admin.Metrics) func([]refresh.Held) {
	return func(now []refresh.Held) {
		h.now.Store(&now)
		m.Held(now)
	}
}

// Held lists what is kept back.
func (h *holds) Held() []refresh.Held {
	if now := h.now.Load(); now != nil {
		return *now
	}
	return nil
}

// Release lets what is held under an id happen.
func (h *holds) Release(ctx context.Context, id string) error {
	r := h.releaser.Load()
	if r == nil {
		return refresh.ErrNotHeld
	}
	return r.Release(ctx, id)
}

// eventRelease is the kind of line that a request to release leaves in the audit record.
const eventRelease front.EventKind = "release"

// auditedHolds writes down who releases what.
type auditedHolds struct{ *service }

func (a auditedHolds) Held() []refresh.Held { return a.holds.Held() }

func (a auditedHolds) Release(ctx context.Context, id string) error {
	return a.holds.Release(ctx, id)
}

// Tell writes the audit line, and says in the log that something was released.
func (a auditedHolds) Tell(r *http.Request, who policy.Identity, id string, outcome admin.Outcome) {
	remote, _ := netip.ParseAddrPort(r.RemoteAddr) // not valid if unknown
	e := front.Event{Kind: eventRelease, Listener: "http", Remote: remote, TLS: r.TLS != nil, Who: who, Operation: "release", Target: id}
	switch outcome {
	case admin.Released:
		a.log.Info("what was held is released", "held", id)
	case admin.Forbidden:
		e.Code = wire.InsufficientAccessRights
	case admin.Unknown:
		e.Code = wire.NoSuchObject
	default:
		e.Code = wire.UnwillingToPerform
	}
	a.audit.Record(e)
}
