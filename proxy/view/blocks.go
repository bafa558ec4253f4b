package view

import (
	"sync"

	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
)

// Nobody has an entry in most ACLs: there everybody gets what -Default- gives,
// and so the same values. These are encoded once for a State, and copied between
// the few databases where an entry decides.

// block is what an attribute says of everybody whom no entry covers.
type block struct {
	once  sync.Once
	bytes []byte // the values, encoded, in the order of the databases
	ends  []uint32
}

// before is where the values of a database begin.
func (b *block) before(i int) uint32 {
	if i == 0 {
		return 0
	}
	return b.ends[i-1]
}

// blocks are the blocks of a State, by attribute.
type blocks struct {
	mu sync.Mutex // guards of
	of map[*inDatabases]*block
}

// blockOf is the block of an attribute, made when first asked for.
func (s *State) blockOf(a *inDatabases) *block {
	s.blocks.mu.Lock()
	if s.blocks.of == nil {
		s.blocks.of = map[*inDatabases]*block{}
	}
	b := s.blocks.of[a]
	if b == nil {
		b = new(block)
		s.blocks.of[a] = b
	}
	s.blocks.mu.Unlock()
	b.once.Do(func() { s.writeBlock(a, b) })
	return b
}

func (s *State) writeBlock(a *inDatabases, b *block) {
	rows := s.Snapshot.Unmatched(a.channel(s))
	b.ends = make([]uint32, len(rows))
	for i, db := range s.Snapshot.Databases().All() {
		d := readStanding(&rows[i])
		a.put(s.wordsOf(db), &d, func(v string) { b.bytes = wire.AppendValue(b.bytes, v) })
		b.ends[i] = uint32(len(b.bytes))
	}
}

// matches are the decisions on one channel in databases where an entry decides;
// their room serves one entry after another.
type matches struct {
	known, whole bool // whole: everywhere else the block says it
	list         []match
}

type match struct {
	database int
	standing
}

// matched are the decisions for the entry at hand where an entry of the ACL
// decides; false where that is not all that differs from the block.
func (c *computed) matched(channel acl.Channel) ([]match, bool) {
	m := &c.matches[channel]
	if !m.known {
		m.known, m.list = true, m.list[:0]
		m.whole = c.walker.At(c.state.Snapshot, c.id) && c.walker.Matched(channel, func(i int, d *resolver.Decision) {
			m.list = append(m.list, match{i, readStanding(d)})
		})
	}
	return m.list, m.whole
}

// wholly tells whether the values of every database may be read.
func (c *computed) wholly() bool {
	_, all := c.granted()
	return all && c.only == nil && c.pace.spend(c.state.Snapshot.Databases().Len()/termsAtOnce)
}

// copyBlock writes the values of an attribute for the entry at hand from its
// block; false, with nothing written, where that does not do.
func (w *writer) copyBlock(a *inDatabases) bool {
	c := w.computed
	if w.sel.typesOnly || !c.wholly() {
		return false
	}
	list, whole := c.matched(a.channel(c.state))
	if !whole {
		return false
	}
	b, from := c.state.blockOf(a), uint32(0)
	databases := c.state.Snapshot.Databases()
	for i := range list {
		m := &list[i]
		w.putRaw(b.bytes[from:b.before(m.database)])
		a.put(c.state.wordsOf(databases.At(m.database)), &m.standing, w.put)
		from = b.ends[m.database]
	}
	w.putRaw(b.bytes[from:])
	return true
}

// highestAtOnce is the highest level over all databases, where all may be read
// and only entries make a difference.
func (c *computed) highestAtOnce(channel acl.Channel) (acl.Level, bool) {
	if !c.wholly() || c.state.Snapshot.Databases().Len() == 0 {
		return 0, false
	}
	if !c.walker.At(c.state.Snapshot, c.id) {
		return 0, false
	}
	return c.walker.Highest(channel)
}

// readStanding takes from a decision what values are made of.
func readStanding(d *resolver.Decision) standing {
	return standing{d.Level, d.Privileges, d.Roles}
}
