//go:build race

package clienttest

// racing builds aclens with the race detector where the tests have it: its
// packages are compiled that way already.
const racing = true
