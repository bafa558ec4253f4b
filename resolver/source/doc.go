// Package source reads files into the types of the rooms below it: DXL
// exports, LDIF, ACLs written by hand in YAML, saved answers of the Domino REST
// API and the JSON Lines of the export kit (section 11 of docs/access-rules.md,
// section 9 of docs/contract.md).
//
// It promises to stream: what is held at one time is one database, one document
// or one LDIF record, within fixed limits, however long the file is. It
// promises that a word which it does not know spoils the database that it
// stands in and never becomes a grant, and that every complaint names file,
// line and subject.
//
// It refuses to open files, to fetch what a file points at (a document type, a
// file: address), and to tell which databases belong together.
//
// Every reader that takes an emit function may have called it before an error
// comes to light further down in the file. With an error, and only then,
// nothing that was emitted counts and the caller drops it. Faults are
// different: they spoil what they name, and the rest of the file counts.
package source
