package refresh

import (
	"errors"
	"fmt"

	"github.com/aclens/aclens/proxy/upstream"
	"github.com/aclens/aclens/resolver/finding"
	"github.com/aclens/aclens/resolver/source"
)

// ErrUnreachable marks errors of Load where a service could not be reached or
// did not give everything; all others are faults of configuration or input.
var ErrUnreachable = errors.New("a needed service cannot be reached")

// Fault is one thing that was left out, or that a person should see to, while
// the rest counts.
type Fault struct {
	Severity finding.Severity
	File     string // or the name of a service
	Line     int    // counted from 1; 0 where Err tells it, or there is none
	Subject  string // what in the file; empty for the file itself
	Err      error
}

// Error is the fault in one line.
func (f Fault) Error() string {
	text := f.Err.Error()
	if f.Subject != "" {
		text = f.Subject + ": " + text
	}
	if f.Line > 0 {
		return fmt.Sprintf("%s: line %d: %s", f.File, f.Line, text)
	}
	if f.File == "" || f.Subject == "" {
		return text // errors about a whole file name it themselves
	}
	return f.File + ": " + text
}

// Unwrap returns what is wrong.
func (f Fault) Unwrap() error { return f.Err }

// faultOf is a fault of a reader. What a replication conflict loses was lost in
// Domino, too.
func faultOf(f source.Fault) Fault {
	severity := finding.Error
	if errors.Is(f.Err, source.ErrConflict) {
		severity = finding.Info
	}
	return Fault{Severity: severity, File: f.File, Line: f.Line, Subject: f.Subject, Err: f.Err}
}

// firstSpoiling is the first fault by which access may be lost or won.
func firstSpoiling(faults []source.Fault) error {
	for i := range faults {
		if !errors.Is(faults[i].Err, source.ErrConflict) {
			return &faults[i]
		}
	}
	return nil
}

// serviceError is an error of a service that is worth another try.
type serviceError struct{ err error }

func (e *serviceError) Error() string { return e.err.Error() }

// Unwrap makes it match ErrUnreachable unless the service answered that it
// does not know us.
func (e *serviceError) Unwrap() []error {
	if errors.Is(e.err, upstream.ErrRefused) {
		return []error{e.err}
	}
	return []error{ErrUnreachable, e.err}
}

func worthAnotherTry(err error) bool {
	var service *serviceError
	return errors.As(err, &service) || errors.Is(err, errChanging)
}
