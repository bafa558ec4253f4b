package saved

import (
	"fmt"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
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
	first := map[section]bool{inMeta: p.meta == nil, inSchema: p.meta != nil && p.numbers == nil}
	if once, is := first[s]; is && !once || !is && p.numbers == nil {
		return fmt.Errorf("%w: it should not stand here", ErrDamaged)
	}
	c := &cursor{rest: payload}
	var record func(*cursor) error
	switch s {
	case inMeta:
		record = p.readMeta
	case inSchema:
		record = p.readSchema
	case inEntries:
		record = p.readSlot
	case inHidden:
		record = p.readHidden
	case inDatabases:
		record = p.readDatabase
	default:
		record = p.readServer
	}
	for {
		if err := record(c); err != nil {
			return err
		}
		switch {
		case len(c.rest) == 0:
			return nil
		case s == inMeta || s == inSchema:
			return fmt.Errorf("%w: %d bytes too many", ErrDamaged, len(c.rest))
		}
	}
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
	seen := map[string]bool{}
	for _, srv := range p.servers {
		if key := string(srv.Key()); key == "" || seen[key] {
			return nil, fmt.Errorf("servers: %q has no name or is there twice", srv.Identity().Abbreviated())
		} else {
			seen[key] = true
		}
	}
	return resolver.Restore(resolver.Input{
		Settings: p.settings, Store: store, Databases: set, Servers: p.servers, AsOf: p.meta.AsOf,
	}), nil
}
