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

func (p *pieces) readPart(c *cursor) error {
	name := c.text()
	content := bytes.Clone(c.bytes())
	if err := c.err(); err != nil {
		return err
	}
	if _, twice := p.meta.Parts[name]; twice {
		return fmt.Errorf("%w: part %q is there twice", ErrDamaged, name)
	}
	if p.meta.Parts == nil {
		p.meta.Parts = map[string][]byte{}
	}
	p.meta.Parts[name] = content
	return nil
}
