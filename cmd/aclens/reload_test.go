package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/go-ldap/ldap/v3"
)

const (
	reloadErrors = "aclens_config_reload_errors_total"
)

// rewrite puts another configuration into the place of the one that is served
// and asks for a reload.
func (r *running) rewrite(text string) {
	r.t.Helper()
	replace(r.t, filepath.Join(r.dir, "aclens.yaml"), text)
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		r.t.Fatalf("sending SIGHUP: %v", err)
	}
}

// awaitLine waits for a line of the log with a message and some words.
func (r *running) awaitLine(message string, words ...string) {
	r.t.Helper()
	await(r.t, func() error {
		for _, line := range r.log.Lines() {
			if line["msg"] != message {
				continue
			}
			missing := false
			for _, w := range words {
				missing = missing || !strings.Contains(fmt.Sprint(line), w)
			}
			if !missing {
				return nil
			}
		}
		return fmt.Errorf("the log has no %q with %q", message, words)
	})
}

const refusedReload = "the configuration was not taken; everything stays as it was"

// refused fails the test unless exactly so many reloads were refused.
func (r *running) refused(want string) {
	r.t.Helper()
	got, err := metric(r.url("/metrics"), reloadErrors)
	if err != nil || got != want {
		r.t.Errorf("%s reloads were refused, want %s (%v)", got, want, err)
	}
}

func foundText(c *ldap.Conn, filter, attribute string) (string, error) {
	list, err := values(c, "o=acme", filter, attribute)
	return strings.Join(list, " "), err
}

func TestAReloadChangesWhoMayReadWhat(t *testing.T) {
	noLeaks(t)
	r := start(t, offlineConfig)
	r.awaitReady(http.StatusOK)
	c := r.bound(reader, "reader")
	if mail, err := foundText(c, "(uid=jdoe)", "mail"); err != nil || mail != "jane.doe@acme.example" {
		t.Fatalf("before: %q, %v", mail, err)
	}
	before, err := foundText(c, "(uid=jdoe)", "modifyTimestamp")
	if err != nil {
		t.Fatal(err)
	}

	r.rewrite(offlineConfig + "hide: [mail]\n")
	await(t, func() error {
		mail, err := foundText(c, "(uid=jdoe)", "mail")
		if err == nil && mail != "" {
			err = errors.New("the hidden attribute is still there")
		}
		return err
	})
	wantAccess(t, c, "(uid=jdoe)", "apps/crm.nsf#reader")
	after, err := foundText(c, "(uid=jdoe)", "modifyTimestamp")
	if err != nil || after < before {
		t.Errorf("the time of change went back from %s to %s (%v)", before, after, err)
	}

	r.rewrite(strings.Replace(offlineConfig, "read: [all]", "read: [groups]", 1))
	await(t, func() error {
		list, err := values(c, "o=acme", "(uid=jdoe)", "uid")
		if err == nil && len(list) > 0 {
			err = errors.New("a right that was taken away still counts")
		}
		return err
	})
	r.refused("0")
}

func TestAReloadEndsFeedsUnderRulesThatAreOver(t *testing.T) {
	noLeaks(t)
	r := start(t, offlineConfig)
	r.awaitReady(http.StatusOK)
	c := r.bound(reader, "reader")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	search := ldap.NewSearchRequest("o=acme", ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 0, 0, false, "(uid=jdoe)", []string{"mail"}, nil)
	feed := c.Syncrepl(ctx, search, 1, ldap.SyncRequestModeRefreshAndPersist, nil, false)
	if !feed.Next() {
		t.Fatalf("no feed: %v", feed.Err())
	}
	r.rewrite(offlineConfig + "hide: [mail]\n")
	for feed.Next() {
	}
	if err := feed.Err(); !ldap.IsErrorWithCode(err, ldap.LDAPResultUnavailable) {
		t.Errorf("the feed ends with %v, want 52", err)
	}
}

func TestAReloadChangesLimitsBindsAndTheLog(t *testing.T) {
	noLeaks(t)
	quiet := strings.Replace(offlineConfig, "level: debug", "level: warn", 1)
	r := start(t, offlineConfig)
	r.awaitReady(http.StatusOK)
	c := r.bound(reader, "reader")
	if err := r.dial().Bind("jdoe", "jdoe"); err == nil {
		t.Fatal("a uid binds before it may")
	}
	r.rewrite(quiet + "limits: {sizeLimit: 3}\nbindNames: [dn, uid]\n")
	await(t, func() error { return r.dial().Bind("jdoe", "jdoe") })
	await(t, func() error {
		_, err := values(c, "o=acme", "(uid=*)", "uid")
		if !ldap.IsErrorWithCode(err, ldap.LDAPResultSizeLimitExceeded) {
			return fmt.Errorf("a search ends with %v, want 4", err)
		}
		return nil
	})
	before := len(r.log.Lines())
	r.rewrite(quiet)
	await(t, func() error {
		_, err := values(c, "o=acme", "(uid=*)", "uid")
		return err
	})
	for _, line := range r.log.Lines()[before:] {
		if line["level"] == "INFO" || line["level"] == "DEBUG" {
			t.Errorf("the log still tells %v", line)
		}
	}
}

func TestAFaultyConfigurationChangesNothing(t *testing.T) {
	noLeaks(t)
	r := start(t, offlineConfig)
	r.awaitReady(http.StatusOK)
	c := r.bound(reader, "reader")
	for i, text := range []string{
		strings.Replace(offlineConfig, "clients:", "hide: [mail]\nclinets:", 1),
		"not YAML: [",
		offlineConfig + "hide: [mail]\nsecondaries: [{name: x, ldif: [gone.ldif]}]\n",
		strings.Replace(offlineConfig, "ldif: [acme.ldif]", `ldap: {urls: ["ldap://127.0.0.1:1"], bases: [o=acme]}`, 1) + "hide: [mail]\n",
		strings.Replace(offlineConfig, "homeServers: [Hub1/Acme], ", "", 1) + "hide: [mail]\n",
	} {
		r.rewrite(text)
		await(t, func() error {
			n, err := metric(r.url("/metrics"), reloadErrors)
			if err == nil && n != strconv.Itoa(i+1) {
				err = fmt.Errorf("%s refused, want %d", n, i+1)
			}
			return err
		})
		if mail, err := foundText(c, "(uid=jdoe)", "mail"); err != nil || mail == "" {
			t.Errorf("configuration %d took effect: %q, %v", i, mail, err)
		}
		wantAccess(t, c, "(uid=jdoe)", "apps/crm.nsf#reader")
	}
	r.awaitLine(refusedReload, "aclens.yaml:7: clinets", "unknown key")
	r.awaitLine(refusedReload, "connection refused")
	r.awaitLine(refusedReload, "homeServers")
	r.rewrite(offlineConfig + "hide: [mail]\n")
	await(t, func() error {
		mail, err := foundText(c, "(uid=jdoe)", "mail")
		if err == nil && mail != "" {
			err = errors.New("a good configuration is not taken after faulty ones")
		}
		return err
	})
}

func TestWhatNeedsARestartIsSaidAndStays(t *testing.T) {
	noLeaks(t)
	r := start(t, offlineConfig)
	r.awaitReady(http.StatusOK)
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	r.rewrite(strings.Replace(offlineConfig, "ldap: 127.0.0.1:0", "ldap: 127.0.0.1:"+port, 1) + "hide: [mail]\nstate: {dir: state}\n")
	r.awaitLine("this key needs a restart; the old value stays", "aclens.yaml", "line:2", "key:listen.ldap")
	r.awaitLine("this key needs a restart; the old value stays", "line:9", "key:state.dir")
	await(t, func() error {
		mail, err := foundText(r.bound(reader, "reader"), "(uid=jdoe)", "mail")
		if err == nil && mail != "" {
			err = errors.New("the other keys are not taken")
		}
		return err
	})
	if _, err := os.Stat(filepath.Join(r.dir, "state")); !os.IsNotExist(err) {
		t.Errorf("a folder for the state was made: %v", err)
	}
	r.refused("0")
}

func TestAReloadTurnsToOtherSources(t *testing.T) {
	noLeaks(t)
	slapd := newSlapd(t)
	r := start(t, offlineConfig)
	r.awaitReady(http.StatusOK)
	c := r.bound(reader, "reader")
	wantAccess(t, c, "(uid=jdoe)", "apps/crm.nsf#reader")

	r.rewrite(strings.Replace(offlineConfig, "ldif: [acme.ldif]",
		fmt.Sprintf("ldap: {urls: [%q], bindDN: %q, bindPassword: %s, bases: [\"\"]}", slapd.URL, reader, secretWord), 1))
	r.awaitLine("the new sources answer")
	wantAccess(t, c, "(uid=jdoe)", "apps/crm.nsf#reader")
	await(t, func() error { return r.dial().Bind(reader, secretWord) }) // the password is the new directory's
	if err := r.dial().Bind(reader, "reader"); !ldap.IsErrorWithCode(err, ldap.LDAPResultInvalidCredentials) {
		t.Errorf("the old directory's password ends with %v, want 49", err)
	}
	change := ldap.NewModifyRequest("CN=Sales Team", nil)
	change.Add("member", []string{"CN=Frank Wood,OU=Sales,O=Acme"})
	if err := slapd.Dial().Modify(change); err != nil {
		t.Fatalf("changing a group: %v", err)
	}
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	awaitAccess(t, c, "(uid=fwood)", "apps/crm.nsf#editor")

	r.rewrite(strings.Replace(offlineConfig, "aliases: {crm: apps/crm.nsf}", "aliases: {sales: apps/crm.nsf}", 1))
	await(t, func() error {
		list, err := values(c, "o=acme", "(effectiveAccessAtLeast=sales#editor)", "uid")
		if err == nil && len(list) == 0 {
			err = errors.New("the new alias is not known")
		}
		return err
	})
	await(t, func() error { return r.dial().Bind(reader, "reader") })
	r.refused("0")
}

func TestAReloadMendsADirectoryThatWasNeverThere(t *testing.T) {
	noLeaks(t)
	r := start(t, strings.Replace(offlineConfig, "ldif: [acme.ldif]", `ldap: {urls: ["ldap://127.0.0.1:1"], bases: [o=acme]}`, 1))
	r.awaitReady(http.StatusServiceUnavailable)
	r.rewrite(offlineConfig)
	r.awaitReady(http.StatusOK)
	wantAccess(t, r.bound(reader, "reader"), "(uid=jdoe)", "apps/crm.nsf#reader")
}
