package directory

import (
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/aclens/aclens/resolver/pairs"
	"github.com/aclens/aclens/resolver/schema"
)

// Candidates is a set of entries that holds every entry for which a filter may
// be True: all, a short list, or a bitmap.
type Candidates struct {
	all  bool
	list []ID // ascending; used when bits is nil
	bits *roaring.Bitmap
}

// Everything is the set of all entries.
func Everything() Candidates { return Candidates{all: true} }

// Listed is the set of the given entries, which must be ascending.
func Listed(ids ...ID) Candidates { return Candidates{list: ids} }

// Set is the set of a bitmap, which must not change any more.
func Set(b *roaring.Bitmap) Candidates { return Candidates{bits: b} }

// All tells whether the set is every entry.
func (c Candidates) All() bool { return c.all }

// Len is the number of entries in the set, limit where it holds all.
func (c Candidates) Len(limit int) int {
	switch {
	case c.all:
		return limit
	case c.bits != nil:
		return int(c.bits.GetCardinality())
	default:
		return len(c.list)
	}
}

// Each calls yield with every entry of the set from `from` on, ascending, until
// yield returns false; end is one more than the highest ID there is.
func (c Candidates) Each(from, end ID, yield func(ID) bool) {
	switch {
	case c.all:
		for id := from; id < end; id++ {
			if !yield(id) {
				return
			}
		}
	case c.bits != nil:
		it := c.bits.Iterator()
		it.AdvanceIfNeeded(uint32(from))
		for it.HasNext() {
			if !yield(ID(it.Next())) {
				return
			}
		}
	default:
		at, _ := slices.BinarySearch(c.list, from)
		for _, id := range c.list[at:] {
			if !yield(id) {
				return
			}
		}
	}
}

func (c Candidates) bitmap() *roaring.Bitmap {
	if c.bits != nil {
		return c.bits
	}
	b := roaring.New()
	for _, id := range c.list {
		b.Add(uint32(id))
	}
	return b
}

// cheap is the number of candidates below which looking at each of them costs
// less than asking a computed leaf for its own.
const cheap = 64

// Plan finds the entries that a filter can be True for, through the smallest
// index that leads to them.
func (s *Store) Plan(f *Filter) Candidates {
	switch f.Op {
	case Constant:
		if f.Value == True {
			return Everything()
		}
		return Listed()
	case And:
		return s.planAnd(f)
	case Or:
		return s.planOr(f)
	case Equal:
		return s.planEqual(f)
	case Present:
		return s.planPresent(f.Attrs)
	case Substring:
		return s.planSubstring(f)
	case GreaterOrEqual, LessOrEqual:
		return s.planPresent(f.Attrs)
	case Computed:
		return f.Leaf.Candidates()
	case Matching:
		if !f.Rule.Any && f.Rule.DNAttrs == nil {
			return s.planPresent(f.Attrs)
		}
	}
	return Everything()
}

// planAnd takes the smallest set of any child. Computed leaves are asked last
// and only when no index gave a small one, since their sets may cost more.
func (s *Store) planAnd(f *Filter) Candidates {
	best := Everything()
	size := int(s.Cap())
	for _, computed := range [2]bool{false, true} {
		if computed && size <= cheap {
			break
		}
		for i := range f.Children {
			child := &f.Children[i]
			if (child.Op == Computed) != computed {
				continue
			}
			if c := s.Plan(child); c.Len(int(s.Cap())) < size {
				best, size = c, c.Len(int(s.Cap()))
			}
		}
	}
	return best
}

func (s *Store) planOr(f *Filter) Candidates {
	if len(f.Children) == 1 {
		return s.Plan(&f.Children[0])
	}
	union := roaring.New()
	for i := range f.Children {
		c := s.Plan(&f.Children[i])
		if c.all {
			return c
		}
		if c.bits != nil {
			union.Or(c.bits)
			continue
		}
		for _, id := range c.list {
			union.Add(uint32(id))
		}
	}
	return Set(union)
}

func (s *Store) planEqual(f *Filter) Candidates {
	if s.isClass(f.Attrs) {
		return Set(s.Class(string(f.Key)))
	}
	hash := s.hash.Bytes(f.Key)
	bases := s.bases(f.Attrs)
	if len(bases) == 1 && s.indexedAs(bases[0], f.Type) {
		return Listed(idsOf(s.values(bases[0]).equal.Find(hash))...)
	}
	union := roaring.New()
	for _, b := range bases {
		switch {
		case s.indexedAs(b, f.Type):
			for _, p := range s.values(b).equal.Find(hash) {
				union.Add(pairs.Second(p))
			}
		default:
			if set := s.values(b).present; set != nil {
				union.Or(set)
			}
		}
	}
	return Set(union)
}

// indexedAs tells whether the index of an attribute holds normal forms of the
// type that is asked for: a subtype may have other rules or allow fewer values,
// and object classes have an index of their own.
func (s *Store) indexedAs(base schema.ID, asked *schema.Type) bool {
	t := s.schema.Type(base)
	same := t == asked || t.Equality == asked.Equality && t.Substring == asked.Substring && t.Syntax == asked.Syntax
	return same && base != s.classID()
}

func (s *Store) planPresent(attrs []schema.ID) Candidates {
	bases := s.bases(attrs)
	if len(bases) == 1 {
		if set := s.values(bases[0]).present; set != nil {
			return Set(set)
		}
	}
	union := roaring.New()
	for _, b := range bases {
		if set := s.values(b).present; set != nil {
			union.Or(set)
		}
	}
	return Set(union)
}

func (s *Store) planSubstring(f *Filter) Candidates {
	union := roaring.New()
	for _, b := range s.bases(f.Attrs) {
		if !indexesSubstrings(s.schema.Type(b)) || !s.indexedAs(b, f.Type) {
			return s.planPresent(f.Attrs)
		}
		set, ok := s.gramsOf(b).candidates(f.Text.Fragments())
		if !ok {
			return s.planPresent(f.Attrs)
		}
		union.Or(set)
	}
	return Set(union)
}

// isClass tells whether objectClass is asked for; descriptions of it that have
// options come after it.
func (s *Store) isClass(attrs []schema.ID) bool { return len(attrs) > 0 && attrs[0] == s.classID() }

// bases are the types behind the descriptions, without options.
func (s *Store) bases(attrs []schema.ID) []schema.ID {
	out := make([]schema.ID, 0, len(attrs))
	for _, a := range attrs {
		if b := s.schema.Base(a); !slices.Contains(out, b) {
			out = append(out, b)
		}
	}
	return out
}

func idsOf(p pairs.List) []ID {
	ids := make([]ID, len(p))
	for i, x := range p {
		ids[i] = ID(pairs.Second(x))
	}
	return slices.Compact(ids)
}
