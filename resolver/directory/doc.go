// Package directory holds the entries of a directory in memory: immutable
// records, the tree that they form, indexes over their attributes, and the
// typed filter tree with its three-valued evaluation (RFC 4511, 4.5.1.7).
//
// It promises that a Store never changes once made, that a Store made by
// applying changes equals one made from scratch, and that an entry keeps its ID
// for as long as it exists. It refuses to know who may see what, and what an
// attribute means beyond its matching rules.
package directory
