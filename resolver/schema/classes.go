package schema

import (
	"fmt"
	"slices"
)

// mergeClass puts a directory's definition of a class into the draft, unless
// we define the class ourselves.
func (m *merger) mergeClass(c *Class) error {
	known, err := m.draft.classOf(c)
	if err != nil || known != nil && known.Own {
		return err
	}
	return m.putClass(c, known)
}

// classOf finds the known class that a definition is of: by its names, then by
// its OID; nil for a new one.
func (d *draft) classOf(c *Class) (*Class, error) {
	var known *Class
	for _, name := range c.Names {
		named := d.classByName[lower(name)]
		if named == nil {
			continue
		}
		if known != nil && known != named {
			return nil, fmt.Errorf("it joins %q and %q", known.Name(), named.Name())
		}
		known = named
	}
	other := d.classByName[lower(c.OID)]
	if known == nil {
		return other, nil
	}
	if other != nil && other != known {
		return nil, fmt.Errorf("its object identifier %s is that of %q", c.OID, other.Name())
	}
	return known, nil
}

// putClass adds a class, or replaces the known one, unless that would put a
// class above itself.
func (m *merger) putClass(c, known *Class) error {
	merged := *c
	merged.Names = slices.Clone(c.Names)
	merged.key = lower(c.Name())
	if known != nil {
		merged.key = known.key
		merged.Names = mergeNames(merged.Names, known.Names)
		if merged.sameDefinition(known) {
			return nil
		}
		m.draft.forgetClass(known)
	}
	m.draft.nameClass(&merged)
	if reaches(m.draft.classByName, &merged, &merged, map[*Class]bool{}) {
		m.draft.forgetClass(&merged)
		if known != nil {
			m.draft.nameClass(known)
		}
		return fmt.Errorf("it is its own superclass")
	}
	if at := slices.Index(m.draft.classes, known); known != nil && at >= 0 {
		m.draft.classes[at] = &merged
	} else {
		m.draft.classes = append(m.draft.classes, &merged)
	}
	m.changed = true
	return nil
}

func (d *draft) nameClass(c *Class) {
	for _, name := range append(slices.Clone(c.Names), c.OID) {
		d.classByName[lower(name)] = c
	}
}

func (d *draft) forgetClass(c *Class) {
	for _, name := range append(slices.Clone(c.Names), c.OID) {
		delete(d.classByName, lower(name))
	}
}

// copyClasses makes the draft's classes its own, so that the schema that they
// come from stays as it is.
func (d *draft) copyClasses() {
	classes := d.classes
	d.classes = make([]*Class, len(classes))
	d.classByName = make(map[string]*Class, 2*len(classes))
	for i, c := range classes {
		own := *c
		d.classes[i] = &own
		d.nameClass(&own)
	}
}

// finishClasses links every class with those above it.
func (d *draft) finishClasses() {
	for _, c := range d.classes {
		c.above = collectAbove(d.classByName, c, nil)
	}
}

// mergeNames are the names that a definition gives and then those that were
// known before, whatever their case. An OID that stands for a missing name is
// none beside a real one.
func mergeNames(given, known []string) []string {
	var names []string
	for _, name := range slices.Concat(given, known) {
		if !isNumericOID(name) && !slices.ContainsFunc(names, func(n string) bool { return equalFold(n, name) }) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return given
	}
	return names
}
