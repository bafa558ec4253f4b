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
	Page      *Page  // nil without the paged results control
	Session   uint64 // of the client: pages go on where they began
	Reached   string // URL of the address that the client reached, "ldap://127.0.0.1:10389"; "" serves no references
	Managed   bool   // the ManageDsaIT control: referral objects are entries
	Alone     bool   // the domain scope control: no references
	RealOnly  bool   // the real-attributes-only control: no virtual attributes

	Sort          *Sort            // nil without the sort control
	VLV           *wire.VLVRequest // nil without the virtual list view control
	MatchedValues []wire.Filter    // of the matched values control: only values that one of these holds for are returned
	Assertion     *wire.Filter     // of the assertion control: without it being true of the base nothing is done
	Deref         *Deref           // nil without the dereference control
	Subentries    Subentries

	Sync    *wire.SyncRequest      // nil without the sync request control
	Persist *wire.PersistentSearch // nil without the persistent search control

	Workspace *Workspace // to make the Query in; nil allocates one
}

// Sort is the server-side sort control of a request (RFC 2891).
type Sort struct {
	Keys     []wire.SortKey
	Critical bool // entries that cannot be sorted are not returned at all
}

// Deref is the dereference control of a request (draft-masarati-ldap-deref).
type Deref struct {
	Specs    []wire.DerefSpec
	Critical bool // an attribute that names no entries is an error, and not a reason to ignore the control
}

// Subentries says what the subentries control asks for (RFC 3672).
type Subentries uint8

// The wishes about subentries.
const (
	SubentriesAsAny Subentries = iota // no control: an entry is an entry
	SubentriesOnly
	SubentriesNever
)

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

	Sorted *wire.SortResult  // the sort response control; nil is none
	VLV    *wire.VLVResponse // the virtual list view response control; nil is none
	Synced *wire.SyncDone    // the sync done control; nil is none
}

// Sink takes the messages of an answer.
type Sink interface {
	// Room is the buffer to append one message to.
	Room() []byte
	// Keep takes the buffer back with the message in it, and may write it out;
	// an error means that the client is gone and the search ends.
	Keep(b []byte) error
}
