package config

import (
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite docs/configuration.md")

// folder makes a temporary folder with the files; a name that ends in / is a folder.
func folder(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if strings.HasSuffix(name, "/") {
			must(t, os.MkdirAll(path, 0o755))
			continue
		}
		must(t, os.MkdirAll(filepath.Dir(path), 0o755))
		must(t, os.WriteFile(path, []byte(content), 0o600))
	}
	return dir
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// contract returns the example of docs/contract.md section 2 with one of its
// three alternative sources, and a folder with the files that it names.
func contract(t testing.TB, source string) (dir, text string) {
	t.Helper()
	page, err := os.ReadFile("../docs/contract.md")
	must(t, err)
	_, rest, found := strings.Cut(string(page), "```yaml\n")
	data, _, closed := strings.Cut(rest, "```")
	if !found || !closed {
		t.Fatal("docs/contract.md has no YAML example")
	}
	dir = folder(t, map[string]string{"people.ldif": "", "groups.ldif": "", "names.dxl": "", "acls/": "", "reader": "pw\n"})
	var keep []string
	inLDAP := false
	for line := range strings.Lines(data) {
		inLDAP = strings.HasPrefix(line, "  ldap:") || inLDAP && strings.HasPrefix(line, "    ")
		name := ""
		for _, s := range []string{"ldif", "dxl"} {
			if strings.HasPrefix(line, "  "+s+": [") && (strings.Contains(line, ".ldif") || strings.Contains(line, "names.dxl")) {
				name = s
			}
		}
		if inLDAP {
			name = "ldap"
		}
		if name == "" || name == source {
			keep = append(keep, line)
		}
	}
	return dir, strings.ReplaceAll(strings.Join(keep, ""), "/run/secrets/reader", filepath.Join(dir, "reader"))
}

func TestTheContractsExampleLoadsWithEachOfItsSources(t *testing.T) {
	for _, source := range []string{"ldap", "ldif", "dxl"} {
		t.Run(source, func(t *testing.T) {
			dir, text := contract(t, source)
			path := filepath.Join(dir, "aclens.yaml")
			must(t, os.WriteFile(path, []byte(text), 0o600))
			c, err := Load(path)
			must(t, err)
			got := map[string]bool{"ldap": c.Directory.LDAP != nil, "ldif": len(c.Directory.LDIF) == 2, "dxl": len(c.Directory.DXL) == 1}
			want := map[string]bool{"ldap": false, "ldif": false, "dxl": false, source: true}
			if want[source] = true; !reflect.DeepEqual(got, want) {
				t.Errorf("sources are %v, want %v", got, want)
			}
		})
	}
}

func TestTheContractsExampleShowsTheDefaults(t *testing.T) {
	dir, text := contract(t, "ldap")
	c, err := Parse([]byte(text), filepath.Join(dir, "aclens.yaml"))
	must(t, err)
	ldap := c.Directory.LDAP
	if ldap.BindDN != "cn=reader,o=acme" || !reflect.DeepEqual(ldap.Bases, []string{"o=acme"}) {
		t.Errorf("the account is %q for %q", ldap.BindDN, ldap.Bases)
	}
	if v, err := ldap.BindPassword.Value(); v != "pw" || err != nil {
		t.Errorf("the password's file was read as a text of %d bytes, %v", len(v), err)
	}
	// These four the contract fills as examples.
	ldap.BindDN, ldap.Bases, ldap.BindPassword = "", nil, Secret{}
	if want := newElement(reflect.TypeFor[LDAP]()).Interface(); !sameText(*ldap, want) {
		t.Errorf("directory.ldap is\n%+v, its defaults are\n%+v", *ldap, want)
	}
	c.Directory.LDAP = nil
	wantClient := Client{DN: "cn=sso,ou=services,o=acme", Read: []Right{RightPeople, RightGroups, RightAccess}, Databases: []string{"**"}, Attributes: []string{"*"}}
	if !reflect.DeepEqual(c.Clients, []Client{wantClient}) {
		t.Errorf("clients are %+v", c.Clients)
	}
	if !reflect.DeepEqual(c.Databases.Aliases, map[string]string{"crm": "apps/crm.nsf"}) || !reflect.DeepEqual(c.Databases.DXL, []string{filepath.Join(dir, "acls")}) {
		t.Errorf("databases are %+v", c.Databases)
	}
	c.Clients, c.Databases.Aliases, c.Databases.DXL = nil, nil, nil
	got, want := reflect.ValueOf(*c), reflect.ValueOf(*Defaults())
	for i := range got.NumField() {
		if name := got.Type().Field(i).Name; got.Type().Field(i).IsExported() && !sameText(got.Field(i).Interface(), want.Field(i).Interface()) {
			t.Errorf("%s is\n%+v, the default is\n%+v", name, got.Field(i), want.Field(i))
		}
	}
}

// sameText compares values by the defaults they would be documented with, so
// that an empty list equals an absent one.
func sameText(a, b any) bool {
	return leaves(reflect.ValueOf(a)) == leaves(reflect.ValueOf(b))
}

func leaves(v reflect.Value) string {
	if v.Kind() != reflect.Struct {
		return literal(v) + "\n"
	}
	var b strings.Builder
	for _, f := range fieldsOf(v.Type()).list {
		b.WriteString(f.name + "=" + leaves(v.FieldByIndex(f.index)))
	}
	return b.String()
}

func TestAFileWithNothingButASourceIsTheDefaults(t *testing.T) {
	dir := folder(t, map[string]string{"a.ldif": ""})
	c, err := Parse([]byte("directory: {ldif: [a.ldif]}\n"), filepath.Join(dir, "c.yaml"))
	must(t, err)
	c.Directory.LDIF = nil
	c.file, c.given = "", map[string]written{}
	if !reflect.DeepEqual(c, Defaults()) {
		t.Errorf("got\n%+v, want\n%+v", c, Defaults())
	}
}

func TestSectionsWithoutAnyKeyLeaveTheDefaults(t *testing.T) {
	dir := folder(t, map[string]string{"a.ldif": ""})
	text := "listen:\ntls:\ndirectory:\n  ldif: [a.ldif]\n  ldap:\nsecondaries:\ndatabases:\n  include:\n  aliases:\nrules:\nlimits:\nclients:\n"
	c, err := Parse([]byte(text), filepath.Join(dir, "c.yaml"))
	must(t, err)
	if !reflect.DeepEqual(c.Limits, Defaults().Limits) || c.Listen != Defaults().Listen || !reflect.DeepEqual(c.Databases, Defaults().Databases) {
		t.Errorf("got %+v", c)
	}
}

func TestASectionMayNameAFewKeysAndKeepsTheOtherDefaults(t *testing.T) {
	c := parses(t, `
limits: {messageBytes: 16KiB, idle: 7d}
view: {base: "ou=access,o=acme", memberOfIn: named}
servers: {settings: [{name: Hub1/Acme, release: 14.5, enforce: {http: yes, ldap: false, imap: "no"}, folders: [{path: apps/hr, allow: [HR]}]}]}
secondaries: [{name: partners, ldap: {urls: [ldaps://p.example.com]}, groupAuthorization: true}]
databases: {rest: [{url: "https://d.example.com:8880/api", token: t, databases: ["Hub1/Acme!!apps/crm.nsf", {server: Hub1/Acme, path: b.nsf, replicaId: C1258A2F004B7D10, title: B}]}]}
proxyProtocol: [10.0.0.7, 10.1.0.0/16, "::1"]
writes: false
clients: [{dn: "*", read: [people]}, {dn: anonymous, read: [groups]}, {group: "cn=ops,o=acme", read: [all, "ou=x,o=acme"]}]
`)
	if l := c.Limits; l.MessageBytes != 16<<10 || l.PreBindMessageBytes != 16<<10 || l.Idle.String() != "168h" || l.Connections != 10000 {
		t.Errorf("limits are %+v", l)
	}
	s := c.Servers.Settings[0]
	if s.Release != 14 || s.Enforce != (Enforce{HTTP: Yes, IMAP: No, POP3: Unknown, LDAP: No, DIIOP: Unknown}) || s.Folders[0].Allow[0] != "HR" {
		t.Errorf("settings are %+v", s)
	}
	if p := c.Secondaries[0]; !p.NestedExpansion || p.Profile != ProfileAuto || p.LDAP.Timeouts.Connect != seconds(3) {
		t.Errorf("the secondary is %+v", p)
	}
	want := []RESTDatabase{{Server: "Hub1/Acme", Path: "apps/crm.nsf"}, {"Hub1/Acme", "b.nsf", "C1258A2F004B7D10", "B"}}
	if !reflect.DeepEqual(c.Databases.REST[0].Databases, want) {
		t.Errorf("databases are %+v", c.Databases.REST[0].Databases)
	}
	if p := c.ProxyProtocol; p[0].String() != "10.0.0.7/32" || p[1].Bits() != 16 || p[2].String() != "::1/128" {
		t.Errorf("proxyProtocol is %v", p)
	}
	if c.Writes != WritesOff || c.Clients[2].Read[0].IsBase() || !c.Clients[2].Read[1].IsBase() {
		t.Errorf("writes %s, clients %+v", c.Writes, c.Clients)
	}
}

// parses is Parse of a text without a directory, to which one is added.
func parses(t testing.TB, text string) *Config {
	t.Helper()
	dir := folder(t, map[string]string{"a.ldif": ""})
	c, err := Parse([]byte(text+"\ndirectory: {ldif: [a.ldif]}\n"), filepath.Join(dir, "c.yaml"))
	must(t, err)
	return c
}

func TestMemberOfInFollowsTheProfileUnlessTheFileSaysIt(t *testing.T) {
	silent, named := parses(t, ""), parses(t, "view: {memberOfIn: named}")
	star := parses(t, "view: {memberOfIn: star}")
	for _, c := range []struct {
		name    string
		config  *Config
		profile Profile
		want    MemberOfIn
	}{
		{"silent with OpenLDAP", silent, ProfileOpenLDAP, MemberOfInNamed},
		{"silent with Active Directory", silent, ProfileActiveDirectory, MemberOfInStar},
		{"silent with 389", silent, Profile389DS, MemberOfInStar},
		{"named with Active Directory", named, ProfileActiveDirectory, MemberOfInNamed},
		{"star with Domino", star, ProfileDomino, MemberOfInStar},
	} {
		if got := c.config.MemberOfIn(c.profile); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestAFileThatCannotBeReadIsOneFaultThatKeepsItsCause(t *testing.T) {
	_, err := Load(filepath.Join(t.TempDir(), "none.yaml"))
	var errs *Errors
	if !errors.As(err, &errs) || len(errs.Faults) != 1 || !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("got %v", err)
	}
	if _, err := Load(t.TempDir()); err == nil {
		t.Error("a folder was read as a file")
	}
}

func TestTheReferenceIsUpToDate(t *testing.T) {
	const page = "../docs/configuration.md"
	if *update {
		must(t, os.MkdirAll(filepath.Dir(page), 0o755))
		must(t, os.WriteFile(page, []byte(Reference()), 0o644))
	}
	got, err := os.ReadFile(page)
	must(t, err)
	if string(got) != Reference() {
		t.Error("docs/configuration.md differs from the program: run go test ./config -update")
	}
}

func TestTheReferencesExampleLoads(t *testing.T) {
	dir := folder(t, map[string]string{"tls/tls.crt": "", "tls/tls.key": "", "secrets/reader": "pw", "acls/": ""})
	c, err := Parse([]byte(Example), filepath.Join(dir, "aclens.yaml"))
	must(t, err)
	if c.TLS.CertFile != filepath.Join(dir, "tls/tls.crt") || c.Servers.Settings[0].Enforce.LDAP != No {
		t.Errorf("got %+v", c)
	}
}
