package acl

import (
	"fmt"
	"math/bits"
	"strings"

	"github.com/aclens/aclens/resolver/name"
)

// UserType is the user type of an entry (rule 2.2).
type UserType uint8

// The user types, numbered as ACLTYPE_ numbers them.
const (
	TypeUnspecified UserType = iota
	TypePerson
	TypeServer
	TypeMixedGroup
	TypePersonGroup
	TypeServerGroup
)

var typeNames = [...]string{"unspecified", "person", "server", "mixedgroup", "persongroup", "servergroup"}

// String is the DXL spelling (rule 11.4).
func (t UserType) String() string { return typeNames[t] }

// ParseUserType reads the DXL spelling of a user type; empty means unspecified.
func ParseUserType(s string) (UserType, error) {
	if s == "" {
		return TypeUnspecified, nil
	}
	for i, n := range typeNames {
		if n == s {
			return UserType(i), nil
		}
	}
	return TypeUnspecified, fmt.Errorf("unknown user type %q (%s)", s, strings.Join(typeNames[:], ", "))
}

// EntryKind says how an entry's name is to be read.
type EntryKind uint8

// The kinds of rules 2.1 and 2.13.
const (
	KindName      EntryKind = iota // a person, a server, a group: the name alone does not tell
	KindWildcard                   // */Sales/Acme (rule 2.7)
	KindDefault                    // -Default-
	KindAnonymous                  // Anonymous (rule 2.3)
	KindReplicaID                  // another database (rule 2.5)
	KindTemplate                   // [Anonymous] in a template: matches nobody (rule 2.13)
)

// Special entry names of rules 2.1 and 2.3.
const (
	DefaultName   = "-Default-"
	AnonymousName = "Anonymous"
)

// Entry is one line of an ACL.
type Entry struct {
	Label      string // the name as spelled in the ACL
	Name       name.Name
	Kind       EntryKind
	Type       UserType
	Level      Level
	Privileges Privileges // as ticked; cut to the level by the decision
	Unknown    Privileges // privileges that the source cannot tell (rule 11.7); never granted
	Roles      RoleSet
}

// MaxRoles is how many roles an ACL can hold: 80 privilege bits less the five
// of Release 2 (rule 1.1).
const MaxRoles = 75

// RoleSet is a set of positions in a List's Roles.
type RoleSet struct{ lo, hi uint64 }

// With returns the set with position i (below MaxRoles) added.
func (s RoleSet) With(i int) RoleSet {
	if i < 64 {
		s.lo |= 1 << i
	} else {
		s.hi |= 1 << (i - 64)
	}
	return s
}

// Union returns the roles of either set.
func (s RoleSet) Union(t RoleSet) RoleSet { return RoleSet{s.lo | t.lo, s.hi | t.hi} }

// Has tells whether position i is in the set.
func (s RoleSet) Has(i int) bool {
	if i < 64 {
		return s.lo&(1<<i) != 0
	}
	return s.hi&(1<<(i-64)) != 0
}

// Len is the number of roles in the set.
func (s RoleSet) Len() int { return bits.OnesCount64(s.lo) + bits.OnesCount64(s.hi) }

// IsEmpty tells whether the set holds no role.
func (s RoleSet) IsEmpty() bool { return s.lo|s.hi == 0 }

// List is one ACL as it stands in one instance of a database.
type List struct {
	Roles      []string // with brackets, in the ACL's own order
	Entries    []Entry  // in the ACL's own order
	MaxLevel   Level    // maximum Internet name-and-password access (rule 5.1)
	MaxKnown   bool     // false when the source does not carry MaxLevel (rule 11.9)
	Consistent Tri      // "enforce a consistent ACL" (rule 6.1)

	AdminServer    string // as spelled; empty when none
	AdminMayModify string // none, authorreaderfields or namesfields (rule 11.2)
	ExtendedAccess bool   // an extended ACL is switched on, which this package does not evaluate

	fallback  int // position of -Default-, or -1
	anonymous int // position of Anonymous, or -1
}

// Tri is a fact that may not be known.
type Tri uint8

// The values of Tri; the zero value is Unknown.
const (
	Unknown Tri = iota
	No
	Yes
)

// TriOf turns a known fact into a Tri.
func TriOf(b bool) Tri {
	if b {
		return Yes
	}
	return No
}

// RoleSetOf finds the named roles in the list; brackets may be left out and
// case does not matter (rule 8.3). A role that the list does not define is an
// error: it would otherwise be a grant of something that does not exist.
func (l *List) RoleSetOf(names ...string) (RoleSet, error) {
	var s RoleSet
	for _, n := range names {
		i := l.RoleIndex(n)
		if i < 0 {
			return RoleSet{}, fmt.Errorf("role %q is not defined in the ACL", n)
		}
		s = s.With(i)
	}
	return s, nil
}

// RoleIndex is the position of a role in Roles, or -1.
func (l *List) RoleIndex(role string) int {
	want := name.Fold(Bracketed(role))
	for i, r := range l.Roles {
		if name.Fold(r) == want {
			return i
		}
	}
	return -1
}

// RoleNames lists the roles of a set in the ACL's own order.
func (l *List) RoleNames(s RoleSet) []string {
	names := make([]string, 0, s.Len())
	for i, r := range l.Roles {
		if s.Has(i) {
			names = append(names, r)
		}
	}
	return names
}

// Bracketed writes a role name as Domino compares it: "[Buyer]" (rule 8.3).
// Names of Release 2, in parentheses, stay as they are.
func Bracketed(role string) string {
	role = strings.TrimSpace(role)
	if strings.HasPrefix(role, "[") || strings.HasPrefix(role, "(") {
		return role
	}
	return "[" + role + "]"
}

// NewEntry reads an entry's name and says of what kind it is; the other fields
// are the caller's. isDefault is the DXL attribute of rule 11.4.
func NewEntry(label string, isDefault bool) Entry {
	n := name.Parse(label)
	e := Entry{Label: label, Name: n}
	_, isReplica := name.ReplicaID(label)
	switch {
	case isDefault || n.Key() == name.Parse(DefaultName).Key():
		e.Kind = KindDefault
	case n.Key() == name.Parse(AnonymousName).Key():
		e.Kind = KindAnonymous
	case n.IsTemplate():
		e.Kind = KindTemplate
	case n.IsWildcard():
		e.Kind = KindWildcard
	case isReplica:
		e.Kind = KindReplicaID
	}
	return e
}

// Key is what two entries of one list must not share: the name, in whatever
// spelling (rule 2.9), or the digits of a replica ID (rule 2.5).
func (e *Entry) Key() name.Key {
	switch e.Kind {
	case KindDefault:
		return name.Parse(DefaultName).Key()
	case KindReplicaID:
		id, _ := name.ReplicaID(e.Label)
		return name.Key(name.Fold(id))
	case KindTemplate:
		return name.Key("[" + string(e.Name.Key()) + "]")
	default:
		return e.Name.Key()
	}
}

// Seal checks the finished list and prepares it for decisions. Two entries of
// one name, too many roles and two roles of one name are errors that name them.
func (l *List) Seal() error {
	if len(l.Roles) > MaxRoles {
		return fmt.Errorf("%d roles, but an ACL holds at most %d (rule 1.1)", len(l.Roles), MaxRoles)
	}
	seenRoles := make(map[string]bool, len(l.Roles))
	for _, r := range l.Roles {
		f := name.Fold(r)
		if seenRoles[f] {
			return fmt.Errorf("role %s is defined twice", r)
		}
		seenRoles[f] = true
	}
	l.fallback, l.anonymous = -1, -1
	seen := make(map[name.Key]int, len(l.Entries))
	for i := range l.Entries {
		e := &l.Entries[i]
		k := e.Key()
		if j, dup := seen[k]; dup {
			return fmt.Errorf("entries %q and %q are one name (rule 2.9)", l.Entries[j].Label, e.Label)
		}
		seen[k] = i
		switch e.Kind {
		case KindDefault:
			l.fallback = i
		case KindAnonymous:
			l.anonymous = i
		}
	}
	return nil
}

// Default is the -Default- entry, or nil.
func (l *List) Default() *Entry { return l.at(l.fallback) }

// Anonymous is the Anonymous entry, or nil.
func (l *List) Anonymous() *Entry { return l.at(l.anonymous) }

func (l *List) at(i int) *Entry {
	if i < 0 {
		return nil
	}
	return &l.Entries[i]
}
