package saved

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"github.com/aclens/aclens/resolver"
)

// partsOf writes what others keep, each part in a block of its own.
func partsOf(m *Meta) func(*output, *resolver.Snapshot) error {
	return func(out *output, _ *resolver.Snapshot) error {
		for _, name := range slices.Sorted(maps.Keys(m.Parts)) {
			out.add(inParts, func(b []byte) []byte { return appendText(appendText(b, name), m.Parts[name]) })
			out.close()
		}
		return nil
	}
}

// part is something that is kept beside the Snapshot.
type part struct {
	name    string
	content []byte
}

func (in *content) readPart(c *cursor) error {
	in.parts = append(in.parts, part{c.text(), bytes.Clone(c.bytes())})
	return c.err()
}

func (p *pieces) takePart(one part) error {
	if _, twice := p.meta.Parts[one.name]; twice {
		return fmt.Errorf("%w: part %q is there twice", ErrDamaged, one.name)
	}
	if p.meta.Parts == nil {
		p.meta.Parts = map[string][]byte{}
	}
	p.meta.Parts[one.name] = one.content
	return nil
}
