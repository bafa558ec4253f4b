// Package view is the tree that clients see: the directory's entries with the
// virtual attributes, and the virtual subtree (docs/contract.md, sections 4 and
// 5). It compiles a request against one State and one identity's Rights, finds
// candidates through indexes, and writes what is left.
//
// It promises that a search, a filter, a Compare and an explanation agree, and
// that what is hidden is Undefined in filters, absent in Compare and missing in
// answers. It refuses sockets and credentials, and decides nothing about rights.
package view
