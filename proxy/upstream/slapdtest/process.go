package slapdtest

import (
	"bytes"
	"errors"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/go-ldap/ldap/v3"
)

const (
	startLimit = 15 * time.Second
	retryTick  = 10 * time.Millisecond
)

// process is one run of slapd.
type process struct {
	cmd    *exec.Cmd
	output bytes.Buffer // complete once ended is closed
	ended  chan struct{}
}

// Restart starts slapd again on the same port with the same data; what ran is
// stopped first. It returns when slapd answers.
func (s *Server) Restart() {
	s.t.Helper()
	s.Stop()
	p := &process{ended: make(chan struct{})}
	// -d 0 keeps slapd in the foreground.
	p.cmd = exec.Command(program(s.t, "slapd"), "-d", "0", "-f", s.path("slapd.conf"), "-h", strings.TrimSpace(s.URL+" "+s.TLSURL))
	p.cmd.Stdout, p.cmd.Stderr = &p.output, &p.output
	if err := p.cmd.Start(); err != nil {
		s.t.Fatalf("starting slapd: %v", err)
	}
	go func() {
		_ = p.cmd.Wait() // how it ended shows in its output
		close(p.ended)
	}()
	s.process = p
	s.await(p)
}

// await returns when slapd answers a search.
func (s *Server) await(p *process) {
	s.t.Helper()
	deadline := time.After(startLimit)
	tick := time.NewTicker(retryTick)
	defer tick.Stop()
	for {
		if answers(s.URL) {
			return
		}
		select {
		case <-p.ended:
			s.t.Fatalf("slapd ended at its start:\n%s", p.output.String())
		case <-deadline:
			s.t.Fatalf("slapd does not answer within %v", startLimit)
		case <-tick.C:
		}
	}
}

func answers(url string) bool {
	c, err := ldap.DialURL(url)
	if err != nil {
		return false
	}
	defer c.Close()
	c.SetTimeout(time.Second)
	_, err = c.Search(&ldap.SearchRequest{Scope: ldap.ScopeBaseObject, Filter: "(objectClass=*)", Attributes: []string{"1.1"}})
	var refused *ldap.Error
	return err == nil || errors.As(err, &refused) && refused.ResultCode < ldap.ErrorNetwork
}

// Stop ends slapd, as a crash would: its connections are reset. It does
// nothing if slapd does not run.
func (s *Server) Stop() {
	if s.process == nil {
		return
	}
	_ = s.process.cmd.Process.Kill() // only fails if it has ended already
	<-s.process.ended
	s.process = nil
}

// Pause freezes slapd: connections stay open and are even accepted, but nothing
// is answered. It returns when slapd stands still.
func (s *Server) Pause() {
	s.t.Helper()
	s.signal(syscall.SIGSTOP)
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(s.process.cmd.Process.Pid, &status, syscall.WUNTRACED, nil); err != nil || !status.Stopped() {
		s.t.Fatalf("freezing slapd: %v, status %v", err, status)
	}
}

// Resume lets a frozen slapd go on.
func (s *Server) Resume() { s.signal(syscall.SIGCONT) }

func (s *Server) signal(sig syscall.Signal) {
	s.t.Helper()
	if s.process == nil {
		s.t.Fatalf("slapd does not run")
	}
	if err := s.process.cmd.Process.Signal(sig); err != nil {
		s.t.Fatalf("sending %v to slapd: %v", sig, err)
	}
}
