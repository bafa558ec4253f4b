package admin

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/aclens/aclens/proxy/inquiry"
	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/view"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/source"
)

// API answers /api/v1: JSON for programs, which log in with each request by HTTP
// Basic authentication (RFC 7617), checked by the same bind as LDAP's. A GET may
// come in a session of the explorer instead.
type API struct {
	State    func() *view.State // nil before the first
	Login    LoginFunc
	Sessions *Sessions // nil for none
	Pages    Pages     // the explorer; nil for none
	Holds    Holds     // what the brake keeps back; nil for none

	tries  *throttle
	origin http.CrossOriginProtection
}

// Pages are further addresses of the listener that has the API.
type Pages interface{ Register(mux *http.ServeMux) }

// ErrRefused is returned by API.Login for credentials that are not right; any
// other error means that they could not be checked.
var ErrRefused = errors.New("credentials refused")

// maxDocument bounds a document that is sent to be judged.
const maxDocument = 16 << 20

func (a *API) register(mux *http.ServeMux) {
	a.tries = newThrottle(time.Now)
	if a.Sessions != nil {
		a.tries = a.Sessions.tries // guessing here and there is one
	}
	if a.Pages != nil {
		a.Pages.Register(mux)
	}
	mux.HandleFunc("GET /api/v1/decision", a.authenticated(a.decision))
	mux.HandleFunc("POST /api/v1/document", a.authenticated(a.document))
	mux.HandleFunc("GET /api/v1/snapshot", a.authenticated(a.snapshot))
	mux.HandleFunc("GET /api/v1/who", a.authenticated(a.who))
	mux.HandleFunc("GET /api/v1/databases", a.authenticated(a.databases))
	mux.HandleFunc("GET /api/v1/databases/{database...}", a.authenticated(a.database))
	mux.HandleFunc("GET /api/v1/people", a.authenticated(a.people))
	mux.HandleFunc("GET /api/v1/people/{user...}", a.authenticated(a.person))
	mux.HandleFunc("GET /api/v1/findings", a.authenticated(a.findings))
	mux.HandleFunc("GET /api/v1/changes", a.authenticated(a.changes))
	a.registerHolds(mux)
	mux.HandleFunc("/api/", func(w http.ResponseWriter, _ *http.Request) { writeError(w, http.StatusNotFound, "no such address") })
}

// handler answers one request of an identity from one State.
type handler func(w http.ResponseWriter, r *http.Request, s *view.State, who policy.Identity)

// authenticated checks the credentials before anything is looked at.
func (a *API) authenticated(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		who, ok := a.visitor(r)
		if !ok {
			if who, ok = a.basic(w, r); !ok {
				return
			}
		}
		s := a.State()
		if s == nil || s.Refused() {
			writeError(w, http.StatusServiceUnavailable, "no state that may be answered from")
			return
		}
		h(w, r, s, who)
	}
}

// visitor is who a session speaks for. Only reading is done in one: what changes
// something needs credentials, and must not come from another site.
func (a *API) visitor(r *http.Request) (policy.Identity, bool) {
	if a.Sessions == nil || r.Method != http.MethodGet && r.Method != http.MethodHead || r.Header.Get("Authorization") != "" {
		return policy.Identity{}, false
	}
	who, _, ok := a.Sessions.Visitor(r)
	return who, ok
}

// basic checks HTTP Basic credentials; when it returns false it has answered.
func (a *API) basic(w http.ResponseWriter, r *http.Request) (policy.Identity, bool) {
	if a.origin.Check(r) != nil { // a browser sends the credentials that it was given here for other sites, too
		writeError(w, http.StatusForbidden, "this cannot be asked for from another site")
		return policy.Identity{}, false
	}
	if !a.tries.begin(r.RemoteAddr) {
		writeError(w, http.StatusTooManyRequests, "too many refused log-ins: try again in a minute")
		return policy.Identity{}, false
	}
	refused := false
	defer func() { a.tries.end(r.RemoteAddr, refused) }()
	user, password, ok := r.BasicAuth()
	if !ok || user == "" || password == "" {
		w.Header().Set("WWW-Authenticate", `Basic realm="aclens", charset="UTF-8"`)
		writeError(w, http.StatusUnauthorized, "log in with the name and password of a bind")
		return policy.Identity{}, false
	}
	who, err := a.Login(r.Context(), r, user, []byte(password))
	switch {
	case errors.Is(err, ErrRefused):
		refused = true
		w.Header().Set("WWW-Authenticate", `Basic realm="aclens", charset="UTF-8"`)
		writeError(w, http.StatusUnauthorized, "name or password is not right")
		return policy.Identity{}, false
	case err != nil:
		writeError(w, http.StatusServiceUnavailable, "the directory cannot be asked")
		return policy.Identity{}, false
	}
	return who, true
}

// decision is GET /api/v1/decision?user=&database=&channel=&fullAccess=true: the
// object that explain --json prints.
func (a *API) decision(w http.ResponseWriter, r *http.Request, s *view.State, who policy.Identity) {
	q, err := questionOf(r)
	if err != nil {
		writeError(w, http.StatusBadRequest, err.Error())
		return
	}
	e, err := s.Explain(who, q)
	if err != nil {
		writeError(w, http.StatusNotFound, err.Error())
		return
	}
	writeAnswer(w, e)
}

// documentAnswer says who may do what with a document, by which item.
type documentAnswer struct {
	Form string    `json:"form"`
	Read acl.Grant `json:"read"`
	Edit acl.Grant `json:"edit"`
	inquiry.Freshness
}

// document is POST /api/v1/document?user=&database=&channel= with one DXL
// document as the body.
func (a *API) document(w http.ResponseWriter, r *http.Request, s *view.State, who policy.Identity) {
	q, err := questionOf(r)
	if err != nil {
		writeError(w, http.StatusBadRequest, err.Error())
		return
	}
	doc, err := source.ReadDocument(http.MaxBytesReader(w, r.Body, maxDocument), source.File{Name: "document"})
	if err != nil {
		writeError(w, http.StatusBadRequest, err.Error())
		return
	}
	items, err := doc.Access()
	if err != nil {
		writeError(w, http.StatusBadRequest, err.Error())
		return
	}
	access, err := s.Document(who, q, items)
	if err != nil {
		writeError(w, http.StatusNotFound, err.Error())
		return
	}
	writeAnswer(w, documentAnswer{doc.Form, access.Read, access.Edit, inquiry.New(s, who).Freshness()})
}

// snapshotAnswer says which state answers, and how old its sources are.
type snapshotAnswer struct {
	resolver.ExplainedSnapshot
	AsOf *resolver.ExplainedAsOf `json:"asOf"`
}

func (a *API) snapshot(w http.ResponseWriter, _ *http.Request, s *view.State, _ policy.Identity) {
	writeAnswer(w, snapshotAnswer{resolver.ExplainedSnapshot{ID: s.ID, Stale: s.Stale()}, s.Snapshot.AsOf().Freshness()})
}

func questionOf(r *http.Request) (view.Question, error) {
	p := r.URL.Query()
	q := view.Question{User: p.Get("user"), Database: p.Get("database")}
	if q.User == "" || q.Database == "" {
		return q, errors.New("the parameters user and database are needed")
	}
	channel, err := channelOf(r)
	if err != nil {
		return q, err
	}
	q.Query.Channel = channel
	q.Query.FullAccess = p.Get("fullAccess") == "true"
	return q, nil
}

// begin sends the heading of an answer in JSON, which nobody may keep.
func begin(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
}

func writeAnswer(w http.ResponseWriter, answer any) {
	begin(w)
	_ = json.NewEncoder(w).Encode(answer) // the client has gone: nobody to tell
}

// errorAnswer is the body of every answer that is no success.
type errorAnswer struct {
	Status int    `json:"status"` // that of HTTP
	Error  string `json:"error"`  // in words, for people
}

func writeError(w http.ResponseWriter, code int, text string) {
	begin(w)
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(errorAnswer{code, text}) // the client has gone: nobody to tell
}
