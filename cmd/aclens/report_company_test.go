package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
)

// company is a made-up organisation in the shape of a Domino Directory and the
// DXL of its databases: people in units, nested groups, an ACL of about twenty
// entries a database. Equal sizes give equal files.
type company struct {
	people, databases int
	random            *rand.Rand
}

const (
	unitCount        = 60
	peoplePerGroup   = 10 // people for each group that there is
	aclGroups        = 11
	aclPeople        = 3
	companyFirstName = "Jane John Mary Rob Ann Tom Eva Ben Clara Hugo Greta Max"
)

func newCompany(people, databases int) *company {
	return &company{people, databases, rand.New(rand.NewPCG(uint64(people), uint64(databases)))}
}

func (c *company) groups() int { return max(aclGroups+2, c.people/peoplePerGroup) }

// unit is where a person stands, outermost last.
func (c *company) unit(i int) (unit, division string) {
	return fmt.Sprintf("Unit%02d", i%unitCount), fmt.Sprintf("Division%d", i%unitCount%6)
}

func (c *company) common(i int) string {
	first := strings.Fields(companyFirstName)
	return fmt.Sprintf("%s Doe%05d", first[i%len(first)], i)
}

func (c *company) dn(i int) string {
	unit, division := c.unit(i)
	return fmt.Sprintf("CN=%s,OU=%s,OU=%s,O=Acme", c.common(i), unit, division)
}

// write fills a folder with directory.ldif, acls and aclens.yaml.
func (c *company) write(dir string) error {
	acls := filepath.Join(dir, "acls")
	if err := os.MkdirAll(acls, 0o700); err != nil {
		return err
	}
	config := "directory: {ldif: [directory.ldif]}\ndatabases: {dxl: [acls], homeServers: [Hub1/Acme]}\n"
	if err := os.WriteFile(filepath.Join(dir, "aclens.yaml"), []byte(config), 0o600); err != nil {
		return err
	}
	if err := writeBuffered(filepath.Join(dir, "directory.ldif"), c.writeDirectory); err != nil {
		return err
	}
	for n := range c.databases {
		file := filepath.Join(acls, fmt.Sprintf("db%04d.dxl", n))
		if err := writeBuffered(file, func(out io.Writer) { c.writeDatabase(out, n) }); err != nil {
			return err
		}
	}
	return nil
}

// writeBuffered writes a file; the buffer keeps the first error.
func writeBuffered(name string, fill func(io.Writer)) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(file, 1<<20)
	fill(out)
	return errors.Join(out.Flush(), file.Close())
}

func (c *company) writeDirectory(out io.Writer) {
	fmt.Fprint(out, "version: 1\n\ndn: O=Acme\nobjectClass: organization\no: Acme\n\ndn: CN=Hub1,O=Acme\nobjectClass: dominoServer\ncn: Hub1\n\n")
	for i := range c.people {
		uid, name := fmt.Sprintf("u%05d", i), c.common(i)
		fmt.Fprintf(out, "dn: %s\nobjectClass: dominoPerson\nobjectClass: inetOrgPerson\nobjectClass: organizationalPerson\nobjectClass: person\nobjectClass: top\n", c.dn(i))
		fmt.Fprintf(out, "cn: %s\nsn: %s\nuid: %s\nmail: %s@acme.example\ntelephoneNumber: +1 555 %05d\n", name, strings.Fields(name)[1], uid, uid, i)
		fmt.Fprintf(out, "mailDomain: ACME\nmailServer: CN=Hub1,O=Acme\nmailFile: mail\\%s\n\n", uid)
	}
	for g := range c.groups() {
		fmt.Fprintf(out, "dn: CN=Group %04d\nobjectClass: dominoGroup\nobjectClass: groupOfNames\nobjectClass: top\ncn: Group %04d\ngroupType: 0\n", g, g)
		for _, member := range c.members(g) {
			fmt.Fprintf(out, "member: %s\n", member)
		}
		fmt.Fprintln(out)
	}
}

// members are people of one unit, some from anywhere, and for three groups in
// four one or two groups further down: chains come out up to about ten long. A
// few groups are large.
func (c *company) members(g int) []string {
	size := 3 + c.random.IntN(25)
	if g%100 == 0 {
		size = c.people / 20
	}
	seen := map[string]bool{}
	var list []string
	add := func(dn string) {
		if !seen[dn] {
			seen[dn] = true
			list = append(list, dn)
		}
	}
	for range size {
		i := c.random.IntN(c.people)
		if c.random.IntN(3) > 0 {
			i = (i/unitCount*unitCount + g%unitCount) % c.people
		}
		add(c.dn(i))
	}
	if g%4 != 0 && g > 0 {
		for range 1 + c.random.IntN(2) {
			add(fmt.Sprintf("CN=Group %04d", c.random.IntN(g)))
		}
	}
	return list
}

var companyLevels = []string{"noaccess", "reader", "reader", "author", "author", "editor", "designer", "manager"}

func (c *company) writeDatabase(out io.Writer, n int) {
	fmt.Fprintf(out, "<?xml version='1.0' encoding='utf-8'?>\n<!DOCTYPE database SYSTEM 'xmlschemas/domino_12_0_2.dtd'>\n")
	fmt.Fprintf(out, "<database xmlns='http://www.lotus.com/dxl' version='12.0' replicaid='C1258A2F%08X' path='CN=Hub1/O=Acme!!apps\\area%02d\\db%04d.nsf' title='Application %d'>\n", n, n%25, n, n)
	fmt.Fprint(out, "<acl consistentacl='true' maxinternetaccess='editor' adminserver='CN=Hub1/O=Acme'>\n<role>[Admin]</role>\n<role>[Buyer]</role>\n<role>[Audit]</role>\n")
	c.line(out, "-Default-", "", companyLevels[n%3])
	c.line(out, "Anonymous", "", "noaccess")
	c.line(out, "LocalDomainServers", "servergroup", "manager")
	c.line(out, "LocalDomainAdmins", "persongroup", "manager")
	unit, division := c.unit(c.random.IntN(unitCount))
	c.line(out, fmt.Sprintf("*/OU=%s/OU=%s/O=Acme", unit, division), "", "author")
	c.line(out, fmt.Sprintf("*/OU=Division%d/O=Acme", c.random.IntN(6)), "", "reader")
	first := c.random.IntN(c.groups())
	for i := range aclGroups {
		c.line(out, fmt.Sprintf("Group %04d", (first+i*7)%c.groups()), "persongroup", companyLevels[c.random.IntN(len(companyLevels))])
	}
	someone := c.random.IntN(c.people)
	for i := range aclPeople {
		notes := strings.ReplaceAll(c.dn((someone+i)%c.people), ",", "/")
		c.line(out, notes, "person", companyLevels[c.random.IntN(len(companyLevels))])
	}
	fmt.Fprint(out, "</acl>\n</database>\n")
}

func (c *company) line(out io.Writer, name, kind, level string) {
	fmt.Fprintf(out, "<aclentry name='%s' level='%s' deletedocs='%t' createpersonalagents='true' writepublicdocs='false'", name, level, level == "manager" || c.random.IntN(2) == 0)
	if name == "-Default-" {
		fmt.Fprint(out, " default='true'")
	}
	if kind != "" {
		fmt.Fprintf(out, " type='%s'", kind)
	}
	roles := []string{"[Admin]", "[Buyer]", "[Audit]"}[:c.random.IntN(3)]
	if level == "noaccess" || len(roles) == 0 {
		fmt.Fprint(out, "/>\n")
		return
	}
	fmt.Fprint(out, ">")
	for _, role := range roles {
		fmt.Fprintf(out, "<role>%s</role>", role)
	}
	fmt.Fprint(out, "</aclentry>\n")
}
