// Package peer starts the servers that are compared, each as a process of its
// own on a free port of 127.0.0.1, and says what they use.
//
// It promises that whatever it started has ended when Stop returns, and that
// files stay below the folder it was given. It refuses to measure the process
// it runs in.
package peer

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"time"

	"github.com/aclens/aclens/proxy/wire"
)

// Peer is a running server.
type Peer struct {
	Name  string
	Addr  string        // host:port of its LDAP listener
	HTTP  string        // host:port of its HTTP listener; only an aclens has one
	LDAPS string        // host:port of its listener for LDAP over TLS; only an aclens with a certificate has one
	Trust *tls.Config   // for LDAPS
	Cold  time.Duration // from its start to its first answer with entries

	cmd    *exec.Cmd
	output *output
	ended  chan struct{}
	began  time.Time
}

// output keeps the end of what a process writes.
type output struct {
	mu   sync.Mutex // guards buf
	buf  bytes.Buffer
	line func([]byte)
}

// mostOutput is enough for a failure to be told, in octets.
const mostOutput = 64 << 10

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.buf.Len() > mostOutput {
		o.buf.Next(o.buf.Len() - mostOutput/2)
	}
	o.buf.Write(p)
	if o.line != nil {
		for l := range bytes.Lines(p) {
			o.line(l)
		}
	}
	return len(p), nil
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// run starts a program; it is ended by Stop, or when ctx is done.
func run(ctx context.Context, name, addr string, line func([]byte), program string, args ...string) (*Peer, error) {
	p := &Peer{Name: name, Addr: addr, output: &output{line: line}, ended: make(chan struct{})}
	p.cmd = exec.CommandContext(ctx, program, args...)
	p.cmd.Stdout, p.cmd.Stderr = p.output, p.output
	p.began = time.Now()
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	go func() {
		_ = p.cmd.Wait() // how it ended shows in its output
		close(p.ended)
	}()
	return p, nil
}

// Stop ends the process and waits for its end.
func (p *Peer) Stop() {
	_ = p.cmd.Process.Kill() // fails only if it has ended already
	<-p.ended
}

// PID is the process id.
func (p *Peer) PID() int { return p.cmd.Process.Pid }

const retry = 5 * time.Millisecond

// await returns when the peer answers the question with success.
func (p *Peer) await(ctx context.Context, bind, question []byte, limit time.Duration) error {
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	for {
		err := ask(ctx, p.Addr, bind, question)
		if err == nil {
			p.Cold = time.Since(p.began)
			return nil
		}
		select {
		case <-p.ended:
			return fmt.Errorf("%s ended at its start:\n%s", p.Name, p.output)
		case <-ctx.Done():
			return ctx.Err()
		case <-deadline.C:
			return fmt.Errorf("%s does not answer within %v: %w\n%s", p.Name, limit, err, p.output)
		case <-time.After(retry):
		}
	}
}

var errNoEntry = errors.New("no entry in the answer")

// ask binds and sends one question, and is content with an entry.
func ask(ctx context.Context, addr string, bind, question []byte) error {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		return err
	}
	in := wire.NewReader(conn)
	for _, request := range [][]byte{bind, question} {
		if _, err := conn.Write(request); err != nil {
			return err
		}
		m, err := in.Next()
		if err != nil {
			return err
		}
		if m.Op == wire.OpSearchEntry {
			return nil
		}
		if r, err := wire.ParseResult(m.Body); err != nil || r.Code != wire.Success {
			return fmt.Errorf("result code %d: %w", r.Code, errors.Join(err, errNoEntry))
		}
	}
	return errNoEntry
}

// FreeAddress finds a port that nobody listens on now.
func FreeAddress(ctx context.Context) (string, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("finding a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// ticksPerSecond is USER_HZ, which Linux fixes for all that it tells processes.
const ticksPerSecond = 100

// CPU is the time that the process has computed, in user and kernel mode, in
// steps of 10 ms (proc(5)).
func (p *Peer) CPU() (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.PID()))
	if err != nil {
		return 0, fmt.Errorf("reading what %s used: %w", p.Name, err)
	}
	_, after, _ := bytes.Cut(text, []byte(") ")) // the name may hold spaces
	fields := bytes.Fields(after)
	const utime, stime = 11, 12 // counted from the state, the first field behind the name
	if len(fields) <= stime {
		return 0, fmt.Errorf("reading what %s used: %d fields", p.Name, len(fields))
	}
	user, err1 := strconv.ParseInt(string(fields[utime]), 10, 64)
	system, err2 := strconv.ParseInt(string(fields[stime]), 10, 64)
	if err := errors.Join(err1, err2); err != nil {
		return 0, fmt.Errorf("reading what %s used: %w", p.Name, err)
	}
	return time.Duration(user+system) * time.Second / ticksPerSecond, nil
}

// Memory is what the process holds.
type Memory struct {
	Resident int64 // octets, VmRSS
	Own      int64 // octets of it that are no file: without a mapped database
	Peak     int64 // the most it ever held, VmHWM
}

// Memory reads /proc/PID/status.
func (p *Peer) Memory() (Memory, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.PID()))
	if err != nil {
		return Memory{}, fmt.Errorf("reading the memory of %s: %w", p.Name, err)
	}
	var m Memory
	for line := range bytes.Lines(text) {
		var into *int64
		switch key, _, _ := bytes.Cut(line, []byte(":")); string(key) {
		case "VmRSS":
			into = &m.Resident
		case "RssAnon":
			into = &m.Own
		case "VmHWM":
			into = &m.Peak
		default:
			continue
		}
		n, err := strconv.ParseInt(string(bytes.Fields(line)[1]), 10, 64)
		if err != nil {
			return m, fmt.Errorf("reading the memory of %s: %w", p.Name, err)
		}
		*into = n << 10
	}
	return m, nil
}
