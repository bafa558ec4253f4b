package policy

import (
	"strings"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/group"
	"github.com/aclens/aclens/resolver/secret"
)

// Class says which right an attribute needs.
type Class uint8

// The classes of attributes.
const (
	Real       Class = iota // what the directory holds
	Membership              // group DNs on people, servers and groups: right groups
	Access                  // computed from ACLs: right access
	Open                    // objectClass, entryDN and freshness: of whatever entry may be read
)

// Rights are what one identity may see of one Snapshot. They serve one
// goroutine at a time.
type Rights struct {
	policy   *Policy
	snapshot *resolver.Snapshot
	outline  *Outline
	self     directory.ID
	grants   []grant
	merged   rights // of all grants
}

// grant is a rule that holds for the identity.
type grant struct {
	*compiledRule
	databases  *roaring.Bitmap // nil is all
	membership bool            // its attributes hold one of class Membership
	access     bool            // its attributes hold one of class Access
}

// Classifier tells the class of an attribute by its folded name.
type Classifier func(folded string) Class

// Rights finds what an identity may see. The outline belongs to the Snapshot.
func (p *Policy) Rights(s *resolver.Snapshot, o *Outline, who Identity, classify Classifier) *Rights {
	r := &Rights{policy: p, snapshot: s, outline: o, self: directory.None}
	if !who.Anonymous() {
		if id, ok := s.Store().Find(who.Key); ok && s.Store().Exists(id) {
			r.self = id
		}
	}
	for i := range p.rules {
		if rule := &p.rules[i]; r.holds(rule, who) {
			r.grants = append(r.grants, r.grantOf(rule, classify))
			r.merged = r.merged.or(rule.rights)
		}
	}
	return r
}

func (a rights) or(b rights) rights {
	return rights{a.people || b.people, a.groups || b.groups, a.access || b.access,
		a.denylists || b.denylists, a.admin || b.admin, a.everything || b.everything}
}

func (r *Rights) holds(rule *compiledRule, who Identity) bool {
	switch rule.who {
	case Anonymous:
		return who.Anonymous()
	case AnyBound:
		return !who.Anonymous()
	case OneDN:
		return who.Key == rule.key
	default:
		return r.inGroup(rule.key)
	}
}

// inGroup tells whether the identity's own entry is in a group, by the state of
// this very Snapshot.
func (r *Rights) inGroup(key string) bool {
	if r.self == directory.None {
		return false
	}
	id, ok := r.snapshot.Store().Find(key)
	if !ok {
		return false
	}
	g, ok := r.snapshot.GroupOf(id)
	return ok && containsGroup(r.snapshot.MemberOf(r.self), g)
}

func containsGroup(ids []group.ID, g group.ID) bool {
	for _, id := range ids {
		if id == g {
			return true
		}
	}
	return false
}

func (r *Rights) grantOf(rule *compiledRule, classify Classifier) grant {
	g := grant{compiledRule: rule, membership: rule.attributes == nil, access: rule.attributes == nil}
	for a := range rule.attributes {
		g.membership = g.membership || classify(a) == Membership
		g.access = g.access || classify(a) == Access
	}
	if rule.databases == nil {
		return g
	}
	g.databases = roaring.New()
	for _, glob := range rule.databases {
		if glob == "**" {
			g.databases = nil
			return g
		}
		for _, db := range r.snapshot.Databases().Match(glob) {
			g.databases.Add(uint32(db.Index))
		}
	}
	return g
}

// DenyLists tells whether deny-list groups may be shown.
func (r *Rights) DenyLists() bool { return r.merged.denylists }

// Admin tells whether the identity may release and steer.
func (r *Rights) Admin() bool { return r.merged.admin }

// Groups tells whether groups in general may be read.
func (r *Rights) Groups() bool { return r.merged.groups || r.merged.everything }

// Self is the identity's own entry, None when it has none.
func (r *Rights) Self() directory.ID { return r.self }

// Entry tells whether an entry may be returned at all, if only as an ancestor
// of one that may be read.
func (r *Rights) Entry(id directory.ID) bool { return r.whole(id) || r.skeleton(id) }

// whole tells whether some attribute of the entry may be read.
func (r *Rights) whole(id directory.ID) bool {
	if r.hiddenGroup(id) {
		return false
	}
	if id == r.self && !r.policy.selfNone {
		return true
	}
	for i := range r.grants {
		if r.grants[i].reaches(r, id) {
			return true
		}
	}
	return false
}

func (g *grant) reaches(r *Rights, id directory.ID) bool {
	if g.rights.everything || g.under(r.snapshot.Store(), id) {
		return true
	}
	p := r.snapshot.Population()
	if p.People.Contains(uint32(id)) || p.Servers.Contains(uint32(id)) {
		return g.rights.people || g.rights.groups && g.membership || g.rights.access && g.access
	}
	return g.rights.groups && p.Groups.Contains(uint32(id))
}

func (g *grant) under(st *directory.Store, id directory.ID) bool {
	if len(g.bases) == 0 {
		return false
	}
	key := st.Entry(id).Key()
	for _, b := range g.bases {
		if key == b || strings.HasSuffix(key, ","+b) {
			return true
		}
	}
	return false
}

// hiddenGroup tells whether the entry is a deny list that this identity may not
// know of (rule 4.2).
func (r *Rights) hiddenGroup(id directory.ID) bool {
	if r.merged.denylists || !r.snapshot.Population().Groups.Contains(uint32(id)) {
		return false
	}
	g, ok := r.snapshot.GroupOf(id)
	return ok && r.snapshot.Group(g).DenyList()
}

// Hidden tells whether an attribute is one that nobody reads.
func (p *Policy) Hidden(folded string) bool { return p.hide[folded] || secret.Attribute(folded) }

// Attribute tells whether an attribute of an entry may be read. For class
// Access it says so for some database; Databases says for which.
func (r *Rights) Attribute(id directory.ID, folded string, c Class) bool {
	if r.policy.Hidden(folded) {
		return false
	}
	if c == Open {
		return r.Entry(id)
	}
	if r.hiddenGroup(id) {
		return false
	}
	if id == r.self && !r.policy.selfNone && r.policy.self.has(folded) {
		return true
	}
	for i := range r.grants {
		if r.grants[i].readable(r, id, folded, c) {
			return true
		}
	}
	return false
}

func (g *grant) readable(r *Rights, id directory.ID, folded string, c Class) bool {
	if !g.attributes.has(folded) {
		return false
	}
	if g.rights.everything {
		return true
	}
	p := r.snapshot.Population()
	subject := p.People.Contains(uint32(id)) || p.Servers.Contains(uint32(id))
	switch c {
	case Membership:
		return g.rights.groups && (subject || p.Groups.Contains(uint32(id)))
	case Access:
		return g.rights.access && subject
	default:
		return g.rights.people && subject || g.rights.groups && p.Groups.Contains(uint32(id)) ||
			g.under(r.snapshot.Store(), id)
	}
}

// Reach says for which entries an attribute may be read.
type Reach uint8

// The reaches of an attribute.
const (
	Nowhere Reach = iota
	Somewhere
	Everywhere
)

// Reach tells where an attribute may be read, so that a filter on it needs to
// ask entry by entry only where the answer differs.
func (r *Rights) Reach(folded string, c Class) Reach {
	if r.policy.Hidden(folded) {
		return Nowhere
	}
	best := Nowhere
	if r.self != directory.None && !r.policy.selfNone && (c == Open || r.policy.self.has(folded)) {
		best = Somewhere
	}
	for i := range r.grants {
		g := &r.grants[i]
		if c != Open && !g.attributes.has(folded) {
			continue
		}
		if g.rights.everything && (r.merged.denylists || c == Access) {
			return Everywhere
		}
		best = Somewhere
	}
	return best
}

// Databases are the databases whose access values may be read of an entry: nil
// and true for all of them. Of the own entry all with access above no access
// may be read; the caller leaves the others out.
func (r *Rights) Databases(id directory.ID, folded string) (set *roaring.Bitmap, all bool) {
	set = roaring.New()
	for i := range r.grants {
		g := &r.grants[i]
		if !g.readable(r, id, folded, Access) {
			continue
		}
		if g.databases == nil {
			return nil, true
		}
		set.Or(g.databases)
	}
	return set, false
}

// Database tells whether the subtree entries of a database may be read, with
// the given attribute.
func (r *Rights) Database(index int, folded string) bool {
	for i := range r.grants {
		g := &r.grants[i]
		if (g.rights.access || g.rights.everything) && g.attributes.has(folded) &&
			(g.databases == nil || g.databases.Contains(uint32(index))) {
			return true
		}
	}
	return false
}

// AnyDatabase tells whether something of the virtual subtree's database may be
// read at all.
func (r *Rights) AnyDatabase(index int) bool {
	for i := range r.grants {
		g := &r.grants[i]
		if (g.rights.access || g.rights.everything) && (g.databases == nil || g.databases.Contains(uint32(index))) {
			return true
		}
	}
	return false
}

// GroupAttribute tells whether an attribute of flattened groups may be read.
func (r *Rights) GroupAttribute(folded string) bool {
	for i := range r.grants {
		g := &r.grants[i]
		if (g.rights.groups || g.rights.everything) && g.attributes.has(folded) {
			return true
		}
	}
	return false
}

// OwnValues tells whether an attribute of the identity's own entry is readable
// as its own: then access values of every database above no access are.
func (r *Rights) OwnValues(id directory.ID, folded string) bool {
	return id == r.self && r.self != directory.None && !r.policy.selfNone && r.policy.self.has(folded)
}

// AnyAccess tells whether access values of any database may be read.
func (r *Rights) AnyAccess() bool { return r.merged.access || r.merged.everything }

// Everything tells whether a rule gives all attributes of all entries.
func (r *Rights) Everything() bool {
	for i := range r.grants {
		if g := &r.grants[i]; g.rights.everything && g.attributes == nil && g.databases == nil {
			return true
		}
	}
	return false
}
