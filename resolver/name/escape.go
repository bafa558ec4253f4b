package name

import (
	"strings"
	"unicode/utf8"
)

// Characters that get a backslash wherever they stand in a value.
const (
	// dnSpecials are those of RFC 4514, section 2.4.
	dnSpecials = `"+,;<>\`
	// notesSpecials are those of rule 9.6.
	notesSpecials = `"+,;<>\#=`
)

const hexDigits = "0123456789abcdef"

// EscapeValue writes one attribute value so that it can stand in a
// distinguished name (RFC 4514, section 2.4). '=' is written \3D, which RFC
// 4514 allows and which keeps naive readers from cutting there; control
// characters and bytes that are no UTF-8 are written as hex pairs.
func EscapeValue(s string) string {
	if plainValue(s) {
		return s
	}
	escaped := appendEscaped(make([]byte, 0, len(s)+8), s, dnSpecials)
	return strings.ReplaceAll(string(escaped), "=", `\3D`)
}

// AppendRDN appends type=value to a distinguished name under construction,
// after a comma if dst is not empty, with the value escaped as by EscapeValue.
func AppendRDN(dst []byte, typ, value string) []byte {
	if len(dst) > 0 {
		dst = append(dst, ',')
	}
	dst = append(dst, typ...)
	dst = append(dst, '=')
	return append(dst, EscapeValue(value)...)
}

// plainValue reports whether a value needs no escaping.
func plainValue(s string) bool {
	if s == "" {
		return true
	}
	if s[0] == ' ' || s[0] == '#' || s[len(s)-1] == ' ' {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if c < ' ' || c >= 0x7f || c == '=' || strings.IndexByte(dnSpecials, c) >= 0 {
			return false
		}
	}
	return true
}

// appendEscaped escapes a value with the given set of specials.
func appendEscaped(dst []byte, value, specials string) []byte {
	for i := 0; i < len(value); {
		c := value[i]
		if c >= utf8.RuneSelf {
			size := 0
			dst, size = appendRuneOrHex(dst, value[i:])
			i += size
			continue
		}
		edge := c == ' ' && (i == 0 || i == len(value)-1) || c == '#' && i == 0
		dst = appendEscapedASCII(dst, c, edge || strings.IndexByte(specials, c) >= 0)
		i++
	}
	return dst
}

func appendEscapedASCII(dst []byte, c byte, special bool) []byte {
	switch {
	case c < ' ' || c == 0x7f:
		return appendHexPair(dst, c)
	case special:
		return append(dst, '\\', c)
	default:
		return append(dst, c)
	}
}

// appendRuneOrHex copies the rune at the start of s, or writes its first byte
// as a hex pair if it is no UTF-8.
func appendRuneOrHex(dst []byte, s string) ([]byte, int) {
	r, size := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError && size == 1 {
		return appendHexPair(dst, s[0]), 1
	}
	return append(dst, s[:size]...), size
}

func appendHexPair(dst []byte, c byte) []byte {
	return append(dst, '\\', hexDigits[c>>4], hexDigits[c&0xf])
}

// appendUnescaped undoes the escapes of RFC 4514 in text that has been scanned
// already: a backslash is followed by a hex pair or by a special.
func appendUnescaped(dst []byte, text string) []byte {
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			dst = append(dst, text[i])
			continue
		}
		i++
		if high, ok := hexDigit(text[i]); ok {
			i++
			low, _ := hexDigit(text[i])
			dst = append(dst, high<<4|low)
			continue
		}
		dst = append(dst, text[i])
	}
	return dst
}
