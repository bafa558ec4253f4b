package view

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "rewrite deploy/schema/aclens.schema")

const consumerFile = "../../deploy/schema/aclens.schema"

func TestTheSchemaFileForConsumersIsTheTable(t *testing.T) {
	want := ConsumerSchema()
	if *update {
		if err := os.WriteFile(consumerFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(consumerFile)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is not what the table says; go test ./proxy/view -run ForConsumers -update rewrites it", consumerFile)
	}
}

func TestSlapdTakesTheSchemaFile(t *testing.T) {
	slapd, err := exec.LookPath("slapd")
	if err != nil {
		slapd = "/usr/sbin/slapd"
	}
	if _, err := os.Stat(slapd); err != nil {
		t.Fatal("slapd is missing; make test installs it")
	}
	schemaFile, err := filepath.Abs(consumerFile)
	if err != nil {
		t.Fatal(err)
	}
	conf := filepath.Join(t.TempDir(), "slapd.conf")
	text := "attributeoptions lang- x-db-\n"
	for _, s := range []string{"core", "cosine", "inetorgperson"} {
		text += "include /etc/ldap/schema/" + s + ".schema\n"
	}
	text += "include " + schemaFile + "\n"
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), slapd, "-Ttest", "-u", "-f", conf).CombinedOutput()
	if err != nil {
		t.Errorf("slapd refuses the schema: %v\n%s", err, out)
	}
}
