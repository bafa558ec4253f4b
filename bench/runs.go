package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/aclens/aclens/bench/contest"
	"github.com/aclens/aclens/bench/front"
	"github.com/aclens/aclens/bench/peer"
)

// question is one of the recorded requests, as the load generator sends it.
func (c *compared) question() ([]byte, error) {
	for i := range c.asked {
		if c.asked[i].Key == "uid" {
			return c.asked[i].Request(0), nil
		}
	}
	return nil, errors.New("the benchmark has no uid search")
}

func store(name string, answers front.Answers) error {
	file, err := os.Create(name)
	if err != nil {
		return fmt.Errorf("storing answers: %w", err)
	}
	out := bufio.NewWriterSize(file, 1<<20)
	_, err = answers.WriteTo(out)
	return errors.Join(err, out.Flush(), file.Close())
}

// answerable says which rows a peer can answer: what it computes, and nothing
// that only another one does.
var answerable = map[string]string{
	"slapd":         "base,uid,stream,uid-deep,uid-idle",
	"slapd-dynlist": "base,uid,member,stream", // a Compare of its memberOf ends with noSuchAttribute, a filter on it computes everybody's
	"slapd-pcache":  "uid",
	"aclens-slapd":  "",
	"aclens-ldif":   "",
	"loop":          "",
	"vjeantet":      "base,uid,stream",
	"gldap":         "base,uid,stream",
}

// sampled is how many answers of a row are compared with the truth, by peer;
// some need seconds for one.
func sampled(name, row string) int {
	switch {
	case name == string(peer.Dynlist), row == "atleast":
		return 5
	}
	return 100
}

// cachedQueries is how many different searches fill slapd's pcache beforehand.
const cachedQueries = 2000

// measure goes row by row, so that the peers' figures of a row lie close
// together in time.
func (c *compared) measure(ctx context.Context) error {
	for i := range c.asked {
		if !wants(c.rows, c.asked[i].Key) {
			continue
		}
		for _, p := range c.running {
			row := c.asked[i]
			if p.Name == string(peer.Dynlist) {
				row = c.overlay[i]
			}
			if err := c.measureOne(ctx, p, &row); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *compared) measureOne(ctx context.Context, p *peer.Peer, row *contest.Row) error {
	if list := answerable[p.Name]; list != "" && !wants(list, row.Key) {
		return nil
	}
	if p.Name == "loop" && c.unknown[row.Key] || row.TLS && p.LDAPS == "" {
		return nil
	}
	if p.Name == string(peer.Caching) {
		short := row.Short(cachedQueries)
		row = &short
		if err := row.Warm(ctx, contest.Door(p, row), c.setting.Bind); err != nil {
			return fmt.Errorf("filling the cache of %s: %w", p.Name, err)
		}
	}
	if err := row.Check(ctx, contest.Door(p, row), c.setting.Bind, sampled(p.Name, row.Key)); err != nil {
		return fmt.Errorf("%s answers wrongly: %w", p.Name, err)
	}
	pace := c.pace
	if c.profile != "" && strings.HasPrefix(p.Name, "aclens") {
		pace.Around = c.profiled(ctx)
	}
	f := row.Measure(ctx, p, pace)
	c.figures = append(c.figures, f)
	if f.Why != nil {
		c.say("%s on %s: %v", row.Key, p.Name, f.Why)
		return nil
	}
	c.say("%-13s %-13s %8.0f/s  %10v CPU an operation", row.Key, p.Name, f.Rate(), f.PerOperation())
	return nil
}

// print writes the machine and the tables.
func (c *compared) print(ctx context.Context) error {
	s := c.size
	fmt.Fprintf(c.out, "%s.\n\n", strings.Join(machine(ctx), "; "))
	fmt.Fprintf(c.out, "%d people, %d groups in %d layers, %d memberships, %d databases with %d entries each; seed %d; %d connections, %d in flight on each; %v a row.\n\n",
		s.People, s.Groups, s.Depth, c.company.Direct(), s.Databases, s.Entries, s.Seed, c.conns, c.inFlight, c.time)
	var names []string
	for _, p := range c.running {
		names = append(names, p.Name)
	}
	var rows []contest.Row
	for _, r := range c.asked {
		if wants(c.rows, r.Key) {
			rows = append(rows, r)
		}
	}
	contest.Table(c.out, rows, names, c.figures, string(peer.Plain), "loop")
	fmt.Fprintln(c.out, "\n| peer | first answer after its start | own memory, MB | most resident, MB |\n|---|---|---|---|")
	for _, p := range c.running {
		m, err := p.Memory()
		if err != nil {
			return err
		}
		fmt.Fprintf(c.out, "| %s | %v | %d | %d |\n", p.Name, p.Cold.Round(1e6), m.Own/1e6, m.Peak/1e6)
	}
	return nil
}

// machine says what the figures were measured on.
func machine(ctx context.Context) []string {
	is := []string{fmt.Sprintf("%d cores", runtime.NumCPU()), runtime.Version()}
	for _, from := range []struct{ file, key, name string }{
		{"/proc/cpuinfo", "model name", ""}, {"/proc/sys/kernel/osrelease", "", "Linux "},
	} {
		text, err := os.ReadFile(filepath.FromSlash(from.file))
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(text)) {
			if !strings.HasPrefix(line, from.key) {
				continue
			}
			_, value, found := strings.Cut(line, ":")
			if !found {
				value = line
			}
			is = append(is, from.name+strings.TrimSpace(value))
			break
		}
	}
	if v, err := peer.SlapdVersion(ctx); err == nil {
		is = append(is, "slapd "+v)
	}
	return is
}
