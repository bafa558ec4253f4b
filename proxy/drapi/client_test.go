package drapi_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aclens/aclens/proxy/drapi"
	"github.com/aclens/aclens/proxy/upstream"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
)

// paths lists what instances were returned.
func paths(list []*database.Instance) []string {
	var out []string
	for _, in := range list {
		out = append(out, in.Path)
	}
	return out
}

func (r *rig) ask(t testing.TB) []*database.Instance {
	t.Helper()
	list, err := r.Instances(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestTheACLsOfAllDatabasesAreRead(t *testing.T) {
	r := newRig(t, func(s *drapi.Settings) {
		s.Databases = []drapi.Database{{Server: "CN=Hub1/O=Acme", Path: `apps\CRM & more.nsf`, ReplicaID: "c1258a2f:004b7d10", Title: "Customers"}, {Server: "Hub1/Acme", Path: "hr.nsf"}}
	})
	list := r.ask(t)
	if got := paths(list); !slices.Equal(got, []string{`apps\CRM & more.nsf`, "hr.nsf"}) || len(r.Faults()) > 0 {
		t.Fatalf("got %v, faults %v", got, r.Faults())
	}
	in := list[0]
	if in.Server.Abbreviated() != "Hub1/Acme" || in.ReplicaID != "C1258A2F004B7D10" || in.Title != "Customers" || !in.CapturedAt.Equal(r.clock.Now()) {
		t.Errorf("%+v", in)
	}
	if want := r.URL + "/api/admin-v1/acl/entries?nsfPath=apps%2FCRM+%26+more.nsf"; in.Origin != want {
		t.Errorf("origin %s, want %s", in.Origin, want)
	}
	l := in.List
	if l.MaxKnown || l.Consistent != acl.Unknown || len(l.Entries) != 2 || l.Default().Level != acl.NoAccess {
		t.Errorf("%+v", l)
	}
	admins := l.Entries[1]
	if admins.Level != acl.Manager || admins.Type != acl.TypeMixedGroup || !slices.Equal(l.RoleNames(admins.Roles), []string{"[Admin]"}) {
		t.Errorf("%+v", admins)
	}
	want := []string{
		"GET /api/admin-v1/acl/entries apps/CRM & more.nsf", "GET /api/admin-v1/acl/entries hr.nsf",
		"GET /api/admin-v1/acl/roles apps/CRM & more.nsf", "GET /api/admin-v1/acl/roles hr.nsf",
	}
	if got := r.requests(); !slices.Equal(slices.Sorted(slices.Values(got)), want) {
		t.Errorf("asked %v", got)
	}
}

func TestABrokenDatabaseKeepsItsLastACLAndAgesAloneWhileOthersAreRead(t *testing.T) {
	for _, tt := range []struct {
		sentence string
		handler  http.HandlerFunc
		part     string
	}{
		{"not Manager", fails(http.StatusForbidden, "Nice try\x1b[31m"), "acl/entries: 403 the token's owner must be Manager in the ACL (Nice try [31m)"},
		{"gone", fails(http.StatusNotFound, ""), "404 no such database"},
		{"a bad request", fails(http.StatusBadRequest, ""), "400"},
		{"the service failed", fails(http.StatusInternalServerError, strings.Repeat("long ", 100)), "500 the service failed (long long"},
		{"too many requests", fails(http.StatusTooManyRequests, ""), "429"},
		{"another success", fails(http.StatusNoContent, ""), "204 unexpected"},
		{"roles alone fail", only("/roles", fails(http.StatusForbidden, "")), "acl/roles: 403"},
		{"a page", says("<html>please log in</html>"), "answer not understood"},
		{"an answer cut off", only("/entries", says(entries[:100])), "answer not understood"},
		{"an object for an array", only("/entries", says(`{"entries": []}`)), "answer not understood"},
		{"a word that is not known", only("/entries", says(strings.Replace(entries, "MANAGER", "OWNER", 1))), `unknown access level "owner"`},
		{"flags that are missing", only("/entries", says(`[{"name":"-Default-","level":"EDITOR"}]`)), "flags are missing"},
		{"a role that is not defined", only("/roles", says(`{"roles":[]}`)), `role "Admin" is not defined`},
		{"no entry at all", only("/entries", says(`[]`)), "-Default-"},
		{"an ACL without -Default-", only("/entries", says(strings.Replace(entries, "-Default-", "Default", 1))), "lacks -Default-"},
		{"roles of another shape", only("/roles", says(`{"answer": 42}`)), "answer not understood"},
		{"a connection that breaks", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "acl/entries: "},
		{"a body that breaks off", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = w.Write([]byte("[{"))
		}, "broken off"},
	} {
		t.Run(tt.sentence, func(t *testing.T) {
			r := newRig(t, nil, "a.nsf", "b.nsf", "c.nsf")
			first := r.clock.Now()
			r.ask(t)
			r.clock.advance(time.Hour)
			r.set("b.nsf", tt.handler)
			list := r.ask(t)
			if got := paths(list); !slices.Equal(got, []string{"a.nsf", "b.nsf", "c.nsf"}) {
				t.Fatalf("got %v", got)
			}
			if !list[0].CapturedAt.Equal(first.Add(time.Hour)) || !list[1].CapturedAt.Equal(first) || !list[2].CapturedAt.Equal(first.Add(time.Hour)) {
				t.Errorf("of %v, %v, %v", list[0].CapturedAt, list[1].CapturedAt, list[2].CapturedAt)
			}
			faults := r.Faults()
			var fault *drapi.Fault
			if len(faults) != 1 || !errors.As(faults[0], &fault) || fault.Database != "Hub1/Acme!!b.nsf" || !fault.Kept.Equal(first) {
				t.Fatalf("faults %v", faults)
			}
			for _, part := range []string{"database Hub1/Acme!!b.nsf: ", tt.part, "its ACL of 2026-11-21T08:00:00Z is kept"} {
				if !strings.Contains(fault.Error(), part) {
					t.Errorf("%q is not in %q", part, fault)
				}
			}
			if len(fault.Error()) > 600 || strings.ContainsRune(fault.Error(), '\x1b') {
				t.Errorf("fault %q", fault)
			}
			r.ask(t)
			if n := strings.Count(r.log.String(), "could not be read"); n != 1 {
				t.Errorf("logged %d times:\n%s", n, r.log)
			}
			r.set("b.nsf", nil)
			if list = r.ask(t); len(r.Faults()) > 0 || !list[1].CapturedAt.Equal(first.Add(time.Hour)) || !strings.Contains(r.log.String(), "can be read again") {
				t.Errorf("faults %v, of %v, logged\n%s", r.Faults(), list[1].CapturedAt, r.log)
			}
		})
	}
}

func TestADatabaseThatWasNeverReadIsLeftOut(t *testing.T) {
	r := newRig(t, nil, "a.nsf", "b.nsf")
	r.set("a.nsf", fails(http.StatusForbidden, ""))
	if got := paths(r.ask(t)); !slices.Equal(got, []string{"b.nsf"}) {
		t.Errorf("got %v", got)
	}
	if f := r.Faults(); len(f) != 1 || !strings.Contains(f[0].Error(), "it has no ACL yet and is left out") {
		t.Errorf("faults %v", f)
	}
}

func TestWhereNothingCanBeReadTheAskingIsAnErrorAndNothingIsForgotten(t *testing.T) {
	r := newRig(t, nil, "a.nsf", "b.nsf")
	first := r.clock.Now()
	r.ask(t)
	r.clock.advance(time.Hour)
	for _, p := range []string{"a.nsf", "b.nsf"} {
		r.set(p, fails(http.StatusInternalServerError, ""))
	}
	list, err := r.Instances(t.Context())
	if err == nil || list != nil || !strings.Contains(err.Error(), "none of 2 databases could be read; the first: database Hub1/Acme!!a.nsf: acl/entries: 500") {
		t.Errorf("%v, %v", list, err)
	}
	if errors.Is(err, upstream.ErrRefused) {
		t.Error("a service that fails does not refuse the token")
	}
	r.set("b.nsf", nil)
	if list = r.ask(t); len(list) != 2 || !list[0].CapturedAt.Equal(first) {
		t.Errorf("%v", paths(list))
	}
}

func TestARefusedTokenIsAnErrorOfItsOwnAndEndsTheAsking(t *testing.T) {
	many := make([]string, 100)
	for i := range many {
		many[i] = strings.Repeat("x", i+1) + ".nsf"
	}
	r := newRig(t, nil, many...)
	r.accept("another")
	_, err := r.Instances(t.Context())
	var status *drapi.StatusError
	if !errors.Is(err, upstream.ErrRefused) || !errors.As(err, &status) || status.Code != http.StatusUnauthorized || !strings.Contains(err.Error(), "the token is not accepted") {
		t.Errorf("got %v", err)
	}
	if !strings.Contains(err.Error(), "you sent Bearer ***") {
		t.Errorf("the service's words are missing in %v", err)
	}
	r.tokenStaysSecret(t, err.Error())
	if n := len(r.requests()); n > 20 {
		t.Errorf("%d requests with a token that is refused", n)
	}
}

func TestATokenThatIsRenewedDuringAnAskingIsTakenUp(t *testing.T) {
	current := goodToken
	calls := 0
	r := newRig(t, func(s *drapi.Settings) {
		s.Token = func() (string, error) { calls++; return current, nil }
	}, "a.nsf", "b.nsf", "c.nsf", "d.nsf", "e.nsf", "f.nsf")
	r.ask(t)
	if calls != 1 {
		t.Errorf("the token was read %d times in one asking", calls)
	}
	r.accept("renewed")
	first := true
	r.settings(t, func() (string, error) { // the file changes after the asking began
		if first {
			first = false
			return goodToken, nil
		}
		return "renewed", nil
	})
	if list := r.ask(t); len(list) != 6 || len(r.Faults()) > 0 {
		t.Errorf("%v, faults %v", paths(list), r.Faults())
	}
}

// settings replaces the client by one with another token.
func (r *rig) settings(t testing.TB, token func() (string, error)) {
	t.Helper()
	s := settingsFor(r.service, "a.nsf", "b.nsf", "c.nsf", "d.nsf", "e.nsf", "f.nsf")
	s.Token, s.Clock = token, r.clock.Now
	c, err := drapi.New(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	r.Client = c
}

func TestAServiceThatIsSilentIsLeftAloneAfterAFewRequests(t *testing.T) {
	many := make([]string, 60)
	for i := range many {
		many[i] = strings.Repeat("x", i+1) + ".nsf"
	}
	r := newRig(t, func(s *drapi.Settings) { s.Timeout = 50 * time.Millisecond }, many...)
	for _, p := range many {
		r.set(p, silent)
	}
	_, err := r.Instances(t.Context())
	if err == nil || !strings.Contains(err.Error(), "no answer within 50ms") {
		t.Errorf("got %v", err)
	}
	if n := len(r.requests()); n > 20 {
		t.Errorf("%d requests to a service that is silent", n)
	}
	if last := r.Faults()[59].Error(); !strings.Contains(last, "not asked for, the service does not answer") {
		t.Errorf("the last fault is %q", last)
	}
}

func TestOneSlowDatabaseIsAFaultOfItsOwn(t *testing.T) {
	r := newRig(t, func(s *drapi.Settings) { s.Timeout = time.Second }, "a.nsf", "b.nsf", "c.nsf", "d.nsf", "e.nsf", "f.nsf", "g.nsf")
	r.set("a.nsf", silent)
	if got := paths(r.ask(t)); !slices.Equal(got, []string{"b.nsf", "c.nsf", "d.nsf", "e.nsf", "f.nsf", "g.nsf"}) {
		t.Errorf("got %v", got)
	}
	if f := r.Faults(); len(f) != 1 || !errors.Is(f[0], context.DeadlineExceeded) {
		t.Errorf("faults %v", f)
	}
}

func TestAnAnswerThatIsTooLargeIsNotRead(t *testing.T) {
	r := newRig(t, func(s *drapi.Settings) { s.MaxBody = 1000 }, "a.nsf", "b.nsf")
	r.set("a.nsf", only("/entries", func(w http.ResponseWriter, r *http.Request) {
		for chunk := make([]byte, 64<<10); r.Context().Err() == nil; { // without an end
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}))
	r.set("b.nsf", only("/entries", says(entries+strings.Repeat(" ", 1000-len(entries)))))
	if got := paths(r.ask(t)); !slices.Equal(got, []string{"b.nsf"}) {
		t.Errorf("got %v, faults %v", got, r.Faults())
	}
	if f := r.Faults(); len(f) != 1 || !strings.Contains(f[0].Error(), "answer larger than 1000 bytes") {
		t.Errorf("faults %v", f)
	}
}

func TestRedirectsElsewhereDoNotGetTheToken(t *testing.T) {
	stranger := newService(t, false)
	stranger.accept("anything")
	r := newRig(t, nil, "away.nsf", "plain.nsf", "loop.nsf", "here.nsf", "fine.nsf")
	to := func(address string) http.HandlerFunc {
		return func(w http.ResponseWriter, req *http.Request) {
			http.Redirect(w, req, address, http.StatusTemporaryRedirect)
		}
	}
	r.set("away.nsf", to(stranger.URL+"/steal?token="+goodToken))
	r.set("plain.nsf", to(strings.Replace(r.URL, "https:", "http:", 1)+"/api/admin-v1/acl/entries?nsfPath=fine.nsf"))
	r.set("loop.nsf", func(w http.ResponseWriter, req *http.Request) {
		http.Redirect(w, req, req.URL.String(), http.StatusTemporaryRedirect)
	})
	r.set("here.nsf", func(w http.ResponseWriter, req *http.Request) {
		http.Redirect(w, req, strings.Replace(req.URL.String(), "here.nsf", "fine.nsf", 1), http.StatusTemporaryRedirect)
	})
	if got := paths(r.ask(t)); !slices.Equal(got, []string{"here.nsf", "fine.nsf"}) {
		t.Errorf("got %v", got)
	}
	if len(stranger.requests()) > 0 {
		t.Errorf("a stranger was asked: %v", stranger.requests())
	}
	faults := r.Faults()
	if len(faults) != 3 {
		t.Fatalf("faults %v", faults)
	}
	for _, f := range faults[:2] {
		if !strings.Contains(f.Error(), "redirects to another address") {
			t.Errorf("fault %v", f)
		}
	}
	if !strings.Contains(faults[2].Error(), "again and again") {
		t.Errorf("fault %v", faults[2])
	}
	r.tokenStaysSecret(t)
}

func TestACancelledAskingIsAnErrorAndForgetsNothing(t *testing.T) {
	r := newRig(t, nil, "a.nsf", "b.nsf")
	first := r.clock.Now()
	r.ask(t)
	ctx, cancel := context.WithCancel(t.Context())
	r.set("a.nsf", func(w http.ResponseWriter, req *http.Request) {
		cancel()
		<-req.Context().Done()
	})
	r.clock.advance(time.Hour)
	if list, err := r.Instances(ctx); !errors.Is(err, context.Canceled) || list != nil {
		t.Errorf("%v, %v", paths(list), err)
	}
	if len(r.Faults()) > 0 {
		t.Errorf("a database is at fault: %v", r.Faults())
	}
	r.set("a.nsf", fails(http.StatusForbidden, ""))
	if list := r.ask(t); len(list) != 2 || !list[0].CapturedAt.Equal(first) {
		t.Errorf("%v", paths(list))
	}
}

func TestATokenThatIsNotThereIsAnError(t *testing.T) {
	for sentence, tt := range map[string]struct {
		token string
		err   error
		part  string
	}{
		"cannot be read": {"", errors.New("disk on fire"), "disk on fire"},
		"empty":          {" \n", nil, "the token is empty"},
		"two lines":      {"secret-of-acme\r\nX-Evil: 1", nil, "characters that a bearer token cannot have"},
		"too long":       {strings.Repeat("x", 65<<10), nil, "longer than 64 KiB"},
	} {
		t.Run(sentence, func(t *testing.T) {
			r := newRig(t, func(s *drapi.Settings) { s.Token = func() (string, error) { return tt.token, tt.err } }, "a.nsf")
			_, err := r.Instances(t.Context())
			if err == nil || !strings.Contains(err.Error(), tt.part) || len(r.requests()) > 0 {
				t.Fatalf("got %v", err)
			}
			r.tokenStaysSecret(t, err.Error())
		})
	}
}
