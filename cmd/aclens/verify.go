package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/verify"
)

func verifyCommand() *cobra.Command {
	var q question
	var against string
	c := &cobra.Command{
		Use:   "verify --config FILE --against FILE",
		Short: "Hold the answers against exported results of Domino's own; 1 if any differs",
		Long: `Reads a table of Domino's own answers (Effective Access, QueryAccess) with the
columns user, database, level, roles and perhaps channel, separated by comma,
semicolon or tab; several roles are joined by |. Says how many agree, by the
rule that decided, and which contested setting would fit better.`,
		Example: "  aclens verify --config aclens.yaml --against effective-access.csv",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return verifyAnswers(c, &q, against) },
	}
	c.Flags().StringVar(&q.config, "config", "", "configuration file (required)")
	_ = c.MarkFlagRequired("config")
	c.Flags().BoolVar(&q.asJSON, "json", false, "print one JSON object")
	c.Flags().StringVar(&against, "against", "", "table of Domino's answers (required)")
	_ = c.MarkFlagRequired("against")
	return c
}

func verifyAnswers(c *cobra.Command, q *question, against string) error {
	answers, faults, err := readAnswers(against)
	if err != nil {
		return usage(err)
	}
	loaded, err := loadFor(c, q)
	if err != nil {
		return err
	}
	report := verify.Check(loaded.Snapshot, answers)
	for i := range faults {
		fmt.Fprintf(c.ErrOrStderr(), "aclens: %v\n", &faults[i])
	}
	if q.asJSON {
		err = writeJSON(c.OutOrStdout(), verifyAnswer{report, loaded.Snapshot.AsOf().Freshness(), loaded.named()})
	} else {
		err = report.Print(c.OutOrStdout())
		_, broken := fmt.Fprintf(c.OutOrStdout(), "\nAs of %s\n", agesAndStale(loaded.Snapshot.AsOf().Freshness(), loaded.Stale))
		err = errors.Join(err, broken)
	}
	if err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	if report.Differing > 0 || report.Passed > 0 || len(faults) > 0 {
		return problems()
	}
	return nil
}

// verifyAnswer is the result with the ages of what it was held against.
type verifyAnswer struct {
	verify.Report
	AsOf     *resolver.ExplainedAsOf     `json:"asOf"`
	Snapshot *resolver.ExplainedSnapshot `json:"snapshot"`
}

// readAnswers reads the table; one without any line that can be read is an error.
func readAnswers(file string) ([]verify.Answer, []verify.Fault, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, nil, fmt.Errorf("--against: %w", err)
	}
	defer f.Close()
	answers, faults := verify.Read(f, file)
	if len(answers) == 0 && len(faults) > 0 {
		return nil, nil, fmt.Errorf("--against: %w", &faults[0])
	}
	return answers, faults, nil
}
