package directory

import (
	"errors"
	"maps"

	"github.com/aclens/aclens/resolver/schema"
)

// Packed is a Draft as the record that a Store keeps, made ahead of Apply: it
// costs what the entry will cost, and nothing is made of it again.
type Packed struct{ record Entry }

// IsZero tells whether there is none.
func (p Packed) IsZero() bool { return p.record == "" }

// DN is the name as the source spells it.
func (p Packed) DN() string { return p.record.DN() }

// Key is the normalised name.
func (p Packed) Key() string { return p.record.Key() }

// Packer packs drafts under one schema. It is for one goroutine at a time.
type Packer struct {
	schema *schema.Schema
	names  map[string]schema.ID
	packer packer
}

// NewPacker makes a Packer for Stores under a schema, or under one that extends
// it.
func NewPacker(sc *schema.Schema) *Packer {
	return &Packer{schema: sc, names: map[string]schema.ID{}}
}

// maxKnownNames bounds how many spellings of attribute names are remembered.
const maxKnownNames = 1 << 14

// Pack packs a draft with its normalised name; false where Apply has to see the
// draft itself, because of an attribute that the schema does not know or of a
// fault.
func (p *Packer) Pack(d *Draft, key []byte) (Packed, bool) {
	for i := range d.Attributes {
		a := &d.Attributes[i]
		if _, met := p.names[a.Name]; met || len(a.Values) == 0 {
			continue
		}
		id, ok := p.schema.Lookup(a.Name)
		if !ok {
			return Packed{}, false
		}
		if len(p.names) == maxKnownNames {
			clear(p.names)
			return Packed{}, false
		}
		p.names[a.Name] = id
	}
	record, err := p.packer.packUnder(key, p.names, p.schema, d)
	return Packed{record}, err == nil
}

// Under makes the Packer one for a schema that extends its own.
func (p *Packer) Under(sc *schema.Schema) *Packer {
	if sc == p.schema {
		return p
	}
	return &Packer{schema: sc, names: maps.Clone(p.names)}
}

var errOtherSchema = errors.New("it was packed under another schema")

// fits tells whether the IDs of a record mean what its attributes are called.
func (e Entry) fits(sc *schema.Schema) bool {
	for c := e.Attributes(); ; {
		id, raw, ok := c.Next()
		if !ok {
			return true
		}
		content, _ := cutTLV(string(raw))
		if called, _ := cutTLV(content); int(id) >= sc.Len() || called != sc.Name(id) {
			return false
		}
	}
}
