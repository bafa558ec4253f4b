// Package server owns the meaning of Domino Server documents: who may reach a
// server, who administers it, what agents may do there, and which folders it
// closes (section 7 of docs/access-rules.md).
//
// It promises that deny wins over allow and that a fact which no document or
// setting holds stays unknown. It refuses to know where documents come from
// and which groups a subject is in: a Subject tells.
package server

import "github.com/aclens/aclens/resolver/name"

// Document is one Server document: the lists of rule 7.9, by item name.
type Document struct {
	Name   name.Name
	Lists  map[string][]string // item name as in rule 7.9 -> entries as spelled; an absent item is not in the map
	Origin string              // the file, with the line where there is one
}

// Item names of the Server document (rule 7.9).
const (
	AllowAccess         = "AllowAccess"
	DenyAccess          = "DenyAccess"
	CreateAccess        = "CreateAccess"
	ReplicaAccess       = "ReplicaAccess"
	TemplateAccess      = "TemplateAccess"
	TrustedServers      = "TrustedSrvrs"
	AllowMonitors       = "AllowMonitors"
	DenyMonitors        = "DenyMonitors"
	FullAdmin           = "FullAdmin"
	Administrator       = "Administrator"
	DatabaseAdmin       = "DBAdmin"
	RemoteAdmin         = "RemoteAdmin"
	ViewOnlyAdmin       = "VOAdmin"
	SystemAdmin         = "SysAdmin"
	RestrictedSysAdmin  = "ResSysAdmin"
	RestrictedSysCmds   = "ResSystemCmds"
	BrowserAdmin        = "BrowserAdminAccess"
	UnrestrictedAgents  = "UnrestrictedList"
	OnBehalfOfOther     = "OnBehalfOfLst"
	OnBehalfOfInvoker   = "OnBehalfOfInvokerLst"
	RestrictedAgents    = "RestrictedList"
	SimpleFormulaAgents = "PrivateList"
	ScriptLibraries     = "LibsLst"
	PassthruAccess      = "PTAccess"
	PassthruCallers     = "PTCallers"
	PassthruClients     = "PTClients"
	PassthruTargets     = "PTTargets"
	TravelerAllowAccess = "tsAllowAccess"
	TravelerDenyAccess  = "tsDenyAccess"
)

// Items lists every item name that a Document may carry.
var Items = []string{
	AllowAccess, DenyAccess, CreateAccess, ReplicaAccess, TemplateAccess, TrustedServers, AllowMonitors, DenyMonitors,
	FullAdmin, Administrator, DatabaseAdmin, RemoteAdmin, ViewOnlyAdmin, SystemAdmin, RestrictedSysAdmin,
	RestrictedSysCmds, BrowserAdmin, UnrestrictedAgents, OnBehalfOfOther, OnBehalfOfInvoker, RestrictedAgents,
	SimpleFormulaAgents, ScriptLibraries, PassthruAccess, PassthruCallers, PassthruClients, PassthruTargets,
	TravelerAllowAccess, TravelerDenyAccess,
}

// Subject is what the lists of a Document are compared with.
type Subject interface {
	// Names are the subject's own and alternate names; the first is the identity.
	Names() []name.Name
	// InGroup tells whether the subject is in the group of that name, directly or nested.
	InGroup(k name.Key) bool
	// Shares tells whether the name is one of the subject's own that somebody else has too, or one that several
	// groups have of which the subject is in some.
	Shares(k name.Key) bool
	// InDirectory tells whether the subject has an entry in the primary or a trusted directory.
	InDirectory() bool
}
