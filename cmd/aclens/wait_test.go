package main

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

// patience bounds every wait of these tests; nothing waits so long unless it fails.
const patience = 20 * time.Second

// eventually tries until it succeeds, and returns the last error if it never does.
func eventually(try func() error) error {
	deadline := time.After(patience)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		err := try()
		if err == nil {
			return nil
		}
		select {
		case <-deadline:
			return fmt.Errorf("after %v: %w", patience, err)
		case <-tick.C:
		}
	}
}

// await fails the test unless try succeeds in the end.
func await(t *testing.T, try func() error) {
	t.Helper()
	if err := eventually(try); err != nil {
		t.Fatal(err)
	}
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
