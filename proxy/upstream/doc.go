// Package upstream is the live directory behind the proxy: connections to its
// servers, what they are, everything that they hold, what changed since, and
// whether a password is right.
//
// It promises that a read which the directory did not complete with success is
// an error, never a shorter truth; that a directory which cannot be reached is
// ErrUnavailable and never a refused password; that credentials (package
// secret) are dropped from entries as they come off the wire; that every wait
// is bounded; and that passwords are in no error and no log. A server that
// stops answering is left for the next one in less than two seconds.
//
// It refuses to follow aliases, to follow references to a server that nobody
// configured, to cache entries, to decide who may see what, and to serve a
// client's request over a connection that is bound as the service account: binds
// of clients have connections of their own.
//
// Messages are read with package wire and not with go-ldap's connection: that
// one ends a search that was cancelled or cut off like one that succeeded
// (SearchAsync), gives back only such response controls as it can decode, and
// takes ten times as long for an entry. Feeds of changes (Follow) are read with
// wire, too: their searches do not end, and one that is cut must not look like
// one that did. A change of a client goes over an Author: it is sent once, and
// whether it was made is said or said to be unknown. Client hands out a go-ldap
// connection to whoever compares servers (shadow).
package upstream
