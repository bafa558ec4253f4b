package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/aclens/aclens/bench/company"
	"github.com/aclens/aclens/bench/contest"
	"github.com/aclens/aclens/bench/peer"
	"github.com/aclens/aclens/proxy/wire"
)

// coldStart is a start of aclens that is measured: from nothing to its first
// right answer, at rest, and over a refresh.
type coldStart struct {
	compared
	from   string
	settle time.Duration
}

// start measures it and prints a line a stage.
func start(ctx context.Context, args []string, out io.Writer) error {
	c := coldStart{compared: *newCompared(options{conns: 1, inFlight: 1, pool: 100, time: defaultTime}, out)}
	flags := flag.NewFlagSet("bench start", flag.ContinueOnError)
	c.sizeFlags(flags)
	flags.StringVar(&c.from, "from", string(peer.FromFile), "where the directory is: aclens-ldif, aclens-slapd, or aclens-kept for slapd and a state that was kept before")
	flags.DurationVar(&c.settle, "settle", 30*time.Second, "how long it has to compute nothing until it counts as at rest")
	flags.StringVar(&c.dir, "dir", "", "folder for the files of the run, kept; empty for one that is removed")
	flags.StringVar(&c.profile, "profile", "", "folder for a CPU profile of the start until /readyz answers 200, and for those of memory at rest; empty for none")
	flags.StringVar(&c.root, "root", "..", "folder of the module whose cmd/aclens is built")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if known := []peer.From{peer.FromFile, peer.FromSlapd, peer.FromKept}; !slices.Contains(known, peer.From(c.from)) {
		return fmt.Errorf("-from %q: a start is from one of %s", c.from, known)
	}
	defer c.close()
	if err := c.make(ctx); err != nil {
		return err
	}
	fmt.Fprintf(out, "%s.\n\n%d people, %d groups, %d memberships, %d databases with %d entries each; %s.\n\n", strings.Join(machine(ctx), "; "),
		c.size.People, c.size.Groups, c.company.Direct(), c.size.Databases, c.size.Entries, c.from)
	return c.measureStart(ctx)
}

func (c *coldStart) measureStart(ctx context.Context) error {
	program, err := c.buildProgram(ctx)
	if err != nil {
		return err
	}
	behind, err := c.before(ctx, program)
	if err != nil {
		return err
	}
	p, err := program.Launch(ctx, c.setting, peer.From(c.from), behind)
	if err != nil {
		return err
	}
	c.running = append(c.running, p)
	fmt.Fprintf(c.out, "| | after, s | CPU, s | resident, MB | most resident, MB |\n|---|---|---|---|---|\n")
	ready, err := p.Ready(ctx)
	if err := errors.Join(err, c.keepProfile(ctx, "/started", "start.txt")); err != nil {
		return err
	}
	answers, err := p.Answers(ctx, c.setting.Bind, c.setting.Question)
	if err != nil {
		return err
	}
	if err := errors.Join(c.stage(p, "/readyz answers 200", ready), c.stage(p, "the first search is answered", answers), c.right(ctx, p)); err != nil {
		return err
	}
	if err := errors.Join(c.rest(ctx, p, "at rest"), c.keepProfile(ctx, "/debug/pprof/heap", "rest.heap"), c.keepProfile(ctx, "/debug/pprof/allocs", "rest.allocs")); err != nil {
		return err
	}
	switch peer.From(c.from) {
	case peer.FromFile:
		return c.refresh(ctx, p)
	case peer.FromKept:
		return p.BeganKept()
	default:
		return nil
	}
}

// before makes what has to be there before the start: slapd, where that is the
// directory, and a kept state.
func (c *coldStart) before(ctx context.Context, program peer.Aclens) (slapd string, err error) {
	if c.from == string(peer.FromFile) {
		return "", nil
	}
	p, err := peer.StartSlapd(ctx, c.setting, peer.Plain, "")
	if err != nil {
		return "", err
	}
	c.running = append(c.running, p)
	if c.from == string(peer.FromKept) {
		err = program.Keep(ctx, c.setting, p.Addr)
	}
	return p.Addr, err
}

// buildProgram builds aclens, with the profile of its start if one is asked for.
func (c *coldStart) buildProgram(ctx context.Context) (peer.Aclens, error) {
	program, err := peer.BuildAclens(ctx, c.root, c.dir, c.profile != "")
	if err != nil || c.profile == "" {
		return program, err
	}
	if err := os.MkdirAll(c.profile, 0o700); err != nil {
		return program, fmt.Errorf("making a folder for profiles: %w", err)
	}
	program.StartProfile = filepath.Join(c.profile, "start.cpu")
	return program, nil
}

// keepProfile has a profile written into a file, if any are asked for.
func (c *coldStart) keepProfile(ctx context.Context, path, file string) error {
	if c.profile == "" {
		return nil
	}
	address, err := peer.ProfileAddress(c.setting, peer.From(c.from))
	if err != nil {
		return err
	}
	return fetch(ctx, "http://"+address+path, filepath.Join(c.profile, file))
}

// right compares some answers with the truth.
func (c *coldStart) right(ctx context.Context, p *peer.Peer) error {
	for _, row := range c.asked {
		if row.Key != "access" {
			continue
		}
		if err := row.Check(ctx, contest.Door(p, &row), c.setting.Bind, sampled(p.Name, row.Key)); err != nil {
			return fmt.Errorf("%s answers wrongly: %w", p.Name, err)
		}
	}
	return nil
}

func (c *coldStart) rest(ctx context.Context, p *peer.Peer, title string) error {
	if err := p.AtRest(ctx, c.settle); err != nil {
		return err
	}
	return c.stage(p, title, peer.Stage{})
}

// refresh adds one person to the file and waits until aclens answers with her.
func (c *coldStart) refresh(ctx context.Context, p *peer.Peer) error {
	before, err := p.CPU()
	if err != nil {
		return err
	}
	if err := errors.Join(p.ForgetPeak(), c.addPerson()); err != nil {
		return err
	}
	question, err := contest.SearchRequest(company.Suffix, wire.ScopeSubtree, "(uid="+newcomer+")", []string{"cn"})
	if err != nil {
		return err
	}
	began := time.Now()
	if err := syscall.Kill(p.PID(), syscall.SIGHUP); err != nil {
		return fmt.Errorf("asking for a refresh: %w", err)
	}
	done, err := p.Answers(ctx, c.setting.Bind, question)
	if err != nil {
		return err
	}
	done.After, done.CPU = time.Since(began), done.CPU-before
	if err := c.stage(p, "a refresh: one person more, everything read", done); err != nil {
		return err
	}
	return c.rest(ctx, p, "at rest after it")
}

// newcomer is the uid of the person whom a refresh finds.
const newcomer = "newcomer"

// addPerson writes the file anew, as an export would be: beside, then in place.
func (c *coldStart) addPerson() error {
	beside := c.setting.LDIF + ".new"
	if err := c.company.WriteLDIF(beside); err != nil {
		return err
	}
	file, err := os.OpenFile(beside, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("adding a person: %w", err)
	}
	out := bufio.NewWriter(file)
	fmt.Fprintf(out, "dn: cn=Jane New,%s\nobjectClass: inetOrgPerson\ncn: Jane New\nsn: New\nuid: %s\n\n", company.Suffix, newcomer)
	if err := errors.Join(out.Flush(), file.Close(), os.Rename(beside, c.setting.LDIF)); err != nil {
		return fmt.Errorf("adding a person: %w", err)
	}
	return nil
}

// stage prints a line; times that are zero are left out.
func (c *coldStart) stage(p *peer.Peer, title string, s peer.Stage) error {
	m, err := p.Memory()
	if err != nil {
		return err
	}
	seconds := func(d time.Duration) string {
		if d == 0 {
			return ""
		}
		return fmt.Sprintf("%.2f", d.Seconds())
	}
	fmt.Fprintf(c.out, "| %s | %s | %s | %d | %d |\n", title, seconds(s.After), seconds(s.CPU), m.Resident/1e6, m.Peak/1e6)
	return nil
}
