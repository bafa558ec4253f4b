package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"
	"github.com/google/go-cmp/cmp"

	"github.com/aclens/aclens/deploy/demo"
	"github.com/aclens/aclens/proxy/upstream/slapdtest"
)

// world is a slapd with aclens in front of it.
type world struct {
	*running
	slapd  *slapdtest.Server
	config string // file
	base   string
}

// acme is the sample in a slapd that serves the whole tree, groups flat at its
// root, as Domino does.
func acme(t *testing.T) *world {
	t.Helper()
	dir := t.TempDir()
	if err := unpackSample(dir); err != nil {
		t.Fatal(err)
	}
	return openWorld(t, dir, slapdtest.Options{LDIF: demo.LDIF()}, `
listen: {ldap: 127.0.0.1:0, http: 127.0.0.1:0}
directory:
  ldap:
    urls: ["%s"]
    bindDN: cn=reader,o=acme
    bindPassword: `+secretWord+`
    bases: [""]
    refresh: {interval: 100ms}
databases: {dxl: [acls], homeServers: [Hub1/Acme], aliases: {crm: apps/crm.nsf}, exclude: []}
servers: {dxl: [servers.dxl]}
clients: [{dn: "cn=reader,o=acme", read: [all]}]
log: {level: debug, format: json}
`, "")
}

// nested is an organisation with its groups below each other, named in the ACL
// as groupName says.
func nested(t *testing.T, groupName string) *world {
	t.Helper()
	ldif, err := os.ReadFile("testdata/nested/people.ldif")
	if err != nil {
		t.Fatal(err)
	}
	acls, err := filepath.Abs(filepath.Join("testdata", "nested", groupName))
	if err != nil {
		t.Fatal(err)
	}
	return openWorld(t, t.TempDir(), slapdtest.Options{Suffix: "o=acme", LDIF: ldif}, `
listen: {ldap: 127.0.0.1:0, http: 127.0.0.1:0}
directory:
  ldap:
    urls: ["%s"]
    bindDN: cn=reader,o=acme
    bindPassword: `+secretWord+`
    bases: [o=acme]
    refresh: {interval: 100ms}
  groupName: `+groupName+`
databases: {dxl: ["`+acls+`"], aliases: {crm: apps/crm.nsf}}
clients: [{dn: "cn=reader,o=acme", read: [all]}]
log: {level: debug, format: json}
`, "o=acme")
}

func openWorld(t *testing.T, dir string, o slapdtest.Options, config, base string) *world {
	t.Helper()
	w := &world{slapd: slapdtest.Start(t, o), base: base, config: filepath.Join(dir, "aclens.yaml")}
	setPassword(t, w.slapd, reader, secretWord)
	w.running = startIn(t, dir, fmt.Sprintf(config, w.slapd.URL))
	w.awaitReady(http.StatusOK)
	return w
}

// ask asks every client the same and holds them against each other. It returns
// what they agree on.
func (w *world) ask(t *testing.T, questions ...string) facts {
	t.Helper()
	q := &inquiry{w.address("ldap"), reader, secretWord, w.base, questions}
	first := askGoLDAP(t, q)
	for name, ask := range clients {
		t.Run("asked with "+name, func(t *testing.T) {
			if diff := cmp.Diff(first, ask(t, q)); diff != "" {
				t.Errorf("it finds something else than go-ldap (-go-ldap +%s):\n%s", name, diff)
			}
		})
	}
	return first
}

// oid is the beginning of the identifiers of virtual attributes.
const oid = "2.25.125711760900418935379229695597642577470.1."

func TestNestedGroupsOfARealDirectoryAreAnsweredAlikeToEveryClient(t *testing.T) {
	const paul, ida, doris, otto = "cn=Paul Plain,ou=people,o=acme", "uid=ida,ou=people,o=acme", "cn=Doris Doubt,ou=people,o=acme", "cn=Otto Other,ou=people,o=acme"
	const jane, juergen = "cn=Jane Doe,ou=people,o=acme", "cn=Jürgen Müller,ou=partners,o=acme"
	const editors, team, interns = "cn=CRM Editors,ou=groups,o=acme", "cn=Sales Team,ou=a,ou=groups,o=acme", "cn=Interns,ou=b,ou=groups,o=acme"
	const inChain = "(memberOf:1.2.840.113556.1.4.1941:=" + editors + ")"
	have := func(dn, attribute string, values ...string) (lines []string) {
		for _, v := range values {
			lines = append(lines, strings.Join([]string{"read", dn, attribute, v}, "\t"))
		}
		return lines
	}
	found := func(filter string, dns ...string) (lines []string) {
		for _, dn := range dns {
			lines = append(lines, strings.Join([]string{"filter", filter, dn}, "\t"))
		}
		return lines
	}
	// Doris is in one of two groups of one common name: by that name it is nobody's
	// group, by its own DN it is hers.
	for _, c := range []struct {
		groupName    string
		doris        []string
		atLeast, non []string
	}{
		{"cn", nil, []string{jane, ida, juergen}, []string{doris, otto}},
		{"dn", slices.Concat(have(doris, "effectiveAccess", "apps/crm.nsf#manager"), have(doris, "effectiveWebAccess", "apps/crm.nsf#author")),
			[]string{jane, ida, juergen, doris}, []string{otto}},
	} {
		t.Run("groups are named by "+c.groupName, func(t *testing.T) {
			noLeaks(t)
			const atLeast, alias, substring = "(effectiveAccessAtLeast=apps/crm.nsf#author)", "(effectiveRole=crm#[buyer])", "(effectiveAccess=*#editor)"
			const none, negated = "(&(objectClass=person)(!(effectiveAccess=*)))", "(&(effectiveAccess=apps/crm.nsf#reader)(!(isMemberOf=cn=nowhere)))"
			w := nested(t, c.groupName)
			got := w.ask(t, "filter\t"+atLeast, "filter\t"+alias, "filter\t"+substring, "filter\t"+none, "filter\t"+negated, "filter\t"+inChain,
				"compare\t"+jane+"\teffectiveAccess\tAPPS/crm.nsf#Editor", "compare\t"+jane+"\teffectiveAccess\tapps/crm.nsf#manager",
				"compare\t"+ida+"\tisMemberOf\tCN=crm editors, OU=groups, O=acme",
				"schema\teffectiveAccess", "schema\teffectiveRole", "schema\tisMemberOf", "schema\taccessLevel")
			groups := func(dn string) []string { return have(dn, "isMemberOf", editors, team, interns) }
			want := slices.Concat(
				have(jane, "effectiveAccess", "apps/crm.nsf#editor"), have(jane, "effectiveRole", "apps/crm.nsf#[Buyer]"), have(jane, "effectiveWebAccess", "apps/crm.nsf#author"), groups(jane),
				have(ida, "effectiveAccess", "apps/crm.nsf#editor"), have(ida, "effectiveRole", "apps/crm.nsf#[Buyer]"), have(ida, "effectiveWebAccess", "apps/crm.nsf#author"), groups(ida),
				have(paul, "effectiveAccess", "apps/crm.nsf#reader"), have(paul, "effectiveWebAccess", "apps/crm.nsf#reader"), groups(paul),
				have(juergen, "effectiveAccess", "apps/crm.nsf#author"), have(juergen, "effectiveWebAccess", "apps/crm.nsf#author"),
				have(doris, "isMemberOf", "cn=Doubtful,ou=a,ou=groups,o=acme"), have(otto, "isMemberOf", "cn=Doubtful,ou=b,ou=groups,o=acme"), c.doris,
				found(atLeast, c.atLeast...), found(alias, jane, ida), found(substring, jane, ida), found(none, c.non...), found(negated, paul),
				found(inChain, jane, paul, ida, team, interns),
				[]string{
					"compare\t" + jane + "\teffectiveAccess\tAPPS/crm.nsf#Editor\ttrue", "compare\t" + jane + "\teffectiveAccess\tapps/crm.nsf#manager\tfalse",
					"compare\t" + ida + "\tisMemberOf\tCN=crm editors, OU=groups, O=acme\ttrue",
				})
			slices.Sort(want)
			all := slices.Concat(got.lines("compare"), got.lines("filter"), got.lines("read"))
			if diff := cmp.Diff(want, all); diff != "" {
				t.Errorf("what the clients agree on is not what is right (-right +found):\n%s", diff)
			}
			for _, line := range got.lines("schema") {
				if !strings.Contains(line, "\t"+oid) && !strings.Contains(line, "isMemberOf") {
					t.Errorf("%s has an identifier of somebody else", line)
				}
			}
			if n := len(got.lines("schema")); n != 4 {
				t.Errorf("%d of 4 attribute types are published", n)
			}
			w.agrees(t, got)
		})
	}
}

func TestTheSampleInARealDirectoryIsAnsweredAlikeToEveryClient(t *testing.T) {
	noLeaks(t)
	w := acme(t)
	got := w.ask(t, "filter\t(effectiveAccessAtLeast=crm#editor)", "filter\t(effectiveAccess=apps/*#manager)",
		"compare\tcn=Jane Doe,ou=Sales,o=Acme\teffectiveAccess\tcrm#reader", "schema\teffectiveAccess")
	w.agrees(t, got)
	herself := w.bound(jane, "jdoe")
	if seen, err := values(herself, "", "(objectClass=person)", "uid"); err != nil || !slices.Equal(seen, []string{"jdoe"}) {
		t.Errorf("Jane sees %q (%v), want herself alone", seen, err)
	}
	wantAccess(t, herself, "(objectClass=person)", "apps/crm.nsf#reader")
	held := 0
	for _, row := range sampleRows(t) {
		if row.channel != "notes" || strings.Contains(row.database, "!!") {
			continue
		}
		dn := strings.ToLower(row.dn())
		if !slices.ContainsFunc(got.lines("read"), func(line string) bool { return strings.HasPrefix(strings.ToLower(line), "read\t"+dn+"\t") }) {
			continue // a name without an entry
		}
		held++
		var access, roles []string
		for _, line := range got.lines("read") {
			f := strings.Split(line, "\t")
			value, ok := strings.CutPrefix(f[3], row.database+"#")
			if !ok || strings.ToLower(f[1]) != dn {
				continue
			}
			switch f[2] {
			case "effectiveAccess":
				access = append(access, value)
			case "effectiveRole":
				roles = append(roles, value)
			}
		}
		var want []string
		if row.level != "noaccess" {
			want = []string{row.level}
		}
		if !slices.Equal(access, want) {
			t.Errorf("%s in %s has %q, the sample's page says %s", row.name, row.database, access, row.level)
		}
		slices.Sort(row.roles)
		if row.level != "noaccess" && !slices.Equal(roles, row.roles) {
			t.Errorf("%s in %s has the roles %q, the sample's page says %q", row.name, row.database, roles, row.roles)
		}
	}
	if held < 30 {
		t.Errorf("only %d rows of the sample's page are about people of the directory", held)
	}
}

// agrees holds what clients read of levels and roles against the report, which
// reads everything anew and decides each pair by itself.
func (w *world) agrees(t *testing.T, got facts) {
	t.Helper()
	want := facts{}
	for line := range strings.Lines(w.command(t, "report", "--format", "jsonl", "--out", "-")) {
		var row struct {
			DN, Database, Level string
			Roles               []string
		}
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if row.Level == "noaccess" {
			continue
		}
		want.add("read", row.DN, "effectiveAccess", row.Database+"#"+row.Level)
		for _, role := range row.Roles {
			want.add("read", row.DN, "effectiveRole", row.Database+"#"+role)
		}
	}
	found := slices.DeleteFunc(got.lines("read"), func(line string) bool {
		return !strings.Contains(line, "\teffectiveAccess\t") && !strings.Contains(line, "\teffectiveRole\t")
	})
	if diff := cmp.Diff(want.lines("read"), found); diff != "" {
		t.Errorf("search and report disagree (-report +search):\n%s", diff)
	}
}

// command runs a command on the world's configuration and returns what it prints.
func (w *world) command(t *testing.T, name string, arguments ...string) string {
	t.Helper()
	var out, errOut bytes.Buffer
	if status := run(append([]string{name, "--config", w.config}, arguments...), &out, &errOut); status != exitDone {
		t.Fatalf("aclens %s %q ends with %d: %s", name, arguments, status, &errOut)
	}
	if strings.Contains(out.String()+errOut.String(), secretWord) {
		t.Fatalf("aclens %s prints a password", name)
	}
	return out.String()
}

// explained is somebody's level as explain has it.
func (w *world) explained(t *testing.T, user string) string {
	t.Helper()
	var answer struct{ Level string }
	text := w.command(t, "explain", "--user", user, "--database", "crm", "--json")
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return answer.Level
}

func TestChangesInTheDirectoryAreSeenSoon(t *testing.T) {
	noLeaks(t)
	w := nested(t, "cn")
	c, admin := w.bound(reader, secretWord), w.slapd.Dial()
	const otto, interns = "cn=Otto Other,ou=people,o=acme", "cn=Interns,ou=b,ou=groups,o=acme"
	modify := func(dn string, change func(*ldap.ModifyRequest)) {
		t.Helper()
		m := ldap.NewModifyRequest(dn, nil)
		change(m)
		if err := admin.Modify(m); err != nil {
			t.Fatalf("changing %s: %v", dn, err)
		}
	}
	await := func(filter string, want ...string) {
		t.Helper()
		await(t, func() error {
			got, err := values(c, "o=acme", filter, "effectiveAccess")
			if err == nil && !slices.Equal(got, want) {
				err = fmt.Errorf("%s has %q, want %q", filter, got, want)
			}
			return err
		})
	}
	await("(uid=otto)")

	modify(interns, func(m *ldap.ModifyRequest) { m.Add("member", []string{otto}) })
	await("(uid=otto)", "apps/crm.nsf#editor")
	if level := w.explained(t, "otto"); level != "editor" {
		t.Errorf("explain says %s", level)
	}

	modify(interns, func(m *ldap.ModifyRequest) { m.Delete("member", []string{otto}) })
	await("(uid=otto)")
	if level := w.explained(t, "otto"); level != "noaccess" {
		t.Errorf("explain says %s", level)
	}

	// A name that the ACL gives something to.
	if err := admin.ModifyDN(ldap.NewModifyDNRequest(otto, "cn=Otto Other", false, "ou=partners,o=acme")); err != nil {
		t.Fatalf("moving Otto: %v", err)
	}
	await("(uid=otto)", "apps/crm.nsf#author")

	// A group that is in the way of others.
	if err := admin.Del(ldap.NewDelRequest("cn=Sales Team,ou=a,ou=groups,o=acme", nil)); err != nil {
		t.Fatalf("deleting a group: %v", err)
	}
	await("(uid=jdoe)")
	await("(uid=ida)")
	if level := w.explained(t, "jdoe"); level != "noaccess" {
		t.Errorf("explain says %s", level)
	}

	// A person who is gone is gone from the entries and from the groups of levels.
	if err := admin.Del(ldap.NewDelRequest("cn=Paul Plain,ou=people,o=acme", nil)); err != nil {
		t.Fatalf("deleting a person: %v", err)
	}
	gone(t, c, "o=acme", "(uid=pplain)", "uid")
	gone(t, c, "cn=access", "(member=cn=Paul Plain,ou=people,o=acme)", "cn")

	// One who comes has what the name has.
	comes := ldap.NewAddRequest("cn=Nora New,ou=partners,o=acme", nil)
	comes.Attribute("objectClass", []string{"inetOrgPerson"})
	comes.Attribute("sn", []string{"New"})
	comes.Attribute("uid", []string{"nora"})
	if err := admin.Add(comes); err != nil {
		t.Fatalf("adding a person: %v", err)
	}
	await("(uid=nora)", "apps/crm.nsf#author")
}

func gone(t *testing.T, c *ldap.Conn, base, filter, attribute string) {
	t.Helper()
	await(t, func() error {
		got, err := values(c, base, filter, attribute)
		if err == nil && len(got) > 0 {
			err = fmt.Errorf("%s finds %q", filter, got)
		}
		return err
	})
}

// sampleRow is a row of the sample's page.
type sampleRow struct {
	database, name, channel, level string
	roles                          []string
}

// dn is the name as an LDAP directory writes it.
func (r *sampleRow) dn() string {
	parts := strings.Split(r.name, "/")
	dn := []string{"CN=" + parts[0]}
	for i, part := range parts[1:] {
		if i == len(parts)-2 {
			dn = append(dn, "O="+part)
		} else {
			dn = append(dn, "OU="+part)
		}
	}
	return strings.Join(dn, ",")
}

// sampleRows reads the table "What to look at" of deploy/demo/README.md.
func sampleRows(t *testing.T) []sampleRow {
	t.Helper()
	page, err := os.ReadFile("../../deploy/demo/README.md")
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile("(?m)^\\| `([^`]+)` \\| [^|]+ \\| `([^`]+)` \\| `([a-z-]+)` \\| `([a-z]+)` \\| ((?:`\\[\\w+\\]` ?)*)\\|")
	var rows []sampleRow
	for _, m := range line.FindAllStringSubmatch(string(page), -1) {
		rows = append(rows, sampleRow{m[1], m[2], m[3], m[4], regexp.MustCompile(`\[\w+\]`).FindAllString(m[5], -1)})
	}
	return rows
}
