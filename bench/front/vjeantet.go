package front

import (
	"fmt"
	"net"
	"strings"

	"github.com/lor00x/goldap/message"
	ldap "github.com/vjeantet/ldapserver"
)

// Vjeantet serves a tree through github.com/vjeantet/ldapserver, without its
// log. It opens the listener by itself, so listening is told the address.
func Vjeantet(addr string, t *Tree, listening func(net.Addr)) error {
	ldap.Logger = ldap.DiscardingLogger
	mux := ldap.NewRouteMux()
	mux.Bind(func(w ldap.ResponseWriter, _ *ldap.Message) { w.Write(ldap.NewBindResponse(ldap.LDAPResultSuccess)) })
	mux.Search(func(w ldap.ResponseWriter, m *ldap.Message) { vjeantetSearch(w, m, t) })
	mux.Delete(func(w ldap.ResponseWriter, _ *ldap.Message) { w.Write(ldap.NewDeleteResponse(ldap.LDAPResultSuccess)) })
	server := ldap.NewServer()
	server.Handle(mux)
	if err := server.ListenAndServe(addr, func(s *ldap.Server) { listening(s.Listener.Addr()) }); err != nil {
		return fmt.Errorf("serving with vjeantet/ldapserver: %w", err)
	}
	return nil
}

func vjeantetSearch(w ldap.ResponseWriter, m *ldap.Message, t *Tree) {
	r := m.GetSearchRequest()
	names := make([]string, 0, len(r.Attributes()))
	for _, n := range r.Attributes() {
		names = append(names, string(n))
	}
	for _, e := range t.pick(strings.ToLower(string(r.BaseObject())), r.Scope() == 0, r.FilterString()) {
		out := ldap.NewSearchResultEntry(e.DN)
		for _, a := range e.asked(names) {
			values := make([]message.AttributeValue, len(a.Values))
			for i, v := range a.Values {
				values[i] = message.AttributeValue(v)
			}
			out.AddAttribute(message.AttributeDescription(a.Name), values...)
		}
		w.Write(out)
	}
	w.Write(ldap.NewSearchResultDoneResponse(ldap.LDAPResultSuccess))
}
