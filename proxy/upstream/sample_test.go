package upstream_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aclens/aclens/proxy/upstream"
	"github.com/aclens/aclens/proxy/upstream/slapdtest"
)

const (
	readerDN = "cn=reader,o=acme"
	janeDN   = "cn=Jane Doe,ou=Sales,o=acme"
)

// sample is a small tree with everything that must not come out of it.
func sample(people int) []byte {
	var b strings.Builder
	b.WriteString(`dn: o=acme
objectClass: organization
o: acme

dn: ou=Sales,o=acme
objectClass: organizationalUnit
ou: Sales

dn: cn=reader,o=acme
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: reader
userPassword: reader-secret

dn: cn=Jane Doe,ou=Sales,o=acme
objectClass: dominoPerson
cn: Jane Doe
sn: Doe
uid: jdoe
mailFile: mail\jdoe
HTTPPassword: jane-secret
userPassword: jane-secret

dn: cn=Sales Team,o=acme
objectClass: dominoGroup
cn: Sales Team
groupType: 0
member: cn=Jane Doe,ou=Sales,o=acme
`)
	for i := range people {
		fmt.Fprintf(&b, "\ndn: cn=Person %d,ou=Sales,o=acme\nobjectClass: dominoPerson\ncn: Person %d\nsn: Person\n", i, i)
	}
	return []byte(b.String())
}

// readable lets the service account read everything, hashes included, so that
// what is missing in a read was dropped by the reader.
var readable = []string{"access to * by dn.exact=cn=reader,o=acme read by anonymous auth by * none"}

func startSample(t *testing.T, people int, more ...string) *slapdtest.Server {
	t.Helper()
	return slapdtest.Start(t, slapdtest.Options{
		Suffix:     "o=acme",
		LDIF:       sample(people),
		Directives: append(append([]string{}, readable...), more...),
	})
}

// settingsFor read the sample as its service account.
func settingsFor(servers ...*slapdtest.Server) upstream.Settings {
	s := upstream.Settings{BindDN: readerDN, Password: password("reader-secret"), Bases: []string{"o=acme"}}
	for _, server := range servers {
		s.URLs = append(s.URLs, server.URL)
	}
	return s
}
