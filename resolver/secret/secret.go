// Package secret owns the built-in list of attributes whose values are
// credentials: passwords, their hashes and histories, keys and shared secrets.
//
// It promises that an attribute on the list is known under each of its names
// and OIDs given there, in any case and with any options, and that the list
// never gets shorter by configuration. It refuses to guess by the look of a
// name and knows no schema: whoever knows that a type has further names, or
// is a subtype of a secret one, asks for those too.
package secret

import (
	"slices"
	"strings"
)

// Attribute tells whether the values of an attribute description, a name or
// OID with or without options (RFC 4512 section 2.5), must never be read,
// matched, stored or written out.
func Attribute(description string) bool {
	base, _, _ := strings.Cut(description, ";")
	base = strings.ToLower(strings.TrimSpace(base))
	base = strings.TrimPrefix(base, "oid.") // how RFC 1779 wrote OIDs
	if _, ok := byName[base]; ok {
		return true
	}
	for _, prefix := range families {
		if strings.HasPrefix(base, prefix) {
			return true
		}
	}
	return false
}

// Names returns the list in alphabetical order, lower case, names and OIDs; a
// family of names ends in an asterisk.
func Names() []string {
	names := make([]string, 0, len(byName)+len(families))
	for name := range byName {
		names = append(names, name)
	}
	for _, prefix := range families {
		names = append(names, prefix+"*")
	}
	slices.Sort(names)
	return names
}

var byName = index(standard, domino, activeDirectory, samba, kerberos, netscape, openLDAP, others)

func index(lists ...[]string) map[string]struct{} {
	m := make(map[string]struct{})
	for _, list := range lists {
		for _, name := range list {
			m[strings.ToLower(name)] = struct{}{}
		}
	}
	return m
}
