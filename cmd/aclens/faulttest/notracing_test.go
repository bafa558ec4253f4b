//go:build !race

package faulttest

const racing = false
