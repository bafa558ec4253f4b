package source

import (
	"fmt"
	"path"
	"strings"
)

// File says which file a reader reads.
type File struct {
	Name string // in messages and origins
	Bare string // path of a database that does not name its own; empty = the base of Name without extension
}

func (f File) barePath() string {
	if f.Bare != "" {
		return f.Bare
	}
	base := path.Base(strings.ReplaceAll(f.Name, `\`, "/"))
	return strings.TrimSuffix(base, path.Ext(base))
}

// at is the origin of what begins at a line.
func (f File) at(line int) string { return fmt.Sprintf("%s:%d", f.Name, line) }

// errorAt wraps an error that spoils the whole file.
func (f File) errorAt(line int, err error) error {
	return fmt.Errorf("%s: line %d: %w", f.Name, line, err)
}

// Fault is what is wrong with one database or document of a file whose other
// content counts all the same.
type Fault struct {
	File    string
	Line    int    // counted from 1
	Subject string // the database or document, and the entry where there is one
	Err     error
}

// Error names file, line and subject.
func (f *Fault) Error() string {
	return fmt.Sprintf("%s: line %d: %s: %v", f.File, f.Line, f.Subject, f.Err)
}

// Unwrap returns what is wrong.
func (f *Fault) Unwrap() error { return f.Err }

// maxFaults bounds how many faults of one file are listed one by one.
const maxFaults = 1000

// faultList collects the faults of one file.
type faultList struct {
	file    File
	listed  []Fault
	further int
	last    int
}

func (l *faultList) add(line int, subject string, err error) {
	if len(l.listed) == maxFaults {
		l.further, l.last = l.further+1, line
		return
	}
	l.listed = append(l.listed, Fault{File: l.file.Name, Line: line, Subject: subject, Err: err})
}

// all returns the faults; those beyond maxFaults are one fault that counts them.
func (l *faultList) all() []Fault {
	if l.further == 0 {
		return l.listed
	}
	return append(l.listed, Fault{
		File: l.file.Name, Line: l.last, Subject: "further content",
		Err: fmt.Errorf("%d more faults are not listed", l.further),
	})
}

// flaw is the first thing found wrong with one database or document.
type flaw struct {
	line  int
	entry string // the ACL entry or item, or empty
	err   error
}

// spoil keeps the first flaw: later ones often follow from it.
func (f *flaw) spoil(line int, entry string, err error) {
	if f.err == nil && err != nil {
		*f = flaw{line, entry, err}
	}
}

func (f *flaw) spoiled() bool { return f.err != nil }

// report adds the flaw to the faults, as a fault of subject.
func (f *flaw) report(to *faultList, subject string) {
	if f.entry != "" {
		subject += ", " + f.entry
	}
	to.add(f.line, subject, f.err)
}
