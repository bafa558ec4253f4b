package server

import "github.com/aclens/aclens/resolver/name"

// MayCreateDatabases tells whether the subject may create databases and
// templates on the server: blank means everyone (rule 7.6).
func (s *Server) MayCreateDatabases(sub Subject) (bool, Reason) {
	if entries, present := s.entries(CreateAccess); present && len(entries) == 0 && !isNobody(sub) {
		return true, Reason{Rule: "7.6", Item: CreateAccess, Why: "blank"}
	}
	return s.listedIn(CreateAccess, "7.6", sub)
}

// MayCreateReplicas needs the right to create databases as well (rule 7.6).
func (s *Server) MayCreateReplicas(sub Subject) (bool, Reason) {
	if ok, r := s.MayCreateDatabases(sub); !ok {
		return false, r
	}
	return s.listedIn(ReplicaAccess, "7.6", sub)
}

// MayCreateMasterTemplates needs both other rights as well (rule 7.6).
func (s *Server) MayCreateMasterTemplates(sub Subject) (bool, Reason) {
	if ok, r := s.MayCreateReplicas(sub); !ok {
		return false, r
	}
	return s.listedIn(TemplateAccess, "7.6", sub)
}

// AdminRight is a rung of the hierarchy of administrators (rule 7.8).
type AdminRight uint8

// The rungs of rule 7.8, each after the one that includes it.
const (
	FullAccessAdministrator AdminRight = iota
	GeneralAdministrator
	DatabaseAdministrator
	FullConsoleAdministrator
	ViewOnlyAdministrator
	SystemAdministrator
	RestrictedSystemAdministrator
)

// adminFields says which item names whom, and which rung includes it. Between
// the console and the system branch nothing is included: the picture of rule
// 7.8 that would say so could not be read.
var adminFields = [...]struct {
	word, item string
	above      AdminRight
}{
	FullAccessAdministrator:       {"fullAccess", FullAdmin, FullAccessAdministrator},
	GeneralAdministrator:          {"administrator", Administrator, FullAccessAdministrator},
	DatabaseAdministrator:         {"database", DatabaseAdmin, GeneralAdministrator},
	FullConsoleAdministrator:      {"fullConsole", RemoteAdmin, GeneralAdministrator},
	ViewOnlyAdministrator:         {"viewOnlyConsole", ViewOnlyAdmin, FullConsoleAdministrator},
	SystemAdministrator:           {"system", SystemAdmin, GeneralAdministrator},
	RestrictedSystemAdministrator: {"restrictedSystem", RestrictedSysAdmin, SystemAdministrator},
}

// String names the rung.
func (r AdminRight) String() string { return adminFields[r].word }

// IsAdministrator tells whether the subject has a rung by its own item or by
// one above; a blank item names nobody (rule 7.8).
func (s *Server) IsAdministrator(sub Subject, right AdminRight) (bool, Reason) {
	f := adminFields[right]
	if right == FullAccessAdministrator {
		return s.MayUseFullAccess(sub)
	}
	ok, own := s.listedIn(f.item, "7.8", sub)
	if ok {
		return true, own
	}
	if ok, above := s.IsAdministrator(sub, f.above); ok {
		return true, above
	}
	return false, own
}

// MayUseFullAccess tells whether the subject may switch full access
// administration on; listed but not switched on means nothing (rule 3.11).
func (s *Server) MayUseFullAccess(sub Subject) (bool, Reason) {
	if s.Settings.FullAdminDisabled {
		return false, Reason{Rule: "3.11", Item: FullAdmin, Why: "full access administration is disabled on the server"}
	}
	return s.listedIn(FullAdmin, "3.11", sub)
}

// AdminRights lists the rungs that the subject has, the highest first.
func (s *Server) AdminRights(sub Subject) []AdminRight {
	var rights []AdminRight
	for r := range AdminRight(len(adminFields)) {
		if ok, _ := s.IsAdministrator(sub, r); ok {
			rights = append(rights, r)
		}
	}
	return rights
}

// MayDeleteAnyDatabase tells whether the subject may delete databases without
// being in their ACLs (rule 3.14).
func (s *Server) MayDeleteAnyDatabase(sub Subject) (bool, Reason) {
	ok, r := s.IsAdministrator(sub, DatabaseAdministrator)
	r.Rule = "3.14"
	return ok, r
}

// BypassKind says in which way somebody gets past every ACL of a server.
type BypassKind string

// The ways past an ACL (rules 3.11, 3.13 and 3.14).
const (
	BypassFullAccess     BypassKind = "fullAccessAdministrators"
	BypassAdministrators BypassKind = "administrators"
	BypassDatabaseAdmins BypassKind = "databaseAdministrators"
	BypassSigners        BypassKind = "unrestrictedSigners"
	BypassHost           BypassKind = "hostingServer"
)

// Bypass is one group of those whom no ACL on the server holds.
type Bypass struct {
	Kind    BypassKind
	Item    string   // empty for the hosting server
	Entries []string // as spelled in the document
	Rule    string
	How     string // what they can do, in words
}

// Bypass lists whoever gets past the ACLs of databases on the server named
// host: what its document says, and the server itself. Lists without entries
// are left out.
func (s *Server) Bypass(host name.Name) []Bypass {
	rows := []Bypass{
		{BypassFullAccess, FullAdmin, nil, "3.11", "Manager of every database once full access administration is switched on"},
		{BypassAdministrators, Administrator, nil, "3.14", "may delete any database"},
		{BypassDatabaseAdmins, DatabaseAdmin, nil, "3.14", "may delete any database"},
		{BypassSigners, UnrestrictedAgents, nil, "3.14", "agents with full administration rights that they sign bypass the ACL and Readers items"},
	}
	var past []Bypass
	for _, b := range rows {
		b.Entries = s.spelled(b.Item)
		voided := b.Kind == BypassFullAccess && s.Settings.FullAdminDisabled
		if len(b.Entries) > 0 && !voided {
			past = append(past, b)
		}
	}
	if !host.IsZero() {
		past = append(past, Bypass{BypassHost, "", []string{host.Abbreviated()}, "3.13", "a server has full access to its own databases"})
	}
	return past
}

// spelled returns the entries of an item as the document has them.
func (s *Server) spelled(item string) []string {
	entries, _ := s.entries(item)
	texts := make([]string, len(entries))
	for i, e := range entries {
		texts[i] = e.text
	}
	return texts
}
