package main

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"

	"github.com/aclens/aclens/deploy/demo"
	"github.com/aclens/aclens/proxy/upstream/slapdtest"
)

func TestADirectoryThatTellsItsChangesIsFollowed(t *testing.T) {
	noLeaks(t)
	slapd := slapdtest.Start(t, slapdtest.Options{LDIF: demo.LDIF(), Overlays: []string{"syncprov\nsyncprov-sessionlog 100"}})
	setPassword(t, slapd, reader, secretWord)
	r := start(t, fmt.Sprintf(liveConfig, slapd.URL))
	r.awaitReady(http.StatusOK)
	mode := func(want string) {
		t.Helper()
		await(t, func() error {
			_, err := metric(r.url("/metrics"), fmt.Sprintf(`aclens_feed_mode{directory="primary",mode=%q}`, want))
			return err
		})
	}
	mode("syncrepl")
	c := r.bound(reader, secretWord)
	describe := func(text string) {
		t.Helper()
		m := ldap.NewModifyRequest(jane, nil)
		m.Replace("description", []string{text})
		if err := slapd.Dial().Modify(m); err != nil {
			t.Fatal(err)
		}
	}
	seen := func(text string) {
		t.Helper()
		began := time.Now()
		await(t, func() error {
			got, err := values(c, "o=acme", "(uid=jdoe)", "description")
			if err == nil && (len(got) != 1 || got[0] != text) {
				err = fmt.Errorf("the description is %q", got)
			}
			return err
		})
		if took := time.Since(began); took > time.Second {
			t.Errorf("%q was seen after %v", text, took)
		}
	}
	describe("told")
	seen("told")
	slapd.Stop()
	seen("told") // from memory
	slapd.Restart()
	describe("told after a restart")
	seen("told after a restart")
	for series, want := range map[string]string{
		`aclens_feed_resyncs_total{directory="primary",reason="required"}`: "0",
		`aclens_feed_resyncs_total{directory="primary",reason="doubt"}`:    "0",
		`aclens_feed_changes_total{directory="primary"}`:                   "2",
	} {
		if got, err := metric(r.url("/metrics"), series); err != nil || got != want {
			t.Errorf("%s is %s, %v", series, got, err)
		}
	}
	if _, err := metric(r.url("/metrics"), `aclens_feed_lag_seconds{directory="primary"}`); err != nil {
		t.Error(err)
	}
}
