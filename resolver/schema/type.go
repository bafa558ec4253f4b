package schema

// Usage says what an attribute type is for (RFC 4512 section 4.1.2).
type Usage uint8

// The four usages of RFC 4512.
const (
	UserApplications Usage = iota
	DirectoryOperation
	DistributedOperation
	DSAOperation
)

// Type is one attribute type. Syntax and the three rules are filled in with
// what the type inherits (RFC 4512 section 2.5.1), so none of them needs Sup.
type Type struct {
	OID                           string
	Names                         []string // the first is the one that is sent
	Desc                          string
	Sup                           string // name of the supertype, empty for none
	Syntax                        string // OID without a length
	Equality, Ordering, Substring string // names of matching rules, empty for none
	SingleValue                   bool
	NoUserMod                     bool
	Obsolete                      bool
	Collective                    bool
	Usage                         Usage
	Own                           bool // defined by us: a directory's definition never replaces it
}

// ClassKind is the kind of an object class (RFC 4512 section 2.4).
type ClassKind uint8

// The three kinds of RFC 4512; a definition that names none is structural.
const (
	Structural ClassKind = iota
	Abstract
	Auxiliary
)

// Class is one object class.
type Class struct {
	OID       string
	Names     []string
	Desc      string
	Sup       []string
	Kind      ClassKind
	Must, May []string
	Obsolete  bool
	Own       bool // defined by us: a directory's definition never replaces it
}

// Operational tells whether the type is returned only by name or by "+" (RFC 4512 section 3.4).
func (t *Type) Operational() bool { return t.Usage != UserApplications }

// HasEquality tells whether values can be compared at all; without an equality
// rule an equality filter is Undefined and Compare is inappropriateMatching.
func (t *Type) HasEquality() bool { return t.Equality != "" }

// HasSubstring tells whether the type has a substring rule.
func (t *Type) HasSubstring() bool { return t.Substring != "" }

// HasOrdering tells whether the type has an ordering rule.
func (t *Type) HasOrdering() bool { return t.Ordering != "" }

// AppendKey appends the equality normal form of a value: two values match when
// these bytes are equal. False means that the syntax does not allow the value
// (or that the type has no equality rule): a filter item is Undefined then,
// Compare is invalidAttributeSyntax, and a stored value matches nothing.
func (t *Type) AppendKey(dst, value []byte) ([]byte, bool) { return dst, false }

// AppendSubstringKey appends the form of one part of a substring assertion
// that is looked for inside the AppendKey form of values: inner spaces are
// squeezed, a space at either end stays one space. Matching by CompileSubstrings
// is exact about spaces where this is approximate.
func (t *Type) AppendSubstringKey(dst, part []byte) ([]byte, bool) { return dst, false }

// CompareValues orders two values by the ordering rule, or by the equality
// normal form where there is none; false when either is not a valid value.
func (t *Type) CompareValues(a, b []byte) (int, bool) { return 0, false }

// OrderingKey appends bytes whose bytewise order is the order of the values.
func (t *Type) OrderingKey(dst, value []byte) ([]byte, bool) { return dst, false }
