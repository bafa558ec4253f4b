package drapi_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/aclens/aclens/proxy/drapi"
	"github.com/aclens/aclens/proxy/refresh"
)

var _ refresh.InstanceSource = (*drapi.Client)(nil)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	goodToken = "eyJhbGciOi.secret-of-acme.c2ln"
	entries   = `[{"name":"-Default-","type":"","level":"NOACCESS","roles":[],"flags":["NODELETE"]},
		{"name":"LocalDomainAdmins","type":"GROUP","level":"MANAGER","roles":["Admin"],"flags":["CREATE_FOLDER","CREATE_PRFOLDER","CREATE_LOTUSSCRIPT","PUBLIC_READER"]}]`
	roles = `{"roles":["[Admin]"]}`
)

// service is a Domino REST API as far as ACLs go. Handlers by file path come
// before what it does by itself.
type service struct {
	*httptest.Server
	mu      sync.Mutex // guards what follows
	token   string
	special map[string]http.HandlerFunc // by nsfPath
	asked   []string
}

func newService(t testing.TB, encrypted bool) *service {
	t.Helper()
	s := &service{token: goodToken, special: map[string]http.HandlerFunc{}}
	s.Server = httptest.NewUnstartedServer(s)
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	if encrypted {
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	return s
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Query().Get("nsfPath")
	s.mu.Lock()
	token, special := s.token, s.special[path]
	s.asked = append(s.asked, r.Method+" "+r.URL.Path+" "+path)
	s.mu.Unlock()
	switch {
	case r.Header.Get("Authorization") != "Bearer "+token:
		refuse(w, http.StatusUnauthorized, "Invalid credentials, you sent "+r.Header.Get("Authorization"))
	case special != nil:
		special(w, r)
	default:
		ordinary(w, r)
	}
}

// ordinary answers as the API documents it.
func ordinary(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	switch {
	case r.Method != http.MethodGet || r.URL.Query().Get("nsfPath") == "":
		refuse(w, http.StatusBadRequest, "no")
	case strings.HasSuffix(r.URL.Path, "/api/admin-v1/acl/entries"):
		_, _ = io.WriteString(w, entries)
	case strings.HasSuffix(r.URL.Path, "/api/admin-v1/acl/roles"):
		_, _ = io.WriteString(w, roles)
	default:
		refuse(w, http.StatusNotFound, "This is not the data you seek")
	}
}

func refuse(w http.ResponseWriter, code int, message string) {
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]any{"status": code, "message": message})
}

// only answers one resource in another way.
func only(resource string, h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, resource) {
			h(w, r)
			return
		}
		ordinary(w, r)
	}
}

func says(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }
}

func fails(code int, message string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { refuse(w, code, message) }
}

// silent answers only once nobody waits any longer.
func silent(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func (s *service) set(path string, h http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.special[path] = h
}

func (s *service) accept(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token = token
}

func (s *service) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.asked...)
}

// trusting is a TLS configuration that knows the service.
func (s *service) trusting() *tls.Config {
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
}

// clock is a time that only the test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// rig is a client of a service, with its clock and what it logs.
type rig struct {
	*service
	*drapi.Client
	clock *clock
	log   *bytes.Buffer
}

func settingsFor(s *service, paths ...string) drapi.Settings {
	out := drapi.Settings{
		URL: s.URL, Token: func() (string, error) { return goodToken + "\n", nil }, Timeout: 10 * time.Second,
	}
	if strings.HasPrefix(s.URL, "https") {
		out.TLS = s.trusting()
	}
	for _, p := range paths {
		out.Databases = append(out.Databases, drapi.Database{Server: "CN=Hub1/O=Acme", Path: p})
	}
	return out
}

func newRig(t testing.TB, change func(*drapi.Settings), paths ...string) *rig {
	t.Helper()
	r := &rig{service: newService(t, true), clock: &clock{now: time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)}, log: &bytes.Buffer{}}
	settings := settingsFor(r.service, paths...)
	settings.Clock, settings.Log = r.clock.Now, slog.New(slog.NewTextHandler(r.log, nil))
	if change != nil {
		change(&settings)
	}
	var err error
	if r.Client, err = drapi.New(settings); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Client.Close)
	t.Cleanup(func() { r.tokenStaysSecret(t, r.log.String()) })
	return r
}

// tokenStaysSecret looks for the token in what others may read.
func (r *rig) tokenStaysSecret(t testing.TB, texts ...string) {
	t.Helper()
	for _, f := range r.Faults() {
		texts = append(texts, f.Error())
	}
	for _, text := range texts {
		if strings.Contains(text, goodToken) || strings.Contains(text, url.QueryEscape(goodToken)) || strings.Contains(text, "secret-of-acme") {
			t.Errorf("the token is in %q", text)
		}
	}
}
