package clienttest

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// program finds a client, also where only administrators look for programs.
func program(t *testing.T, name string) string {
	t.Helper()
	for _, candidate := range []string{name, filepath.Join("/usr/sbin", name)} {
		if path, err := exec.LookPath(candidate); err == nil {
			return path
		}
	}
	t.Fatalf("%s is not installed; run `make test`, which installs it", name)
	return ""
}

// outcome is what a program printed, on both outputs, and its exit status.
type outcome struct {
	text   string
	status int
}

// run lets a program end, with nothing to read and no configuration of the
// machine's LDAP clients.
func run(t *testing.T, path string, arguments ...string) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, arguments...)
	cmd.Env = append(os.Environ(), "LDAPNOINIT=1")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) || ctx.Err() != nil {
		t.Fatalf("%s %q: %v\n%s", path, arguments, errors.Join(err, ctx.Err()), &out)
	}
	return outcome{out.String(), cmd.ProcessState.ExitCode()}
}

// runUntil runs a client until it prints a line, and ends it; false if the
// client ended by itself before.
func runUntil(t *testing.T, line, path string, arguments ...string) bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, arguments...)
	cmd.Env = append(os.Environ(), "LDAPNOINIT=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Wait() }() // it was killed
	defer cancel()
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if lines.Text() == line {
			return true
		}
	}
	return false
}

// wantLines runs a client that prints one line a fact, and holds them against
// the right ones, in their order.
func wantLines(t *testing.T, want string, path string, arguments ...string) {
	t.Helper()
	got := run(t, path, arguments...)
	if diff := cmp.Diff(strings.Split(strings.TrimSpace(want), "\n"), strings.Split(strings.TrimSpace(got.text), "\n")); diff != "" || got.status != 0 {
		t.Errorf("%s ends with %d and says something else than is right (-right +said):\n%s", filepath.Base(path), got.status, diff)
	}
}
