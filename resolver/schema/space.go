package schema

// AppendSubstringKey appends the form in which one part of a substring
// assertion is looked for inside AppendKey forms: prepared like a value, inner
// spaces squeezed, spaces at an end kept as one. False if the type has no
// substring rule or the syntax does not allow the part. CompileSubstrings is
// exact about spaces at the ends of parts, which this cannot be.
func (t *Type) AppendSubstringKey(dst, part []byte) ([]byte, bool) {
	if !t.HasSubstring() || !t.values.allows(part) {
		return dst, false
	}
	raw, ok := partText(part, t.in)
	if !ok {
		return dst, false
	}
	switch t.in {
	case formIgnoreCase, formExactCase, formIgnoreCaseList:
		return appendEdged(dst, raw), true
	}
	return append(dst, raw...), true
}

// partText prepares a part without touching its spaces, where they count.
func partText(part []byte, f form) ([]byte, bool) {
	rule := ignoreCase
	switch f {
	case formExactCase:
		rule = exactCase
	case formIgnoreCase, formIgnoreCaseList:
	case formNumeric, formTelephone, formOctets:
		return appendForm(nil, part, f, nameSpace{})
	default:
		return nil, false
	}
	text := make([]byte, 0, len(part))
	for _, c := range part {
		if int(c) >= len(asciiMap[rule]) {
			return transcode(part, rule)
		}
		if m := asciiMap[rule][c]; m != 0 {
			text = append(text, m)
		}
	}
	return text, true
}

// appendEdged squeezes every run of spaces to one, also at the ends.
func appendEdged(dst, text []byte) []byte {
	before := false
	for i, c := range text {
		space := c == ' ' && insignificant(text, i)
		if !space || !before {
			dst = append(dst, c)
		}
		before = space
	}
	return dst
}

// appendSpaced writes a part of an assertion as RFC 4518 section 2.6.1 does:
// two spaces for a run inside, one at an end that has some, and always one at
// the outer end of the first and of the last part.
func appendSpaced(dst, text []byte, at place) []byte {
	start, spaces := len(dst), at == atStart
	for i, c := range text {
		if c == ' ' && insignificant(text, i) {
			spaces = true
			continue
		}
		if spaces && len(dst) > start {
			dst = append(dst, ' ', ' ')
		} else if spaces {
			dst = append(dst, ' ')
		}
		spaces = false
		dst = append(dst, c)
	}
	if spaces || at == atEnd || len(dst) == start {
		dst = append(dst, ' ')
	}
	return dst
}

// appendSpacedKey writes an AppendKey form as RFC 4518 section 2.6.1 writes
// values: one space at either end of a line, two for each inside; a line of
// nothing but spaces is two.
func appendSpacedKey(dst, key []byte) []byte {
	dst = append(dst, ' ')
	for i, c := range key {
		switch {
		case c == lineEnd:
			dst = append(dst, ' ', lineEnd, ' ')
		case c == ' ' && lineOfSpace(key, i):
		case c == ' ' && insignificant(key, i):
			dst = append(dst, ' ', ' ')
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, ' ')
}

// lineOfSpace tells whether the space at i is all there is on its line.
func lineOfSpace(key []byte, i int) bool {
	return (i == 0 || key[i-1] == lineEnd) && (i+1 == len(key) || key[i+1] == lineEnd)
}
