package admin

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/aclens/aclens/proxy/inquiry"
	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/view"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/finding"
)

// This file answers about many at once: who, databases, people, findings.

// who is GET /api/v1/who?database=&atLeast=&role=&channel=: the object that
// who --json prints. Its rows are sent as they are made.
func (a *API) who(w http.ResponseWriter, r *http.Request, s *view.State, who policy.Identity) {
	p := r.URL.Query()
	question := inquiry.Question{Database: p.Get("database"), Role: p.Get("role")}
	if question.Database == "" {
		writeError(w, http.StatusBadRequest, "the parameter database is needed")
		return
	}
	var err error
	if question.Channel, err = channelOf(r); err == nil && p.Get("atLeast") != "" {
		question.AtLeast, err = acl.ParseLevel(strings.ToLower(p.Get("atLeast")))
	}
	if err != nil {
		writeError(w, http.StatusBadRequest, err.Error())
		return
	}
	q := inquiry.New(s, who)
	answer, err := q.Who(question)
	switch {
	case errors.Is(err, inquiry.ErrNotShown):
		writeError(w, http.StatusNotFound, err.Error())
		return
	case err != nil:
		writeError(w, http.StatusBadRequest, err.Error())
		return
	}
	f := q.Freshness()
	begin(w)
	_ = answer.WriteJSON(w, f.AsOf, f.Snapshot) // the client has gone: nobody to tell
}

// databasesAnswer is a list of databases.
type databasesAnswer struct {
	Databases []inquiry.Summary `json:"databases"`
	inquiry.Freshness
}

// databases is GET /api/v1/databases.
func (a *API) databases(w http.ResponseWriter, _ *http.Request, s *view.State, who policy.Identity) {
	q := inquiry.New(s, who)
	writeAnswer(w, databasesAnswer{q.Databases(), q.Freshness()})
}

// database is GET /api/v1/databases/{database}?channel=.
func (a *API) database(w http.ResponseWriter, r *http.Request, s *view.State, who policy.Identity) {
	channel, err := channelOf(r)
	if err != nil {
		writeError(w, http.StatusBadRequest, err.Error())
		return
	}
	db, err := inquiry.New(s, who).Database(r.PathValue("database"), channel)
	if err != nil {
		writeError(w, http.StatusNotFound, err.Error())
		return
	}
	writeAnswer(w, db)
}

// peopleAnswer is a list of people and servers.
type peopleAnswer struct {
	People []inquiry.Someone `json:"people"`
	More   bool              `json:"more"` // there may be others
	inquiry.Freshness
}

// How many people a search lists.
const (
	fewPeople  = 50
	mostPeople = 1000
)

// people is GET /api/v1/people?search=&limit=.
func (a *API) people(w http.ResponseWriter, r *http.Request, s *view.State, who policy.Identity) {
	limit := fewPeople
	if text := r.URL.Query().Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > mostPeople {
			writeError(w, http.StatusBadRequest, fmt.Sprintf("limit: a number from 1 to %d is needed", mostPeople))
			return
		}
		limit = n
	}
	q := inquiry.New(s, who)
	list, more := q.People(r.URL.Query().Get("search"), limit)
	writeAnswer(w, peopleAnswer{list, more, q.Freshness()})
}

// person is GET /api/v1/people/{user}.
func (a *API) person(w http.ResponseWriter, r *http.Request, s *view.State, who policy.Identity) {
	p, err := inquiry.New(s, who).Person(r.PathValue("user"))
	if err != nil {
		writeError(w, http.StatusNotFound, err.Error())
		return
	}
	writeAnswer(w, p)
}

// findingsAnswer is a list of findings.
type findingsAnswer struct {
	Findings   []finding.Finding `json:"findings"`
	FindingsOf string            `json:"findingsOf"` // id of the state that they are of; empty while those of a first one are being found
	inquiry.Freshness
}

// findings is GET /api/v1/findings?severity=&kind=&database=.
func (a *API) findings(w http.ResponseWriter, r *http.Request, s *view.State, who policy.Identity) {
	p := r.URL.Query()
	filter := inquiry.FindingFilter{Kind: p.Get("kind"), Database: p.Get("database")}
	if word := p.Get("severity"); word != "" {
		severity, err := finding.ParseSeverity(word)
		if err != nil {
			writeError(w, http.StatusBadRequest, err.Error())
			return
		}
		filter.Severity = &severity
	}
	if key, ok := s.Snapshot.Databases().KeyFor(filter.Database); ok {
		filter.Database = key
	}
	q := inquiry.New(s, who)
	writeAnswer(w, findingsAnswer{q.Findings(filter), s.FindingsOf(), q.Freshness()})
}

// channelOf is the parameter channel, notes where it is not given.
func channelOf(r *http.Request) (acl.Channel, error) {
	if word := r.URL.Query().Get("channel"); word != "" {
		return acl.ParseChannel(word)
	}
	return acl.Notes, nil
}
