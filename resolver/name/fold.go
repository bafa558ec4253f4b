package name

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// firstComposing is the first code point that may combine with the one before
// it, or that has another canonical spelling; below it (but for dottedCapitalI)
// folding is rune by rune.
const firstComposing = 0x300

// dottedCapitalI folds to two code points, i and a dot above; it is not an i.
const dottedCapitalI = 0x130

// bytestring lets one body serve text and scratch bytes without a copy.
type bytestring interface{ string | []byte }

// Fold returns the text as names are compared: simple Unicode case folding,
// canonical composition, outer white space removed and inner runs made one
// space (the matching of RFC 4518 without its compatibility mappings, which
// would make look-alikes equal). Bytes that are no UTF-8 stay as they are.
// Fold(Fold(s)) == Fold(s); text already folded is returned as it is.
func Fold(s string) string {
	var buf [128]byte
	folded := appendFold(buf[:0], s)
	if string(folded) == s {
		return s
	}
	return string(folded)
}

func appendFold[T bytestring](dst []byte, v T) []byte {
	start, space := len(dst), false
	for i := 0; i < len(v); {
		r, size := rune(v[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(string(v[i:min(i+utf8.UTFMax, len(v))]))
			if r >= firstComposing && size > 1 || r == dottedCapitalI {
				return appendFoldComposed(dst[:start], string(v))
			}
		}
		if unicode.IsSpace(r) {
			space = true
			i += size
			continue
		}
		if space && len(dst) > start {
			dst = append(dst, ' ')
		}
		space = false
		dst = appendFoldedRune(dst, r, v[i], size)
		i += size
	}
	return dst
}

// appendFoldedRune appends the fold of r, whose first byte in the source is c;
// a byte that is no UTF-8 is kept.
func appendFoldedRune(dst []byte, r rune, c byte, size int) []byte {
	switch {
	case r < utf8.RuneSelf:
		return append(dst, lowerASCII(c))
	case size == 1:
		return append(dst, c)
	default:
		return utf8.AppendRune(dst, foldRune(r))
	}
}

// appendFoldComposed is Unicode's canonical caseless form: decompose, fold,
// compose. Text that is not UTF-8 has no canonical form and is only folded.
func appendFoldComposed(dst []byte, s string) []byte {
	valid := utf8.ValidString(s)
	if valid {
		s = norm.NFD.String(s)
	}
	folded, space := make([]byte, 0, len(s)), false
	for i, size := 0, 0; i < len(s); i += size {
		var r rune
		r, size = utf8.DecodeRuneInString(s[i:])
		if unicode.IsSpace(r) {
			space = true
			continue
		}
		if space && len(folded) > 0 {
			folded = append(folded, ' ')
		}
		space = false
		folded = appendFoldedRune(folded, r, s[i], size)
	}
	if valid {
		folded = norm.NFC.Bytes(folded)
	}
	return append(dst, folded...)
}

// foldRune picks one rune to stand for all that differ from r in case only:
// the lower case of the least of them.
func foldRune(r rune) rune {
	least := r
	for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
		least = min(least, other)
	}
	lower := unicode.ToLower(least)
	for other := unicode.SimpleFold(least); other != least; other = unicode.SimpleFold(other) {
		if other == lower {
			return lower
		}
	}
	return least
}

func lowerASCII(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + ('a' - 'A')
	}
	return c
}
