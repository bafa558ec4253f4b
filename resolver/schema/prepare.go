package schema

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// caseRule says whether letters that differ in case only are the same.
type caseRule uint8

const (
	exactCase caseRule = iota
	ignoreCase
)

// asciiMap is the mapping of RFC 4518 section 2.2 for ASCII, by case rule: 0
// for what is dropped, a space for every kind of white space.
var asciiMap = func() (m [2][utf8.RuneSelf]byte) {
	for c := range byte(utf8.RuneSelf) {
		switch {
		case c == ' ' || '\t' <= c && c <= '\r':
			m[exactCase][c], m[ignoreCase][c] = ' ', ' '
		case c > ' ' && c < 0x7f:
			m[exactCase][c], m[ignoreCase][c] = c, lowerByte(c)
		}
	}
	return m
}()

// appendPrepared appends a value prepared as RFC 4518 says, with outer spaces
// gone and inner runs made one. A value of nothing but spaces is one space, so
// that no prepared value is empty. False for text that is no UTF-8 or that
// holds what RFC 4518 section 2.4 prohibits.
func appendPrepared(dst, value []byte, rule caseRule) ([]byte, bool) {
	start, space := len(dst), false
	for _, c := range value {
		if c >= utf8.RuneSelf {
			text, ok := transcode(value, rule)
			if !ok {
				return dst[:start], false
			}
			return appendSqueezed(dst[:start], text), true
		}
		switch m := asciiMap[rule][c]; m {
		case 0:
		case ' ':
			space = true
		default:
			if space && len(dst) > start {
				dst = append(dst, ' ')
			}
			space = false
			dst = append(dst, m)
		}
	}
	if len(dst) == start {
		dst = append(dst, ' ')
	}
	return dst, true
}

// appendSqueezed is the space handling of appendPrepared for transcoded text.
func appendSqueezed(dst, text []byte) []byte {
	start, space := len(dst), false
	for i, c := range text {
		if c == ' ' && insignificant(text, i) {
			space = true
			continue
		}
		if space && len(dst) > start {
			dst = append(dst, ' ')
		}
		space = false
		dst = append(dst, c)
	}
	if len(dst) == start {
		dst = append(dst, ' ')
	}
	return dst
}

// insignificant tells whether the space at i is one by itself: a combining mark
// behind it makes the two one character (RFC 4518 section 2.6.1).
func insignificant(text []byte, i int) bool {
	if i+1 == len(text) || text[i+1] < utf8.RuneSelf {
		return true
	}
	r, _ := utf8.DecodeRune(text[i+1:])
	return !unicode.Is(unicode.M, r)
}

// transcode does the steps of RFC 4518 before those about spaces: map, fold
// case, normalise to NFKC, and refuse.
func transcode(value []byte, rule caseRule) ([]byte, bool) {
	if !utf8.Valid(value) {
		return nil, false
	}
	mapped := make([]byte, 0, len(value)+8)
	for i := 0; i < len(value); {
		r, size := utf8.DecodeRune(value[i:])
		i += size
		if r = mapRune(r, rule); r != 0 {
			mapped = utf8.AppendRune(mapped, r)
		}
	}
	text := normalise(mapped, rule)
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if prohibited(r) {
			return nil, false
		}
		i += size
	}
	return text, true
}

// normalise folds and composes until neither changes anything, since each can
// make work for the other.
func normalise(text []byte, rule caseRule) []byte {
	if rule == exactCase {
		return norm.NFKC.Bytes(text)
	}
	fold := cases.Fold()
	for range 4 {
		next := norm.NFKC.Bytes(fold.Bytes(text))
		if string(next) == string(text) {
			break
		}
		text = next
	}
	return text
}

// mapRune is the mapping of RFC 4518 section 2.2; 0 drops the rune.
func mapRune(r rune, rule caseRule) rune {
	switch {
	case r < utf8.RuneSelf:
		return rune(asciiMap[rule][r])
	case r == 0x85 || unicode.In(r, unicode.Zs, unicode.Zl, unicode.Zp):
		return ' '
	case unicode.In(r, unicode.Cc, unicode.Cf), r == 0x034f, r == 0x1806, r == 0x200b, r == 0xfffc:
		return 0
	case 0x180b <= r && r <= 0x180d, 0xfe00 <= r && r <= 0xfe0f:
		return 0
	}
	return r
}

// prohibited is RFC 4518 section 2.4 without its list of code points that
// Unicode 3.2 had not assigned: most of them are assigned today and in use.
// The replacement character must be refused: it stands for text that was lost,
// so that two different names would be equal.
func prohibited(r rune) bool {
	return r == utf8.RuneError || unicode.Is(unicode.Co, r) || r&0xfffe == 0xfffe || 0xfdd0 <= r && r <= 0xfdef
}
