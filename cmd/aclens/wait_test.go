package main

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/aclens/aclens/cmd/aclens/proctest"
)

// patience bounds every wait of these tests; nothing waits so long unless it fails.
const patience = 20 * time.Second

// eventually tries until it succeeds, and returns the last error if it never does.
func eventually(try func() error) error { return proctest.Eventually(patience, try) }

// await fails the test unless try succeeds in the end.
func await(t *testing.T, try func() error) {
	t.Helper()
	proctest.Await(t, patience, try)
}

// httpStatus asks once, over a connection of its own.
func httpStatus(url string, want int) error {
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	answer, err := client.Get(url)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != want {
		return fmt.Errorf("%s: %s", url, answer.Status)
	}
	return nil
}
