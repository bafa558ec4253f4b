package refresh

import (
	"bytes"
	"sync/atomic"

	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/schema"
)

// ready is an entry that was read, on its way into a scan.
type ready struct {
	dn        string
	key       string
	sum       digest
	change    directory.Change
	passwords [][]byte
	err       error // why its name cannot be understood
}

// hand makes what was read ready. What it does for one entry depends on nothing
// else, so that several hands may work side by side.
type hand struct {
	source  uint8
	sieve   *sieve
	packing *packing
	packer  *directory.Packer
	key     []byte
}

func (s *scan) newHand() *hand {
	h := &hand{source: s.source, sieve: newSieve(), packing: s.packing}
	if h.packing != nil {
		h.packer = directory.NewPacker(h.packing.schema.Load())
	}
	return h
}

// make strips a draft, finds its name and its digest, and packs it where nothing
// will look at the draft again.
func (h *hand) make(d directory.Draft) ready {
	key, err := name.AppendKey(h.key[:0], d.DN)
	if h.key = key; err != nil {
		return ready{dn: d.DN, passwords: h.sieve.strip(&d), err: err}
	}
	return h.makeUnder(d, key)
}

// makeOfLent is make for a draft that is only lent, with its normalised name.
func (h *hand) makeOfLent(d directory.Draft, key []byte) ready {
	r := h.makeUnder(d, key)
	if r.change.Put != nil {
		kept := r.change.Put.Clone()
		r.change.Put = &kept
	}
	for i, p := range r.passwords {
		r.passwords[i] = bytes.Clone(p)
	}
	return r
}

func (h *hand) makeUnder(d directory.Draft, key []byte) ready {
	d.Source = h.source
	r := ready{dn: d.DN, passwords: h.sieve.strip(&d)}
	if len(key) == 0 {
		r.err = errNoName
		return r
	}
	if packed, ok := h.pack(&d, key); ok {
		r.dn, r.key = packed.DN(), packed.Key() // which are there once then
		r.change.Packed = packed
		r.sum = h.sieve.digest(r.key, &d)
		return r
	}
	r.key = string(key)
	r.sum = h.sieve.digest(r.key, &d)
	kept := d
	r.change.Put = &kept
	return r
}

func (h *hand) pack(d *directory.Draft, key []byte) (directory.Packed, bool) {
	if h.packing == nil {
		return directory.Packed{}, false
	}
	h.packer = h.packer.Under(h.packing.schema.Load())
	return h.packer.Pack(d, key)
}

// packing is for the first load, where the brake cannot ask for drafts again:
// entries are packed as they come, under a schema that learns their attributes.
type packing struct {
	schema atomic.Pointer[schema.Schema]
	met    map[string]bool
}

// packAhead is how a fresh candidate is read; nil is with drafts.
func (w *world) packAhead(c *candidate) *packing {
	if w.now != nil {
		return nil
	}
	p := &packing{met: map[string]bool{}}
	p.schema.Store(c.schema)
	return p
}

// learn makes the schema know the attributes of a draft. What it does not take
// is reported when the draft is applied.
func (p *packing) learn(d *directory.Draft) {
	for i := range d.Attributes {
		a := &d.Attributes[i]
		if p.met[a.Name] || len(a.Values) == 0 || len(p.met) == maxNames {
			continue
		}
		p.met[a.Name] = true
		sc := p.schema.Load()
		if _, ok := sc.Lookup(a.Name); !ok {
			next, _ := sc.Intern(a.Name)
			p.schema.Store(next)
		}
	}
}
