package view

import (
	"encoding/binary"

	"github.com/aclens/aclens/resolver/cache"
	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/schema"
)

// Bounds of what is kept of requests, so that what clients ask again and again
// is read once.
const (
	keptSelections = 4 << 20 // octets of the selections of one State
	keptList       = 1 << 10 // octets of an attribute list that is kept
	keptBases      = 1 << 20 // octets of the bases of searches
	keptBase       = 512     // octets of a base that is kept
)

// newSelectionCache keeps the selections of the attribute lists that were asked
// for last, by appendListKey. What a name stands for does not change within a State.
func newSelectionCache(use *cache.Use) *cache.Cache[string, *selection] {
	return cache.New(keptSelections, use, func(key string, sel *selection) int { return sel.size(len(key)) })
}

// size is what keeping a selection costs, in octets and roughly.
func (sel *selection) size(key int) int {
	const fixed, each = 256, 64
	return fixed + key + len(sel.named) + each*(len(sel.real)+len(sel.open))
}

// appendListKey writes an attribute list as no other is written.
func appendListKey(key []byte, attributes [][]byte, how selecting) []byte {
	key = append(key, boolByte(how.typesOnly)|boolByte(how.realOnly)<<1|boolByte(how.feed)<<2)
	for _, a := range attributes {
		key = binary.AppendUvarint(key, uint64(len(a)))
		key = append(key, a...)
	}
	return key
}

// listSize is the octets of an attribute list.
func listSize(attributes [][]byte) int {
	n := len(attributes)
	for _, a := range attributes {
		n += len(a)
	}
	return n
}

// wantedAttribute is a virtual attribute as the schema of a State knows it.
type wantedAttribute struct {
	*attribute
	id     schema.ID
	column *column
	name   string
	folded string
}

// offer are those of the attributes that can be written at all.
func (s *State) offer(list []*attribute) []wantedAttribute {
	var out []wantedAttribute
	sc := s.Snapshot.Store().Schema()
	for _, a := range list {
		id, ok := sc.Lookup(a.name)
		if !ok || int(id) >= len(s.columns) || a.values == nil || s.byID[id] == nil {
			continue
		}
		c := &s.columns[id]
		out = append(out, wantedAttribute{a, id, c, sc.Name(id), c.folded})
	}
	return out
}

// among are those attributes that the selection asks for.
func (sel *selection) among(offered []wantedAttribute) []wantedAttribute {
	var out []wantedAttribute
	for _, a := range offered {
		if sel.computed(a.id, a.attribute) {
			out = append(out, a)
		}
	}
	return out
}

// newBaseCache keeps the bases of the last searches, read.
func newBaseCache(use *cache.Use) *cache.Cache[string, name.DN] {
	const fixed, each = 256, 4 // parts and keys hold a name several times
	return cache.New(keptBases, use, func(base string, _ name.DN) int { return fixed + each*len(base) })
}

// parseBase is name.ParseDN.
func (v *View) parseBase(base string) (name.DN, error) {
	if len(base) > keptBase {
		return name.ParseDN(base)
	}
	if dn, ok := v.bases.Get(base); ok {
		return dn, nil
	}
	dn, err := name.ParseDN(base)
	if err != nil {
		return dn, err
	}
	return v.bases.Put(base, dn), nil
}
