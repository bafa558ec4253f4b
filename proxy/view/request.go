package view

import (
	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
)

// Request is one search with everything that changes its answer. The slices of
// Search must stay as they are until the Query has run.
type Request struct {
	MessageID int32
	Identity  policy.Identity
	Search    *wire.SearchRequest
	Page      *Page // nil without the paged results control
	RealOnly  bool  // the real-attributes-only control: no virtual attributes
}

// Page is the paged results control of a request (RFC 2696).
type Page struct {
	Size   int
	Cookie []byte
}

// Answer ends a search.
type Answer struct {
	Result  wire.Result
	Cookie  []byte // of the next page; empty behind the last
	Paged   bool   // the answer carries the paged results control
	Entries int
	Visited int // candidates looked at
}

// Sink takes the messages of an answer.
type Sink interface {
	// Room is the buffer to append one message to.
	Room() []byte
	// Keep takes the buffer back with the message in it, and may write it out;
	// an error means that the client is gone and the search ends.
	Keep(b []byte) error
}
