package front

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/view"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/go-ldap/ldap/v3"
)

// thousandEntries serves a list in pages, the cookie being the number of the next entry.
func thousandEntries(r view.Request) (Search, wire.Result) {
	return &fakeSearch{run: func(_ context.Context, out view.Sink) view.Answer {
		first, last := 0, 1000
		var cookie []byte
		if r.Page != nil {
			if _, err := fmt.Sscan(string(r.Page.Cookie)+" ", &first); err != nil {
				first = 0
			}
			if next := first + r.Page.Size; next < last {
				last, cookie = next, fmt.Append(nil, next)
			}
		}
		for i := first; i < last; i++ {
			w := wire.BeginEntry(out.Room(), r.MessageID, fmt.Sprintf("cn=%d,o=acme", i))
			w.Attribute("cn", fmt.Sprint(i))
			if err := out.Keep(w.End()); err != nil {
				return view.Answer{}
			}
		}
		return view.Answer{Paged: r.Page != nil, Cookie: cookie}
	}}, wire.Result{}
}

func TestAUsualClientIsServed(t *testing.T) {
	settings, config := secured(t)
	b := newBench(t, settings, func(b *bench) {
		b.dir.prepare = thousandEntries
		b.dir.compare = func(_ policy.Identity, r *wire.CompareRequest, _ *wire.Filter) wire.Result {
			if string(r.Value) == jane {
				return wire.Result{Code: wire.CompareTrue}
			}
			return wire.Result{Code: wire.CompareFalse}
		}
	})
	c, err := ldap.DialURL("ldap://" + b.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := c.Unbind(); err != nil {
			t.Error(err)
		}
	}()
	if err := c.StartTLS(config); err != nil {
		t.Fatal(err)
	}
	if err := c.Bind(jane, "guess"); !ldap.IsErrorWithCode(err, ldap.LDAPResultInvalidCredentials) {
		t.Errorf("bind with a wrong password: %v", err)
	}
	if err := c.Bind(jane, password); err != nil {
		t.Fatal(err)
	}
	if who, err := c.WhoAmI(nil); err != nil || who.AuthzID != "dn:"+jane {
		t.Errorf("who am I: %v, %v", who, err)
	}
	for value, want := range map[string]bool{jane: true, "cn=John Doe,o=acme": false} {
		if got, err := c.Compare("cn=Sales,o=acme", "member", value); err != nil || got != want {
			t.Errorf("compare with %s: %v, %v", value, got, err)
		}
	}
	search := ldap.NewSearchRequest("o=acme", ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 0, 0, false, "(objectClass=*)", nil, nil)
	if r, err := c.Search(search); err != nil || len(r.Entries) != 1000 {
		t.Errorf("search: %v", err)
	}
	r, err := c.SearchWithPaging(search, 300)
	if err != nil || len(r.Entries) != 1000 || r.Entries[999].DN != "cn=999,o=acme" {
		t.Errorf("search in pages: %v", err)
	}
	var refused *ldap.Error
	if err := c.Del(ldap.NewDelRequest(jane, nil)); !errors.As(err, &refused) || refused.ResultCode != ldap.LDAPResultUnwillingToPerform {
		t.Errorf("delete: %v", err)
	}
}
