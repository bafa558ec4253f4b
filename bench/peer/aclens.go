package peer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// From says where an aclens has its directory from.
type From string

// Sources of an aclens.
const (
	FromFile  From = "aclens-ldif"  // the LDIF file
	FromSlapd From = "aclens-slapd" // a running slapd
)

// Aclens is a program that was built from the tree.
type Aclens struct {
	Program      string
	Profiling    bool
	StartProfile string // file for the CPU profile of a start; empty for none
}

// hook serves net/http/pprof from a program that knows nothing of it: the file
// is laid over cmd/aclens for one build and is not part of the product. A
// profile of the start begins before anything is read, and ends when asked to.
const hook = `package main

import (
	"fmt"
	"net"
	"net/http"
	_ "net/http/pprof"
	"os"
	"runtime/pprof"
)

func init() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	if err := os.WriteFile(os.Getenv("ACLENS_BENCH_PPROF"), []byte(l.Addr().String()), 0o600); err != nil {
		panic(err)
	}
	if name := os.Getenv("ACLENS_BENCH_START"); name != "" {
		profileStart(name)
	}
	go http.Serve(l, nil)
}

func profileStart(name string) {
	file, err := os.Create(name)
	if err != nil {
		panic(err)
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		panic(err)
	}
	http.HandleFunc("/started", func(w http.ResponseWriter, _ *http.Request) {
		pprof.StopCPUProfile()
		if err := file.Close(); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		fmt.Fprintln(w, name, "holds the start")
	})
}
`

// Variables in which the hook finds the file to write its address into, and the
// one for the profile of the start.
const (
	hookAddress = "ACLENS_BENCH_PPROF"
	hookStart   = "ACLENS_BENCH_START"
)

// BuildAclens builds the program of the module at root; with profiling, the
// hook is in it.
func BuildAclens(ctx context.Context, root, dir string, profiling bool) (Aclens, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return Aclens{}, fmt.Errorf("building aclens: %w", err)
	}
	program := filepath.Join(dir, "aclens")
	args := []string{"build", "-o", program}
	if profiling {
		overlay, err := writeHook(root, dir)
		if err != nil {
			return Aclens{}, err
		}
		args = append(args, "-overlay", overlay)
	}
	build := exec.CommandContext(ctx, "go", append(args, "./cmd/aclens")...)
	build.Dir = root
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := build.CombinedOutput(); err != nil {
		return Aclens{}, fmt.Errorf("building aclens: %w\n%s", err, text)
	}
	return Aclens{Program: program, Profiling: profiling}, nil
}

func writeHook(root, dir string) (string, error) {
	source, overlay := filepath.Join(dir, "pprof_hook.go"), filepath.Join(dir, "overlay.json")
	text, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(root, "cmd/aclens/pprof_hook.go"): source}})
	if err != nil {
		return "", fmt.Errorf("writing the overlay: %w", err)
	}
	if err := errors.Join(os.WriteFile(source, []byte(hook), 0o600), os.WriteFile(overlay, text, 0o600)); err != nil {
		return "", fmt.Errorf("writing the overlay: %w", err)
	}
	return overlay, nil
}

// loaded is how long a large directory may take to be read.
const loaded = 10 * time.Minute

// Start serves the LDIF file, or the slapd at an address, and returns once it
// answers.
func (a Aclens) Start(ctx context.Context, s Setting, from From, slapd string) (*Peer, error) {
	p, err := a.Launch(ctx, s, from, slapd)
	if err != nil {
		return nil, err
	}
	if err := p.await(ctx, s.Bind, s.Question, loaded); err != nil {
		p.Stop()
		return nil, err
	}
	return p, nil
}

// Launch is Start that returns once it listens.
func (a Aclens) Launch(ctx context.Context, s Setting, from From, slapd string) (*Peer, error) {
	dir := filepath.Join(s.Dir, string(from))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making a folder for %s: %w", from, err)
	}
	config := filepath.Join(dir, "aclens.yaml")
	if err := os.WriteFile(config, []byte(aclensConfig(s, from, slapd)), 0o600); err != nil {
		return nil, fmt.Errorf("configuring %s: %w", from, err)
	}
	if a.Profiling {
		err := errors.Join(os.Setenv(hookAddress, filepath.Join(dir, "pprof")), os.Setenv(hookStart, a.StartProfile))
		if err != nil {
			return nil, fmt.Errorf("starting %s: %w", from, err)
		}
	}
	listeners := make(chan listening, 4)
	p, err := run(ctx, string(from), "", func(line []byte) { findListener(line, listeners) }, a.Program, "serve", "--config", config)
	if err != nil {
		return nil, err
	}
	if s.TLS != nil {
		p.Trust = s.TLS.Trust
	}
	for p.Addr == "" || p.HTTP == "" || s.TLS != nil && p.LDAPS == "" {
		select {
		case l := <-listeners:
			p.listens(l)
		case <-p.ended:
			return nil, fmt.Errorf("%s ended at its start:\n%s", from, p.output)
		}
	}
	return p, nil
}

// listens notes where a listener is.
func (p *Peer) listens(l listening) {
	switch l.Listener {
	case "ldap":
		p.Addr = l.Address
	case "ldaps":
		p.LDAPS = l.Address
	default:
		p.HTTP = l.Address
	}
}

// ProfileAddress is where an aclens that was built for it serves net/http/pprof.
func ProfileAddress(s Setting, from From) (string, error) {
	text, err := os.ReadFile(filepath.Join(s.Dir, string(from), "pprof"))
	if err != nil {
		return "", fmt.Errorf("finding the profile: %w", err)
	}
	return string(text), nil
}

// listening is what the log says of an open listener.
type listening struct{ Msg, Listener, Address string }

// findListener waits for the lines of the log that tell addresses.
func findListener(line []byte, found chan<- listening) {
	var said listening
	if json.Unmarshal(line, &said) != nil || said.Msg != "listening" {
		return
	}
	select {
	case found <- said:
	default:
	}
}

// Lists is the folder of access control lists below Setting.Dir.
const Lists = "acls"

func aclensConfig(s Setting, from From, slapd string) string {
	directory := fmt.Sprintf("directory: {ldif: [%q]}\n", s.LDIF)
	if from != FromFile {
		directory = fmt.Sprintf("directory:\n  profile: openldap\n  ldap: {urls: [%q], bindDN: %q, bindPassword: %q, bases: [%q], refresh: {interval: 1h}}\n",
			"ldap://"+slapd, rootDN, rootWord, "o=Acme")
	}
	ldaps := ""
	if s.TLS != nil {
		directory += fmt.Sprintf("tls: {certFile: %q, keyFile: %q}\n", s.TLS.Cert, s.TLS.Key)
		ldaps = `ldaps: "127.0.0.1:0", `
	}
	return directory + keptConfig(s, from) + fmt.Sprintf(`listen: {ldap: "127.0.0.1:0", %shttp: "127.0.0.1:0"}
databases: {dxl: [%q], homeServers: [Hub1/Acme]}
clients:
  - {dn: "cn=reader,ou=Services,o=Acme", read: [people, groups, access], databases: ["**"], attributes: ["*"]}
limits: {lookThrough: 10000000, connections: 20000, operationsPerConnection: 128, timeLimit: 10m}
log: {level: info, format: json}
`, ldaps, filepath.Join(s.Dir, Lists))
}
