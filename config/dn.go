package config

import "strings"

// isDN reports whether s has the form of a DN with at least one part (RFC 4514,
// section 3). What a DN means, and which are equal, is not for this package.
func isDN(s string) bool {
	for {
		rest, ok := cutRDN(s)
		if !ok {
			return false
		}
		if rest == "" {
			return true
		}
		if rest = rest[1:]; strings.TrimSpace(rest) == "" {
			return false
		}
		s = rest
	}
}

// cutRDN takes one type=value from s; the rest is empty or starts with the
// separator: comma, semicolon (RFC 2253) or plus.
func cutRDN(s string) (rest string, ok bool) {
	name, value, found := strings.Cut(s, "=")
	if !found || !attributeName.MatchString(strings.TrimSpace(name)) {
		return "", false
	}
	value = strings.TrimLeft(value, " ")
	if value == "" {
		return "", true // an empty value is a value
	}
	if value[0] == '"' {
		return cutQuoted(value[1:])
	}
	return cutValue(value)
}

func cutValue(s string) (rest string, ok bool) {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case ',', ';', '+':
			return s[i:], true
		case '"', '<', '>', 0:
			return "", false
		case '\\':
			if i+1 >= len(s) || !escapable(s[i+1:]) {
				return "", false
			}
			i++
		}
	}
	return "", true
}

// escapable reports whether s, what follows a backslash, begins with a character
// that may be escaped or with two hex digits.
func escapable(s string) bool {
	if strings.IndexByte(` "#+,;<=>\`, s[0]) >= 0 {
		return true
	}
	return len(s) > 1 && isHex(s[0]) && isHex(s[1])
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// cutQuoted takes a value in quotation marks, the older way (RFC 2253, section 4).
func cutQuoted(s string) (rest string, ok bool) {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			rest = strings.TrimLeft(s[i+1:], " ")
			return rest, rest == "" || strings.IndexByte(",;+", rest[0]) >= 0
		}
	}
	return "", false
}

// isFilter reports whether s has the form of an LDAP filter (RFC 4515): brackets
// in pairs, a list behind & and |, one filter behind !, a comparison elsewhere.
func isFilter(s string) bool {
	rest, ok := cutFilter(s, 0)
	return ok && rest == ""
}

const maxFilterNesting = 64

func cutFilter(s string, depth int) (rest string, ok bool) {
	if len(s) < 3 || s[0] != '(' || depth > maxFilterNesting {
		return "", false
	}
	switch s[1] {
	case '&', '|':
		return cutFilterList(s[2:], depth)
	case '!':
		rest, ok = cutFilter(s[2:], depth+1)
		if !ok || !strings.HasPrefix(rest, ")") {
			return "", false
		}
		return rest[1:], true
	}
	end := strings.IndexAny(s[1:], "()")
	if end < 0 || s[1+end] == '(' || strings.Index(s[1:1+end], "=") < 1 {
		return "", false
	}
	return s[end+2:], true
}

func cutFilterList(s string, depth int) (rest string, ok bool) {
	n := 0
	for ; strings.HasPrefix(s, "("); n++ {
		if s, ok = cutFilter(s, depth+1); !ok {
			return "", false
		}
	}
	if !strings.HasPrefix(s, ")") || n == 0 {
		return "", false
	}
	return s[1:], true
}
