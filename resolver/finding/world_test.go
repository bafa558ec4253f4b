package finding_test

import (
	"bytes"
	"io/fs"
	"strings"
	"testing"

	"github.com/aclens/aclens/deploy/demo"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
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
	problems  []database.Problem
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

// ldif adds entries.
func (w *world) ldif(t testing.TB, text string) *world {
	t.Helper()
	must(t, source.ReadLDIF(strings.NewReader(text), source.File{Name: "test.ldif"}, func(d directory.Draft) error {
		w.entries = append(w.entries, directory.Change{Put: &d})
		return nil
	}))
	return w
}

func (w *world) take(in database.Instance) error {
	w.instances = append(w.instances, &in)
	return nil
}

// yaml adds databases.
func (w *world) yaml(t testing.TB, text string) *world {
	t.Helper()
	faults, err := source.ReadYAML(strings.NewReader(text), source.File{Name: "test.yaml"}, w.take, nil)
	must(t, err)
	for _, f := range faults {
		t.Fatal(f.Error())
	}
	return w
}

// dxl adds databases.
func (w *world) dxl(t testing.TB, text []byte) *world {
	t.Helper()
	faults, err := source.ReadDatabases(bytes.NewReader(text), source.File{Name: "test.dxl"}, w.take)
	must(t, err)
	for _, f := range faults {
		t.Fatal(f.Error())
	}
	return w
}

func (w *world) build(t testing.TB) *resolver.Snapshot {
	t.Helper()
	set, problems, err := database.Arrange(w.instances, w.options)
	must(t, err)
	w.problems = problems
	s, faults := resolver.Build(resolver.Input{
		Settings: w.settings, Entries: w.entries, Store: directory.Empty(schema.Standard()), Databases: set, Servers: w.servers,
	})
	for _, f := range faults {
		t.Fatal(f)
	}
	return s
}

// acme is the demonstration.
func acme(t testing.TB) *world {
	t.Helper()
	w := newWorld().ldif(t, string(demo.LDIF()))
	must(t, fs.WalkDir(demo.ACLs(), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(demo.ACLs(), path)
		w.dxl(t, text)
		return err
	}))
	_, err := source.ReadServers(bytes.NewReader(demo.Servers()), source.File{Name: "servers.dxl"}, func(d server.Document) error {
		w.servers = append(w.servers, &server.Server{Document: &d})
		return nil
	})
	must(t, err)
	return w
}
