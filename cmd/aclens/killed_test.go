package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"

	"github.com/aclens/aclens/cmd/aclens/proctest"
	"github.com/aclens/aclens/config"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/directory"
)

var kills = flag.Int("kills", 20, "how often the program is killed at a random moment")

// killedConfig serves files that change all the time, to whoever asks.
const killedConfig = `
listen: {ldap: 127.0.0.1:0, http: 127.0.0.1:0}
directory: {ldif: [people.ldif]}
databases: {dxl: [acls]}
clients: [{dn: anonymous, read: [people, groups, access]}]
state: {dir: state}
`

// One state of the files: every person and every database says which it is.
const (
	killedPeople    = 300
	killedDatabases = 20
	longestLife     = 600 * time.Millisecond
)

func generationLDIF(g int64) string {
	var b strings.Builder
	for i := range killedPeople {
		fmt.Fprintf(&b, "dn: cn=Person %03d,ou=Sales,o=Acme\nobjectClass: person\ncn: Person %03d\nsn: %03d\ndescription: %d\n\n", i, i, i, g)
	}
	return b.String()
}

func generationDXL(g int64) string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0"?>` + "\n<databases xmlns=\"http://www.lotus.com/dxl\">\n")
	for i := range killedDatabases {
		fmt.Fprintf(&b, `<database replicaid="C1258A2F%08X" path="apps/db%02d.nsf" title="%d"><acl maxinternetaccess="editor">`+
			`<aclentry name="-Default-" default="true" level="reader"/></acl></database>`+"\n", i, i, g)
	}
	return b.String() + "</databases>\n"
}

// changing replaces the files until it is stopped; what it returns waits for that.
func changing(t *testing.T, dir string) (newest *atomic.Int64, stop func()) {
	t.Helper()
	newest = &atomic.Int64{}
	write := func() {
		g := newest.Add(1)
		replaceText(t, filepath.Join(dir, "people.ldif"), generationLDIF(g))
		replaceText(t, filepath.Join(dir, "acls", "all.dxl"), generationDXL(g))
	}
	if err := os.MkdirAll(filepath.Join(dir, "acls"), 0o700); err != nil {
		t.Fatal(err)
	}
	write()
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(25 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				write()
			}
		}
	})
	return newest, func() { close(done); wg.Wait() }
}

// process is an aclens of its own.
type process struct {
	*running
	cmd *exec.Cmd
}

func startProcess(t *testing.T, dir string) *process {
	t.Helper()
	p := &process{running: &running{t: t, log: &proctest.Journal{}}, cmd: exec.CommandContext(t.Context(), "aclens", "serve", "--config", filepath.Join(dir, "aclens.yaml"))}
	p.cmd.Stderr = p.log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

// kill ends the process as if the machine took it.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended, which Wait tells
	var exit *exec.ExitError
	if err := p.cmd.Wait(); err != nil && !errors.As(err, &exit) {
		p.t.Fatal(err)
	} else if exit != nil && exit.Exited() {
		p.t.Fatalf("aclens ended by itself: %v\n%s", err, p.log)
	}
}

// oneGeneration fails unless all values are the same one, so many of them, and
// one that was written.
func oneGeneration(values []string, want int, newest int64) error {
	if len(values) != want {
		return fmt.Errorf("%d values, want %d", len(values), want)
	}
	for _, v := range values {
		if v != values[0] {
			return fmt.Errorf("%s beside %s", v, values[0])
		}
	}
	var g int64
	if _, err := fmt.Sscan(values[0], &g); err != nil || g < 1 || g > newest {
		return fmt.Errorf("%q was never written", values[0])
	}
	return nil
}

// wholeSnapshot looks at all that a kept state holds.
func wholeSnapshot(s *resolver.Snapshot, newest int64) error {
	var people, databases []string
	description, _ := s.Store().Schema().Lookup("description")
	for it := s.Population().People.Iterator(); it.HasNext(); {
		raw, _ := s.Store().Entry(directory.ID(it.Next())).Find(description)
		values := raw.Values()
		v, _ := values.Next()
		people = append(people, v)
	}
	for _, db := range s.Databases().All() {
		databases = append(databases, db.Title)
	}
	return errors.Join(oneGeneration(people, killedPeople, newest), oneGeneration(databases, killedDatabases, newest))
}

// wholeAnswers asks a running aclens for everything, each in one search.
func wholeAnswers(c *ldap.Conn, newest func() int64) error {
	people, err := values(c, "o=acme", "(objectClass=person)", "description")
	if err == nil {
		err = oneGeneration(people, killedPeople, newest())
	}
	if err != nil {
		return fmt.Errorf("people: %w", err)
	}
	titles, err := values(c, "ou=databases,cn=access", "(objectClass=aclensDatabase)", "databaseTitle")
	if err == nil {
		err = oneGeneration(titles, killedDatabases, newest())
	}
	if err != nil {
		return fmt.Errorf("databases: %w", err)
	}
	return nil
}

func TestAProgramThatIsKilledAtAnyMomentGoesOnFromAWholeState(t *testing.T) {
	dir := t.TempDir()
	writeText(t, filepath.Join(dir, "aclens.yaml"), killedConfig)
	newest, stop := changing(t, dir)
	stop = sync.OnceFunc(stop)
	defer stop()
	random := rand.New(rand.NewPCG(1, uint64(*kills)))
	keptStarts, keptStates := 0, 0
	for n := range *kills {
		p := startProcess(t, dir)
		die := time.NewTimer(time.Duration(random.Int64N(int64(longestLife))))
		asked := make(chan error, 1)
		ctx, gone := context.WithCancel(t.Context())
		go func() { asked <- p.askUntilGone(ctx, newest.Load) }()
		<-die.C
		gone()
		p.kill()
		if err := <-asked; err != nil {
			t.Fatalf("life %d: %v\n%s", n, err, p.log)
		}
		if strings.Contains(p.log.String(), "kept state is not used") || strings.Contains(p.log.String(), "registry of keys is not used") {
			t.Fatalf("life %d: %s", n, p.log)
		}
		if strings.Contains(p.log.String(), "a kept state answers") {
			keptStarts++
		}
		s, err := readKeptState(t, dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue // it never lived long enough
		}
		if err == nil {
			err = wholeSnapshot(s, newest.Load())
		}
		if err != nil {
			t.Fatalf("the state after life %d: %v", n, err)
		}
		keptStates++
	}
	if keptStarts < *kills/4 || keptStates < *kills/2 {
		t.Errorf("%d of %d lives began from a kept state, %d left one: the test shows little", keptStarts, *kills, keptStates)
	}
	stop()
	for _, source := range []string{"people.ldif", "acls/all.dxl"} {
		replaceText(t, filepath.Join(dir, source), "<broken")
	}
	last := startProcess(t, dir)
	defer last.kill()
	last.awaitReady(http.StatusOK)
	if err := wholeAnswers(last.dial(), newest.Load); err != nil {
		t.Error(err)
	}
}

// askUntilGone holds every answer to be whole, until ctx ends.
func (p *process) askUntilGone(ctx context.Context, newest func() int64) error {
	for ctx.Err() == nil {
		c, err := p.dialed()
		if err != nil {
			select {
			case <-time.After(2 * time.Millisecond):
			case <-ctx.Done():
			}
			continue
		}
		for err == nil && ctx.Err() == nil {
			err = wholeAnswers(c, newest)
		}
		_ = c.Close()
		var answer *ldap.Error
		if err != nil && ctx.Err() == nil && !(errors.As(err, &answer) && (answer.ResultCode == ldap.LDAPResultUnavailable || answer.ResultCode == ldap.ErrorNetwork)) {
			return err
		}
	}
	return nil
}

func (p *process) dialed() (*ldap.Conn, error) {
	for _, line := range p.log.Lines() {
		if line["msg"] == "listening" && line["listener"] == "ldap" {
			return ldap.DialURL("ldap://" + fmt.Sprint(line["address"]))
		}
	}
	return nil, errors.New("it does not listen yet")
}

// readKeptState reads what a start would go on from.
func readKeptState(t *testing.T, dir string) (*resolver.Snapshot, error) {
	t.Helper()
	cfg, err := config.Load(filepath.Join(dir, "aclens.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	kept := filepath.Join(dir, "state", "snapshot")
	if _, err := os.Stat(kept); err != nil {
		return nil, err
	}
	s, _, err := readSaved(t.Context(), cfg, kept, slog.New(slog.DiscardHandler))
	return s, err
}
