package resolver

import (
	"maps"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/pairs"
	"github.com/aclens/aclens/resolver/schema"
)

// nameIndex finds people and servers by their names.
type nameIndex struct {
	hash     pairs.Hasher
	byName   pairs.List                   // hash of the Key of an own or alternate name, entry
	common   pairs.List                   // hash of the Key of a person's bare common name, entry
	branches map[name.Key]*roaring.Bitmap // narrowest wildcard that covers a name -> whom
}

// Names are the names of one entry.
type Names struct {
	Own        name.Name
	Alternates []name.Name
}

// all lists the own name and the alternates; none for an entry without names.
func (n *Names) all() []name.Name {
	if n.Own.IsZero() {
		return nil
	}
	return append([]name.Name{n.Own}, n.Alternates...)
}

// same tells whether two entries have the same names.
func (n *Names) same(o *Names) bool {
	return n.Own.Key() == o.Own.Key() && slices.EqualFunc(n.Alternates, o.Alternates,
		func(a, b name.Name) bool { return a.Key() == b.Key() })
}

// namer reads the names of entries.
type namer struct {
	store      *directory.Store
	mapped     schema.ID // attribute of the Notes name, when hasMapped
	alternate  schema.ID
	hasMapped  bool
	hasAlterns bool
}

func (s *Settings) namer(st *directory.Store) namer {
	n := namer{store: st}
	if s.NotesName != "" {
		n.mapped, n.hasMapped = st.Schema().Lookup(s.NotesName)
	}
	if s.AlternateName != "" {
		n.alternate, n.hasAlterns = st.Schema().Lookup(s.AlternateName)
	}
	return n
}

// names of an entry: the Notes name that is mapped to it (rule 9.8), or the DN
// in Notes form (rule 9.5); alternate names (rule 2.8).
func (n *namer) names(id directory.ID) Names {
	e := n.store.Entry(id)
	own, ok := n.mappedName(e)
	if !ok {
		dn, err := name.ParseDN(e.DN())
		if err != nil {
			return Names{} // cannot be: the Store took the entry by this very name
		}
		own = name.FromDN(dn)
	}
	return Names{Own: own, Alternates: n.alternates(e, own)}
}

// plain is what the names of an entry come to without parsing any: the one name
// that is its DN, the bare common name, and the branch above. It is false for
// entries that have other names, and for DNs that name.Plain does not read.
func (n *namer) plain(id directory.ID) (own, common name.Key, above string, ok bool) {
	e := n.store.Entry(id)
	if n.hasMapped {
		if _, has := e.Find(n.mapped); has {
			return "", "", "", false
		}
	}
	if n.hasAlterns {
		if _, has := e.Find(n.alternate); has {
			return "", "", "", false
		}
	}
	key := e.Key()
	common, above, ok = name.Plain(key)
	return name.Key(key), common, above, ok
}

// has tells whether a name is an own or alternate name of an entry.
func (n *namer) has(id directory.ID, k name.Key) bool {
	if own, _, _, ok := n.plain(id); ok {
		return own == k
	}
	names := n.names(id)
	return slices.ContainsFunc(names.all(), func(each name.Name) bool { return each.Key() == k })
}

// common is the bare common name of an entry.
func (n *namer) common(id directory.ID) name.Key {
	if _, common, _, ok := n.plain(id); ok {
		return common
	}
	return n.names(id).Own.CommonKey()
}

// mappedName is the one value of the Notes name attribute; several are doubtful
// and count as none.
func (n *namer) mappedName(e directory.Entry) (name.Name, bool) {
	if !n.hasMapped {
		return name.Name{}, false
	}
	raw, ok := e.Find(n.mapped)
	if !ok {
		return name.Name{}, false
	}
	values := raw.Values()
	text, ok := values.Next()
	if _, second := values.Next(); !ok || second {
		return name.Name{}, false
	}
	parsed := parseEither(text)
	return parsed, usable(parsed)
}

func (n *namer) alternates(e directory.Entry, own name.Name) []name.Name {
	if !n.hasAlterns {
		return nil
	}
	raw, ok := e.Find(n.alternate)
	if !ok {
		return nil
	}
	var out []name.Name
	for vs := raw.Values(); ; {
		text, ok := vs.Next()
		if !ok {
			return out
		}
		if alt := parseEither(text); usable(alt) && alt.Key() != own.Key() {
			out = append(out, alt)
		}
	}
}

// usable refuses names that would stand for more than one subject.
func usable(n name.Name) bool {
	return !n.IsZero() && !n.IsWildcard() && !n.IsTemplate() && !standsForMany(n)
}

// standsForMany tells the names that an ACL has for whoever nobody knows.
func standsForMany(n name.Name) bool {
	return n.Key() == anonymousKey || n.Key() == defaultKey
}

var anonymousKey, defaultKey = name.Parse(acl.AnonymousName).Key(), name.Parse(acl.DefaultName).Key()

// parseEither reads a name that is written as an LDAP DN or in Notes form. A
// comma with labels on both sides cannot be part of a Notes name that Domino
// makes, so such text is a DN.
func parseEither(text string) name.Name {
	n := name.Parse(text)
	if n.Hierarchical() {
		return n
	}
	if dn, err := name.ParseDN(text); err == nil && !dn.IsRoot() {
		return name.FromDN(dn)
	}
	return n
}

func newNameIndex() *nameIndex {
	return &nameIndex{hash: pairs.NewHasher(), branches: map[name.Key]*roaring.Bitmap{}}
}

// nameChange is an index being changed: what goes is noted with side 0, what
// comes with side 1, and a name on both sides stays.
type nameChange struct {
	index    *nameIndex
	byName   [2][]uint64
	common   [2][]uint64
	branches map[name.Key]*[2][]uint32
	plain    map[string]*[2][]uint32 // those of branches that plain names led to, by the name above
}

const (
	gone = 0
	come = 1
)

func (x *nameIndex) change() *nameChange {
	return &nameChange{index: x, branches: map[name.Key]*[2][]uint32{}, plain: map[string]*[2][]uint32{}}
}

func (c *nameChange) note(side int, id directory.ID, n *Names, isPerson bool) {
	for _, each := range n.all() {
		c.byName[side] = append(c.byName[side], pairs.Of(c.index.hash.Text(string(each.Key())), uint32(id)))
		b := c.branch(branchOf(each))
		b[side] = append(b[side], uint32(id))
	}
	if k := n.Own.CommonKey(); isPerson && k != "" {
		c.common[side] = append(c.common[side], pairs.Of(c.index.hash.Text(string(k)), uint32(id)))
	}
}

func (c *nameChange) branch(k name.Key) *[2][]uint32 {
	b := c.branches[k]
	if b == nil {
		b = new([2][]uint32)
		c.branches[k] = b
	}
	return b
}

// notePlain is note for a name that comes and that nobody has to parse; false
// for others. Of those right below one name only the first is parsed, for the
// branch that they share.
func (c *nameChange) notePlain(id directory.ID, s *Snapshot) bool {
	own, common, above, ok := s.namer.plain(id)
	if !ok {
		return false
	}
	b := c.plain[above]
	if b == nil {
		b = c.branch(branchOf(s.namer.names(id).Own))
		c.plain[above] = b
	}
	b[come] = append(b[come], uint32(id))
	c.byName[come] = append(c.byName[come], pairs.Of(c.index.hash.Text(string(own)), uint32(id)))
	if s.people.People.Contains(uint32(id)) {
		c.common[come] = append(c.common[come], pairs.Of(c.index.hash.Text(string(common)), uint32(id)))
	}
	return true
}

// join adds what was noted about entries of higher IDs.
func (c *nameChange) join(o *nameChange) {
	for side := range c.byName {
		c.byName[side] = append(c.byName[side], o.byName[side]...)
		c.common[side] = append(c.common[side], o.common[side]...)
	}
	for k, ids := range o.branches {
		b := c.branch(k)
		for side := range ids {
			b[side] = append(b[side], ids[side]...)
		}
	}
}

func (c *nameChange) finish() *nameIndex {
	x := c.index
	out := &nameIndex{hash: x.hash, branches: maps.Clone(x.branches)}
	out.byName = x.byName.Merge(c.byName[gone], c.byName[come])
	out.common = x.common.Merge(c.common[gone], c.common[come])
	for b, ids := range c.branches {
		set := roaring.New()
		if old := x.branches[b]; old != nil {
			set = old.Clone()
		}
		set.AndNot(roaring.BitmapOf(ids[gone]...))
		set.AddMany(ids[come])
		if out.branches[b] = set; set.IsEmpty() {
			delete(out.branches, b)
		}
	}
	return out
}

// branchOf is the narrowest wildcard that covers a name.
func branchOf(n name.Name) name.Key {
	keys := n.WildcardKeys()
	if len(keys) == 0 {
		return ""
	}
	return keys[0]
}

// holder is the one person or server that has a name as own or alternate name;
// a name that two entries hold is nobody's.
func (x *nameIndex) holder(k name.Key, n *namer) (directory.ID, bool) {
	only, count := directory.None, 0
	x.eachHolder(k, n, func(id directory.ID) { only, count = id, count+1 })
	if count != 1 {
		return directory.None, false
	}
	return only, true
}

// holders lists everybody who has a name as own or alternate name, ascending.
func (x *nameIndex) holders(k name.Key, n *namer) []directory.ID {
	var ids []directory.ID
	x.eachHolder(k, n, func(id directory.ID) { ids = append(ids, id) })
	return ids
}

func (x *nameIndex) eachHolder(k name.Key, n *namer, yield func(directory.ID)) {
	for _, p := range x.byName.Find(x.hash.Text(string(k))) {
		if id := directory.ID(pairs.Second(p)); n.has(id, k) {
			yield(id)
		}
	}
}

// commonHolder is the one person whose bare common name is k (rule 2.10); nobody
// where it is somebody else's whole name.
func (x *nameIndex) commonHolder(k name.Key, n *namer) (directory.ID, bool) {
	only, count := directory.None, 0
	x.eachCommonHolder(k, n, func(id directory.ID) { only, count = id, count+1 })
	if count != 1 {
		return directory.None, false
	}
	elsewhere := false
	x.eachHolder(k, n, func(id directory.ID) { elsewhere = elsewhere || id != only })
	if elsewhere {
		return directory.None, false
	}
	return only, true
}

// isAnothers tells whether anybody but one entry has a bare common name in any way.
func (x *nameIndex) isAnothers(k name.Key, n *namer, but directory.ID) bool {
	others := false
	note := func(id directory.ID) { others = others || id != but }
	x.eachCommonHolder(k, n, note)
	x.eachHolder(k, n, note)
	return others
}

// isFree tells whether nobody has a bare common name in any way.
func (x *nameIndex) isFree(k name.Key, n *namer) bool {
	return len(x.commonHolders(k, n)) == 0 && len(x.holders(k, n)) == 0
}

func (x *nameIndex) commonHolders(k name.Key, n *namer) []directory.ID {
	var ids []directory.ID
	x.eachCommonHolder(k, n, func(id directory.ID) { ids = append(ids, id) })
	return ids
}

func (x *nameIndex) eachCommonHolder(k name.Key, n *namer, yield func(directory.ID)) {
	for _, p := range x.common.Find(x.hash.Text(string(k))) {
		if id := directory.ID(pairs.Second(p)); n.common(id) == k {
			yield(id)
		}
	}
}
