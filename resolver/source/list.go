package source

import (
	"fmt"
	"strings"

	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/name"
)

// draftEntry is an ACL entry whose words are understood and whose roles are
// still text: in some sources the roles are defined after the entries.
type draftEntry struct {
	entry acl.Entry
	roles []string
	line  int
}

// draftList is an ACL on its way to a sealed acl.List.
type draftList struct {
	flaw
	list    acl.List
	entries []draftEntry
	log     []string
}

func entryCalled(label string) string { return fmt.Sprintf("entry %q", label) }

// defineRole adds a role to the ACL's own list.
func (d *draftList) defineRole(line int, role string) {
	if err := checkFilled("a role", role, maxRoleBytes); err != nil {
		d.spoil(line, "", err)
		return
	}
	if len(d.list.Roles) == maxDefinedRoles {
		d.spoil(line, "", fmt.Errorf("more than %d roles", maxDefinedRoles))
		return
	}
	d.list.Roles = append(d.list.Roles, acl.Bracketed(role))
}

// addEntry adds an entry unless something is wrong with it.
func (d *draftList) addEntry(e draftEntry) {
	if d.spoiled() {
		return
	}
	label := e.entry.Label
	if err := checkText("the name", label, maxNameBytes); err != nil {
		d.spoil(e.line, "", err)
		return
	}
	if len(d.entries) == maxEntries {
		d.spoil(e.line, entryCalled(label), fmt.Errorf("more than %d entries", maxEntries))
		return
	}
	for _, r := range e.roles {
		if err := checkFilled("a role", r, maxRoleBytes); err != nil {
			d.spoil(e.line, entryCalled(label), err)
			return
		}
	}
	d.entries = append(d.entries, e)
}

func (d *draftList) addLog(text string) {
	if len(d.log) < maxLogEntries {
		d.log = append(d.log, text)
	}
}

// finish resolves the roles and seals the list; nil when the draft is spoiled.
// The list is no part of the draft, which leads to the reader and its buffers.
func (d *draftList) finish(line int) *acl.List {
	list := d.list
	list.Entries = make([]acl.Entry, 0, len(d.entries))
	for _, e := range d.entries {
		set, err := list.RoleSetOf(e.roles...)
		if err != nil {
			d.spoil(e.line, entryCalled(e.entry.Label), err)
			return nil
		}
		e.entry.Roles = set
		list.Entries = append(list.Entries, e.entry)
	}
	if len(list.Roles) > acl.MaxRoles {
		d.spoil(line, "", fmt.Errorf("%d roles, but an ACL holds at most %d (rule 1.1)", len(list.Roles), acl.MaxRoles))
		return nil
	}
	if err := list.Seal(); err != nil {
		d.spoil(line, "", err)
	}
	if d.spoiled() {
		return nil
	}
	return &list
}

// place reads the words that say which database an ACL belongs to.
func place(in *database.Instance, server, path, replicaID, title string) error {
	if err := checkText("the server", server, maxNameBytes); err != nil {
		return err
	}
	if err := checkFilled("the path", path, maxPathBytes); err != nil {
		return err
	}
	if err := checkText("the title", title, maxPathBytes); err != nil {
		title = printable(title)
	}
	if strings.TrimSpace(server) != "" {
		in.Server = name.Parse(server)
	}
	in.Path, in.Title = path, title
	if strings.TrimSpace(replicaID) == "" {
		return nil
	}
	id, ok := name.ReplicaID(replicaID)
	if !ok {
		return fmt.Errorf("replica id %q is not 16 hexadecimal digits", replicaID)
	}
	in.ReplicaID = id
	return nil
}

// printable makes free text harmless: nothing is decided by it.
func printable(s string) string {
	s = strings.ToValidUTF8(s[:min(len(s), maxPathBytes)], "")
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)), " ")
}

// subjectOf names a database in messages, as its source spells it.
func subjectOf(server, path string) string {
	if server == "" {
		return "database " + path
	}
	return "database " + server + "!!" + path
}
