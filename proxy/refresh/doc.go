// Package refresh turns feeds and files into Snapshots: it reads the directories,
// the ACL exports and the Server documents, notices what changes, and hands over
// a new Snapshot for each change that holds.
//
// It promises that a reading which did not end well changes nothing; that a
// file which breaks keeps its last good state, said in a finding; that a
// Snapshot which grew by changes equals one loaded afresh; that the id of a
// Snapshot is a function of what it holds, so that replicas agree on it; and
// that no credential reaches a Snapshot. Every state passes one place, judge,
// before it answers.
//
// It refuses to say what anything means, to answer anybody, and to make up an
// age: a source is as old as it says, or as its file is.
//
// # How old a source is
//
// A live directory is as old as the last complete reading or poll of it, or as
// when its feed was last heard to have told everything; a
// directory of files as its oldest file. The directory's age is that of the
// primary one or of the secondary that authorises groups, whichever is older.
// An ACL is as old as its source says (capturedAt), else as its file; one
// written by hand is as old as the last look at it, since it is no copy of
// anything. The age of ACLs is that of the oldest one in use, the age of Server
// documents that of their oldest file.
//
// # What is deleted
//
// Polls do not tell what is gone, so the names of all entries are
// compared too: at every poll where that is quick, and seldom enough to take
// only a small share of the time where the directory is large.
package refresh
