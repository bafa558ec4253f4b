package saved

import (
	"fmt"
	"maps"
	"slices"

	"github.com/aclens/aclens/resolver"
)

func appendMeta(b []byte, m *Meta, directories []resolver.DirectoryRole) []byte {
	b = appendText(appendText(appendText(b, m.ID), m.Version), m.Choices)
	b = appendTime(b, m.Changed)
	b = appendTime(appendTime(appendTime(b, m.AsOf.Directory), m.AsOf.ACL), m.AsOf.Server)
	b = appendNumber(b, len(m.Feed))
	for _, key := range slices.Sorted(maps.Keys(m.Feed)) {
		b = appendText(appendText(b, key), m.Feed[key])
	}
	b = appendNumber(b, len(directories))
	for _, d := range directories {
		b = appendText(b, d.Name)
	}
	return b
}

// readHeading reads the block that Meta is in, and the names of the directories.
func readHeading(b *block) (*Meta, []string, error) {
	if b.section != inMeta {
		return nil, nil, errMisplaced
	}
	c := &cursor{rest: b.payload}
	m := &Meta{ID: c.text(), Version: c.text(), Choices: c.text(), Changed: c.time()}
	m.AsOf = resolver.AsOf{Directory: c.time(), ACL: c.time(), Server: c.time()}
	if n := c.count(); n > 0 {
		m.Feed = map[string]string{}
		for range n {
			if c.broken {
				break
			}
			key := c.text()
			m.Feed[key] = c.text()
		}
	}
	directories := c.texts()
	return m, directories, c.end()
}

// sameDirectories refuses a state of other directories: which one an entry comes
// from is kept as a number, and decides what its groups are good for.
func (p *pieces) sameDirectories(names []string) error {
	want := make([]string, len(p.settings.Directories))
	for i, d := range p.settings.Directories {
		want[i] = d.Name
	}
	if !slices.Equal(names, want) {
		return fmt.Errorf("its directories are %q, and those of the settings are %q", names, want)
	}
	return nil
}
