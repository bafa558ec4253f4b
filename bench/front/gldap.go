package front

import (
	"fmt"
	"net"
	"strings"

	"github.com/hashicorp/go-hclog"
	"github.com/jimlambrt/gldap"
)

// Gldap serves a tree through github.com/jimlambrt/gldap, without its log. It
// opens the listener by itself at an address that has to be free, and ready is
// called before it does.
func Gldap(addr string, t *Tree, ready func(net.Addr)) error {
	at, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		return fmt.Errorf("serving with gldap: %w", err)
	}
	server, err := gldap.NewServer(gldap.WithLogger(hclog.NewNullLogger()))
	if err != nil {
		return fmt.Errorf("serving with gldap: %w", err)
	}
	mux, err := gldap.NewMux()
	if err != nil {
		return fmt.Errorf("serving with gldap: %w", err)
	}
	bind := func(w *gldap.ResponseWriter, r *gldap.Request) {
		_ = w.Write(r.NewBindResponse(gldap.WithResponseCode(gldap.ResultSuccess))) // the library ends the connection
	}
	if err := mux.Bind(bind); err != nil {
		return fmt.Errorf("serving with gldap: %w", err)
	}
	if err := mux.Search(func(w *gldap.ResponseWriter, r *gldap.Request) { gldapSearch(w, r, t) }); err != nil {
		return fmt.Errorf("serving with gldap: %w", err)
	}
	if err := server.Router(mux); err != nil {
		return fmt.Errorf("serving with gldap: %w", err)
	}
	ready(at)
	if err := server.Run(addr); err != nil {
		return fmt.Errorf("serving with gldap: %w", err)
	}
	return nil
}

func gldapSearch(w *gldap.ResponseWriter, r *gldap.Request, t *Tree) {
	done := r.NewSearchDoneResponse(gldap.WithResponseCode(gldap.ResultOperationsError))
	defer func() { _ = w.Write(done) }() // the library ends the connection
	m, err := r.GetSearchMessage()
	if err != nil {
		return
	}
	for _, e := range t.pick(strings.ToLower(m.BaseDN), m.Scope == gldap.BaseObject, m.Filter) {
		out := r.NewSearchResponseEntry(e.DN)
		for _, a := range e.asked(m.Attributes) {
			out.AddAttribute(a.Name, a.Values)
		}
		if w.Write(out) != nil {
			return
		}
	}
	done.SetResultCode(gldap.ResultSuccess)
}
