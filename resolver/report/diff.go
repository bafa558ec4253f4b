package report

import (
	"cmp"
	"iter"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
)

// Change is what somebody gains or loses in one database between two Snapshots.
type Change struct {
	User     string `json:"user"`
	DN       string `json:"dn"`
	Database string `json:"database"`
	Before   Access `json:"before"`
	After    Access `json:"after"`
	Cause    string `json:"cause"` // in words; several causes are joined by "; "
}

// Access is one side of a Change.
type Access struct {
	Level      string   `json:"level"`
	LevelNum   int      `json:"levelNum"`
	Roles      []string `json:"roles"`
	Privileges []string `json:"privileges"`
}

// Diff yields what changes for whom: for -Default- and Anonymous first, then for
// people, servers and the names without an entry that an ACL or a group in it
// names, by DN; for each by key of the database. Users are matched by DN,
// databases by replica id and otherwise by key. Whoever is not there on one
// side has no access on it.
func Diff(before, after *resolver.Snapshot, c acl.Channel) iter.Seq[Change] {
	return func(yield func(Change) bool) {
		d := newDiffer(before, after, c)
		for _, sub := range []*resolver.Subject{resolver.DefaultSubject(), resolver.AnonymousSubject()} {
			if !d.unnamed(sub, yield) {
				return
			}
		}
		for _, u := range d.users() {
			if !d.user(u, yield) {
				return
			}
		}
	}
}

const (
	was = 0
	is  = 1
)

// differ is one comparison. Arrays of two hold the sides, was and is.
type differ struct {
	snapshots [2]*resolver.Snapshot
	channel   acl.Channel
	pairs     []pair
	sweeps    [2]*sweep
	cells     [2][]*Cell // of the present user, by Index of the database; nil for a side that lacks the user
	loners    map[name.Key]*loner
	answers   map[string]uint32
	causes    map[[2]*Cell]string
}

func newDiffer(before, after *resolver.Snapshot, c acl.Channel) *differ {
	d := &differ{
		snapshots: [2]*resolver.Snapshot{before, after}, channel: c, pairs: pairDatabases(before.Databases(), after.Databases()),
		loners: map[name.Key]*loner{}, answers: map[string]uint32{}, causes: map[[2]*Cell]string{},
	}
	for side, s := range d.snapshots {
		d.sweeps[side] = newSweep(s, Options{Channel: c}, nil)
		d.cells[side] = make([]*Cell, s.Databases().Len())
	}
	d.findLoners()
	return d
}

// loner is a name that has no entry on a side, with the pairs in which an ACL
// of either side names it.
type loner struct {
	name  name.Name
	kind  acl.Kind
	pairs map[int]bool
}

func (d *differ) findLoners() {
	for side, s := range d.snapshots {
		r := newLonerReader(s)
		for at := range d.pairs {
			db := d.pairs[at].sides[side]
			if db == nil {
				continue
			}
			for _, n := range r.of(db.Primary) {
				l := d.loners[n.Key()]
				if l == nil {
					l = &loner{name: n, pairs: map[int]bool{}}
					d.loners[n.Key()] = l
				}
				l.pairs[at] = true
				if i := indexOf(db.Primary.List, n.Key()); i >= 0 && db.Primary.List.Entries[i].Type == acl.TypeServer {
					l.kind = acl.Server
				}
			}
		}
	}
}

// user is somebody on both sides.
type user struct {
	key     string
	entries [2]directory.ID // None where there is no entry
	loner   *loner          // nil for one whom no ACL names without an entry
}

// users are the people and servers of both sides and the loners, by DN.
func (d *differ) users() []user {
	found := map[string]*user{}
	at := func(key string) *user {
		if found[key] == nil {
			found[key] = &user{key: key, entries: [2]directory.ID{directory.None, directory.None}}
		}
		return found[key]
	}
	for side, s := range d.snapshots {
		p := s.Population()
		for it := roaring.Or(p.People, p.Servers).Iterator(); it.HasNext(); {
			id := directory.ID(it.Next())
			at(s.Store().Entry(id).Key()).entries[side] = id
		}
	}
	for k, l := range d.loners {
		at(string(k)).loner = l
	}
	users := make([]user, 0, len(found))
	for _, u := range found {
		users = append(users, *u)
	}
	slices.SortFunc(users, func(a, b user) int { return cmp.Compare(a.key, b.key) })
	return users
}

// user yields the changes of one user.
func (d *differ) user(u user, yield func(Change) bool) bool {
	named, dn := "", ""
	for side, s := range d.snapshots {
		sub := d.subject(u, side)
		if sub == nil {
			clear(d.cells[side])
			continue
		}
		named, dn = sub.Name.Canonical(), s.DN(sub)
		i := 0
		d.sweeps[side].each(sub, func(c *Cell) bool {
			d.cells[side][i] = c
			i++
			return true
		})
	}
	for at := range d.pairs {
		p := &d.pairs[at]
		if u.loner != nil && !u.loner.pairs[at] && u.entries == [2]directory.ID{directory.None, directory.None} {
			continue
		}
		cells := d.sides(u, at)
		if d.same(cells) {
			continue
		}
		change := Change{User: named, DN: dn, Database: p.key, Before: accessOf(cells[was]), After: accessOf(cells[is])}
		change.Cause = d.cause(u, p, cells)
		if !yield(change) {
			return false
		}
	}
	return true
}

// subject is who a user is on a side: the entry, or a name alone, or nobody.
func (d *differ) subject(u user, side int) *resolver.Subject {
	s := d.snapshots[side]
	if u.entries[side] != directory.None {
		sub, _ := s.Subject(u.entries[side])
		return sub
	}
	if u.loner == nil {
		return nil
	}
	return s.NamedSubject(u.loner.name, u.loner.kind)
}

// sides are a user's cells in a pair of databases; nil where the database or
// the user is not there. A name alone counts only where an ACL names it.
func (d *differ) sides(u user, at int) (cells [2]*Cell) {
	for side, db := range d.pairs[at].sides {
		if db == nil || u.entries[side] == directory.None && (u.loner == nil || !u.loner.pairs[at]) {
			continue
		}
		cells[side] = d.cells[side][db.Index]
	}
	return cells
}

// unnamed yields the changes of -Default- or Anonymous.
func (d *differ) unnamed(sub *resolver.Subject, yield func(Change) bool) bool {
	for at := range d.pairs {
		p := &d.pairs[at]
		var cells [2]*Cell
		for side, db := range p.sides {
			if db != nil {
				w := newSweep(d.snapshots[side], Options{Channel: d.channel, Databases: p.sides[side : side+1]}, nil)
				w.each(sub, func(c *Cell) bool { cells[side] = c; return true })
			}
		}
		if d.same(cells) {
			continue
		}
		change := Change{User: sub.Name.Canonical(), Database: p.key, Before: accessOf(cells[was]), After: accessOf(cells[is])}
		change.Cause = d.causeInPair(p, cells)
		if !yield(change) {
			return false
		}
	}
	return true
}

func accessOf(c *Cell) Access {
	if c == nil {
		return Access{Level: acl.NoAccess.String(), Roles: []string{}, Privileges: []string{}}
	}
	return Access{c.Level.String(), int(c.Level), c.Roles, c.Privileges}
}

// same tells whether two cells give the same: level, privileges, and the same
// roles by name, whatever their order in the ACL.
func (d *differ) same(cells [2]*Cell) bool {
	return cells[was] == cells[is] || d.answer(cells[was]) == d.answer(cells[is])
}

// answer numbers what a cell gives; equal numbers give the same.
func (d *differ) answer(c *Cell) uint32 {
	if c == nil {
		return d.number(accessOf(nil))
	}
	if c.answer == 0 {
		c.answer = d.number(accessOf(c))
	}
	return c.answer
}

func (d *differ) number(a Access) uint32 {
	roles := make([]string, len(a.Roles))
	for i, r := range a.Roles {
		roles[i] = name.Fold(r)
	}
	slices.Sort(roles)
	text := a.Level
	for _, list := range [][]string{roles, a.Privileges} {
		text += "\n"
		for _, s := range list {
			text += s + "\x00"
		}
	}
	n, ok := d.answers[text]
	if !ok {
		n = uint32(len(d.answers) + 1)
		d.answers[text] = n
	}
	return n
}
