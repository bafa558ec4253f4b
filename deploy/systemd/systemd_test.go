// Package systemd_test holds the units against systemd's own judgement.
package systemd_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aclens/aclens/config"
)

// mostExposed is the exposure level, of 10.0, that the unit must not exceed.
const mostExposed = "11" // in tenths, as systemd-analyze takes it

// staged copies the units into a folder where the program that they start is one
// that is there.
func staged(t *testing.T) (dir string, units []string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	for _, pattern := range []string{"*.service", "*.socket"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			text := strings.ReplaceAll(read(t, name), "/usr/bin/aclens", self)
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			units = append(units, name)
		}
	}
	if len(units) < 4 {
		t.Fatalf("found only %v", units)
	}
	return dir, units
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func analyze(t *testing.T, dir string, args ...string) (string, error) {
	t.Helper()
	program, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Fatalf("systemd-analyze is missing: install Debian's package systemd (%v)", err)
	}
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "SYSTEMD_COLORS=0", "SYSTEMD_EMOJI=0", "LC_ALL=C")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestSystemdFindsNoFaultInTheUnits(t *testing.T) {
	dir, units := staged(t)
	for i, unit := range units {
		units[i] = "./" + unit
	}
	out, err := analyze(t, dir, slices.Concat([]string{"verify", "--man=no", "--recursive-errors=no"}, units)...)
	if err != nil || strings.TrimSpace(out) != "" {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
}

func TestSystemdNamesAFaultWhereThereIsOne(t *testing.T) {
	dir, _ := staged(t)
	file := filepath.Join(dir, "aclens.service")
	if err := os.WriteFile(file, []byte(read(t, file)+"\n[Service]\nProtectSistem=strict\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, _ := analyze(t, dir, "verify", "--man=no", "--recursive-errors=no", "./aclens.service"); !strings.Contains(out, "ProtectSistem") {
		t.Errorf("a misspelt setting passes:\n%s", out)
	}
}

func TestTheServiceIsAsSecludedAsItsReadmeSays(t *testing.T) {
	dir, _ := staged(t)
	out, err := analyze(t, dir, "security", "--offline=yes", "--no-pager", "--threshold="+mostExposed, "./aclens.service")
	if err != nil {
		t.Fatalf("systemd-analyze security: %v\n%s", err, out)
	}
	level := regexp.MustCompile(`Overall exposure level for aclens.service: (\d+\.\d)`).FindStringSubmatch(out)
	if level == nil {
		t.Fatalf("no level in\n%s", out)
	}
	if !strings.Contains(read(t, "README.md"), "gives the unit "+level[1]+" of 10") {
		t.Errorf("README.md says another level than %s", level[1])
	}
}

func TestWhatIsLeftOpenIsWhatAServerNeeds(t *testing.T) {
	dir, _ := staged(t)
	out, err := analyze(t, dir, "security", "--offline=yes", "--no-pager", "--json=short", "./aclens.service")
	if err != nil {
		t.Fatalf("systemd-analyze security: %v\n%s", err, out)
	}
	var rows []struct {
		JSON string `json:"json_field"`
		Name string `json:"name"`
		Set  *bool  `json:"set"`
	}
	if err := json.Unmarshal([]byte(out), &rows); err != nil {
		t.Fatalf("%v in\n%s", err, out)
	}
	open := map[string]string{
		"RootDirectory=/RootImage=":                "certificates of the system and /etc/aclens are outside",
		"RestrictAddressFamilies=~AF_UNIX":         "the words to systemd",
		"RestrictAddressFamilies=~AF_(INET|INET6)": "the clients and the directory",
		"PrivateNetwork=":                          "the same",
		"IPAddressDeny=":                           "depends on the site",
		"DeviceAllow=":                             "what ProtectClock adds: the clock, to be read",
	}
	for _, row := range rows {
		_, known := open[row.Name]
		if row.Set != nil && !*row.Set && !known {
			t.Errorf("%s is open, and nothing says why", row.Name)
		}
	}
	if len(rows) < 50 {
		t.Errorf("only %d rows", len(rows))
	}
}

func TestEverySocketServesAListenerOfTheSameService(t *testing.T) {
	_, units := staged(t)
	for _, unit := range units {
		name, isSocket := strings.CutSuffix(unit, ".socket")
		if !isSocket {
			continue
		}
		text := read(t, unit)
		for _, line := range []string{"Service=aclens.service", "FileDescriptorName=" + strings.TrimPrefix(name, "aclens-")} {
			if !strings.Contains(text, "\n"+line+"\n") {
				t.Errorf("%s lacks %s", unit, line)
			}
		}
	}
}

// The credential, the folders and the ports that the configuration names have to
// be what units and snippets give.
func TestTheConfigurationFitsTheUnit(t *testing.T) {
	root := t.TempDir()
	for _, dir := range []string{"acls", "tls", "log", "state", "credentials"} {
		if err := os.Mkdir(filepath.Join(root, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	unit := read(t, "aclens.service")
	for file, within := range map[string]string{"tls/tls.crt": "", "tls/tls.key": "", "credentials/reader": "LoadCredential=reader:"} {
		if !strings.Contains(unit, within) {
			t.Errorf("aclens.service has no %s", within)
		}
		if err := os.WriteFile(filepath.Join(root, file), []byte("reader"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text := strings.NewReplacer("/etc/aclens/acls", root+"/acls", "/etc/aclens/tls", root+"/tls", "/var/log/aclens", root+"/log", "/var/lib/aclens", root+"/state").Replace(read(t, "aclens.yaml"))
	if left := regexp.MustCompile(`(?m)^[^#\n]*(/etc|/var)/`).FindString(text); left != "" {
		t.Errorf("the unit gives nothing at %s", left)
	}
	file := filepath.Join(root, "aclens.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("CREDENTIALS_DIRECTORY", filepath.Join(root, "credentials"))
	c, err := config.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	if password, err := c.Directory.LDAP.BindPassword.Value(); err != nil || password != "reader" {
		t.Errorf("the password is %q, %v", password, err)
	}
}

func TestTheAccountOfTheServiceCanBeMade(t *testing.T) {
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "etc"), 0o700); err != nil {
		t.Fatal(err)
	}
	file, err := filepath.Abs("aclens.sysusers")
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "systemd-sysusers", "--dry-run", "--root="+root, file).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "aclens") {
		t.Errorf("systemd-sysusers: %v\n%s", err, out)
	}
	for _, account := range []string{"User=aclens", "Group=aclens"} {
		if !strings.Contains(read(t, "aclens.service"), "\n"+account+"\n") {
			t.Errorf("aclens.service lacks %s", account)
		}
	}
}
