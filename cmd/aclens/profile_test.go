package main

import (
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"testing"

	"github.com/go-ldap/ldap/v3"

	"github.com/aclens/aclens/proxy/upstream/slapdtest"
)

// activeDirectory is a slapd that announces itself as Active Directory does
// (MS-ADTS 3.1.1.3.4.3), with a group for mail alone and one of security. The
// type of the first is one that counts in Domino.
func activeDirectory(t *testing.T) *slapdtest.Server {
	t.Helper()
	root := writeText(t, filepath.Join(t.TempDir(), "root.ldif"), "dn:\nsupportedCapabilities: 1.2.840.113556.1.4.800\n")
	return slapdtest.Start(t, slapdtest.Options{
		Suffix: "o=acme",
		Global: []string{
			"attributetype ( 2.25.125711760900418935379229695597642577470.99.1.90 NAME 'supportedCapabilities' SYNTAX 1.3.6.1.4.1.1466.115.121.1.38 )",
			"rootDSE " + root,
		},
		LDIF: []byte(`dn: o=acme
objectClass: organization
o: acme

dn: cn=reader,o=acme
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: reader
userPassword: ` + secretWord + `

dn: cn=Jane Doe,o=acme
objectClass: inetOrgPerson
cn: Jane Doe
sn: Doe
uid: jdoe

dn: cn=Mailing,o=acme
objectClass: dominoGroup
cn: Mailing
groupType: 2
member: cn=Jane Doe,o=acme

dn: cn=Readers,o=acme
objectClass: dominoGroup
cn: Readers
groupType: -2147483646
member: cn=Jane Doe,o=acme
`)})
}

const profileConfig = `
listen: {ldap: 127.0.0.1:0, http: 127.0.0.1:0}
directory:
  ldap: {urls: ["%s"], bindDN: "cn=reader,o=acme", bindPassword: ` + secretWord + `, bases: [o=acme], refresh: {interval: 1h}}
  groupName: cn
databases: {yaml: [acl.yaml]}
clients: [{dn: "cn=reader,o=acme", read: [all]}]
log: {level: debug, format: json}
`

const profileACL = `
databases:
  - server: Hub1/Acme
    path: apps/x.nsf
    maxInternetAccess: manager
    entries:
      - {name: -Default-, level: noaccess}
      - {name: Mailing, type: persongroup, level: manager}
      - {name: Readers, type: persongroup, level: reader}
`

// What kind of directory it is decides which groups count, so an answer before
// that is known could be a wrong yes.
func TestTheKindOfADirectoryIsFoundOutAlsoWhereItWasAwayAtTheStart(t *testing.T) {
	for _, c := range []struct {
		sentence string
		away     bool
	}{{"there from the start", false}, {"away at the start", true}} {
		t.Run(c.sentence, func(t *testing.T) {
			noLeaks(t)
			slapd := activeDirectory(t)
			if c.away {
				slapd.Stop()
			}
			dir := t.TempDir()
			writeText(t, filepath.Join(dir, "acl.yaml"), profileACL)
			r := startIn(t, dir, fmt.Sprintf(profileConfig, slapd.URL))
			if c.away {
				r.awaitReady(http.StatusServiceUnavailable)
				slapd.Restart()
			}
			r.awaitReady(http.StatusOK)
			client := r.bound(reader, secretWord)
			access, err := values(client, "o=acme", "(uid=jdoe)", "effectiveAccess")
			if err != nil || !slices.Equal(access, []string{"apps/x.nsf#reader"}) {
				t.Errorf("Jane has %q (%v), want what the group of security gives", access, err)
			}
			if groups := allOf(t, client, "(uid=jdoe)").GetEqualFoldAttributeValues("memberOf"); len(groups) != 2 {
				t.Errorf("with all attributes memberOf is %q, want two groups, as Active Directory has it", groups)
			}
		})
	}
}

// allOf is the entry that a filter finds, with what * gives.
func allOf(t *testing.T, c *ldap.Conn, filter string) *ldap.Entry {
	t.Helper()
	found, err := c.Search(ldap.NewSearchRequest("", ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 0, 0, false, filter, []string{"*"}, nil))
	if err != nil || len(found.Entries) != 1 {
		t.Fatalf("%s: %v", filter, err)
	}
	return found.Entries[0]
}
