package front

import (
	"context"

	"github.com/aclens/aclens/proxy/forward"
	"github.com/aclens/aclens/proxy/view"
	"github.com/aclens/aclens/proxy/wire"
)

// update answers what would change the directory (RFC 4511 sections 4.6 to
// 4.9), once it has been understood: a malformed request is none. target is the
// name that it is about.
func (s *session) update(ctx context.Context, c *call, m wire.Message, u wire.Update, target string) error {
	asked, refused, err := s.plainControls(m)
	if err != nil {
		return err
	}
	if !s.settled(c, []byte(target), asked, refused) {
		return s.reply(c, refused)
	}
	return s.change(ctx, c, m, u, target, asked)
}

// change has a change made, or refuses it for what the session is.
func (s *session) change(ctx context.Context, c *call, m wire.Message, u wire.Update, target string, asked requestControls) error {
	kind := EventWrite
	if s.server.inForce().Writer == nil {
		kind = EventDenied
	}
	e := s.event(kind, c, wire.Success)
	e.Target = target
	if rename, ok := u.(*wire.ModifyDNRequest); ok {
		e.NewRDN, e.NewSuperior = rename.NewRDN, rename.NewSuperior
	}
	if why := s.mayWrite(asked); why != "" {
		return s.refuseWrite(c, e, refusal(u, why))
	}
	return s.write(ctx, c, m, u, e)
}

// refusal is the result of a change that the session must not make. What is
// computed can be written by nobody, whatever else stands in the way.
func refusal(u wire.Update, why string) wire.Result {
	if description, found := forward.Computed(u, view.Computes); found {
		return forward.ComputedResult(description)
	}
	return wire.Result{Code: wire.UnwillingToPerform, Message: why}
}
