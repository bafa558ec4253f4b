package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/aclens/aclens/proxy/view"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/report"
)

// reportFlags are the flags of report beside those of every question.
type reportFlags struct {
	question
	format, out, users, databases, atLeast string
}

func reportCommand() *cobra.Command {
	var f reportFlags
	c := &cobra.Command{
		Use:   "report --config FILE --format csv|jsonl|parquet|html --out FILE",
		Short: "The table of users and databases, one row a pair",
		Long: `Writes what every person and server may do in every database, one row a pair,
no access included unless --at-least leaves it out. An HTML report opens in a
browser without anything else, lists the findings too, and holds up to
1,000,000 pairs; the other formats have no limit.`,
		Example: `  aclens report --config aclens.yaml --format csv --out access.csv
  aclens report --config aclens.yaml --format jsonl --out - --users '(ou=Sales)' --databases 'apps/**' --at-least editor
  aclens report --config aclens.yaml --format parquet --out access.parquet --channel web-session
  aclens report --config aclens.yaml --format html --out access.html --at-least reader`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return writeReport(c, &f) },
	}
	f.flags(c)
	f.snapshotFlag(c)
	c.Flags().StringVar(&f.format, "format", "", "csv, jsonl, parquet or html (required)")
	c.Flags().StringVar(&f.out, "out", "", "file to write, - for standard output (required)")
	c.Flags().StringVar(&f.users, "users", "", "LDAP filter that picks the people and servers")
	c.Flags().StringVar(&f.databases, "databases", everything, "glob over database keys; * stays within a folder")
	c.Flags().StringVar(&f.atLeast, "at-least", "", "leave out pairs with a lower level: depositor, reader, author, editor, designer or manager")
	_ = c.MarkFlagRequired("format")
	_ = c.MarkFlagRequired("out")
	return c
}

// everything is the glob that every key matches.
const everything = "**"

// formats are the writers of a report by name.
var formats = map[string]func(io.Writer, report.Heading) report.Writer{
	"csv":     func(out io.Writer, _ report.Heading) report.Writer { return report.CSV(out) },
	"jsonl":   func(out io.Writer, _ report.Heading) report.Writer { return report.JSONLines(out) },
	"parquet": report.Parquet,
	"html":    report.HTML,
}

func writeReport(c *cobra.Command, f *reportFlags) error {
	format, ok := formats[f.format]
	if !ok {
		return usage(fmt.Errorf("--format: %q is none of csv, jsonl, parquet and html", f.format))
	}
	channel, err := f.parsedChannel()
	if err != nil {
		return err
	}
	options := report.Options{Channel: channel}
	if f.atLeast != "" {
		if options.AtLeast, err = acl.ParseLevel(strings.ToLower(f.atLeast)); err != nil {
			return usage(fmt.Errorf("--at-least: %w", err))
		}
	}
	loaded, err := loadFor(c, &f.question)
	if err != nil {
		return err
	}
	if err := f.choose(loaded.Snapshot, &options); err != nil {
		return usage(err)
	}
	if err := f.fits(loaded.Snapshot, &options); err != nil {
		return usage(err)
	}
	heading := f.heading(loaded, &options)
	return f.write(c, loaded.Snapshot, agesAndStale(loaded.Snapshot.AsOf().Freshness(), loaded.Stale), options, func(out io.Writer) report.Writer { return format(out, heading) })
}

// fits tells, before anything is written, whether a page can hold the report.
// With --at-least that shows only while it is written.
func (f *reportFlags) fits(s *resolver.Snapshot, o *report.Options) error {
	users, databases := usersOf(s, o), uint64(len(o.Databases))
	if f.format != "html" || o.AtLeast > acl.NoAccess || users*databases <= report.MaxPagePairs {
		return nil
	}
	return tooManyPairs(fmt.Errorf("%w, and %d users in %d databases are %d", report.ErrTooManyPairs, users, databases, users*databases))
}

func tooManyPairs(err error) error {
	return fmt.Errorf("--format html: %w: choose fewer with --users and --databases, leave some out with --at-least, or take another format", err)
}

// heading says what the report is about. Findings about databases that are not
// in it are left out: it may be meant for whoever looks after those that are.
func (f *reportFlags) heading(loaded *loadedState, o *report.Options) report.Heading {
	h := report.Heading{Channel: o.Channel, AsOf: loaded.Snapshot.AsOf(), Selection: f.selection()}
	chosen := map[string]bool{"": true}
	for _, db := range o.Databases {
		chosen[db.Key] = true
	}
	for i := range loaded.Findings {
		if chosen[loaded.Findings[i].Database] {
			h.Findings = append(h.Findings, loaded.Findings[i])
		}
	}
	return h
}

// selection is the flags that leave something out.
func (f *reportFlags) selection() string {
	var parts []string
	if f.users != "" {
		parts = append(parts, "users "+f.users)
	}
	if f.databases != everything {
		parts = append(parts, "databases "+f.databases)
	}
	if f.atLeast != "" {
		parts = append(parts, "at least "+strings.ToLower(f.atLeast))
	}
	return strings.Join(parts, ", ")
}

// choose finds the users and databases that the flags pick.
func (f *reportFlags) choose(s *resolver.Snapshot, o *report.Options) error {
	o.Databases = s.Databases().Match(f.databases)
	if len(o.Databases) == 0 {
		return fmt.Errorf("--databases: %q matches no database", f.databases)
	}
	if f.users == "" {
		return nil
	}
	filter, err := wire.ParseFilterString(f.users)
	if err != nil {
		return fmt.Errorf("--users: %w", err)
	}
	compiled := view.CompileFilter(s.Store().Schema(), &filter)
	eval := directory.NewEvaluator(s.Store())
	o.Users = roaring.New()
	s.Store().Plan(&compiled).Each(0, s.Store().Cap(), func(id directory.ID) bool {
		if s.Store().Exists(id) && eval.Eval(&compiled, id) == directory.True {
			o.Users.Add(uint32(id))
		}
		return true
	})
	return nil
}

// write writes the report into a file of its own and gives it its name when it
// is whole, so that a report that broke off is never taken for one.
func (f *reportFlags) write(c *cobra.Command, s *resolver.Snapshot, ages string, o report.Options, format func(io.Writer) report.Writer) error {
	begun := time.Now()
	done := progress(c.ErrOrStderr(), &o)
	rows := 0
	err := f.into(c.OutOrStdout(), func(out io.Writer) (err error) {
		rows, err = runReport(c.Context(), s, o, format(out))
		return err
	})
	done()
	switch {
	case errors.Is(err, report.ErrTooManyPairs):
		return usage(tooManyPairs(report.ErrTooManyPairs))
	case err != nil:
		return usage(fmt.Errorf("--out: %w", err))
	}
	to := f.out
	if to == "-" {
		to = "standard output"
	}
	fmt.Fprintf(c.ErrOrStderr(), "%d rows to %s: %d users, %d databases, in %s, as of %s\n", rows, to, usersOf(s, &o), len(o.Databases),
		time.Since(begun).Round(time.Millisecond), ages)
	return nil
}

func runReport(ctx context.Context, s *resolver.Snapshot, o report.Options, w report.Writer) (int, error) {
	rows, err := report.Write(ctx, s, o, w)
	if err != nil {
		return rows, err
	}
	return rows, w.Close()
}

func usersOf(s *resolver.Snapshot, o *report.Options) uint64 {
	p := s.Population()
	all := roaring.Or(p.People, p.Servers)
	if o.Users != nil {
		all.And(o.Users)
	}
	return all.GetCardinality()
}

// into opens the output, and keeps it only when fill succeeded.
func (f *reportFlags) into(stdout io.Writer, fill func(io.Writer) error) error {
	if f.out == "-" {
		return fill(stdout)
	}
	return writeWhole(f.out, fill)
}

// writeWhole writes a file, for its owner alone, under another name, and gives
// it its own when it is whole. What is no file, such as a pipe or a device, is
// written to: a file in its place would be the end of it.
func writeWhole(name string, fill func(io.Writer) error) error {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return writeThrough(name, fill)
	}
	file, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	buffered := bufio.NewWriterSize(file, 1<<20)
	err = fill(buffered)
	err = errors.Join(err, buffered.Flush(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), name)
	}
	if err != nil {
		_ = os.Remove(file.Name()) // what is left of it is of no use
	}
	return err
}

// writeThrough writes to what is there already.
func writeThrough(name string, fill func(io.Writer) error) error {
	file, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	buffered := bufio.NewWriterSize(file, 1<<20)
	return errors.Join(fill(buffered), buffered.Flush(), file.Close())
}

// progress shows a bar on a terminal.
func progress(errOut io.Writer, o *report.Options) (done func()) {
	if !isTerminal(errOut) {
		return func() {}
	}
	var bar *progressbar.ProgressBar
	o.Progress = func(n, total int) {
		if bar == nil {
			bar = progressbar.NewOptions(total, progressbar.OptionSetWriter(errOut), progressbar.OptionShowCount(),
				progressbar.OptionSetDescription("users"), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())
		}
		_ = bar.Set(n) // only a picture
	}
	return func() {
		if bar != nil {
			_ = bar.Finish()
		}
	}
}
