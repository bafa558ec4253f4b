//go:build !race

package clienttest

const racing = false
