// Package clienttest holds aclens, as a process of its own in front of a real
// slapd, against the programs that people run: one file a client, and what is
// written in another language below testdata.
//
// It promises that every client asks what it asks in the field, that its answers
// are held against what is right and not only looked at, and that nothing is
// left running or lying about. It refuses to skip: where a client is missing its
// test fails (.ci/install-test-deps brings them all). It holds nothing but
// tests.
package clienttest
