package schema

import "github.com/aclens/aclens/resolver/name"

// form is one way to write a value so that two values match, or stand in
// order, exactly when their bytes do.
type form uint8

const (
	formOctets form = iota
	formIgnoreCase
	formExactCase
	formIgnoreCaseList
	formNumeric
	formTelephone
	formDN
	formUID
	formInteger
	formIntegerFirst
	formBoolean
	formTime
	formUUID
	formBits
	formOID
	formOIDFirst
	formNone // values have no form; the rule works otherwise
)

// oidSpace says among what the names of object identifiers are looked up first.
type oidSpace uint8

const (
	classSpace oidSpace = iota
	attributeSpace
	ruleSpace
)

// nameSpace is where object identifiers have names.
type nameSpace struct {
	schema *Schema
	space  oidSpace
}

// appendForm appends a value's normal form, or returns dst and false if the
// value has none. It is a switch and no table of functions, so that a caller's
// scratch space can stay on its stack.
func appendForm(dst, value []byte, f form, names nameSpace) ([]byte, bool) {
	switch f {
	case formOctets:
		return append(dst, value...), true
	case formIgnoreCase:
		return appendPrepared(dst, value, ignoreCase)
	case formExactCase:
		return appendPrepared(dst, value, exactCase)
	case formIgnoreCaseList:
		return appendList(dst, value)
	case formNumeric:
		return appendNumeric(dst, value)
	case formTelephone:
		return appendTelephone(dst, value)
	case formDN:
		return appendDN(dst, value)
	case formUID:
		return appendNameAndUID(dst, value)
	case formInteger:
		return appendInteger(dst, value)
	case formIntegerFirst:
		return appendInteger(dst, firstComponent(value))
	case formBoolean:
		return appendBoolean(dst, value)
	case formTime:
		return appendTime(dst, value)
	case formUUID:
		return appendUUID(dst, value)
	case formBits:
		return appendBits(dst, value)
	case formOID:
		return names.appendOID(dst, value)
	case formOIDFirst:
		return names.appendOID(dst, firstComponent(value))
	default:
		return dst, false
	}
}

// appendDN appends the key of a distinguished name (RFC 4517 section 4.2.15).
// Text that is no distinguished name has none.
func appendDN(dst, value []byte) ([]byte, bool) {
	key, err := name.AppendKey(dst, string(value))
	return key, err == nil
}

// appendNameAndUID appends the form of a name with an optional bit string
// behind it, as in cn=Jane Doe#'01'B (RFC 4517 sections 3.3.21 and 4.2.31).
func appendNameAndUID(dst, value []byte) ([]byte, bool) {
	at := uidStart(value)
	if at < 0 {
		return appendDN(dst, value)
	}
	start := len(dst)
	dst, ok := appendDN(dst, value[:at])
	if !ok {
		return dst[:start], false
	}
	dst, ok = appendBits(append(dst, 0), value[at+1:])
	if !ok {
		return dst[:start], false
	}
	return dst, true
}

// uidStart finds the '#' before a bit string at the end of a value, or -1.
func uidStart(value []byte) int {
	end := len(value) - len("'B")
	if end < 0 || string(value[end:]) != "'B" {
		return -1
	}
	i := end - 1
	for i >= 0 && (value[i] == '0' || value[i] == '1') {
		i--
	}
	if i < 1 || value[i] != '\'' || value[i-1] != '#' {
		return -1
	}
	return i - 1
}

// appendOID appends one spelling for an object identifier and its names
// (RFC 4517 section 4.2.26). A name that nobody defined is itself, so that
// entries of classes outside the schema can be found.
func (n nameSpace) appendOID(dst, value []byte) ([]byte, bool) {
	if !isOID(value) {
		return dst, false
	}
	var buf [128]byte
	key := appendLower(buf[:0], value)
	if n.schema != nil {
		if known, ok := n.schema.oidKey(key, n.space); ok {
			return append(dst, known...), true
		}
	}
	return append(dst, key...), true
}

// firstComponent is the first word of a definition in parentheses, or the
// value itself, which is how it is asserted (RFC 4517 section 4.2.27).
func firstComponent(value []byte) []byte {
	if len(value) == 0 || value[0] != '(' {
		return value
	}
	start := 1
	for start < len(value) && value[start] == ' ' {
		start++
	}
	end := start
	for end < len(value) && value[end] != ' ' && value[end] != ')' {
		end++
	}
	return value[start:end]
}
