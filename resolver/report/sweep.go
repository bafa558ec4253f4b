package report

import (
	"slices"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/server"
)

// sweep decides one user after another over the same databases. Users whom the
// same entries of an ACL cover, and whom the server treats alike, share a Cell,
// so that a row costs no more than finding it. A sweep serves one goroutine.
type sweep struct {
	s      *resolver.Snapshot
	o      Options
	encode encoder // nil: rows are not written as text
	asked  *resolver.Asked
	slots  []slot
	hosts  []host
	held   int // bytes of cells that are kept
	wanted []uint32
}

// slot is one database of a sweep.
type slot struct {
	db    *database.Database
	host  int // position in hosts, or -1 where the server has no say
	plain [answers]*Cell
	cells map[uint64]*Cell
}

// answers is how many answers a server can give.
const answers = int(server.Denied) + 1

// host is a server, or the part of it behind the same folder lists, with what
// it says about the present user.
type host struct {
	in     *database.Instance // any of its instances
	known  bool
	access server.Access
}

// hostKey is what instances that get the same answer have in common.
type hostKey struct {
	server name.Key
	scope  string // server.Server.FolderScope
}

// sweepBytes bounds what one sweep keeps; beyond it the cells are made anew.
const sweepBytes = 96 << 20

func newSweep(s *resolver.Snapshot, o Options, encode encoder) *sweep {
	w := &sweep{s: s, o: o, encode: encode}
	hosts := map[hostKey]int{}
	for _, db := range o.databases(s) {
		w.slots = append(w.slots, slot{db: db, host: w.hostOf(db.Primary, hosts)})
	}
	return w
}

// hostOf finds the server of an instance among the hosts, or adds it.
func (w *sweep) hostOf(in *database.Instance, hosts map[hostKey]int) int {
	srv := w.s.Server(in.Server)
	if srv.Document == nil && len(srv.Settings.Folders) == 0 {
		return -1
	}
	key := hostKey{in.Server.Key(), srv.FolderScope(in.Path)}
	at, ok := hosts[key]
	if !ok {
		at = len(w.hosts)
		hosts[key] = at
		w.hosts = append(w.hosts, host{in: in})
	}
	return at
}

// user yields the cells of an entry in the order of databases; it tells whether
// yield always returned true.
func (w *sweep) user(id directory.ID, yield func(*User, *Cell) bool) bool {
	sub, ok := w.s.Subject(id)
	if !ok {
		return true
	}
	return w.subject(sub, yield)
}

// subject is user for a person or server that may have no entry.
func (w *sweep) subject(sub *resolver.Subject, yield func(*User, *Cell) bool) bool {
	u := &User{Name: sub.Name.Canonical(), DN: w.s.DN(sub)}
	if w.encode != nil {
		u.text = w.encode.appendUser(nil, u)
	}
	return w.each(sub, func(c *Cell) bool { return c.Level < w.o.AtLeast || yield(u, c) })
}

// each yields the cell of every database.
func (w *sweep) each(sub *resolver.Subject, yield func(*Cell) bool) bool {
	w.begin(sub)
	hits := w.asked.Hits()
	at := 0
	for i := range w.slots {
		s := &w.slots[i]
		for at < hits.Len() {
			if db, _, _ := hits.At(at); db >= s.db.Index {
				break
			}
			at++
		}
		w.wanted = w.wanted[:0]
		for ; at < hits.Len(); at++ {
			db, via, entry := hits.At(at)
			if db != s.db.Index {
				break
			}
			w.wanted = append(w.wanted, uint32(via)<<entryBits|uint32(entry))
		}
		if !yield(w.cell(s, sub)) {
			return false
		}
	}
	return true
}

// entryBits is room for the position of an entry in its list, below the way in
// which it covers a user.
const entryBits = 28

func (w *sweep) begin(sub *resolver.Subject) {
	if w.asked == nil {
		w.asked = w.s.Ask(sub, w.o.Channel)
	} else {
		w.asked.Again(sub)
	}
	for i := range w.hosts {
		w.hosts[i].known = false
	}
}

// server is what the server of a database says about the present user.
func (w *sweep) server(s *slot) server.Access {
	if s.host < 0 {
		return server.Unknown
	}
	h := &w.hosts[s.host]
	if !h.known {
		h.access, h.known = w.asked.Server(h.in), true
	}
	return h.access
}

// cell finds or makes the cell for the entries in wanted.
func (w *sweep) cell(s *slot, sub *resolver.Subject) *Cell {
	access := w.server(s)
	if len(w.wanted) == 0 {
		if s.plain[access] == nil {
			s.plain[access] = w.makeCell(s, sub)
		}
		return s.plain[access]
	}
	hash := hashOf(w.wanted, access)
	for c := s.cells[hash]; c != nil; c = c.next {
		if c.decision.Server == access && slices.Equal(c.hits, w.wanted) {
			return c
		}
	}
	c := w.makeCell(s, sub)
	// The decision may not have asked the server; the cell is found by what was asked.
	c.decision.Server = access
	if w.held > sweepBytes {
		w.forget()
	}
	if s.cells == nil {
		s.cells = map[uint64]*Cell{}
	}
	c.next = s.cells[hash]
	s.cells[hash] = c
	w.held += c.size()
	return c
}

// hashOf is FNV-1a over the entries and the server's answer.
func hashOf(hits []uint32, access server.Access) uint64 {
	h := uint64(14695981039346656037) ^ uint64(access)
	for _, x := range hits {
		h = (h ^ uint64(x)) * 1099511628211
	}
	return h
}

func (w *sweep) forget() {
	w.held = 0
	for i := range w.slots {
		w.slots[i].cells = nil
	}
}

// makeCell decides.
func (w *sweep) makeCell(s *slot, sub *resolver.Subject) *Cell {
	c := &Cell{hits: slices.Clone(w.wanted), match: matchOf(w.wanted)}
	c.decision = w.asked.Decide(s.db.Primary, c.match)
	row := w.s.Row(sub, s.db, s.db.Primary, &c.decision)
	c.Database, c.Level, c.Roles, c.Privileges = row.Database, c.decision.Level, row.Roles, row.Privileges
	c.Source, c.Winning = row.Source, row.Winning
	if w.encode != nil {
		c.text = w.encode.appendCell(nil, c)
	}
	return c
}

func matchOf(hits []uint32) acl.Match {
	var m acl.Match
	for _, x := range hits {
		entry := int32(x & (1<<entryBits - 1))
		switch acl.Via(x >> entryBits) {
		case acl.ByName:
			m.Names = append(m.Names, entry)
		case acl.ByCommon:
			m.Commons = append(m.Commons, entry)
		case acl.ByGroup:
			m.Groups = append(m.Groups, entry)
		case acl.ByWildcard:
			m.Wildcards = append(m.Wildcards, entry)
		}
	}
	return m
}

// size is about how many bytes a cell holds.
func (c *Cell) size() int {
	const fixed, text = 512, 16
	return fixed + len(c.text) + 8*len(c.hits) + text*(len(c.Roles)+len(c.Privileges)+len(c.Winning))
}
