// Package change remembers what changed in the tree that clients see: a log of
// bounded length, numbered without gaps, from which every feed is answered (sync,
// persistent search, cn=changelog, HTTP), and the stamps of entries.
//
// It promises that numbers and times only grow, that a time is never given to
// two steps and a number to two changes (but for what a crash took before it was
// kept), and that what was forgotten is said to be. It refuses to decide
// who may know of a change, and to take damaged bytes for a history.
package change
