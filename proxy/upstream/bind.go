package upstream

import (
	"context"
	"fmt"
	"time"

	"github.com/aclens/aclens/proxy/wire"
)

// Result is the directory's answer to a bind.
type Result struct {
	Code       wire.ResultCode
	MatchedDN  string
	Diagnostic string
	Referrals  []string       // where to ask instead, with the code referral
	Controls   []wire.Control // as the directory sent them, such as wire.ControlPasswordPolicy
}

// Bind asks the directory whether the password is right, over a connection that
// serves nothing else. What the directory answers, a refusal included, is a
// Result; that it could not be asked is an error, matching ErrUnavailable or
// being the cause of a cancelled ctx, and says nothing about the password. The
// controls are sent along.
//
// Without a name or a password nothing is sent and the Result is
// unwillingToPerform (53): a directory might take it for an anonymous bind and
// agree (RFC 4513 section 5.1.2). Waiting ends after Settings.Connect for a
// free connection and Settings.Operation for all else.
func (d *Directory) Bind(ctx context.Context, dn, password string, controls ...wire.Control) (Result, error) {
	if dn == "" || password == "" {
		return Result{Code: wire.UnwillingToPerform, Diagnostic: "bind without a name or without a password"}, nil
	}
	result, err := d.bindOnce(ctx, dn, password, controls)
	if err != nil || result.Code != wire.Referral {
		return result, err
	}
	if d.settings.Referrals == ChaseReferrals {
		if result, err = d.chaseBind(ctx, dn, password, controls, result); err != nil {
			return result, err
		}
	}
	if result.Code == wire.Referral {
		d.observer.UpstreamReferrals(1)
		d.log.Warn("directory refers a bind to another server, which is not asked", "servers", hostsOf(result.Referrals))
	}
	return result, nil
}

// bindOnce is Bind without following references.
func (d *Directory) bindOnce(ctx context.Context, dn, password string, controls []wire.Control) (Result, error) {
	release, err := d.reserveBind(ctx)
	if err != nil {
		return Result{}, err
	}
	defer release()
	ctx, cancel := context.WithTimeout(ctx, d.settings.Operation)
	defer cancel()
	var result Result
	err = d.eachServer(ctx, "", func(s *server) error {
		return d.borrow(&s.binds, func() (*link, error) { return d.open(ctx, s) }, func(l *link) (err error) {
			result, err = d.bindAs(ctx, l, dn, password, controls)
			return err
		})
	})
	return result, err
}

// bindAs binds over one connection. A failed bind leaves it anonymous, and the
// next one replaces the identity (RFC 4511 section 4.2.1).
func (d *Directory) bindAs(ctx context.Context, l *link, dn, password string, controls []wire.Control) (result Result, err error) {
	err = d.limited(ctx, l.server, d.settings.Operation, func(ctx context.Context) error {
		answer, answered, err := l.bind(ctx, dn, password, controls)
		if err != nil {
			return err
		}
		if unserving(answer.Code) {
			return l.server.notServing("binding", answer)
		}
		result = Result{Code: answer.Code, MatchedDN: answer.MatchedDN, Diagnostic: answer.Message, Referrals: answer.Referrals, Controls: answered}
		return nil
	})
	return result, err
}

// reserveBind waits until one more bind may be under way.
func (d *Directory) reserveBind(ctx context.Context) (release func(), err error) {
	release = func() { <-d.binding }
	select {
	case d.binding <- struct{}{}:
		return release, nil
	default:
	}
	limit := time.NewTimer(d.settings.Connect)
	defer limit.Stop()
	select {
	case d.binding <- struct{}{}:
		return release, nil
	case <-ctx.Done():
		return nil, gaveUp(ctx)
	case <-limit.C:
		d.observer.UpstreamError(KindBusy)
		return nil, fmt.Errorf("%w: %d binds are under way and none ended within %v", ErrUnavailable, d.settings.Binds, d.settings.Connect)
	}
}
