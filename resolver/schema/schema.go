package schema

import (
	"slices"
	"strings"
)

// ID is an attribute description, a type with its options: dense from 0, and
// never with another meaning in a Schema extended from the one that gave it.
type ID uint16

// maxDescriptions is how many an ID can tell apart.
const maxDescriptions = 1 << 16

// Schema is what is known about attributes and classes. It is immutable and
// safe for concurrent use.
type Schema struct {
	descs       []description
	byName      map[string]ID // lower-case names, OIDs, and keys with canonical options
	variants    map[ID][]ID   // of a base: the descriptions of it that have options
	expand      [][]ID
	classes     []*Class
	classByName map[string]*Class // lower-case names and OIDs
	objectClass ID
}

// ObjectClass is the description of objectClass.
func (s *Schema) ObjectClass() ID { return s.objectClass }

// Lookup finds a description by any name or OID of its type, in any case, its
// options in any order. It allocates nothing for one of up to 128 bytes.
func (s *Schema) Lookup(desc string) (ID, bool) { return lookup(s, desc) }

// LookupBytes is Lookup for bytes off the wire.
func (s *Schema) LookupBytes(desc []byte) (ID, bool) { return lookup(s, desc) }

func lookup[T bytestring](s *Schema, desc T) (ID, bool) {
	var buf [128]byte
	key := appendLower(buf[:0], desc)
	if len(key) > 4 && string(key[:4]) == "oid." && isDigit(key[4]) {
		key = key[4:] // RFC 2251 and clients of its time write OID.2.5.4.3
	}
	if id, ok := s.byName[string(key)]; ok {
		return id, true
	}
	for i, c := range key {
		if c == ';' {
			return s.lookupVariant(key[:i], key[i+1:])
		}
	}
	return 0, false
}

func (s *Schema) lookupVariant(typ, options []byte) (ID, bool) {
	base, ok := s.byName[string(typ)]
	if !ok {
		return 0, false
	}
	for _, id := range s.variants[base] {
		if sameOptions(options, s.descs[id].options) {
			return id, true
		}
	}
	return 0, false
}

// Type is the attribute type of a description.
func (s *Schema) Type(id ID) *Type { return s.descs[id].typ }

// Name is the description as it is sent: the type's first name, and the
// options as they were first spelled.
func (s *Schema) Name(id ID) string { return s.descs[id].name }

// Base is the description without options.
func (s *Schema) Base(id ID) ID { return s.descs[id].base }

// Options are the options of a description, lower case and sorted. The caller
// must not change them.
func (s *Schema) Options(id ID) []string { return s.descs[id].options }

// Len is the number of known descriptions; every ID is below it.
func (s *Schema) Len() int { return len(s.descs) }

// Includes tells whether asking for one description asks for the other too:
// the same type or a subtype, with at least the asked options (RFC 4512
// sections 2.5.2 and 2.5.3). The option "binary" asks for an encoding and
// leaves nothing out (RFC 4522).
func (s *Schema) Includes(asked, have ID) bool {
	wanted := s.descs[asked].base
	for t := s.descs[have].typ; t != nil; t = t.super {
		if t.id == wanted {
			return carries(s.descs[have].options, s.descs[asked].options)
		}
	}
	return false
}

// Expand lists every known description that the asked one includes, in order
// of ID. The caller must not change it.
func (s *Schema) Expand(asked ID) []ID { return s.expand[asked] }

// Class is the object class of that name or OID in any case, nil if unknown.
func (s *Schema) Class(nameOrOID string) *Class {
	if c, ok := s.classByName[nameOrOID]; ok {
		return c
	}
	return s.classByName[lower(nameOrOID)]
}

// Classes lists the object classes. The caller must not change it.
func (s *Schema) Classes() []*Class { return s.classes }

// IsA tells whether a class is the other one or below it; a class that is not
// known is only itself.
func (s *Schema) IsA(class, super string) bool {
	wanted, from := s.Class(super), s.Class(class)
	if wanted == nil || from == nil {
		return equalFold(class, super)
	}
	return from == wanted || slices.Contains(from.above, wanted)
}

// Changed lists the descriptions of since whose values this schema matches in
// another way, in order of ID: what was derived from their values with since
// must be derived again.
func (s *Schema) Changed(since *Schema) []ID {
	var changed []ID
	for id := range since.descs {
		if !since.descs[id].typ.matchesAs(s.descs[id].typ) {
			changed = append(changed, ID(id))
		}
	}
	return changed
}

// oidKey is the one spelling of the thing that a lower-case name or OID names.
func (s *Schema) oidKey(name []byte, space oidSpace) (string, bool) {
	if space == ruleSpace {
		r := ruleByName[string(name)]
		if r == nil {
			return "", false
		}
		return r.OID, true
	}
	class, isClass := s.classByName[string(name)]
	id, isType := s.byName[string(name)]
	switch {
	case isClass && (space == classSpace || !isType):
		return class.key, true
	case isType:
		return s.descs[id].key, true
	}
	return "", false
}

// describe writes the name of a description with options.
func describe(base string, options []string) string {
	if len(options) == 0 {
		return base
	}
	return base + ";" + strings.Join(options, ";")
}
