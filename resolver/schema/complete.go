package schema

import "slices"

// apply puts a candidate into the draft. A supertype that nobody defines is
// forgotten, so that no later definition of it can close a circle.
func (m *merger) apply(c *candidate) error {
	if above, known := m.super(c); above == nil && known == nil {
		c.def.Sup = ""
	}
	if !c.known {
		if len(m.draft.descs) >= maxDescriptions {
			return errFull
		}
		m.draft.addBase(complete(c.def, nil))
		m.changed = true
		return nil
	}
	d := &m.draft.descs[c.target]
	merged := complete(c.def, m.known(c))
	merged.Names = mergeNames(merged.Names, d.declared.Names)
	if !merged.sameDefinition(d.declared) {
		d.declared = merged
		m.changed = true
	}
	return nil
}

// known is what the definition of a candidate's type says already: nothing if
// nobody defined it, or as another kind of value.
func (m *merger) known(c *candidate) *Type {
	t := m.old.Type(c.target)
	said := syntaxByName[c.def.Syntax]
	if t.assumed || said != nil && said.kind != t.kind {
		return nil
	}
	return m.old.descs[c.target].declared
}

// complete is a directory's definition with what it leaves open: what is known
// of the type, then what is usual for its syntax. Rules that we do not carry
// out are left out.
func complete(said, known *Type) *Type {
	t := *said
	t.Names = slices.Clone(said.Names)
	t.Equality, t.Ordering, t.Substring = ruleName(said.Equality), ruleName(said.Ordering), ruleName(said.Substring)
	if known != nil {
		t.Sup, t.Usage, t.Collective = known.Sup, known.Usage, known.Collective
		t.NoUserMod = t.NoUserMod || known.NoUserMod
		fill(&t.Syntax, known.Syntax)
		fill(&t.Desc, known.Desc)
		fill(&t.Equality, known.Equality)
		fill(&t.Ordering, known.Ordering)
		fill(&t.Substring, known.Substring)
	}
	usual := syntaxByName[t.Syntax]
	if usual == nil || t.Equality != "" || t.Sup != "" {
		return &t
	}
	fill(&t.Equality, usual.equality)
	fill(&t.Ordering, usual.ordering)
	fill(&t.Substring, usual.substring)
	return &t
}

func fill(field *string, with string) {
	if *field == "" {
		*field = with
	}
}

// ruleName is the name of a rule given by name or OID, empty if we do not know it.
func ruleName(nameOrOID string) string {
	if r := ruleByName[lower(nameOrOID)]; r != nil {
		return r.Name
	}
	return ""
}
