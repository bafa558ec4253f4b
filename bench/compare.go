package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"github.com/aclens/aclens/bench/company"
	"github.com/aclens/aclens/bench/contest"
	"github.com/aclens/aclens/bench/front"
	"github.com/aclens/aclens/bench/load"
	"github.com/aclens/aclens/bench/peer"
	"github.com/aclens/aclens/proxy/wire"
)

// compared is one comparison.
type compared struct {
	options
	out       io.Writer
	company   *company.Company
	setting   peer.Setting
	pace      contest.Pace
	asked     []contest.Row // in the words of aclens
	overlay   []contest.Row // in the words of dynlist
	running   []*peer.Peer
	byName    map[string]*peer.Peer
	unknown   map[string]bool // rows that the loop has no answers for
	figures   []contest.Figure
	aclens    peer.Aclens
	temporary string
	tls       bool // aclens listens for LDAPS, too
}

// compare prints the table.
func compare(ctx context.Context, o options, out io.Writer) error {
	c := newCompared(o, out)
	c.tls = true
	defer c.close()
	return c.run(ctx)
}

func newCompared(o options, out io.Writer) *compared {
	return &compared{options: o, out: out, byName: map[string]*peer.Peer{}, unknown: map[string]bool{}}
}

func (c *compared) run(ctx context.Context) error {
	for _, step := range []func(context.Context) error{c.make, c.start, c.measure, c.print} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (c *compared) close() {
	for _, p := range c.running {
		p.Stop()
	}
	if c.temporary != "" {
		_ = os.RemoveAll(c.temporary) // what is left of it is in a folder for such things
	}
}

func (c *compared) say(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

// make writes the files of the run.
func (c *compared) make(context.Context) error {
	if c.dir == "" {
		dir, err := os.MkdirTemp("", "aclens-bench-")
		if err != nil {
			return fmt.Errorf("making a folder for the run: %w", err)
		}
		c.dir, c.temporary = dir, dir
	}
	dir, err := filepath.Abs(c.dir)
	if err != nil {
		return fmt.Errorf("making a folder for the run: %w", err)
	}
	c.dir = dir
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("making a folder for the run: %w", err)
	}
	c.company = company.New(c.size)
	bind, err := load.NewRequest(wire.AppendSimpleBind(nil, 1, company.Reader, company.Password))
	if err != nil {
		return err
	}
	c.setting = peer.Setting{Dir: dir, LDIF: filepath.Join(dir, "directory.ldif"), Bind: bind.Whole(1)}
	c.pace = contest.Pace{Bind: c.setting.Bind, Conns: c.conns, InFlight: c.inFlight, Warm: c.time / 5, Time: c.time, Settle: c.time / 2}
	if c.tls {
		if c.setting.TLS, err = peer.MakeCertificate(dir); err != nil {
			return err
		}
	}
	if err := c.company.WriteLDIF(c.setting.LDIF); err != nil {
		return err
	}
	if err := c.company.WriteACLs(filepath.Join(dir, peer.Lists)); err != nil {
		return err
	}
	if err := c.ask(); err != nil {
		return err
	}
	c.setting.Question, err = c.question()
	return err
}

// ask makes the requests.
func (c *compared) ask() error {
	q := &contest.Questions{Company: c.company, Pool: rand.New(rand.NewPCG(c.size.Seed, 2)).Perm(c.size.People), Conns: c.conns, Idle: c.idle}
	q.Pool = q.Pool[:min(c.pool, len(q.Pool))]
	var err error
	if c.asked, err = q.Rows(contest.Computed); err != nil {
		return err
	}
	c.overlay, err = q.Rows(contest.Overlay)
	return err
}

// start starts the peers, one after the other.
func (c *compared) start(ctx context.Context) error {
	var err error
	if strings.Contains(c.peers, "aclens") || wants(c.peers, "loop") {
		if c.aclens, err = peer.BuildAclens(ctx, c.root, c.dir, c.profile != ""); err != nil {
			return err
		}
	}
	for name := range strings.SplitSeq(c.peers, ",") {
		p, err := c.startOne(ctx, name)
		if err != nil {
			return err
		}
		memory, err := p.Memory()
		if err != nil {
			p.Stop()
			return err
		}
		c.running = append(c.running, p)
		c.byName[name] = p
		c.say("%s answers after %v, %d MB of its own, at most %d MB resident", name, p.Cold.Round(1e6), memory.Own/1e6, memory.Peak/1e6)
	}
	return nil
}

func (c *compared) startOne(ctx context.Context, name string) (*peer.Peer, error) {
	switch name {
	case string(peer.Plain), string(peer.Dynlist):
		return peer.StartSlapd(ctx, c.setting, peer.Slapd(name), "")
	case string(peer.FromFile):
		return c.startAclens(ctx, peer.FromFile, "")
	case string(peer.Caching), string(peer.FromSlapd):
		behind := c.byName[string(peer.Plain)]
		if behind == nil {
			return nil, fmt.Errorf("%s needs slapd before it in -peers", name)
		}
		if name == string(peer.Caching) {
			return peer.StartSlapd(ctx, c.setting, peer.Caching, behind.Addr)
		}
		return c.startAclens(ctx, peer.FromSlapd, behind.Addr)
	case "loop":
		return c.startLoop(ctx)
	case "vjeantet", "gldap":
		return c.startFront(ctx, name)
	}
	return nil, fmt.Errorf("no peer is called %q", name)
}

// startAclens returns when findings and the numbers of changes are known, too: what
// they cost is no operation's.
func (c *compared) startAclens(ctx context.Context, from peer.From, slapd string) (*peer.Peer, error) {
	p, err := c.aclens.Start(ctx, c.setting, from, slapd)
	if err != nil {
		return nil, err
	}
	if err := p.AtRest(ctx, c.time); err != nil {
		p.Stop()
		return nil, err
	}
	return p, nil
}

func (c *compared) startFront(ctx context.Context, kind string, more ...string) (*peer.Peer, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding the benchmark's own program: %w", err)
	}
	args := append([]string{"serve", "-kind", kind}, c.sizeArgs()...)
	return peer.StartFront(ctx, c.setting, kind, program, append(args, more...)...)
}

// startLoop lets an aclens answer everything once, which the loop repeats.
func (c *compared) startLoop(ctx context.Context) (*peer.Peer, error) {
	teacher := c.byName[string(peer.FromFile)]
	if teacher == nil {
		return nil, fmt.Errorf("loop needs %s before it in -peers", peer.FromFile)
	}
	answers := front.Answers{}
	for i := range c.asked {
		r := &c.asked[i]
		if !wants(c.rows, r.Key) && r.Key != "uid" {
			continue
		}
		known, err := r.Record(ctx, teacher.Addr, c.setting.Bind, answers)
		if err != nil {
			return nil, err
		}
		c.unknown[r.Key] = !known
	}
	file := filepath.Join(c.dir, "answers")
	if err := store(file, answers); err != nil {
		return nil, err
	}
	return c.startFront(ctx, "loop", "-answers", file)
}
