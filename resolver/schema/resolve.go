package schema

// resolve fills in what a type inherits and prepares its matching. A type that
// has been resolved already stays as it is, and with it the schema in which it
// looks up object identifiers.
func (s *Schema) resolve(id ID) *Type {
	d := &s.descs[id]
	if d.declared == nil || d.typ != nil {
		return d.typ
	}
	t := *d.declared
	t.id = id
	d.busy = true
	if t.Sup != "" {
		s.inherit(&t)
	}
	d.busy = false
	t.names = nameSpace{schema: s, space: spaceOf(t.Syntax)}
	if known := syntaxByName[t.Syntax]; known != nil {
		t.kind, t.values = known.kind, known.values
	}
	t.equality, t.in = formOctets, formNone
	if r := ruleByName[lower(t.Equality)]; r != nil {
		t.equality = r.form
	}
	t.order = t.equality
	if r := ruleByName[lower(t.Ordering)]; r != nil {
		t.order = r.form
	}
	if r := ruleByName[lower(t.Substring)]; r != nil {
		t.in = r.form
	}
	d.typ = &t
	return d.typ
}

// inherit takes from the supertype what the type does not say (RFC 4512
// section 2.5.1). A supertype that nobody defined is none, and
// so is one that is below the type.
func (s *Schema) inherit(t *Type) {
	above, ok := s.byName[lower(t.Sup)]
	if !ok || s.descs[above].busy {
		t.Sup = ""
		return
	}
	super := s.resolve(above)
	t.super, t.Sup = super, super.Name()
	take := func(own *string, inherited string) {
		if *own == "" {
			*own = inherited
		}
	}
	take(&t.Syntax, super.Syntax)
	take(&t.Equality, super.Equality)
	take(&t.Ordering, super.Ordering)
	take(&t.Substring, super.Substring)
}

// spaceOf says what the object identifiers in values of a syntax name.
func spaceOf(syntaxOID string) oidSpace {
	switch syntaxOID {
	case arc + "3":
		return attributeSpace
	case arc + "30", arc + "31":
		return ruleSpace
	default:
		return classSpace
	}
}
