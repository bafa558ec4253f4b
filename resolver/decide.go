package resolver

import (
	"cmp"
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
}

func (s *Snapshot) ask(sub *Subject, q Query) *asking {
	return &asking{Snapshot: s, sub: s.through(sub, q), q: q}
}

// decide joins the ACL, the channel and the server for known matches.
func (a *asking) decide(in *database.Instance, m acl.Match, r acl.Reading) Decision {
	l := in.List
	if a.q.Channel == acl.Local && l.Consistent == acl.No {
		d := acl.Unenforced()
		return Decision{Decision: d, ACLLevel: d.Level, Server: server.Allowed}
	}
	d := l.Decide(a.sub.Kind, m, r)
	if a.fullAccess(in) {
		d = l.FullAccess(d, readingFor(in, r))
	} else {
		d = l.Through(d, a.q.Channel, r)
	}
	out := Decision{Decision: d, ACLLevel: d.Level}
	out.Server, out.ServerReason = a.serverAccess(in)
	if out.Server == server.Denied {
		out.Decision = acl.Decision{Source: acl.FromServerDenied}
	}
	return out
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
// it lies in (rule 7.16). Full access administrators pass the folder, but not a
// server that refuses them (section 0).
func (a *asking) serverAccess(in *database.Instance) (server.Access, server.Reason) {
	if a.sub.Kind == acl.Nobody || a.sub.Kind == acl.Database {
		return server.Unknown, server.Reason{Rule: "7.1", Why: "a server's lists are about people and servers"}
	}
	srv := a.Server(in.Server)
	answer, known := a.servers[in.Server.Key()]
	if !known {
		answer.access, answer.why = srv.Access(a.seen(), a.q.Channel)
		if a.servers == nil {
			a.servers = map[name.Key]serverAnswer{}
		}
		a.servers[in.Server.Key()] = answer
	}
	if answer.access == server.Denied || len(srv.Settings.Folders) == 0 {
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
		l.lists, l.listed = l.members.lists.Up(nil, l.sub.direct), true
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

// hit is one entry that covers the subject, on the way to a Match.
type hit struct {
	ref
	via acl.Via
}

// matchAll finds, over all databases, the entries that cover a subject, through
// the index; sorted by database, then way, then entry.
func (s *Snapshot) matchAll(sub *Subject, hits []hit) []hit {
	hits = hits[:0]
	put := func(refs []ref, via acl.Via) {
		for _, r := range refs {
			hits = append(hits, hit{r, via})
		}
	}
	if sub.Kind == acl.Database {
		for _, k := range sub.keys {
			put(s.acls.replicas[k], acl.ByName)
		}
	} else {
		for _, k := range sub.keys {
			put(s.acls.names[k], acl.ByName)
		}
		if sub.common != "" {
			put(s.acls.names[sub.common], acl.ByCommon)
		}
		for _, id := range sub.groups {
			s.putGroup(id, put)
		}
		for _, k := range sub.wildcards {
			put(s.acls.wildcards[k], acl.ByWildcard)
		}
	}
	return s.settle(sub, hits)
}

func (s *Snapshot) putGroup(id group.ID, put func([]ref, acl.Via)) {
	for _, n := range s.members.groups[id].Names {
		refs := s.acls.names[n.Key()]
		if len(refs) == 0 {
			continue
		}
		if holder, ok := s.members.named.find(n.Key()); ok && holder == id {
			put(refs, acl.ByGroup)
		}
	}
}

// settle sorts the hits and keeps those whose entry's type suits the subject.
func (s *Snapshot) settle(sub *Subject, hits []hit) []hit {
	hits = slices.DeleteFunc(hits, func(h hit) bool {
		in := s.databases.At(int(h.db)).Primary
		if h.via == acl.ByCommon && !s.commonMatches(s.settings.CommonName, sub, in.Server) {
			return true
		}
		return !in.List.Entries[h.entry].Type.Suits(sub.Kind, h.via)
	})
	slices.SortFunc(hits, func(a, b hit) int {
		return cmp.Or(cmp.Compare(a.db, b.db), cmp.Compare(a.via, b.via), cmp.Compare(a.entry, b.entry))
	})
	return slices.Compact(hits)
}

// EachDecision calls yield with the decision for every database, in the order
// of their keys, until yield returns false. It is the fast form of Decide.
func (s *Snapshot) EachDecision(sub *Subject, q Query, yield func(*database.Database, *Decision) bool) {
	a := s.ask(sub, q)
	if a.sub.stored != nil {
		s.eachPlainly(a.sub, q, yield)
		return
	}
	hits := s.matchAll(a.sub, nil)
	for _, db := range s.databases.All() {
		var m acl.Match
		m, hits = takeMatch(hits, uint32(db.Index))
		d := a.decide(db.Primary, m, s.settings.Reading)
		if !yield(db, &d) {
			return
		}
	}
}

func (s *Snapshot) eachPlainly(sub *Subject, q Query, yield func(*database.Database, *Decision) bool) {
	for _, db := range s.databases.All() {
		d := s.Decide(sub, db.Primary, q)
		if !yield(db, &d) {
			return
		}
	}
}

// takeMatch splits the hits of one database off the front.
func takeMatch(hits []hit, db uint32) (acl.Match, []hit) {
	var m acl.Match
	if len(hits) == 0 || hits[0].db != db {
		return m, hits
	}
	for len(hits) > 0 && hits[0].db == db {
		h := hits[0]
		hits = hits[1:]
		switch h.via {
		case acl.ByName:
			m.Names = append(m.Names, h.entry)
		case acl.ByCommon:
			m.Commons = append(m.Commons, h.entry)
		case acl.ByGroup:
			m.Groups = append(m.Groups, h.entry)
		case acl.ByWildcard:
			m.Wildcards = append(m.Wildcards, h.entry)
		}
	}
	return m, hits
}
