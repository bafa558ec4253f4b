package company

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// WriteLDIF writes the directory as slapadd and aclens read it.
func (c *Company) WriteLDIF(file string) error {
	return writeFile(file, func(out io.Writer) {
		fmt.Fprintf(out, "dn: %s\nobjectClass: organization\no: Acme\n\n", Suffix)
		for _, unit := range []string{"Services", "Groups"} {
			writeUnit(out, unit)
		}
		for u := range units {
			writeUnit(out, fmt.Sprintf("Unit %02d", u))
		}
		fmt.Fprintf(out, "dn: %s\nobjectClass: applicationProcess\nobjectClass: simpleSecurityObject\ncn: reader\nuserPassword: %s\n\n", Reader, Password)
		for i := range c.People {
			c.writePerson(out, i)
		}
		for g := range c.Groups {
			c.WriteGroup(out, g)
		}
	})
}

func writeUnit(out io.Writer, unit string) {
	fmt.Fprintf(out, "dn: ou=%s,%s\nobjectClass: organizationalUnit\nou: %s\n\n", unit, Suffix, unit)
}

func (c *Company) writePerson(out io.Writer, i int) {
	name, uid := c.Common(i), c.UID(i)
	fmt.Fprintf(out, "dn: %s\nobjectClass: inetOrgPerson\nobjectClass: organizationalPerson\nobjectClass: person\nobjectClass: top\n", c.DN(i))
	fmt.Fprintf(out, "cn: %s\nsn: Doe\ngivenName: %s\nuid: %s\nmail: %s\n", name, strings.Fields(name)[0], uid, c.Mail(i))
	fmt.Fprintf(out, "telephoneNumber: +1 555 %07d\nemployeeNumber: %d\ntitle: Clerk\n\n", i, i)
}

// WriteGroup writes one group as LDIF.
func (c *Company) WriteGroup(out io.Writer, g int) {
	fmt.Fprintf(out, "dn: %s\nobjectClass: groupOfNames\nobjectClass: top\ncn: Group %06d\n", c.GroupDN(g), g)
	for _, p := range c.members[g] {
		fmt.Fprintf(out, "member: %s\n", c.DN(int(p)))
	}
	for _, inner := range c.inner[g] {
		fmt.Fprintf(out, "member: %s\n", c.GroupDN(int(inner)))
	}
	fmt.Fprintln(out)
}

// WriteACLs writes the access control lists into a folder, a DXL file each.
func (c *Company) WriteACLs(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("making the folder of lists: %w", err)
	}
	for n := range c.lists {
		if err := writeFile(filepath.Join(dir, fmt.Sprintf("db%04d.dxl", n)), func(out io.Writer) { c.writeList(out, n) }); err != nil {
			return err
		}
	}
	return nil
}

func (c *Company) writeList(out io.Writer, n int) {
	l, path := &c.lists[n], strings.ReplaceAll(c.Key(n), "/", `\`)
	fmt.Fprintf(out, "<?xml version='1.0' encoding='utf-8'?>\n<database xmlns='http://www.lotus.com/dxl' version='12.0' replicaid='C1258A2F%08X' path='CN=Hub1/O=Acme!!%s' title='Application %d'>\n", n, path, n)
	fmt.Fprintf(out, "<acl consistentacl='true' maxinternetaccess='editor' adminserver='CN=Hub1/O=Acme'>\n")
	for _, role := range roles {
		fmt.Fprintf(out, "<role>%s</role>\n", role)
	}
	writeLine(out, "-Default-", "default='true'", l.fallback)
	writeLine(out, "Anonymous", "", line{})
	writeLine(out, "LocalDomainServers", "type='servergroup'", line{level: Level(len(levels) - 1)})
	for _, u := range slices.Sorted(maps.Keys(l.units)) {
		writeLine(out, fmt.Sprintf("*/OU=Unit %02d/O=Acme", u), "", l.units[u])
	}
	for _, p := range slices.Sorted(maps.Keys(l.people)) {
		writeLine(out, c.notesName(int(p)), "type='person'", l.people[p])
	}
	for _, g := range slices.Sorted(maps.Keys(l.groups)) {
		writeLine(out, fmt.Sprintf("CN=Group %06d/OU=Groups/O=Acme", g), "type='persongroup'", l.groups[g])
	}
	fmt.Fprint(out, "</acl>\n</database>\n")
}

func writeLine(out io.Writer, name, more string, l line) {
	fmt.Fprintf(out, "<aclentry name='%s' level='%s' deletedocs='true' %s", name, l.level, more)
	granted := l.granted()
	if len(granted) == 0 {
		fmt.Fprint(out, "/>\n")
		return
	}
	fmt.Fprint(out, ">")
	for _, role := range granted {
		fmt.Fprintf(out, "<role>%s</role>", role)
	}
	fmt.Fprint(out, "</aclentry>\n")
}

// writeFile writes a file; the buffer keeps the first error.
func writeFile(name string, fill func(io.Writer)) error {
	file, err := os.Create(name)
	if err != nil {
		return fmt.Errorf("writing a file of the company: %w", err)
	}
	out := bufio.NewWriterSize(file, 1<<20)
	fill(out)
	if err := errors.Join(out.Flush(), file.Close()); err != nil {
		return fmt.Errorf("writing %s: %w", filepath.Base(name), err)
	}
	return nil
}
