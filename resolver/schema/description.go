package schema

import (
	"fmt"
	"slices"
	"strings"
)

// maxOptions bounds the options of one description. Real ones have one or two;
// what a description includes is found by trying the subsets of its options.
const maxOptions = 8

// transferOption asks for an encoding; it makes no subtype (RFC 4522 section 3).
const transferOption = "binary"

// description is an attribute type with options (RFC 4512 section 2.5).
type description struct {
	base     ID
	key      string   // lower case, of the base: the first name it was known by; never changes
	suffix   string   // the options as first spelled, with a semicolon before each
	name     string   // as it is sent
	options  []string // lower case, sorted
	declared *Type    // of a base: its definition before anything is inherited
	typ      *Type    // resolved
	busy     bool     // being resolved
}

// parseDescription checks and splits a description; options keep their spelling.
func parseDescription(desc string) (typ string, options []string, err error) {
	typ, rest, some := strings.Cut(desc, ";")
	if !isOID(typ) {
		return "", nil, fmt.Errorf("attribute description %q: the type is neither a name nor an object identifier", shorten(desc))
	}
	if !some {
		return typ, nil, nil
	}
	options = strings.Split(rest, ";")
	if len(options) > maxOptions {
		return "", nil, fmt.Errorf("attribute description %q: %d options, more than %d", shorten(desc), len(options), maxOptions)
	}
	for _, o := range options {
		if !isKeyString(o) {
			return "", nil, fmt.Errorf("attribute description %q: option %q is not made of letters, digits and hyphens", shorten(desc), shorten(o))
		}
	}
	return typ, options, nil
}

// canonicalOptions are the options in lower case, sorted, each once.
func canonicalOptions(options []string) []string {
	if len(options) == 0 {
		return nil
	}
	canonical := make([]string, len(options))
	for i, o := range options {
		canonical[i] = lower(o)
	}
	slices.Sort(canonical)
	return slices.Compact(canonical)
}

// sameOptions tells whether the part of a lower-case description behind its
// type, as in "lang-en;x-a", has exactly the canonical options.
func sameOptions(asked []byte, canonical []string) bool {
	var seen [maxOptions]bool
	count := 0
	for len(asked) > 0 || count == 0 {
		var option []byte
		option, asked = cutOption(asked)
		at := indexOption(canonical, option)
		if at < 0 {
			return false
		}
		if !seen[at] {
			seen[at] = true
			count++
		}
	}
	return count == len(canonical)
}

func cutOption(options []byte) (first, rest []byte) {
	for i, c := range options {
		if c == ';' {
			return options[:i], options[i+1:]
		}
	}
	return options, nil
}

func indexOption(canonical []string, option []byte) int {
	for i, o := range canonical {
		if o == string(option) {
			return i
		}
	}
	return -1
}

// carries tells whether a description with the options have is among those
// that asked asks for (RFC 4512 section 2.5.2).
func carries(have, asked []string) bool {
	for _, o := range asked {
		if o != transferOption && !slices.Contains(have, o) {
			return false
		}
	}
	return true
}

// shorten keeps hostile text out of error messages at length.
func shorten(s string) string {
	const limit = 80
	if len(s) <= limit {
		return s
	}
	return s[:limit] + "..."
}
