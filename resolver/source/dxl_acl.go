package source

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
)

// ReadDatabases reads the ACLs of a DXL file: one <database>, one bare <acl>,
// or many, in a <dxl> or <databases> element or one after the other (rules 11.1
// to 11.7). A database with a flaw is a fault and is not emitted. A file that is
// not well-formed, refused or over a limit is an error, and so is one without
// any ACL; see the package comment for what an error means.
func ReadDatabases(r io.Reader, f File, emit func(database.Instance) error) ([]Fault, error) {
	x, err := newDXLReader(r, f)
	if err != nil {
		return nil, err
	}
	err = x.databases(emit)
	return x.all(), err
}

// databases reads every ACL of the file.
func (x *dxlReader) databases(emit func(database.Instance) error) error {
	found := false
	err := x.roots(func(t xml.StartElement) error {
		switch tagOf(t.Name) {
		case "database", "acl":
			found = true
			return x.database(t, emit)
		default:
			return x.skip()
		}
	})
	if err == nil && !found {
		err = fmt.Errorf("%s: holds no ACL: no <database> and no <acl> element", x.file.Name)
	}
	return err
}

// databaseDXL is one <database>, or one bare <acl>, while it is read.
type databaseDXL struct {
	x    *dxlReader
	in   database.Instance
	acls int
	draftList
}

// database reads a <database> or bare <acl> and emits it or its fault.
func (x *dxlReader) database(t xml.StartElement, emit func(database.Instance) error) error {
	line := x.line
	d := &databaseDXL{x: x}
	d.in.Origin = x.file.at(line)
	server, path := d.place(t, line)
	var err error
	if tagOf(t.Name) == "acl" {
		err = d.acl(t)
	} else {
		err = x.children(d.child)
	}
	if err != nil {
		return err
	}
	if d.acls == 0 {
		d.spoil(line, "", errors.New("holds no <acl>"))
	}
	if d.in.List = d.finish(line); d.spoiled() {
		d.report(&x.faultList, subjectOf(server, path))
		return nil
	}
	d.in.Log = d.log
	return emit(d.in)
}

// place reads the attributes of rule 11.3, and returns server and path as spelled.
func (d *databaseDXL) place(t xml.StartElement, line int) (server, path string) {
	path, named := attribute(t, "path")
	if tagOf(t.Name) == "acl" || !named {
		path = d.x.file.barePath()
	} else if before, after, ok := strings.Cut(path, "!!"); ok {
		server, path = before, after
	}
	id, ok := attribute(t, "replicaid")
	if ok && strings.TrimSpace(id) == "" {
		d.spoil(line, "", errors.New("attribute replicaid is empty"))
	}
	title, _ := attribute(t, "title")
	d.spoil(line, "", place(&d.in, server, path, id, title))
	version, _ := attribute(t, "version")
	maintenance, _ := attribute(t, "maintenanceversion")
	if maintenance != "" {
		version += " maintenance " + maintenance
	}
	d.in.Release = printable(version)
	return server, path
}

func (d *databaseDXL) child(t xml.StartElement) error {
	if tagOf(t.Name) == "acl" {
		return d.acl(t)
	}
	return d.x.skip()
}

// acl reads an <acl> (rule 11.1). An element that is not known there could be
// an entry that takes something away, so it spoils the database.
func (d *databaseDXL) acl(t xml.StartElement) error {
	line := d.x.line
	if d.acls++; d.acls > 1 {
		d.spoil(line, "", errors.New("holds more than one <acl>"))
	}
	d.spoil(line, "", d.aclAttributes(t))
	return d.x.children(func(t xml.StartElement) error {
		line := d.x.line
		if d.spoiled() {
			return d.x.skip()
		}
		switch tagOf(t.Name) {
		case "role":
			return d.definition(line)
		case "aclentry":
			return d.entry(t)
		case "logentry":
			return d.logEntry()
		}
		d.spoil(line, "", fmt.Errorf("unexpected element <%s> in the ACL", t.Name.Local))
		return d.x.skip()
	})
}

// aclAttributes reads the attributes of rule 11.2 with their defaults.
func (d *databaseDXL) aclAttributes(t xml.StartElement) error {
	d.list.MaxLevel, d.list.MaxKnown = acl.Editor, true
	if v, ok := attribute(t, "maxinternetaccess"); ok {
		level, err := acl.ParseLevel(v)
		if err != nil {
			return fmt.Errorf("attribute maxinternetaccess: %w", err)
		}
		d.list.MaxLevel = level
	}
	consistent, err := boolAttribute(t, "consistentacl", false)
	if err != nil {
		return err
	}
	d.list.Consistent = acl.TriOf(consistent)
	d.list.AdminServer, _ = attribute(t, "adminserver")
	if err := checkText("the administration server", d.list.AdminServer, maxNameBytes); err != nil {
		return err
	}
	d.list.AdminMayModify, err = adminMayModify(t)
	return err
}

func adminMayModify(t xml.StartElement) (string, error) {
	older, err := boolAttribute(t, "adminreaderauthor", false)
	if err != nil {
		return "", err
	}
	switch v, ok := attribute(t, "adminservermaymodify"); {
	case !ok && older:
		return "authorreaderfields", nil
	case !ok:
		return "none", nil
	case v == "none" || v == "authorreaderfields" || v == "namesfields":
		return v, nil
	default:
		return "", fmt.Errorf("attribute adminservermaymodify is %q, not none, authorreaderfields or namesfields", v)
	}
}

// role reads a <role>, in the ACL or in an entry; the first error is about this
// role, the second about the file.
func (d *databaseDXL) role() (string, error, error) {
	role, flawed, err := d.x.text(maxRoleBytes)
	if flawed != nil {
		flawed = fmt.Errorf("a role: %w", flawed)
	}
	return strings.TrimSpace(role), flawed, err
}

func (d *databaseDXL) definition(line int) error {
	role, flawed, err := d.role()
	if flawed != nil {
		d.spoil(line, "", flawed)
	} else if err == nil {
		d.defineRole(line, role)
	}
	return err
}

// logEntry keeps free text (rule 11.8); nothing is decided by it.
func (d *databaseDXL) logEntry() error {
	text, flawed, err := d.x.text(maxLogBytes)
	if err == nil && flawed == nil {
		d.addLog(strings.TrimSpace(text))
	}
	return err
}
