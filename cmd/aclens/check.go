package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/aclens/aclens/proxy/refresh"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/finding"
)

func checkCommand() *cobra.Command {
	var file, failOn, save string
	c := &cobra.Command{
		Use:   "check --config FILE",
		Short: "Validate everything without serving: connect, load, count, and list every finding",
		Long: `Reads the configuration, connects to the directory, loads every ACL and Server
document, and prints counts and findings. Ends with 1 if a finding reaches
--fail-on, or an export beside good ones is broken.`,
		Example: `  aclens check --config aclens.yaml --fail-on warning
  aclens check --config aclens.yaml --save monday.aclens`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			limit, err := finding.ParseSeverity(failOn)
			if err != nil {
				return usage(fmt.Errorf("--fail-on: %w", err))
			}
			loaded, err := loadState(c, file, checkFeeds)
			if err != nil {
				return err
			}
			if save != "" {
				if err := keepState(save, loaded); err != nil {
					return err
				}
			}
			return printCheck(painted(c), loaded, limit)
		},
	}
	c.Flags().StringVar(&file, "config", "", "configuration file (required)")
	c.Flags().StringVar(&failOn, "fail-on", "error", "least severity that ends with 1: error, warning or info")
	c.Flags().StringVar(&save, "save", "", "keep the state in this file, for --snapshot and for diff; it holds no passwords")
	colorFlag(c)
	_ = c.MarkFlagRequired("config")
	return c
}

func printCheck(out io.Writer, l *loadedState, limit finding.Severity) error {
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	s := l.Snapshot
	p := s.Population()
	fmt.Fprintf(w, "directory\t%d entries: %d people, %d servers, %d groups\n", s.Store().Len(),
		p.People.GetCardinality(), p.Servers.GetCardinality(), p.Groups.GetCardinality())
	instances := 0
	for _, db := range s.Databases().All() {
		instances += len(db.Instances)
	}
	fmt.Fprintf(w, "databases\t%d, in %d instances\n", s.Databases().Len(), instances)
	fmt.Fprintf(w, "servers\t%d\n", len(s.Servers()))
	fmt.Fprintf(w, "as of\t%s\n", ages(s.AsOf().Freshness()))
	fmt.Fprintf(w, "snapshot\t%s\n", l.ID)
	for _, text := range nothing(s) {
		fmt.Fprintf(w, "\n%s\n", text)
	}
	failed := printFaults(w, l.Faults, limit)
	failed = printFindings(w, l, limit) || failed
	if err := w.Flush(); err != nil {
		return fmt.Errorf("writing the findings: %w", err)
	}
	if failed {
		return problems()
	}
	return nil
}

// nothing says what a source without anything usable in it means: counts of 0
// are easily overlooked, and often come of a folder or a filter that is not the right one.
func nothing(s *resolver.Snapshot) []string {
	var texts []string
	if s.Population().People.IsEmpty() {
		texts = append(texts, "No person was found: see the bases and filters below directory, and what its account may read.")
	}
	if s.Databases().Len() == 0 {
		texts = append(texts, "No access control list was read, so nobody has access to anything: see databases, and the files that it names.")
	}
	return texts
}

// printFaults lists what could not be read. A broken export is an error
// whatever the limit is.
func printFaults(w io.Writer, faults []refresh.Fault, limit finding.Severity) (failed bool) {
	if len(faults) > 0 {
		fmt.Fprintf(w, "\nNot read:\n")
	}
	for i := range faults {
		f := &faults[i]
		fmt.Fprintf(w, "%s\t%s\n", f.Severity, f.Error())
		failed = failed || f.Severity >= min(limit, finding.Error)
	}
	return failed
}

// printFindings lists the findings that printFaults has not told already, and
// counts both.
func printFindings(w io.Writer, l *loadedState, limit finding.Severity) (failed bool) {
	counts := map[finding.Severity]int{}
	for i := range l.Faults {
		counts[l.Faults[i].Severity]++
	}
	told, begun := toldByFaults(l.Faults), map[finding.Severity]bool{}
	for i := range l.Findings {
		f := &l.Findings[i]
		failed = failed || f.Severity >= limit
		if told[f.Subject] && (f.Kind == finding.BrokenExport || f.Kind == finding.IncompleteExport) {
			continue
		}
		counts[f.Severity]++
		if !begun[f.Severity] {
			fmt.Fprintf(w, "\n%s findings:\n", f.Severity)
			begun[f.Severity] = true
		}
		fmt.Fprintf(w, "%s\t%s\n", f.Kind, aboutFinding(f))
	}
	fmt.Fprintf(w, "\n%d errors, %d warnings, %d notes\n", counts[finding.Error], counts[finding.Warning], counts[finding.Info])
	return failed
}

// toldByFaults are the subjects of findings about what is broken, where a fault
// says the same with its line.
func toldByFaults(faults []refresh.Fault) map[string]bool {
	told := map[string]bool{}
	for i := range faults {
		f := &faults[i]
		if f.Severity == finding.Error {
			told[f.File], told[f.File+", "+f.Subject], told[f.Err.Error()] = true, true, true
		}
	}
	return told
}

func aboutFinding(f *finding.Finding) string {
	text := f.Subject
	if f.Database != "" && f.Database != f.Subject {
		text = strings.TrimSpace(f.Database + ": " + text)
	}
	if f.Detail != "" {
		text += ": " + strings.TrimPrefix(f.Detail, f.Subject+": ") // errors about a whole file name it
	}
	return strings.TrimSuffix(text+concerned(f), ".") + ". " + f.Advice
}

// shownSubjects is how many of those whom a finding concerns are named.
const shownSubjects = 3

// concerned names the first ones, and says how many there are if that is more
// than one.
func concerned(f *finding.Finding) string {
	told := func(subject string) bool { return subject == f.Subject || strings.Contains(f.Detail, subject) }
	if len(f.Subjects) == 0 || f.Count == 1 && told(f.Subjects[0]) {
		return ""
	}
	text := strings.Join(f.Subjects[:min(shownSubjects, len(f.Subjects))], "; ")
	if f.Count > shownSubjects {
		text += "; ..."
	}
	if f.Count > 1 {
		text = fmt.Sprintf("%d: %s", f.Count, text)
	}
	return " (" + text + ")"
}
