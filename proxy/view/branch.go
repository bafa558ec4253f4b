package view

import (
	"github.com/RoaringBitmap/roaring/v2"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
)

// place is one of the two kinds of entries that a search can look through: the
// directory's, and those of the virtual subtree.
type place interface {
	branch
	// visible tells whether an entry may be returned at all.
	visible(id directory.ID) bool
	// readable tells whether an attribute of a visible entry may be returned.
	readable(id directory.ID, c *column) bool
	// wanted are the attributes that are computed for entries and asked for.
	wanted(sel *selection) []wantedAttribute
	// fill computes what only this place knows (members of virtual groups).
	fill(id directory.ID, sel *selection, w *wire.EntryWriter)
}

// realPlace is the directory's own entries, with virtual attributes.
type realPlace struct {
	state    *State
	rights   *policy.Rights
	realOnly bool
	managed  string // with ManageDsaIT: the address that referral objects lead to; else they are no entries
}

func (p *realPlace) visible(id directory.ID) bool {
	if p.state.isReferral(id) && (p.managed == "" || p.state.references()[id] == nil) {
		return false
	}
	return p.rights.Entries().Readable(id)
}

func (p *realPlace) readable(id directory.ID, c *column) bool {
	return !c.hidden && p.rights.Shown(c.folded, c.class).Readable(id)
}

func (p *realPlace) wanted(sel *selection) []wantedAttribute { return sel.real }

// fill writes where a referral object leads to.
func (p *realPlace) fill(id directory.ID, sel *selection, w *wire.EntryWriter) {
	if p.managed == "" || !p.state.isReferral(id) {
		return
	}
	sc := p.state.Snapshot.Store().Schema()
	ref, known := sc.Lookup(attrRef)
	uri, leads := p.state.leadsTo(id, p.rights, p.managed)
	if !known || !leads || !sel.isNamed(ref) && !sel.plus {
		return
	}
	w.BeginAttribute(attrRef)
	if !sel.typesOnly {
		w.Value(uri)
	}
	w.EndAttribute()
}

func (p *realPlace) guard(_ *compiler, folded string, class policy.Class) (directory.Guard, bool) {
	readers := p.rights.Attribute(folded, class)
	switch {
	case readers.None():
		return nil, false
	case readers.All():
		return nil, true
	default:
		return readers, true
	}
}

// computed makes the leaf of an item on virtual attributes.
func (p *realPlace) computed(c *compiler, a *assertion) (directory.Filter, bool) {
	if p.realOnly {
		return directory.Filter{}, false
	}
	var attrs []*attribute
	for _, id := range a.attrs {
		if v := p.state.byID[id]; v != nil {
			attrs = append(attrs, v)
		}
	}
	if len(attrs) == 0 {
		return directory.Filter{}, false
	}
	return p.besideStored(c, a, attrs, p.virtualItem(c, a, attrs)), true
}

func (p *realPlace) virtualItem(c *compiler, a *assertion, attrs []*attribute) directory.Filter {
	if a.filter.Kind == wire.Equality || a.filter.Kind == wire.Approx {
		if _, valid := a.typ.AppendKey(nil, a.filter.Value); !valid || !a.typ.HasEquality() {
			return never()
		}
		if len(attrs) == 1 && attrs[0].leaf != nil {
			if l := attrs[0].leaf(c, attrs[0], string(a.filter.Value)); l.known {
				return computedLeaf(&setLeaf{leafSet: l, rights: p.rights, folded: a.folded})
			}
		}
	}
	holds, ok := valueTest(c, a)
	if !ok {
		return never()
	}
	return computedLeaf(sinceItem(a, attrs, &valueLeaf{
		computed: c.computer(p), attrs: attrs, holds: holds,
	}))
}

// besideStored looks at the directory's own values where the virtual attribute
// of that name is not computed, as for a computer of Active Directory.
func (p *realPlace) besideStored(c *compiler, a *assertion, attrs []*attribute, item directory.Filter) directory.Filter {
	if item.Op != directory.Computed || attrs[0].on == onAll {
		return item
	}
	stored := c.stored(a)
	if there := c.store.Plan(&directory.Filter{Op: directory.Present, Attrs: a.attrs}); stored.Op == directory.Constant || there.Len(1) == 0 {
		return item
	}
	return computedLeaf(&mixedLeaf{state: p.state, attr: attrs[0], virtual: item.Leaf, stored: stored, eval: directory.NewEvaluator(c.store), store: c.store})
}

func computedLeaf(l directory.Leaf) directory.Filter {
	return directory.Filter{Op: directory.Computed, Leaf: l}
}

// valueTest makes the test of one computed value; nil for presence.
func valueTest(c *compiler, a *assertion) (func([]byte) bool, bool) {
	f := *a.filter
	if f.Kind != wire.Extensible {
		f.Value, f.Initial = keyed(c, f.Value), keyed(c, f.Initial)
	}
	return storedTest(c, &assertion{typ: a.typ, filter: &f})
}

// storedTest is valueTest for values that stand in the entry as they are.
func storedTest(c *compiler, a *assertion) (func([]byte) bool, bool) {
	f := a.filter
	switch f.Kind {
	case wire.Present:
		return nil, true
	case wire.Equality, wire.Approx:
		want, ok := a.typ.AppendKey(nil, f.Value)
		if !ok || !a.typ.HasEquality() {
			return nil, false
		}
		var buf []byte
		return func(v []byte) bool {
			buf, ok = a.typ.AppendKey(buf[:0], v)
			return ok && string(buf) == string(want)
		}, true
	case wire.Substrings:
		m, ok := a.typ.CompileSubstrings(f.Initial, f.Any, f.Final)
		if !ok {
			return nil, false
		}
		return m.Match, true
	case wire.Extensible:
		rule := c.schema.Rule(string(f.Rule))
		if rule == nil {
			return nil, false
		}
		return rule.Compile(f.Value)
	default:
		want, ok := a.typ.OrderingKey(nil, f.Value)
		if !ok || !a.typ.HasOrdering() {
			return nil, false
		}
		return func(v []byte) bool {
			key, ok := a.typ.OrderingKey(nil, v)
			return ok && (f.Kind == wire.GreaterOrEqual && string(key) >= string(want) || f.Kind == wire.LessOrEqual && string(key) <= string(want))
		}, true
	}
}

// keyed reads an alias or a replica id at the front of a value as the key.
func keyed(c *compiler, value []byte) []byte {
	db, _, ok := c.splitKey(string(value))
	if !ok {
		return value
	}
	for i, b := range value {
		if b == '#' {
			return append([]byte(db.Key), value[i:]...)
		}
	}
	return value
}

// chainMember finds the groups that hold an entry at any depth.
func (c *compiler) chainMember(f *wire.Filter) directory.Filter {
	p, ok := c.branch.(*realPlace)
	if !ok {
		return c.item(f) // members of virtual groups are flattened
	}
	guard, visible := p.guard(c, attrMember, policy.Real)
	if !visible {
		return never()
	}
	if _, err := name.KeyOf(string(f.Value)); err != nil {
		return never()
	}
	set := roaring.New()
	s := p.state.Snapshot
	if id, ok := s.FindEntry(string(f.Value)); ok && !p.state.secretValues(p.rights)[s.Store().Entry(id).Key()] {
		for _, g := range s.MemberOf(id) {
			set.Add(uint32(s.Group(g).Entry))
		}
	}
	out := computedLeaf(&setLeaf{leafSet: found(set), rights: p.rights, folded: attrMember})
	out.Guard = guard
	return out
}
