package admin

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/refresh"
	"github.com/aclens/aclens/proxy/view"
)

// Holds is what the brake keeps back.
type Holds interface {
	Held() []refresh.Held
	// Release lets what is held under an id happen; refresh.ErrNotHeld if nothing is.
	Release(ctx context.Context, id string) error
	// Tell is for the audit record: who tried to release what, and how it ended.
	Tell(r *http.Request, who policy.Identity, id string, outcome Outcome)
}

// Outcome is how a request to release ended.
type Outcome uint8

// The outcomes.
const (
	Released Outcome = iota
	Forbidden
	Unknown // nothing is held under the id
	Failed
)

// maxRelease bounds the body of a request to release.
const maxRelease = 4 << 10

// HeldAnswer is the body of GET /api/v1/held.
type HeldAnswer struct {
	Held []refresh.Held `json:"held"`
}

// ReleaseRequest is the body of POST /api/v1/release.
type ReleaseRequest struct {
	ID string `json:"id"` // of what is held, as it was shown
}

// ReleaseAnswer is what POST /api/v1/release says when it is done.
type ReleaseAnswer struct {
	Released refresh.Held `json:"released"`
}

func (a *API) registerHolds(mux *http.ServeMux) {
	if a.Holds == nil {
		return
	}
	mux.HandleFunc("GET /api/v1/held", a.held)
	mux.HandleFunc("POST /api/v1/release", a.release)
}

// steward lets only somebody with the right admin pass; when it returns false it
// has answered. A state that is too old to answer from is no hindrance: what is
// held may be why it is old.
func (a *API) steward(w http.ResponseWriter, r *http.Request) (*view.State, policy.Identity, bool) {
	who, ok := a.basic(w, r)
	if !ok {
		return nil, who, false
	}
	s := a.State()
	if s == nil {
		writeError(w, http.StatusServiceUnavailable, "no state yet")
		return nil, who, false
	}
	if !s.IsAdmin(who) {
		a.Holds.Tell(r, who, "", Forbidden)
		writeError(w, http.StatusForbidden, "this needs the right admin, which no rule in clients gives to "+who.DN+": read: [admin]")
		return nil, who, false
	}
	return s, who, true
}

// held is GET /api/v1/held: what is kept back, with names.
func (a *API) held(w http.ResponseWriter, r *http.Request) {
	s, who, ok := a.steward(w, r)
	if !ok {
		return
	}
	answer := HeldAnswer{Held: []refresh.Held{}}
	for _, h := range a.Holds.Held() {
		answer.Held = append(answer.Held, shown(h, s, who))
	}
	writeAnswer(w, answer)
}

// shown is a Held as an identity may see it.
func shown(h refresh.Held, s *view.State, who policy.Identity) refresh.Held {
	if s.Rights(who).DenyLists() {
		return h
	}
	return h.WithoutDenyLists()
}

// release is POST /api/v1/release with the id of what is held: nobody releases
// what has become something else since it was looked at.
func (a *API) release(w http.ResponseWriter, r *http.Request) {
	s, who, ok := a.steward(w, r)
	if !ok {
		return
	}
	var q ReleaseRequest
	in := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRelease))
	in.DisallowUnknownFields()
	if err := in.Decode(&q); err != nil || q.ID == "" {
		writeError(w, http.StatusBadRequest, `the body has to be {"id": "..."} with the id of what is held`)
		return
	}
	for _, h := range a.Holds.Held() {
		if h.ID == q.ID {
			a.releaseOne(w, r, who, shown(h, s, who))
			return
		}
	}
	a.Holds.Tell(r, who, q.ID, Unknown)
	writeError(w, http.StatusNotFound, refresh.ErrNotHeld.Error())
}

func (a *API) releaseOne(w http.ResponseWriter, r *http.Request, who policy.Identity, h refresh.Held) {
	switch err := a.Holds.Release(r.Context(), h.ID); {
	case err == nil:
		a.Holds.Tell(r, who, h.ID, Released)
		writeAnswer(w, ReleaseAnswer{h})
	case errors.Is(err, refresh.ErrNotHeld):
		a.Holds.Tell(r, who, h.ID, Unknown)
		writeError(w, http.StatusNotFound, err.Error())
	default:
		a.Holds.Tell(r, who, h.ID, Failed)
		writeError(w, http.StatusConflict, "not released: "+err.Error())
	}
}

// Held takes what the brake keeps back into the metrics.
func (m *Metrics) Held(list []refresh.Held) {
	var people, groups, memberships, databases, keys int
	for i := range list {
		h := &list[i]
		people, groups, memberships = people+h.People.Gone, groups+h.Groups.Gone, memberships+h.Memberships.Gone
		databases, keys = databases+h.Databases.Gone, keys+h.Keys
	}
	for kind, n := range map[string]int{"people": people, "groups": groups, "memberships": memberships, "databases": databases, "keys": keys} {
		m.held.WithLabelValues(kind).Set(float64(n))
	}
}
