package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/go-ldap/ldap/v3"

	"github.com/aclens/aclens/cmd/aclens/proctest"
)

// told is a service manager's end of NOTIFY_SOCKET.
type told struct {
	mu       sync.Mutex
	messages []string
}

func (m *told) all() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.messages)
}

// has succeeds when a message with an assignment has come.
func (m *told) has(assignment string) error { return m.hasAfter(0, assignment) }

func (m *told) hasAfter(seen int, assignment string) error {
	for _, message := range m.all()[seen:] {
		for line := range strings.Lines(message + "\n") {
			if strings.HasPrefix(line, assignment) {
				return nil
			}
		}
	}
	return fmt.Errorf("no %s among %q", assignment, m.all())
}

// before are the messages until the one with an assignment.
func (m *told) before(assignment string) []string {
	all := m.all()
	for i := range all {
		if strings.Contains(all[i], assignment) {
			return all[:i]
		}
	}
	return all
}

// newManager listens as a service manager does.
func newManager(t *testing.T, address string) *told {
	t.Helper()
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: address, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	m := &told{}
	var reading sync.WaitGroup
	reading.Go(func() {
		buf := make([]byte, 4096)
		for {
			n, err := socket.Read(buf)
			if err != nil {
				return
			}
			m.mu.Lock()
			m.messages = append(m.messages, string(buf[:n]))
			m.mu.Unlock()
		}
	})
	t.Cleanup(func() {
		_ = socket.Close()
		reading.Wait()
	})
	return m
}

// activated is aclens as a program of its own, started as systemd starts one.
type activated struct {
	t    *testing.T
	cmd  *exec.Cmd
	log  *proctest.Journal
	done chan struct{}
	err  error // once done is closed
}

// passed is a socket on a free port of 127.0.0.1, to be handed down by a name.
type passed struct {
	name    string
	address string
	file    *os.File
}

func listening(t *testing.T, network, address, name string) passed {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	p := passed{name: name, address: l.Addr().String()}
	switch l := l.(type) {
	case *net.TCPListener:
		p.file, err = l.File()
	case *net.UnixListener:
		p.file, err = l.File()
	}
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	t.Cleanup(func() { _ = p.file.Close() })
	return p
}

// activate starts aclens in a folder with the sample. The shell makes LISTEN_PID
// true: the number is known only once the process is there.
func activate(t *testing.T, dir, text string, sockets []passed, env ...string) *activated {
	t.Helper()
	writeText(t, filepath.Join(dir, "aclens.yaml"), text)
	a := &activated{t: t, log: &proctest.Journal{}, done: make(chan struct{})}
	a.cmd = exec.Command("sh", "-c", "LISTEN_PID=$$; export LISTEN_PID; exec aclens serve --config aclens.yaml")
	a.cmd.Dir = dir
	a.cmd.Stdout, a.cmd.Stderr = a.log, a.log
	a.cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")
	names := []string{}
	for _, s := range sockets {
		names = append(names, s.name)
		a.cmd.ExtraFiles = append(a.cmd.ExtraFiles, s.file)
	}
	a.cmd.Env = append(a.cmd.Env, fmt.Sprintf("LISTEN_FDS=%d", len(sockets)), "LISTEN_FDNAMES="+strings.Join(names, ":"))
	a.cmd.Env = append(a.cmd.Env, env...)
	if err := a.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(a.done)
		a.err = a.cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = a.cmd.Process.Kill() // has ended, unless the test failed
		<-a.done
		if t.Failed() {
			t.Logf("log:\n%s", a.log)
		}
	})
	return a
}

func (a *activated) signal(which os.Signal) {
	a.t.Helper()
	if err := a.cmd.Process.Signal(which); err != nil {
		a.t.Fatal(err)
	}
}

// end asks it to end, and it has to end well.
func (a *activated) end() {
	a.t.Helper()
	a.signal(syscall.SIGTERM)
	<-a.done
	if a.err != nil {
		a.t.Errorf("it ends with %v", a.err)
	}
}

const activatedConfig = `
listen: {ldap: ":389", ldaps: ":636", http: ":443"}
tls: {certFile: aclens.pem, keyFile: aclens.key}
directory: {ldif: [acme.ldif]}
databases: {dxl: [acls], homeServers: [Hub1/Acme]}
clients: [{dn: anonymous, read: [all]}]
drain: {delay: 10m}
`

func TestPassedSocketsAreServedAndTheManagerIsToldEverything(t *testing.T) {
	dir := t.TempDir()
	if err := unpackSample(dir); err != nil {
		t.Fatal(err)
	}
	own := writeCertificate(t, dir)
	socket := filepath.Join(dir, "notify")
	m := newManager(t, socket)
	sockets := []passed{
		listening(t, "tcp", "127.0.0.1:0", "ldap"), listening(t, "tcp", "127.0.0.1:0", "ldap"),
		listening(t, "tcp", "127.0.0.1:0", "ldaps"), listening(t, "tcp", "127.0.0.1:0", "http"),
	}
	waiting, err := net.Dial("tcp", sockets[0].address) // before the program: the socket keeps it
	if err != nil {
		t.Fatal(err)
	}
	defer waiting.Close()

	a := activate(t, dir, activatedConfig, sockets, "NOTIFY_SOCKET="+socket, "WATCHDOG_USEC=20000")
	for _, said := range []string{"READY=1", "STATUS=waiting for the first state", "STATUS=answering: ", "WATCHDOG=1"} {
		await(t, func() error { return m.has(said) })
	}
	if first := m.all()[0]; !strings.HasPrefix(first, "READY=1\n") {
		t.Errorf("the first word is %q", first)
	}

	trusting := &tls.Config{RootCAs: own.roots, ServerName: "127.0.0.1"}
	early := ldap.NewConn(waiting, false)
	early.Start()
	for _, c := range []*ldap.Conn{early, dialURL(t, "ldap://"+sockets[1].address, nil), dialURL(t, "ldaps://"+sockets[2].address, trusting)} {
		c.SetTimeout(patience)
		wantAccess(t, c, "(uid=jdoe)", "apps/crm.nsf#reader")
	}
	web := http.Client{Transport: &http.Transport{TLSClientConfig: trusting, DisableKeepAlives: true}, Timeout: patience}
	answer, err := web.Get("https://" + sockets[3].address + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Errorf("/readyz on the passed socket: %s", answer.Status)
	}

	seen := len(m.all())
	a.signal(syscall.SIGHUP)
	for _, said := range []string{"RELOADING=1", "READY=1", "WATCHDOG=1"} {
		await(t, func() error { return m.hasAfter(seen, said) })
	}
	if err := m.has("STOPPING=1"); err == nil {
		t.Error("it said that it stops before it was asked to")
	}
	a.signal(syscall.SIGTERM)
	await(t, func() error { return m.has("STOPPING=1") })
	for _, said := range []string{"EXTEND_TIMEOUT_USEC=", "WATCHDOG=1"} {
		await(t, func() error { return m.hasAfter(len(m.before("STOPPING=1")), said) })
	}
	a.end() // a second signal ends the delay
}

func dialURL(t *testing.T, url string, trusting *tls.Config) *ldap.Conn {
	t.Helper()
	c, err := ldap.DialURL(url, ldap.DialWithTLSConfig(trusting))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestTheManagerIsToldReadyWhileTheDirectoryIsAway(t *testing.T) {
	name := fmt.Sprintf("@aclens-test-%d", os.Getpid())
	m := newManager(t, name)
	dir := t.TempDir()
	a := activate(t, dir, fmt.Sprintf("listen: {ldap: 127.0.0.1:0, http: \"\"}\ndirectory: {ldap: {urls: [\"ldap://127.0.0.1:%s\"]}}\n", port(t)), nil, "NOTIFY_SOCKET="+name)
	await(t, func() error { return m.has("READY=1") })
	a.end()
	if err := m.has("STATUS=answering"); err == nil {
		t.Error("it said that it answers, without a directory")
	}
	if err := m.has("WATCHDOG=1"); err == nil {
		t.Error("a sign of life nobody asked for")
	}
}

func TestWhatAManagerMustNotPassEndsTheStartWithAReason(t *testing.T) {
	plain := "listen: {ldap: 127.0.0.1:0, http: 127.0.0.1:0}\ndirectory: {ldif: [acme.ldif]}\n"
	for _, c := range []struct {
		sentence, config string
		sockets          func(t *testing.T) []passed
		env              []string
		says             string
	}{
		{"a socket with a name that is no listener", plain, func(t *testing.T) []passed {
			return []passed{listening(t, "tcp", "127.0.0.1:0", "ldapz")}
		}, nil, `"ldapz" was passed; FileDescriptorName has to be one of ldap, ldaps, http, metrics`},
		{"a socket for what the configuration switches off", plain, func(t *testing.T) []passed {
			return []passed{listening(t, "tcp", "127.0.0.1:0", "ldaps")}
		}, nil, "listen.ldaps: a socket of that name was passed, and the configuration switches it off"},
		{"HTTP for other machines without a certificate", plain, func(t *testing.T) []passed {
			return []passed{elsewhere(t, "http")}
		}, nil, "off loopback it needs tls.certFile and is HTTPS"},
		{"a socket that is not TCP", plain, func(t *testing.T) []passed {
			return []passed{listening(t, "unix", filepath.Join(t.TempDir(), "s"), "ldap")}
		}, nil, "the passed socket ldap is no TCP socket"},
		{"fewer names than sockets", plain, func(t *testing.T) []passed {
			return []passed{listening(t, "tcp", "127.0.0.1:0", "ldap")}
		}, []string{"LISTEN_FDS=2"}, "LISTEN_FDNAMES: 1 names for 2 sockets"},
		{"a number of sockets that is none", plain, noSockets, []string{"LISTEN_FDS=many"}, `LISTEN_FDS: "many" is no number of sockets`},
		{"a manager that is not there", plain, noSockets, []string{"NOTIFY_SOCKET=/nowhere/notify"}, "NOTIFY_SOCKET: "},
		{"a manager's address of another kind", plain, noSockets, []string{"NOTIFY_SOCKET=vsock:2:1234"}, "neither a path nor an abstract name"},
		{"a watchdog that waits for no time", plain, func(t *testing.T) []passed { newManager(t, fmt.Sprintf("@aclens-dog-%d", os.Getpid())); return nil },
			[]string{fmt.Sprintf("NOTIFY_SOCKET=@aclens-dog-%d", os.Getpid()), "WATCHDOG_USEC=0"}, `WATCHDOG_USEC: "0" is no number of microseconds`},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			dir := t.TempDir()
			if err := unpackSample(dir); err != nil {
				t.Fatal(err)
			}
			a := activate(t, dir, c.config, c.sockets(t), c.env...)
			<-a.done
			var status *exec.ExitError
			if !errors.As(a.err, &status) || status.ExitCode() != exitUsage {
				t.Errorf("it ends with %v, not with status %d", a.err, exitUsage)
			}
			if !strings.Contains(a.log.String(), c.says) {
				t.Errorf("it does not say %q", c.says)
			}
		})
	}
}

func noSockets(*testing.T) []passed { return nil }

// elsewhere is a socket that is bound beyond loopback and does not listen there:
// what the program refuses, it refuses by the address alone.
func elsewhere(t *testing.T, name string) passed {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	file := os.NewFile(uintptr(fd), name)
	t.Cleanup(func() { _ = file.Close() })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{}); err != nil {
		t.Fatal(err)
	}
	return passed{name: name, file: file}
}

func TestSocketsForAnotherProcessAreLeftAlone(t *testing.T) {
	env := map[string]string{"LISTEN_FDS": "1", "LISTEN_PID": "1", "LISTEN_FDNAMES": "ldap"}
	got, err := passedListeners(func(key string) string { return env[key] })
	if err != nil || len(got) > 0 {
		t.Errorf("took %v, %v", got, err)
	}
	env = map[string]string{"WATCHDOG_USEC": "1000", "WATCHDOG_PID": "1"}
	if every, err := signOfLife(func(key string) string { return env[key] }); every != 0 || err != nil {
		t.Errorf("a watchdog that waits for another process: %v, %v", every, err)
	}
}
