package saved_test

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/saved"
	"github.com/aclens/aclens/resolver/schema"
)

// crowd is a company of a given size: people in a hundred units, groups with
// members members each, every tenth of them in another group, and databases
// whose ACLs name groups, people and units.
type crowd struct{ people, groups, members, databases int }

// city is the size that the figures of the package are about: 330,000
// memberships.
var city = crowd{people: 100_000, groups: 10_000, members: 33, databases: 1_000}

func (c crowd) dn(i int) string {
	return fmt.Sprintf("CN=Person %d,OU=Unit %d,O=Acme", i%c.people, i%c.people%100)
}

func (c crowd) person(i int) *directory.Draft {
	d := &directory.Draft{DN: c.dn(i)}
	d.AddText("objectClass", "dominoPerson", "inetOrgPerson", "organizationalPerson", "person", "top")
	d.AddText("cn", fmt.Sprintf("Person %d", i))
	d.AddText("sn", fmt.Sprintf("Family %d", i%5000))
	d.AddText("givenName", fmt.Sprintf("Given %d", i%700))
	d.AddText("uid", fmt.Sprintf("p%d", i))
	d.AddText("mail", fmt.Sprintf("person.%d@acme.example", i))
	d.AddText("employeeNumber", fmt.Sprintf("%08d", i))
	return d
}

func (c crowd) group(i int) *directory.Draft {
	d := &directory.Draft{DN: fmt.Sprintf("CN=Group %d", i)}
	d.AddText("objectClass", "dominoGroup", "groupOfNames", "top")
	d.AddText("cn", fmt.Sprintf("Group %d", i))
	d.AddText("groupType", "0")
	members := make([][]byte, 0, c.members)
	inner := i*10 + 1
	for p := range c.members {
		if p == 0 && inner < c.groups {
			members = append(members, fmt.Appendf(nil, "CN=Group %d", inner))
			continue
		}
		members = append(members, []byte(c.dn(i*7919+p*31)))
	}
	d.Add("member", members...)
	return d
}

func (c crowd) input(tb testing.TB) resolver.Input {
	tb.Helper()
	in := resolver.Input{Settings: resolver.Defaults(), Store: directory.Empty(schema.Standard()), Databases: c.set(tb)}
	in.Entries = make([]directory.Change, 0, c.people+c.groups)
	for i := range c.people {
		in.Entries = append(in.Entries, directory.Change{Put: c.person(i)})
	}
	for i := range c.groups {
		in.Entries = append(in.Entries, directory.Change{Put: c.group(i)})
	}
	return in
}

func (c crowd) set(tb testing.TB) *database.Set {
	tb.Helper()
	instances := make([]*database.Instance, c.databases)
	for i := range instances {
		l := &acl.List{Roles: []string{"[Admin]", "[Buyer]"}, MaxLevel: acl.Editor, MaxKnown: true, Consistent: acl.No}
		add := func(label string, kind acl.UserType, level acl.Level, roles ...string) {
			e := acl.NewEntry(label, false)
			for j := range l.Entries {
				if l.Entries[j].Key() == e.Key() {
					return
				}
			}
			e.Type, e.Level = kind, level
			var err error
			if e.Roles, err = l.RoleSetOf(roles...); err != nil {
				tb.Fatal(err)
			}
			l.Entries = append(l.Entries, e)
		}
		add("-Default-", acl.TypeUnspecified, acl.NoAccess)
		add("Anonymous", acl.TypeUnspecified, acl.NoAccess)
		add("LocalDomainServers", acl.TypeServerGroup, acl.Manager)
		add(fmt.Sprintf("*/Unit %d/Acme", i%100), acl.TypeUnspecified, acl.Reader)
		add(fmt.Sprintf("Person %d/Unit %d/Acme", i, i%100), acl.TypePerson, acl.Manager, "Admin")
		for g := range 10 {
			add(fmt.Sprintf("Group %d", (i*31+g*7)%max(1, c.groups)), acl.TypePersonGroup, acl.Level(1+g%5), "Buyer")
		}
		if err := l.Seal(); err != nil {
			tb.Fatal(err)
		}
		instances[i] = &database.Instance{
			Server: name.Parse("Hub1/Acme"), Path: fmt.Sprintf("apps/db%d.nsf", i), ReplicaID: fmt.Sprintf("%016X", i+1),
			Title: fmt.Sprintf("Application %d", i), List: l, Origin: fmt.Sprintf("acls/db%d.dxl", i),
		}
	}
	set, _, err := database.Arrange(instances, database.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	return set
}

func (c crowd) build(tb testing.TB) *resolver.Snapshot {
	tb.Helper()
	s, faults := resolver.Build(c.input(tb))
	if len(faults) > 0 {
		tb.Fatal(faults[0])
	}
	return s
}

// BenchmarkBuildACity is what reading a city back is held against.
func BenchmarkBuildACity(b *testing.B) {
	in := city.input(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, faults := resolver.Build(in); len(faults) > 0 {
			b.Fatal(faults[0])
		}
	}
}

// BenchmarkReadACity reports, beside the time, how large the file is.
func BenchmarkReadACity(b *testing.B) {
	s := city.build(b)
	file := written(b, s, saved.Meta{})
	b.ReportAllocs()
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		if _, _, err := saved.Read(bytes.NewReader(file), schema.Standard(), resolver.Defaults()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(file))/(1<<20), "MiB-file")
	b.ReportMetric(float64(city.ldifBytes())/(1<<20), "MiB-LDIF")
}

func BenchmarkWriteACity(b *testing.B) {
	s := city.build(b)
	b.ReportAllocs()
	for b.Loop() {
		must(b, saved.Write(io.Discard, s, saved.Meta{}))
	}
}

// ldifBytes is how large the LDIF of the directory is.
func (c crowd) ldifBytes() int {
	n := 0
	count := func(d *directory.Draft) {
		n += len("dn: \n\n") + len(d.DN)
		for _, a := range d.Attributes {
			for _, v := range a.Values {
				n += len(a.Name) + len(": \n") + len(v)
			}
		}
	}
	for i := range c.people {
		count(c.person(i))
	}
	for i := range c.groups {
		count(c.group(i))
	}
	return n
}
