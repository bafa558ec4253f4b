package source

import (
	"encoding/xml"
	"errors"
	"fmt"
	"strings"

	"github.com/aclens/aclens/resolver/acl"
)

// dxlPrivileges are the privilege attributes of an entry (rule 11.4).
var dxlPrivileges = [...]struct {
	attribute string
	privilege acl.Privileges
}{
	{"createdocs", acl.CreateDocs}, {"deletedocs", acl.DeleteDocs},
	{"createpersonalagents", acl.CreatePrivateAgents}, {"createpersonalviews", acl.CreatePersonalFolders},
	{"createsharedviews", acl.CreateSharedFolders}, {"createlsjavaagents", acl.CreateLSJavaAgents},
	{"readpublicdocs", acl.ReadPublicDocs}, {"writepublicdocs", acl.WritePublicDocs},
}

// entry reads an <aclentry>.
func (d *databaseDXL) entry(t xml.StartElement) error {
	e := draftEntry{line: d.x.line}
	roles, flawed, err := d.entryRoles()
	if err != nil {
		return err
	}
	e.roles = roles
	label, named := attribute(t, "name")
	isDefault, wrong := boolAttribute(t, "default", false)
	switch {
	case flawed != nil:
	case wrong != nil:
		flawed = wrong
	case !named:
		flawed = errors.New("attribute name is missing")
	case strings.TrimSpace(label) == "" && !isDefault:
		return nil // allowed by rule 11.4; an empty name is no one's
	default:
		e.entry, flawed = dxlEntry(t, acl.NewEntry(label, isDefault))
	}
	if flawed != nil {
		d.spoil(e.line, entryCalled(printable(label)), flawed)
		return nil
	}
	d.addEntry(e)
	return nil
}

// entryRoles reads the content of an <aclentry>; the first error is about the
// entry, the second about the file.
func (d *databaseDXL) entryRoles() (roles []string, flawed, err error) {
	err = d.x.children(func(t xml.StartElement) error {
		switch {
		case tagOf(t.Name) != "role":
			flawed = fmt.Errorf("unexpected element <%s>", t.Name.Local)
			return d.x.skip()
		case len(roles) == maxDefinedRoles:
			flawed = fmt.Errorf("more than %d roles", maxDefinedRoles)
			return d.x.skip()
		}
		role, wrong, err := d.role()
		if wrong != nil {
			flawed = wrong
		}
		roles = append(roles, role)
		return err
	})
	return roles, flawed, err
}

// dxlEntry reads type, level and privileges. An omitted privilege attribute is
// true where the level permits the privilege (rule 11.5); replicate or copy has
// no attribute and stays unknown where it is possible (rules 1.4 and 11.7).
func dxlEntry(t xml.StartElement, e acl.Entry) (acl.Entry, error) {
	typ, _ := attribute(t, "type")
	level, ok := attribute(t, "level")
	if !ok {
		return e, errors.New("attribute level is missing")
	}
	var err error
	if e.Type, err = acl.ParseUserType(typ); err != nil {
		return e, err
	}
	if e.Level, err = acl.ParseLevel(level); err != nil {
		return e, err
	}
	for _, p := range dxlPrivileges {
		ticked, err := boolAttribute(t, p.attribute, true)
		if err != nil {
			return e, err
		}
		if ticked {
			e.Privileges |= p.privilege & e.Level.Possible()
		}
	}
	e.Unknown = (e.Privileges | acl.ReplicateOrCopy).Cut(e.Level) & acl.ReplicateOrCopy
	return e, nil
}
