package schema

// Rule is one matching rule (RFC 4517 section 4).
type Rule struct {
	OID, Name, Syntax string
}

// Rule is the matching rule of that name or OID, nil if unknown.
func (s *Schema) Rule(nameOrOID string) *Rule { return nil }

// Applies tells whether the rule may be used on values of the type (RFC 4512 section 4.1.4).
func (r *Rule) Applies(t *Type) bool { return false }

// Compile prepares an assertion of an extensible match item; false means that
// the rule does not allow the assertion value, so that the item is Undefined.
func (r *Rule) Compile(assertion []byte) (match func(value []byte) bool, ok bool) { return nil, false }
