package saved

import (
	"fmt"

	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/schema"
	"github.com/aclens/aclens/resolver/secret"
)

// numbers are what the attribute descriptions of a file are under the schema of
// whoever reads it.
type numbers struct {
	schema *schema.Schema
	ids    []int32 // by number in the file; -1 for none
	secret []bool  // by number in the file
}

// id is the description that a number of the file stands for.
func (n *numbers) id(c *cursor) (schema.ID, error) {
	at := c.below(uint64(len(n.ids)))
	if c.broken || n.ids[at] < 0 {
		return 0, fmt.Errorf("%w: an attribute without a name", ErrDamaged)
	}
	if n.secret[at] {
		return 0, fmt.Errorf("attribute %q is a credential, and none is read", n.schema.Name(schema.ID(n.ids[at])))
	}
	return schema.ID(n.ids[at]), nil
}

// appendSchema writes what the schema has beyond the built-in one, and the
// descriptions that it has beyond it or that used says are in use. What the
// program defines itself is not written: the one that reads has its own.
func appendSchema(b []byte, sc *schema.Schema, used []bool) ([]byte, error) {
	extras := sc.Beyond(schema.Standard())
	b = appendNumber(b, len(extras.Types))
	for i := range extras.Types {
		b = appendType(b, &extras.Types[i])
	}
	b = appendNumber(b, len(extras.Classes))
	for i := range extras.Classes {
		b = appendClass(b, &extras.Classes[i])
	}
	var kept []schema.ID
	for i := range sc.Len() {
		id := schema.ID(i)
		_, standard := schema.Standard().Lookup(sc.Name(id))
		if used[i] || !standard && !sc.Type(sc.Base(id)).Own {
			kept = append(kept, id)
		}
	}
	b = appendNumber(b, len(kept))
	for _, id := range kept {
		if found, ok := sc.Lookup(sc.Name(id)); !ok || found != id {
			return nil, fmt.Errorf("attribute %q is not found by its name", sc.Name(id))
		}
		if used[id] && credential(sc, id) {
			return nil, fmt.Errorf("attribute %q is a credential, and none is written", sc.Name(id))
		}
		b = appendText(appendNumber(b, id), sc.Name(id))
	}
	return b, nil
}

// credential tells whether a description, or one above it, is on the list under
// any of its names.
func credential(sc *schema.Schema, id schema.ID) bool {
	for t := sc.Type(id); ; {
		for _, n := range append([]string{t.OID}, t.Names...) {
			if secret.Attribute(n) {
				return true
			}
		}
		above, ok := sc.Lookup(t.Sup)
		if t.Sup == "" || !ok {
			return false
		}
		t = sc.Type(above)
	}
}

func (p *pieces) takeSchema(b *block) error {
	if b.section != inSchema {
		return errMisplaced
	}
	c := &cursor{rest: b.payload}
	var extras schema.Extras
	for range c.count() {
		if !c.broken {
			extras.Types = append(extras.Types, readType(c))
		}
	}
	for range c.count() {
		if !c.broken {
			extras.Classes = append(extras.Classes, readClass(c))
		}
	}
	var kept []uint64
	var names []string
	for range c.count() {
		if c.broken {
			break
		}
		kept, names = append(kept, c.below(1<<16)), append(names, c.text())
	}
	if err := c.end(); err != nil {
		return err
	}
	sc, err := p.base.With(extras)
	if err != nil {
		return fmt.Errorf("it contradicts the schema of this program: %w", err)
	}
	if sc, err = sc.Intern(names...); err != nil {
		return err
	}
	n, err := number(sc, kept, names)
	if err != nil {
		return err
	}
	p.numbers, p.store = n, directory.Restore(sc)
	return nil
}

func number(sc *schema.Schema, kept []uint64, names []string) (*numbers, error) {
	n := &numbers{schema: sc}
	for i, at := range kept {
		if at < uint64(len(n.ids)) {
			return nil, fmt.Errorf("%w: attributes out of order", ErrDamaged)
		}
		for uint64(len(n.ids)) <= at {
			n.ids, n.secret = append(n.ids, -1), append(n.secret, false)
		}
		id, ok := sc.Lookup(names[i])
		if !ok {
			return nil, fmt.Errorf("attribute %q cannot be defined", names[i])
		}
		n.ids[at], n.secret[at] = int32(id), credential(sc, id)
	}
	return n, nil
}

func appendType(b []byte, t *schema.Type) []byte {
	b = appendTexts(appendText(b, t.OID), t.Names)
	for _, text := range []string{t.Desc, t.Sup, t.Syntax, t.Equality, t.Ordering, t.Substring} {
		b = appendText(b, text)
	}
	for _, flag := range []bool{t.SingleValue, t.NoUserMod, t.Obsolete, t.Collective} {
		b = appendBool(b, flag)
	}
	return appendNumber(b, t.Usage)
}

func readType(c *cursor) schema.Type {
	return schema.Type{
		OID: c.text(), Names: c.texts(), Desc: c.text(), Sup: c.text(), Syntax: c.text(),
		Equality: c.text(), Ordering: c.text(), Substring: c.text(),
		SingleValue: c.bool(), NoUserMod: c.bool(), Obsolete: c.bool(), Collective: c.bool(), Usage: schema.Usage(c.below(1 << 8)),
	}
}

func appendClass(b []byte, class *schema.Class) []byte {
	b = appendTexts(appendText(b, class.OID), class.Names)
	b = appendTexts(appendText(b, class.Desc), class.Sup)
	b = appendTexts(appendTexts(b, class.Must), class.May)
	return appendNumber(appendBool(b, class.Obsolete), class.Kind)
}

func readClass(c *cursor) schema.Class {
	return schema.Class{
		OID: c.text(), Names: c.texts(), Desc: c.text(), Sup: c.texts(), Must: c.texts(), May: c.texts(),
		Obsolete: c.bool(), Kind: schema.ClassKind(c.below(1 << 8)),
	}
}
