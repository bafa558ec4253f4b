package schema

import (
	"bytes"
	"slices"
)

// Usage says what an attribute type is for (RFC 4512 section 4.1.2).
type Usage uint8

// The four usages of RFC 4512.
const (
	UserApplications Usage = iota
	DirectoryOperation
	DistributedOperation
	DSAOperation
)

var usageNames = [...]string{"userApplications", "directoryOperation", "distributedOperation", "dSAOperation"}

// String is the word that definitions use.
func (u Usage) String() string { return usageNames[u] }

// Type is one attribute type. In a Schema, Syntax and the three rules are
// filled in with what the type inherits (RFC 4512 section 2.5.1), so that
// nobody needs Sup to know them.
type Type struct {
	OID                           string
	Names                         []string // the first is the one that is sent; in a Schema never empty: a type without a name has its OID here
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

	assumed             bool // nobody defined it; made up when it was first seen
	id                  ID
	super               *Type
	names               nameSpace
	kind                kind
	values              valueSet
	equality, order, in form
}

// Name is the name that is sent.
func (t *Type) Name() string { return firstName(t.Names, t.OID) }

// firstName names what has no name by its OID.
func firstName(names []string, oid string) string {
	if len(names) == 0 {
		return oid
	}
	return names[0]
}

// Operational tells whether the type is returned only by name or by "+" (RFC 4512 section 3.4).
func (t *Type) Operational() bool { return t.Usage != UserApplications }

// HasEquality tells whether the type has an equality rule; without one an
// equality filter is Undefined and Compare is inappropriateMatching.
func (t *Type) HasEquality() bool { return t.Equality != "" }

// HasOrdering tells whether the type has an ordering rule, which >= and <= need.
func (t *Type) HasOrdering() bool { return t.Ordering != "" }

// HasSubstring tells whether the type has a substring rule.
func (t *Type) HasSubstring() bool { return t.Substring != "" }

// AppendKey appends the equality normal form of a value: two values match when
// these bytes are equal; without an equality rule (see HasEquality) that is the
// value itself. False means that the syntax does not allow the value: a filter
// item is Undefined then, Compare is invalidAttributeSyntax, and a stored value
// matches nothing. On false dst is returned as it was.
func (t *Type) AppendKey(dst, value []byte) ([]byte, bool) {
	if !t.values.allows(value) {
		return dst, false
	}
	return appendForm(dst, value, t.equality, t.names)
}

// OrderingKey appends bytes whose bytewise order is the order of the values by
// the ordering rule, or by the equality rule where there is none.
func (t *Type) OrderingKey(dst, value []byte) ([]byte, bool) {
	if !t.values.allows(value) {
		return dst, false
	}
	return appendForm(dst, value, t.order, t.names)
}

// CompareValues orders two values as OrderingKey does: negative, zero or
// positive; false when either is not a valid value.
func (t *Type) CompareValues(a, b []byte) (int, bool) {
	var roomA, roomB [128]byte
	keyA, ok := t.OrderingKey(roomA[:0], a)
	if !ok {
		return 0, false
	}
	keyB, ok := t.OrderingKey(roomB[:0], b)
	if !ok {
		return 0, false
	}
	return bytes.Compare(keyA, keyB), true
}

// matchesAs tells whether the normal forms of both types are the same.
func (t *Type) matchesAs(other *Type) bool {
	if t == other {
		return true
	}
	if t.equality != other.equality || t.order != other.order || t.in != other.in || t.values != other.values {
		return false
	}
	if t.equality != formOID && t.equality != formOIDFirst {
		return true
	}
	return t.names.space == other.names.space && sameNames(t.names.schema, other.names.schema)
}

// sameNames tells whether every name and OID means the same in both schemas.
func sameNames(a, b *Schema) bool {
	if a == b {
		return true
	}
	if len(a.classByName) != len(b.classByName) || len(a.byName) != len(b.byName) {
		return false
	}
	for name, class := range a.classByName {
		if other, ok := b.classByName[name]; !ok || other.key != class.key {
			return false
		}
	}
	for name, id := range a.byName {
		if other, ok := b.byName[name]; !ok || other != id {
			return false
		}
	}
	return true
}

// sameDefinition compares what a definition says.
func (t *Type) sameDefinition(o *Type) bool {
	return t.OID == o.OID && slices.Equal(t.Names, o.Names) && t.Desc == o.Desc && t.Sup == o.Sup && t.Syntax == o.Syntax &&
		t.Equality == o.Equality && t.Ordering == o.Ordering && t.Substring == o.Substring &&
		t.SingleValue == o.SingleValue && t.NoUserMod == o.NoUserMod && t.Obsolete == o.Obsolete &&
		t.Collective == o.Collective && t.Usage == o.Usage && t.Own == o.Own && t.assumed == o.assumed
}
