// Package faulttest holds aclens, as processes of its own in front of a real
// slapd, against what goes wrong around it: a directory that is killed, frozen,
// slow or cut off in the middle of a word, while people read and things change;
// replicas that are restarted one after the other under load; consumers of the
// feed whose connection breaks at random octets.
//
// It promises that every single answer is held against a model of what may be
// true at that moment, and that what is measured is told with `go test -v`. It
// refuses to forgive: a read that fails, an answer that was never true and a
// change that comes too late are failures. It holds nothing but tests.
package faulttest
