package resolver

import (
	"iter"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/group"
	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/server"
)

// Inspection reads a Snapshot from the inside, for findings and reports. It
// remembers the sets that it computed, so one Inspection serves one goroutine.
type Inspection struct {
	s         *Snapshot
	groups    map[group.ID]*roaring.Bitmap
	wildcards map[name.Key]*roaring.Bitmap
	room      uint64 // bytes of sets that may still be remembered
}

// inspectionBytes bounds what one Inspection remembers.
const inspectionBytes = 64 << 20

// Inspect begins an Inspection.
func (s *Snapshot) Inspect() *Inspection {
	return &Inspection{s: s, groups: map[group.ID]*roaring.Bitmap{}, wildcards: map[name.Key]*roaring.Bitmap{}, room: inspectionBytes}
}

// Graph is who is a direct member of which group.
func (x *Inspection) Graph() *group.Graph { return x.s.members.graph }

// Nesting is the closure over all groups, whatever their type.
func (x *Inspection) Nesting() *group.Closure { return x.s.members.all }

// Counts tells whether a group takes part in ACLs (D8, rule 4.7).
func (x *Inspection) Counts(id group.ID) bool {
	return x.s.settings.counts(&x.s.members.groups[id], x.s.settings.GroupTypes)
}

// Directory is the directory that a group comes from.
func (x *Inspection) Directory(g *Group) DirectoryRole { return g.role }

// GroupNamed is the group that a name means in an ACL; several tells that two
// groups have the name, so that it means none.
func (x *Inspection) GroupNamed(k name.Key) (id group.ID, one, several bool) {
	id, found := x.s.members.named[k]
	if !found || id == ambiguous {
		return 0, false, found
	}
	return id, true, false
}

// InGroup is every entry in a group as ACLs see it. It must not be changed.
func (x *Inspection) InGroup(id group.ID) *roaring.Bitmap {
	return remember(x, x.groups, id, func() *roaring.Bitmap { return x.s.inGroup(x.s.members.acl, id) })
}

// Covered is every entry whose name a wildcard covers. It must not be changed.
func (x *Inspection) Covered(wildcard name.Name) *roaring.Bitmap {
	return remember(x, x.wildcards, wildcard.Key(), func() *roaring.Bitmap { return x.s.covered(wildcard) })
}

func remember[K comparable](x *Inspection, sets map[K]*roaring.Bitmap, k K, compute func() *roaring.Bitmap) *roaring.Bitmap {
	if set, ok := sets[k]; ok {
		return set
	}
	set := compute()
	if size := set.GetSizeInBytes(); size <= x.room {
		x.room -= size
		sets[k] = set
	}
	return set
}

// Holders lists everybody who has a name as own or alternate name, ascending.
func (x *Inspection) Holders(k name.Key) []directory.ID { return x.s.names.holders(k, &x.s.namer) }

// CommonHolders lists the people whose bare common name it is, ascending.
func (x *Inspection) CommonHolders(k name.Key) []directory.ID {
	return x.s.names.commonHolders(k, &x.s.namer)
}

// Names are the names of a person or server.
func (x *Inspection) Names(id directory.ID) Names { return x.s.namer.names(id) }

// Branches yields the narrowest wildcard over every person and server, each once.
func (x *Inspection) Branches() iter.Seq[name.Name] {
	return func(yield func(name.Name) bool) {
		for k := range x.s.names.branches {
			if k != "" && !yield(wildcardOf(k)) {
				return
			}
		}
	}
}

// SharedNames yields every full or alternate name that several entries have,
// with those entries, in no settled order.
func (x *Inspection) SharedNames() iter.Seq2[name.Name, []directory.ID] {
	return func(yield func(name.Name, []directory.ID) bool) {
		seen := map[name.Key]bool{}
		for list := x.s.names.byName; len(list) > 0; {
			run := list.Find(uint32(list[0] >> 32))
			list = list[len(run):]
			if len(run) > 1 && !x.shared(run, seen, yield) {
				return
			}
		}
	}
}

func (x *Inspection) shared(run []uint64, seen map[name.Key]bool, yield func(name.Name, []directory.ID) bool) bool {
	for _, pair := range run {
		names := x.s.namer.names(directory.ID(uint32(pair)))
		for _, n := range names.all() {
			if seen[n.Key()] {
				continue
			}
			ids := x.Holders(n.Key())
			if len(ids) < 2 {
				continue
			}
			seen[n.Key()] = true
			if !yield(n, ids) {
				return false
			}
		}
	}
	return true
}

// Loose is a member value that names no entry: a name, or a uid (RFC 2307).
// Both are empty for a value that is no name at all.
type Loose struct {
	Name name.Name
	UID  string
}

// LooseMembers lists the member values of a group that name no entry, as the
// directory spells them; wildcards name whom they cover and are not among them.
func (x *Inspection) LooseMembers(id group.ID) []Loose {
	s := x.s
	if s.members.groups[id].Missing == 0 {
		return nil
	}
	r := s.settings.memberReader(s.store)
	r.people, r.names, r.namer, r.byEntry = &s.people, s.names, &s.namer, s.members.byEntry
	e := s.store.Entry(s.members.groups[id].Entry)
	var loose []Loose
	for _, a := range r.dnAttrs {
		r.each(e, a, func(text string) {
			if r.addDN(&group.Members{}, text, e.Source()) > 0 {
				loose = append(loose, Loose{Name: memberName(text)})
			}
		})
	}
	for _, a := range r.uids {
		r.each(e, a, func(text string) {
			if r.addUID(&group.Members{}, text) > 0 {
				loose = append(loose, Loose{UID: text})
			}
		})
	}
	return loose
}

// memberName reads a member value as memberReader.addDN does.
func memberName(text string) name.Name {
	dn, err := name.ParseDN(text)
	if err != nil {
		return name.Parse(text)
	}
	return name.FromDN(dn)
}

// Cover is one entry of an ACL with whom it means in the directory.
type Cover struct {
	Entry  int // position in the list
	Via    acl.Via
	Whom   *roaring.Bitmap // people and servers of the name, whatever the entry's type; not to be changed
	Suited *roaring.Bitmap // those of them whom the type lets through (rule 3.3)
}

// Covers says whom every entry of the ACL that answers for a database means:
// one Cover for each way in which its name means somebody.
func (x *Inspection) Covers(db *database.Database) []Cover {
	s, entries := x.s, db.Primary.List.Entries
	var covers []Cover
	for i := range entries {
		e := &entries[i]
		add := func(via acl.Via, whom *roaring.Bitmap) {
			covers = append(covers, Cover{i, via, whom, s.suited(e, via, whom)})
		}
		switch e.Kind {
		case acl.KindWildcard:
			add(acl.ByWildcard, x.Covered(e.Name))
		case acl.KindName:
			if id, ok := s.names.holder(e.Key(), &s.namer); ok {
				add(acl.ByName, roaring.BitmapOf(uint32(id)))
			}
			if set := s.commonCovered(e.Key(), db.Primary.Server); set != nil {
				add(acl.ByCommon, set)
			}
			if g, ok := s.members.named.find(e.Key()); ok {
				add(acl.ByGroup, x.InGroup(g))
			}
		}
	}
	return covers
}

// Asked is one subject on one channel: what is found out about it once serves
// every database. It serves one goroutine.
type Asked struct {
	a    *asking
	hits []hit
}

// Ask begins the questions about a subject.
func (s *Snapshot) Ask(sub *Subject, c acl.Channel) *Asked {
	return &Asked{a: s.ask(sub, Query{Channel: c})}
}

// Again is Ask for another subject, with the room of the one before.
func (x *Asked) Again(sub *Subject) {
	x.a = x.a.Snapshot.ask(sub, Query{Channel: x.a.q.Channel})
}

// Hits are the entries that cover the subject in the ACLs that answer for the
// databases, by database, way and position. The next Again or Hits ends them.
func (x *Asked) Hits() Hits {
	x.hits = x.a.matchAll(x.a.sub, x.hits)
	return Hits{x.hits}
}

// Hits is a list of entries that cover a subject.
type Hits struct{ list []hit }

// Len is the number of hits.
func (h Hits) Len() int { return len(h.list) }

// At is the i-th hit: the Index of the database, the way, the position in its list.
func (h Hits) At(i int) (db int, via acl.Via, entry int32) {
	return int(h.list[i].db()), h.list[i].via(), h.list[i].entry()
}

// Match finds the entries of one list that cover the subject.
func (x *Asked) Match(in *database.Instance) acl.Match {
	return x.a.match(x.a.sub, in, x.a.settings.CommonName)
}

// Decide is the decision for known matches.
func (x *Asked) Decide(in *database.Instance, m acl.Match) Decision {
	return x.a.decide(in, m, x.a.settings.Reading)
}

// Server tells whether the server of an instance lets the subject in.
func (x *Asked) Server(in *database.Instance) server.Access {
	access, _ := x.a.serverAccess(in)
	return access
}

// Paths are the chains of groups behind a decision that groups made.
func (x *Asked) Paths(in *database.Instance, m acl.Match, d Decision) []Path {
	e := explainer{asking: x.a, in: in, match: m, decision: d, into: &Explanation{Paths: []Path{}}}
	e.paths()
	return e.into.Paths
}

// Inside is everybody in a group as ACLs see it, with the groups within and the
// names that have no entry.
func (x *Inspection) Inside(id group.ID) group.Extent { return x.s.members.acl.Down(id) }

// DenyLists are the names of deny-list groups, which only the right denylists
// may see (rule 4.2).
func (x *Inspection) DenyLists() map[name.Key]bool { return x.s.members.hidden }
