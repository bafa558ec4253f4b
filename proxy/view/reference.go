package view

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
)

// Referral objects of the directory (RFC 3296) are no entries. With
// Settings.References they lead clients back here, to entries that are served;
// the address of another server is never told.
const (
	classReferral = "referral"
	attrRef       = "ref"

	mostReferences = 1000 // with more, none is served: whether they lead in circles takes the square of them
)

// reference is a referral object that is served.
type reference struct {
	id      directory.ID
	key     string
	targets []directory.ID // entries that it leads to, in its own order
}

func (s *State) isReferral(id directory.ID) bool { return s.referrals.Contains(uint32(id)) }

// references are those that are served: what they lead to is here, and following
// them ends.
func (s *State) references() map[directory.ID]*reference {
	s.referOnce.Do(func() {
		if !s.view.settings.References || s.referrals.GetCardinality() > mostReferences {
			return
		}
		var all []*reference
		for it := s.referrals.Iterator(); it.HasNext(); {
			if r := s.referenceAt(directory.ID(it.Next())); len(r.targets) > 0 {
				all = append(all, r)
			}
		}
		s.referralByID = map[directory.ID]*reference{}
		for _, r := range all {
			if !s.circular(r, all) {
				s.referralByID[r.id] = r
			}
		}
	})
	return s.referralByID
}

// referenceAt reads what a referral object leads to. Itself, another referral
// object and what is not here are nothing to lead to.
func (s *State) referenceAt(id directory.ID) *reference {
	st := s.Snapshot.Store()
	e := st.Entry(id)
	r := &reference{id: id, key: e.Key()}
	ref, known := st.Schema().Lookup(attrRef)
	raw, ok := e.Find(ref)
	if !known || !ok {
		return r
	}
	values := raw.Values()
	for v, more := values.Next(); more; v, more = values.Next() {
		target, ok := st.Find(keyOfReference(v))
		if ok && st.Exists(target) && !st.Entry(target).IsGlue() && !s.isReferral(target) {
			r.targets = append(r.targets, target)
		}
	}
	return r
}

// keyOfReference is the normalised DN in an LDAP URL; what has none, or cannot be
// understood, has the key of no entry.
func keyOfReference(uri string) string {
	u, err := url.Parse(uri)
	if err != nil || !strings.EqualFold(u.Scheme, "ldap") && !strings.EqualFold(u.Scheme, "ldaps") {
		return ""
	}
	key, err := name.KeyOf(strings.TrimPrefix(u.Path, "/"))
	if err != nil {
		return ""
	}
	return key
}

// circular tells whether who follows a reference, and those below what it leads
// to, may come to it again.
func (s *State) circular(start *reference, all []*reference) bool {
	st := s.Snapshot.Store()
	met := map[directory.ID]bool{}
	for open := []*reference{start}; len(open) > 0; open = open[1:] {
		for _, target := range open[0].targets {
			key := st.Entry(target).Key()
			for _, next := range all {
				if met[next.id] || !name.KeyUnder(next.key, key) {
					continue
				}
				if next == start {
					return true
				}
				met[next.id] = true
				open = append(open, next)
			}
		}
	}
	return false
}

// leadsTo is the address that a served reference leads an identity to. There is
// none for who may not read what it leads to, or what it stands below.
func (s *State) leadsTo(id directory.ID, rights *policy.Rights, reached string) (uri string, ok bool) {
	target, ok := s.targetOf(id, rights)
	if !ok {
		return "", false
	}
	return addressOf(reached, s.Snapshot.Store().Entry(target).DN()), true
}

func (s *State) targetOf(id directory.ID, rights *policy.Rights) (directory.ID, bool) {
	r := s.references()[id]
	if r == nil {
		return directory.None, false
	}
	if parent := s.Snapshot.Store().Parent(id); parent != directory.None && !rights.Entries().Readable(parent) {
		return directory.None, false
	}
	i := slices.IndexFunc(r.targets, rights.Entries().Readable)
	if i < 0 {
		return directory.None, false
	}
	return r.targets[i], true
}

// addressOf is an LDAP URL (RFC 4516).
func addressOf(reached, dn string) string { return reached + "/" + url.PathEscape(dn) }

// Scopes as an LDAP URL writes them.
var scopeWords = map[wire.Scope]string{
	wire.ScopeBase: "base", wire.ScopeOne: "one", wire.ScopeSubtree: "sub", wire.ScopeChildren: "subordinates",
}

// refers tells whether a search is answered with references at all.
func (q *Query) refers() bool {
	r := &q.request
	return q.view.settings.References && r.Reached != "" && !r.Managed && !r.Alone && !r.lasting() && q.special == ordinary
}

// referred makes a referral of the answer that there is no such entry, where the
// search begins at or below a reference (RFC 3296 section 5.1).
func (q *Query) referred(dn name.DN, refused wire.Result) wire.Result {
	if !q.refers() || q.view.underBase(dn.Key()) {
		return refused
	}
	st := q.state.Snapshot.Store()
	for up := dn; !up.IsRoot(); up = up.Parent() {
		id, ok := st.Find(up.Key())
		if !ok || !st.Exists(id) || st.Entry(id).IsGlue() {
			continue
		}
		to, ok := q.state.targetOf(id, q.rights)
		if !ok {
			break
		}
		if below, there := q.moved(dn, up, to); there {
			uri := addressOf(q.request.Reached, st.Entry(below).DN()) + "??" + scopeWords[q.scope]
			return wire.Result{Code: wire.Referral, MatchedDN: refused.MatchedDN, Referrals: []string{uri}}
		}
		break
	}
	return refused
}

// moved finds the entry that stands below the target of a reference as a name
// does below the reference.
func (q *Query) moved(dn, from name.DN, to directory.ID) (directory.ID, bool) {
	st := q.state.Snapshot.Store()
	key := strings.TrimSuffix(dn.Key(), from.Key()) + st.Entry(to).Key()
	id, ok := st.Find(key)
	return id, ok && st.Exists(id) && !q.state.isReferral(id) && q.rights.Entries().Readable(id)
}

// refer ends a search that went well with the references in its scope. With
// pages they come with the last one; lists that are looked at in part have none.
func (r *run) refer() {
	if !r.refers() || r.answer.Result.Code != wire.Success || len(r.answer.Cookie) > 0 || r.request.VLV != nil || r.scope == wire.ScopeBase {
		return
	}
	scope := "sub"
	if r.scope == wire.ScopeOne {
		scope = "base" // of what is one level below only the entry itself is meant (RFC 4511 section 4.5.3)
	}
	for i := range r.stages {
		if s := &r.stages[i]; !s.virtual && !r.referIn(s, scope) {
			return
		}
	}
}

// referIn writes the references of one stage; false means that the client is gone.
func (r *run) referIn(s *stage, scope string) bool {
	served := make([]*reference, 0, len(r.state.references()))
	for _, each := range r.state.references() {
		served = append(served, each)
	}
	slices.SortFunc(served, func(a, b *reference) int { return cmp.Compare(a.key, b.key) })
	for _, each := range served {
		uri, ok := r.state.leadsTo(each.id, r.rights, r.request.Reached)
		if !ok || !r.inScope(s, each.id) {
			continue
		}
		if r.out.Keep(wire.AppendReference(r.out.Room(), r.request.MessageID, []string{uri + "??" + scope})) != nil {
			return false
		}
	}
	return true
}
