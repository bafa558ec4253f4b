package policy

import (
	"slices"
	"sync/atomic"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/group"
	"github.com/aclens/aclens/resolver/name"
)

// Rights are what one identity may see of one Snapshot. They are safe for
// concurrent use.
type Rights struct {
	over   *Over
	self   directory.ID
	grants []*ruleOver
	rules  []int  // those behind grants, by position
	merged rights // of all grants
	plain  bool   // no grant narrows attributes: one answer serves a class

	// What follows is found out when it is first needed, and does not change then.
	byClass [classes]atomic.Pointer[Readers]
	byName  memo[*Readers]
	tells   memo[told]
}

// told is for which databases an attribute may be read.
type told struct {
	set *roaring.Bitmap
	all bool
}

// Rights finds what an identity may see. Who asks again gets the same Rights.
func (o *Over) Rights(who Identity) *Rights {
	if len(who.Key) > keptKey {
		return o.rightsOf(who)
	}
	return o.kept.Find(who.Key, func() *Rights { return o.rightsOf(who) })
}

// rightsOf goes through the rules. Of the identity only its key may count, by
// which the answer is kept.
func (o *Over) rightsOf(who Identity) *Rights {
	r := &Rights{over: o, self: directory.None, plain: o.self == nil}
	if !who.Anonymous() {
		if id, ok := o.snapshot.Store().Find(who.Key); ok && o.snapshot.Store().Exists(id) {
			r.self = id
		}
	}
	for i := range o.rules {
		if rule := &o.rules[i]; r.holds(rule, who) {
			r.grants = append(r.grants, rule)
			r.rules = append(r.rules, i)
			r.merged = r.merged.or(rule.rights)
			r.plain = r.plain && rule.attributes == nil
		}
	}
	return r
}

// Cover tells whether no rule is missing that gave the identity rights over
// another Snapshot. What it may read of the own entry goes without a rule.
func (r *Rights) Cover(other *Rights) bool {
	return !slices.ContainsFunc(other.rules, func(rule int) bool { return !slices.Contains(r.rules, rule) })
}

func (a rights) or(b rights) rights {
	return rights{a.people || b.people, a.groups || b.groups, a.access || b.access,
		a.denylists || b.denylists, a.admin || b.admin, a.everything || b.everything}
}

func (r *Rights) holds(rule *ruleOver, who Identity) bool {
	switch rule.who {
	case Anonymous:
		return who.Anonymous()
	case AnyBound:
		return !who.Anonymous()
	case OneDN:
		return who.Key == rule.key
	default:
		return !who.Anonymous() && r.inGroup(rule.key, who)
	}
}

// inGroup tells whether the identity is in a group, by the state of this very
// Snapshot. One without an entry is where its DN stands among the members.
func (r *Rights) inGroup(key string, who Identity) bool {
	s := r.over.snapshot
	id, ok := s.Store().Find(key)
	if !ok {
		return false
	}
	g, ok := s.GroupOf(id)
	if !ok {
		return false
	}
	if r.self != directory.None {
		return containsGroup(s.MemberOf(r.self), g)
	}
	_, names := s.Inside(g)
	for _, k := range names {
		if string(k) == who.Key && s.NameAlone(k) && !wildcard(k) {
			return true
		}
	}
	return false
}

func wildcard(k name.Key) bool {
	dn, err := name.ParseDN(string(k))
	return err != nil || name.FromDN(dn).IsWildcard()
}

func containsGroup(ids []group.ID, g group.ID) bool {
	for _, id := range ids {
		if id == g {
			return true
		}
	}
	return false
}

// DenyLists tells whether deny-list groups may be shown.
func (r *Rights) DenyLists() bool { return r.merged.denylists }

// Admin tells whether the identity may release and steer.
func (r *Rights) Admin() bool { return r.merged.admin }

// Groups tells whether groups in general may be read.
func (r *Rights) Groups() bool { return r.merged.groups }

// Self is the identity's own entry, None when it has none.
func (r *Rights) Self() directory.ID { return r.self }

// Hidden tells whether an attribute is one that nobody reads.
func (r *Rights) Hidden(folded string) bool { return r.over.Hidden(folded) }

// Entries are the entries that may be returned at all, if only as ancestors of
// some that may be read.
func (r *Rights) Entries() *Readers {
	out := r.byClass[Open].Load()
	if out == nil {
		out = r.entries()
		out.listFew()
		r.byClass[Open].Store(out)
	}
	return out
}

// Attribute is the entries of which an attribute may be read. For class Access
// that is so for some database; Databases says for which.
func (r *Rights) Attribute(folded string, c Class) *Readers {
	if r.Hidden(folded) {
		return &Readers{}
	}
	return r.Shown(folded, c)
}

// Shown is Attribute for one that is known not to be hidden.
func (r *Rights) Shown(folded string, c Class) *Readers {
	if c == Open {
		return r.Entries()
	}
	if !r.plain {
		return r.narrowed(folded, c)
	}
	out := r.byClass[c].Load()
	if out == nil {
		out = r.attribute(folded, c)
		r.byClass[c].Store(out)
	}
	return out
}

func (r *Rights) narrowed(folded string, c Class) *Readers {
	out, ok := r.byName.find(folded)
	if !ok {
		out = r.byName.keep(folded, r.attribute(folded, c))
	}
	return out
}

func (r *Rights) begin() *Readers {
	out := &Readers{store: r.over.snapshot.Store()}
	if !r.merged.denylists {
		out.not = r.over.kinds.denied
	}
	return out
}

func (r *Rights) attribute(folded string, c Class) *Readers {
	out := r.begin()
	if r.readsSelf() && r.over.self.has(folded) {
		out.ids = append(out.ids, r.self)
	}
	for _, g := range r.grants {
		if g.attributes.has(folded) {
			g.extend(out, c, &r.over.kinds)
		}
	}
	return out
}

// extend adds the entries that a grant opens to an attribute of a class.
func (g *ruleOver) extend(out *Readers, c Class, k *kinds) {
	if g.rights.everything {
		out.all = true // with the right denylists
		return
	}
	if c == Membership && g.rights.groups || c == Access && g.rights.access || c == Real && g.rights.people {
		out.sets = append(out.sets, k.subjects)
	}
	if c != Access && g.rights.groups {
		out.sets = append(out.sets, k.groups)
	}
	if c == Real {
		out.bases = append(out.bases, g.below...)
	}
}

// readsSelf tells whether the identity may read something of the own entry.
func (r *Rights) readsSelf() bool { return r.self != directory.None && !r.over.selfNone }

// entries are those that may be returned, with their ancestors.
func (r *Rights) entries() *Readers {
	out := r.begin()
	if r.readsSelf() {
		out.ids = r.line(out.ids, r.self)
	}
	for _, g := range r.grants {
		if g.rights.everything {
			out.all = true
			return out
		}
		r.open(out, g)
	}
	return out
}

// open adds the entries that a grant opens, with those above them.
func (r *Rights) open(out *Readers, g *ruleOver) {
	k := &r.over.kinds
	if g.rights.people || g.rights.groups && g.membership || g.rights.access && g.access {
		out.sets = append(out.sets, k.subjects, r.over.above().subjects)
	}
	if g.rights.groups {
		out.sets = append(out.sets, k.groups, r.over.above().groups)
		if r.merged.denylists {
			out.sets = append(out.sets, r.over.above().denied)
		}
	}
	out.bases = append(out.bases, g.below...)
	for _, b := range g.below {
		out.ids = r.line(out.ids, b)
	}
}

// line appends an entry and those above it.
func (r *Rights) line(ids []directory.ID, id directory.ID) []directory.ID {
	for ; id != directory.None; id = r.over.snapshot.Store().Parent(id) {
		ids = append(ids, id)
	}
	return ids
}

// Databases are the databases whose access values may be read of people and
// servers: nil and true for all of them. Of the own entry all with access above
// no access may be read as well; see OwnValues.
func (r *Rights) Databases(folded string) (set *roaring.Bitmap, all bool) {
	if t, ok := r.tells.find(folded); ok {
		return t.set, t.all
	}
	t := told{set: roaring.New()}
	for _, g := range r.grants {
		if !g.rights.access || !g.attributes.has(folded) {
			continue
		}
		if g.reach == nil {
			t = told{all: true}
			break
		}
		t.set.Or(g.reach)
	}
	t = r.tells.keep(folded, t)
	return t.set, t.all
}

// Database tells whether an attribute of the subtree entries of a database may
// be read.
func (r *Rights) Database(index int, folded string) bool {
	if r.Hidden(folded) {
		return false
	}
	set, all := r.Databases(folded)
	return all || set.Contains(uint32(index))
}

// AnyDatabase tells whether something of a database in the virtual subtree may
// be read at all.
func (r *Rights) AnyDatabase(index int) bool {
	for _, g := range r.grants {
		if g.rights.access && (g.reach == nil || g.reach.Contains(uint32(index))) {
			return true
		}
	}
	return false
}

// GroupAttribute tells whether an attribute of flattened groups may be read.
func (r *Rights) GroupAttribute(folded string) bool {
	if r.Hidden(folded) {
		return false
	}
	for _, g := range r.grants {
		if g.rights.groups && g.attributes.has(folded) {
			return true
		}
	}
	return false
}

// OwnValues tells whether an attribute of the identity's own entry is readable
// as its own: then access values of every database above no access are.
func (r *Rights) OwnValues(id directory.ID, folded string) bool {
	return id == r.self && r.readsSelf() && r.over.self.has(folded)
}

// AnyAccess tells whether access values of any database may be read.
func (r *Rights) AnyAccess() bool { return r.merged.access }

// Everything tells whether a rule gives all attributes of all entries.
func (r *Rights) Everything() bool {
	for _, g := range r.grants {
		if g.rights.everything && g.attributes == nil && g.reach == nil {
			return true
		}
	}
	return false
}
