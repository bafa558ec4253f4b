package view

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
)

// dice makes random worlds and questions; the same seed makes the same ones.
type dice struct {
	*rand.Rand
	people, groups []string // DNs
	keys           []string // of databases
}

func newDice(seed uint64) *dice { return &dice{Rand: rand.New(rand.NewPCG(seed, 7))} }

func pick[T any](d *dice, list []T) T { return list[d.IntN(len(list))] }

func (d *dice) chance(percent int) bool { return d.IntN(100) < percent }

var units = []string{"ou=Sales,o=Acme", "ou=HR,o=Acme", "ou=West,ou=Sales,o=Acme", "o=Acme", "o=Partner"}

// drafts are a directory with nested groups, some of them in a circle, deny
// lists, servers, devices and members that are nobody.
func (d *dice) drafts() []directory.Draft {
	out := []directory.Draft{
		draft("o=Acme", "objectClass", "organization", "o", "Acme"), draft("o=Partner", "objectClass", "organization", "o", "Partner"),
		draft("ou=Sales,o=Acme", "objectClass", "organizationalUnit", "ou", "Sales", "description", "sells"),
		draft("ou=HR,o=Acme", "objectClass", "organizationalUnit", "ou", "HR"),
		draft("cn=Printer,ou=Sales,o=Acme", "objectClass", "device", "cn", "Printer", "description", "by the stairs", "serialNumber", "77"),
	}
	for i := range 14 {
		out = append(out, d.person(i))
	}
	for i := range 2 {
		dn := fmt.Sprintf("cn=Hub%d,o=Acme", i)
		d.people = append(d.people, dn)
		out = append(out, draft(dn, "objectClass", "dominoServer", "cn", fmt.Sprintf("Hub%d", i)))
	}
	for i := range 9 {
		dn := fmt.Sprintf("cn=Group %d", i)
		if i%4 == 3 {
			dn += "," + pick(d, units[:3])
		}
		d.groups = append(d.groups, dn)
	}
	for i, dn := range d.groups {
		out = append(out, d.group(dn, i))
	}
	return out
}

func (d *dice) person(i int) directory.Draft {
	first, last := pick(d, []string{"Jane", "Rob", "Zoë", "Jürgen"}), pick(d, []string{"Doe", "Nash", "O'Neil", "Müller, Jr."})
	dn := string(name.AppendRDN(nil, "cn", fmt.Sprintf("%s %s %d", first, last, i))) + "," + pick(d, units)
	p := draft(dn, "objectClass", "dominoPerson", "objectClass", "inetOrgPerson", "cn", fmt.Sprintf("%s %s %d", first, last, i), "sn", last,
		"givenName", first, "uid", fmt.Sprintf("u%d", i), "userPassword", "secret", "createTimestamp", fmt.Sprintf("2026010%d000000Z", 1+i%9))
	if d.chance(70) {
		p.AddText("mail", fmt.Sprintf("u%d@acme.example", i), strings.ToLower(first)+"@acme.example")
	}
	if d.chance(40) {
		p.AddText("cn;lang-de", first+" die  Erste")
	}
	if d.chance(50) {
		p.AddText("telephoneNumber", fmt.Sprintf("+1 555 01%02d", i))
	}
	if len(d.people) > 0 && d.chance(50) {
		p.AddText("manager", pick(d, d.people))
	}
	if d.chance(30) {
		p.AddText("altFullName", fmt.Sprintf("cn=Alt %d,o=Acme", i))
	}
	d.people = append(d.people, dn)
	return p
}

func (d *dice) group(dn string, i int) directory.Draft {
	first, _, _ := strings.Cut(dn, ",")
	g := draft(dn, "objectClass", "dominoGroup", "objectClass", "groupOfNames", "cn", first[3:])
	if i == 0 || d.chance(85) {
		g.AddText("groupType", fmt.Sprint(pick(d, []int{0, 0, 0, 1, 2, 3, 4})))
	}
	seen := map[string]bool{}
	for range d.IntN(7) {
		m := pick(d, append(append([]string{"cn=Nobody,o=Acme", "cn=*,ou=Sales,o=Acme", "cn=*,o=Partner"}, d.people...), d.groups...))
		if m != dn && !seen[m] {
			seen[m] = true
			g.AddText("member", m)
		}
	}
	return g
}

// databases are random ACLs that name people, groups and wildcards.
func (d *dice) databases(t testing.TB) *database.Set {
	var all []*database.Instance
	for i, path := range []string{`apps\crm.nsf`, `apps\h#r.nsf`, `help\guide.nsf`, `x.nsf`} {
		l := &acl.List{Roles: []string{"[Buyer]", "[Au=dit, all]"}, MaxLevel: acl.Level(d.IntN(acl.Levels)), MaxKnown: d.chance(80), Consistent: acl.No}
		labels := []string{acl.DefaultName, acl.AnonymousName, "*/Acme", "*/Sales/Acme", "*"}
		for _, dn := range append(append([]string{}, d.people...), d.groups...) {
			parsed, err := name.ParseDN(dn)
			must(t, err)
			labels = append(labels, name.FromDN(parsed).Abbreviated())
		}
		for at, label := range labels {
			if at > 0 && !d.chance(25) {
				continue
			}
			e := acl.NewEntry(label, label == acl.DefaultName)
			e.Level, e.Privileges = acl.Level(d.IntN(acl.Levels)), acl.Privileges(d.IntN(int(acl.AllPrivileges)+1))
			for r := range l.Roles {
				if d.chance(30) {
					e.Roles = e.Roles.With(r)
				}
			}
			l.Entries = append(l.Entries, e)
		}
		must(t, l.Seal())
		all = append(all, &database.Instance{Server: name.Parse("Hub0/Acme"), Path: path, ReplicaID: fmt.Sprintf("C1258A2F004B7D%02d", i), List: l})
	}
	set, _, err := database.Arrange(all, database.Options{Aliases: map[string]string{"crm": "apps/crm.nsf"}})
	must(t, err)
	for _, db := range set.All() {
		d.keys = append(d.keys, db.Key)
	}
	return set
}

// world is a random Snapshot with its source.
func (d *dice) world(t testing.TB) (*resolver.Snapshot, []directory.Draft) {
	drafts := d.drafts()
	in := resolver.Input{Settings: resolver.Defaults(), Entries: changes(drafts), Databases: d.databases(t), AsOf: resolver.AsOf{Directory: testTime, ACL: testTime}}
	return build(t, in), drafts
}

// clients are some identities of a random world.
func (d *dice) clients() []who {
	person := pick(d, d.people)
	return []who{
		{name: "all", dn: reader, rules: []policy.Rule{allRule()}},
		{name: "a person", dn: person},
		{name: "a person and everybody's groups", dn: person, rules: []policy.Rule{{Who: policy.AnyBound, Read: []string{"groups"}}}},
		{name: "people and access to some", dn: client, rules: []policy.Rule{narrowed(one("people", "access"), []string{pick(d, d.keys)}, nil)}},
		{name: "few attributes", dn: client, rules: []policy.Rule{narrowed(one("people", "groups", "access"), nil, []string{"cn", "member", "memberOf", "effectiveAccess", "databaseKey"})}},
		{name: "a base and hidden attributes", dn: client, rules: []policy.Rule{one("ou=Sales,o=Acme", "groups", "denylists")}, hide: []string{"sn", "mail"}},
	}
}

// assertable are the attributes that random filters name.
var assertable = []string{"cn", "commonName", "2.5.4.3", "sn", "name", "cn;lang-de", "uid", "mail", "telephoneNumber", "description", "objectClass",
	"createTimestamp", "manager", "distinguishedName", "member", "isMemberOf", "memberOf", "isDirectMemberOf", "dominoAccessGroups", "userPassword",
	"effectiveAccess", "effectiveAccessAtLeast", "effectiveWebAccess", "effectiveRole", "effectivePrivilege", "effectiveAccessGroup", "effectiveHighestAccess",
	"effectiveNamesList", "effectiveAccessReason", "notesName", "accessLevel", "accessLevel;x-db-crm", "accessRole", "accessPrivilege", "entryDN", "accessSnapshot",
	"accessStale", "hasSubordinates", "numSubordinates", "structuralObjectClass", "databaseKey", "databaseLevelCount", "accessSubject", "accessSubjectDN",
	"winningEntry", "accessLevelNumber", "seeAlso", "noSuchAttribute", "groupType"}

var matchingRules = []string{"caseIgnoreMatch", "caseExactMatch", "distinguishedNameMatch", "integerMatch", "generalizedTimeMatch", "1.2.840.113556.1.4.1941", "noSuchRule",
	"caseIgnoreSubstringsMatch", "integerOrderingMatch"}

// filter makes a random filter; values are those of the pool by attribute.
func (d *dice) filter(depth int, pool map[string][]string) wire.Filter {
	if depth > 0 && d.chance(55) {
		f := wire.Filter{Kind: pick(d, []wire.FilterKind{wire.And, wire.Or, wire.Not})}
		n := d.IntN(4)
		if f.Kind == wire.Not {
			n = 1
		}
		for range n {
			f.Children = append(f.Children, d.filter(depth-1, pool))
		}
		return f
	}
	attribute := pick(d, assertable)
	f := item(pick(d, []wire.FilterKind{wire.Present, wire.Equality, wire.Equality, wire.Equality, wire.Approx, wire.Substrings,
		wire.GreaterOrEqual, wire.LessOrEqual, wire.Extensible}), attribute, d.value(attribute, pool))
	switch f.Kind {
	case wire.Substrings:
		d.cut(&f)
	case wire.Extensible:
		if d.chance(60) {
			f.Rule = []byte(pick(d, matchingRules))
		}
		f.DNAttributes = d.chance(30)
	}
	return f
}

func (d *dice) value(attribute string, pool map[string][]string) string {
	base, _, _ := strings.Cut(strings.ToLower(attribute), ";")
	values := pool[base]
	if len(values) == 0 || d.chance(15) {
		values = pool[pick(d, []string{"cn", "member", "effectiveaccess", "createtimestamp", "grouptype", "mail"})]
	}
	if len(values) == 0 {
		return "nothing"
	}
	v := pick(d, values)
	if key, rest, found := strings.Cut(v, "#"); found && key == "apps/crm.nsf" && d.chance(30) && strings.HasPrefix(base, "effective") && base != "effectiveaccessgroup" {
		return "crm#" + rest
	}
	switch d.IntN(8) {
	case 0:
		return strings.ToUpper(v)
	case 1:
		return v + "x"
	}
	return v
}

// cut makes substrings of a value.
func (d *dice) cut(f *wire.Filter) {
	v := f.Value
	f.Value = nil
	if len(v) == 0 {
		v = []byte("x")
	}
	i := d.IntN(len(v))
	j := i + d.IntN(len(v)-i) + 1
	switch d.IntN(4) {
	case 0:
		f.Initial = v[:j]
	case 1:
		f.Any = [][]byte{v[i:j]}
	case 2:
		f.Final = v[i:]
	default:
		f.Initial, f.Any = v[:i], [][]byte{v[i:j]}
	}
}
