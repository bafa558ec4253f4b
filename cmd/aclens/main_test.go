package main

import (
	"bytes"
	"io"
	"os"
	"slices"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// secretWord is the password of every service account in these tests. Whatever
// the program prints is searched for it.
const secretWord = "Quiver-Lantern-48213"

// exitLeaked is the status of an aclens that printed the secret word.
const exitLeaked = 97

// TestMain lets scripts and README examples run aclens as a program of its own:
// this test binary under another name.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"aclens": func() {
		os.Exit(run(os.Args[1:], &watched{to: os.Stdout}, &watched{to: os.Stderr}))
	}})
}

// watched passes on what is written and ends the program if that holds the
// secret word, even in pieces.
type watched struct {
	to   io.Writer
	tail []byte
}

func (w *watched) Write(p []byte) (int, error) {
	n, err := w.to.Write(p)
	text := slices.Concat(w.tail, p)
	if bytes.Contains(text, []byte(secretWord)) {
		_, _ = w.to.Write([]byte("\nthe line above holds a secret\n"))
		os.Exit(exitLeaked)
	}
	w.tail = bytes.Clone(text[max(0, len(text)-len(secretWord)+1):])
	return n, err
}
