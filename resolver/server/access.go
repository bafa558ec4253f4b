package server

import "github.com/aclens/aclens/resolver/acl"

// Access says whether a server lets a subject in (rules 7.1 to 7.5).
type Access uint8

// The answers of docs/contract.md, section 1; the zero value is Unknown.
const (
	Unknown Access = iota
	Allowed
	Denied
)

var accessNames = [...]string{"unknown", "allowed", "denied"}

// String is the spelling of the answer in docs/contract.md.
func (a Access) String() string { return accessNames[a] }

// Access tells whether the server lets the subject in on a channel. Notes is
// always enforced, web channels as HTTP is; a local database is reached
// without a server. The subject's groups must be those of the channel: for
// Notes only the first directory counts (rule 7.5).
//
// What cannot be known never lets anybody in: an entry of AllowAccess that
// cannot be compared (*View, a bare common name, a group name that several
// groups have) does not admit, and one of DenyAccess makes an answer that would
// be Allowed Unknown. A name that two subjects have admits neither and denies both.
func (s *Server) Access(sub Subject, channel acl.Channel) (Access, Reason) {
	switch {
	case channel == acl.Local:
		return Allowed, Reason{Rule: "6.3", Why: "a local database is reached without a server"}
	case channel.IsWeb():
		return s.enforced(sub, s.Settings.Enforce[HTTP], "http", channel == acl.WebAnonymous)
	default:
		return s.enforced(sub, acl.Yes, "notes", false)
	}
}

// AccessOver is Access for an Internet protocol.
func (s *Server) AccessOver(sub Subject, p Protocol) (Access, Reason) {
	return s.enforced(sub, s.Settings.Enforce[p], string(p), false)
}

// enforced weighs the lists by whether the server looks at them (rule 7.4).
func (s *Server) enforced(sub Subject, enforce acl.Tri, protocol string, unauthenticated bool) (Access, Reason) {
	if s.Document == nil {
		return Unknown, Reason{Rule: "7.1", Why: "no Server document"}
	}
	if enforce == acl.No {
		return Allowed, Reason{Rule: "7.4", Item: "enforce", Entry: protocol, Why: "server access settings are not enforced for the protocol"}
	}
	var access Access
	var r Reason
	if unauthenticated || isAnonymous(sub) {
		access, r = s.notDenied(sub, Allowed, Reason{Rule: "7.5", Item: AllowAccess, Why: "Anonymous need not be listed"})
	} else {
		access, r = s.admitted(sub)
		access, r = s.notDenied(sub, access, r)
	}
	if enforce == acl.Unknown {
		r.Why = "not known whether server access settings are enforced for " + protocol + "; if they are: " + access.String() + ", " + r.Why
		return Unknown, r
	}
	return access, r
}

// notDenied lets DenyAccess take away what AllowAccess gave (rule 7.3).
func (s *Server) notDenied(sub Subject, access Access, r Reason) (Access, Reason) {
	entries, present := s.entries(DenyAccess)
	found, entry := find(entries, sub)
	switch {
	case found == listed || found == shared:
		return Denied, Reason{Rule: "7.3", Item: DenyAccess, Entry: entry, Why: found.String()}
	case access == Denied:
		return access, r
	case found == doubtful:
		return Unknown, Reason{Rule: "7.3", Item: DenyAccess, Entry: entry, Why: found.String()}
	case !present:
		return Unknown, Reason{Rule: "7.3", Item: DenyAccess, Why: "the Server document does not carry the item"}
	default:
		return access, r
	}
}

// admitted reads AllowAccess and the box beside it (rules 7.1 and 7.2).
func (s *Server) admitted(sub Subject) (Access, Reason) {
	if ok, r := s.listedIn(AllowAccess, "7.2", sub); ok {
		return Allowed, r
	}
	box := s.Settings.TrustedDirectories
	inDirectory := sub.InDirectory()
	if box == acl.Yes && inDirectory {
		return Allowed, Reason{Rule: "7.2", Item: "trustedDirectories", Why: "has an entry in a trusted directory"}
	}
	entries, present := s.entries(AllowAccess)
	switch {
	case !present:
		return Unknown, Reason{Rule: "7.1", Item: AllowAccess, Why: "the Server document does not carry the item"}
	case len(entries) > 0:
		_, r := s.listedIn(AllowAccess, "7.1", sub)
		return Denied, r
	case box == acl.Yes:
		return Denied, Reason{Rule: "7.2", Item: "trustedDirectories", Why: "has no entry in a trusted directory"}
	case box == acl.Unknown && !inDirectory:
		return Unknown, Reason{Rule: "7.2", Item: "trustedDirectories", Why: "not known whether only users in trusted directories are admitted"}
	default:
		return Allowed, Reason{Rule: "7.1", Item: AllowAccess, Why: "blank"}
	}
}
