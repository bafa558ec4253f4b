package verify_test

import (
	"strings"
	"testing"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/schema"
	"github.com/aclens/aclens/resolver/server"
	"github.com/aclens/aclens/resolver/source"
	"github.com/aclens/aclens/resolver/verify"
)

// people are a directory in which every contested decision matters to somebody:
// Jane is in groups, John is covered by wildcards, Bob is of another
// organisation and a group member by his common name, Ann is eight groups deep
// and on a deny list.
const people = `dn: cn=Jane Doe,ou=Sales,o=Acme
objectClass: dominoPerson
uid: jdoe

dn: cn=John Smith,ou=Sales,o=Acme
objectClass: dominoPerson

dn: cn=Ann Ray,ou=HR,o=Acme
objectClass: dominoPerson

dn: cn=Bob Low,o=Else
objectClass: dominoPerson

dn: cn=Hub1,o=Acme
objectClass: dominoServer

dn: cn=Editors
objectClass: dominoGroup
groupType: 0
member: cn=Jane Doe,ou=Sales,o=Acme

dn: cn=Readers
objectClass: dominoGroup
groupType: 0
member: cn=Jane Doe,ou=Sales,o=Acme
member: cn=Ann Ray,ou=HR,o=Acme

dn: cn=Team
objectClass: dominoGroup
groupType: 0
member: cn=Bob Low

dn: cn=Leavers
objectClass: dominoGroup
groupType: 3
member: cn=Ann Ray,ou=HR,o=Acme

`

// chain is eight groups in each other.
func chain() string {
	var b strings.Builder
	member := "cn=Ann Ray,ou=HR,o=Acme"
	for _, n := range "12345678" {
		b.WriteString("dn: cn=G" + string(n) + "\nobjectClass: dominoGroup\ngroupType: 0\nmember: " + member + "\n\n")
		member = "cn=G" + string(n)
	}
	return b.String()
}

// lists are a database for each contested decision, named after it.
const lists = `databases:
  - {path: d1.nsf, server: Hub1/Acme, maxInternetAccess: manager, consistentAcl: true, roles: [A, B], entries: [
      {name: -Default-, level: noaccess}, {name: Jane Doe/Sales/Acme, type: person, level: reader, roles: [A]},
      {name: Editors, type: persongroup, level: editor, roles: [B]}]}
  - {path: d2.nsf, server: Hub1/Acme, maxInternetAccess: manager, consistentAcl: true, roles: [A, B], entries: [
      {name: -Default-, level: noaccess}, {name: Readers, level: reader, roles: [A]}, {name: Editors, level: editor, roles: [B]}]}
  - {path: d3.nsf, server: Hub1/Acme, maxInternetAccess: manager, consistentAcl: true, entries: [
      {name: -Default-, level: noaccess}, {name: Readers, level: reader, privileges: [createPrivateAgents]}, {name: Editors, level: editor}]}
  - {path: d4.nsf, server: Hub1/Acme, maxInternetAccess: manager, consistentAcl: true, entries: [
      {name: -Default-, level: noaccess}, {name: Readers, level: reader}, {name: "*/Sales/Acme", level: editor}]}
  - {path: d5.nsf, server: Hub1/Acme, maxInternetAccess: manager, consistentAcl: true, entries: [
      {name: -Default-, level: noaccess}, {name: "*/Acme", level: designer}, {name: "*/Sales/Acme", level: reader}]}
  - {path: d6.nsf, server: Hub1/Acme, maxInternetAccess: manager, consistentAcl: true, entries: [
      {name: -Default-, level: noaccess}, {name: Bob Low, type: person, level: editor}, {name: Ann Ray, type: person, level: author}]}
  - {path: d7.nsf, server: Hub1/Acme, maxInternetAccess: manager, consistentAcl: true, entries: [
      {name: -Default-, level: noaccess}, {name: Team, level: author}]}
  - {path: d8.nsf, server: Hub1/Acme, maxInternetAccess: manager, consistentAcl: true, entries: [
      {name: -Default-, level: reader}, {name: Leavers, level: noaccess}]}
  - {path: d9.nsf, server: Hub1/Acme, maxInternetAccess: manager, consistentAcl: true, entries: [
      {name: -Default-, level: noaccess}, {name: G8, level: editor}]}
  - {path: d10.nsf, server: Hub1/Acme, maxInternetAccess: reader, consistentAcl: true, roles: [A], entries: [
      {name: -Default-, level: editor, roles: [A]}]}
  - {path: local.nsf, server: Hub1/Acme, maxInternetAccess: manager, consistentAcl: false, entries: [{name: -Default-, level: noaccess}]}
  - {path: unknown.nsf, server: Hub1/Acme, entries: [{name: -Default-, level: editor}, {name: Anonymous, level: noaccess}]}
`

// build is the Snapshot of people and lists under some settings.
func build(t testing.TB, change func(*resolver.Settings), servers ...*server.Server) *resolver.Snapshot {
	t.Helper()
	in := resolver.Input{Settings: resolver.Defaults(), Store: directory.Empty(schema.Standard()), Servers: servers}
	if change != nil {
		change(&in.Settings)
	}
	err := source.ReadLDIF(strings.NewReader(people+chain()), source.File{Name: "people.ldif"}, func(d directory.Draft) error {
		in.Entries = append(in.Entries, directory.Change{Put: &d})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var instances []*database.Instance
	faults, err := source.ReadYAML(strings.NewReader(lists), source.File{Name: "lists.yaml"}, func(one database.Instance) error {
		instances = append(instances, &one)
		return nil
	}, nil)
	if err != nil || len(faults) > 0 {
		t.Fatal(err, faults)
	}
	if in.Databases, _, err = database.Arrange(instances, database.Options{}); err != nil {
		t.Fatal(err)
	}
	s, wrong := resolver.Build(in)
	if len(wrong) > 0 {
		t.Fatal(wrong)
	}
	return s
}

// asked are everybody in a Snapshot on the channels that matter.
func asked(t testing.TB, s *resolver.Snapshot, ask func(*resolver.Subject, *database.Database, resolver.Query)) {
	t.Helper()
	for _, text := range []string{"Jane Doe/Sales/Acme", "John Smith/Sales/Acme", "Ann Ray/HR/Acme", "Bob Low/Else", "Hub1/Acme", "Max Gone/Sales/Acme", "Anonymous"} {
		sub, _, err := s.FindSubject(text, resolver.OnlyHierarchicalNames)
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range []resolver.Query{
			{Channel: acl.Notes}, {Channel: acl.WebSession}, {Channel: acl.WebSSO}, {Channel: acl.WebAnonymous}, {Channel: acl.Local}, {Channel: acl.Notes, FullAccess: true},
		} {
			for _, db := range s.Databases().All() {
				ask(sub, db, q)
			}
		}
	}
}

// domino is what a Domino that reads everything as the Snapshot does would answer.
func domino(t testing.TB, s *resolver.Snapshot) []verify.Answer {
	t.Helper()
	var answers []verify.Answer
	asked(t, s, func(sub *resolver.Subject, db *database.Database, q resolver.Query) {
		d := s.Decide(sub, db.Primary, q)
		if d.CapUnknown {
			return // Domino knows; a Snapshot that does not cannot play Domino
		}
		answers = append(answers, verify.Answer{
			File: "domino.csv", Line: len(answers) + 2, User: sub.Name.Abbreviated(), Database: strings.ReplaceAll(db.Primary.Path, "/", `\`),
			Level: d.Level, Roles: db.Primary.List.RoleNames(d.Roles), HasRoles: true, Channel: q.Channel,
			Privileges: d.Privileges, HasPrivileges: true, FullAccess: q.FullAccess,
		})
	})
	return answers
}

// denying is a server that refuses one person.
func denying(whom string) *server.Server {
	n := name.Parse("Hub1/Acme")
	return &server.Server{Name: n, Document: &server.Document{Name: n, Lists: map[string][]string{
		server.AllowAccess: {}, server.DenyAccess: {whom}, server.FullAdmin: {},
	}}}
}
