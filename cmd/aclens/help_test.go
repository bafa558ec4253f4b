package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// commands are all commands that a user can type.
func commands() []*cobra.Command {
	var list []*cobra.Command
	for _, c := range rootCommand().Commands() {
		if c.Name() != "help" && c.Name() != "completion" {
			list = append(list, c)
		}
	}
	return list
}

func TestEveryCommandHelpsWithAnExampleThatItWouldTake(t *testing.T) {
	for _, c := range commands() {
		t.Run(c.Name(), func(t *testing.T) {
			var out, errOut bytes.Buffer
			if status := run([]string{c.Name(), "--help"}, &out, &errOut); status != exitDone {
				t.Errorf("--help ends with %d", status)
			}
			if errOut.Len() > 0 {
				t.Errorf("--help complains: %s", &errOut)
			}
			if !strings.Contains(out.String(), "Examples:\n  aclens "+c.Name()) {
				t.Errorf("--help shows no example:\n%s", &out)
			}
			for line := range strings.Lines(c.Example) {
				takes(t, c, strings.TrimSpace(line))
			}
		})
	}
}

// takes fails the test unless a command knows the flags of an example, and the
// example gives those that the command needs.
func takes(t *testing.T, c *cobra.Command, example string) {
	t.Helper()
	words := words(example)
	if len(words) < 2 || words[0] != "aclens" || words[1] != c.Name() {
		t.Errorf("%q is no example of %s", example, c.Name())
		return
	}
	if err := c.ParseFlags(words[2:]); err != nil {
		t.Errorf("%q: %v", example, err)
		return
	}
	if err := c.ValidateArgs(c.Flags().Args()); err != nil {
		t.Errorf("%q: %v", example, err)
	}
	if err := c.ValidateRequiredFlags(); err != nil {
		t.Errorf("%q: %v", example, err)
	}
}

// words splits a command line as a shell does, as far as single quotes go.
func words(line string) []string {
	var list []string
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			list = append(list, part)
			continue
		}
		list = append(list, strings.Fields(part)...)
	}
	return list
}

func TestEveryFlagSaysWhatItIsFor(t *testing.T) {
	for _, c := range commands() {
		if c.Short == "" {
			t.Errorf("%s does not say what it does", c.Name())
		}
		for line := range strings.Lines(c.Flags().FlagUsages()) {
			if len(strings.Fields(line)) < 4 {
				t.Errorf("%s: %s says nothing", c.Name(), strings.TrimSpace(line))
			}
		}
	}
}
