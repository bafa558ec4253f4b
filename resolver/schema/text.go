package schema

import (
	"bytes"
	"unicode/utf8"
)

// lineEnd stands between the lines of a list. Preparation drops it from text,
// so no part of a substring assertion can reach across lines.
const lineEnd = 0

// appendList appends the lines of a postal address, each prepared (RFC 4517
// sections 3.3.28 and 4.2.9).
func appendList(dst, value []byte) ([]byte, bool) {
	start := len(dst)
	for first := true; ; first = false {
		if !first {
			dst = append(dst, lineEnd)
		}
		line, rest, more := bytes.Cut(value, []byte{'$'})
		var ok bool
		if dst, ok = appendLine(dst, line); !ok {
			return dst[:start], false
		}
		if !more {
			return dst, true
		}
		value = rest
	}
}

func appendLine(dst, line []byte) ([]byte, bool) {
	if bytes.IndexByte(line, '\\') < 0 {
		return appendPrepared(dst, line, ignoreCase)
	}
	var buf [128]byte
	plain, ok := appendUnescapedHex(buf[:0], line)
	if !ok {
		return dst, false
	}
	return appendPrepared(dst, plain, ignoreCase)
}

// appendUnescapedHex undoes backslashes that two hex digits follow.
func appendUnescapedHex(dst, v []byte) ([]byte, bool) {
	for i := 0; i < len(v); i++ {
		if v[i] != '\\' {
			dst = append(dst, v[i])
			continue
		}
		if i+2 >= len(v) {
			return dst, false
		}
		high, ok := hexDigit(v[i+1])
		low, also := hexDigit(v[i+2])
		if !ok || !also {
			return dst, false
		}
		dst = append(dst, high<<4|low)
		i += 2
	}
	return dst, true
}

// appendNumeric appends the digits of a numeric string; spaces do not count
// (RFC 4517 section 4.2.22, RFC 4518 section 2.6.2).
func appendNumeric(dst, value []byte) ([]byte, bool) {
	start := len(dst)
	for _, c := range value {
		switch {
		case c == ' ':
		case isDigit(c):
			dst = append(dst, c)
		default:
			return dst[:start], false
		}
	}
	return dst, true
}

// appendTelephone appends a telephone number; spaces and hyphens do not count
// (RFC 4517 section 4.2.29, RFC 4518 section 2.6.3). Characters outside
// PrintableString are let through, since directories hold them.
func appendTelephone(dst, value []byte) ([]byte, bool) {
	start := len(dst)
	for _, c := range value {
		if c >= utf8.RuneSelf {
			text, ok := transcode(value, ignoreCase)
			if !ok {
				return dst[:start], false
			}
			return appendDialled(dst[:start], text), true
		}
		if m := asciiMap[ignoreCase][c]; m != 0 && m != ' ' && m != '-' {
			dst = append(dst, m)
		}
	}
	return dst, true
}

// appendDialled leaves out the spaces and hyphens of transcoded text.
func appendDialled(dst, text []byte) []byte {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		space := r == ' ' && insignificant(text, i)
		if !space && r != '-' && r != 0x58a && r != 0x2010 && r != 0x2212 {
			dst = append(dst, text[i:i+size]...)
		}
		i += size
	}
	return dst
}
