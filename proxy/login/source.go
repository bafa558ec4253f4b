package login

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/name"
)

// Source is one directory as far as it knows passwords.
type Source struct {
	Name    string   // for logs and metrics
	Bases   []string // DNs; none, or "", owns whatever no other source does
	Checker Checker
	// Reachable says whether the directory answers; nil knows only what the last
	// bind met with. Only the bind cache asks.
	Reachable func() bool
}

// Checker says whether passwords are right. It is used by many attempts at once.
type Checker interface {
	// Check checks one password. An error means that it could not be checked, and
	// says nothing about the password. It returns soon after ctx is done.
	Check(ctx context.Context, q Question) (Verdict, error)
}

// Question is one password to check. It is valid until Check returns.
type Question struct {
	DN       string // to be sent to a directory; never empty
	Key      string // of DN (name.DN.Key)
	Password []byte // never empty
	Controls []wire.Control
}

// String leaves the password out.
func (q Question) String() string { return fmt.Sprintf("password of %q", q.DN) }

// GoString is String.
func (q Question) GoString() string { return q.String() }

// Verdict is what was found out about a password: it is right if and only if
// Code is Success.
type Verdict struct {
	Code     wire.ResultCode
	Message  string         // for the client
	Controls []wire.Control // for the client
}

// NoPasswords is the Checker of a directory that was read from a file without
// passwords, such as a DXL export: its answer is unwillingToPerform (53).
func NoPasswords() Checker { return noPasswords{} }

type noPasswords struct{}

func (noPasswords) Check(context.Context, Question) (Verdict, error) {
	return Verdict{Code: wire.UnwillingToPerform, Message: "the directory of this name was read from files and cannot check passwords"}, nil
}

// source is a Source whose bases are normalised.
type source struct {
	name      string
	bases     []string
	checker   Checker
	reachable func() bool
	lost      atomic.Bool // the last bind could not be asked
}

func newSource(s *Source) (*source, error) {
	if s.Checker == nil {
		return nil, fmt.Errorf("directory %q has nothing that checks passwords", s.Name)
	}
	own := &source{name: s.Name, checker: s.Checker, reachable: s.Reachable}
	for _, base := range s.Bases {
		key, err := name.KeyOf(base)
		if err != nil {
			return nil, fmt.Errorf("base %q of directory %q: %w", base, s.Name, err)
		}
		own.bases = append(own.bases, key)
	}
	if len(own.bases) == 0 {
		own.bases = []string{""}
	}
	return own, nil
}

// answers tells whether the directory is thought to be reachable.
func (s *source) answers() bool {
	return !s.lost.Load() && (s.reachable == nil || s.reachable())
}

// owner is the source that covers a name. What no base covers belongs to where
// its entry came from, as what a reference led to, and without one to the primary
// directory: service accounts often lie outside of what is read.
func (f *inForce) owner(key string, from int) *source {
	if s := f.covering(key, from); s != nil {
		return s
	}
	if from >= 0 && from < len(f.sources) {
		return f.sources[from]
	}
	return f.sources[0]
}

// covering is the source with the longest base at or above a name, nil if there
// is none. Of two with the same base it is the one that the entry came from,
// else the earlier one (rule 4.7).
func (f *inForce) covering(key string, from int) *source {
	var best *source
	longest := -1
	for i, s := range f.sources {
		for _, base := range s.bases {
			if !name.KeyUnder(key, base) {
				continue
			}
			if len(base) > longest || len(base) == longest && i == from {
				best, longest = s, len(base)
			}
		}
	}
	return best
}
