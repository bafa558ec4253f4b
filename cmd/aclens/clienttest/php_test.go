package clienttest

import "testing"

// askPHP asks with PHP's own functions, which stand on libldap.
func askPHP(t *testing.T, w *world) {
	wantLines(t, `
bind	wrong password	49
bind	unknown name	49
bind	no name	34
bind	a name without a password	53
search	after a failed bind	32
bind	right password	bound
search	uid	ida jdoe jmueller pplain vstone
read	memberOf	cn=CRM Editors,ou=groups,o=acme cn=Interns,ou=groups,o=acme cn=Sales Team,ou=groups,o=acme cn=staff,ou=groups,o=acme cn=unixsales,ou=groups,o=acme
read	isMemberOf	cn=CRM Editors,ou=groups,o=acme cn=Interns,ou=groups,o=acme cn=Sales Team,ou=groups,o=acme cn=staff,ou=groups,o=acme cn=unixsales,ou=groups,o=acme
read	effectiveAccess	apps/crm.nsf#editor
read	accessRole;x-db-crm	[Buyer]
list	groups	Sales Team unixsales
search	memberOf	ida jdoe vstone
search	by an umlaut	jmueller
compare	sn	true
compare	mail	false
compare	isMemberOf	true
compare	pager	16
page	0	2
page	0	2
page	0	1
sorted	vstone pplain jmueller jdoe ida
unknown critical control	12
no such entry	32
write	53
who	dn:cn=reader,o=acme
StartTLS	dn:cn=Jane Doe,ou=people,o=acme
`, program(t, "php"), "testdata/ask.php", w.ldap, reader, readerPassword, w.ca)
}
