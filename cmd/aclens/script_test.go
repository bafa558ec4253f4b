package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/aclens/aclens/deploy/demo"
	"github.com/aclens/aclens/proxy/upstream/slapdtest"
)

// scriptLimit bounds all scripts together.
const scriptLimit = 5 * time.Minute

// TestScripts runs testdata/script: the command line as it is typed, with its
// exit statuses and what it says. Each script stands in a folder that holds the
// sample, and has the address of a slapd that serves the sample's directory.
func TestScripts(t *testing.T) {
	slapd := slapdtest.Start(t, slapdtest.Options{LDIF: demo.LDIF()})
	setPassword(t, slapd, "CN=reader,O=Acme", secretWord)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		ContinueOnError:     true,
		Deadline:            time.Now().Add(scriptLimit),
		Setup: func(e *testscript.Env) error {
			e.Setenv("SLAPD", slapd.URL)
			e.Setenv("SECRET", secretWord)
			e.Setenv("GORACE", "atexit_sleep_ms=0") // the race detector waits a second at each exit otherwise
			return unpackSample(e.WorkDir)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status": scriptStatus, "says": scriptSays, "keys": scriptKeys, "freeport": scriptFreePort, "subst": scriptSubst,
			"ready": scriptReady,
		},
	})
}

func setPassword(t *testing.T, s *slapdtest.Server, dn, password string) {
	t.Helper()
	change := ldap.NewModifyRequest(dn, nil)
	change.Replace("userPassword", []string{password})
	if err := s.Dial().Modify(change); err != nil {
		t.Fatalf("setting the password of %s: %v", dn, err)
	}
}

// unpackSample writes acme.ldif, servers.dxl and acls.
func unpackSample(dir string) error {
	if err := os.CopyFS(filepath.Join(dir, "acls"), demo.ACLs()); err != nil {
		return err
	}
	for name, content := range map[string][]byte{"acme.ldif": demo.LDIF(), "servers.dxl": demo.Servers()} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// scriptStatus runs a program that has to end with a status: status N program args...
func scriptStatus(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N program args...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("running %s: %v", args[1], err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

// scriptSays holds standard error to one clear line that matches: says REGEXP.
func scriptSays(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: says REGEXP")
	}
	text := ts.ReadFile("stderr")
	if !strings.HasPrefix(text, "aclens: ") || strings.Count(text, "\n") != 1 || !strings.HasSuffix(text, "\n") {
		ts.Fatalf("standard error is not one line of aclens:\n%s", text)
	}
	pattern, err := regexp.Compile(args[0])
	ts.Check(err)
	if !pattern.MatchString(text) {
		ts.Fatalf("%q does not match %q", text, args[0])
	}
}

// scriptKeys holds the keys of a JSON object on standard output, and their
// order, to a list: keys PATH key... where PATH is . or names and indexes
// joined by dots.
func scriptKeys(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: keys PATH key...")
	}
	value := json.RawMessage(ts.ReadFile("stdout"))
	for _, step := range strings.Split(strings.Trim(args[0], "."), ".") {
		if step == "" {
			continue
		}
		var err error
		if value, err = stepInto(value, step); err != nil {
			ts.Fatalf("%s: %v", args[0], err)
		}
	}
	got, err := keysOf(value)
	ts.Check(err)
	if !slices.Equal(got, args[1:]) {
		ts.Fatalf("keys %q, want %q", got, args[1:])
	}
}

// stepInto is an element of an array or a member of an object.
func stepInto(value json.RawMessage, step string) (json.RawMessage, error) {
	if i, err := strconv.Atoi(step); err == nil {
		var list []json.RawMessage
		if err := json.Unmarshal(value, &list); err != nil {
			return nil, err
		}
		if i >= len(list) {
			return nil, fmt.Errorf("%d elements", len(list))
		}
		return list[i], nil
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(value, &object); err != nil {
		return nil, err
	}
	if object[step] == nil {
		return nil, fmt.Errorf("no key %q", step)
	}
	return object[step], nil
}

// keysOf lists the keys of an object as they are written.
func keysOf(value json.RawMessage) ([]string, error) {
	d := json.NewDecoder(bytes.NewReader(value))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return nil, fmt.Errorf("no object: %s", value)
	}
	var keys []string
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, err
		}
		keys = append(keys, fmt.Sprint(key))
		var skipped json.RawMessage
		if err := d.Decode(&skipped); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

// scriptFreePort puts ports that nobody listens on into variables: freeport NAME...
func scriptFreePort(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args {
		port, err := freePort()
		ts.Check(err)
		ts.Setenv(name, port)
	}
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}

// scriptSubst replaces $NAME in files by the script's variables: subst FILE...
func scriptSubst(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args {
		text := os.Expand(ts.ReadFile(name), ts.Getenv)
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), fs.FileMode(0o600)))
	}
}

// scriptReady waits until the aclens on a port of this machine says that it
// answers: ready PORT
func scriptReady(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: ready PORT")
	}
	ts.Check(eventually(func() error { return httpStatus("http://127.0.0.1:"+args[0]+"/readyz", http.StatusOK) }))
}
