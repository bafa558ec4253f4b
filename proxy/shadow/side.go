package shadow

import (
	"context"
	"errors"

	"github.com/aclens/aclens/proxy/wire"
)

// ErrAway is the present server not answering, or not for now.
var ErrAway = errors.New("the present server cannot be reached")

// Entry is one entry of an answer. Attributes are under their names in lower case.
type Entry struct {
	DN         string
	Attributes map[string][]string
}

// Answer is all that a server said to a search.
type Answer struct {
	Entries    []Entry
	Code       wire.ResultCode
	References int // to other servers, which nobody followed
}

// whole tells whether the answer holds everything that there is: what was cut
// by a limit proves nothing about what is missing.
func (a *Answer) whole() bool { return a.Code == wire.Success || a.Code == wire.NoSuchObject }

// Server answers searches. An error is that it did not answer; that it refused
// is in Answer.Code.
type Server interface {
	Search(ctx context.Context, r Request) (Answer, error)
	// All is Search past the limits that pages are the way past of.
	All(ctx context.Context, r Request) (Answer, error)
}
