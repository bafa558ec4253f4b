package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/report"
)

func whoCommand() *cobra.Command {
	var q question
	var database, atLeast, role string
	c := &cobra.Command{
		Use:   "who --config FILE --database KEY",
		Short: "Everyone who has access to a database, and through what",
		Example: `  aclens who --config aclens.yaml --database apps/crm.nsf --at-least editor
  aclens who --config aclens.yaml --database crm --role '[Buyer]' --json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return who(c, &q, database, atLeast, role) },
	}
	q.flags(c)
	q.snapshotFlag(c)
	c.Flags().BoolVar(&q.asJSON, "json", false, "print one JSON object")
	c.Flags().StringVar(&database, "database", "", "key, alias, replica id, or <Server/O>!!<path> (required)")
	c.Flags().StringVar(&atLeast, "at-least", "depositor", "lowest level: depositor, reader, author, editor, designer or manager")
	c.Flags().StringVar(&role, "role", "", "only those with this role")
	colorFlag(c)
	_ = c.MarkFlagRequired("database")
	return c
}

func who(c *cobra.Command, q *question, database, atLeast, role string) error {
	channel, err := q.parsedChannel()
	if err != nil {
		return err
	}
	level, err := acl.ParseLevel(strings.ToLower(atLeast))
	if err != nil {
		return usage(fmt.Errorf("--at-least: %w", err))
	}
	loaded, err := loadFor(c, q)
	if err != nil {
		return err
	}
	s := loaded.Snapshot
	db, instance, ok := s.Databases().Find(database)
	if !ok {
		return usage(noDatabase(s.Databases(), database))
	}
	answer, err := report.Who(s, report.Question{Database: db, Instance: instance, Channel: channel, AtLeast: level, Role: role})
	if err != nil {
		return usage(fmt.Errorf("--role: %w", err))
	}
	fresh := s.AsOf().Freshness()
	if q.asJSON {
		return answer.WriteJSON(c.OutOrStdout(), fresh, loaded.named())
	}
	return printWho(painted(c), answer, agesAndStale(fresh, loaded.Stale))
}

// printWho writes the answer for people.
func printWho(out io.Writer, a *report.Answer, ages string) error {
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	n := 0
	for h := range a.Rows() {
		n++
		note := ""
		if h.NoEntry {
			note = "  (no entry in the directory)"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s%s\n", h.User, h.Level, strings.Join(h.Roles, " "), through(h.Through), note)
	}
	fmt.Fprintf(w, "\n%d in all\n", n)
	if len(a.Open) > 0 {
		fmt.Fprintf(w, "\nOpen, beyond the people known:\n")
		for _, o := range a.Open {
			fmt.Fprintf(w, "  %s\t%s\t%s\n", o.Admits, o.Level, strings.Join(o.Roles, " "))
		}
	}
	if len(a.Bypass) > 0 {
		fmt.Fprintf(w, "\nNot held by the ACL:\n")
		for _, b := range a.Bypass {
			fmt.Fprintf(w, "  %s\t%s\trule %s: %s\n", strings.Join(b.Entries, ", "), b.Kind, b.Rule, b.How)
		}
	}
	for i, warning := range a.Warnings() {
		if i == 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "Warning: %s\n", warning)
	}
	fmt.Fprintf(w, "\nAs of %s\n", ages)
	if err := w.Flush(); err != nil {
		return fmt.Errorf("writing the answer: %w", err)
	}
	return nil
}

func through(paths []resolver.Path) string {
	texts := make([]string, len(paths))
	for i, p := range paths {
		texts[i] = p.Entry
		if len(p.Via) > 1 {
			texts[i] = strings.Join(p.Via, " > ")
		}
	}
	return strings.Join(texts, "; ")
}
