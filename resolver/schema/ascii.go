package schema

// bytestring lets one body serve text and bytes off the wire without a copy.
type bytestring interface{ string | []byte }

func lowerByte(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + ('a' - 'A')
	}
	return c
}

func appendLower[T bytestring](dst []byte, v T) []byte {
	for i := range len(v) {
		dst = append(dst, lowerByte(v[i]))
	}
	return dst
}

// lower is the ASCII lower case of s, without a copy if it is that already.
func lower(s string) string {
	for i := range len(s) {
		if lowerByte(s[i]) != s[i] {
			return string(appendLower(make([]byte, 0, len(s)), s))
		}
	}
	return s
}

// equalFold compares ASCII text without regard to case.
func equalFold[A, B bytestring](a A, b B) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if lowerByte(a[i]) != lowerByte(b[i]) {
			return false
		}
	}
	return true
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func isKeyChar(c byte) bool { return isLetter(c) || isDigit(c) || c == '-' }

// isDescr tells whether v is a short name (RFC 4512 section 1.4, keystring).
func isDescr[T bytestring](v T) bool {
	return len(v) > 0 && isLetter(v[0]) && isKeyString(v)
}

// isKeyString tells whether v may be an attribute option (RFC 4512 section 2.5).
func isKeyString[T bytestring](v T) bool {
	for i := range len(v) {
		if !isKeyChar(v[i]) {
			return false
		}
	}
	return len(v) > 0
}

// isNumericOID tells whether v is a dotted number of two arcs or more, none
// with a leading zero (RFC 4512 section 1.4).
func isNumericOID[T bytestring](v T) bool {
	arcs, first := 0, 0
	for i := 0; i <= len(v); i++ {
		if i < len(v) && isDigit(v[i]) {
			continue
		}
		if i < len(v) && v[i] != '.' || i == first || v[first] == '0' && i-first > 1 {
			return false
		}
		arcs++
		first = i + 1
	}
	return arcs > 1
}

func isOID[T bytestring](v T) bool { return isDescr(v) || isNumericOID(v) }
