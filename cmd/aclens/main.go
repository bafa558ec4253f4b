// Command aclens is an LDAP directory proxy that adds to each person what that
// person may do in each Domino database. This package joins the rooms: it reads
// the command line, turns the configuration into their settings, and prints. It
// decides nothing about access.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

// version and revision are set by the linker.
var version, revision string

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// Exit statuses of docs/contract.md, section 1.
const (
	exitDone     = 0
	exitProblems = 1 // the command ran and found problems
	exitUsage    = 2 // usage, configuration or input error
	exitNoReach  = 3 // a needed service cannot be reached
)

// exitError carries the status that a command ends with. Without an error the
// command has said everything already.
type exitError struct {
	status int
	err    error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit status %d", e.status)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

func usage(err error) error     { return &exitError{exitUsage, err} }
func unreached(err error) error { return &exitError{exitNoReach, err} }
func problems() error           { return &exitError{exitProblems, nil} }

// run is main with its surroundings as arguments.
func run(args []string, out, errOut io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := rootCommand()
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(errOut)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitDone
	}
	var exit *exitError
	if !errors.As(err, &exit) {
		exit = &exitError{exitUsage, withoutConfig(err)} // cobra's own: a flag or a command that does not exist
	}
	if exit.err != nil {
		fmt.Fprintf(errOut, "aclens: %v\n", exit.err)
	}
	return exit.status
}

// withoutConfig tells whoever has no configuration yet what needs none.
func withoutConfig(err error) error {
	if text := err.Error(); !strings.HasPrefix(text, "required flag") || !strings.Contains(text, `"config"`) {
		return err
	}
	return fmt.Errorf("%w; aclens serve --demo needs no configuration", err)
}

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "aclens",
		Short: "LDAP proxy that shows what everybody may do in every Domino database, and why",
		Long: `aclens stands in front of an LDAP directory, flattens its groups, computes
everyone's effective access to every Domino database, and serves it as virtual
LDAP attributes and groups.

Exit status: 0 done, 1 problems found, 2 usage, configuration or input error,
3 a needed service cannot be reached.`,
		Version:       versionWords(),
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.NoArgs,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.AddCommand(serveCommand(), checkCommand(), explainCommand(), whoCommand(), reportCommand(), diffCommand(), verifyCommand(), shadowCommand(), releaseCommand(), versionCommand(), healthcheckCommand())
	root.SetVersionTemplate("{{.Version}}\n")
	completionCommand(root)
	completing(root)
	return root
}
