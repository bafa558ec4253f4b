package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print version, revision and Go version",
		Example: "  aclens version",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(c.OutOrStdout(), versionWords())
			return err
		},
	}
}

// versionWords is what version and --version print.
func versionWords() string {
	v, r := buildVersion()
	return fmt.Sprintf("aclens %s (revision %s, %s)", v, r, runtime.Version())
}

// buildVersion is what the linker was told, or what the toolchain noted.
func buildVersion() (v, r string) {
	v, r = version, revision
	if info, ok := debug.ReadBuildInfo(); ok {
		if v == "" {
			v = info.Main.Version
		}
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" && r == "" {
				r = s.Value
			}
		}
	}
	if v == "" {
		v = "(devel)"
	}
	if r == "" {
		r = "unknown"
	}
	return v, r
}
