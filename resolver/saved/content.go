package saved

import (
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/server"
)

// content is what one block holds.
type content struct {
	numbers   *numbers
	entries   *directory.Part
	record    directory.Record
	values    [][]byte
	databases []database.Kept
	servers   []*server.Server
	parts     []part
}

// readContent reads the records of a block, which know nothing of other blocks.
func (p *pieces) readContent(b *block) (*content, error) {
	in := &content{numbers: p.numbers, entries: p.store.Part()}
	record := in.reader(b.section)
	c := &cursor{rest: b.payload}
	for {
		if err := record(c); err != nil || len(c.rest) == 0 {
			return in, err
		}
	}
}

// reader reads the records of a section; none of others comes here.
func (in *content) reader(s section) func(*cursor) error {
	switch s {
	case inEntries:
		return in.readSlot
	case inHidden:
		return in.readHidden
	case inDatabases:
		return in.readDatabase
	case inServers:
		return in.readServer
	case inParts:
		return in.readPart
	default:
		return func(*cursor) error { return errMisplaced }
	}
}
