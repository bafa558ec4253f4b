// Package inquiry answers what somebody who is not an LDAP client asks about
// people, groups, databases and findings: the API for programs and the explorer
// stand on it.
//
// It promises plain values that hold nothing which the asker may not read, from
// one State, with the names of fields that the command line writes. What is
// hidden and what is not there are one answer, ErrNotShown. It refuses to know
// HTTP, and to decide about rights: it asks proxy/policy.
package inquiry

import (
	"errors"
	"fmt"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/view"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/report"
)

// ErrNotShown is what there is to say about a person, a group or a database
// that is not there or may not be read: the two look alike.
var ErrNotShown = errors.New("no such person, group or database, or not yours to read")

// Inquiry is one identity before one State. It serves one goroutine.
type Inquiry struct {
	state  *view.State
	snap   *resolver.Snapshot
	who    policy.Identity
	rights *policy.Rights
	inside *resolver.Inspection // made when it is first needed
}

// New begins an Inquiry.
func New(s *view.State, who policy.Identity) *Inquiry {
	return &Inquiry{state: s, snap: s.Snapshot, who: who, rights: s.Rights(who)}
}

// Freshness says which state an answer comes from and how old its sources are.
type Freshness struct {
	AsOf     *resolver.ExplainedAsOf     `json:"asOf"`
	Snapshot *resolver.ExplainedSnapshot `json:"snapshot"`
}

// Freshness is that of every answer of the Inquiry.
func (q *Inquiry) Freshness() Freshness {
	return Freshness{q.snap.AsOf().Freshness(), &resolver.ExplainedSnapshot{ID: q.state.ID, Stale: q.state.Stale()}}
}

// Explain explains one decision; see view.State.Explain.
func (q *Inquiry) Explain(question view.Question) (*resolver.Explanation, error) {
	return q.state.Explain(q.who, question)
}

// Question is what Who answers.
type Question struct {
	Database string // key, alias, replica id or long form
	Channel  acl.Channel
	AtLeast  acl.Level
	Role     string
}

// Who finds everyone who may do something in a database. It needs the right to
// the reasons of that database, which name people and entries.
func (q *Inquiry) Who(question Question) (*report.Answer, error) {
	db, in, ok := q.snap.Databases().Find(question.Database)
	if !ok || !q.reasons(db) {
		return nil, ErrNotShown
	}
	a, err := report.Who(q.snap, report.Question{
		Database: db, Instance: in, Channel: question.Channel, AtLeast: question.AtLeast, Role: question.Role,
	})
	if err != nil {
		return nil, fmt.Errorf("role: %w", err)
	}
	if !q.rights.DenyLists() {
		a.HideDenyLists()
	}
	return a, nil
}

// reasons tells whether decisions about anybody in a database may be read with
// their reasons.
func (q *Inquiry) reasons(db *database.Database) bool {
	return q.rights.Database(db.Index, view.ReasonAttribute)
}

// own tells whether an entry is the asker's, with decisions that may be read
// where they are above no access.
func (q *Inquiry) own(id directory.ID) bool {
	return id != directory.None && q.rights.OwnValues(id, view.ReasonAttribute) && !q.rights.Hidden(view.ReasonAttribute)
}

func (q *Inquiry) inspection() *resolver.Inspection {
	if q.inside == nil {
		q.inside = q.snap.Inspect()
	}
	return q.inside
}

// namesDenyList tells whether a label is the name of a deny list that the asker
// may not know of (rule 4.2).
func (q *Inquiry) namesDenyList(label string) bool {
	return !q.rights.DenyLists() && q.inspection().DenyLists()[name.Parse(label).Key()]
}

// readable tells whether a stored attribute of an entry may be read.
func (q *Inquiry) readable(folded string, id directory.ID) bool {
	return q.rights.Attribute(folded, policy.Real).Readable(id)
}
