// Package report writes what a Snapshot knows about many at once: the table of
// users and databases, who has access to one database and through what, and
// what changes for whom between two Snapshots.
//
// It promises that every row is what Decide says for that pair, that rows come
// in an order which depends on the state alone, and that memory stays bounded
// however many pairs there are. It refuses to decide anything itself and to
// know who may read what.
package report

import (
	"cmp"
	"iter"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
)

// Options choose the rows of a report.
type Options struct {
	Users     *roaring.Bitmap      // entries; those that are neither people nor servers are left out. nil: everybody
	Databases []*database.Database // of the Snapshot; nil: all
	Channel   acl.Channel
	AtLeast   acl.Level // pairs with a lower level are left out

	// Progress is told, if not nil, how many users of how many are done, from
	// one goroutine at a time.
	Progress func(done, total int)
}

// User is one person or server of a report.
type User struct {
	Name string // canonical Notes name
	DN   string

	text []byte // as the format of the report writes it
}

// Cell is what one or more users have in a database. Users with equal access
// through equal entries share one.
type Cell struct {
	Database   string // key
	Level      acl.Level
	Roles      []string
	Privileges []string
	Source     string
	Winning    []string

	text     []byte // as the format of the report writes it
	decision resolver.Decision
	match    acl.Match
	hits     []uint32 // the entries that cover the user, for finding the cell again
	next     *Cell    // another cell of the same hash
	answer   uint32   // number of what it gives, within one Diff
}

// Row is one user's access to one database. User and Cell are shared with other
// rows and must not be changed.
type Row struct {
	User *User
	Cell *Cell
}

// Plain is the row as other answers write it.
func (r Row) Plain() resolver.Row {
	return resolver.Row{
		User: r.User.Name, DN: r.User.DN, Database: r.Cell.Database, Level: r.Cell.Level.String(), LevelNum: int(r.Cell.Level),
		Roles: r.Cell.Roles, Privileges: r.Cell.Privileges, Source: r.Cell.Source, Winning: r.Cell.Winning,
	}
}

// Rows yields the rows of a report, by DN of the user and then by key of the
// database.
func Rows(s *resolver.Snapshot, o Options) iter.Seq[Row] {
	return func(yield func(Row) bool) {
		w := newSweep(s, o, nil)
		users := o.users(s)
		for i, id := range users {
			if !w.user(id, func(u *User, c *Cell) bool { return yield(Row{u, c}) }) {
				return
			}
			if o.Progress != nil {
				o.Progress(i+1, len(users))
			}
		}
	}
}

// users are the entries of a report, by DN.
func (o *Options) users(s *resolver.Snapshot) []directory.ID {
	p := s.Population()
	set := roaring.Or(p.People, p.Servers)
	if o.Users != nil {
		set.And(o.Users)
	}
	return byDN(s, set)
}

// byDN lists a set in the order of normalised DNs, which does not depend on how
// the Snapshot came about as the numbers of entries do.
func byDN(s *resolver.Snapshot, set *roaring.Bitmap) []directory.ID {
	type keyed struct {
		key string
		id  directory.ID
	}
	list := make([]keyed, 0, set.GetCardinality())
	for it := set.Iterator(); it.HasNext(); {
		id := directory.ID(it.Next())
		list = append(list, keyed{s.Store().Entry(id).Key(), id})
	}
	slices.SortFunc(list, func(a, b keyed) int { return cmp.Compare(a.key, b.key) })
	ids := make([]directory.ID, len(list))
	for i, k := range list {
		ids[i] = k.id
	}
	return ids
}

// databases are the databases of a report, by key, each once.
func (o *Options) databases(s *resolver.Snapshot) []*database.Database {
	if o.Databases == nil {
		return s.Databases().All()
	}
	list := slices.Clone(o.Databases)
	slices.SortFunc(list, func(a, b *database.Database) int { return cmp.Compare(a.Index, b.Index) })
	return slices.Compact(list)
}
