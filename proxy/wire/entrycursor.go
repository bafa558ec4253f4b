package wire

// EntryCursor walks over a search result entry without allocation:
//
//	for e.NextAttribute() {
//		for e.NextValue() {
//			use(e.Name(), e.Value())
//		}
//	}
//	if e.Err() != nil { ... the entry must not be used }
//
// All that it returns points into the decoded body. Values that are stepped
// over are not checked.
type EntryCursor struct {
	dn, raw, name, value []byte
	attributes, values   cursor
	err                  error
}

// ParseEntry begins to decode the body of an OpSearchEntry.
func ParseEntry(body []byte) (EntryCursor, error) {
	c := cursor{body}
	dn, err := c.octets("entry name")
	if err != nil {
		return EntryCursor{}, err
	}
	attributes, err := c.sequence("entry attributes")
	if err != nil {
		return EntryCursor{}, err
	}
	if err := c.endExtensible("octets after the entry"); err != nil {
		return EntryCursor{}, err
	}
	return EntryCursor{dn: dn, attributes: attributes}, nil
}

// DN returns the name of the entry.
func (e *EntryCursor) DN() []byte { return e.dn }

// NextAttribute steps to the next attribute, if there is one and all was well so far.
func (e *EntryCursor) NextAttribute() bool {
	e.raw, e.name, e.value, e.values = nil, nil, nil, cursor{}
	if e.err != nil || e.attributes.empty() {
		return false
	}
	before := e.attributes.rest
	if err := e.readAttribute(); err != nil {
		e.fail(err)
		return false
	}
	e.raw = before[:len(before)-len(e.attributes.rest)]
	return true
}

func (e *EntryCursor) readAttribute() error {
	seq, err := e.attributes.sequence("entry attribute")
	if err != nil {
		return err
	}
	name, err := seq.octets("entry attribute name")
	if err != nil {
		return err
	}
	set, err := seq.take(tagSet, "entry attribute values")
	if err != nil {
		return err
	}
	e.name, e.values = name, cursor{set}
	return seq.end("octets after the entry attribute")
}

func (e *EntryCursor) fail(err error) {
	e.err = err
	e.name, e.value, e.values = nil, nil, cursor{}
}

// Name returns the description of the current attribute.
func (e *EntryCursor) Name() []byte { return e.name }

// Raw returns the whole current attribute as it was encoded, for
// EntryWriter.Raw; its values have been checked once NextValue has gone through them.
func (e *EntryCursor) Raw() []byte { return e.raw }

// NextValue steps to the next value of the current attribute, if there is one.
func (e *EntryCursor) NextValue() bool {
	e.value = nil
	if e.err != nil || e.values.empty() {
		return false
	}
	v, err := e.values.octets("entry attribute value")
	if err != nil {
		e.fail(err)
		return false
	}
	e.value = v
	return true
}

// Value returns the current value.
func (e *EntryCursor) Value() []byte { return e.value }

// Err returns what was malformed, if anything.
func (e *EntryCursor) Err() error { return e.err }
