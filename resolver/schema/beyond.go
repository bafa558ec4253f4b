package schema

import (
	"errors"
	"fmt"
	"slices"
)

// Extras are the definitions that a schema has beyond another one, as they
// stand before anything is inherited: enough to make the schema again.
type Extras struct {
	Types   []Type
	Classes []Class
}

// Beyond lists the definitions of s that base does not have or has otherwise.
// Those marked Own and types that nobody defined are not among them: the former
// are defined again by whoever defines them, the latter come back by Intern.
func (s *Schema) Beyond(base *Schema) Extras {
	var x Extras
	for i := range s.descs {
		d := &s.descs[i]
		if d.declared == nil || d.declared.Own || d.declared.assumed {
			continue
		}
		if id, ok := base.byName[d.key]; ok && base.descs[id].declared != nil && base.descs[id].declared.sameDefinition(d.declared) {
			continue
		}
		t := *d.declared
		t.Names = slices.Clone(t.Names)
		x.Types = append(x.Types, t)
	}
	for _, c := range s.classes {
		if known := base.classByName[c.key]; c.Own || known != nil && known.sameDefinition(c) {
			continue
		}
		x.Classes = append(x.Classes, Class{
			OID: c.OID, Names: slices.Clone(c.Names), Desc: c.Desc, Sup: slices.Clone(c.Sup), Kind: c.Kind,
			Must: slices.Clone(c.Must), May: slices.Clone(c.May), Obsolete: c.Obsolete,
		})
	}
	return x
}

// With is the schema with what Beyond listed, taken as it stands; what base
// defines itself (Own) stays. It is all or nothing: an error names every
// definition that is no such, or that contradicts what s knows.
func (s *Schema) With(x Extras) (*Schema, error) {
	m := newMerger(s)
	for i := range x.Types {
		t := x.Types[i]
		t.Own, t.assumed = false, false
		if err := t.checkKept(); err != nil {
			m.fail("attribute type", t.Name(), err)
			continue
		}
		m.types = append(m.types, &candidate{def: &t})
	}
	m.chooseTypes()
	for _, c := range m.types {
		if !c.dropped {
			m.fail("attribute type", c.def.Name(), m.restore(c))
		}
	}
	for i := range x.Classes {
		c := x.Classes[i]
		c.Own = false
		m.fail("object class", c.Name(), m.restoreClass(&c))
	}
	if err := errors.Join(m.errs...); err != nil {
		return s, err
	}
	return m.finish(), nil
}

// checkKept refuses what no schema holds as the definition of a type.
func (t *Type) checkKept() error {
	if len(t.Names) == 0 {
		return errors.New("it has no name")
	}
	for _, rule := range []string{t.Equality, t.Ordering, t.Substring} {
		if rule != ruleName(rule) {
			return fmt.Errorf("unknown matching rule %q", shorten(rule))
		}
	}
	if int(t.Usage) >= len(usageNames) {
		return fmt.Errorf("unknown usage %d", t.Usage)
	}
	return checkPublished(t.OID, t.Names, []string{t.Sup, t.Syntax})
}

// restore puts a definition into the draft as it stands: nothing is completed,
// because it was completed when it came from its directory.
func (m *merger) restore(c *candidate) error {
	if above, known := m.super(c); above == nil && known == nil && c.def.Sup != "" {
		return fmt.Errorf("its supertype %q is not known", shorten(c.def.Sup))
	}
	m.changed = true
	if c.known {
		d := &m.draft.descs[c.target]
		c.def.Names = mergeNames(c.def.Names, d.declared.Names)
		d.declared = c.def
		return nil
	}
	if len(m.draft.descs) >= maxDescriptions {
		return errFull
	}
	m.draft.addBase(c.def)
	return nil
}

func (m *merger) restoreClass(c *Class) error {
	if int(c.Kind) >= len(classKindNames) {
		return fmt.Errorf("unknown kind %d", c.Kind)
	}
	if len(c.Names) == 0 {
		return errors.New("it has no name")
	}
	if err := checkPublished(c.OID, c.Names, slices.Concat(c.Sup, c.Must, c.May)); err != nil {
		return err
	}
	return m.mergeClass(c)
}
