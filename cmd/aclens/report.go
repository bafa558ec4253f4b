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
		Use:   "report --config FILE --format csv|jsonl --out FILE",
		Short: "The table of users and databases, one row a pair",
		Example: `  aclens report --config aclens.yaml --format csv --out access.csv
  aclens report --config aclens.yaml --format jsonl --out - --users '(ou=Sales)' --databases 'apps/**' --at-least editor`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return writeReport(c, &f) },
	}
	f.flags(c)
	c.Flags().StringVar(&f.format, "format", "", "csv or jsonl (required)")
	c.Flags().StringVar(&f.out, "out", "", "file to write, - for standard output (required)")
	c.Flags().StringVar(&f.users, "users", "", "LDAP filter that picks the people and servers")
	c.Flags().StringVar(&f.databases, "databases", "**", "glob over database keys; * stays within a folder")
	c.Flags().StringVar(&f.atLeast, "at-least", "", "leave out pairs with a lower level")
	_ = c.MarkFlagRequired("format")
	_ = c.MarkFlagRequired("out")
	return c
}

// formats are the writers of a report by name.
var formats = map[string]func(io.Writer) report.Writer{"csv": report.CSV, "jsonl": report.JSONLines}

func writeReport(c *cobra.Command, f *reportFlags) error {
	format, ok := formats[f.format]
	if !ok {
		return usage(fmt.Errorf("--format: %q is neither csv nor jsonl", f.format))
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
	loaded, err := loadFor(c, f.config)
	if err != nil {
		return err
	}
	if err := f.choose(loaded.Snapshot, &options); err != nil {
		return usage(err)
	}
	return f.write(c, loaded.Snapshot, options, format)
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
func (f *reportFlags) write(c *cobra.Command, s *resolver.Snapshot, o report.Options, format func(io.Writer) report.Writer) error {
	begun := time.Now()
	done := progress(c.ErrOrStderr(), &o)
	err := f.into(c.OutOrStdout(), func(out io.Writer) error { return runReport(c.Context(), s, o, format(out)) })
	done()
	if err != nil {
		return usage(fmt.Errorf("writing the report: %w", err))
	}
	fmt.Fprintf(c.ErrOrStderr(), "%d users, %d databases, %s in %s, as of %s\n", usersOf(s, &o), len(o.Databases), f.out,
		time.Since(begun).Round(time.Millisecond), ages(s.AsOf().Freshness()))
	return nil
}

func runReport(ctx context.Context, s *resolver.Snapshot, o report.Options, w report.Writer) error {
	if err := report.Write(ctx, s, o, w); err != nil {
		return err
	}
	return w.Close()
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
	file, err := os.CreateTemp(filepath.Dir(f.out), "."+filepath.Base(f.out)+".*")
	if err != nil {
		return err
	}
	buffered := bufio.NewWriterSize(file, 1<<20)
	err = fill(buffered)
	err = errors.Join(err, buffered.Flush(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), f.out)
	}
	if err != nil {
		_ = os.Remove(file.Name()) // what is left of it is of no use
	}
	return err
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
