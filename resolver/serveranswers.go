package resolver

import (
	"slices"
	"strings"

	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/server"
)

// ServerDecision says whether one server lets a subject in.
type ServerDecision struct {
	Server name.Name
	Access server.Access
	Reason server.Reason
}

// Servers lists the servers that a document or a setting describes, by name.
func (s *Snapshot) Servers() []*server.Server {
	list := make([]*server.Server, 0, len(s.servers))
	for _, srv := range s.servers {
		list = append(list, srv)
	}
	slices.SortFunc(list, func(a, b *server.Server) int { return strings.Compare(string(a.Key()), string(b.Key())) })
	return list
}

// ServerAccess asks every server about a subject, by name: those that are
// described, and those of which nothing is known but that a database is there.
func (s *Snapshot) ServerAccess(sub *Subject, q Query) []ServerDecision {
	a := s.ask(sub, q)
	var out []ServerDecision
	for _, srv := range s.Servers() {
		access, why := srv.Access(a.seen(), q.Channel)
		out = append(out, ServerDecision{srv.Identity(), access, why})
	}
	for _, host := range s.undescribed() {
		access, why := a.Server(host).Access(a.seen(), q.Channel)
		out = append(out, ServerDecision{host, access, why})
	}
	slices.SortFunc(out, func(a, b ServerDecision) int { return strings.Compare(string(a.Server.Key()), string(b.Server.Key())) })
	return out
}

// undescribed are the servers of databases of which there is neither a document
// nor a setting.
func (s *Snapshot) undescribed() []name.Name {
	return slices.DeleteFunc(slices.Clone(s.hosts.every), func(n name.Name) bool { return s.servers[n.Key()] != nil })
}

// AgentRights yields the agent rights of a subject on every server whose
// document is known.
func (s *Snapshot) AgentRights(sub *Subject, yield func(name.Name, server.Right)) {
	a := s.ask(sub, Query{})
	for _, srv := range s.Servers() {
		if srv.Document == nil {
			continue
		}
		for _, r := range srv.AgentRights(a.seen()) {
			yield(srv.Identity(), r)
		}
	}
}
