// Package explorer is the pages for people who ask who can open a database, and
// why: server-rendered, embedded, without anything from elsewhere.
//
// It promises that a page shows nothing that its reader may not read (it asks
// proxy/inquiry for everything), that every table can be had as CSV from the
// same rows, that all of it works without script, and that no page may be
// cached, framed, or run a script of anybody else. It refuses to keep sessions,
// to check passwords, and to decide about access or about rights.
package explorer

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/aclens/aclens/proxy/inquiry"
	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/view"
)

// Doors lets people in: whoever keeps the sessions.
type Doors interface {
	// Visitor is who a request speaks for, with the token that forms need.
	Visitor(r *http.Request) (who policy.Identity, token string, ok bool)
	// FormToken is the token of the log-in form.
	FormToken(w http.ResponseWriter, r *http.Request) string
	// LogIn takes the log-in form and tells the status to answer with; 200 is in.
	LogIn(w http.ResponseWriter, r *http.Request) int
	// LogOut ends the session, 403 for a form that is not ours.
	LogOut(w http.ResponseWriter, r *http.Request) int
}

// Parts are what the explorer stands on.
type Parts struct {
	State     func() *view.State // nil before the first
	Doors     Doors
	History   *History // earlier states
	NameForms []string // what one may log in by, as the configuration calls it
	Log       *slog.Logger
	Now       func() time.Time
}

// Explorer answers with pages.
type Explorer struct {
	Parts
	comparing chan struct{} // holds a token while two states are compared: one at a time
}

// New makes an Explorer.
func New(p Parts) *Explorer {
	return &Explorer{Parts: p, comparing: make(chan struct{}, 1)}
}

// Register takes the addresses of the explorer.
func (x *Explorer) Register(mux *http.ServeMux) {
	mux.HandleFunc("GET /assets/{file}", x.asset)
	mux.HandleFunc("GET /login", x.loginForm)
	mux.HandleFunc("POST /login", x.logIn)
	mux.HandleFunc("POST /logout", x.logOut)
	for address, h := range map[string]handler{
		"GET /{$}": x.home, "GET /search": x.search, "GET /person": x.person, "GET /decision": x.decision,
		"GET /databases": x.databases, "GET /database": x.database, "GET /group": x.group, "GET /findings": x.findings,
		"GET /compare": x.compare, "GET /compare/people": x.comparePeople, "GET /compare/databases": x.compareDatabases,
		"GET /compare/states": x.compareStates,
	} {
		mux.HandleFunc(address, x.signedIn(h))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		x.problem(w, r, http.StatusNotFound, "There is no such page.")
	})
}

// visit is one request of somebody who has logged in, before one state.
type visit struct {
	*inquiry.Inquiry
	w     http.ResponseWriter
	r     *http.Request
	state *view.State
	who   policy.Identity
	token string
}

// handler answers a visit with a page.
type handler func(v *visit) (*page, error)

// errBadRequest is an address whose parameters cannot be meant.
type errBadRequest struct{ text string }

func (e errBadRequest) Error() string { return e.text }

// contentPolicy lets a page load its own style, script and pictures, and send
// forms home; nothing else, and nothing inline.
const contentPolicy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// guard sets what every page says about itself.
func guard(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Security-Policy", contentPolicy)
	h.Set("X-Frame-Options", "DENY")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
}

// signedIn answers whoever has logged in and sends others to the log-in form.
func (x *Explorer) signedIn(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		who, token, ok := x.Doors.Visitor(r)
		if !ok {
			guard(w)
			http.Redirect(w, r, "/login?to="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
			return
		}
		s := x.State()
		if s == nil || s.Refused() {
			x.problem(w, r, http.StatusServiceUnavailable, "There is no state that may be answered from: the directory has not been read yet, or it is older than the configuration allows.")
			return
		}
		v := &visit{Inquiry: inquiry.New(s, who), w: w, r: r, state: s, who: who, token: token}
		p, err := h(v)
		var bad errBadRequest
		switch {
		case errors.Is(err, inquiry.ErrNotShown) || errors.Is(err, view.ErrNotShown):
			x.problem(w, r, http.StatusNotFound, "It is not there, or it is not yours to read.")
		case errors.As(err, &bad):
			x.problem(w, r, http.StatusBadRequest, bad.text)
		case errors.Is(err, inquiry.ErrTooLarge):
			x.problem(w, r, http.StatusUnprocessableEntity, err.Error())
		case err != nil:
			x.Log.Error("page cannot be made", "page", r.URL.Path, "error", err)
			x.problem(w, r, http.StatusInternalServerError, "This page could not be made. The log says why.")
		case p == nil: // answered
		case r.URL.Query().Get("csv") != "":
			x.csv(v, p)
		default:
			x.send(v, p)
		}
	}
}

// send writes a page, whole or not at all.
func (x *Explorer) send(v *visit, p *page) {
	p.visitor(x, v)
	for _, t := range p.Tables {
		t.settle(v.r)
	}
	x.render(v.w, http.StatusOK, p)
}

func (x *Explorer) render(w http.ResponseWriter, code int, p *page) {
	var text bytes.Buffer
	if err := templates[p.template].ExecuteTemplate(&text, p.root(), p); err != nil {
		x.Log.Error("page cannot be written", "page", p.template, "error", err)
		guard(w)
		http.Error(w, "This page could not be made. The log says why.", http.StatusInternalServerError)
		return
	}
	guard(w)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(code)
	_, _ = w.Write(text.Bytes()) // the reader has gone: nobody to tell
}

// problem is a page that says what is wrong.
func (x *Explorer) problem(w http.ResponseWriter, r *http.Request, code int, text string) {
	p := &page{template: "problem", Title: http.StatusText(code), Main: text}
	if who, token, ok := x.Doors.Visitor(r); ok {
		p.Who, p.Token = shortName(who.DN), token
		if s := x.State(); s != nil {
			p.Fresh = x.freshness(inquiry.New(s, who).Freshness())
		}
	}
	x.render(w, code, p)
}
