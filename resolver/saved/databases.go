package saved

import (
	"fmt"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/name"
)

func writeDatabases(out *output, s *resolver.Snapshot) error {
	for _, k := range s.Databases().Kept() {
		for _, in := range k.Instances {
			if err := checkName(in.Server); err != nil {
				return fmt.Errorf("database %q: %w", k.Key, err)
			}
		}
		out.add(inDatabases, func(b []byte) []byte { return appendDatabase(b, &k) })
	}
	return nil
}

// checkName sees that a name is the same after it is read back: a Notes name
// that was made of a distinguished name may hold what no text of it says.
func checkName(n name.Name) error {
	if back := name.Parse(n.Canonical()); back.Key() != n.Key() {
		return fmt.Errorf("the name %q cannot be written", n.Canonical())
	}
	return nil
}

func appendDatabase(b []byte, k *database.Kept) []byte {
	b = appendTexts(appendText(b, k.Key), k.Alias)
	b = appendNumber(b, len(k.Instances))
	for _, in := range k.Instances {
		b = appendText(b, in.Server.Canonical())
		for _, text := range []string{in.Path, in.ReplicaID, in.Title, in.Origin, in.Release} {
			b = appendText(b, text)
		}
		b = appendTime(appendTexts(b, in.Log), in.CapturedAt)
		b = appendList(b, in.List)
	}
	return b
}

func (in *content) readDatabase(c *cursor) error {
	k := database.Kept{Key: c.text(), Alias: c.texts()}
	for range c.count() {
		if c.broken {
			break
		}
		one := &database.Instance{
			Server: name.Parse(c.text()), Path: c.text(), ReplicaID: c.text(), Title: c.text(), Origin: c.text(), Release: c.text(),
			Log: c.texts(), CapturedAt: c.time(),
		}
		var err error
		if one.List, err = readList(c); err != nil {
			return fmt.Errorf("database %q: %w", k.Key, err)
		}
		k.Instances = append(k.Instances, one)
	}
	in.databases = append(in.databases, k)
	return c.err()
}

func appendList(b []byte, l *acl.List) []byte {
	b = appendTexts(b, l.Roles)
	b = appendBool(appendNumber(b, l.MaxLevel), l.MaxKnown)
	b = appendNumber(b, l.Consistent)
	b = appendBool(appendText(appendText(b, l.AdminServer), l.AdminMayModify), l.ExtendedAccess)
	b = appendNumber(b, len(l.Entries))
	for i := range l.Entries {
		e := &l.Entries[i]
		b = appendNumber(appendText(b, e.Label), e.Kind)
		b = appendNumber(appendNumber(b, e.Type), e.Level)
		b = appendNumber(appendNumber(b, e.Privileges), e.Unknown)
		b = appendRoles(b, l, e.Roles)
	}
	return b
}

// appendRoles writes the positions of a set.
func appendRoles(b []byte, l *acl.List, set acl.RoleSet) []byte {
	b = appendNumber(b, set.Len())
	for i := range l.Roles {
		if set.Has(i) {
			b = appendNumber(b, i)
		}
	}
	return b
}

func readList(c *cursor) (*acl.List, error) {
	l := &acl.List{
		Roles: c.texts(), MaxLevel: acl.Level(c.below(uint64(acl.Levels))), MaxKnown: c.bool(), Consistent: acl.Tri(c.below(uint64(acl.Yes) + 1)),
		AdminServer: c.text(), AdminMayModify: c.text(), ExtendedAccess: c.bool(),
	}
	for range c.count() {
		if c.broken {
			break
		}
		e, err := readListEntry(c, len(l.Roles))
		if err != nil {
			return nil, err
		}
		l.Entries = append(l.Entries, e)
	}
	if err := c.err(); err != nil {
		return nil, err
	}
	return l, l.Seal()
}

// readListEntry reads one line. What its name means is found out again, and has
// to be what was written.
func readListEntry(c *cursor, roles int) (acl.Entry, error) {
	label := c.text()
	kind := acl.EntryKind(c.below(uint64(acl.KindTemplate) + 1))
	e := acl.NewEntry(label, kind == acl.KindDefault)
	e.Type = acl.UserType(c.below(uint64(acl.TypeServerGroup) + 1))
	e.Level = acl.Level(c.below(uint64(acl.Levels)))
	e.Privileges = acl.Privileges(c.below(uint64(acl.AllPrivileges) + 1))
	e.Unknown = acl.Privileges(c.below(uint64(acl.AllPrivileges) + 1))
	for range c.count() {
		if i := c.below(uint64(min(roles, acl.MaxRoles))); !c.broken {
			e.Roles = e.Roles.With(int(i))
		}
	}
	if e.Kind != kind && !c.broken {
		return e, fmt.Errorf("entry %q means something else now", label)
	}
	return e, c.err()
}
