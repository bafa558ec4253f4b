package schema

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

var errFull = fmt.Errorf("there are %d attribute descriptions already", maxDescriptions)

// draft is a schema in the making.
type draft struct {
	descs       []description
	byName      map[string]ID
	variants    map[ID][]ID
	grown       map[ID]bool // whose list of variants is no longer shared with another schema
	classes     []*Class
	classByName map[string]*Class
}

// draft copies what a new schema may change.
func (s *Schema) draft() *draft {
	return &draft{
		descs:       slices.Clone(s.descs),
		byName:      maps.Clone(s.byName),
		variants:    maps.Clone(s.variants),
		grown:       map[ID]bool{},
		classes:     s.classes,
		classByName: s.classByName,
	}
}

func newDraft() *draft {
	return &draft{byName: map[string]ID{}, variants: map[ID][]ID{}, grown: map[ID]bool{}, classByName: map[string]*Class{}}
}

// Intern is the schema with these descriptions known too: options of a known
// type, or a type that nobody defined, which is then a case-ignoring string
// with the OID "<name>-oid". Descriptions that RFC 4512 section 2.5 does not
// allow, and those for which no ID is left, are not added and are named in the
// error; all others are.
func (s *Schema) Intern(descs ...string) (*Schema, error) {
	var d *draft
	var errs []error
	for _, desc := range descs {
		if _, known := s.Lookup(desc); known {
			continue
		}
		if d == nil {
			d = s.draft()
		}
		errs = append(errs, d.intern(desc))
	}
	if d == nil || len(d.descs) == len(s.descs) {
		return s, errors.Join(errs...)
	}
	return d.finish(), errors.Join(errs...)
}

func (d *draft) intern(desc string) error {
	typ, spelled, err := parseDescription(desc)
	if err != nil {
		return err
	}
	if len(d.descs)+2 > maxDescriptions {
		return fmt.Errorf("attribute description %q: %w", shorten(desc), errFull)
	}
	base, ok := d.byName[lower(typ)]
	if !ok {
		base = d.addBase(assumedType(typ))
	}
	options := canonicalOptions(spelled)
	if len(options) == 0 {
		return nil
	}
	key := describe(d.descs[base].key, options)
	if _, known := d.byName[key]; known {
		return nil
	}
	id := ID(len(d.descs))
	d.byName[key] = id
	if !d.grown[base] {
		d.grown[base] = true
		d.variants[base] = slices.Clip(d.variants[base])
	}
	d.variants[base] = append(d.variants[base], id)
	d.descs = append(d.descs, description{base: base, key: d.descs[base].key, suffix: describe("", spelled), options: options})
	return nil
}

// assumedType is what we take a type to be that nobody defined.
func assumedType(typ string) *Type {
	t := &Type{
		OID: lower(typ) + "-oid", Names: []string{typ}, Syntax: dirString,
		Equality: ignore, Ordering: ignoreOrder, Substring: ignoreIn, assumed: true,
	}
	if isNumericOID(typ) {
		t.OID = typ
	}
	return t
}

// addBase gives a type its ID. Names and OIDs that are taken already keep what
// they mean.
func (d *draft) addBase(t *Type) ID {
	id := ID(len(d.descs))
	d.descs = append(d.descs, description{base: id, key: lower(t.Name()), declared: t})
	d.addNames(id)
	return id
}

func (d *draft) addNames(id ID) {
	t := d.descs[id].declared
	for _, name := range t.Names {
		if _, taken := d.byName[lower(name)]; !taken {
			d.byName[lower(name)] = id
		}
	}
	if _, taken := d.byName[lower(t.OID)]; !taken {
		d.byName[lower(t.OID)] = id
	}
}

// rename makes the names and OIDs anew after definitions have changed.
func (d *draft) rename() {
	d.byName = make(map[string]ID, len(d.byName))
	for id := range d.descs {
		if d.descs[id].declared == nil {
			d.byName[describe(d.descs[id].key, d.descs[id].options)] = ID(id)
			continue
		}
		for _, name := range d.descs[id].declared.Names {
			d.byName[lower(name)] = ID(id)
		}
	}
	for id := range d.descs {
		if d.descs[id].declared != nil {
			d.addNames(ID(id))
		}
	}
}

// finish resolves what is not resolved yet and makes the schema.
func (d *draft) finish() *Schema {
	s := &Schema{
		descs: d.descs, byName: d.byName, variants: d.variants,
		classes: d.classes, classByName: d.classByName,
	}
	for id := range s.descs {
		s.resolve(ID(id))
	}
	for id := range s.descs {
		d := &s.descs[id]
		d.typ = s.descs[d.base].typ
		d.name = d.typ.Name() + d.suffix
	}
	s.includeSubtypes()
	s.objectClass, _ = s.Lookup("objectClass")
	return s
}

// includeSubtypes computes what Expand answers: every description is listed by
// each description that includes it.
func (s *Schema) includeSubtypes() {
	s.expand = make([][]ID, len(s.descs))
	for id := range s.descs {
		for t := s.descs[id].typ; t != nil; t = t.super {
			s.expand[t.id] = append(s.expand[t.id], ID(id))
			if len(s.variants[t.id]) > 0 {
				s.includeIn(t.id, ID(id))
			}
		}
	}
}

// includeIn lists a description under those of the base that carry some of its
// options. Trying the subsets of a few options is cheap where going through all
// descriptions of a type that has very many would not be.
func (s *Schema) includeIn(base, id ID) {
	options := s.descs[id].options
	if indexOption(options, []byte(transferOption)) < 0 {
		options = canonicalOptions(append(slices.Clone(options), transferOption))
	}
	chosen := make([]string, 0, len(options))
	for set := 1; set < 1<<len(options); set++ {
		chosen = chosen[:0]
		for i, o := range options {
			if set&(1<<i) != 0 {
				chosen = append(chosen, o)
			}
		}
		if asked, ok := s.byName[describe(s.descs[base].key, chosen)]; ok {
			s.expand[asked] = append(s.expand[asked], id)
		}
	}
}
