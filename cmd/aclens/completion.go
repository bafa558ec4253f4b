package main

import (
	"errors"

	"github.com/spf13/cobra"
)

// completionCommand is cobra's own, which would take a shell that it does not
// know for a wish for help.
func completionCommand(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		if c.Name() == "completion" {
			c.Args = cobra.NoArgs
			c.RunE = func(*cobra.Command, []string) error {
				return usage(errors.New("completion needs a shell: bash, zsh, fish or powershell"))
			}
		}
	}
}

// flagWords are the words that flags take, by the name of the flag.
var flagWords = map[string][]string{
	"channel":  {"notes", "web-password", "web-session", "web-sso", "web-clientcert", "web-anonymous", "local"},
	"at-least": {"depositor", "reader", "author", "editor", "designer", "manager"},
	"fail-on":  {"error", "warning", "info"},
	"format":   {"csv", "jsonl", "parquet", "html"},
	"color":    {string(colorAuto), string(colorAlways), string(colorNever)},
}

// completing tells shells what the flags of all commands take: words, or files
// of a kind. What a flag without either takes is nobody's file name.
func completing(root *cobra.Command) {
	for _, c := range root.Commands() {
		for name, list := range flagWords {
			if c.Flags().Lookup(name) != nil {
				_ = c.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(list, cobra.ShellCompDirectiveNoFileComp)) // the flag is there
			}
		}
		if c.Flags().Lookup("config") != nil {
			_ = c.MarkFlagFilename("config", "yaml", "yml")
		}
		for _, name := range []string{"user", "database", "role", "as", "bind-dn", "base", "group-base", "users", "databases", "held", "url", "limit", "rate", "timeout", "walk", "attributes", "listen-ldap", "listen-http"} {
			if c.Flags().Lookup(name) != nil {
				_ = c.RegisterFlagCompletionFunc(name, cobra.NoFileCompletions)
			}
		}
	}
}
