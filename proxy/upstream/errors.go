package upstream

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"

	"github.com/aclens/aclens/proxy/wire"
)

var (
	// ErrUnavailable means that no server could be reached or none answered in time.
	ErrUnavailable = errors.New("directory is unavailable")
	// ErrRefused means that the directory refused the bind of the service account; see RefusedError.
	ErrRefused = errors.New("directory refused the service account")
	// ErrPartial means that the directory did not complete a read with success;
	// what was read is to be thrown away. See ReadError.
	ErrPartial = errors.New("directory did not give everything")
	// ErrFullRead means that changes cannot be told from the given State: read everything.
	ErrFullRead = errors.New("a full read of the directory is needed")
	// ErrNoFeed means that the directory does not give the feed of changes that was asked for.
	ErrNoFeed = errors.New("directory does not give this feed of changes")
	// ErrNoSubschema means that the directory publishes no schema.
	ErrNoSubschema = errors.New("directory publishes no schema")
	// ErrClosed means that the Directory was closed; it matches ErrUnavailable.
	ErrClosed = fmt.Errorf("%w: closed", ErrUnavailable)
)

// Kind classes an error for metrics; the set is closed.
type Kind string

// The kinds of errors that an Observer is told.
const (
	KindConnect  Kind = "connect"  // no connection
	KindTLS      Kind = "tls"      // no encrypted connection, or not to who it should be
	KindTimeout  Kind = "timeout"  // no answer in time
	KindClosed   Kind = "closed"   // connection lost
	KindProtocol Kind = "protocol" // answer not understood
	KindRefused  Kind = "refused"  // bind of the service account refused
	KindResult   Kind = "result"   // read ended with another result than success
	KindBusy     Kind = "busy"     // no connection free for a bind
)

// RefusedError is the answer to the service account's bind. It matches ErrRefused.
type RefusedError struct {
	URL     string
	Code    wire.ResultCode
	Message string // as the directory gave it
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("%v: %s: %v", ErrRefused, e.URL, described(e.Code, e.Message))
}

// Is makes every RefusedError match ErrRefused.
func (e *RefusedError) Is(target error) bool { return target == ErrRefused }

// ReadError is a read that did not end with success. It matches ErrPartial.
type ReadError struct {
	URL     string
	Base    string          // where was searched
	Code    wire.ResultCode // Success if the connection failed, see Err
	Message string          // as the directory gave it
	Advice  string          // what an administrator may change, if known
	Entries int             // how many had come
	Err     error           // what else happened, if Code does not say it
}

func (e *ReadError) Error() string {
	why := fmt.Sprint(e.Err)
	if e.Err == nil {
		why = described(e.Code, e.Message)
	}
	text := fmt.Sprintf("%v: %s: reading below %q after %d entries: %s", ErrPartial, e.URL, e.Base, e.Entries, why)
	if e.Advice != "" {
		text += "; " + e.Advice
	}
	return text
}

// Is makes every ReadError match ErrPartial.
func (e *ReadError) Is(target error) bool { return target == ErrPartial }

// Unwrap returns Err.
func (e *ReadError) Unwrap() error { return e.Err }

func described(code wire.ResultCode, message string) string {
	if message == "" {
		return fmt.Sprintf("%v (%d)", code, int32(code))
	}
	return fmt.Sprintf("%v (%d): %q", code, int32(code), message)
}

// unavailableError says of each server why it could not be used.
type unavailableError []error

func (e unavailableError) Error() string {
	texts := make([]string, 0, len(e))
	for _, err := range e {
		texts = append(texts, err.Error())
	}
	return ErrUnavailable.Error() + ": " + strings.Join(texts, "; ")
}

// Unwrap makes it match ErrUnavailable and what happened at each server.
func (e unavailableError) Unwrap() []error { return append([]error{ErrUnavailable}, e...) }

// serverError means that a server, not the request, is at fault: another server
// may do. It is never seen by callers but as part of ErrUnavailable or ReadError.
type serverError struct {
	url   string
	doing string
	kind  Kind
	err   error
}

func (e *serverError) Error() string { return fmt.Sprintf("%s: %s: %v", e.url, e.doing, e.err) }

func (e *serverError) Unwrap() error { return e.err }

// kindOf classes an error of a connection.
func kindOf(err error) Kind {
	var timeout net.Error
	var alert tls.AlertError
	var record tls.RecordHeaderError
	var certificate *tls.CertificateVerificationError
	var roots x509.SystemRootsError
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, errLost),
		errors.As(err, &timeout) && timeout.Timeout():
		return KindTimeout
	case errors.As(err, &certificate), errors.As(err, &alert), errors.As(err, &record), errors.As(err, &roots):
		return KindTLS
	case errors.Is(err, wire.ErrMalformed), errors.Is(err, wire.ErrTooBig), errors.Is(err, errUnexpected):
		return KindProtocol
	}
	return KindClosed
}
