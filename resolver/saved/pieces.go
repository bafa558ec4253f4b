package saved

import (
	"fmt"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/schema"
	"github.com/aclens/aclens/resolver/server"
)

// pieces is a Snapshot on its way back.
type pieces struct {
	base     *schema.Schema
	settings resolver.Settings

	meta      *Meta
	numbers   *numbers // nil before the schema
	store     *directory.Restorer
	databases []database.Kept
	servers   []*server.Server
}

// read reads all blocks. The heading and the schema come first, since the others
// cannot be understood without; those are read on all cores and taken in order.
func (p *pieces) read(in *input) error {
	if err := in.head(); err != nil {
		return err
	}
	ahead := newAhead(p)
	defer ahead.wait()
	at, err := inMeta, error(nil)
	for at != inEnd && err == nil {
		at, err = in.block(at, func(b *block) error {
			switch {
			case p.meta == nil:
				return p.takeHeading(b)
			case p.numbers == nil:
				return p.takeSchema(b)
			case b.section == inMeta || b.section == inSchema:
				return errMisplaced
			}
			in.detach(ahead.begin(b))
			return nil
		})
		if before := ahead.join(ahead.most); before != nil {
			return before
		}
	}
	if before := ahead.join(0); before != nil {
		return before
	}
	return err
}

func (p *pieces) takeHeading(b *block) error {
	m, directories, err := readHeading(b)
	if err != nil {
		return err
	}
	p.meta = m
	return p.sameDirectories(directories)
}

// take adds what a block holds behind the blocks before it.
func (p *pieces) take(c *content) error {
	p.databases = append(p.databases, c.databases...)
	p.servers = append(p.servers, c.servers...)
	for _, part := range c.parts {
		if err := p.takePart(part); err != nil {
			return err
		}
	}
	return p.store.Take(c.entries)
}

// snapshot puts the pieces together.
func (p *pieces) snapshot() (*resolver.Snapshot, error) {
	if p.numbers == nil {
		return nil, fmt.Errorf("%w: it has no schema", ErrDamaged)
	}
	store, err := p.store.Store()
	if err != nil {
		return nil, fmt.Errorf("entries: %w", err)
	}
	set, err := database.Restore(p.databases)
	if err != nil {
		return nil, err
	}
	if err := p.checkServers(); err != nil {
		return nil, err
	}
	return resolver.Restore(resolver.Input{
		Settings: p.settings, Store: store, Databases: set, Servers: p.servers, AsOf: p.meta.AsOf,
	}), nil
}

// checkServers refuses servers that could stand for each other.
func (p *pieces) checkServers() error {
	seen := map[name.Key]bool{}
	for _, srv := range p.servers {
		key := srv.Key()
		if key == "" || seen[key] {
			return fmt.Errorf("servers: %q has no name or is there twice", srv.Identity().Abbreviated())
		}
		seen[key] = true
	}
	return nil
}
