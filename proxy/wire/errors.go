package wire

import "errors"

var (
	// ErrTooBig means that a message announces more octets than the limit; nothing of it was stored.
	ErrTooBig = errors.New("LDAP message exceeds the size limit")
	// ErrMalformed is matched by every error about octets that break RFC 4511; see MalformedError.
	ErrMalformed = errors.New("malformed LDAP message")
	// ErrNoBudget means that the Budget of a Reader refused the memory that a message needs.
	ErrNoBudget = errors.New("no memory left for an LDAP message")
	// ErrLimit is matched by every error about a well-formed request that exceeds a configured bound.
	ErrLimit = errors.New("administrative limit exceeded")
)

// The bounds of requests. Each one matches ErrLimit: the message was framed
// rightly, so adminLimitExceeded (11) can be answered and the session goes on.
const (
	ErrFilterTooDeep     limitError = "filter is nested too deep"
	ErrFilterTooBig      limitError = "filter has too many terms"
	ErrTooManyAttributes limitError = "too many attributes requested"
	ErrTooManyControls   limitError = "too many controls"
	ErrTooManySortKeys   limitError = "too many sort keys"
)

type limitError string

func (e limitError) Error() string { return string(e) }

func (e limitError) Is(target error) bool { return target == ErrLimit }

// IsLimit reports whether err is about a well-formed request that exceeds a
// bound, to be answered with adminLimitExceeded and not with a disconnect.
func IsLimit(err error) bool { return errors.Is(err, ErrLimit) }

// MalformedError names the element of a message that breaks RFC 4511. It holds
// no octets of the message, which may be secret.
type MalformedError struct {
	Element string // such as "search request size limit"
}

func (e *MalformedError) Error() string { return ErrMalformed.Error() + ": " + e.Element }

// Is makes every MalformedError match ErrMalformed.
func (e *MalformedError) Is(target error) bool { return target == ErrMalformed }

func malformed(element string) error { return &MalformedError{Element: element} }
