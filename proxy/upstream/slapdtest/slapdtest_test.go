package slapdtest_test

import (
	"testing"

	"github.com/go-ldap/ldap/v3"

	"github.com/aclens/aclens/deploy/demo"
	"github.com/aclens/aclens/proxy/upstream/slapdtest"
)

func count(t *testing.T, c *ldap.Conn, base string) int {
	t.Helper()
	r, err := c.Search(&ldap.SearchRequest{BaseDN: base, Scope: ldap.ScopeWholeSubtree, Filter: "(objectClass=*)", Attributes: []string{"1.1"}})
	if err != nil {
		t.Fatalf("searching: %v", err)
	}
	return len(r.Entries)
}

func TestTheDemoIsServedWithoutASuffixAndSurvivesARestart(t *testing.T) {
	s := slapdtest.Start(t, slapdtest.Options{LDIF: demo.LDIF()})
	before := count(t, s.Dial(), "")
	if before < 90 {
		t.Fatalf("only %d entries are served", before)
	}
	s.Stop()
	if _, err := ldap.DialURL(s.URL); err == nil {
		t.Fatal("a stopped server is connected to")
	}
	s.Restart()
	if after := count(t, s.Dial(), ""); after != before {
		t.Errorf("%d entries before the restart, %d after", before, after)
	}
	if err := s.Dial().Bind("CN=reader,O=Acme", "reader"); err != nil {
		t.Errorf("the service account cannot bind: %v", err)
	}
}
