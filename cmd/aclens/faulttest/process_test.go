package faulttest

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aclens/aclens/cmd/aclens/proctest"
)

// patience bounds every wait of these tests; nothing waits so long unless it fails.
const patience = time.Minute

// binary is the built aclens.
var binary string

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(built(m))
}

func built(m *testing.M) int {
	dir, err := os.MkdirTemp("", "faulttest")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary = filepath.Join(dir, "aclens")
	arguments := []string{"build", "-ldflags=-s -w", "-o", binary}
	if racing {
		arguments = append(arguments, "-race")
	}
	if out, err := exec.Command("go", append(arguments, "..")...).CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building aclens: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// aclens is one running process.
type aclens struct {
	t          *testing.T
	ldap, http string // addresses
	log        *proctest.Journal
	process    *exec.Cmd
	ended      chan struct{}
	err        error // how it ended, once ended is closed
	killed     bool  // by the test
}

// begin starts aclens with a configuration and returns when it is ready. It is
// gone when the test ends.
func begin(t *testing.T, config string) *aclens {
	t.Helper()
	a := &aclens{t: t, log: &proctest.Journal{}, ended: make(chan struct{})}
	a.process = exec.Command(binary, "serve", "--config", config)
	a.process.Stdout, a.process.Stderr = a.log, a.log
	a.process.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")
	if err := a.process.Start(); err != nil {
		t.Fatalf("starting aclens: %v", err)
	}
	go func() {
		a.err = a.process.Wait()
		close(a.ended)
	}()
	t.Cleanup(func() {
		if err := a.end(); err != nil && !a.killed {
			t.Errorf("aclens: %v", err) // a race too ends it with a status of its own
		}
		if t.Failed() {
			t.Logf("the last of the log of aclens:\n%s", a.log.Tail(4_000))
		}
	})
	await(t, a.listening)
	await(t, func() error { return a.ready() })
	return a
}

// end asks it to end, and waits until it has.
func (a *aclens) end() error {
	_ = a.process.Process.Signal(syscall.SIGTERM) // it may have ended
	select {
	case <-a.ended:
	case <-time.After(patience):
		_ = a.process.Process.Kill()
		<-a.ended
		return errors.New("it did not end when it was asked to")
	}
	return a.err
}

// kill ends it as a crash would.
func (a *aclens) kill() {
	a.killed = true
	_ = a.process.Process.Kill() // only fails if it has ended
	<-a.ended
}

// listening finds the addresses in the log.
func (a *aclens) listening() error {
	select {
	case <-a.ended:
		a.t.Fatalf("aclens ended at its start: %v\n%s", a.err, a.log)
	default:
	}
	for line := range strings.Lines(a.log.String()) {
		var said struct{ Msg, Listener, Address string }
		if json.Unmarshal([]byte(line), &said) != nil || said.Msg != "listening" {
			continue
		}
		switch said.Listener {
		case "ldap":
			a.ldap = said.Address
		case "http":
			a.http = said.Address
		}
	}
	if a.ldap == "" || a.http == "" {
		return errors.New("it does not listen")
	}
	return nil
}

// asker keeps no connection open, so that none hangs on a process that ended.
var asker = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}

func get(url string) (status int, body string, err error) {
	answer, err := asker.Get(url)
	if err != nil {
		return 0, "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return answer.StatusCode, string(text), err
}

func (a *aclens) ready() error {
	status, body, err := get("http://" + a.http + "/readyz")
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("/readyz: %d %s", status, body)
	}
	return err
}

// metrics are the lines of all series of a name that are not zero.
func (a *aclens) metrics(name string) string {
	_, body, err := get("http://" + a.http + "/metrics")
	if err != nil {
		return err.Error()
	}
	found := regexp.MustCompile(`(?m)^`+name+`(\{.*\})? .*[1-9].*$`).FindAllString(body, -1)
	return strings.Join(found, "; ")
}

// await fails the test unless try succeeds in the end.
func await(t *testing.T, try func() error) {
	t.Helper()
	proctest.Await(t, patience, try)
}
