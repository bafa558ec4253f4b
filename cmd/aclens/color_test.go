package main

import (
	"bytes"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func TestLinesAreColouredByWhatTheySay(t *testing.T) {
	for _, r := range []struct{ line, want string }{
		{"CN=Ann Admin/O=Acme  manager  [Admin]", "CN=Ann Admin/O=Acme  \x1b[1m\x1b[35mmanager\x1b[0m  [Admin]"},
		{"CN=Jo  crm  editor [Buyer] -> author [Buyer]  entry", "CN=Jo  crm  \x1b[36meditor\x1b[0m [Buyer] -> \x1b[32mauthor\x1b[0m [Buyer]  entry"},
		{"Level       reader (2)", "Level       \x1b[32mreader\x1b[0m (2)"},
		{"error  x.dxl: line 5: broken", "\x1b[1m\x1b[31merror\x1b[0m  x.dxl: line 5: broken"},
		{"warning findings:", "\x1b[33mwarning\x1b[0m findings:"},
		{"Warning: no entry", "\x1b[33mWarning\x1b[0m: no entry"},
		{"Additional in aclens, which may be a wrong yes: 1", "\x1b[1m\x1b[31mAdditional in aclens, which may be a wrong yes: 1\x1b[0m"},
		{"the reader of this is an editor", "the reader of this is an editor"},
		{"error-prone  names", "error-prone  names"},
		{"", ""},
	} {
		if got := paint(r.line); got != r.want {
			t.Errorf("%q becomes %q, want %q", r.line, got, r.want)
		}
	}
}

func TestOnlyColoursAreAddedHoweverTheTextIsCut(t *testing.T) {
	const text = "CN=Ann Admin/O=Acme  manager  [Admin]\n\nerror  x\nLevel  noaccess (0)\n"
	var whole bytes.Buffer
	if _, err := io.WriteString(&painter{to: &whole}, text); err != nil {
		t.Fatal(err)
	}
	if bare := regexp.MustCompile("\x1b\\[[0-9]+m").ReplaceAllString(whole.String(), ""); bare != text {
		t.Errorf("without colours it is %q", bare)
	}
	for i := range text {
		var cut bytes.Buffer
		p := &painter{to: &cut}
		for _, part := range []string{text[:i], text[i:]} {
			if n, err := io.WriteString(p, part); err != nil || n != len(part) {
				t.Fatalf("%d, %v", n, err)
			}
		}
		if cut.String() != whole.String() {
			t.Errorf("cut at %d it is %q", i, &cut)
		}
	}
}

func TestColoursAreForTerminalsUnlessSaidOtherwise(t *testing.T) {
	for _, r := range []struct {
		mode string
		want bool
	}{{"auto", false}, {"never", false}, {"always", true}} {
		c, out := &cobra.Command{}, &bytes.Buffer{}
		colorFlag(c)
		c.SetOut(out)
		if err := c.Flags().Set("color", r.mode); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(painted(c), "error  x\n"); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(out.String(), "\x1b"); got != r.want {
			t.Errorf("--color %s into a buffer: coloured is %t", r.mode, got)
		}
	}
}
