package schema

// ID is an attribute description, a type with its options: dense from 0, and
// never with another meaning in a Schema extended from the one that gave it.
type ID uint16

// Schema is what is known about attributes and classes. It is immutable and
// safe for concurrent use.
type Schema struct{}

// Published is the content of the subschema entry, one definition a string
// (RFC 4512 section 4.2).
type Published struct {
	AttributeTypes, ObjectClasses, MatchingRules, Syntaxes, MatchingRuleUse []string
}

// Standard is the built-in schema.
func Standard() *Schema { return &Schema{} }

// Lookup finds a description by any name or OID of its type, in any case, its options in any order.
func (s *Schema) Lookup(desc string) (ID, bool) { return 0, false }

// LookupBytes is Lookup for bytes off the wire.
func (s *Schema) LookupBytes(desc []byte) (ID, bool) { return 0, false }

// Intern is the schema with these descriptions known too. Descriptions that
// RFC 4512 section 2.5 does not allow are left out and named in the error.
func (s *Schema) Intern(descs ...string) (*Schema, error) { return s, nil }

// Merge is the schema with a directory's own definitions.
func (s *Schema) Merge(attributeTypes, objectClasses []string) (*Schema, []error) { return s, nil }

// Define is the schema with definitions of our own, which no directory replaces.
func (s *Schema) Define(types []Type, classes []Class) (*Schema, error) { return s, nil }

// Type is the attribute type of a description.
func (s *Schema) Type(id ID) *Type { return nil }

// Name is the description as it is sent.
func (s *Schema) Name(id ID) string { return "" }

// Base is the description without options.
func (s *Schema) Base(id ID) ID { return id }

// Options are the options of a description, lower case and sorted.
func (s *Schema) Options(id ID) []string { return nil }

// Len is the number of known descriptions; IDs are below it.
func (s *Schema) Len() int { return 0 }

// Includes tells whether asking for one description asks for the other too
// (RFC 4512 sections 2.5.2 and 2.5.3).
func (s *Schema) Includes(asked, have ID) bool { return false }

// Expand lists every known description that the asked one includes, in order of ID.
func (s *Schema) Expand(asked ID) []ID { return nil }

// Class is the object class of that name or OID, nil if unknown.
func (s *Schema) Class(nameOrOID string) *Class { return nil }

// IsA tells whether a class is the other one or below it.
func (s *Schema) IsA(class, super string) bool { return false }

// RuleKey appends the normal form of a value by a matching rule given by name
// or OID; false when the rule is unknown, has no normal form, or refuses the value.
func (s *Schema) RuleKey(rule string, dst, value []byte) ([]byte, bool) { return dst, false }

// Publish prints every definition.
func (s *Schema) Publish() Published { return Published{} }
