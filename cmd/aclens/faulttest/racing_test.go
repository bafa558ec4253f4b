//go:build race

package faulttest

// racing builds aclens with the race detector where the tests have it.
const racing = true
