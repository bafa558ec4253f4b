package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Fault is one thing wrong with a configuration. Line and Column count from 1;
// 0 means the whole file. Key is the path of the key, such as
// directory.ldap.urls[0], or "" for the file itself.
type Fault struct {
	File   string
	Line   int
	Column int
	Key    string
	Text   string
}

// String writes file:line: key: text.
func (f Fault) String() string {
	var b strings.Builder
	b.WriteString(f.File)
	if f.Line > 0 {
		fmt.Fprintf(&b, ":%d", f.Line)
	}
	if f.Key != "" {
		b.WriteString(": " + f.Key)
	}
	b.WriteString(": " + f.Text)
	return b.String()
}

// maxFaults is where looking for faults ends: nobody reads more, and each is
// held against those before.
const maxFaults = 200

// Errors is every fault of a configuration, in the order of the file, or the
// first 200 and a last one that says so.
type Errors struct {
	Faults []Fault
	cause  error
}

// Error writes one fault a line.
func (e *Errors) Error() string {
	lines := make([]string, len(e.Faults))
	for i, f := range e.Faults {
		lines[i] = f.String()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns what kept the file from being read, if that was the fault.
func (e *Errors) Unwrap() error { return e.cause }

func (e *Errors) add(f Fault) {
	switch n := len(e.Faults); {
	case n < maxFaults:
		e.Faults = append(e.Faults, f)
	case n == maxFaults:
		e.Faults = append(e.Faults, Fault{File: f.File, Text: "there are more faults than are shown here"})
	}
}

func (e *Errors) full() bool { return len(e.Faults) > maxFaults }

// sort puts faults into the order of the file, those of the whole file last,
// because what is wrong at a line usually explains them.
func (e *Errors) sort() {
	slices.SortStableFunc(e.Faults, func(a, b Fault) int {
		if (a.Line == 0) != (b.Line == 0) {
			return cmp.Compare(b.Line, a.Line)
		}
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}
