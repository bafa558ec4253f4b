package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// built is aclens, built as a release is.
func built(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "aclens")
	cmd := exec.Command("go", "build", "-o", file, "../../cmd/aclens")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building: %v\n%s", err, out)
	}
	return file
}

func TestTheListHoldsWhatIsLinkedAndNothingElse(t *testing.T) {
	file := built(t)
	var first, second bytes.Buffer
	if err := run([]string{file}, &first); err != nil {
		t.Fatal(err)
	}
	if err := run([]string{file}, &second); err != nil || first.String() != second.String() {
		t.Errorf("the same program gives two lists (%v)", err)
	}
	var b bill
	d := json.NewDecoder(&first)
	d.DisallowUnknownFields()
	if err := d.Decode(&b); err != nil {
		t.Fatal(err)
	}
	if b.Format != "CycloneDX" || b.Spec != "1.5" || b.Metadata.Component.Name != "github.com/aclens/aclens" ||
		!regexp.MustCompile(`^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(b.Serial) {
		t.Errorf("the document is %s %s of %s, %s", b.Format, b.Spec, b.Metadata.Component.Name, b.Serial)
	}
	refs := map[string]bool{}
	for _, c := range b.Components {
		refs[c.Ref] = true
		if c.Name == "std" {
			continue
		}
		if len(c.Hashes) != 1 || len(c.Hashes[0].Content) != 64 || !strings.HasPrefix(c.PURL, "pkg:golang/"+c.Name+"@v") {
			t.Errorf("%+v", c)
		}
		if strings.Contains(c.Name, "testscript") || strings.Contains(c.Name, "chromedp") || strings.Contains(c.Name, "goleak") {
			t.Errorf("%s is for tests alone", c.Name)
		}
	}
	if len(refs) != len(b.Components) || len(refs) < 10 {
		t.Errorf("%d components, of which %d are different", len(b.Components), len(refs))
	}
	for _, ref := range b.Dependencies[0].On {
		if !refs[ref] {
			t.Errorf("%s is no component", ref)
		}
	}
}

func TestWhatIsNoProgramIsRefused(t *testing.T) {
	for _, args := range [][]string{nil, {"main.go"}, {"gone"}, {"a", "b"}} {
		var out bytes.Buffer
		if err := run(args, &out); err == nil || out.Len() > 0 {
			t.Errorf("%q: %v, and %d octets", args, err, out.Len())
		}
	}
}
