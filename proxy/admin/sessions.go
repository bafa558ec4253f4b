package admin

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/http"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/view"
)

// Bounds of sessions. The first two are how long one lives without a request
// and at most; the others how many there are, of everybody and of one identity.
const (
	sessionIdle    = 30 * time.Minute
	sessionLife    = 8 * time.Hour
	sessionsMost   = 10000
	sessionsOfOne  = 20
	loginFormBytes = 64 << 10
)

// Names of cookies. Under TLS a browser takes them from this host alone
// (RFC 6265bis, 4.1.3.2).
const (
	sessionCookie = "aclens-session"
	formCookie    = "aclens-form"
	hostPrefix    = "__Host-"
)

// LoginFunc checks a name and a password by a bind. ErrRefused is for
// credentials that are not right; any other error says that they could not be
// checked.
type LoginFunc func(ctx context.Context, r *http.Request, user string, password []byte) (policy.Identity, error)

// Sessions keeps who has logged in with a browser. A session holds an identity
// and no rights: those are asked anew for every request. It is safe for
// concurrent use.
type Sessions struct {
	state   func() *view.State // nil before the first
	login   LoginFunc
	metrics *Metrics
	now     func() time.Time
	tries   *throttle
	origin  *http.CrossOriginProtection

	mu   sync.Mutex // guards open and what it holds
	open *lru.LRU[[sha256.Size]byte, *session]
}

// session is one log-in. It is found by a digest of its id, so that neither the
// time of a comparison nor a look at memory tells an id.
type session struct {
	who         policy.Identity
	hadEntry    bool   // at log-in
	token       string // of every form
	began, used time.Time
}

// NewSessions makes an empty store.
func NewSessions(state func() *view.State, login LoginFunc, m *Metrics, now func() time.Time) *Sessions {
	s := &Sessions{state: state, login: login, metrics: m, now: now, tries: newThrottle(now), origin: http.NewCrossOriginProtection()}
	var err error
	if s.open, err = lru.NewLRU[[sha256.Size]byte, *session](sessionsMost, nil); err != nil {
		panic(err) // only for a size that is not positive
	}
	return s
}

// Visitor is who a request's cookie speaks for, and the token that its forms
// need. Whoever had an entry and has none in the present state is nobody.
func (s *Sessions) Visitor(r *http.Request) (who policy.Identity, token string, ok bool) {
	id, ok := cookieValue(r, sessionCookie)
	if !ok {
		return policy.Identity{}, "", false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	key := sha256.Sum256([]byte(id))
	found, ok := s.open.Get(key)
	if !ok {
		return policy.Identity{}, "", false
	}
	now := s.now()
	if now.Sub(found.used) >= sessionIdle || now.Sub(found.began) >= sessionLife || found.hadEntry && s.gone(found.who) {
		s.forget(key)
		return policy.Identity{}, "", false
	}
	found.used = now
	return found.who, found.token, true
}

// gone tells whether an identity has no entry in the state that answers.
func (s *Sessions) gone(who policy.Identity) bool {
	st := s.state()
	return st != nil && !hasEntry(st, who)
}

func hasEntry(st *view.State, who policy.Identity) bool {
	id, ok := st.Snapshot.Store().Find(who.Key)
	return ok && st.Snapshot.Store().Exists(id)
}

// FormToken is the token of the log-in form: the same value has to come back in
// a cookie and in the form.
func (s *Sessions) FormToken(w http.ResponseWriter, r *http.Request) string {
	if token, ok := cookieValue(r, formCookie); ok && len(token) == len(newSecret()) {
		return token
	}
	token := newSecret()
	setCookie(w, r, formCookie, token)
	return token
}

// LogIn takes the log-in form and begins a session under a new id. It tells
// what to answer: 200, 401 (refused), 403 (the form is not ours), 429 or 503.
func (s *Sessions) LogIn(w http.ResponseWriter, r *http.Request) int {
	r.Body = http.MaxBytesReader(w, r.Body, loginFormBytes)
	expected, ok := cookieValue(r, formCookie)
	if s.origin.Check(r) != nil || !ok || !sameSecret(expected, r.PostFormValue("token")) {
		s.metrics.httpLogin("forged")
		return http.StatusForbidden
	}
	if !s.tries.begin(r.RemoteAddr) {
		s.metrics.httpLogin("throttled")
		return http.StatusTooManyRequests
	}
	refused := false
	defer func() { s.tries.end(r.RemoteAddr, refused) }()
	user, password := r.PostFormValue("user"), r.PostFormValue("password")
	if user == "" || password == "" {
		s.metrics.httpLogin("refused")
		return http.StatusUnauthorized
	}
	who, err := s.login(r.Context(), r, user, []byte(password))
	switch {
	case errors.Is(err, ErrRefused) || err == nil && who.Anonymous():
		refused = true
		s.metrics.httpLogin("refused")
		return http.StatusUnauthorized
	case err != nil:
		s.metrics.httpLogin("unavailable")
		return http.StatusServiceUnavailable
	}
	s.metrics.httpLogin("accepted")
	s.begin(w, r, who)
	return http.StatusOK
}

// begin opens a session under a new id; the one that the browser had ends.
func (s *Sessions) begin(w http.ResponseWriter, r *http.Request, who policy.Identity) {
	id, now := newSecret(), s.now()
	st := s.state()
	one := &session{who: who, hadEntry: st != nil && hasEntry(st, who), token: newSecret(), began: now, used: now}
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, ok := cookieValue(r, sessionCookie); ok {
		s.forget(sha256.Sum256([]byte(old)))
	}
	s.makeRoom(who, now)
	s.open.Add(sha256.Sum256([]byte(id)), one)
	s.metrics.httpSessions(s.open.Len())
	setCookie(w, r, sessionCookie, id)
	dropCookie(w, r, formCookie)
}

// makeRoom ends what has expired, and the oldest sessions of an identity that
// has too many. Keys come with the one used longest ago first.
func (s *Sessions) makeRoom(who policy.Identity, now time.Time) {
	own := 0
	for _, key := range s.open.Keys() {
		one, _ := s.open.Peek(key)
		if now.Sub(one.used) >= sessionIdle || now.Sub(one.began) >= sessionLife {
			s.forget(key)
		} else if one.who.Key == who.Key {
			own++
		}
	}
	for _, key := range s.open.Keys() {
		if one, _ := s.open.Peek(key); own >= sessionsOfOne && one.who.Key == who.Key {
			s.forget(key)
			own--
		}
	}
}

// LogOut ends the session of a request whose form is ours: 200, or 403.
func (s *Sessions) LogOut(w http.ResponseWriter, r *http.Request) int {
	r.Body = http.MaxBytesReader(w, r.Body, loginFormBytes)
	_, token, ok := s.Visitor(r)
	if ok && (s.origin.Check(r) != nil || !sameSecret(token, r.PostFormValue("token"))) {
		return http.StatusForbidden
	}
	if id, had := cookieValue(r, sessionCookie); had {
		s.mu.Lock()
		s.forget(sha256.Sum256([]byte(id)))
		s.mu.Unlock()
	}
	dropCookie(w, r, sessionCookie)
	return http.StatusOK
}

// forget ends a session; s.mu is held.
func (s *Sessions) forget(key [sha256.Size]byte) {
	s.open.Remove(key)
	s.metrics.httpSessions(s.open.Len())
}

// newSecret is 256 random bits.
func newSecret() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func sameSecret(a, b string) bool {
	return a != "" && subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1
}

// cookieName is the name under which a request's connection may carry a cookie.
func cookieName(r *http.Request, name string) string {
	if r.TLS != nil {
		return hostPrefix + name
	}
	return name
}

func cookieValue(r *http.Request, name string) (string, bool) {
	c, err := r.Cookie(cookieName(r, name))
	if err != nil || c.Value == "" {
		return "", false
	}
	return c.Value, true
}

func setCookie(w http.ResponseWriter, r *http.Request, name, value string) {
	http.SetCookie(w, &http.Cookie{
		Name: cookieName(r, name), Value: value, Path: "/", HttpOnly: true, Secure: r.TLS != nil, SameSite: http.SameSiteStrictMode,
	})
}

func dropCookie(w http.ResponseWriter, r *http.Request, name string) {
	http.SetCookie(w, &http.Cookie{
		Name: cookieName(r, name), Path: "/", MaxAge: -1, HttpOnly: true, Secure: r.TLS != nil, SameSite: http.SameSiteStrictMode,
	})
}
