package schema

// Substrings is a prepared substring assertion; safe for concurrent use.
type Substrings struct{}

// CompileSubstrings prepares a substring assertion (RFC 4511 section 4.5.1.7.2);
// an empty initial or final is none. False means Undefined: no substring rule,
// or a part that the syntax does not allow.
func (t *Type) CompileSubstrings(initial []byte, any [][]byte, final []byte) (*Substrings, bool) {
	return nil, false
}

// Match tells whether a value, as it is stored, matches.
func (m *Substrings) Match(value []byte) bool { return false }

// MatchKey tells the same of a value's AppendKey form.
func (m *Substrings) MatchKey(key []byte) bool { return false }
