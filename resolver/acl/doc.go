// Package acl owns the meaning of a Domino access control list: levels,
// privileges, user types, roles, entries, and the decision that they give for
// one subject (section 0 of docs/access-rules.md).
//
// It promises that the same list, matches and reading always give the same
// decision, and that an input that is missing or doubtful never becomes a
// grant. It refuses to know where a list came from, who is in which group, or
// what a directory is: a caller says which entries name the subject and in
// which way.
package acl
