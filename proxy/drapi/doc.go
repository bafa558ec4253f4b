// Package drapi asks an HCL Domino REST API for the ACLs of databases (rule
// 11.9): GET /acl/entries and GET /acl/roles below /api/admin-v1, over HTTPS
// with a bearer token.
//
// It promises that an answer which is not whole, not understood or not allowed
// never becomes an ACL, that one broken database takes no other down, and that
// the token reaches nobody but the configured service: no other host, no error
// and no log.
//
// It refuses to write, to follow a redirect to another origin, to send the
// token unencrypted off this machine unless told to, and to make up what the
// service does not tell: the Maximum Internet access and the consistent flag of
// its ACLs are not known.
//
// # What happens when something breaks
//
// A database whose ACL cannot be read keeps its last good one with the time
// that it was read at, so that it ages and is reported as stale; Faults says
// which and why. One that never was read is left out. Only when no database
// could be read is the whole asking an error, with which nothing counts and the
// caller keeps what it has. A token that is refused and a service that does not
// answer end the asking early; what was read until then counts.
package drapi
