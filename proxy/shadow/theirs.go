package shadow

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"

	"github.com/aclens/aclens/proxy/wire"
)

// Theirs is the present server, over one connection and with at most so many
// searches a second. It only ever searches.
type Theirs struct {
	conn *ldap.Conn
	gap  time.Duration
	next time.Time // when the next search may be sent
}

// NewTheirs takes a connection that is bound. The rate is searches a second; 0
// is as many as the server answers. A search that takes longer than patience is ErrAway.
func NewTheirs(conn *ldap.Conn, rate int, patience time.Duration) *Theirs {
	t := &Theirs{conn: conn}
	if rate > 0 {
		t.gap = time.Second / time.Duration(rate)
	}
	conn.SetTimeout(patience)
	return t
}

// Search asks once.
func (t *Theirs) Search(ctx context.Context, r Request) (Answer, error) {
	if err := t.pause(ctx); err != nil {
		return Answer{}, err
	}
	return answered(t.conn.Search(ldapRequest(&r)))
}

// All asks page by page, each of which counts as a search.
func (t *Theirs) All(ctx context.Context, r Request) (Answer, error) {
	var out Answer
	paging := ldap.NewControlPaging(pageSize)
	for {
		if err := t.pause(ctx); err != nil {
			return out, err
		}
		request := ldapRequest(&r)
		request.Controls = []ldap.Control{paging}
		result, err := t.conn.Search(request)
		page, err := answered(result, err)
		if err != nil {
			return out, err
		}
		out.Entries, out.References, out.Code = append(out.Entries, page.Entries...), out.References+page.References, page.Code
		control, ok := ldap.FindControl(result.Controls, ldap.ControlTypePaging).(*ldap.ControlPaging)
		if !ok || len(control.Cookie) == 0 || page.Code != wire.Success {
			return out, nil
		}
		paging.SetCookie(control.Cookie)
	}
}

// pause keeps to the rate.
func (t *Theirs) pause(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	now := time.Now()
	wait := t.next.Sub(now)
	if wait <= 0 {
		t.next = now.Add(t.gap)
		return nil
	}
	t.next = t.next.Add(t.gap)
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func ldapRequest(r *Request) *ldap.SearchRequest {
	return ldap.NewSearchRequest(r.Base, int(r.Scope), ldap.NeverDerefAliases, 0, 0, false, wire.FilterString(r.Filter), r.Attributes, nil)
}

// answered tells an answer from a server that is away. What go-ldap numbers
// from 200 on are its own errors, of which no server said anything.
func answered(result *ldap.SearchResult, err error) (Answer, error) {
	var out Answer
	if err != nil {
		var said *ldap.Error
		if !errors.As(err, &said) || said.ResultCode >= ldap.ErrorNetwork {
			return out, fmt.Errorf("%w: %w", ErrAway, err)
		}
		switch out.Code = wire.ResultCode(said.ResultCode); out.Code {
		case wire.Busy, wire.Unavailable:
			return out, fmt.Errorf("%w: %s", ErrAway, out.Code)
		}
	}
	if result == nil {
		return out, nil
	}
	out.References = len(result.Referrals)
	for _, e := range result.Entries {
		entry := Entry{DN: e.DN, Attributes: map[string][]string{}}
		for _, a := range e.Attributes {
			name := strings.ToLower(a.Name)
			entry.Attributes[name] = append(entry.Attributes[name], a.Values...)
		}
		out.Entries = append(out.Entries, entry)
	}
	return out, nil
}
