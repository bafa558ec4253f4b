package view

import (
	"errors"
	"fmt"
	"slices"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
)

// ErrNotShown is what there is to say about a decision that is not there or may
// not be read: the two look alike.
var ErrNotShown = errors.New("no such user or database, or not yours to read")

// Question is one decision that is asked for outside of LDAP.
type Question struct {
	User, Database string
	Query          resolver.Query
}

// Explain explains one decision to an identity, who may read it by the same
// right as effectiveAccessReason.
func (s *State) Explain(who policy.Identity, q Question) (*resolver.Explanation, error) {
	a, err := s.asked(who, q)
	if err != nil {
		return nil, err
	}
	e := s.Snapshot.Explain(a.sub, a.db, a.instance, q.Query)
	e.Warnings = append(slices.Clip(a.warnings), e.Warnings...)
	if a.own {
		if e.LevelNum == int(acl.NoAccess) {
			return nil, ErrNotShown
		}
		e.OnlyOwn()
	}
	if !a.rights.DenyLists() {
		s.Snapshot.HideDenyLists(e)
	}
	e.AsOf = s.Snapshot.AsOf().Freshness()
	e.Snapshot = &resolver.ExplainedSnapshot{ID: s.ID, Stale: s.Stale()}
	return e, nil
}

// Document tells an identity what somebody may do with one document. The item
// and value that decided are told only by right over the database, since they
// may name others.
func (s *State) Document(who policy.Identity, q Question, doc *acl.Document) (acl.DocumentAccess, error) {
	a, err := s.asked(who, q)
	if err != nil {
		return acl.DocumentAccess{}, err
	}
	d := s.Snapshot.Decide(a.sub, a.instance, q.Query)
	if a.own && d.Level == acl.NoAccess {
		return acl.DocumentAccess{}, ErrNotShown
	}
	out := s.Snapshot.DocumentAccess(a.sub, a.instance, q.Query, doc)
	if a.own || !a.rights.DenyLists() {
		out.Read.Item, out.Read.Value, out.Edit.Item, out.Edit.Value = "", "", "", ""
	}
	return out, nil
}

// askedDecision is a question whose names are found and whose asker may have an answer.
type askedDecision struct {
	rights   *policy.Rights
	sub      *resolver.Subject
	db       *database.Database
	instance *database.Instance
	own      bool     // by right of the own entry alone
	warnings []string // what was assumed about the name
}

// ReasonAttribute is the attribute, by its folded name, whose right a decision
// outside of LDAP needs.
const ReasonAttribute = "effectiveaccessreason"

func (s *State) asked(who policy.Identity, q Question) (*askedDecision, error) {
	if who.Anonymous() {
		return nil, ErrNotShown
	}
	a := &askedDecision{rights: s.rights(who)}
	var ok bool
	if a.db, a.instance, ok = s.Snapshot.Databases().Find(q.Database); !ok {
		return nil, ErrNotShown
	}
	sub, warnings, err := s.Snapshot.FindShown(q.User, func(attribute string, id directory.ID) bool {
		return a.rights.Attribute(attribute, policy.Real).Readable(id)
	})
	granted := a.rights.Database(a.db.Index, ReasonAttribute)
	switch {
	case err != nil && granted && !a.rights.Hidden(ReasonAttribute):
		return nil, fmt.Errorf("user: %w", err)
	case err != nil:
		return nil, ErrNotShown
	}
	a.sub, a.warnings = sub, warnings
	if a.rights.Hidden(ReasonAttribute) {
		return nil, ErrNotShown
	}
	if granted {
		return a, nil
	}
	a.own = sub.Entry != directory.None && a.rights.OwnValues(sub.Entry, ReasonAttribute)
	if !a.own || q.Query.FullAccess {
		return nil, ErrNotShown
	}
	return a, nil
}
