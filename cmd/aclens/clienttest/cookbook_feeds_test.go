package clienttest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aclens/aclens/cmd/aclens/proctest"
)

// office is aclens over files, in which the tests of feeds change what they like.
type office struct {
	world
	http, people, acls string // address; file of people and groups; folder of ACLs
}

const officeSettings = `
listen: {ldap: 127.0.0.1:0, http: 127.0.0.1:0, metrics: 127.0.0.1:0}
directory: {ldif: [%q], groupName: cn}
databases: {yaml: [%q], aliases: {crm: apps/crm.nsf}}
clients: [{dn: "cn=reader,o=acme", read: [people, groups, access]}]
log: {level: info, format: json}
`

// crmACL is the access control list of the CRM; what else it says is added to it.
const crmACL = `databases:
  - server: Hub1/Acme
    path: apps/crm.nsf
    maxInternetAccess: editor
    roles: [Buyer]
    entries:
      - {name: -Default-, level: noaccess}
`

// What the tests add to it.
const (
	anonymousOut    = "      - {name: Anonymous, level: noaccess}\n"
	anonymousReads  = "      - {name: Anonymous, level: reader}\n"
	editorsEdit     = "      - {name: CRM Editors, type: persongroup, level: editor, roles: [Buyer]}\n"
	partnersWrite   = "      - {name: '*/partners/acme', level: author}\n"
	paulReads       = "      - {name: Paul Plain/people/acme, type: person, level: reader}\n"
	paulWrites      = "      - {name: Paul Plain/people/acme, type: person, level: author}\n"
	officesEveryday = anonymousOut + editorsEdit + partnersWrite
)

// openOffice starts it with nobody in the CRM but its editors and the partners.
func openOffice(t *testing.T) *office {
	t.Helper()
	folder := t.TempDir()
	o := &office{world: world{log: &proctest.Journal{}}, people: filepath.Join(folder, "acme.ldif"), acls: filepath.Join(folder, "acls")}
	if err := os.Mkdir(o.acls, 0o700); err != nil {
		t.Fatal(err)
	}
	o.decree(t, officesEveryday)
	o.employ(t)
	o.start(t, writeText(t, filepath.Join(folder, "aclens.yaml"), fmt.Sprintf(officeSettings, o.people, o.acls)))
	await(t, o.open)
	return o
}

func (o *office) open() error {
	if err := o.listening(); err != nil {
		return err
	}
	found := regexp.MustCompile(`"listener":"http","address":"([^"]+)"`).FindStringSubmatch(o.log.String())
	if found == nil {
		return fmt.Errorf("no address for HTTP in the log:\n%s", o.log)
	}
	o.http = "http://" + found[1]
	return ready(o.http + "/readyz")
}

// decree puts another ACL in the place of the CRM's.
func (o *office) decree(t *testing.T, entries string) {
	t.Helper()
	replace(t, filepath.Join(o.acls, "crm.yaml"), crmACL+entries)
}

// employ writes the people and groups, with more editors of the CRM than usual.
func (o *office) employ(t *testing.T, editors ...string) {
	t.Helper()
	ldif, err := os.ReadFile("testdata/acme.ldif")
	if err != nil {
		t.Fatal(err)
	}
	members := "cn: CRM Editors\n"
	for _, dn := range editors {
		members += "member: " + dn + "\n"
	}
	replace(t, o.people, here(t, string(ldif), "cn: CRM Editors\n", members))
}

// replace puts a file in the place of another, at once and as a whole.
func replace(t *testing.T, file, text string) {
	t.Helper()
	next := writeText(t, filepath.Join(t.TempDir(), "next"), text)
	if err := os.Rename(next, file); err != nil {
		t.Fatal(err)
	}
}

// allows waits until somebody has a level.
func (o *office) allows(t *testing.T, uid, level string) {
	t.Helper()
	await(t, func() error {
		text, err := o.get("/api/v1/decision?database=crm&user=" + uid)
		if err != nil {
			return err
		}
		var decision struct{ Level string }
		if err := json.Unmarshal([]byte(text), &decision); err != nil || decision.Level != level {
			return fmt.Errorf("%s has %q (%v), not %s", uid, decision.Level, err, level)
		}
		return nil
	})
}

func (o *office) get(path string) (string, error) {
	r, err := http.NewRequest(http.MethodGet, o.http+path, nil)
	if err != nil {
		return "", err
	}
	r.SetBasicAuth(reader, readerPassword)
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	answer, err := client.Do(r)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return string(text), err
}

// TestTheCookbookFollows runs one recipe after the other: each changes the ACL.
func TestTheCookbookFollows(t *testing.T) {
	o := openOffice(t)
	t.Run("changes, a line each", o.followed)
	t.Run("a table kept in step", o.keptInStep)
	t.Run("Keycloak's sync of changed users", o.keycloakSyncs)
	t.Run("TDI's connectors", o.connectorsRead)
	t.Run("alerts", o.alerted)
}

// followed runs the page's script, ends it, and runs it again.
func (o *office) followed(t *testing.T) {
	folder := t.TempDir()
	script := writeText(t, filepath.Join(folder, "follow.py"), recipes(t, "follow.md", "python")[0])
	password := writeText(t, filepath.Join(folder, "password"), readerPassword)
	place := filepath.Join(folder, "place")
	follow := func(wanted string, change func()) {
		t.Helper()
		ctx, stop := context.WithCancel(context.Background())
		cmd := exec.CommandContext(ctx, program(t, "python3"), script, o.http, reader, password, place)
		said := &proctest.Journal{}
		cmd.Stdout, cmd.Stderr = said, said
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() { stop(); _ = cmd.Wait() }() // it is ended
		await(t, func() error { _, err := os.Stat(place); return err })
		change()
		line := regexp.MustCompile(`(?m)^\S+Z ` + regexp.QuoteMeta(wanted) + `$`)
		await(t, func() error {
			if !line.MatchString(said.String()) {
				return fmt.Errorf("no line %q in\n%s", wanted, said)
			}
			return nil
		})
	}
	const paul = "CN=Paul Plain/OU=people/O=acme apps/crm.nsf "
	follow(paul+"noaccess -> reader by Paul Plain/people/acme", func() { o.decree(t, officesEveryday+paulReads) })
	o.decree(t, officesEveryday)
	o.allows(t, "pplain", "noaccess")
	follow(paul+"reader -> noaccess by -Default-", func() {}) // what happened while nobody followed
	_, shown, _ := strings.Cut(strings.TrimSpace(recipes(t, "follow.md", "text")[0]), " ")
	follow(shown, func() { o.employ(t, "cn=Paul Plain,ou=people,o=acme") })
	o.employ(t)
	o.allows(t, "pplain", "noaccess")
}

// keptInStep walks the script through a full load, changes, the brake, its
// release, and a restart of aclens, which forgets what it told.
func (o *office) keptInStep(t *testing.T) {
	folder := t.TempDir()
	password := writeText(t, filepath.Join(folder, "password"), readerPassword)
	python := pythonWith(t, "ldap")
	step := func(more ...string) outcome {
		return run(t, python, append([]string{filepath.Join(cookbook, "keep_in_step.py"), "--url", "ldap://" + o.ldap, "--name", reader, "--password-file", password,
			"--base", "o=acme", "--filter", "(effectiveAccessAtLeast=crm#reader)", "--table", filepath.Join(folder, "access.db")}, more...)...)
	}
	want := func(when, text string, status int, got outcome) {
		t.Helper()
		if diff := cmp.Diff(outcome{text + "\n", status}, got, cmp.AllowUnexported(outcome{})); diff != "" {
			t.Fatalf("%s (-right +said):\n%s", when, diff)
		}
	}
	want("at first", "everything: 4 written, 0 removed", 0, step())
	want("with nothing new", "changes: 0 written, 0 removed", 0, step())
	o.decree(t, officesEveryday+paulReads)
	o.allows(t, "pplain", "reader")
	if got := step("--compare"); got.status != 1 || !strings.HasSuffix(got.text, "5 rows compared, 1 differ\n") {
		t.Errorf("compared with one row too few: %+v", got)
	}
	want("with somebody new", "changes: 1 written, 0 removed", 0, step())
	want("compared", "5 rows compared, 0 differ", 0, step("--compare"))
	o.decree(t, anonymousOut+paulWrites)
	o.allows(t, "pplain", "author")
	want("with nearly everybody gone", "held: 4 of 5 rows would vanish; --release lets them go", 3, step())
	o.decree(t, officesEveryday+paulWrites)
	o.allows(t, "jdoe", "editor")
	want("with everybody back", "changes: 5 written, 0 removed", 0, step())
	o.decree(t, anonymousOut+editorsEdit+paulWrites)
	o.allows(t, "jmueller", "noaccess")
	want("with one gone", "changes: 0 written, 1 removed", 0, step())
	o.decree(t, anonymousOut+paulWrites)
	o.allows(t, "jdoe", "noaccess")
	want("released", "changes: 0 written, 3 removed", 0, step("--release"))
	o.restart(t)
	want("after a restart that forgot", "everything: 1 written, 0 removed", 0, step())
	want("compared again", "1 rows compared, 0 differ", 0, step("--compare"))
}

// restart ends aclens and begins it again, with nothing kept.
func (o *office) restart(t *testing.T) {
	t.Helper()
	if err := ended(o.process); err != nil {
		t.Fatal(err)
	}
	o.log = &proctest.Journal{}
	o.ldap, o.metrics = "", ""
	o.process = exec.Command(o.process.Args[0], o.process.Args[1:]...)
	o.process.Stdout, o.process.Stderr, o.process.Env = o.log, o.log, append(os.Environ(), "GORACE=atexit_sleep_ms=0")
	if err := o.process.Start(); err != nil {
		t.Fatal(err)
	}
	await(t, o.open)
}

// pythonWith finds an interpreter that has a module: the first one of the path
// need not be the one that the packages of the system belong to.
func pythonWith(t *testing.T, module string) string {
	t.Helper()
	for _, candidate := range []string{"python3", "/usr/bin/python3", "/usr/local/bin/python3"} {
		if path, err := exec.LookPath(candidate); err == nil && exec.CommandContext(t.Context(), path, "-c", "import "+module).Run() == nil {
			return path
		}
	}
	t.Fatalf("no Python has the module %s; run `make test`, which installs it", module)
	return ""
}
