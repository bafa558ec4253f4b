package resolver

import (
	"github.com/RoaringBitmap/roaring/v2"

	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/group"
	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/server"
)

// Access is one database seen from its own side: which people and servers of
// the directory have which level and which role on one channel. It is computed
// with sets, a rung of rule 3.1 at a time, and never looks at a person.
type Access struct {
	levels [acl.Levels]*roaring.Bitmap
	roles  []*roaring.Bitmap // by position in the list's Roles
}

// Level is the set of entries with exactly that level. It must not be changed.
func (a *Access) Level(l acl.Level) *roaring.Bitmap { return a.levels[l] }

// AtLeast is the set of entries with that level or a higher one.
func (a *Access) AtLeast(l acl.Level) *roaring.Bitmap {
	return roaring.FastOr(a.levels[l:]...)
}

// Role is the set of entries that have the role and a level above no access.
func (a *Access) Role(i int) *roaring.Bitmap { return a.roles[i] }

func (a *Access) size() uint64 {
	n := uint64(0)
	for _, b := range a.levels {
		n += b.GetSizeInBytes()
	}
	for _, b := range a.roles {
		n += b.GetSizeInBytes()
	}
	return n
}

// Access computes, or finds in the cache, who may do what in a database.
func (s *Snapshot) Access(db *database.Database, c acl.Channel) *Access {
	return s.cache.databases.Find(accessKey{db.Index, c}, func() *Access { return s.computeAccess(db, c) })
}

// rung is the entries that cover somebody in one way, with whom each covers.
type rung struct {
	entries []*acl.Entry
	sets    []*roaring.Bitmap
}

func (r *rung) put(e *acl.Entry, set *roaring.Bitmap) {
	if !set.IsEmpty() {
		r.entries = append(r.entries, e)
		r.sets = append(r.sets, set)
	}
}

func (r *rung) everybody() *roaring.Bitmap { return roaring.FastOr(r.sets...) }

// joined is a rung with the entries of another as well.
func (r *rung) joined(o *rung) *rung {
	return &rung{append(append([]*acl.Entry(nil), r.entries...), o.entries...), append(append([]*roaring.Bitmap(nil), r.sets...), o.sets...)}
}

func (s *Snapshot) computeAccess(db *database.Database, c acl.Channel) *Access {
	l := db.Primary.List
	out := newAccess(l)
	left := roaring.Or(s.people.People, s.people.Servers)
	if c == acl.Local && l.Consistent == acl.No {
		out.levels[acl.Manager].Or(left)
		return out
	}
	if c == acl.WebAnonymous {
		out.giveEntry(s.anonymousEntry(l), left)
	} else {
		s.climb(db, out, left)
	}
	out.cap(l, c, s.settings.Reading)
	out.deny(s.denied(db.Primary, c))
	out.dropRolesWithoutAccess()
	return out
}

func newAccess(l *acl.List) *Access {
	a := &Access{roles: make([]*roaring.Bitmap, len(l.Roles))}
	for i := range a.levels {
		a.levels[i] = roaring.New()
	}
	for i := range a.roles {
		a.roles[i] = roaring.New()
	}
	return a
}

func (s *Snapshot) anonymousEntry(l *acl.List) *acl.Entry {
	if e := l.Anonymous(); e != nil {
		return e
	}
	return l.Default()
}

// climb goes down the ladder of rule 3.1; whom a rung covers leaves it.
func (s *Snapshot) climb(db *database.Database, out *Access, left *roaring.Bitmap) {
	names, commons, groups, wildcards := s.rungs(db)
	step := func(r *rung, whom *roaring.Bitmap) {
		whom = roaring.And(whom, left)
		out.give(r, whom)
		left.AndNot(whom)
	}
	step(names, names.everybody())
	step(commons, commons.everybody())
	if s.settings.Reading.Wildcards == acl.WildcardMerge {
		step(groups.joined(wildcards), groups.everybody())
	} else {
		step(groups, groups.everybody())
	}
	step(wildcards, wildcards.everybody())
	out.giveEntry(db.Primary.List.Default(), left)
}

// rungs finds whom every entry of the database's ACL covers, by way.
func (s *Snapshot) rungs(db *database.Database) (names, commons, groups, wildcards *rung) {
	names, commons, groups, wildcards = &rung{}, &rung{}, &rung{}, &rung{}
	entries := db.Primary.List.Entries
	for i := range entries {
		e := &entries[i]
		switch e.Kind {
		case acl.KindWildcard:
			wildcards.put(e, s.suited(e, acl.ByWildcard, s.covered(e.Name)))
		case acl.KindName:
			k := e.Key()
			if id, ok := s.names.holder(k, &s.namer); ok {
				names.put(e, s.suited(e, acl.ByName, roaring.BitmapOf(uint32(id))))
			}
			if set := s.commonCovered(k, db.Primary.Server); set != nil {
				commons.put(e, s.suited(e, acl.ByCommon, set))
			}
			if g, ok := s.members.named.find(k); ok {
				groups.put(e, s.suited(e, acl.ByGroup, s.inGroup(s.members.acl, g)))
			}
		}
	}
	return names, commons, groups, wildcards
}

// suited cuts a set to the kinds of subject that the entry's type allows.
func (s *Snapshot) suited(e *acl.Entry, via acl.Via, set *roaring.Bitmap) *roaring.Bitmap {
	allowed := roaring.New()
	if e.Type.Suits(acl.Person, via) {
		allowed.Or(s.people.People)
	}
	if e.Type.Suits(acl.Server, via) {
		allowed.Or(s.people.Servers)
	}
	return roaring.And(set, allowed)
}

// covered is everybody whose name a wildcard covers.
func (s *Snapshot) covered(wildcard name.Name) *roaring.Bitmap {
	set := roaring.New()
	for b, ids := range s.names.branches {
		if b != "" && coversBranch(wildcard.Key(), b) {
			set.Or(ids)
		}
	}
	return set
}

// coversBranch tells whether one wildcard covers everything that another, the
// narrowest of some name, does.
func coversBranch(wide, narrow name.Key) bool {
	if wide == narrow {
		return true
	}
	const any = "cn=*"
	if wide == any || narrow == any {
		return wide == any // the narrowest of a flat name covers nothing that a branch does
	}
	return name.KeyUnder(string(narrow)[len(any)+1:], string(wide)[len(any)+1:])
}

func (s *Snapshot) commonCovered(k name.Key, srv name.Name) *roaring.Bitmap {
	id, ok := s.names.commonHolder(k, &s.namer)
	if !ok {
		return nil
	}
	sub := Subject{Kind: acl.Person, Entry: id, Name: s.namer.names(id).Own, common: k}
	if !s.commonMatches(s.settings.CommonName, &sub, srv) {
		return nil
	}
	return roaring.BitmapOf(uint32(id))
}

// inGroup is every entry in a group, nested and by wildcard members.
func (s *Snapshot) inGroup(c *group.Closure, g group.ID) *roaring.Bitmap {
	x := c.Down(g)
	for _, k := range x.Names {
		if w := wildcardOf(k); w.IsWildcard() {
			x.Entries.Or(s.covered(w))
		}
	}
	return x.Entries
}

// wildcardOf reads a Key as the wildcard that it may be.
func wildcardOf(k name.Key) name.Name {
	dn, err := name.ParseDN(string(k))
	if err != nil {
		return name.Name{}
	}
	return name.FromDN(dn)
}

// give distributes a rung: to everybody in whom the highest level of the
// entries that cover them (rule 3.5) and the roles of all (rule 3.6).
func (a *Access) give(r *rung, whom *roaring.Bitmap) {
	left := whom.Clone()
	for l := acl.Manager; ; l-- {
		set := roaring.New()
		for i, e := range r.entries {
			if e.Level == l {
				set.Or(r.sets[i])
			}
		}
		set.And(left)
		a.levels[l].Or(set)
		left.AndNot(set)
		if l == acl.NoAccess {
			break
		}
	}
	for i, e := range r.entries {
		for role := range a.roles {
			if e.Roles.Has(role) {
				a.roles[role].Or(roaring.And(r.sets[i], whom))
			}
		}
	}
}

// giveEntry gives everybody in whom what one entry says; nothing without one.
func (a *Access) giveEntry(e *acl.Entry, whom *roaring.Bitmap) {
	if e == nil {
		a.levels[acl.NoAccess].Or(whom)
		return
	}
	a.give(&rung{[]*acl.Entry{e}, []*roaring.Bitmap{whom}}, whom)
}

// cap applies the Internet maximum (rules 5.1 to 5.5, and 11.9 where it is not known).
func (a *Access) cap(l *acl.List, c acl.Channel, r acl.Reading) {
	if !r.Capped.Has(c) {
		return
	}
	limit := l.MaxLevel
	if !l.MaxKnown {
		limit = acl.NoAccess
	}
	for level := acl.Manager; level > limit; level-- {
		a.levels[limit].Or(a.levels[level])
		a.levels[level] = roaring.New()
	}
}

// deny takes everything from those whom the server refuses.
func (a *Access) deny(whom *roaring.Bitmap) {
	if whom.IsEmpty() {
		return
	}
	for l := range a.levels {
		a.levels[l].AndNot(whom)
	}
	a.levels[acl.NoAccess].Or(whom)
}

func (a *Access) dropRolesWithoutAccess() {
	for _, set := range a.roles {
		set.AndNot(a.levels[acl.NoAccess])
	}
}

// denied is everybody whom the server, or the folder that the database lies in,
// refuses on a channel.
func (s *Snapshot) denied(in *database.Instance, c acl.Channel) *roaring.Bitmap {
	srv := s.Server(in.Server)
	if srv.Document == nil && len(srv.Settings.Folders) == 0 || c == acl.Local {
		return roaring.New()
	}
	k := deniedKey{server: in.Server.Key(), scope: srv.FolderScope(in.Path), channel: c}
	return s.cache.refused.Find(k, func() *roaring.Bitmap { return s.computeDenied(in, c) })
}

func (s *Snapshot) computeDenied(in *database.Instance, c acl.Channel) *roaring.Bitmap {
	set := roaring.New()
	both := roaring.Or(s.people.People, s.people.Servers)
	for it := both.Iterator(); it.HasNext(); {
		id := it.Next()
		sub, ok := s.Subject(directory.ID(id))
		if !ok {
			continue
		}
		if access, _ := s.ask(sub, Query{Channel: c}).serverAccess(in); access == server.Denied {
			set.Add(id)
		}
	}
	return set
}
