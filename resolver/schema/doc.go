// Package schema owns what attributes mean: attribute types, syntaxes,
// matching rules and object classes (RFC 4512 section 4, RFC 4517, RFC 4518),
// the built-in definitions, and what a directory's own subschema adds to them.
//
// It promises that a Schema never changes once made, that an ID keeps naming
// the same attribute description in every Schema extended from the one that
// gave it, and that equal normal forms are what RFC 4517 calls a match. It
// refuses to hold entries, to evaluate filters, and to guess: a value that its
// syntax does not allow has no normal form, so it matches nothing.
package schema
