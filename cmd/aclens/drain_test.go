package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestBeforeConnectionsEndReadinessSaysSoAndEverythingGoesOn(t *testing.T) {
	noLeaks(t)
	dir := t.TempDir()
	if err := unpackSample(dir); err != nil {
		t.Fatal(err)
	}
	r := startIn(t, dir, offlineConfig+"drain: {delay: 1m}\n")
	r.awaitReady(http.StatusOK)
	early := r.bound(reader, "reader")
	r.stop()
	r.awaitReady(http.StatusServiceUnavailable)
	if reason := r.reason(); reason != "shutting down" {
		t.Errorf("/readyz says %q", reason)
	}
	export := filepath.Join(dir, "acls", "hub1", "crm.dxl")
	text, err := os.ReadFile(export)
	if err != nil {
		t.Fatal(err)
	}
	replace(t, export, strings.Replace(string(text), `name='CN=Jane Doe/OU=Sales/O=Acme' type='person' level='reader'`,
		`name='CN=Jane Doe/OU=Sales/O=Acme' type='person' level='designer'`, 1))
	awaitAccess(t, early, "(uid=jdoe)", "apps/crm.nsf#designer")
	late := r.bound(reader, "reader")
	wantAccess(t, late, "(uid=jdoe)", "apps/crm.nsf#designer")

	if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-r.done:
	case <-time.After(patience):
		t.Fatal("a second SIGTERM does not end the delay")
	}
	await(t, func() error {
		if !early.IsClosing() || !late.IsClosing() {
			return fmt.Errorf("connections are open after the end")
		}
		return nil
	})
}

func TestWithoutADelayReadinessEndsWithTheFirstStepOfTheDrain(t *testing.T) {
	r := start(t, offlineConfig)
	r.awaitReady(http.StatusOK)
	r.end()
	if text := r.log.String(); strings.Contains(text, "no longer ready") || !strings.Contains(text, "shutting down") {
		t.Errorf("the log says\n%s", text)
	}
}

// reason is why it is not ready.
func (r *running) reason() string {
	r.t.Helper()
	answer, err := http.Get(r.url("/readyz"))
	if err != nil {
		r.t.Fatal(err)
	}
	defer answer.Body.Close()
	var body struct{ Reason string }
	if err := json.NewDecoder(answer.Body).Decode(&body); err != nil {
		r.t.Fatal(err)
	}
	http.DefaultClient.CloseIdleConnections()
	return body.Reason
}
