package admin

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/view"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
)

const (
	janeDN   = "cn=Jane Doe,o=Acme"
	readerDN = "cn=reader,o=Services" // has no entry
)

// house is a store of sessions with a clock, and one person in the directory.
type house struct {
	*testing.T
	now      time.Time
	state    *view.State
	sessions *Sessions
	metrics  *Metrics
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{T: t, now: time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)}
	h.metrics = NewMetrics("1", "r", "go", func() map[string]time.Duration { return nil })
	h.sessions = NewSessions(func() *view.State { return h.state }, func(_ context.Context, _ *http.Request, user string, password []byte) (policy.Identity, error) {
		switch {
		case user == "away":
			return policy.Identity{}, errors.New("unavailable")
		case string(password) != "right":
			return policy.Identity{}, ErrRefused
		}
		return policy.Identity{DN: user, Key: strings.ToLower(user)}, nil
	}, h.metrics, func() time.Time { return h.now })
	h.directory(janeDN)
	return h
}

// directory makes a state with these people the one that answers.
func (h *house) directory(people ...string) {
	h.Helper()
	sc, err := view.Schema(nil)
	if err != nil {
		h.Fatal(err)
	}
	in := resolver.Input{Settings: resolver.Defaults(), Store: directory.Empty(sc)}
	for _, dn := range people {
		d := directory.Draft{DN: dn}
		d.AddText("objectClass", "dominoPerson")
		in.Entries = append(in.Entries, directory.Change{Put: &d})
	}
	if in.Databases, _, err = database.Arrange(nil, database.Options{}); err != nil {
		h.Fatal(err)
	}
	snap, _ := resolver.Build(in)
	rules, err := policy.New(policy.Settings{})
	if err != nil {
		h.Fatal(err)
	}
	v, err := view.New(view.Settings{Base: "cn=access", Now: func() time.Time { return h.now }}, rules)
	if err != nil {
		h.Fatal(err)
	}
	h.state = v.Swap("s", snap, nil, h.now)
}

// browser carries cookies from answer to request.
type browser struct {
	*house
	cookies map[string]string
	secure  bool
	address string
}

func (h *house) browser() *browser {
	return &browser{house: h, cookies: map[string]string{}, address: "192.0.2.1:4711"}
}

func (b *browser) request(method string, form url.Values) *http.Request {
	r := httptest.NewRequest(method, "http://aclens.example/", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.RemoteAddr = b.address
	if b.secure {
		r.TLS = &tls.ConnectionState{}
	}
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	return r
}

func (b *browser) take(w *httptest.ResponseRecorder) {
	for _, c := range w.Result().Cookies() {
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		} else {
			b.cookies[c.Name] = c.Value
		}
	}
}

func (b *browser) form() string {
	w := httptest.NewRecorder()
	token := b.sessions.FormToken(w, b.request("GET", nil))
	b.take(w)
	return token
}

func (b *browser) logIn(user, password, token string) int {
	w := httptest.NewRecorder()
	code := b.sessions.LogIn(w, b.request("POST", url.Values{"user": {user}, "password": {password}, "token": {token}}))
	b.take(w)
	return code
}

func (b *browser) visitor() (string, string, bool) {
	who, token, ok := b.sessions.Visitor(b.request("GET", nil))
	return who.DN, token, ok
}

func TestLogInsByForm(t *testing.T) {
	for _, c := range []struct {
		sentence, user, password, token string
		code                            int
	}{
		{"the right password opens a session", janeDN, "right", "", 200},
		{"a wrong password is refused", janeDN, "wrong", "", 401},
		{"no password is refused without asking anybody", janeDN, "", "", 401},
		{"no name is refused", "", "right", "", 401},
		{"a directory that is away is not a wrong password", "away", "right", "", 503},
		{"a form without the token of the cookie is not ours", janeDN, "right", strings.Repeat("A", 43), 403},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			b := newHouse(t).browser()
			token := b.form()
			if c.token != "" {
				token = c.token
			}
			if code := b.logIn(c.user, c.password, token); code != c.code {
				t.Errorf("%d, want %d", code, c.code)
			}
			if dn, _, ok := b.visitor(); ok != (c.code == 200) || ok && dn != c.user {
				t.Errorf("the session is %q, %v", dn, ok)
			}
		})
	}
}

func TestALogInFromAnotherSiteIsRefused(t *testing.T) {
	b := newHouse(t).browser()
	r := b.request("POST", url.Values{"user": {janeDN}, "password": {"right"}, "token": {b.form()}})
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	if code := b.sessions.LogIn(httptest.NewRecorder(), r); code != http.StatusForbidden {
		t.Errorf("%d, want 403", code)
	}
}

func TestEveryLogInHasANewSessionAndEndsTheOneBefore(t *testing.T) {
	b := newHouse(t).browser()
	b.logIn(janeDN, "right", b.form())
	first := b.cookies[sessionCookie]
	_, firstToken, _ := b.visitor()
	b.logIn(readerDN, "right", b.form())
	if b.cookies[sessionCookie] == first {
		t.Error("the id stays the same")
	}
	if dn, token, _ := b.visitor(); dn != readerDN || token == firstToken {
		t.Errorf("the session is that of %q", dn)
	}
	b.cookies[sessionCookie] = first
	if _, _, ok := b.visitor(); ok {
		t.Error("the session before still opens")
	}
}

func TestSessionsEnd(t *testing.T) {
	for _, c := range []struct {
		sentence string
		user     string
		do       func(b *browser)
		ends     bool
	}{
		{"after half an hour without a request", janeDN, func(b *browser) { b.now = b.now.Add(sessionIdle) }, true},
		{"not while it is used", janeDN, func(b *browser) {
			for range 10 {
				b.now = b.now.Add(sessionIdle - time.Second)
				b.visitor()
			}
		}, false},
		{"after eight hours whatever happens", janeDN, func(b *browser) {
			for range 32 {
				b.now = b.now.Add(sessionLife / 32)
				b.visitor()
			}
		}, true},
		{"when the person is gone from the directory", janeDN, func(b *browser) { b.directory("cn=Rob Nash,o=Acme") }, true},
		{"not when there is a new state with the person", janeDN, func(b *browser) { b.directory(janeDN, "cn=Rob Nash,o=Acme") }, false},
		{"not for an account that never had an entry", readerDN, func(b *browser) { b.directory() }, false},
		{"when one logs out", janeDN, func(b *browser) {
			_, token, _ := b.visitor()
			w := httptest.NewRecorder()
			if code := b.sessions.LogOut(w, b.request("POST", url.Values{"token": {token}})); code != 200 {
				b.Errorf("logging out answers %d", code)
			}
		}, true},
		{"not by a form that is not ours", janeDN, func(b *browser) {
			if code := b.sessions.LogOut(httptest.NewRecorder(), b.request("POST", url.Values{"token": {"x"}})); code != 403 {
				b.Errorf("logging out answers %d", code)
			}
		}, false},
		{"when the same identity opens too many others", janeDN, func(b *browser) {
			for range sessionsOfOne {
				other := b.house.browser()
				other.logIn(janeDN, "right", other.form())
			}
		}, true},
		{"not when others log in", janeDN, func(b *browser) {
			for i := range 2 * sessionsOfOne {
				other := b.house.browser()
				other.logIn(fmt.Sprintf("cn=%d", i), "right", other.form())
			}
		}, false},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			b := newHouse(t).browser()
			if code := b.logIn(c.user, "right", b.form()); code != 200 {
				t.Fatal(code)
			}
			c.do(b)
			if _, _, ok := b.visitor(); ok == c.ends {
				t.Errorf("the session is open: %v", ok)
			}
		})
	}
}

func TestTheStoreIsBounded(t *testing.T) {
	h := newHouse(t)
	w, r := httptest.NewRecorder(), h.browser().request("GET", nil)
	for i := range sessionsMost / 100 { // each identity opens its share, so that the store fills
		for range sessionsOfOne {
			h.sessions.begin(w, r, policy.Identity{DN: "x", Key: fmt.Sprint(i)})
		}
	}
	if n := h.sessions.open.Len(); n != sessionsMost/100*sessionsOfOne {
		t.Errorf("%d sessions", n)
	}
	for i := range sessionsMost + 10 {
		var key [32]byte
		copy(key[:], fmt.Sprint(i))
		h.sessions.open.Add(key, &session{who: policy.Identity{Key: fmt.Sprint(i)}})
	}
	if n := h.sessions.open.Len(); n != sessionsMost {
		t.Errorf("%d sessions are kept, want %d", n, sessionsMost)
	}
}

func TestWhoGuessesByFormWaits(t *testing.T) {
	b := newHouse(t).browser()
	for range refusedMost {
		if code := b.logIn(janeDN, "wrong", b.form()); code != 401 {
			t.Fatal(code)
		}
	}
	if code := b.logIn(janeDN, "right", b.form()); code != 429 {
		t.Errorf("%d, want 429", code)
	}
	b.now = b.now.Add(refusedWithin)
	if code := b.logIn(janeDN, "right", b.form()); code != 200 {
		t.Errorf("%d a minute later, want 200", code)
	}
}

func TestCookiesAreForTheServerAlone(t *testing.T) {
	for _, secure := range []bool{false, true} {
		b := newHouse(t).browser()
		b.secure = secure
		token := b.form()
		w := httptest.NewRecorder()
		if code := b.sessions.LogIn(w, b.request("POST", url.Values{"user": {janeDN}, "password": {"right"}, "token": {token}})); code != 200 {
			t.Fatal(code)
		}
		for _, c := range w.Result().Cookies() {
			if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Secure != secure || c.Path != "/" || c.Domain != "" ||
				strings.HasPrefix(c.Name, hostPrefix) != secure {
				t.Errorf("TLS %v: %+v", secure, c)
			}
			if c.MaxAge >= 0 && len(c.Value) != 43 {
				t.Errorf("%s has %d characters; 256 bits are 43", c.Name, len(c.Value))
			}
		}
	}
}
