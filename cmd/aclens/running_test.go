package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"
	"go.uber.org/goleak"

	"github.com/aclens/aclens/cmd/aclens/proctest"
	"github.com/aclens/aclens/config"
)

// running is a service inside the test.
type running struct {
	t    *testing.T
	dir  string // of the configuration
	log  *proctest.Journal
	stop context.CancelFunc // what SIGTERM does
	done chan struct{}
	err  error // of serve, once done is closed
}

// noLeaks fails the test if goroutines are left when it and all that it started
// have ended. It has to be called first.
func noLeaks(t *testing.T) {
	t.Helper()
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, before) })
}

// start serves a configuration in a folder that holds the sample; the service
// is stopped and its log searched for the secret word when the test ends.
func start(t *testing.T, text string) *running {
	t.Helper()
	dir := t.TempDir()
	if err := unpackSample(dir); err != nil {
		t.Fatalf("unpacking the sample: %v", err)
	}
	return startIn(t, dir, text)
}

func startIn(t *testing.T, dir, text string) *running {
	t.Helper()
	cfg, err := config.Load(writeText(t, filepath.Join(dir, "aclens.yaml"), text))
	if err != nil {
		t.Fatalf("loading the configuration: %v", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	r := &running{t: t, dir: dir, log: &proctest.Journal{}, stop: stop, done: make(chan struct{})}
	go func() {
		defer close(r.done)
		r.err = serve(ctx, r.log, cfg, nil)
	}()
	t.Cleanup(func() {
		r.end()
		if strings.Contains(r.log.String(), secretWord) {
			t.Error("the log holds a password")
		}
		if t.Failed() {
			t.Logf("log:\n%s", r.log)
		}
	})
	return r
}

// end stops the service and waits for it.
func (r *running) end() {
	r.t.Helper()
	r.stop()
	select {
	case <-r.done:
		if r.err != nil {
			r.t.Errorf("serve: %v", r.err)
		}
	case <-time.After(drainTime + patience):
		r.t.Fatal("serve does not return")
	}
}

// address waits until a listener is there, and returns its address.
func (r *running) address(listener string) string {
	r.t.Helper()
	var found string
	await(r.t, func() error {
		for _, line := range r.log.Lines() {
			if line["msg"] == "listening" && line["listener"] == listener {
				found = fmt.Sprint(line["address"])
				return nil
			}
		}
		return fmt.Errorf("%s does not listen", listener)
	})
	return found
}

func (r *running) url(path string) string { return "http://" + r.address("http") + path }

// awaitReady returns when /readyz answers with a code.
func (r *running) awaitReady(code int) {
	r.t.Helper()
	await(r.t, func() error { return httpStatus(r.url("/readyz"), code) })
}

// dial opens a connection that is closed when the test ends.
func (r *running) dial() *ldap.Conn {
	r.t.Helper()
	c, err := ldap.DialURL("ldap://" + r.address("ldap"))
	if err != nil {
		r.t.Fatalf("connecting: %v", err)
	}
	c.SetTimeout(patience)
	r.t.Cleanup(func() { _ = c.Close() })
	return c
}

// bound is a connection of somebody.
func (r *running) bound(dn, password string) *ldap.Conn {
	r.t.Helper()
	c := r.dial()
	if err := c.Bind(dn, password); err != nil {
		r.t.Fatalf("binding as %s: %v", dn, err)
	}
	return c
}

// values are those of one attribute of the entries that a filter finds.
func values(c *ldap.Conn, base, filter, attribute string) ([]string, error) {
	found, err := c.Search(ldap.NewSearchRequest(base, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 0, 0, false, filter, []string{attribute}, nil))
	if err != nil {
		return nil, err
	}
	var list []string
	for _, e := range found.Entries {
		list = append(list, e.GetEqualFoldAttributeValues(attribute)...)
	}
	return list, nil
}

func writeText(t *testing.T, file, text string) string {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
