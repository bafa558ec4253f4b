package refresh

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/aclens/aclens/deploy/demo"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/schema"
)

func TestTheDemoLoadsFromFilesWithoutAFault(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	for file, content := range map[string][]byte{"acme.ldif": demo.LDIF(), "servers.dxl": demo.Servers()} {
		if err := os.WriteFile(path(file), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.CopyFS(path("acls"), demo.ACLs()); err != nil {
		t.Fatal(err)
	}
	s := Settings{
		Directories: []Directory{{LDIF: []string{path("acme.ldif")}}},
		Databases:   Databases{DXL: []string{path("acls")}},
		Servers:     Servers{DXL: []string{path("servers.dxl")}},
		Resolver:    resolver.Defaults(), Schema: schema.Standard(),
	}
	s.Databases.Options.HomeServers = []string{"Hub1/Acme"}
	l := mustLoad(t, s)
	if len(l.Faults) > 0 || l.Counts.People == 0 || l.Counts.Groups == 0 || l.Counts.Databases == 0 || l.Counts.Documents != 2 {
		t.Errorf("counts %+v, faults %v", l.Counts, l.Faults)
	}
	if l.Snapshot.Server(name.Parse("Hub1/Acme")).Document == nil {
		t.Error("the Server document is not found by name")
	}
	if again := mustLoad(t, s); again.ID != l.ID {
		t.Error("a second load has another id")
	}
}
