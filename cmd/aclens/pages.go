package main

import (
	"time"

	"github.com/aclens/aclens/proxy/admin"
	"github.com/aclens/aclens/proxy/explorer"
)

// newAPI wires what listen.http answers after a log-in: the API for programs and
// the explorer, which share the sessions.
func (s *service) newAPI() *admin.API {
	sessions := admin.NewSessions(s.state, s.httpLogin, s.metrics, time.Now)
	s.history = explorer.NewHistory(time.Now)
	parts := explorer.Parts{State: s.state, Doors: sessions, History: s.history, Log: s.log, Now: time.Now}
	for _, form := range s.config.BindNames {
		parts.NameForms = append(parts.NameForms, string(form))
	}
	return &admin.API{State: s.state, Login: s.httpLogin, Sessions: sessions, Pages: explorer.New(parts), Holds: auditedHolds{s}}
}
