package saved

import (
	"errors"
	"fmt"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/directory"
)

// What a slot of the Store holds.
const (
	slotFree = iota
	slotEntry
	slotGlue
	slotKinds
)

// writeStore writes the schema and every slot, so that entries keep their IDs,
// and then what is hidden.
func writeStore(out *output, s *resolver.Snapshot) error {
	st := s.Store()
	heading, err := appendSchema(nil, st.Schema(), attributesInUse(st))
	if err != nil {
		return err
	}
	out.add(inSchema, func(b []byte) []byte { return append(b, heading...) })
	out.close()
	for id := range st.Cap() {
		e := st.Entry(id)
		out.add(inEntries, func(b []byte) []byte { return appendSlot(b, e) })
	}
	out.close()
	for e := range st.Shadowed() {
		out.add(inHidden, func(b []byte) []byte { return appendEntry(b, e) })
	}
	return nil
}

// attributesInUse tells, by schema.ID, what any entry holds.
func attributesInUse(st *directory.Store) []bool {
	used := make([]bool, st.Schema().Len())
	mark := func(e directory.Entry) {
		for c := e.Attributes(); ; {
			id, _, ok := c.Next()
			if !ok {
				return
			}
			used[id] = true
		}
	}
	for id := range st.Cap() {
		if st.Exists(id) {
			mark(st.Entry(id))
		}
	}
	for e := range st.Shadowed() {
		mark(e)
	}
	return used
}

func appendSlot(b []byte, e directory.Entry) []byte {
	switch {
	case e == "":
		return append(b, slotFree)
	case e.IsGlue():
		return appendText(append(b, slotGlue), e.DN())
	default:
		return appendEntry(append(b, slotEntry), e)
	}
}

func appendEntry(b []byte, e directory.Entry) []byte {
	b = appendNumber(appendText(b, e.DN()), e.Source())
	n := 0
	for c := e.Attributes(); ; n++ {
		if _, _, ok := c.Next(); !ok {
			break
		}
	}
	b = appendNumber(b, n)
	for c := e.Attributes(); ; {
		id, raw, ok := c.Next()
		if !ok {
			return b
		}
		values := raw.Values()
		b = appendNumber(appendNumber(b, id), values.Len())
		for v, some := values.Next(); some; v, some = values.Next() {
			b = appendText(b, v)
		}
	}
}

func (p *pieces) readSlot(c *cursor) error {
	kind := c.below(slotKinds)
	if err := c.err(); err != nil {
		return err
	}
	switch kind {
	case slotFree:
		p.store.AddFree()
		return nil
	case slotGlue:
		p.record = directory.Record{DN: c.text(), Glue: true, Attributes: p.record.Attributes[:0]}
	default:
		if err := p.readEntry(c); err != nil {
			return err
		}
	}
	if err := c.err(); err != nil {
		return err
	}
	return p.store.Add(&p.record)
}

func (p *pieces) readHidden(c *cursor) error {
	if err := p.readEntry(c); err != nil {
		return err
	}
	return p.store.AddShadowed(&p.record)
}

// readEntry reads into p.record, whose values are those of the block itself.
func (p *pieces) readEntry(c *cursor) error {
	rec := &p.record
	*rec = directory.Record{DN: c.text(), Source: uint8(c.below(directory.MaxSources)), Attributes: rec.Attributes[:0]}
	p.values = p.values[:0]
	for range c.count() {
		id, err := p.numbers.id(c)
		if err != nil {
			return err
		}
		from := len(p.values)
		n := c.count()
		for range n {
			if c.broken {
				break
			}
			p.values = append(p.values, c.bytes())
		}
		if n == 0 && !c.broken {
			return fmt.Errorf("entry %q: %w", rec.DN, errNoValues)
		}
		rec.Attributes = append(rec.Attributes, directory.RecordAttribute{ID: id, Values: p.values[from:len(p.values):len(p.values)]})
	}
	return c.err()
}

var errNoValues = errors.New("an attribute without values")
