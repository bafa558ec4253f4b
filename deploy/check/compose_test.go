package check_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"

	"github.com/aclens/aclens/config"
)

const composeDir = "../compose"

// project is the compose file as Compose itself reads it, its schema included.
func project(t *testing.T) *types.Project {
	t.Helper()
	dir, err := filepath.Abs(composeDir)
	if err != nil {
		t.Fatal(err)
	}
	p, err := loader.LoadWithContext(t.Context(), types.ConfigDetails{
		WorkingDir: dir, ConfigFiles: []types.ConfigFile{{Filename: filepath.Join(dir, "compose.yaml")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestComposeTakesTheFile(t *testing.T) {
	p := project(t)
	for _, name := range []string{"openldap", "aclens", "prometheus"} {
		s, ok := p.Services[name]
		if !ok {
			t.Fatalf("no service %s", name)
		}
		if !regexp.MustCompile(`:(v?\d[\w.-]*|dev)$`).MatchString(s.Image) || s.Build == nil && strings.HasSuffix(s.Image, ":dev") {
			t.Errorf("%s: %s is no version", name, s.Image)
		}
		for _, v := range s.Volumes {
			if _, err := os.Stat(v.Source); v.Type == types.VolumeTypeBind && (err != nil || !v.ReadOnly) {
				t.Errorf("%s: %s: %v, read-only: %v", name, v.Source, err, v.ReadOnly)
			}
		}
		for _, port := range s.Ports {
			if port.HostIP != "127.0.0.1" {
				t.Errorf("%s publishes %s on %q", name, port.Published, port.HostIP)
			}
		}
		if s.Build != nil {
			if _, err := os.Stat(filepath.Join(s.Build.Context, "Dockerfile")); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	for name, secret := range p.Secrets {
		if _, err := os.Stat(secret.File); err != nil {
			t.Errorf("secret %s: %v", name, err)
		}
	}
	if a := p.Services["aclens"]; !a.ReadOnly || strings.Join(a.CapDrop, " ") != "ALL" || a.User != "65532:65532" {
		t.Error("aclens has more rights than it needs")
	}
}

// The configuration is loaded as the container would: what it names has to be
// mounted there.
func TestAclensTakesTheConfigurationOfTheComposeFile(t *testing.T) {
	s := project(t).Services["aclens"]
	root := t.TempDir()
	text := read(t, composeDir+"/aclens.yaml")
	for _, v := range s.Volumes {
		at := filepath.Join(root, v.Target)
		switch {
		case v.Type == types.VolumeTypeVolume:
			if err := os.MkdirAll(at, 0o700); err != nil {
				t.Fatal(err)
			}
			text = strings.ReplaceAll(text, " "+v.Target, " "+at)
		case filepath.Base(v.Target) != "aclens.yaml":
			if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.CopyFS(at, os.DirFS(v.Source)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, secret := range s.Secrets {
		text = strings.ReplaceAll(text, "/run/secrets/"+secret.Source, project(t).Secrets[secret.Source].File)
	}
	file := filepath.Join(root, "etc/aclens/aclens.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, port := range s.Ports {
		address := ":" + port.Published
		if c.Listen.LDAP != address && c.Listen.Metrics != address {
			t.Errorf("%s is published, and nothing listens there", address)
		}
	}
	if !strings.Contains(strings.Join(s.HealthCheck.Test, " "), "127.0.0.1"+c.Listen.Metrics+"/readyz") {
		t.Errorf("the health check asks %v", s.HealthCheck.Test)
	}
	if c.Directory.LDAP.URLs[0] != "ldap://openldap:389" || !strings.Contains(read(t, composeDir+"/prometheus.yml"), "aclens"+c.Listen.Metrics) {
		t.Error("somebody asks at another address")
	}
}

func TestOpenLDAPTakesTheSample(t *testing.T) {
	dir := t.TempDir()
	conf := strings.Replace(read(t, composeDir+"/openldap/slapd.conf"), "/var/lib/acme", dir, 1)
	file := filepath.Join(dir, "slapd.conf")
	if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"/usr/sbin/slapadd", "-f", file, "-l", composeDir + "/openldap/acme.ldif"}, {"/usr/sbin/slaptest", "-f", file}} {
		if out, err := exec.CommandContext(t.Context(), args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
	}
	if password := read(t, composeDir+"/reader.password"); !strings.Contains(read(t, composeDir+"/openldap/acme.ldif"), "\nuserPassword: "+password+"\n") {
		t.Error("the directory has another password for the service account")
	}
}

func TestPrometheusTakesItsConfiguration(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"../compose/prometheus.yml", "../prometheus/aclens.rules.yaml"} {
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(name)), []byte(read(t, name)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.CommandContext(t.Context(), "promtool", "check", "config", filepath.Join(dir, "prometheus.yml")).CombinedOutput(); err != nil {
		t.Errorf("promtool check config: %v\n%s", err, out)
	}
}
