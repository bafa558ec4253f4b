package explorer_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aclens/aclens/proxy/admin"
	"github.com/aclens/aclens/proxy/explorer"
	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/view"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/finding"
	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/server"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// world is what a snapshot is made from.
type world struct {
	entries   []directory.Change
	instances []*database.Instance
	servers   []*server.Server
}

func (w *world) put(dn, class string, pairs ...string) {
	d := directory.Draft{DN: dn}
	d.AddText("objectClass", class)
	for i := 0; i < len(pairs); i += 2 {
		d.AddText(pairs[i], pairs[i+1])
	}
	w.entries = append(w.entries, directory.Change{Put: &d})
}

// line is one entry of an ACL.
type line struct {
	label string
	level acl.Level
	roles []string
}

func (w *world) database(t testing.TB, path, title, replica string, roles []string, lines ...line) {
	t.Helper()
	l := &acl.List{Roles: roles, MaxLevel: acl.Editor, MaxKnown: true, Consistent: acl.Yes, AdminServer: "Hub1/Acme"}
	for _, x := range lines {
		e := acl.NewEntry(x.label, x.label == acl.DefaultName)
		set, err := l.RoleSetOf(x.roles...)
		must(t, err)
		e.Level, e.Roles = x.level, set
		l.Entries = append(l.Entries, e)
	}
	must(t, l.Seal())
	w.instances = append(w.instances, &database.Instance{Server: name.Parse("Hub1/Acme"), Path: path, Title: title, ReplicaID: replica, Origin: path, List: l})
}

func (w *world) build(t testing.TB) (*resolver.Snapshot, []finding.Finding) {
	t.Helper()
	set, problems, err := database.Arrange(w.instances, database.Options{})
	must(t, err)
	sc, err := view.Schema(nil)
	must(t, err)
	s, faults := resolver.Build(resolver.Input{Settings: resolver.Defaults(), Store: directory.Empty(sc), Entries: w.entries,
		Databases: set, Servers: w.servers, AsOf: resolver.AsOf{Directory: noon, ACL: noon}})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return s, finding.All(s, problems)
}

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// site is a whole HTTP listener: API, sessions and pages.
type site struct {
	testing.TB
	view    *view.View
	history *explorer.History
	url     string
}

// newSite serves a world under client rules. Any name logs in with the
// password "right" and is the DN that it spells.
func newSite(t testing.TB, w *world, rules ...policy.Rule) *site {
	t.Helper()
	p, err := policy.New(policy.Settings{Rules: rules})
	must(t, err)
	now := func() time.Time { return noon.Add(time.Hour) }
	v, err := view.New(view.Settings{Base: "cn=access", GroupChannel: acl.WebSession, MemberOf: true, Now: now}, p)
	must(t, err)
	s := &site{TB: t, view: v, history: explorer.NewHistory(now)}
	s.swap("first", w)
	metrics := admin.NewMetrics("1", "r", "go", func() map[string]time.Duration { return nil })
	logIn := func(_ context.Context, _ *http.Request, user string, password []byte) (policy.Identity, error) {
		key, err := name.KeyOf(user)
		if err != nil || string(password) != "right" {
			return policy.Identity{}, admin.ErrRefused
		}
		return policy.Identity{DN: user, Key: key}, nil
	}
	log := slog.New(slog.NewTextHandler(testLog{t}, nil))
	sessions := admin.NewSessions(v.Current, logIn, metrics, now)
	pages := explorer.New(explorer.Parts{State: v.Current, Doors: sessions, History: s.history, NameForms: []string{"dn"}, Log: log, Now: now})
	server := admin.NewServer(metrics, func() admin.Status { return admin.Status{} }, &admin.API{State: v.Current, Login: logIn, Sessions: sessions, Pages: pages}, log)
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	t.Cleanup(func() {
		must(t, server.Shutdown(context.Background()))
		must(t, <-done)
	})
	s.url = "http://" + l.Addr().String()
	return s
}

// swap makes a world the one that answers.
func (s *site) swap(id string, w *world) {
	s.Helper()
	snap, found := w.build(s)
	s.history.Keep(s.view.Swap(id, snap, found, noon))
}

// testLog fails a test for whatever the explorer logs: it logs faults of its own alone.
type testLog struct{ testing.TB }

func (l testLog) Write(text []byte) (int, error) {
	l.Errorf("logged: %s", text)
	return len(text), nil
}

// guest is a browser that has logged in.
type guest struct {
	*site
	client *http.Client
}

var tokenField = regexp.MustCompile(`name="token" value="([^"]+)"`)

func (s *site) guest(dn string) *guest {
	s.Helper()
	jar, err := cookiejar.New(nil)
	must(s, err)
	transport := &http.Transport{}
	s.Cleanup(transport.CloseIdleConnections)
	g := &guest{s, &http.Client{Jar: jar, Transport: transport}}
	_, form := g.get("/login")
	token := tokenField.FindStringSubmatch(form)
	if token == nil {
		s.Fatalf("no form: %s", form)
	}
	answer, err := g.client.PostForm(s.url+"/login", url.Values{"user": {dn}, "password": {"right"}, "token": {token[1]}})
	must(s, err)
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK || answer.Request.URL.Path != "/" {
		s.Fatalf("logging in as %s: %s at %s", dn, answer.Status, answer.Request.URL)
	}
	return g
}

func (g *guest) get(path string) (int, string) {
	g.Helper()
	answer, err := g.client.Get(g.url + path)
	must(g, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	must(g, err)
	g.checkHeaders(path, answer)
	return answer.StatusCode, string(text)
}

// checkHeaders holds what every answer says about itself.
func (g *guest) checkHeaders(path string, answer *http.Response) {
	g.Helper()
	want := map[string]string{"X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
	if !strings.HasPrefix(path, "/assets/") {
		want["Cache-Control"] = "no-store"
	}
	for header, value := range want {
		if got := answer.Header.Get(header); got != value {
			g.Errorf("%s: %s is %q", path, header, got)
		}
	}
	p := answer.Header.Get("Content-Security-Policy")
	if !strings.Contains(p, "default-src 'none'") || !strings.Contains(p, "frame-ancestors 'none'") || strings.Contains(p, "unsafe") {
		g.Errorf("%s: Content-Security-Policy is %q", path, p)
	}
}

func (g *guest) json(path string, into any) {
	g.Helper()
	code, text := g.get(path)
	if code != http.StatusOK {
		g.Fatalf("%s: %d %s", path, code, text)
	}
	must(g, json.Unmarshal([]byte(text), into))
}

func at(path string, pairs ...string) string {
	q := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return fmt.Sprintf("%s?%s", path, q.Encode())
}
