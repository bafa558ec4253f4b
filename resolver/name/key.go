package name

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// KeyOf returns the normalised form of a distinguished name straight from its
// text; it equals Key of ParseDN, with the same errors. It allocates nothing
// but the result, and not even that if the text is normalised already.
func KeyOf(s string) (string, error) {
	var buf [256]byte
	key, err := AppendKey(buf[:0], s)
	if err != nil {
		return "", err
	}
	if string(key) == s {
		return s, nil
	}
	return string(key), nil
}

// AppendKey appends what KeyOf returns, for lookups that need no string. On an
// error dst is returned as it was.
func AppendKey(dst []byte, s string) ([]byte, error) {
	if key, ok := appendPlainKey(dst, s); ok {
		return key, nil
	}
	in, err := newScanner(s)
	if err != nil || in.atEnd() {
		return dst, err
	}
	key := dst
	var room [4]int
	starts := room[:0]
	for {
		typ, err := in.attributeType()
		if err != nil {
			return dst, err
		}
		starts = append(starts, len(key))
		key = append(appendType(key, typ), '=')
		value, err := in.value()
		if err != nil {
			return dst, err
		}
		key = value.appendKey(key)
		separator, err := in.separator()
		if err != nil {
			return dst, err
		}
		if separator == '+' {
			key = append(key, '+')
			continue
		}
		sortValues(key, starts)
		starts = starts[:0]
		if separator == 0 {
			return key, nil
		}
		key = append(key, ',')
	}
}

// ParentKey returns the Key of the parent of a normalised name, without parsing
// it again; false for the root, which has none.
func ParentKey(key string) (string, bool) {
	if key == "" {
		return "", false
	}
	for i := 0; i < len(key); i++ {
		switch key[i] {
		case '\\':
			i++
		case ',':
			return key[i+1:], true
		}
	}
	return "", true
}

// KeyUnder reports whether a normalised name is base, also normalised, or lies
// below it; every name is under the root "".
func KeyUnder(key, base string) bool {
	if base == "" || key == base {
		return true
	}
	cut := len(key) - len(base) - 1
	if cut < 0 || key[cut] != ',' || key[cut+1:] != base {
		return false
	}
	// A comma after an odd number of backslashes is part of a value.
	escapes := cut - len(strings.TrimRight(key[:cut], `\`))
	return escapes%2 == 0
}

// keyOfParts is the Key of a Notes name: that of its distinguished name.
func keyOfParts(parts []part) Key {
	var buf [256]byte
	key := buf[:0]
	var room [4]int
	starts := room[:0]
	for i, p := range parts {
		if !p.joined {
			sortValues(key, starts)
			starts = starts[:0]
		}
		if i > 0 {
			key = append(key, dnJoint(p.joined))
		}
		starts = append(starts, len(key))
		key = appendAVAKey(key, AVA{Type: p.label, Value: p.value, opaque: p.opaque})
	}
	sortValues(key, starts)
	return Key(key)
}

func appendAVAKey(dst []byte, a AVA) []byte {
	dst = append(appendType(dst, a.Type), '=')
	if a.opaque {
		return append(dst, a.Value...)
	}
	return appendKeyValue(dst, a.Value)
}

// appendKey appends the normalised value, decoding in scratch space.
func (v rawValue) appendKey(dst []byte) []byte {
	var buf [128]byte
	switch v.form {
	case escapedForm:
		return appendKeyValue(dst, appendUnescaped(buf[:0], v.text))
	case hexForm:
		if text, ok := appendBERString(buf[:0], v.text); ok {
			return appendKeyValue(dst, text)
		}
		dst = append(dst, '#')
		for i := range len(v.text) {
			dst = append(dst, lowerASCII(v.text[i]))
		}
		return dst
	default:
		return appendKeyValue(dst, v.text)
	}
}

// appendKeyValue appends a value folded and escaped.
func appendKeyValue[T bytestring](dst []byte, v T) []byte {
	start, space := len(dst), false
	for i := range len(v) {
		c := v[i]
		if c >= utf8.RuneSelf {
			return appendKeyUnicode(dst[:start], v)
		}
		if c == ' ' || '\t' <= c && c <= '\r' {
			space = true
			continue
		}
		if space && len(dst) > start {
			dst = append(dst, ' ')
		}
		space = false
		if isLetter(c) || isDigit(c) {
			dst = append(dst, lowerASCII(c))
			continue
		}
		dst = appendEscapedASCII(dst, c, keyEscapes(c) || c == '#' && len(dst) == start)
	}
	return dst
}

// appendKeyUnicode is appendKeyValue for text outside ASCII.
func appendKeyUnicode[T bytestring](dst []byte, v T) []byte {
	var buf [128]byte
	folded := appendFold(buf[:0], v)
	start := len(dst)
	for i := 0; i < len(folded); {
		c := folded[i]
		if c < utf8.RuneSelf {
			dst = appendEscapedASCII(dst, c, keyEscapes(c) || c == '#' && len(dst) == start)
			i++
			continue
		}
		size := 0
		dst, size = appendRuneOrHex(dst, string(folded[i:min(i+utf8.UTFMax, len(folded))]))
		i += size
	}
	return dst
}

// keyEscapes reports whether keys write c with a backslash.
func keyEscapes(c byte) bool {
	switch c {
	case '"', '+', ',', ';', '<', '>', '\\':
		return true
	}
	return false
}

// sortValues orders the values of the component at the end of key, of which
// starts says where each begins. Their order says nothing, since a component is
// a set (RFC 4514, section 2.2).
func sortValues(key []byte, starts []int) {
	if len(starts) < 2 {
		return
	}
	values := make([]string, 0, len(starts))
	for i, start := range starts {
		past := len(key)
		if i+1 < len(starts) {
			past = starts[i+1] - 1
		}
		values = append(values, string(key[start:past]))
	}
	slices.Sort(values)
	copy(key[starts[0]:], strings.Join(values, "+"))
}
