// Package resolver is the answer machine: from the entries of a directory, the
// ACLs of databases and the Server documents it makes a Snapshot, which tells
// what anybody may do in any database, and why.
//
// It promises that a Snapshot never changes once made, that the fast answer,
// the explained answer and the answer seen from the database's side (Who) agree,
// and that a missing or doubtful input never becomes a grant. It refuses sockets,
// clocks and globals: whoever builds a Snapshot says what time it is.
package resolver
