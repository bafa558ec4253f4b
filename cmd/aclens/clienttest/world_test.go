package clienttest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aclens/aclens/cmd/aclens/proctest"
	"github.com/aclens/aclens/proxy/upstream/slapdtest"
)

// patience bounds every wait of these tests; nothing waits so long unless it fails.
const patience = 3 * time.Minute

// Who asks, with the password of the LDIF: the service account reads everything
// and may act for others.
const reader, readerPassword = "cn=reader,o=acme", "reader"

// world is a slapd with aclens in front of it.
type world struct {
	slapd         *slapdtest.Server
	ldap, metrics string // addresses of aclens
	ca            string // PEM file of the authority of its certificate

	log     *proctest.Journal
	process *exec.Cmd
}

// TestClients opens one world and lets every client into it, at the same time:
// what one of them does must not show in the answers of another.
func TestClients(t *testing.T) {
	w := openWorld(t)
	for name, ask := range map[string]func(*testing.T, *world){
		"Apache":     askApache,
		"JNDI":       askJNDI,
		"ldapsearch": askLdapsearch,
		"ldapts":     askLdapts,
		"nslcd":      askNslcd,
		"PHP":        askPHP,

		"searches of Keycloak": asKeycloak,
		"searches of Liberty":  asLiberty,
		"searches of sssd":     asSSSD,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ask(t, w)
		})
	}
}

const settings = `
listen: {ldap: 127.0.0.1:0, http: "", metrics: 127.0.0.1:0}
tls: {certFile: %q, keyFile: %q}
directory:
  ldap:
    urls: [%q]
    bindDN: cn=reader,o=acme
    bindPassword: reader
    bases: [o=acme]
  groupName: cn
databases: {dxl: [%q], aliases: {crm: apps/crm.nsf}}
clients: [{dn: "cn=reader,o=acme", read: [all]}]
controls: {proxiedAuthorization: ["cn=reader,o=acme"]}
log: {level: info, format: json}
`

// openWorld starts slapd and aclens, which are gone when the test ends.
func openWorld(t *testing.T) *world {
	t.Helper()
	ldif, err := os.ReadFile("testdata/acme.ldif")
	if err != nil {
		t.Fatal(err)
	}
	acls, err := filepath.Abs("testdata/crm.dxl")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{slapd: slapdtest.Start(t, slapdtest.Options{Suffix: "o=acme", LDIF: ldif}), log: &proctest.Journal{}}
	ca, certificate, key := slapdtest.Certificates(t)
	w.ca = ca
	w.start(t, writeText(t, filepath.Join(t.TempDir(), "aclens.yaml"), fmt.Sprintf(settings, certificate, key, w.slapd.URL, acls)))
	await(t, func() error { return w.listening() })
	await(t, func() error { return ready("http://" + w.metrics + "/readyz") })
	return w
}

// start builds aclens and runs it until the test ends, with a log that is shown
// where a test fails.
func (w *world) start(t *testing.T, config string) {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "aclens")
	arguments := []string{"build", "-ldflags=-s -w", "-o", binary} // linking is what takes its time
	if racing {
		arguments = append(arguments, "-race")
	}
	if out, err := exec.Command("go", append(arguments, "..")...).CombinedOutput(); err != nil {
		t.Fatalf("building aclens: %v\n%s", err, out)
	}
	w.process = exec.Command(binary, "serve", "--config", config)
	w.process.Stdout, w.process.Stderr = w.log, w.log
	w.process.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")
	if err := w.process.Start(); err != nil {
		t.Fatalf("starting aclens: %v", err)
	}
	t.Cleanup(func() {
		if err := ended(w.process); err != nil {
			t.Errorf("aclens: %v", err) // a race too ends it with a status of its own
		}
		if t.Failed() {
			t.Logf("the log of aclens:\n%s", w.log)
		}
	})
}

// ended asks a process to end, and makes it end where it does not.
func ended(process *exec.Cmd) error {
	if err := process.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("it had ended by itself: %w", errors.Join(err, process.Wait()))
	}
	overdue := time.AfterFunc(patience, func() { _ = process.Process.Kill() })
	defer overdue.Stop()
	return process.Wait()
}

// listening finds the addresses in the log.
func (w *world) listening() error {
	for line := range strings.Lines(w.log.String()) {
		var said struct{ Msg, Listener, Address string }
		if json.Unmarshal([]byte(line), &said) != nil || said.Msg != "listening" {
			continue
		}
		switch said.Listener {
		case "ldap":
			w.ldap = said.Address
		case "metrics":
			w.metrics = said.Address
		}
	}
	if w.ldap == "" || w.metrics == "" {
		return fmt.Errorf("aclens does not listen; it says:\n%s", w.log)
	}
	return nil
}

func ready(url string) error {
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	answer, err := client.Get(url)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", url, answer.Status)
	}
	return nil
}

// await fails the test unless try succeeds in the end.
func await(t *testing.T, try func() error) {
	t.Helper()
	proctest.Await(t, patience, try)
}

func writeText(t *testing.T, file, text string) string {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
