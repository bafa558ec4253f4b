package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/aclens/aclens/proxy/refresh"
	"github.com/aclens/aclens/resolver"
)

// Status is what readiness is told from.
type Status struct {
	Ready    bool
	Reason   string // why not, or what is held
	Snapshot string
	AsOf     resolver.AsOf
	Stale    bool
	Held     []refresh.Held // by the brake
	Now      time.Time
}

// Server answers HTTP on any number of listeners.
type Server struct {
	http *http.Server
	log  *slog.Logger
}

// timeouts of HTTP requests, none of which is large.
const (
	readTimeout  = 10 * time.Second
	writeTimeout = 60 * time.Second
	idleTimeout  = 2 * time.Minute
)

// NewServer makes a Server for metrics and health, and for the API unless that is nil.
func NewServer(m *Metrics, status func() Status, api *API, log *slog.Logger) *Server {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn)}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { writeText(w, http.StatusOK, "ok\n") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) { writeReady(w, status()) })
	if api != nil {
		api.register(mux)
	}
	return &Server{log: log, http: &http.Server{
		Handler: guarded(mux), ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}}
}

// guarded says with every answer that a browser is to take it for what it is,
// from here alone, and to run nothing in it. Pages that need more say so.
func guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
		next.ServeHTTP(w, r)
	})
}

// Serve answers on a listener until Shutdown.
func (s *Server) Serve(l net.Listener) error {
	if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving http on %s: %w", l.Addr(), err)
	}
	return nil
}

// Shutdown lets requests in progress end.
func (s *Server) Shutdown(ctx context.Context) error { return s.http.Shutdown(ctx) }

func writeText(w http.ResponseWriter, code int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(code)
	_, _ = w.Write([]byte(text)) // the client has gone: nobody to tell
}

// readiness is the body of /readyz: whether aclens answers, and how old each
// source is.
type readiness struct {
	Ready    bool               `json:"ready"`
	Reason   string             `json:"reason,omitempty"`
	Snapshot string             `json:"snapshot,omitempty"`
	Stale    bool               `json:"stale"`
	Ages     map[string]float64 `json:"ageSeconds"`
	Held     []heldBack         `json:"held,omitempty"`
}

// heldBack is what the brake keeps back of one source, in words that name nobody.
type heldBack struct {
	ID     string    `json:"id"`
	Source string    `json:"source"`
	Since  time.Time `json:"since"`
	What   string    `json:"what"`
}

func writeReady(w http.ResponseWriter, s Status) {
	body := readiness{Ready: s.Ready, Reason: s.Reason, Snapshot: s.Snapshot, Stale: s.Stale, Ages: map[string]float64{}}
	for source, age := range s.Ages() {
		body.Ages[source] = age.Seconds()
	}
	for i := range s.Held {
		h := &s.Held[i]
		body.Held = append(body.Held, heldBack{h.ID, h.Source, h.Since, h.Words()})
	}
	code := http.StatusOK
	if !s.Ready {
		code = http.StatusServiceUnavailable
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(body) // the client has gone: nobody to tell
}

// Ages says how old each source is; a source that is not there has none.
func (s Status) Ages() map[string]time.Duration {
	ages := map[string]time.Duration{}
	for source, at := range map[string]time.Time{"directory": s.AsOf.Directory, "acl": s.AsOf.ACL, "server": s.AsOf.Server} {
		if !at.IsZero() {
			ages[source] = s.Now.Sub(at)
		}
	}
	return ages
}
