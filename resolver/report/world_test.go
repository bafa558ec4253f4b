package report_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/aclens/aclens/deploy/demo"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/schema"
	"github.com/aclens/aclens/resolver/server"
	"github.com/aclens/aclens/resolver/source"
)

// world is the sources of a Snapshot in the making.
type world struct {
	settings  resolver.Settings
	options   database.Options
	entries   []directory.Change
	instances []*database.Instance
	servers   []*server.Server
}

func newWorld() *world {
	return &world{settings: resolver.Defaults(), options: database.Options{HomeServers: []string{"Hub1/Acme"}}}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// put adds an entry; more is attributes and values in turn.
func (w *world) put(dn, class string, more ...string) {
	d := &directory.Draft{DN: dn}
	d.AddText("objectClass", class)
	for i := 0; i < len(more); i += 2 {
		d.AddText(more[i], more[i+1])
	}
	w.entries = append(w.entries, directory.Change{Put: d})
}

// entry is one line of an ACL in a test.
type entry struct {
	label string
	kind  acl.UserType
	level acl.Level
	roles []string
}

// database adds a database on Hub1.
func (w *world) database(t testing.TB, path string, maximum acl.Level, entries ...entry) *database.Instance {
	t.Helper()
	in := &database.Instance{
		Server: name.Parse("Hub1/Acme"), Path: path, Origin: path,
		List: &acl.List{Roles: []string{"[Admin]", "[Buyer]"}, MaxLevel: maximum, MaxKnown: true, Consistent: acl.Yes},
	}
	for _, e := range entries {
		line := acl.NewEntry(e.label, e.label == acl.DefaultName)
		line.Type, line.Level = e.kind, e.level
		roles, err := in.List.RoleSetOf(e.roles...)
		must(t, err)
		line.Roles = roles
		line.Privileges = acl.DeleteDocs | acl.ReadPublicDocs
		in.List.Entries = append(in.List.Entries, line)
	}
	must(t, in.List.Seal())
	w.instances = append(w.instances, in)
	return in
}

func (w *world) build(t testing.TB) *resolver.Snapshot {
	t.Helper()
	set, _, err := database.Arrange(w.instances, w.options)
	must(t, err)
	s, faults := resolver.Build(resolver.Input{
		Settings: w.settings, Entries: w.entries, Store: directory.Empty(schema.Standard()), Databases: set, Servers: w.servers,
	})
	for _, f := range faults {
		t.Fatal(f)
	}
	return s
}

func find(t testing.TB, s *resolver.Snapshot, key string) *database.Database {
	t.Helper()
	db, _, ok := s.Databases().Find(key)
	if !ok {
		t.Fatalf("no database %s", key)
	}
	return db
}

// acme is the demonstration.
func acme(t testing.TB) *world {
	t.Helper()
	w := newWorld()
	must(t, source.ReadLDIF(bytes.NewReader(demo.LDIF()), source.File{Name: "acme.ldif"}, func(d directory.Draft) error {
		w.entries = append(w.entries, directory.Change{Put: &d})
		return nil
	}))
	must(t, fs.WalkDir(demo.ACLs(), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(demo.ACLs(), path)
		must(t, err)
		_, err = source.ReadDatabases(bytes.NewReader(text), source.File{Name: path}, func(in database.Instance) error {
			w.instances = append(w.instances, &in)
			return nil
		})
		return err
	}))
	_, err := source.ReadServers(bytes.NewReader(demo.Servers()), source.File{Name: "servers.dxl"}, func(d server.Document) error {
		w.servers = append(w.servers, &server.Server{Document: &d})
		return nil
	})
	must(t, err)
	return w
}

var units = []string{"ou=Sales,o=Acme", "ou=HR,o=Acme", "ou=West,ou=HR,o=Acme", "o=Partner"}

// randomWorld is a small world in which everything meets everything.
func randomWorld(t testing.TB, r *rand.Rand) *world {
	t.Helper()
	w := newWorld()
	pick := func(list []string) string { return list[r.IntN(len(list))] }
	var subjects, labels []string
	for i := range 14 {
		class := "dominoPerson"
		if i > 11 {
			class = "dominoServer"
		}
		dn := fmt.Sprintf("cn=P%d,%s", i, pick(units))
		subjects = append(subjects, dn)
		labels = append(labels, notes(dn), fmt.Sprintf("P%d", i))
		w.put(dn, class)
	}
	for i := range 8 {
		more := []string{"groupType", fmt.Sprint([]int{0, 0, 0, 1, 2, 3, 4}[r.IntN(7)])}
		for range r.IntN(5) {
			more = append(more, "member", pick(subjects))
		}
		for range r.IntN(3) {
			more = append(more, "member", fmt.Sprintf("cn=G%d", r.IntN(8)))
		}
		switch r.IntN(4) {
		case 0:
			more = append(more, "member", "cn=*,"+pick(units))
		case 1:
			more = append(more, "member", fmt.Sprintf("cn=Loner %d,%s", r.IntN(3), pick(units)))
		}
		w.put(fmt.Sprintf("cn=G%d", i), "dominoGroup", more...)
		labels = append(labels, fmt.Sprintf("G%d", i))
	}
	labels = append(labels, "*", "Loner 0/Partner", "Loner 1/Sales/Acme", acl.AnonymousName)
	for _, u := range units {
		labels = append(labels, "*/"+notes(u))
	}
	for i := range 4 {
		w.database(t, fmt.Sprintf("app%d.nsf", i), acl.Level(r.IntN(acl.Levels)), randomEntries(r, labels)...)
	}
	w.randomServer(r)
	if r.IntN(3) == 0 {
		w.settings.Reading.Wildcards = acl.WildcardMerge
	}
	return w
}

func randomEntries(r *rand.Rand, labels []string) []entry {
	lines := []entry{{label: acl.DefaultName, level: acl.Level(r.IntN(3))}}
	for _, i := range r.Perm(len(labels))[:r.IntN(12)] {
		e := entry{label: labels[i], level: acl.Level(r.IntN(acl.Levels))}
		if r.IntN(2) == 0 {
			e.kind = acl.UserType(r.IntN(6))
		}
		if r.IntN(2) == 0 {
			e.roles = []string{[]string{"Admin", "Buyer"}[r.IntN(2)]}
		}
		lines = append(lines, e)
	}
	return lines
}

// randomServer gives Hub1 a document in some worlds, and folder lists in a few.
func (w *world) randomServer(r *rand.Rand) {
	if r.IntN(2) == 0 {
		return
	}
	srv := &server.Server{Document: &server.Document{Name: name.Parse("Hub1/Acme"), Lists: map[string][]string{
		server.AllowAccess: {}, server.DenyAccess: {fmt.Sprintf("G%d", r.IntN(8))}, server.FullAdmin: {"P1/Sales/Acme"},
	}}}
	srv.Settings.Enforce = map[server.Protocol]acl.Tri{server.HTTP: acl.Tri(r.IntN(3))}
	if r.IntN(2) == 0 {
		srv.Settings.Folders = []server.Folder{{Path: "", Entries: []string{"*/Acme", "*/Sales/Acme"}}}
	}
	w.servers = append(w.servers, srv)
}

func notes(dn string) string {
	return strings.NewReplacer(",", "/", "cn=", "", "ou=", "", "o=", "").Replace(dn)
}
