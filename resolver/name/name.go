// Package name owns the question "is this the same name?" for Notes names and
// LDAP distinguished names: it parses, normalises, compares and converts them
// (section 9 and rules 2.5 to 2.13 of docs/access-rules.md; RFC 4512, 4514, 4518).
//
// It promises that two names have one Key exactly when they are the same name,
// that a Notes name and the distinguished name it converts to have one Key, and
// that every function takes time linear in its input and never panics. Case,
// runs of spaces and canonically equivalent Unicode spellings do not matter;
// nothing else is forgiven, so look-alike characters stay different names.
//
// It refuses to guess: a part that is missing is not filled in from elsewhere,
// an empty part is not dropped, and text that is no distinguished name is an
// error that says at which byte.
package name

import "strings"

// Labels of the parts of a Notes name (rules 9.1 and 9.2).
const (
	labelCommon     = "CN"
	labelUnit       = "OU"
	labelOrg        = "O"
	labelCountry    = "C"
	labelGiven      = "G"
	labelInitials   = "I"
	labelSurname    = "S"
	labelGeneration = "Q"
	labelADMD       = "A"
	labelPRMD       = "P"
)

// maxParts bounds the components of one name. Real names have fewer than
// twenty; the bound keeps hostile text from being blown up into structure.
const maxParts = 1024

// Key is the normalised form of a name, equal exactly when two names are the
// same (rule 2.9). Its text is that of DN.Key for the name's distinguished
// name, so an index by one serves the other. The empty Key names nobody.
type Key string

// Name is a parsed Notes name. The zero value is the empty name, which is no
// one's. Names are immutable and safe for concurrent use.
type Name struct {
	parts []part
	key   Key
}

// part is one label and value; leftmost first.
type part struct {
	label  string // upper case if Notes knows it, otherwise as written
	value  string // unquoted, without outer spaces
	joined bool   // another value of the same component as the part before
	opaque bool   // value is '#' and hex digits of an encoding without text
}

// IsZero reports whether the name is empty.
func (n Name) IsZero() bool { return len(n.parts) == 0 }

// Key returns the stored normalised form; it does no work.
func (n Name) Key() Key { return n.key }

// Hierarchical reports whether the name has more than one component (rule 9.1).
func (n Name) Hierarchical() bool {
	for i := 1; i < len(n.parts); i++ {
		if !n.parts[i].joined {
			return true
		}
	}
	return false
}

// IsWildcard reports whether '*' stands for the leftmost component (rule 2.7).
func (n Name) IsWildcard() bool {
	if len(n.parts) == 0 || n.parts[0].label != labelCommon || n.parts[0].value != "*" {
		return false
	}
	return len(n.parts) == 1 || !n.parts[1].joined
}

// IsTemplate reports whether the whole name is in square brackets, an entry
// meant for databases made from a template, which matches nobody (rule 2.13).
func (n Name) IsTemplate() bool { return n.isFlat() && bracketed(n.parts[0].value) }

// TemplateName returns the name inside the brackets of a template entry, and
// the empty name for every other name (rule 2.13).
func (n Name) TemplateName() Name {
	if !n.IsTemplate() {
		return Name{}
	}
	text := n.parts[0].value
	return Parse(text[1 : len(text)-1])
}

// HasAtInCommonName reports whether a hierarchical name holds '@' in its common
// name; Domino cannot interpret such a name in an ACL (rule 2.12).
func (n Name) HasAtInCommonName() bool {
	if !n.Hierarchical() {
		return false
	}
	for _, p := range n.parts {
		if p.label == labelCommon && strings.Contains(p.value, "@") {
			return true
		}
	}
	return false
}

// Common returns the common name, or the whole of a flat name; empty for a
// wildcard and for names without one.
func (n Name) Common() string {
	if n.IsWildcard() {
		return ""
	}
	return n.first(labelCommon)
}

// Organization returns the organisation, empty if the name has none.
func (n Name) Organization() string { return n.last(labelOrg) }

// Country returns the country, empty if the name has none.
func (n Name) Country() string { return n.last(labelCountry) }

// Given returns the X.400 given name (label G, rule 9.2).
func (n Name) Given() string { return n.first(labelGiven) }

// Initials returns the X.400 initials (label I, rule 9.2).
func (n Name) Initials() string { return n.first(labelInitials) }

// Surname returns the X.400 surname (label S, rule 9.2).
func (n Name) Surname() string { return n.first(labelSurname) }

// Generation returns the X.400 generation qualifier (label Q, rule 9.2).
func (n Name) Generation() string { return n.first(labelGeneration) }

// ADMD returns the X.400 administration management domain (label A, rule 9.2).
func (n Name) ADMD() string { return n.last(labelADMD) }

// PRMD returns the X.400 private management domain (label P, rule 9.2).
func (n Name) PRMD() string { return n.last(labelPRMD) }

// OrgUnit returns the i-th organisational unit counted from the organisation,
// so that OrgUnit(1) is nearest to it (rule 9.2); empty if there is none.
func (n Name) OrgUnit(i int) string {
	for at := len(n.parts) - 1; at >= 0 && i > 0; at-- {
		if n.parts[at].label != labelUnit {
			continue
		}
		if i--; i == 0 {
			return n.parts[at].value
		}
	}
	return ""
}

// isFlat reports whether the name is one common name and nothing else.
func (n Name) isFlat() bool { return len(n.parts) == 1 && n.parts[0].label == labelCommon }

func (n Name) first(label string) string {
	for _, p := range n.parts {
		if p.label == label {
			return p.value
		}
	}
	return ""
}

func (n Name) last(label string) string {
	for i := len(n.parts) - 1; i >= 0; i-- {
		if n.parts[i].label == label {
			return n.parts[i].value
		}
	}
	return ""
}

func bracketed(text string) bool {
	return len(text) >= 2 && text[0] == '[' && text[len(text)-1] == ']'
}
