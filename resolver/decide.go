package resolver

import (
	"slices"
	"strings"

	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/group"
	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/server"
)

// Query says how a subject reaches a database.
type Query struct {
	Channel      acl.Channel
	FullAccess   bool     // full access administration is switched on (rule 3.11)
	StoredGroups []string // groups kept in a local replica for whoever replicated it (rule 6.4); nil: the subject is that person
}

// Decision is what one subject may do in one database, server included.
type Decision struct {
	acl.Decision
	ACLLevel     acl.Level // what the ACL alone gives; differs where the server denies
	Server       server.Access
	ServerReason server.Reason
}

// Decide tells what a subject may do in the database of an instance.
func (s *Snapshot) Decide(sub *Subject, in *database.Instance, q Query) Decision {
	a := s.ask(sub, q)
	return a.decide(in, s.match(a.sub, in, s.settings.CommonName), s.settings.Reading)
}

// through is the subject as the channel presents it: an anonymous channel knows
// nobody (rule 3.10).
func (s *Snapshot) through(sub *Subject, q Query) *Subject {
	switch {
	case q.Channel == acl.WebAnonymous && sub.Kind != acl.Nobody:
		return AnonymousSubject()
	case q.Channel == acl.Local && q.StoredGroups != nil:
		return s.withStoredGroups(sub, q.StoredGroups)
	}
	return sub
}

// asking is one subject with a query: what is found out about it once serves
// every database.
type asking struct {
	*Snapshot
	sub     *Subject
	q       Query
	servers map[name.Key]serverAnswer
	lists   []group.ID // groups that count in Server documents; see inList
	listed  bool       // lists is filled
}

type serverAnswer struct {
	access server.Access
	why    server.Reason
	plain  bool // the server has neither a document nor folders to ask
}

func (s *Snapshot) ask(sub *Subject, q Query) *asking {
	return &asking{Snapshot: s, sub: s.through(sub, q), q: q}
}

// decide joins the ACL, the channel and the server for known matches.
func (a *asking) decide(in *database.Instance, m acl.Match, r acl.Reading) Decision {
	if a.unenforced(in) {
		d := acl.Unenforced()
		return Decision{Decision: d, ACLLevel: d.Level, Server: server.Allowed}
	}
	var out Decision
	a.readACL(&out, in, &m, &r)
	out.from(a.serverAccess(in))
	return out
}

// unenforced tells whether nobody asks the ACL (rule 6.3).
func (a *asking) unenforced(in *database.Instance) bool {
	return a.q.Channel == acl.Local && in.List.Consistent == acl.No
}

// readACL joins the ACL and the channel for known matches.
func (a *asking) readACL(d *Decision, in *database.Instance, m *acl.Match, r *acl.Reading) {
	l := in.List
	l.DecideInto(&d.Decision, a.sub.Kind, m, r)
	if a.fullAccess(in) {
		d.Decision = l.FullAccess(d.Decision, readingFor(in, *r))
	} else {
		l.Through(&d.Decision, a.q.Channel, r)
	}
	d.ACLLevel = d.Level
}

// from says that the server which the database stands on has answered: one that
// refuses takes everything.
func (d *Decision) from(access server.Access, why server.Reason) {
	d.Server, d.ServerReason = access, why
	if access == server.Denied {
		d.Decision = acl.Decision{Source: acl.FromServerDenied}
	}
}

// fullAccess tells whether switching full access administration on has an
// effect: in the Notes client, for those whom the Server document lists (rule
// 3.11). Without a document the caller's word counts, and explain warns.
func (a *asking) fullAccess(in *database.Instance) bool {
	if !a.q.FullAccess || a.q.Channel != acl.Notes || a.sub.Kind != acl.Person && a.sub.Kind != acl.Server {
		return false
	}
	srv := a.Server(in.Server)
	if srv.Document == nil {
		return !srv.Settings.FullAdminDisabled
	}
	may, _ := srv.MayUseFullAccess(a.seen())
	return may
}

// readingFor gives all roles under full access in the one database that help
// names (rule 3.11).
func readingFor(in *database.Instance, r acl.Reading) acl.Reading {
	if strings.EqualFold(in.Path, "webadmin.nsf") {
		r.FullAccessRoles = true
	}
	return r
}

// serverAccess asks the server that the instance stands on, and the folder that
// it lies in.
func (a *asking) serverAccess(in *database.Instance) (server.Access, server.Reason) {
	answer, known := a.servers[in.Server.Key()]
	if !known {
		answer.access, answer.why = a.serverItself(in.Server)
		if a.servers == nil {
			a.servers = map[name.Key]serverAnswer{}
		}
		a.servers[in.Server.Key()] = answer
	}
	return a.inFolder(in, &answer)
}

// serverItself asks a server, whatever the database.
func (a *asking) serverItself(n name.Name) (server.Access, server.Reason) {
	if a.asServerSees() {
		return a.Server(n).Access(a.seen(), a.q.Channel)
	}
	return server.Unknown, server.Reason{Rule: "7.1", Why: "a server's lists are about people and servers"}
}

// asServerSees tells whether a server's lists are about such a subject.
func (a *asking) asServerSees() bool {
	return a.sub.Kind != acl.Nobody && a.sub.Kind != acl.Database
}

// inFolder asks the folder that a database lies in as well (rule 7.16). Full
// access administrators pass the folder, but not a server that refuses them
// (section 0).
func (a *asking) inFolder(in *database.Instance, answer *serverAnswer) (server.Access, server.Reason) {
	srv := a.Server(in.Server)
	if !a.asServerSees() || answer.access == server.Denied || len(srv.Settings.Folders) == 0 {
		return answer.access, answer.why
	}
	if folder, why := srv.FolderAccess(in.Path, a.seen(), a.q.Channel, a.fullAccess(in)); folder != server.Allowed {
		return folder, why
	}
	return answer.access, answer.why
}

// seen is the subject as the lists of a Server document see it.
func (a *asking) seen() listedSubject { return listedSubject{a} }

type listedSubject struct{ *asking }

// Names are the subject's names. Nobody who has authenticated is Anonymous by
// having that name.
func (l listedSubject) Names() []name.Name {
	if l.sub.Kind == acl.Anonymous || len(l.sub.names) == 0 {
		return []name.Name{l.sub.Name}
	}
	return l.sub.calledNames()
}

// InDirectory tells whether the subject has an entry.
func (l listedSubject) InDirectory() bool { return l.sub.Entry != directory.None }

// InGroup tells whether the subject is in a group of that name; for Notes users
// only the first directory is searched (rule 7.5).
func (l listedSubject) InGroup(k name.Key) bool {
	id, ok := l.members.named.find(k)
	return ok && l.inList(id)
}

// inList tells whether the subject is in a group that counts in Server documents.
func (l listedSubject) inList(id group.ID) bool {
	if !l.q.Channel.IsWeb() && l.members.groups[id].source != 0 {
		return false
	}
	if !l.listed {
		l.lists, l.listed = l.members.lists.Up(l.lists, l.sub.direct), true
	}
	_, in := slices.BinarySearch(l.lists, id)
	return in
}

// Shares tells whether a name that several have is one of the subject's, or
// that of a group which the subject is in.
func (l listedSubject) Shares(k name.Key) bool {
	for _, n := range l.sub.names {
		if n.Key() == k {
			return !slices.Contains(l.sub.keys, k)
		}
	}
	if id, known := l.members.named[k]; !known || id != ambiguous {
		return false
	}
	return slices.ContainsFunc(l.members.doubled[k], l.inList)
}

// withStoredGroups is the subject with the groups that a local replica keeps.
func (s *Snapshot) withStoredGroups(sub *Subject, stored []string) *Subject {
	c := *sub
	c.direct, c.groups, c.stored = nil, nil, map[name.Key]bool{}
	for _, g := range stored {
		c.stored[name.Parse(g).Key()] = true
	}
	return &c
}

// match finds the entries of one list that cover a subject, by looking at every
// entry. It is the plain form of matchAll.
func (s *Snapshot) match(sub *Subject, in *database.Instance, commons CommonNameMode) acl.Match {
	var m acl.Match
	groups := s.groupKeys(sub)
	byCommon := s.commonMatches(commons, sub, in.Server)
	for i := range in.List.Entries {
		e := &in.List.Entries[i]
		k := e.Key()
		switch e.Kind {
		case acl.KindReplicaID, acl.KindName:
			if (e.Kind == acl.KindReplicaID) != (sub.Kind == acl.Database) {
				continue
			}
			add(&m.Names, e, i, sub.Kind, acl.ByName, slices.Contains(sub.keys, k))
			add(&m.Commons, e, i, sub.Kind, acl.ByCommon, byCommon && k == sub.common)
			add(&m.Groups, e, i, sub.Kind, acl.ByGroup, groups[k])
		case acl.KindWildcard:
			add(&m.Wildcards, e, i, sub.Kind, acl.ByWildcard, slices.Contains(sub.wildcards, k))
		}
	}
	return m
}

func add(to *[]int32, e *acl.Entry, i int, kind acl.Kind, via acl.Via, covers bool) {
	if covers && e.Type.Suits(kind, via) {
		*to = append(*to, int32(i))
	}
}

// groupKeys are the names of the groups that the subject is in, as far as an
// ACL that uses the name means that very group.
func (s *Snapshot) groupKeys(sub *Subject) map[name.Key]bool {
	if sub.stored != nil {
		return sub.stored
	}
	keys := map[name.Key]bool{}
	for _, id := range sub.groups {
		for _, n := range s.members.groups[id].Names {
			if holder, ok := s.members.named.find(n.Key()); ok && holder == id {
				keys[n.Key()] = true
			}
		}
	}
	return keys
}
