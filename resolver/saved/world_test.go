package saved_test

import (
	"bytes"
	"io/fs"
	"testing"
	"time"

	"github.com/aclens/aclens/deploy/demo"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/saved"
	"github.com/aclens/aclens/resolver/schema"
	"github.com/aclens/aclens/resolver/server"
	"github.com/aclens/aclens/resolver/source"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// twoDirectories are settings with a second directory, so that entries can hide
// each other.
func twoDirectories() resolver.Settings {
	s := resolver.Defaults()
	s.Directories = append(s.Directories, resolver.DirectoryRole{Name: "da", Groups: true})
	return s
}

// smallInput has a little of everything: an entry that hides another, a place
// without an entry, a free slot, a replica, an alias, a server with and one
// without a document, definitions of a directory and attributes of none.
func smallInput(t testing.TB) resolver.Input {
	t.Helper()
	sc, errs := schema.Standard().Merge(
		[]string{"( 9.9.1 NAME 'acmeBadge' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 )"}, []string{"( 9.8.1 NAME 'acmePerson' SUP person MAY acmeBadge )"})
	for _, err := range errs {
		t.Fatal(err)
	}
	in := resolver.Input{Settings: twoDirectories(), Store: directory.Empty(sc)}
	put := func(source uint8, dn string, more ...string) {
		d := &directory.Draft{DN: dn, Source: source}
		for i := 0; i < len(more); i += 2 {
			d.AddText(more[i], more[i+1])
		}
		in.Entries = append(in.Entries, directory.Change{Put: d})
	}
	put(0, "cn=Gone,ou=Left,o=Acme", "objectClass", "person")
	put(0, "CN=Jane Doe,OU=Sales,O=Acme", "objectClass", "acmePerson", "acmeBadge", "007", "acmeMade;x-A", "red")
	put(0, "CN=Staff", "objectClass", "dominoGroup", "groupType", "0", "member", "CN=Jane Doe,OU=Sales,O=Acme")
	put(1, "CN=Staff", "objectClass", "dominoGroup", "groupType", "2")
	in.Entries = append(in.Entries, directory.Change{Remove: "cn=gone,ou=left,o=acme"})
	list := func(level acl.Level) *acl.List {
		l := &acl.List{Roles: []string{"[Admin]"}, MaxLevel: acl.Editor, MaxKnown: true, Consistent: acl.No}
		e := acl.NewEntry("Staff", false)
		e.Type, e.Level, e.Privileges, e.Roles = acl.TypePersonGroup, level, acl.DeleteDocs, acl.RoleSet{}.With(0)
		l.Entries = []acl.Entry{acl.NewEntry(acl.DefaultName, true), e}
		must(t, l.Seal())
		return l
	}
	at := time.Date(2026, 11, 21, 8, 15, 0, 0, time.UTC)
	var err error
	in.Databases, _, err = database.Arrange([]*database.Instance{
		{Server: name.Parse("Hub1/Acme"), Path: "a.nsf", ReplicaID: "C1258A2F004B7D10", Title: "A", List: list(acl.Editor), Origin: "a.dxl", CapturedAt: at},
		{Server: name.Parse("Web1/Acme"), Path: "a.nsf", ReplicaID: "C1258A2F004B7D10", List: list(acl.Author), Origin: "b.dxl"},
	}, database.Options{HomeServers: []string{"Hub1/Acme"}, Aliases: map[string]string{"crm": "a.nsf"}})
	must(t, err)
	in.Servers = []*server.Server{
		{Document: &server.Document{Name: name.Parse("Hub1/Acme"), Origin: "s.dxl", Lists: map[string][]string{server.AllowAccess: {}, server.DenyAccess: {"Out"}}}},
		{Name: name.Parse("Web1/Acme"), Settings: server.Settings{Release: 12, Enforce: map[server.Protocol]acl.Tri{server.HTTP: acl.Yes},
			Folders: []server.Folder{{Path: "x", Entries: []string{"Staff"}}}, BlankAgentFields: server.DefaultBlankAgentFields()}},
	}
	in.AsOf = resolver.AsOf{Directory: at, ACL: at.Add(time.Hour)}
	return in
}

func smallMeta() saved.Meta {
	return saved.Meta{ID: "0123456789abcdef", Version: "1.0", Changed: time.Date(2026, 11, 21, 9, 0, 0, 7, time.UTC), Choices: "c",
		Feed: map[string]string{"primary": "cookie", "da": ""}, Parts: map[string][]byte{"log": []byte("what was \x00 told")}}
}

func small(t testing.TB) *resolver.Snapshot {
	t.Helper()
	in := smallInput(t)
	s, faults := resolver.Build(in)
	for _, f := range faults {
		t.Fatal(f)
	}
	return s
}

func written(t testing.TB, s *resolver.Snapshot, m saved.Meta) []byte {
	t.Helper()
	var file bytes.Buffer
	must(t, saved.Write(&file, s, m))
	return file.Bytes()
}

// acme is the demonstration.
func acme(t testing.TB) *resolver.Snapshot {
	t.Helper()
	in := resolver.Input{Settings: resolver.Defaults(), Store: directory.Empty(schema.Standard())}
	must(t, source.ReadLDIF(bytes.NewReader(demo.LDIF()), source.File{Name: "acme.ldif"}, func(d directory.Draft) error {
		kept := directory.Draft{DN: d.DN}
		for _, a := range d.Attributes {
			if a.Name != "userPassword" {
				kept.Attributes = append(kept.Attributes, a)
			}
		}
		in.Entries = append(in.Entries, directory.Change{Put: &kept})
		return nil
	}))
	var instances []*database.Instance
	must(t, fs.WalkDir(demo.ACLs(), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(demo.ACLs(), path)
		must(t, err)
		_, err = source.ReadDatabases(bytes.NewReader(text), source.File{Name: path}, func(in database.Instance) error {
			instances = append(instances, &in)
			return nil
		})
		return err
	}))
	_, err := source.ReadServers(bytes.NewReader(demo.Servers()), source.File{Name: "servers.dxl"}, func(d server.Document) error {
		in.Servers = append(in.Servers, &server.Server{Document: &d})
		return nil
	})
	must(t, err)
	in.Databases, _, err = database.Arrange(instances, database.Options{HomeServers: []string{"Hub1/Acme"}})
	must(t, err)
	s, faults := resolver.Build(in)
	for _, f := range faults {
		t.Fatal(f)
	}
	return s
}
