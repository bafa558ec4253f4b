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
	record    directory.Record
	values    [][]byte
	databases []database.Kept
	servers   []*server.Server
}

// take reads one block.
func (p *pieces) take(s section, payload []byte) error {
	switch {
	case p.meta == nil:
		return p.takeHeading(s, payload)
	case p.numbers == nil:
		return p.takeSchema(s, payload)
	}
	var record func(*cursor) error
	switch s {
	case inEntries:
		record = p.readSlot
	case inHidden:
		record = p.readHidden
	case inDatabases:
		record = p.readDatabase
	case inServers:
		record = p.readServer
	case inParts:
		record = p.readPart
	default:
		return errMisplaced
	}
	c := &cursor{rest: payload}
	for {
		if err := record(c); err != nil || len(c.rest) == 0 {
			return err
		}
	}
}

func (p *pieces) takeHeading(s section, payload []byte) error {
	m, directories, err := readHeading(s, payload)
	if err != nil {
		return err
	}
	p.meta = m
	return p.sameDirectories(directories)
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
