package schema

import "bytes"

// Substrings is a prepared substring assertion; safe for concurrent use.
type Substrings struct {
	key      func(dst, value []byte) ([]byte, bool)
	spaced   bool // spaces count, and stand in values as RFC 4518 section 2.6.1 says
	initial  []byte
	between  [][]byte
	final    []byte
	fragment [][]byte
}

// place is where a part of a substring assertion stands.
type place uint8

const (
	atStart place = iota
	inside
	atEnd
)

// CompileSubstrings prepares a substring assertion (RFC 4511 section
// 4.5.1.7.2); an empty initial or final is none. False means Undefined: the
// type has no substring rule, the assertion has no part, or a part is one that
// the syntax does not allow.
func (t *Type) CompileSubstrings(initial []byte, between [][]byte, final []byte) (*Substrings, bool) {
	if !t.HasSubstring() {
		return nil, false
	}
	m := &Substrings{key: t.AppendKey}
	if t.equality != t.in {
		form, names, values := t.in, t.names, t.values
		m.key = func(dst, value []byte) ([]byte, bool) {
			if !values.allows(value) {
				return dst, false
			}
			return appendForm(dst, value, form, names)
		}
	}
	return m, m.compile(t.in, t.values, initial, between, final)
}

// compileSubstrings prepares the assertion of an extensible match: parts with
// an asterisk between them, \2A and \5C escaped (RFC 4517 section 3.3.30).
func (r *Rule) compileSubstrings(assertion []byte) (func(value []byte) bool, bool) {
	parts := bytes.Split(assertion, []byte{'*'})
	if len(parts) < 2 {
		return nil, false
	}
	for i := range parts {
		var ok bool
		if parts[i], ok = appendUnescapedHex(nil, parts[i]); !ok {
			return nil, false
		}
	}
	m := &Substrings{key: func(dst, value []byte) ([]byte, bool) {
		return appendForm(dst, value, r.form, r.names)
	}}
	last := len(parts) - 1
	ok := m.compile(r.form, anyValue, parts[0], parts[1:last], parts[last])
	return m.Match, ok
}

func (m *Substrings) compile(f form, values valueSet, initial []byte, between [][]byte, final []byte) bool {
	m.spaced = f == formIgnoreCase || f == formExactCase || f == formIgnoreCaseList
	ok := len(initial)+len(between)+len(final) > 0
	prepare := func(part []byte, at place) []byte {
		raw, valid := partText(part, f)
		if !valid || !values.allows(part) || len(part) == 0 {
			ok = false
			return nil
		}
		if !m.spaced {
			m.addFragment(raw)
			return raw
		}
		m.addFragment(bytes.Trim(appendEdged(nil, raw), " "))
		return appendSpaced(nil, raw, at)
	}
	if len(initial) > 0 {
		m.initial = prepare(initial, atStart)
	}
	for _, part := range between {
		m.between = append(m.between, prepare(part, inside))
	}
	if len(final) > 0 {
		m.final = prepare(final, atEnd)
	}
	return ok
}

func (m *Substrings) addFragment(text []byte) {
	if len(text) > 0 {
		m.fragment = append(m.fragment, text)
	}
}

// Fragments are texts that the AppendKey form of every matching value holds,
// none of them empty: an index may look for them before Match decides.
func (m *Substrings) Fragments() [][]byte { return m.fragment }

// Match tells whether a value, as it is stored, matches.
func (m *Substrings) Match(value []byte) bool {
	var buf [256]byte
	key, ok := m.key(buf[:0], value)
	return ok && m.MatchKey(key)
}

// MatchKey tells the same of a value's AppendKey form, for a type whose
// equality and substring rules are a pair, as all built-in ones are.
func (m *Substrings) MatchKey(key []byte) bool {
	if !m.spaced {
		return m.matchText(key)
	}
	var buf [256]byte
	return m.matchText(appendSpacedKey(buf[:0], key))
}

func (m *Substrings) matchText(text []byte) bool {
	if !bytes.HasPrefix(text, m.initial) {
		return false
	}
	text = text[len(m.initial):]
	if !bytes.HasSuffix(text, m.final) {
		return false
	}
	text = text[:len(text)-len(m.final)]
	for _, part := range m.between {
		at := bytes.Index(text, part)
		if at < 0 {
			return false
		}
		text = text[at+len(part):]
	}
	return true
}
