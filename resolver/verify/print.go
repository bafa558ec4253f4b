package verify

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Print writes the report for people: counts, agreement by rule, what the rows
// say about each contested decision, and the first rows that differ.
func (r *Report) Print(w io.Writer) error {
	var p printer
	p.counts(r)
	p.rules(r.Rules)
	p.readings(r.Readings)
	p.rows(r)
	p.notCompared(r)
	_, err := w.Write(p.text.Bytes())
	return err
}

// printer gathers the text; writing to memory never fails.
type printer struct{ text bytes.Buffer }

func (p *printer) line(format string, args ...any) { fmt.Fprintf(&p.text, format+"\n", args...) }

// table writes rows with their cells one below the other.
func (p *printer) table(rows [][]string) {
	t := tabwriter.NewWriter(&p.text, 0, 0, 2, ' ', 0)
	for _, cells := range rows {
		_, _ = fmt.Fprintf(t, "  %s\n", strings.Join(cells, "\t"))
	}
	_ = t.Flush()
}

func (p *printer) counts(r *Report) {
	p.line("%d answers of Domino: %d agree, %d differ, %d cannot be told, %d not compared", r.Answers, r.Agreed, r.Differing, r.Unsaid, r.Passed)
	if r.ServerOnly > 0 {
		p.line("%d of those that differ are people whom the server refuses and to whom the ACL alone gives Domino's level:", r.ServerOnly)
		p.line("Effective Access and QueryAccess look at the ACL and not at the Server document.")
	}
}

func (p *printer) rules(rules []RuleCount) {
	if len(rules) == 0 {
		return
	}
	p.line("\nAgreement by the rule that decided (docs/access-rules.md):")
	rows := make([][]string, len(rules))
	for i, c := range rules {
		rows[i] = []string{c.Rule, c.About, fmt.Sprintf("%d of %d agree", c.Agreed, c.Rows)}
		if c.Unsaid > 0 {
			rows[i][2] += fmt.Sprintf(", %d cannot be told", c.Unsaid)
		}
	}
	p.table(rows)
}

func (p *printer) readings(readings []ReadingCount) {
	p.line("\nContested decisions:")
	rows := make([][]string, len(readings))
	for i := range readings {
		rows[i] = readings[i].cells()
	}
	p.table(rows)
}

// cells are the row of one reading: what is read now, and how the other fits.
func (c *ReadingCount) cells() []string {
	setting := "no setting"
	if c.Setting != "" {
		setting = "rules." + c.Setting
	}
	counts := fmt.Sprintf("%d rows more would agree, %d fewer", c.Fixed, c.Broken)
	var said string
	switch c.Fits {
	case FitsBetter:
		said = fmt.Sprintf("%s FITS BETTER: %s", c.Other, counts)
	case FitsWorse:
		said = fmt.Sprintf("%s fits worse: %s", c.Other, counts)
	case FitsEven:
		said = fmt.Sprintf("%s fits as well: %s", c.Other, counts)
	default:
		said = fmt.Sprintf("%s: no row tells them apart", c.Other)
	}
	return []string{c.Decision, setting, "now " + c.Now, said}
}

func (p *printer) rows(r *Report) {
	if len(r.Rows) == 0 {
		return
	}
	p.line("\nDifferences%s:", firstOf(len(r.Rows), r.Differing))
	for i := range r.Rows {
		row := &r.Rows[i]
		p.line("  %s:%d: %s in %s over %s: %s by rule %s%s; Domino says %s", row.File, row.Line, row.User, row.Database, row.Channel,
			row.Ours.words(), row.Rule, row.through(), row.Domino.words())
		if row.ACLLevel != "" {
			p.line("      the server refuses; the ACL alone gives %s", row.ACLLevel)
		}
		if len(row.Better) > 0 {
			p.line("      agrees under %s", strings.Join(row.Better, "; or "))
		}
	}
}

func (p *printer) notCompared(r *Report) {
	if len(r.NotCompared) == 0 {
		return
	}
	p.line("\nNot compared%s:", firstOf(len(r.NotCompared), r.Passed))
	for _, n := range r.NotCompared {
		p.line("  %s:%d: %s in %s: %s", n.File, n.Line, n.User, n.Database, n.Why)
	}
}

func firstOf(listed, all int) string {
	if listed == all {
		return ""
	}
	return fmt.Sprintf(", the first %d of %d", listed, all)
}

// words are the level, then roles and privileges where they are known.
func (a *Access) words() string {
	words := a.Level
	if a.Roles != nil {
		words += " [" + strings.Join(withoutBrackets(a.Roles), " ") + "]"
	}
	if a.Privileges != nil {
		words += " (" + strings.Join(a.Privileges, " ") + ")"
	}
	return words
}

func withoutBrackets(roles []string) []string {
	out := make([]string, len(roles))
	for i, role := range roles {
		out[i] = strings.Trim(role, "[]")
	}
	return out
}

// through names the entries that carry the level.
func (r *Row) through() string {
	if len(r.Winning) == 0 {
		return ""
	}
	return " (" + strings.Join(r.Winning, ", ") + ")"
}
