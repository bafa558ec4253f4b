package view

import (
	"time"

	"github.com/google/uuid"

	"github.com/aclens/aclens/proxy/policy"
)

// Change says that one entry of the tree that clients see is not what it was:
// its own attributes, or what is computed for it, freshness apart.
type Change struct {
	Number uint64 // grows by one
	Time   time.Time
	Kind   ChangeKind
	DN     string // of a deleted entry, as it was
	Key    string // normalised DN
	UUID   uuid.UUID

	Veiled     bool           // a deny list came, went, or began or ceased to be one
	Was        policy.Witness // who could see it before; of an entry that was there
	Attributes []string       // of a modified entry: those that differ, sorted
	Quiet      []string       // of them those that differ only for whoever may know of deny lists
	Subject    [2]string      // of a person or server: the Notes name of its decision records, before and after; empty is none
	Access     *AccessChange  // of a decision record
}

// ChangeKind says what happened to an entry. A renamed entry is deleted and added.
type ChangeKind uint8

// The kinds of changes.
const (
	Added ChangeKind = iota + 1
	Modified
	Deleted
)

var changeKinds = [...]string{Added: "add", Modified: "modify", Deleted: "delete"}

// String is the changeType of draft-good-ldap-changelog.
func (k ChangeKind) String() string { return changeKinds[k] }

// AccessChange is what changed for one subject in one database, and why.
type AccessChange struct {
	User     string   `json:"user"` // Notes name
	DN       string   `json:"dn,omitempty"`
	Database string   `json:"database"` // key
	From     Standing `json:"from"`
	To       Standing `json:"to"`
}

// Standing is what somebody may do in a database, and by which entries of the
// access control list.
type Standing struct {
	Level    string   `json:"level"`
	WebLevel string   `json:"webLevel,omitempty"`
	Roles    []string `json:"roles"`
	Source   string   `json:"source,omitempty"`
	Winning  []string `json:"winning"`
	Shown    []string `json:"-"` // Winning without deny lists, for those who may not know of them
}

// History keeps what changed, numbers it, and gives each entry its stamp.
type History interface {
	// Begin joins the first State to what is remembered, if that ended with the
	// very same State; else nothing before it is known. The stamps are those of its entries, by key.
	Begin(s *State) (Moment, map[string]int64)
	// Append numbers what differs between two States. At is the time of the last
	// change of all; it moves only if there are changes.
	Append(next *State, changes []Change, highest int64) Moment
	// Between yields the changes with from < Number <= to in order; false: they
	// are not all remembered.
	Between(from, to uint64, yield func(*Change) bool) bool
	// Find is the number that a time of change belongs to; false: it is not one of ours.
	Find(at int64) (uint64, bool)
	// First is the lowest number that is remembered, one behind the last if none is.
	First() uint64
	// Replica tells the proxies apart that serve the same directory: 1 to 4095.
	Replica() uint16
}

// Moment is where a State stands among the changes.
type Moment struct {
	Last uint64 // number of the last change that is in it
	At   int64  // its time, in microseconds since 1970
	Base int64  // what nobody can tell about changed then at the latest
}
