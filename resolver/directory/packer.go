package directory

import (
	"errors"
	"fmt"
	"slices"

	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/schema"
)

// packer makes records of drafts, in room of its own that it uses again.
type packer struct {
	key, record []byte
	attrs       []packed
	leftOut     []Fault          // attributes whose names cannot be known
	why         map[string]error // they cannot, by name
}

// pack makes the record of a draft; names are those that the schema knows.
func (p *packer) pack(names map[string]schema.ID, sc *schema.Schema, d *Draft) (Entry, error) {
	var err error
	if p.key, err = name.AppendKey(p.key[:0], d.DN); err != nil {
		return "", err
	}
	return p.packUnder(p.key, names, sc, d)
}

// packUnder is pack with the normalised name of the draft.
func (p *packer) packUnder(key []byte, names map[string]schema.ID, sc *schema.Schema, d *Draft) (Entry, error) {
	if len(key) == 0 {
		return "", errors.New("an entry needs a name")
	}
	if d.Source >= MaxSources {
		return "", fmt.Errorf("directory number %d, but there are at most %d", d.Source, MaxSources)
	}
	p.resolve(names, sc, d)
	p.record = appendRecord(p.record[:0], d.Source<<sourceShift, d.DN, key, p.attrs)
	e := Entry(p.record)
	if cap(p.record) > roomKept {
		p.record = nil
	}
	return e, nil
}

// roomKept is the largest room that is kept from one record to the next.
const roomKept = 1 << 20

// resolve finds the description of every attribute, and joins values of one
// description that the source lists in several places.
func (p *packer) resolve(names map[string]schema.ID, sc *schema.Schema, d *Draft) {
	p.attrs = p.attrs[:0]
next:
	for i := range d.Attributes {
		a := &d.Attributes[i]
		if len(a.Values) == 0 {
			continue
		}
		id, known := names[a.Name]
		if !known {
			p.leaveOut(d, a.Name)
			continue
		}
		for j := range p.attrs {
			if p.attrs[j].id == id {
				p.attrs[j].values = slices.Concat(p.attrs[j].values, a.Values)
				continue next
			}
		}
		p.attrs = append(p.attrs, packed{id, sc.Name(id), a.Values})
	}
}

// maxLeftOut bounds the reports of attributes that were left out.
const maxLeftOut = 1000

func (p *packer) leaveOut(d *Draft, attribute string) {
	if len(p.leftOut) == maxLeftOut {
		return
	}
	err, known := p.why[attribute]
	if !known {
		if _, err = schema.Standard().Intern(attribute); err == nil {
			err = errors.New("there are too many attribute names")
		}
		if p.why == nil || len(p.why) == maxLeftOut {
			p.why = map[string]error{}
		}
		p.why[attribute] = err
	}
	p.leftOut = append(p.leftOut, Fault{DN: d.DN, Err: fmt.Errorf("an attribute is left out: %w", err), Taken: true})
}

// leaveOut reports what was left out of a draft.
func (w *writer) leaveOut(faults []Fault) {
	faults = faults[:min(len(faults), maxLeftOut-w.leftOut)]
	w.leftOut += len(faults)
	w.faults = append(w.faults, faults...)
}
