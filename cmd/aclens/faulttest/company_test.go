package faulttest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aclens/aclens/proxy/upstream/slapdtest"
)

// The service account, which reads everything.
const reader, readerPassword = "cn=reader,o=acme", "reader"

// How large the company is. Each team has a department above it, which the list
// of one database names.
const (
	people = 200
	teams  = 8
	temps  = 50 // who come and go
)

var levels = []string{"reader", "author", "editor", "designer"}

// company is the model: all that readers are told.
type company struct {
	notes  []*fact   // descriptions of people
	in     [][]*fact // by person and team: yes or no
	nested []*fact   // whether the team is in its department
	levels []*fact   // of the department in the database
	temps  []*fact   // the description of a temp, empty where there is none
}

func newCompany() *company {
	c := &company{}
	for p := range people {
		c.notes = append(c.notes, newFact("note of "+personUID(p), "at first"))
		var in []*fact
		for g := range teams {
			in = append(in, newFact(fmt.Sprintf("%s in team %d", personUID(p), g), yesNo((p+g)%4 == 0)))
		}
		c.in = append(c.in, in)
	}
	for g := range teams {
		c.nested = append(c.nested, newFact(fmt.Sprintf("team %d in its department", g), "yes"))
		c.levels = append(c.levels, newFact(fmt.Sprintf("level in database %d", g), levels[g%len(levels)]))
	}
	for n := range temps {
		c.temps = append(c.temps, newFact(fmt.Sprintf("temp %d", n), ""))
	}
	return c
}

func personUID(p int) string   { return fmt.Sprintf("p%03d", p) }
func personDN(p int) string    { return fmt.Sprintf("cn=Person %03d,ou=people,o=acme", p) }
func tempDN(n int) string      { return fmt.Sprintf("cn=Temp %d,ou=people,o=acme", n) }
func teamDN(g int) string      { return fmt.Sprintf("cn=Team %d,ou=groups,o=acme", g) }
func deptDN(g int) string      { return fmt.Sprintf("cn=Dept %d,ou=groups,o=acme", g) }
func anchorDN(g int) string    { return fmt.Sprintf("cn=Anchor %d,o=acme", g) } // whom database g names
func databaseKey(g int) string { return fmt.Sprintf("apps/db%d.nsf", g) }

// ldif is the directory of the model at first.
func (c *company) ldif() []byte {
	var b strings.Builder
	b.WriteString("dn: o=acme\nobjectClass: organization\no: acme\n\n")
	for _, ou := range []string{"people", "groups"} {
		fmt.Fprintf(&b, "dn: ou=%s,o=acme\nobjectClass: organizationalUnit\nou: %s\n\n", ou, ou)
	}
	fmt.Fprintf(&b, "dn: %s\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: reader\nuserPassword: %s\n\n", reader, readerPassword)
	for p := range people {
		fmt.Fprintf(&b, "dn: %s\nobjectClass: inetOrgPerson\ncn: Person %03d\nsn: Person\nuid: %s\nuserPassword: %s\ndescription: %s\n\n", personDN(p), p, personUID(p), personUID(p), c.notes[p].now())
	}
	for g := range teams {
		fmt.Fprintf(&b, "dn: %s\nobjectClass: inetOrgPerson\ncn: Anchor %d\nsn: Anchor\n\n", anchorDN(g), g)
		fmt.Fprintf(&b, "dn: %s\nobjectClass: groupOfNames\ncn: Dept %d\nmember: %s\n\n", deptDN(g), g, teamDN(g))
		fmt.Fprintf(&b, "dn: %s\nobjectClass: groupOfNames\ncn: Team %d\n", teamDN(g), g)
		for p := range people {
			if c.in[p][g].now() == "yes" {
				fmt.Fprintf(&b, "member: %s\n", personDN(p))
			}
		}
		b.WriteString("\n")
	}
	return []byte(b.String())
}

// writeACL replaces the export of a database by one with a level.
func writeACL(dir string, g int, level string) error {
	text := fmt.Sprintf(`<?xml version='1.0' encoding='utf-8'?>
<database xmlns='http://www.lotus.com/dxl' replicaid='C1258A2F%08X' path='CN=Hub1/O=Acme!!apps\db%d.nsf' title='Database %d'>
<acl maxinternetaccess='manager'>
<aclentry name='-Default-' default='true' level='noaccess' readpublicdocs='false' writepublicdocs='false'/>
<aclentry name='Dept %d' type='persongroup' level='%s'/>
<aclentry name='CN=Anchor %d/O=acme' type='person' level='%s'/>
</acl></database>
`, g, g, g, g, level, g, level)
	file := filepath.Join(dir, fmt.Sprintf("db%d.dxl", g))
	beside := filepath.Join(dir, fmt.Sprintf(".db%d", g))
	if err := os.WriteFile(beside, []byte(text), 0o600); err != nil {
		return err
	}
	return os.Rename(beside, file)
}

// settings of every aclens of these tests. Between two polls there are thirty
// seconds, so that what is seen earlier was told by the feed.
const settings = `
listen: {ldap: 127.0.0.1:0, http: 127.0.0.1:0}
directory:
  ldap:
    urls: ["ldap://%s"]
    bindDN: cn=reader,o=acme
    bindPassword: reader
    bases: [o=acme]
    refresh: {interval: 30s}
    timeouts: {connect: 1s, operation: 2s}
  groupName: cn
databases: {dxl: [%q]}
clients: [{dn: "cn=reader,o=acme", read: [all]}]
state: {dir: %q}
log: {level: info, format: json}
%s`

// office is a company that exists: a slapd, a folder of ACLs.
type office struct {
	*company
	slapd *slapdtest.Server
	acls  string // folder
}

func openOffice(t *testing.T) *office {
	t.Helper()
	o := &office{company: newCompany(), acls: filepath.Join(t.TempDir(), "acls")}
	if err := os.Mkdir(o.acls, 0o700); err != nil {
		t.Fatal(err)
	}
	for g := range teams {
		if err := writeACL(o.acls, g, o.levels[g].now()); err != nil {
			t.Fatal(err)
		}
	}
	o.slapd = slapdtest.Start(t, slapdtest.Options{
		Suffix: "o=acme", LDIF: o.ldif(), Overlays: []string{"syncprov\nsyncprov-sessionlog 10000"},
		Directives: []string{"index entryCSN,entryUUID eq"},
	})
	return o
}

func (o *office) address() string { return strings.TrimPrefix(o.slapd.URL, "ldap://") }

// config writes a configuration of an aclens that reaches the directory by an
// address, and returns its path.
func (o *office) config(t *testing.T, directory, more string) string {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "aclens.yaml")
	text := fmt.Sprintf(settings, directory, o.acls, filepath.Join(dir, "state"), more)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
