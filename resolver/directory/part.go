package directory

import (
	"errors"
	"fmt"

	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/schema"
)

// Part is a run of slots, or of hidden entries, on its way into a Restorer.
type Part struct {
	schema *schema.Schema
	slots  []Entry
	hidden []Entry
	attrs  []packed
	key    []byte
	room   []byte
	seen   []int // by schema.ID: the last record that had it
	serial int
}

// Part begins a part. Several may be filled at the same time, each by one
// goroutine.
func (r *Restorer) Part() *Part {
	return &Part{schema: r.w.schema, seen: make([]int, r.w.schema.Len())}
}

// Add gives the next ID to an entry or glue: the first of all parts gets 0.
func (p *Part) Add(rec *Record) error {
	e, err := p.pack(rec)
	if err != nil {
		return fmt.Errorf("entry %q: %w", rec.DN, err)
	}
	p.slots = append(p.slots, e)
	return nil
}

// AddFree leaves the next ID to an entry to come.
func (p *Part) AddFree() { p.slots = append(p.slots, "") }

// AddShadowed takes an entry that another one hides, in the order of Shadowed.
func (p *Part) AddShadowed(rec *Record) error {
	e, err := p.pack(rec)
	if err != nil {
		return fmt.Errorf("hidden entry %q: %w", rec.DN, err)
	}
	p.hidden = append(p.hidden, e)
	return nil
}

// pack checks a record on its own.
func (p *Part) pack(rec *Record) (Entry, error) {
	key, err := name.AppendKey(p.key[:0], rec.DN)
	p.key = key[:0]
	switch {
	case err != nil:
		return "", err
	case len(key) == 0:
		return "", errors.New("an entry needs a name")
	case rec.Source >= MaxSources:
		return "", fmt.Errorf("directory number %d, but there are at most %d", rec.Source, MaxSources)
	case rec.Glue && (rec.Source != 0 || len(rec.Attributes) > 0):
		return "", errors.New("a place without an entry has attributes")
	case rec.Glue:
		return pack(flagGlue, rec.DN, string(key), nil), nil
	}
	sc := p.schema
	p.attrs, p.serial = p.attrs[:0], p.serial+1
	for i := range rec.Attributes {
		a := &rec.Attributes[i]
		if int(a.ID) >= sc.Len() || len(a.Values) == 0 || p.seen[a.ID] == p.serial {
			return "", fmt.Errorf("attribute %d of %d is not known, has no values or is there twice", i+1, len(rec.Attributes))
		}
		p.seen[a.ID] = p.serial
		p.attrs = append(p.attrs, packed{a.ID, sc.Name(a.ID), a.Values})
	}
	p.room = appendRecord(p.room[:0], rec.Source<<sourceShift, rec.DN, key, p.attrs)
	e := Entry(p.room)
	if cap(p.room) > roomKept {
		p.room = nil
	}
	return e, nil
}
