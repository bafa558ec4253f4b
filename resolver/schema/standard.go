package schema

import (
	"embed"
	"fmt"
	"path"
	"strings"
	"sync"
)

// definitions are the built-in ones: in each file attribute types and object
// classes as RFC 4512 writes them, where a syntax may go by the name that it
// has in this package. A definition starts with "attribute" or "class" at the
// start of a line; "#" starts a comment there.
//
//go:embed definitions/*.schema
var definitions embed.FS

var standard = sync.OnceValue(func() *Schema {
	s, err := readDefinitions()
	if err != nil {
		panic(fmt.Sprintf("built-in schema: %v", err))
	}
	return s
})

// Standard is the built-in schema: RFC 4512, RFC 4519, RFC 4523, RFC 4524,
// RFC 2798, RFC 2307 with its successor draft, RFC 3671, RFC 3672, the change
// log draft, eduPerson, and what is usual with Domino, Active Directory,
// OpenLDAP and IBM. Where no object identifier is publicly known, one of the
// form "<name>-oid" stands.
func Standard() *Schema { return standard() }

func readDefinitions() (*Schema, error) {
	d := newDraft()
	files, err := definitions.ReadDir("definitions")
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		text, err := definitions.ReadFile(path.Join("definitions", f.Name()))
		if err != nil {
			return nil, err
		}
		for _, def := range splitDefinitions(string(text)) {
			if err := d.read(def); err != nil {
				return nil, fmt.Errorf("%s: %q: %w", f.Name(), shorten(def), err)
			}
		}
	}
	d.finishClasses()
	return d.finish(), nil
}

// splitDefinitions cuts a file where a line starts with no blank.
func splitDefinitions(text string) []string {
	var defs []string
	for line := range strings.Lines(text) {
		switch {
		case strings.TrimSpace(line) == "" || line[0] == '#':
		case isBlank(line[0]) && len(defs) > 0:
			defs[len(defs)-1] += line
		default:
			defs = append(defs, line)
		}
	}
	return defs
}

func (d *draft) read(def string) error {
	keyword, rest, _ := strings.Cut(def, " ")
	switch keyword {
	case "attribute":
		t, err := ParseType(rest)
		if err != nil {
			return err
		}
		if err := t.settle(); err != nil {
			return err
		}
		if id := d.addBase(&t); d.byName[lower(t.OID)] != id || d.byName[lower(t.Name())] != id {
			return fmt.Errorf("defined twice")
		}
		return nil
	case "class":
		c, err := ParseClass(rest)
		if err != nil {
			return err
		}
		if known, err := d.classOf(&c); err != nil || known != nil {
			return fmt.Errorf("defined twice")
		}
		c.key = lower(c.Name())
		d.nameClass(&c)
		d.classes = append(d.classes, &c)
		return nil
	}
	return fmt.Errorf("unknown keyword %q", keyword)
}
