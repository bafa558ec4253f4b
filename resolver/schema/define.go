package schema

import (
	"errors"
	"fmt"
	"slices"
)

// Define is the schema with definitions of our own, each marked Own: they take
// the place of what is known of the type or class, and no directory replaces
// them. Nothing is added if one of them is at fault: names or OIDs that are no
// such, a syntax or matching rule that this package does not carry out, a type
// without a syntax, names of two types, or one that is above itself.
func (s *Schema) Define(types []Type, classes []Class) (*Schema, error) {
	m := newMerger(s)
	var errs []error
	for i := range types {
		if err := m.define(types[i]); err != nil {
			errs = append(errs, fmt.Errorf("attribute type %q: %w", types[i].Name(), err))
		}
	}
	for i := range classes {
		if err := m.defineClass(classes[i]); err != nil {
			errs = append(errs, fmt.Errorf("object class %q: %w", classes[i].Name(), err))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return s, err
	}
	defined := m.finish()
	if err := defined.checkOwn(); err != nil {
		return s, err
	}
	return defined, nil
}

// define puts one type of our own into the draft.
func (m *merger) define(t Type) error {
	t.Own, t.assumed = true, false
	t.Names = named(slices.Clone(t.Names), t.OID)
	if err := checkNames(t.OID, t.Names); err != nil {
		return err
	}
	if err := t.settle(); err != nil {
		return err
	}
	c := &candidate{def: &t}
	if err := m.chooseByName(c); err != nil {
		return err
	}
	if err := m.chooseByOID(c); err != nil {
		return err
	}
	if !c.known {
		if len(m.draft.descs) >= maxDescriptions {
			return errFull
		}
		m.draft.addBase(&t)
		m.changed = true
		return nil
	}
	d := &m.draft.descs[c.target]
	t.Names = mergeNames(t.Names, d.declared.Names)
	if !t.sameDefinition(d.declared) {
		d.declared = &t
		m.changed = true
	}
	return nil
}

// settle writes syntax and rules as the tables have them.
func (t *Type) settle() error {
	if t.Syntax != "" {
		t.Syntax = syntaxOID(t.Syntax)
		if syntaxByName[t.Syntax] == nil {
			return fmt.Errorf("unknown syntax %q", t.Syntax)
		}
	}
	for _, rule := range []*string{&t.Equality, &t.Ordering, &t.Substring} {
		if *rule == "" {
			continue
		}
		known := ruleName(*rule)
		if known == "" {
			return fmt.Errorf("unknown matching rule %q", *rule)
		}
		*rule = known
	}
	return nil
}

func (m *merger) defineClass(c Class) error {
	c.Own = true
	c.Names = named(slices.Clone(c.Names), c.OID)
	if err := checkNames(c.OID, c.Names); err != nil {
		return err
	}
	known, err := m.draft.classOf(&c)
	if err != nil {
		return err
	}
	return m.putClass(&c, known)
}

func checkNames(oid string, names []string) error {
	if !isOID(oid) {
		return fmt.Errorf("%q is no object identifier", oid)
	}
	for _, name := range names {
		if !isDescr(name) && name != oid {
			return fmt.Errorf("%q is no name", name)
		}
	}
	return nil
}

// checkOwn tells of types of our own that ended up without a syntax or without
// the supertype that they name.
func (s *Schema) checkOwn() error {
	var errs []error
	for id := range s.descs {
		d := &s.descs[id]
		switch {
		case d.declared == nil || !d.declared.Own:
		case d.typ.Syntax == "":
			errs = append(errs, fmt.Errorf("attribute type %q: no syntax", d.typ.Name()))
		case (d.typ.Sup == "") != (d.declared.Sup == ""):
			errs = append(errs, fmt.Errorf("attribute type %q: supertype %q is not known, or is below it", d.typ.Name(), d.declared.Sup))
		}
	}
	return errors.Join(errs...)
}
