package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// The manual pages of deploy/man are written from the commands, by a test, so
// that the program does not carry the writer. `make man` renews them.
var updateMan = flag.Bool("update-man", false, "write deploy/man")

const manFolder = "../../deploy/man"

func TestManualPagesAreThoseOfTheCommands(t *testing.T) {
	root := rootCommand()
	pages := map[string]string{"aclens.1": manPage(root)}
	for _, c := range commands() {
		pages["aclens-"+c.Name()+".1"] = manPage(c)
	}
	there, err := os.ReadDir(manFolder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range there {
		if _, ok := pages[e.Name()]; !ok {
			t.Errorf("%s is of no command", e.Name())
		}
	}
	for name, page := range pages {
		file := filepath.Join(manFolder, name)
		if *updateMan {
			if err := os.WriteFile(file, []byte(page), 0o644); err != nil { //nolint:gosec // for everybody to read
				t.Fatal(err)
			}
			continue
		}
		if text, err := os.ReadFile(file); err != nil || string(text) != page {
			t.Errorf("%s is not up to date (%v): make man", name, err)
		}
	}
}

func TestManualPagesHoldWhatHelpSays(t *testing.T) {
	macros := []string{".TH", ".SH", ".TP", ".PP", ".nf", ".fi", ".B", ".BR"}
	for _, c := range commands() {
		page := manPage(c)
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if !strings.Contains(page, `\-\-`+strings.ReplaceAll(f.Name, "-", `\-`)) || !strings.Contains(page, roff(f.Usage)) {
				t.Errorf("%s: the page lacks --%s", c.Name(), f.Name)
			}
		})
		for line := range strings.Lines(page) {
			if strings.HasPrefix(line, "'") || len(line) > 1 && line[0] == '.' && !slices.Contains(macros, strings.Fields(line)[0]) {
				t.Errorf("%s: %q would be a request", c.Name(), line)
			}
		}
	}
}

// manPage is a page in the macros of man(7).
func manPage(c *cobra.Command) string {
	var b bytes.Buffer
	title := strings.ReplaceAll(c.CommandPath(), " ", "-")
	fmt.Fprintf(&b, ".TH %s 1 \"\" \"aclens\" \"aclens\"\n", strings.ToUpper(roff(title)))
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", roff(title), roff(c.Short))
	fmt.Fprintf(&b, ".SH SYNOPSIS\n.B %s\n", roff(c.UseLine()))
	description := c.Long
	if description == "" {
		description = c.Short + "."
	}
	fmt.Fprintf(&b, ".SH DESCRIPTION\n%s\n", roffParagraphs(description))
	manCommands(&b, c)
	manFlags(&b, c)
	if c.Example != "" {
		fmt.Fprintf(&b, ".SH EXAMPLES\n.nf\n%s\n.fi\n", roffLines(c.Example))
	}
	manEnd(&b, c)
	return b.String()
}

func manCommands(b *bytes.Buffer, c *cobra.Command) {
	if c.HasParent() {
		return
	}
	b.WriteString(".SH COMMANDS\n")
	for _, s := range c.Commands() {
		if s.Name() == "help" || s.Name() == "completion" {
			continue
		}
		fmt.Fprintf(b, ".TP\n.BR %s (1)\n%s\n", roff("aclens-"+s.Name()), roff(s.Short))
	}
	b.WriteString(".TP\n.B aclens completion\nPrint a script by which a shell completes commands and flags: bash, zsh, fish or powershell\n")
}

func manFlags(b *bytes.Buffer, c *cobra.Command) {
	c.InitDefaultHelpFlag()
	b.WriteString(".SH OPTIONS\n")
	c.LocalFlags().VisitAll(func(f *pflag.Flag) {
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		if kind := f.Value.Type(); kind != "bool" {
			name += " " + kind
		}
		text := f.Usage
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "0" && f.DefValue != "[]" {
			text += " (default " + f.DefValue + ")"
		}
		fmt.Fprintf(b, ".TP\n.B %s\n%s\n", roff(name), roff(text))
	})
}

func manEnd(b *bytes.Buffer, c *cobra.Command) {
	b.WriteString(".SH EXIT STATUS\n0 done, 1 problems found, 2 usage, configuration or input error, 3 a needed service cannot be reached.\n")
	if c.Flags().Lookup("color") != nil {
		b.WriteString(".SH ENVIRONMENT\n.TP\n.B NO_COLOR\nIf it is set, nothing is coloured unless \\-\\-color says so.\n")
	}
	b.WriteString(".SH SEE ALSO\n")
	if c.HasParent() {
		b.WriteString(".BR aclens (1)\n.PP\n")
	}
	b.WriteString("docs/contract.md and docs/configuration.md of the project.\n")
}

// roff is text on one line that troff takes for nothing but text.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`).Replace(strings.Join(strings.Fields(text), " "))
	if strings.HasPrefix(text, ".") {
		text = `\&` + text
	}
	return text
}

func roffParagraphs(text string) string {
	var list []string
	for p := range strings.SplitSeq(text, "\n\n") {
		list = append(list, roff(p))
	}
	return strings.Join(list, "\n.PP\n")
}

func roffLines(text string) string {
	var list []string
	for line := range strings.Lines(text) {
		list = append(list, roff(line))
	}
	return strings.Join(list, "\n")
}
