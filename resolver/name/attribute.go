package name

import "strings"

// oidPrefix is what RFC 1779 wrote before a dotted attribute type.
const oidPrefix = "oid."

// typeNames maps object identifiers and long names of naming attributes to the
// short name that keys use (RFC 4519, RFC 4524, RFC 2985, RFC 4530).
var typeNames = map[string]string{
	"2.5.4.3": "cn", "commonname": "cn",
	"2.5.4.4": "sn", "surname": "sn",
	"2.5.4.5": "serialnumber",
	"2.5.4.6": "c", "countryname": "c",
	"2.5.4.7": "l", "localityname": "l",
	"2.5.4.8": "st", "stateorprovincename": "st",
	"2.5.4.9": "street", "streetaddress": "street",
	"2.5.4.10": "o", "organizationname": "o",
	"2.5.4.11": "ou", "organizationalunitname": "ou",
	"2.5.4.12": "title",
	"2.5.4.13": "description",
	"2.5.4.17": "postalcode",
	"2.5.4.41": "name",
	"2.5.4.42": "givenname", "gn": "givenname",
	"2.5.4.43": "initials",
	"2.5.4.44": "generationqualifier",
	"2.5.4.45": "x500uniqueidentifier",
	"2.5.4.46": "dnqualifier",

	"0.9.2342.19200300.100.1.1": "uid", "userid": "uid",
	"0.9.2342.19200300.100.1.3": "mail", "rfc822mailbox": "mail",
	"0.9.2342.19200300.100.1.9":  "host",
	"0.9.2342.19200300.100.1.25": "dc", "domaincomponent": "dc",
	"0.9.2342.19200300.100.1.44": "uniqueidentifier",

	"1.2.840.113549.1.9.1": "email", "emailaddress": "email", "e": "email",
	"1.3.6.1.1.16.4":          "entryuuid",
	"2.16.840.1.113730.3.1.3": "employeenumber",
}

// scanLabel reads an attribute type and the '=' after it at s[i:], with spaces
// round both allowed. It returns the type and where the value starts.
func scanLabel(s string, i int) (label string, value int, ok bool) {
	i = skipSpaces(s, i)
	end := typeEnd(s, i)
	if end == i {
		return "", 0, false
	}
	equals := skipSpaces(s, end)
	if equals == len(s) || s[equals] != '=' {
		return "", 0, false
	}
	return s[i:end], equals + 1, true
}

// typeEnd returns where the attribute type that starts at s[i] ends: a name of
// letters, digits and hyphens, or a dotted number with or without "OID."
// (RFC 4512, section 1.4). It returns i if there is none.
func typeEnd(s string, i int) int {
	if len(s)-i > len(oidPrefix) && strings.EqualFold(s[i:i+len(oidPrefix)], oidPrefix) {
		if start := i + len(oidPrefix); numericEnd(s, start) > start {
			return numericEnd(s, start)
		}
		return i
	}
	if i < len(s) && isDigit(s[i]) {
		return numericEnd(s, i)
	}
	if i == len(s) || !isLetter(s[i]) {
		return i
	}
	for i < len(s) && (isLetter(s[i]) || isDigit(s[i]) || s[i] == '-') {
		i++
	}
	return i
}

// numericEnd returns where a dotted number of at least two arcs ends, or i.
// An arc has no leading zero.
func numericEnd(s string, i int) int {
	start, arcs := i, 0
	for {
		first := i
		for i < len(s) && isDigit(s[i]) {
			i++
		}
		if i == first || (s[first] == '0' && i-first > 1) {
			return start
		}
		arcs++
		if i == len(s) || s[i] != '.' {
			break
		}
		i++
	}
	if arcs < 2 {
		return start
	}
	return i
}

// appendType appends the one lower-case name under which keys know a type.
func appendType(dst []byte, typ string) []byte {
	if len(typ) > len(oidPrefix) && typ[3] == '.' && isLetter(typ[0]) {
		typ = typ[len(oidPrefix):]
	}
	start := len(dst)
	for i := range len(typ) {
		dst = append(dst, lowerASCII(typ[i]))
	}
	if isShortType(dst[start:]) {
		return dst
	}
	if short, ok := typeNames[string(dst[start:])]; ok {
		dst = append(dst[:start], short...)
	}
	return dst
}

// isShortType spares the types of nearly every name the look-up; none of them
// is in typeNames.
func isShortType(lower []byte) bool {
	switch string(lower) {
	case "cn", "ou", "o", "c", "dc", "uid":
		return true
	}
	return false
}

func skipSpaces(s string, i int) int {
	for i < len(s) && s[i] == ' ' {
		i++
	}
	return i
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func hexDigit(c byte) (byte, bool) {
	switch {
	case isDigit(c):
		return c - '0', true
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}
