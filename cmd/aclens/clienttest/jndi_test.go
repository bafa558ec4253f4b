package clienttest

import "testing"

// askJNDI asks with Java's own client, on which Keycloak, Spring, Jenkins and
// WebSphere stand.
func askJNDI(t *testing.T, w *world) {
	wantLines(t, `
bind	right password	bound
bind	wrong password	AuthenticationException 49
bind	unknown name	AuthenticationException 49
bind	no name	InvalidNameException 34
root DSE	namingContexts	o=acme cn=access
root DSE	supportedLDAPVersion	3
root DSE	subschemaSubentry	cn=Subschema
root DSE	vendorName	aclens
root DSE	offers pages and sorting	true
schema	effectiveAccess	1.3.6.1.4.1.1466.115.121.1.15
schema	isMemberOf	1.3.6.1.4.1.1466.115.121.1.12
schema	accessLevel	1.3.6.1.4.1.1466.115.121.1.15
schema	accessRole	1.3.6.1.4.1.1466.115.121.1.15
schema	member	1.3.6.1.4.1.1466.115.121.1.12
schema	effectiveAccessRecord	effectiveAccessRecord
schema	more than a hundred types	true
schema	Jane's classes	inetOrgPerson posixAccount
search	uid	ida jdoe jmueller pplain vstone
search	memberOf	ida jdoe vstone
read	memberOf	cn=CRM Editors,ou=groups,o=acme|cn=Interns,ou=groups,o=acme|cn=Sales Team,ou=groups,o=acme|cn=staff,ou=groups,o=acme|cn=unixsales,ou=groups,o=acme
read	isMemberOf	cn=CRM Editors,ou=groups,o=acme|cn=Interns,ou=groups,o=acme|cn=Sales Team,ou=groups,o=acme|cn=staff,ou=groups,o=acme|cn=unixsales,ou=groups,o=acme
read	effectiveAccess	apps/crm.nsf#editor
read	accessRole;x-db-crm	[Buyer]
search	names below	cn=CRM Editors|cn=Interns|cn=Sales Team
search	in the virtual subtree	cn=Jane Doe,ou=people,o=acme|cn=Jürgen Müller,ou=partners,o=acme|cn=Victor Stone,ou=people,o=acme|uid=ida,ou=people,o=acme
search	no such entry	NameNotFoundException 32
search	size limit	2	SizeLimitExceededException 4
compare	(sn=DOE)	true
compare	(sn=Other)	false
compare	(effectiveAccess=crm#editor)	true
compare	(isMemberOf=CN=crm editors, OU=groups, O=acme)	true
compare	(member=cn=Jane Doe,ou=people,o=acme)	true
compare	(pager=1)	NoSuchAttributeException 16
compare	(userPassword=jdoe)	NoSuchAttributeException 16
pages	2 2 1
sorted	ida jdoe jmueller pplain vstone
sorted by a computed attribute	true	5
referrals	ignore	5
referrals	follow	5
referrals	throw	5
StartTLS	as Jane	jdoe
pool	jdoe vstone jdoe vstone
`, program(t, "java"), "-XX:TieredStopAtLevel=1", "-Dfile.encoding=UTF-8", "testdata/Ask.java", w.ldap, reader, readerPassword, w.ca)
}
