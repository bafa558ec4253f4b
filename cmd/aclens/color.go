package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
)

// colorMode is the value of --color.
type colorMode string

// The values of --color.
const (
	colorAuto   colorMode = "auto"
	colorAlways colorMode = "always"
	colorNever  colorMode = "never"
)

// String is the value, for help.
func (m *colorMode) String() string { return string(*m) }

// Set takes a value of the flag.
func (m *colorMode) Set(text string) error {
	switch mode := colorMode(text); mode {
	case colorAuto, colorAlways, colorNever:
		*m = mode
		return nil
	}
	return fmt.Errorf("not one of %s, %s, %s", colorAuto, colorAlways, colorNever)
}

// Type says in help what the flag wants.
func (m *colorMode) Type() string { return "when" }

// colorFlag gives a command its --color.
func colorFlag(c *cobra.Command) {
	mode := colorAuto
	c.Flags().Var(&mode, "color", "colour levels and severities: auto (on a terminal, unless NO_COLOR is set), always or never")
}

// painted is the standard output of a command, with colours where they are
// wanted. NO_COLOR counts whatever its value is, if it has one (no-color.org);
// a terminal that calls itself dumb has none.
func painted(c *cobra.Command) io.Writer {
	out := c.OutOrStdout()
	switch colorMode(c.Flags().Lookup("color").Value.String()) {
	case colorAlways:
		return &painter{to: out}
	case colorAuto:
		if os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && isTerminal(out) {
			return &painter{to: out}
		}
	}
	return out
}

// painter colours whole lines as they pass: behind the layout of tables, which
// would count escape sequences as text. A last line without an end is held back;
// what commands print ends with one.
type painter struct {
	to   io.Writer
	rest []byte
}

// Write passes on the lines that are whole.
func (p *painter) Write(b []byte) (int, error) {
	p.rest = append(p.rest, b...)
	for {
		end := bytes.IndexByte(p.rest, '\n')
		if end < 0 {
			return len(b), nil
		}
		if _, err := io.WriteString(p.to, paint(string(p.rest[:end]))+"\n"); err != nil {
			return 0, err
		}
		p.rest = p.rest[end+1:]
	}
}

// The escape sequences (ECMA-48, SGR): strong rights stand out, and severities
// look as everywhere.
const (
	plain   = "\x1b[0m"
	bold    = "\x1b[1m"
	dim     = "\x1b[2m"
	red     = "\x1b[31m"
	green   = "\x1b[32m"
	yellow  = "\x1b[33m"
	magenta = "\x1b[35m"
	cyan    = "\x1b[36m"
)

var colors = map[string]string{
	"noaccess": dim, "depositor": green, "reader": green, "author": green, "editor": cyan, "designer": magenta, "manager": bold + magenta,
	"error": bold + red, "warning": yellow, "info": dim, "Warning": yellow,
}

// level is the name of a level in its column, or in a change from one to another.
var level = regexp.MustCompile(`(  |-> )(noaccess|depositor|reader|author|editor|designer|manager)( |$)`)

// severity stands at the beginning of a line.
var severity = regexp.MustCompile(`^(error|warning|info|Warning)( findings)?([: ])`)

// alarm is the title of the differences that may let somebody in.
var alarm = regexp.MustCompile(`^Additional in aclens`)

// paint colours one line.
func paint(line string) string {
	if alarm.MatchString(line) {
		return bold + red + line + plain
	}
	if m := severity.FindStringSubmatchIndex(line); m != nil {
		end := m[3]
		return colors[line[:end]] + line[:end] + plain + line[end:]
	}
	return level.ReplaceAllStringFunc(line, func(found string) string {
		word := strings.Trim(found, " ->")
		before, after, _ := strings.Cut(found, word)
		return before + colors[word] + word + plain + after
	})
}
