package main

import (
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"
	"github.com/google/go-cmp/cmp"

	"github.com/aclens/aclens/proxy/upstream/slapdtest"
)

const referringLDIF = `dn: o=acme
objectClass: organization
o: acme

dn: cn=reader,o=acme
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: reader
userPassword: Quiver-Lantern-48213

dn: cn=Jane Doe,o=acme
objectClass: dominoPerson
cn: Jane Doe
sn: Doe

dn: ou=Partners,o=acme
objectClass: referral
objectClass: extensibleObject
ou: Partners
ref: %[1]s/ou=Branch,o=other

dn: ou=Loop,o=acme
objectClass: referral
objectClass: extensibleObject
ou: Loop
ref: %[1]s/o=acme

dn: ou=Self,o=acme
objectClass: referral
objectClass: extensibleObject
ou: Self
ref: %[1]s/ou=Self,o=acme

dn: cn=Forged,o=acme
objectClass: referral
objectClass: extensibleObject
cn: Forged
member: cn=Jane Doe,o=acme
ref: ldap://127.0.0.1:1/cn=Forged,o=strangers
`

const branchLDIF = `dn: o=other
objectClass: organization
o: other

dn: cn=reader,o=other
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: reader
userPassword: Quiver-Lantern-48213

dn: ou=Branch,o=other
objectClass: organizationalUnit
ou: Branch

dn: cn=Ann Ray,ou=Branch,o=other
objectClass: dominoPerson
cn: Ann Ray
sn: Ray
`

const referringConfig = `
listen: {ldap: 127.0.0.1:0, http: 127.0.0.1:0}
referrals: %s
directory:
  ldap: {urls: ["%s"], bindDN: "cn=reader,o=acme", bindPassword: Quiver-Lantern-48213, bases: [o=acme]}
secondaries:
  - {name: branch, ldap: {urls: ["%s"], bindDN: "cn=reader,o=other", bindPassword: Quiver-Lantern-48213, bases: ["%s"]}}
clients:
  - {dn: anonymous, read: [all]}
  - {dn: "cn=reader,o=acme", read: [people]}
`

// startReferring serves a directory with references to another one, of which a
// secondary has what lies below a base.
func startReferring(t *testing.T, mode, base string) (*running, *slapdtest.Server) {
	t.Helper()
	branch := slapdtest.Start(t, slapdtest.Options{Suffix: "o=other", LDIF: []byte(branchLDIF)})
	first := slapdtest.Start(t, slapdtest.Options{Suffix: "o=acme", LDIF: fmt.Appendf(nil, referringLDIF, branch.URL)})
	r := start(t, fmt.Sprintf(referringConfig, mode, first.URL, branch.URL, base))
	r.awaitReady(http.StatusOK)
	return r, branch
}

// found is what a search finds: names and references.
func found(t *testing.T, c *ldap.Conn, base string, controls ...ldap.Control) (dns, references []string) {
	t.Helper()
	got, err := c.Search(ldap.NewSearchRequest(base, ldap.ScopeWholeSubtree, 0, 0, 0, false, "(objectClass=*)", []string{"ref"}, controls))
	if err != nil {
		t.Fatalf("searching below %q: %v", base, err)
	}
	for _, e := range got.Entries {
		dns = append(dns, strings.Join(append([]string{e.DN}, e.GetAttributeValues("ref")...), " "))
	}
	slices.Sort(dns)
	return dns, got.Referrals
}

func TestReferencesAreLeftOutByDefaultWhateverIsAskedFor(t *testing.T) {
	r, branch := startReferring(t, "drop", "cn=reader,o=other")
	for _, controls := range [][]ldap.Control{nil, {ldap.NewControlManageDsaIT(true)}} {
		dns, references := found(t, r.dial(), "o=acme", controls...)
		if diff := cmp.Diff([]string{"cn=Jane Doe,o=acme", "cn=reader,o=acme", "o=acme"}, dns); diff != "" || len(references) > 0 {
			t.Errorf("%v %s", references, diff)
		}
	}
	_, err := r.dial().Search(ldap.NewSearchRequest("ou=Partners,o=acme", ldap.ScopeBaseObject, 0, 0, 0, false, "(objectClass=*)", nil, nil))
	if !ldap.IsErrorWithCode(err, ldap.LDAPResultNoSuchObject) || strings.Contains(err.Error(), branch.URL) {
		t.Errorf("a reference ends a search with %v", err)
	}
	if n, err := metric(r.url("/metrics"), "aclens_upstream_referrals_total"); err != nil || n != "4" {
		t.Errorf("%s references are counted, %v", n, err)
	}
}

func TestReferencesAreFollowedWhereTheServerIsConfigured(t *testing.T) {
	r, _ := startReferring(t, "chase", "cn=reader,o=other")
	dns, references := found(t, r.dial(), "")
	want := []string{"cn=Ann Ray,ou=Branch,o=other", "cn=Jane Doe,o=acme", "cn=reader,o=acme", "cn=reader,o=other", "o=acme", "ou=Branch,o=other"}
	if diff := cmp.Diff(want, dns); diff != "" || len(references) > 0 {
		t.Errorf("%v %s", references, diff)
	}
}

func TestRewrittenReferencesLeadToTheProxyAndEnd(t *testing.T) {
	r, branch := startReferring(t, "rewrite", "ou=Branch,o=other")
	here := "ldap://" + r.address("ldap")
	target := here + "/ou=Branch%2Co=other"
	dns, references := found(t, r.dial(), "o=acme")
	if diff := cmp.Diff([]string{"cn=Jane Doe,o=acme", "cn=reader,o=acme", "o=acme"}, dns); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{target + "??sub"}, references); diff != "" {
		t.Error(diff)
	}
	dns, references = found(t, r.dial(), "o=acme", ldap.NewControlManageDsaIT(true))
	if diff := cmp.Diff([]string{"cn=Jane Doe,o=acme", "cn=reader,o=acme", "o=acme", "ou=Partners,o=acme " + target}, dns); diff != "" || len(references) > 0 {
		t.Errorf("%v %s", references, diff)
	}
	_, err := r.dial().Search(ldap.NewSearchRequest("cn=Ann Ray,ou=Partners,o=acme", ldap.ScopeBaseObject, 0, 0, 0, false, "(objectClass=*)", nil, nil))
	var failed *ldap.Error
	if !ldap.IsErrorWithCode(err, ldap.LDAPResultReferral) || !errors.As(err, &failed) || failed.Packet == nil {
		t.Fatalf("a search below a reference ends with %v", err)
	}
	if all := string(failed.Packet.Bytes()); !strings.Contains(all, here+"/cn=Ann%20Ray%2Cou=Branch%2Co=other??base") || strings.Contains(all, branch.URL) {
		t.Errorf("it leads to %q", all)
	}
	for _, filter := range []string{"(ref=*)", "(ref=" + branch.URL + "/ou=Branch,o=other)"} {
		got, err := r.dial().Search(ldap.NewSearchRequest("o=acme", ldap.ScopeWholeSubtree, 0, 0, 0, false, filter, nil, []ldap.Control{ldap.NewControlManageDsaIT(true)}))
		if err != nil || len(got.Entries) > 0 {
			t.Errorf("%s: %v %v", filter, got, err)
		}
	}
	if _, references := found(t, r.bound("cn=reader,o=acme", secretWord), "o=acme"); len(references) != 1 {
		t.Errorf("who may read people is led to %v", references)
	}
	out, err := exec.CommandContext(brief(t), program(t, "ldapsearch"), "-x", "-LLL", "-C", "-H", here, "-b", "o=acme", "(sn=*)", "cn").CombinedOutput()
	if err != nil || strings.Count(string(out), "cn: Ann Ray\n") != 1 || strings.Count(string(out), "cn: Jane Doe\n") != 1 {
		t.Errorf("ldapsearch that follows references: %v\n%s", err, out)
	}
}
