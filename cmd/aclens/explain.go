package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
)

// question is what explain, who and report have in common.
type question struct {
	config   string
	channel  string
	snapshot string // a saved state instead of the sources; empty: the sources
	asJSON   bool
}

func (q *question) flags(c *cobra.Command) {
	c.Flags().StringVar(&q.config, "config", "", "configuration file (required)")
	c.Flags().StringVar(&q.channel, "channel", "notes", "how the database is reached: notes, web-password, web-session, web-sso, web-clientcert, web-anonymous, local")
	_ = c.MarkFlagRequired("config") // the flag is there
}

// snapshotFlag is for commands that answer from a saved state too.
func (q *question) snapshotFlag(c *cobra.Command) {
	c.Flags().StringVar(&q.snapshot, "snapshot", "", "answer from a state that check --save kept, under the rules of the configuration")
}

func (q *question) parsedChannel() (acl.Channel, error) {
	channel, err := acl.ParseChannel(q.channel)
	if err != nil {
		return channel, usage(fmt.Errorf("--channel: %w", err))
	}
	return channel, nil
}

func explainCommand() *cobra.Command {
	var q question
	var user, database, document string
	var fullAccess, asName bool
	c := &cobra.Command{
		Use:   "explain --config FILE --user NAME --database KEY",
		Short: "One decision and the whole reason",
		Example: `  aclens explain --config aclens.yaml --user jdoe --database apps/crm.nsf
  aclens explain --config aclens.yaml --user 'Jane Doe/Sales/Acme' --database crm --channel web-session --json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			channel, err := q.parsedChannel()
			if err != nil {
				return err
			}
			query := resolver.Query{Channel: channel, FullAccess: fullAccess}
			mode := resolver.OnlyHierarchicalNames
			if asName {
				mode = resolver.AnyName
			}
			return explain(c, &q, user, database, document, mode, query)
		},
	}
	q.flags(c)
	q.snapshotFlag(c)
	c.Flags().BoolVar(&q.asJSON, "json", false, "print one JSON object")
	c.Flags().StringVar(&user, "user", "", "LDAP DN, Notes name, unique common name, uid or mail; Anonymous; -Default- (required)")
	c.Flags().StringVar(&database, "database", "", "key, alias, replica id, or <Server/O>!!<path> (required)")
	c.Flags().StringVar(&document, "document", "", "DXL file of one document: who may read and edit it, by which item")
	c.Flags().BoolVar(&fullAccess, "full-access", false, "full access administration is switched on (rule 3.11)")
	c.Flags().BoolVar(&asName, "as-name", false, "evaluate a name without an entry as a name alone, whatever its form")
	colorFlag(c)
	_ = c.MarkFlagRequired("user")
	_ = c.MarkFlagRequired("database")
	return c
}

func explain(c *cobra.Command, q *question, user, database, document string, mode resolver.NameMode, query resolver.Query) error {
	loaded, err := loadFor(c, q)
	if err != nil {
		return err
	}
	s := loaded.Snapshot
	sub, warnings, err := s.FindSubject(user, mode)
	if err != nil {
		return usage(fmt.Errorf("--user: %w%s", err, nameAdvice(s, user, err, mode)))
	}
	db, instance, ok := s.Databases().Find(database)
	if !ok {
		return usage(noDatabase(s.Databases(), database))
	}
	if document != "" {
		doc, items, err := readDocument(document)
		if err != nil {
			return usage(err)
		}
		access := s.DocumentAccess(sub, instance, query, items)
		a := &documentAnswer{
			User: sub.Name.Canonical(), Database: db.Key, Document: cmp.Or(doc.UNID, document), Form: doc.Form, Read: access.Read, Edit: access.Edit,
			Warnings: append([]string{}, warnings...), AsOf: s.AsOf().Freshness(), Snapshot: loaded.named(),
		}
		if q.asJSON {
			return writeJSON(c.OutOrStdout(), a)
		}
		return printDocument(c.OutOrStdout(), a)
	}
	e := s.Explain(sub, db, instance, query)
	e.Warnings = append(append([]string{}, warnings...), e.Warnings...)
	e.AsOf = s.AsOf().Freshness()
	e.Snapshot = loaded.named()
	if q.asJSON {
		return writeJSON(c.OutOrStdout(), e)
	}
	return printExplanation(painted(c), e)
}

// nameAdvice says how a name without an entry could be asked about all the same.
func nameAdvice(s *resolver.Snapshot, user string, err error, mode resolver.NameMode) string {
	if errors.Is(err, resolver.ErrUnknownSubject) && s.NamesGroup(user) {
		return "; it is a group: aclens who says who has access through it"
	}
	if mode == resolver.AnyName || !errors.Is(err, resolver.ErrUnknownSubject) {
		return ""
	}
	return "; --as-name asks about a name that has no entry"
}

func writeJSON(out io.Writer, v any) error {
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// printExplanation writes an explanation for people.
func printExplanation(out io.Writer, e *resolver.Explanation) error {
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	p := func(format string, args ...any) { fmt.Fprintf(w, format, args...) }
	p("%s in %s, channel %s\n\n", e.User, e.Database, e.Channel)
	p("Level\t%s (%d)\n", e.Level, e.LevelNum)
	if e.ACLLevel != "" {
		p("By the ACL alone\t%s\n", e.ACLLevel)
	}
	p("Roles\t%s\n", listOr(e.Roles, "none"))
	p("Privileges\t%s\n", listOr(e.Privileges, "none"))
	if len(e.Unknown) > 0 {
		p("Not known\t%s\n", strings.Join(e.Unknown, ", "))
	}
	p("Decided by\t%s: %s\n", e.Source, listOr(e.Winning, "no entry"))
	p("Server\t%s: %s\n", e.Server.Name, serverWords(&e.Server))
	for _, path := range e.Paths {
		p("Path\t%s > %s\n", e.User, strings.Join(path.Via, " > "))
	}
	printConsidered(p, "Also matched, and lost:", e.Considered)
	printConsidered(p, "Nearly matched:", e.Misses)
	if len(e.Contested) > 0 {
		p("\nSources disagree; read otherwise, the answer would be:\n")
		for _, x := range e.Contested {
			setting := x.Setting
			if setting == "" {
				setting = "no setting"
			}
			p("  %s (%s)\t%s\t%s\n", x.Decision, setting, x.Otherwise.Level, listOr(x.Otherwise.Roles, "no roles"))
		}
	}
	for i, warning := range e.Warnings {
		if i == 0 {
			p("\n")
		}
		p("Warning: %s\n", warning)
	}
	p("\nAs of %s, snapshot %s\n", agesAndStale(e.AsOf, e.Snapshot.Stale), e.Snapshot.ID)
	if err := w.Flush(); err != nil {
		return fmt.Errorf("writing the explanation: %w", err)
	}
	return nil
}

func printConsidered(p func(string, ...any), title string, list []resolver.Considered) {
	if len(list) == 0 {
		return
	}
	p("\n%s\n", title)
	for _, x := range list {
		p("  %s\t%s\t%s\trule %s: %s\n", x.Entry, x.Source, x.Level, x.Rule, x.Why)
	}
}

func serverWords(s *resolver.ServerAnswer) string {
	if s.Why == "" {
		return s.Access
	}
	return fmt.Sprintf("%s (rule %s: %s)", s.Access, s.Rule, s.Why)
}

func listOr(list []string, none string) string {
	if len(list) == 0 {
		return none
	}
	return strings.Join(list, ", ")
}

// agesAndStale says too whether a source is older than the configuration allows.
func agesAndStale(a *resolver.ExplainedAsOf, stale bool) string {
	if stale {
		return ages(a) + " (stale)"
	}
	return ages(a)
}

func ages(a *resolver.ExplainedAsOf) string {
	var out []string
	if a.Directory != nil {
		out = append(out, "directory "+a.Directory.Format("2006-01-02 15:04:05Z"))
	}
	if a.ACL != nil {
		out = append(out, "ACLs "+a.ACL.Format("2006-01-02 15:04:05Z"))
	}
	if a.Server != nil {
		out = append(out, "servers "+a.Server.Format("2006-01-02 15:04:05Z"))
	}
	return listOr(out, "an unknown time")
}
