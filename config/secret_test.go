package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	yaml "github.com/goccy/go-yaml"
)

const (
	inlineSecret = "Inl1neHunter"
	fileSecret   = "F1leHunter"
	envSecret    = "Env1ronHunter"
)

func secretConfig(t testing.TB) (text, file string) {
	t.Helper()
	dir := folder(t, map[string]string{"token": fileSecret + "\n"})
	return `directory:
  ldap:
    bindDN: cn=reader,o=acme
    bindPassword: ` + inlineSecret + `
secondaries:
  - {name: partners, ldap: {bindDN: "cn=a", bindPassword: "x${ACLENS_TEST_SECRET}"}}
databases:
  rest:
    - {url: https://d.example.com, tokenFile: token, databases: ["Hub1/Acme!!a.nsf"]}
`, filepath.Join(dir, "aclens.yaml")
}

func mustNotShow(t *testing.T, where, output string) {
	t.Helper()
	for _, s := range []string{inlineSecret, fileSecret, envSecret} {
		if strings.Contains(output, s) {
			t.Fatalf("%s shows the secret %s:\n%s", where, s, output)
		}
	}
}

func TestSecretsAreNeverPrinted(t *testing.T) {
	t.Setenv("ACLENS_TEST_SECRET", envSecret)
	text, file := secretConfig(t)
	c, err := Parse([]byte(text), file)
	must(t, err)
	secrets := []Secret{c.Directory.LDAP.BindPassword, c.Secondaries[0].LDAP.BindPassword, c.Databases.REST[0].Token}
	for i, want := range []string{inlineSecret, "x" + envSecret, fileSecret} {
		if got, err := secrets[i].Value(); got != want || err != nil {
			t.Fatalf("secret %d has %d bytes, error %v", i, len(got), err)
		}
	}
	hidden := struct{ inner Secret }{secrets[0]} // fmt cannot call methods here
	for _, v := range []any{c, *c, c.Directory, *c.Directory.LDAP, c.Secondaries, *c.Secondaries[0].LDAP, c.Databases, secrets, secrets[0], &secrets[0], secrets[2], hidden, &hidden} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%p", "%T"} {
			mustNotShow(t, verb, fmt.Sprintf(verb, v))
		}
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("loaded", "config", v)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("loaded", "config", v)
		mustNotShow(t, "slog", log.String())
		j, err := json.Marshal(v)
		must(t, err)
		mustNotShow(t, "json", string(j))
		y, err := yaml.Marshal(v)
		must(t, err)
		mustNotShow(t, "yaml", string(y))
	}
	if got := fmt.Sprintf("%v|%s|%q|%v", secrets[0], secrets[1], secrets[2], Secret{}); got != "***|***|***|" {
		t.Errorf("secrets print as %s", got)
	}
}

// Whatever single slip is made in a file, the error must not show a secret.
func TestNoSlipOfThePenShowsASecretInAnError(t *testing.T) {
	t.Setenv("ACLENS_TEST_SECRET", envSecret)
	text, file := secretConfig(t)
	faulty := 0
	try := func(changed string) {
		if _, err := Parse([]byte(changed), file); err != nil {
			faulty++
			mustNotShow(t, "an error of\n"+changed, err.Error())
		}
	}
	for i := range text {
		try(text[:i])
		try(text[:i] + text[i+1:])
		for _, slip := range []string{" ", ":", "\"", "'", "{", "}", "[", ",", "\n", "\t", "#", "-", "$", "|", "x"} {
			try(text[:i] + slip + text[i+1:])
			try(text[:i] + slip + text[i:])
		}
	}
	if faulty < 1000 {
		t.Errorf("only %d of the slips were faults", faulty)
	}
}

func TestASecretsFileIsReadAnewEachTime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pw")
	s := SecretFile(path)
	for content, want := range map[string]string{"one\n": "one", "two": "two", "three\r\n": "three", " four \n\n": " four \n"} {
		must(t, os.WriteFile(path, []byte(content), 0o600))
		if got, err := s.Value(); got != want || err != nil {
			t.Errorf("%q is read as %q, %v", content, got, err)
		}
	}
	must(t, os.WriteFile(path, make([]byte, maxSecretBytes+1), 0o600))
	if _, err := s.Value(); err == nil {
		t.Error("a file larger than any secret was read")
	}
	must(t, os.Remove(path))
	if _, err := s.Value(); err == nil {
		t.Error("a missing file gave a secret")
	}
	if _, err := SecretFile(t.TempDir()).Value(); err == nil {
		t.Error("a folder gave a secret")
	}
}

func TestVariablesArePutIntoValuesOfEveryType(t *testing.T) {
	for name, value := range map[string]string{"BASE": "o=acme", "N": "5", "D": "90s", "P": "30%", "B": "true", "W": "forward", "SIZE": "8192", "EMPTY": ""} {
		t.Setenv("ACLENS_T_"+name, value)
	}
	c := parses(t, `
view: {base: "ou=access,${ACLENS_T_BASE}"}
limits: {connections: "${ACLENS_T_N}000", idle: "${ACLENS_T_D}", messageBytes: "${ACLENS_T_SIZE}"}
brake: {people: "${ACLENS_T_P}"}
listen: {allowPlaintextBind: "${ACLENS_T_B}", metrics: "${ACLENS_T_EMPTY}"}
writes: ${ACLENS_T_W}
hide: ["a${ACLENS_T_N}"]
databases: {aliases: {crm: "$${x}/${ACLENS_T_N}$"}}
`)
	got := fmt.Sprintln(c.View.Base, c.Limits.Connections, c.Limits.Idle, c.Limits.MessageBytes, c.Brake.People,
		c.Listen.AllowPlaintextBind, c.Listen.Metrics, c.Writes, c.Hide, c.Databases.Aliases)
	if want := fmt.Sprintln("ou=access,o=acme", 5000, "1m30s", 8192, "30%", true, "", "forward", "[a5]", "map[crm:${x}/5$]"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestAFaultShowsTheVariableAndNotItsValue(t *testing.T) {
	t.Setenv("ACLENS_TEST_SECRET", envSecret)
	for _, text := range []string{
		"view: {base: \"${ACLENS_TEST_SECRET}\"}", "writes: ${ACLENS_TEST_SECRET}", "stale: {acl: \"${ACLENS_TEST_SECRET}\"}",
		"tls: {certFile: \"${ACLENS_TEST_SECRET}.pem\"}", "proxyProtocol: [\"${ACLENS_TEST_SECRET}\"]", "clients: [{dn: \"${ACLENS_TEST_SECRET}\"}]",
		"databases: {dxl: [\"${ACLENS_TEST_SECRET}\"]}", "directory: {ldap: {urls: [\"${ACLENS_TEST_SECRET}\"]}}", "limits: {connections: \"${ACLENS_TEST_SECRET}\"}",
		"databases: {rest: [{url: a, databases: [\"${ACLENS_TEST_SECRET}\"]}]}",
	} {
		_, err := Parse([]byte(text), "c.yaml")
		if err == nil || !strings.Contains(err.Error(), "c.yaml:1: ") {
			t.Errorf("%s: %v", text, err)
			continue
		}
		mustNotShow(t, text, err.Error())
	}
}

func TestAPasswordTypedWhereItsFileBelongsIsNotShown(t *testing.T) {
	for _, text := range []string{
		"directory: {ldap: {bindDN: cn=a, bindPasswordFile: " + inlineSecret + "}}",
		"directory: {ldap: {bindDN: cn=a, bindPasswordFile: a/" + inlineSecret + "}}",
		"directory: {ldap: {bindDN: cn=a, bindPasswordFile: [" + inlineSecret + "]}}",
		"directory: {ldap: {urls: [\"ldap://cn=a:" + inlineSecret + "@host\"]}}",
		"databases: {rest: [{url: \"https://u:" + inlineSecret + "@host\", token: t, databases: [\"A!!b\"]}]}",
	} {
		_, err := Parse([]byte(text), "c.yaml")
		if err == nil {
			t.Fatalf("%s is no fault", text)
		}
		mustNotShow(t, text, err.Error())
	}
}
