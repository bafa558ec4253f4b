package schema

import "fmt"

// Merge is the schema with the definitions that a directory publishes in its
// subschema. What a directory says of a type or class that we know already
// (its spelling, OID, rules, which attributes a class has) replaces what we
// assumed, except where the definition is marked Own. A definition that does
// not parse, or that contradicts what is known (it joins two types, or makes
// names or numbers into text), is left out and named in an error. A type
// without matching rules gets those that are usual for its syntax.
func (s *Schema) Merge(attributeTypes, objectClasses []string) (*Schema, []error) {
	m := newMerger(s)
	for _, text := range attributeTypes {
		t, err := ParseType(text)
		if err != nil {
			m.errs = append(m.errs, fmt.Errorf("attribute type %q: %w", shorten(text), err))
			continue
		}
		m.types = append(m.types, &candidate{def: &t})
	}
	m.mergeTypes()
	for _, text := range objectClasses {
		c, err := ParseClass(text)
		if err != nil {
			m.errs = append(m.errs, fmt.Errorf("object class %q: %w", shorten(text), err))
			continue
		}
		m.fail("object class", c.Name(), m.mergeClass(&c))
	}
	return m.finish(), m.errs
}

// merger brings definitions into a schema.
type merger struct {
	old   *Schema
	draft *draft
	types []*candidate
	errs  []error

	names map[string]*candidate // claimed names, in lower case
	oids  map[string]*candidate // claimed OIDs, in lower case

	changed bool
}

// candidate is a definition of a type on its way in.
type candidate struct {
	def     *Type
	target  ID // the type that it defines, if known
	known   bool
	dropped bool
}

func newMerger(s *Schema) *merger {
	m := &merger{old: s, draft: s.draft(), names: map[string]*candidate{}, oids: map[string]*candidate{}}
	m.draft.copyClasses()
	return m
}

func (m *merger) fail(what, name string, err error) {
	if err != nil {
		m.errs = append(m.errs, fmt.Errorf("%s %q: %w", what, shorten(name), err))
	}
}

func (m *merger) finish() *Schema {
	if !m.changed {
		return m.old
	}
	for i := range m.draft.descs {
		m.draft.descs[i].typ = nil
	}
	m.draft.rename()
	m.draft.finishClasses()
	return m.draft.finish()
}

// mergeTypes applies the candidates that can be.
func (m *merger) mergeTypes() {
	m.chooseTypes()
	for _, c := range m.types {
		if !c.dropped {
			m.fail("attribute type", c.def.Name(), m.apply(c))
		}
	}
}

// chooseTypes finds out which type each candidate defines, and leaves out those
// that cannot be.
func (m *merger) chooseTypes() {
	m.choose(m.chooseByName)
	m.choose(m.chooseByOID)
	m.choose(m.checkKind)
	m.choose(m.checkAncestors)
	m.choose(m.checkSyntax)
}

// choose runs one step over the candidates that are left; one that fails is
// dropped, with its error reported.
func (m *merger) choose(step func(*candidate) error) {
	for _, c := range m.types {
		if c.dropped {
			continue
		}
		if err := step(c); err != nil {
			c.dropped = true
			m.fail("attribute type", c.def.Name(), err)
		}
	}
}

// chooseByName takes the known type that has one of the names.
func (m *merger) chooseByName(c *candidate) error {
	for _, name := range c.def.Names {
		key := lower(name)
		if m.names[key] != nil {
			return fmt.Errorf("the name %q is defined twice", name)
		}
		id, ok := m.draft.byName[key]
		if !ok {
			continue
		}
		if c.known && c.target != id {
			return fmt.Errorf("it joins %q and %q", m.old.Name(c.target), m.old.Name(id))
		}
		c.target, c.known = id, true
	}
	key := lower(c.def.OID)
	if m.oids[key] != nil {
		return fmt.Errorf("the object identifier %s is defined twice", c.def.OID)
	}
	m.oids[key] = c
	for _, name := range c.def.Names {
		m.names[lower(name)] = c
	}
	return nil
}

// chooseByOID takes the known type with the OID for a candidate of unknown
// names, unless the directory uses those names with another OID.
func (m *merger) chooseByOID(c *candidate) error {
	id, ok := m.draft.byName[lower(c.def.OID)]
	if !ok || c.known && c.target == id || m.movesAway(id, c.def.OID) {
		return nil
	}
	if c.known {
		return fmt.Errorf("its object identifier %s is that of %q", c.def.OID, m.old.Name(id))
	}
	c.target, c.known = id, true
	return nil
}

// movesAway tells whether a candidate gives a known type another OID.
func (m *merger) movesAway(id ID, oid string) bool {
	for _, name := range m.old.descs[id].declared.Names {
		if c := m.names[lower(name)]; c != nil && !c.dropped && c.target == id && !equalFold(c.def.OID, oid) {
			return !m.old.descs[id].declared.Own
		}
	}
	return false
}

// checkKind drops candidates for our own types without a word, unless they
// contradict them, and those that contradict what is known.
func (m *merger) checkKind(c *candidate) error {
	if !c.known {
		return nil
	}
	known := m.old.Type(c.target)
	c.dropped = known.Own
	said := syntaxByName[c.def.Syntax]
	if known.assumed || said == nil || said.kind.overrides(known.kind) {
		return nil
	}
	return fmt.Errorf("its values are known to be of syntax %s, not %s", known.Syntax, said.OID)
}

// super is the type above a candidate: a candidate, or a known type.
func (m *merger) super(c *candidate) (above *candidate, known *Type) {
	if c.def.Sup == "" {
		return nil, nil
	}
	key := lower(c.def.Sup)
	above = m.names[key]
	if above == nil {
		above = m.oids[key]
	}
	if above != nil && !above.dropped && (!above.known || m.old.Type(above.target).assumed) {
		return above, nil
	}
	if id, ok := m.draft.byName[key]; ok {
		return nil, m.old.Type(id)
	}
	return nil, nil
}

// maxAncestors bounds the types above one; real ones have two.
const maxAncestors = 32

// checkAncestors drops candidates that are above themselves. What is above a
// known type never changes, so a circle has a candidate for a new type in it.
func (m *merger) checkAncestors(c *candidate) error {
	at := c
	for range maxAncestors {
		above, known := m.super(at)
		if above == nil {
			if known != nil && c.known && known.below(c.target) {
				return fmt.Errorf("it is its own supertype")
			}
			return nil
		}
		at = above
	}
	return fmt.Errorf("it is its own supertype, or has more than %d above it", maxAncestors)
}

// below tells whether a type is that of the ID, or has it above.
func (t *Type) below(id ID) bool {
	for ; t != nil; t = t.super {
		if t.id == id {
			return true
		}
	}
	return false
}

// checkSyntax drops candidates that neither have nor inherit a syntax.
func (m *merger) checkSyntax(c *candidate) error {
	at := c
	for range maxAncestors {
		if at.def.Syntax != "" || at.known && !m.old.Type(at.target).assumed {
			return nil
		}
		above, known := m.super(at)
		if known != nil {
			return nil
		}
		if above == nil {
			break
		}
		at = above
	}
	return fmt.Errorf("it has no syntax, and its supertype %q is not known", c.def.Sup)
}
