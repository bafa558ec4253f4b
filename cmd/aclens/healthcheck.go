package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/spf13/cobra"
)

// healthTimeout is how long a healthcheck waits for an answer.
const healthTimeout = 5 * time.Second

func healthcheckCommand() *cobra.Command {
	var url string
	c := &cobra.Command{
		Use:   "healthcheck",
		Short: "Ask a running aclens whether it is ready; 0 if so, 1 if not, 3 if it does not answer",
		Example: `  aclens healthcheck
  aclens healthcheck --url http://127.0.0.1:9390/readyz`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return healthcheck(c.Context(), url) },
	}
	c.Flags().StringVar(&url, "url", "http://127.0.0.1:9389/readyz", "address to ask")
	return c
}

func healthcheck(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return usage(fmt.Errorf("--url: %w", err))
	}
	if r.URL.Scheme != "http" && r.URL.Scheme != "https" || r.URL.Host == "" {
		return usage(fmt.Errorf("--url: %q is neither http:// nor https:// with a host", url))
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return unreached(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return &exitError{exitProblems, fmt.Errorf("%s says %s", url, answer.Status)}
	}
	return nil
}
