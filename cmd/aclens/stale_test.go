package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"
)

func TestSourcesThatAreTooOldAreFlaggedOrRefused(t *testing.T) {
	const base = `
listen: {ldap: 127.0.0.1:0, http: 127.0.0.1:0}
directory: {ldif: [acme.ldif]}
databases: {dxl: [acls], homeServers: [Hub1/Acme], exclude: []}
clients: [{dn: anonymous, read: [people, groups, access]}]
`
	for _, c := range []struct {
		sentence, stale string
		old             []string // files of two hours ago
		ready           int
		code            uint16
		flag            string
	}{
		{"what is young enough is neither", "stale: {directory: 1h, acl: 1h, then: refuse}", nil, 200, ldap.LDAPResultSuccess, "FALSE"},
		{"an old directory is flagged", "stale: {directory: 1h, acl: 1h, then: flag}", []string{"acme.ldif"}, 200, ldap.LDAPResultSuccess, "TRUE"},
		{"an old ACL is flagged", "stale: {directory: 1h, acl: 1h, then: flag}", []string{"acls"}, 200, ldap.LDAPResultSuccess, "TRUE"},
		{"an old directory is refused", "stale: {directory: 1h, acl: 1h, then: refuse}", []string{"acme.ldif"}, 503, ldap.LDAPResultUnavailable, ""},
		{"an old ACL is refused", "stale: {directory: 1h, acl: 1h, then: refuse}", []string{"acls"}, 503, ldap.LDAPResultUnavailable, ""},
		{"each source has its own limit", "stale: {directory: 1h, acl: 3h, then: refuse}", []string{"acls"}, 200, ldap.LDAPResultSuccess, "FALSE"},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			dir := t.TempDir()
			if err := unpackSample(dir); err != nil {
				t.Fatal(err)
			}
			before := time.Now().Add(-2 * time.Hour)
			for _, name := range c.old {
				err := filepath.WalkDir(filepath.Join(dir, name), func(path string, _ os.DirEntry, err error) error {
					if err != nil {
						return err
					}
					return os.Chtimes(path, before, before)
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			r := startIn(t, dir, base+c.stale)
			await(t, func() error {
				_, err := metric(r.url("/metrics"), `aclens_source_age_seconds{source="acl"}`)
				return err
			})
			r.awaitReady(c.ready)
			conn := r.dial()
			got, err := values(conn, "o=acme", "(uid=jdoe)", "accessStale")
			if code := uint16(ldap.LDAPResultSuccess); err == nil && c.code != code || err != nil && !ldap.IsErrorWithCode(err, c.code) {
				t.Errorf("a search ends with %v", err)
			}
			if strings.Join(got, " ") != c.flag {
				t.Errorf("accessStale is %v, want %q", got, c.flag)
			}
			if root, err := conn.Search(ldap.NewSearchRequest("", ldap.ScopeBaseObject, 0, 0, 0, false, "(objectClass=*)", nil, nil)); err != nil || len(root.Entries) != 1 {
				t.Errorf("the root DSE: %v", err)
			}
			if code, text := request(t, "GET", r.url("/readyz"), "", "", ""); code != c.ready || (c.ready == http.StatusServiceUnavailable) != strings.Contains(string(text), "older than the configuration allows") {
				t.Errorf("/readyz: %d %s", code, text)
			}
		})
	}
}
