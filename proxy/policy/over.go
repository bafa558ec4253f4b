package policy

import (
	"strings"
	"sync"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/cache"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/schema"
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

	classes = int(Open) + 1
)

// Classifier tells the class of an attribute by its folded name.
type Classifier func(folded string) Class

// Over is a Policy over one Snapshot, with what serves every identity found out
// once. Attributes are known there by every name that the schema gives them, so
// that no second name leads around a rule. It is safe for concurrent use.
type Over struct {
	snapshot *resolver.Snapshot
	rules    []ruleOver
	self     attributeSet
	selfNone bool
	hidden   map[string]bool
	kinds    kinds
	kept     *cache.Cache[string, *Rights]

	once sync.Once
	tops tops
}

// ruleOver is a rule with what it means in a Snapshot.
type ruleOver struct {
	compiledRule
	below      []directory.ID  // the entries of its bases
	reach      *roaring.Bitmap // its databases, nil is all
	membership bool            // its attributes hold one of class Membership
	access     bool            // its attributes hold one of class Access
}

// kinds are the entries of each kind.
type kinds struct {
	subjects *roaring.Bitmap // people and servers
	groups   *roaring.Bitmap // all of them
	denied   *roaring.Bitmap // deny lists, nil when there are none
}

// Over looks at a Snapshot through the policy.
func (p *Policy) Over(s *resolver.Snapshot, classify Classifier) *Over {
	sc := s.Store().Schema()
	o := &Over{snapshot: s, self: p.self.in(sc), selfNone: p.selfNone, hidden: hiddenIn(sc, p.hide), kinds: kindsOf(s), kept: newRightsCache(&p.uses)}
	for i := range p.rules {
		o.rules = append(o.rules, o.ruleOf(p.rules[i], classify))
	}
	return o
}

func (o *Over) ruleOf(rule compiledRule, classify Classifier) ruleOver {
	rule.attributes = rule.attributes.in(o.snapshot.Store().Schema())
	out := ruleOver{compiledRule: rule, membership: rule.attributes == nil, access: rule.attributes == nil}
	for a := range rule.attributes {
		out.membership = out.membership || classify(a) == Membership
		out.access = out.access || classify(a) == Access
	}
	for _, b := range rule.bases {
		if id, ok := o.snapshot.Store().Find(b); ok {
			out.below = append(out.below, id)
		}
	}
	out.reach = o.reachOf(rule.databases)
	return out
}

// reachOf is the databases that globs select; nil for all.
func (o *Over) reachOf(globs []string) *roaring.Bitmap {
	if globs == nil {
		return nil
	}
	set := roaring.New()
	for _, glob := range globs {
		if glob == "**" {
			return nil
		}
		for _, db := range o.snapshot.Databases().Match(glob) {
			set.Add(uint32(db.Index))
		}
	}
	return set
}

// in is the set by the names that the schema sends; what it does not know stays.
func (a attributeSet) in(sc *schema.Schema) attributeSet {
	if a == nil {
		return nil
	}
	out := attributeSet{}
	for n := range a {
		if id, ok := sc.Lookup(n); ok {
			n = strings.ToLower(sc.Type(id).Name())
		}
		out[n] = true
	}
	return out
}

// referralAddresses holds the addresses of the directory's servers (RFC 3296
// section 2.2), which clients do not learn.
const referralAddresses = "ref"

// hiddenIn are the attributes that nobody reads: an attribute is hidden if any
// of its names is.
func hiddenIn(sc *schema.Schema, hide map[string]bool) map[string]bool {
	out := attributeSet(hide).in(sc)
	if out == nil {
		out = attributeSet{}
	}
	if id, ok := sc.Lookup(referralAddresses); ok {
		out[strings.ToLower(sc.Type(id).Name())] = true
	}
	for i := range sc.Len() {
		t := sc.Type(schema.ID(i))
		for _, n := range append([]string{t.OID}, t.Names...) {
			if secret.Attribute(n) {
				out[strings.ToLower(t.Name())] = true
			}
		}
	}
	return out
}

func kindsOf(s *resolver.Snapshot) kinds {
	p := s.Population()
	k := kinds{subjects: roaring.Or(p.People, p.Servers), groups: p.Groups}
	for it := p.Groups.Iterator(); it.HasNext(); {
		id := it.Next()
		if g, ok := s.GroupOf(directory.ID(id)); ok && s.Group(g).DenyList() {
			if k.denied == nil {
				k.denied = roaring.New()
			}
			k.denied.Add(id)
		}
	}
	return k
}

// Hidden tells whether an attribute is one that nobody reads.
func (o *Over) Hidden(folded string) bool { return o.hidden[folded] || secret.Attribute(folded) }

// tops are the entries above people and servers, above groups and above deny
// lists: they may be read as DN and objectClass by whoever may read what lies below.
type tops struct{ subjects, groups, denied *roaring.Bitmap }

// above finds the tops when they are first needed.
func (o *Over) above() *tops {
	o.once.Do(func() {
		o.tops = tops{o.climb(o.kinds.subjects), o.climb(o.openGroups()), roaring.New()}
		if o.kinds.denied != nil {
			o.tops.denied = o.climb(o.kinds.denied)
		}
	})
	return &o.tops
}

func (o *Over) openGroups() *roaring.Bitmap {
	if o.kinds.denied == nil {
		return o.kinds.groups
	}
	return roaring.AndNot(o.kinds.groups, o.kinds.denied)
}

func (o *Over) climb(from *roaring.Bitmap) *roaring.Bitmap {
	st, out := o.snapshot.Store(), roaring.New()
	for it := from.Iterator(); it.HasNext(); {
		for up := st.Parent(directory.ID(it.Next())); up != directory.None && out.CheckedAdd(uint32(up)); up = st.Parent(up) {
		}
	}
	return out
}
