package schema

import "slices"

// ClassKind is the kind of an object class (RFC 4512 section 2.4).
type ClassKind uint8

// The three kinds of RFC 4512; a definition that names none is structural.
const (
	Structural ClassKind = iota
	Abstract
	Auxiliary
)

var classKindNames = [...]string{"STRUCTURAL", "ABSTRACT", "AUXILIARY"}

// String is the word that definitions use.
func (k ClassKind) String() string { return classKindNames[k] }

// Class is one object class; Must and May are what it adds to its superclasses.
type Class struct {
	OID       string
	Names     []string // in a Schema never empty: a class without a name has its OID here
	Desc      string
	Sup       []string
	Kind      ClassKind
	Must, May []string
	Obsolete  bool
	Own       bool // defined by us: a directory's definition never replaces it

	key   string   // lower case: the first name it was known by; never changes
	above []*Class // all superclasses
}

// Name is the first name.
func (c *Class) Name() string { return firstName(c.Names, c.OID) }

func (c *Class) sameDefinition(o *Class) bool {
	return c.OID == o.OID && slices.Equal(c.Names, o.Names) && c.Desc == o.Desc && slices.Equal(c.Sup, o.Sup) && c.Kind == o.Kind &&
		slices.Equal(c.Must, o.Must) && slices.Equal(c.May, o.May) && c.Obsolete == o.Obsolete && c.Own == o.Own
}

// reaches tells whether target is above from, by the names in sups.
func reaches(byName map[string]*Class, from, target *Class, seen map[*Class]bool) bool {
	for _, name := range from.Sup {
		super := byName[lower(name)]
		if super == nil || seen[super] {
			continue
		}
		if super == target {
			return true
		}
		seen[super] = true
		if reaches(byName, super, target, seen) {
			return true
		}
	}
	return false
}

// collectAbove lists the superclasses of c that are known, nearest first.
func collectAbove(byName map[string]*Class, c *Class, above []*Class) []*Class {
	for _, name := range c.Sup {
		if super := byName[lower(name)]; super != nil && super != c && !slices.Contains(above, super) {
			above = collectAbove(byName, super, append(above, super))
		}
	}
	return above
}
