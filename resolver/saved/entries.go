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

func (in *content) readSlot(c *cursor) error {
	kind := c.below(slotKinds)
	if err := c.err(); err != nil {
		return err
	}
	switch kind {
	case slotFree:
		in.entries.AddFree()
		return nil
	case slotGlue:
		in.record = directory.Record{DN: c.text(), Glue: true, Attributes: in.record.Attributes[:0]}
	default:
		if err := in.readEntry(c); err != nil {
			return err
		}
	}
	if err := c.err(); err != nil {
		return err
	}
	return in.entries.Add(&in.record)
}

func (in *content) readHidden(c *cursor) error {
	if err := in.readEntry(c); err != nil {
		return err
	}
	return in.entries.AddShadowed(&in.record)
}

// readEntry reads into in.record, whose values are those of the block itself.
func (in *content) readEntry(c *cursor) error {
	rec := &in.record
	*rec = directory.Record{DN: c.text(), Source: uint8(c.below(directory.MaxSources)), Attributes: rec.Attributes[:0]}
	in.values = in.values[:0]
	for range c.count() {
		id, err := in.numbers.id(c)
		if err != nil {
			return err
		}
		from := len(in.values)
		n := c.count()
		for range n {
			if c.broken {
				break
			}
			in.values = append(in.values, c.bytes())
		}
		if n == 0 && !c.broken {
			return fmt.Errorf("entry %q: %w", rec.DN, errNoValues)
		}
		rec.Attributes = append(rec.Attributes, directory.RecordAttribute{ID: id, Values: in.values[from:len(in.values):len(in.values)]})
	}
	return c.err()
}

var errNoValues = errors.New("an attribute without values")
