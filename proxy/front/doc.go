// Package front is the side of the proxy that LDAP clients see: listeners,
// TLS, sessions, and one file for each operation of RFC 4511.
//
// It promises that a client's octets never end the process or another
// session, that every request is answered exactly once or its connection is
// closed (but Abandon, Unbind and what is abandoned, which never are), that a Bind is processed alone (RFC 4511
// section 4.2.1) and leaves the session anonymous unless it succeeds, that no
// password is taken in the clear from another machine unless allowed, that what
// one client can hold in memory is bounded, and that no goroutine outlives the
// Server.
//
// It refuses to know what a password is worth, who may see what, and what the
// directory holds: these are asked of a Login and a Directory.
package front
