package finding_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/finding"
	"github.com/aclens/aclens/resolver/name"
)

// person, group and the like write entries in LDIF.
func person(dn string, more ...string) string {
	return "dn: " + dn + "\nobjectClass: dominoPerson\n" + lined(more) + "\n"
}

func groupOf(cn, kind string, members ...string) string {
	text := "dn: cn=" + cn + "\nobjectClass: dominoGroup\ncn: " + cn + "\n"
	if kind != "" {
		text += "groupType: " + kind + "\n"
	}
	for _, m := range members {
		text += "member: " + m + "\n"
	}
	return text + "\n"
}

func lined(more []string) string {
	text := ""
	for _, m := range more {
		text += m + "\n"
	}
	return text
}

// appACL is one database with the given entries, otherwise beyond reproach.
func appACL(entries ...string) string {
	text := "databases:\n  - path: app.nsf\n    server: Hub1/Acme\n    maxInternetAccess: editor\n    consistentAcl: true\n    entries:\n"
	for _, e := range append([]string{"{name: -Default-, level: noaccess}", "{name: Anonymous, level: noaccess}"}, entries...) {
		text += "      - " + e + "\n"
	}
	return text
}

const people = "dn: cn=Jane Doe,ou=Sales,o=Acme\nobjectClass: dominoPerson\n\n" +
	"dn: cn=John Smith,ou=Sales,o=Acme\nobjectClass: dominoPerson\n\n" +
	"dn: cn=Hub1,o=Acme\nobjectClass: dominoServer\n\n"

func TestEveryKindIsFoundWhereItIsAndNotElsewhere(t *testing.T) {
	const jane, john = "cn=Jane Doe,ou=Sales,o=Acme", "cn=John Smith,ou=Sales,o=Acme"
	cases := []struct {
		title string
		ldif  string
		acl   string
		tune  func(*world)
		want  []string
	}{
		{title: "nothing is wrong", ldif: people + groupOf("Sales", "0", jane), acl: appACL("{name: Sales, type: persongroup, level: editor}")},
		{title: "two people hold one alternate name",
			ldif: person("cn=A,o=Acme", "altFullName: CN=X/O=Acme") + person("cn=B,o=Acme", "altFullName: CN=X/O=Acme"), acl: appACL(),
			want: []string{"error duplicate-name: X/Acme: cn=A,o=Acme, cn=B,o=Acme"}},
		{title: "an alternate name that is another's own name",
			ldif: person("cn=A,o=Acme", "altFullName: CN=B/O=Acme") + person("cn=B,o=Acme"), acl: appACL(`{name: B/Acme, level: editor}`),
			want: []string{"error duplicate-name: B/Acme: cn=A,o=Acme, cn=B,o=Acme"}},
		{title: "two groups of one name",
			ldif: people + groupOf("One", "0", jane) + "dn: cn=Two\nobjectClass: dominoGroup\ngroupType: 0\nlistName: Staff\nmember: " + jane +
				"\n\ndn: cn=Staff\nobjectClass: dominoGroup\ngroupType: 0\nmember: " + john + "\n",
			acl:  appACL("{name: Staff, type: persongroup, level: editor}"),
			want: []string{"error duplicate-group: Staff: cn=Staff, cn=Two"}},
		{title: "a bare common name that two people have", ldif: people + person("cn=Jane Doe,ou=HR,o=Acme"), acl: appACL("{name: Jane Doe, level: editor}"),
			want: []string{"warning duplicate-common-name: Jane Doe: cn=Jane Doe,ou=HR,o=Acme, cn=Jane Doe,ou=Sales,o=Acme"}},
		{title: "somebody deleted, a deleted group, somebody of another organisation", ldif: people,
			acl: appACL("{name: Max Gone/Sales/Acme, level: editor}", "{name: Old Team, level: editor}", "{name: Ann Other/Else, level: editor}"),
			want: []string{"warning unknown-entry-deleted: app.nsf: Max Gone/Sales/Acme, Old Team",
				"info unknown-entry-external: app.nsf: Ann Other/Else"}},
		{title: "a branch left out, and one that two people of the name leave open", ldif: people + person("cn=Sam Twin,ou=HR,o=Acme") + person("cn=Sam Twin,ou=IT,o=Acme"),
			acl:  appACL("{name: Jane Doe/Acme, level: editor}", "{name: Sam Twin/Acme, level: editor}"),
			want: []string{"warning unknown-entry-deleted: app.nsf: Jane Doe/Acme (perhaps Jane Doe/Sales/Acme), Sam Twin/Acme"}},
		{title: "a former name in fullName, as a DN in cn, and in a group",
			ldif: person(jane, "fullName: Jane Doe/Sales/Acme", "fullName: Jane Miller/Sales/Acme", "cn: cn=Jane Cook,ou=Sales,o=Acme") +
				groupOf("Team", "0", "cn=Jane Miller,ou=Sales,o=Acme", jane),
			acl: appACL("{name: Jane Cook/Sales/Acme, level: editor}"),
			want: []string{"warning unknown-entry-renamed: app.nsf: Jane Cook/Sales/Acme (now Jane Doe/Sales/Acme)",
				"warning dangling-member-renamed: Team: Jane Miller/Sales/Acme (now Jane Doe/Sales/Acme)"}},
		{title: "slips of the pen: a letter too few, two exchanged, a group", ldif: people + groupOf("Marketing", "0", jane, "cn=John Smiht,ou=Sales,o=Acme"),
			acl: appACL("{name: Jan Doe/Sales/Acme, level: editor}", "{name: Marketting, level: editor}"),
			want: []string{"warning unknown-entry-typo: app.nsf: Jan Doe/Sales/Acme (perhaps Jane Doe/Sales/Acme), Marketting (perhaps Marketing)",
				"warning dangling-member-typo: Marketing: John Smiht/Sales/Acme (perhaps John Smith/Sales/Acme)"}},
		{title: "numbered names and short names are no slips", ldif: person("cn=User 17,o=Acme") + person("cn=Al,o=Acme"),
			acl:  appACL("{name: User 18/Acme, level: editor}", "{name: Bl/Acme, level: editor}"),
			want: []string{"warning unknown-entry-deleted: app.nsf: Bl/Acme, User 18/Acme"}},
		{title: "what is no person", ldif: people + "dn: cn=Orders,o=Acme\nobjectClass: dominoServerMailInDatabase\n\n" + groupOf("LocalDomainServers", "4", "cn=Hub9,o=Acme"),
			acl: appACL("{name: Web7/Acme, type: server, level: reader}", "{name: OtherDomainServers, level: noaccess}", "{name: Orders/Acme, level: reader}",
				"{name: '85255B42:005A8FA4', level: reader}", "{name: LocalDomainServers, type: servergroup, level: manager}"),
			want: []string{"info unknown-entry-non-person: app.nsf: 85255B42:005A8FA4, Orders/Acme, OtherDomainServers, Web7/Acme",
				"info dangling-member-non-person: LocalDomainServers: Hub9/Acme"}},
		{title: "a deny list may hold who left, and nobody at all", ldif: people + groupOf("Gone", "3", "cn=Max Gone,o=Acme") + groupOf("Gone Too", "3"), acl: appACL()},
		{title: "a uid without an entry", ldif: people + "dn: cn=posix,o=Acme\nobjectClass: posixGroup\nmemberUid: nobody\n", acl: appACL(),
			want: []string{"warning dangling-member-deleted: posix/Acme: nobody"}},
		{title: "a group of empty groups is empty", ldif: people + groupOf("Outer", "0", "cn=Inner") + groupOf("Inner", "0") + groupOf("Other", "0", "*/Acme"),
			acl: appACL(), want: []string{"info empty-group: Inner", "info empty-group: Outer"}},
		{title: "seven groups deep", ldif: people + chainOf(7, jane), acl: appACL(), want: []string{"warning deep-nesting: G7"}},
		{title: "six groups deep is not too deep", ldif: people + chainOf(6, jane), acl: appACL()},
		{title: "a chain of nine, of which the ACL names the eighth", ldif: people + chainOf(9, jane), acl: appACL("{name: G8, level: reader}"),
			want: []string{"warning deep-nesting: G8", "warning deep-nesting: G9"}},
		{title: "a group in itself", ldif: people + groupOf("Loop", "0", "cn=Loop", jane), acl: appACL(), want: []string{"warning group-cycle: Loop: Loop"}},
		{title: "types that are missing or do not exist", ldif: people + groupOf("None", "", jane) + groupOf("Nine", "9", jane), acl: appACL(),
			want: []string{"warning group-without-type: primary: None", "warning group-type-unknown: Nine"}},
		{title: "groups that do not count", ldif: people + groupOf("Mail", "1", jane) + groupOf("Serv", "4", jane),
			acl: appACL("{name: Mail, level: reader}", "{name: Serv, level: reader}"),
			tune: func(w *world) {
				w.settings.GroupTypes = [5]bool{resolver.TypeMultiPurpose: true, resolver.TypeACLOnly: true}
			},
			want: []string{"warning mail-only-group: app.nsf: Mail", "warning group-not-counted: app.nsf: Serv"}},
		{title: "a group of a directory without group authorization", ldif: people + groupOf("Far", "0", jane), acl: appACL("{name: Far, level: reader}"),
			tune: func(w *world) {
				w.settings.Directories = append(w.settings.Directories, resolver.DirectoryRole{Name: "second", NestedExpansion: true})
				w.entries[len(w.entries)-1].Put.Source = 1
			},
			want: []string{"warning group-not-counted: app.nsf: Far"}},
		{title: "a bare common name of the server's organisation", ldif: people, acl: appACL("{name: Jane Doe, type: person, level: reader}"),
			want: []string{"warning flat-name-match: app.nsf: Jane Doe"}},
		{title: "a bare common name of another organisation", ldif: people + person("cn=Ann Lee,o=Partner"), acl: appACL("{name: Ann Lee, level: reader}"),
			want: []string{"warning flat-name-unmatched: app.nsf: Ann Lee"}},
		{title: "types that suit nobody", ldif: people + groupOf("Sales", "0", jane),
			acl: appACL("{name: Sales, type: person, level: reader}", "{name: Jane Doe/Sales/Acme, type: server, level: reader}",
				"{name: '*/Acme', type: person, level: reader}", "{name: Hub1/Acme, type: servergroup, level: reader}", "{name: John Smith/Sales/Acme, type: person, level: reader}"),
			want: []string{"warning entry-type-mismatch: app.nsf: Sales (person), Jane Doe/Sales/Acme (server), */Acme (person), Hub1/Acme (servergroup)"}},
		{title: "a group of people typed as one of servers", ldif: people + groupOf("Sales", "0", jane), acl: appACL("{name: Sales, type: servergroup, level: reader}"),
			want: []string{"warning entry-type-mismatch: app.nsf: Sales (servergroup)"}},
		{title: "an at sign in a common name", ldif: person("cn=jane@acme.example,o=Acme"), acl: appACL("{name: jane@acme.example/Acme, level: reader}"),
			want: []string{"warning at-in-common-name: app.nsf: jane@acme.example/Acme"}},
		{title: "template entries", ldif: people, acl: appACL("{name: '[Anonymous]', level: reader}"), want: []string{"info template-entries: app.nsf: [Anonymous]"}},
		{title: "a database open to everybody", ldif: people,
			acl: strings.NewReplacer("-Default-, level: noaccess", "-Default-, level: reader, privileges: [writePublicDocs]",
				"Anonymous, level: noaccess", "Anonymous, level: depositor, privileges: [readPublicDocs]").Replace(appACL()),
			want: []string{"warning default-above-noaccess: app.nsf", "warning anonymous-above-noaccess: app.nsf",
				"warning public-documents: app.nsf: -Default-, Anonymous",
				"info only-default: app.nsf: Jane Doe/Sales/Acme, John Smith/Sales/Acme"}},
		{title: "no entry Anonymous, no maximum, no settings at all", ldif: people, acl: "databases:\n  - path: app.nsf\n    entries:\n      - {name: -Default-, level: noaccess}\n",
			tune: func(w *world) { w.options.HomeServers = nil },
			want: []string{"warning maximum-unknown: app.nsf", "info no-anonymous-entry: app.nsf"}},
		{title: "no administration server", ldif: people, acl: appACL(), tune: func(w *world) { w.instances[0].List.AdminServer = "" },
			want: []string{"warning no-administration-server: app.nsf"}},
		{title: "an extended ACL and unknown privileges", ldif: people, acl: appACL(),
			tune: func(w *world) {
				l := w.instances[0].List
				l.ExtendedAccess = true
				l.Entries[0].Unknown, l.Entries[0].Level = acl.ReplicateOrCopy, acl.NoAccess
				l.Entries = append(l.Entries, acl.Entry{Label: "Jane Doe/Sales/Acme", Name: name.Parse("Jane Doe/Sales/Acme"), Level: acl.Reader, Unknown: acl.ReplicateOrCopy})
			},
			want: []string{"warning extended-acl: app.nsf", "info replicate-unknown: app.nsf"}},
		{title: "on a deny list and let in", ldif: people + groupOf("Gone", "3", jane, john) + groupOf("Sales", "0", jane, john),
			acl:  appACL("{name: Sales, level: editor}", "{name: John Smith/Sales/Acme, level: noaccess}"),
			want: []string{"warning denied-with-access: app.nsf: Jane Doe/Sales/Acme"}},
		{title: "groups and wildcards unite, and no wildcard is hidden", ldif: people + groupOf("Sales", "0", jane) + groupOf("Gone", "3", jane),
			acl:  appACL("{name: Sales, level: noaccess}", "{name: '*/Acme', level: editor}"),
			tune: func(w *world) { w.settings.Reading.Wildcards = acl.WildcardMerge },
			want: []string{"warning denied-with-access: app.nsf: Jane Doe/Sales/Acme"}},
		{title: "a wildcard hidden by a lower group", ldif: people + groupOf("Sales", "0", jane),
			acl:  appACL("{name: Sales, level: reader}", "{name: '*/Acme', level: editor}"),
			want: []string{"info wildcard-hidden: app.nsf: Jane Doe/Sales/Acme"}},
	}
	for _, c := range cases {
		t.Run(c.title, func(t *testing.T) {
			w := newWorld().ldif(t, c.ldif).yaml(t, c.acl)
			if l := w.instances[0].List; l.MaxKnown {
				l.AdminServer = "Hub1/Acme"
			}
			if c.tune != nil {
				c.tune(w)
			}
			wantLines(t, lines(finding.All(w.build(t), w.problems)), c.want)
		})
	}
}

// chainOf is n groups, each in the next, with somebody in the innermost.
func chainOf(n int, member string) string {
	text := groupOf("G1", "0", member)
	for i := 2; i <= n; i++ {
		text += groupOf(fmt.Sprintf("G%d", i), "0", fmt.Sprintf("cn=G%d", i-1))
	}
	return text
}

func TestFindingsThatNameADenyListSaySo(t *testing.T) {
	w := newWorld().ldif(t, people+groupOf("Gone", "3", "cn=Gone")).yaml(t, appACL())
	for _, f := range finding.All(w.build(t), nil) {
		if f.Kind == "group-cycle" && !f.DenyList {
			t.Errorf("%+v would show a deny list", f)
		}
	}
	w.settings.GroupTypes[resolver.TypeDenyList] = false
	w.yaml(t, strings.ReplaceAll(appACL("{name: Gone, level: reader}"), "app.nsf", "b.nsf"))
	kinds := map[string]bool{}
	for _, f := range finding.All(w.build(t), nil) {
		kinds[f.Kind] = true
		if f.Kind == "group-not-counted" && !f.DenyList {
			t.Errorf("%+v would show a deny list", f)
		}
	}
	if !kinds["group-not-counted"] || !kinds["group-cycle"] {
		t.Errorf("found only %v", kinds)
	}
}

func TestAHintNeverShowsADenyList(t *testing.T) {
	w := newWorld().ldif(t, people+groupOf("Terminations", "3")).yaml(t, appACL("{name: Termination, level: reader}"))
	wantLines(t, lines(finding.All(w.build(t), nil), "no-administration-server"), []string{"warning unknown-entry-deleted: app.nsf: Termination"})
}

func TestProblemsOfTheDatabasesAreFindings(t *testing.T) {
	s := newWorld().ldif(t, people).build(t)
	got := finding.All(s, []database.Problem{{Kind: database.AliasUnknown, Subject: "crm", Text: "alias crm names nothing"}, {Kind: database.ReplicasDiffer, Subject: "a.nsf", Text: "they differ"}})
	want := []finding.Finding{finding.New(database.ReplicasDiffer, "a.nsf", "they differ"), finding.New(database.AliasUnknown, "crm", "alias crm names nothing")}
	want[0].Database = "a.nsf"
	if len(got) != 2 || got[0].Detail != want[0].Detail || got[0].Database != "a.nsf" || got[1].Detail != want[1].Detail || got[1].Severity != finding.Warning {
		t.Errorf("got %+v", got)
	}
}

func TestASnapshotThatWasUpdatedHasTheFindingsOfOneBuiltAnew(t *testing.T) {
	w := newWorld().ldif(t, people+groupOf("Sales", "0", "cn=Max Gone,o=Acme")).yaml(t, appACL("{name: Max Gone/Acme, level: reader}"))
	before := w.build(t)
	come := []directory.Change{{Put: &directory.Draft{DN: "cn=Max Gone,o=Acme"}}, {Remove: "cn=jane doe,ou=sales,o=acme"}}
	come[0].Put.AddText("objectClass", "dominoPerson")
	after, _ := before.Update(resolver.Change{Entries: come})
	if got := lines(finding.All(after, nil), "no-administration-server"); len(got) > 0 {
		t.Errorf("still found %v", got)
	}
	if got := lines(finding.All(before, nil), "no-administration-server"); !slices.Contains(got, "warning unknown-entry-deleted: app.nsf: Max Gone/Acme") {
		t.Errorf("the Snapshot before now says %v", got)
	}
}
