package resolver_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/schema"
	"github.com/aclens/aclens/resolver/server"
)

// world is a whole installation in plain words: what tests are told in, and what
// the naive evaluator reads. Names are in Notes form.
type world struct {
	docs      []doc
	acls      []aclDoc
	servers   []serverDoc
	rules     rules
	databases []string // replica ids of databases that ask
}

// doc is one entry of one directory.
type doc struct {
	dir        int
	kind       string // person, server, group or other
	name       string
	alternates []string
	mapped     []string // values of the attribute that holds Notes names
	uids       []string
	mails      []string
	groupType  string // empty: the entry does not say
	listNames  []string
	members    []string
	memberUIDs []string
}

type aclDoc struct {
	server, path string
	roles        []string
	maximum      string // empty: not known
	consistent   string // yes, no or unknown
	entries      []aclLine
}

type aclLine struct {
	name, kind, level string
	privileges, roles []string
}

type serverDoc struct {
	name               string
	known              bool // there is a Server document
	allow, deny, admin []string
	enforce            string // for http: yes, no or unknown
	box                string // users listed in all trusted directories: yes, no or unknown
	adminDisabled      bool
	folders            map[string][]string
}

// rules are the settings; the names are those of docs/configuration.md.
type rules struct {
	wildcardMode       string // fallback or merge
	commonNameMatch    string // same-org, always or never
	commonNameInGroups bool
	aclGroupTypes      []int
	maxNestingDepth    int
	fullAccessRoles    bool
	capped             []string
	notesName          bool
	groupsByCN         bool
	groupNameBases     []string
	secondGroups       bool // groupAuthorization of the second directory
	secondNested       bool // its nestedExpansion
}

func standardRules() rules {
	return rules{
		wildcardMode: "fallback", commonNameMatch: "same-org", aclGroupTypes: []int{0, 2, 3, 4},
		capped: []string{"web-password", "web-session", "web-sso", "web-anonymous"}, secondNested: true,
	}
}

const mappedAttribute = "acmeNotesName"

func (d *doc) draft() *directory.Draft {
	out := &directory.Draft{DN: name.Parse(d.name).DN(), Source: uint8(d.dir)}
	switch d.kind {
	case "person":
		out.AddText("objectClass", "dominoPerson", "inetOrgPerson", "organizationalPerson", "person", "top")
	case "server":
		out.AddText("objectClass", "dominoServer", "top")
	case "group":
		out.AddText("objectClass", "dominoGroup", "groupOfNames", "top")
	default:
		out.AddText("objectClass", "organizationalUnit", "top")
	}
	if common := name.Parse(d.name).Common(); common != "" {
		out.AddText("cn", common)
	}
	add := func(attribute string, values []string) {
		if len(values) > 0 {
			out.AddText(attribute, values...)
		}
	}
	add("altFullName", d.alternates)
	add(mappedAttribute, d.mapped)
	add("uid", d.uids)
	add("mail", d.mails)
	add("listName", d.listNames)
	add("memberUid", d.memberUIDs)
	for _, m := range d.members {
		out.AddText("member", name.Parse(m).DN())
	}
	if d.groupType != "" {
		out.AddText("groupType", d.groupType)
	}
	return out
}

func (w *world) changes() []directory.Change {
	changes := make([]directory.Change, len(w.docs))
	for i := range w.docs {
		changes[i].Put = w.docs[i].draft()
	}
	return changes
}

func (r *rules) settings() resolver.Settings {
	s := resolver.Defaults()
	if r.wildcardMode == "merge" {
		s.Reading.Wildcards = acl.WildcardMerge
	}
	s.CommonName = map[string]resolver.CommonNameMode{
		"same-org": resolver.CommonNameSameOrg, "always": resolver.CommonNameAlways, "never": resolver.CommonNameNever,
	}[r.commonNameMatch]
	s.CommonNameInGroups = r.commonNameInGroups
	s.GroupTypes = [5]bool{}
	for _, t := range r.aclGroupTypes {
		s.GroupTypes[t] = true
	}
	s.MaxDepth = r.maxNestingDepth
	s.Reading.FullAccessRoles = r.fullAccessRoles
	s.Reading.Capped = 0
	for _, text := range r.capped {
		c, err := acl.ParseChannel(text)
		if err != nil {
			panic(err)
		}
		s.Reading.Capped |= acl.ChannelsOf(c)
	}
	if r.notesName {
		s.NotesName = mappedAttribute
	}
	if r.groupsByCN {
		s.GroupName = resolver.GroupNamedByCN
		for _, base := range r.groupNameBases {
			s.GroupNameBases = append(s.GroupNameBases, name.Parse(base).DN())
		}
	}
	s.Directories = []resolver.DirectoryRole{
		{Name: "primary", Groups: true, NestedExpansion: true},
		{Name: "da", Groups: r.secondGroups, NestedExpansion: r.secondNested},
	}
	return s
}

func tri(word string) acl.Tri {
	return map[string]acl.Tri{"yes": acl.Yes, "no": acl.No}[word]
}

func (a *aclDoc) instance(t testing.TB) *database.Instance {
	t.Helper()
	l := &acl.List{Roles: a.roles, Consistent: tri(a.consistent)}
	if a.maximum != "" {
		l.MaxLevel, l.MaxKnown = mustLevel(t, a.maximum), true
	}
	for _, line := range a.entries {
		e := acl.NewEntry(line.name, false)
		var err error
		if e.Type, err = acl.ParseUserType(line.kind); err != nil {
			t.Fatal(err)
		}
		e.Level = mustLevel(t, line.level)
		for _, p := range line.privileges {
			one, err := acl.ParsePrivilege(p)
			if err != nil {
				t.Fatal(err)
			}
			e.Privileges |= one
		}
		if e.Roles, err = l.RoleSetOf(line.roles...); err != nil {
			t.Fatal(err)
		}
		l.Entries = append(l.Entries, e)
	}
	if err := l.Seal(); err != nil {
		t.Fatal(err)
	}
	return &database.Instance{Server: name.Parse(a.server), Path: a.path, List: l, Origin: a.server + " " + a.path}
}

func mustLevel(t testing.TB, text string) acl.Level {
	t.Helper()
	l, err := acl.ParseLevel(text)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func (w *world) set(t testing.TB) *database.Set {
	t.Helper()
	var instances []*database.Instance
	var homes []string
	for i := range w.acls {
		instances = append(instances, w.acls[i].instance(t))
		homes = append(homes, w.acls[i].server)
	}
	set, _, err := database.Arrange(instances, database.Options{HomeServers: homes[:min(1, len(homes))]})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func (s *serverDoc) server() *server.Server {
	out := &server.Server{Name: name.Parse(s.name), Settings: server.Settings{
		Enforce: map[server.Protocol]acl.Tri{server.HTTP: tri(s.enforce)}, FullAdminDisabled: s.adminDisabled, TrustedDirectories: tri(s.box),
	}}
	for path, entries := range s.folders {
		out.Settings.Folders = append(out.Settings.Folders, server.Folder{Path: path, Entries: entries})
	}
	if s.known {
		out.Document = &server.Document{Name: name.Parse(s.name), Lists: map[string][]string{
			server.AllowAccess: s.allow, server.DenyAccess: s.deny, server.FullAdmin: s.admin,
		}}
	}
	return out
}

func (w *world) input(t testing.TB) resolver.Input {
	t.Helper()
	in := resolver.Input{
		Settings: w.rules.settings(), Entries: w.changes(), Store: directory.Empty(schema.Standard()), Databases: w.set(t),
	}
	for i := range w.servers {
		in.Servers = append(in.Servers, w.servers[i].server())
	}
	return in
}

func (w *world) build(t testing.TB) *resolver.Snapshot {
	t.Helper()
	s, faults := resolver.Build(w.input(t))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return s
}

// acl is the list that a database of the Set was made of.
func (w *world) acl(db *database.Database) *aclDoc {
	for i := range w.acls {
		if db.Primary.Origin == w.acls[i].server+" "+w.acls[i].path {
			return &w.acls[i]
		}
	}
	panic("no such database")
}

func (w *world) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "rules %+v\n", w.rules)
	for _, d := range w.docs {
		fmt.Fprintf(&b, "doc %+v\n", d)
	}
	for _, a := range w.acls {
		fmt.Fprintf(&b, "acl %s %s roles %v max %q consistent %s\n", a.server, a.path, a.roles, a.maximum, a.consistent)
		for _, e := range a.entries {
			fmt.Fprintf(&b, "  %+v\n", e)
		}
	}
	for _, s := range w.servers {
		fmt.Fprintf(&b, "server %+v\n", s)
	}
	return b.String()
}
