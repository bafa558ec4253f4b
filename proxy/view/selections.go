package view

import (
	"encoding/binary"
	"sync"

	lru "github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/schema"
)

// Bounds of what is kept of requests, so that what clients ask again and again
// is read once.
const (
	keptSelections = 4 << 20 // octets of the selections of one State
	keptList       = 1 << 10 // octets of an attribute list that is kept
	keptBases      = 1024    // bases of searches
	keptBase       = 512     // octets of a base that is kept
)

// selectionCache keeps the selections of the attribute lists that were asked for
// last. What a name stands for does not change within a State.
type selectionCache struct {
	mu     sync.Mutex // guards the others
	kept   *lru.LRU[string, *selection]
	octets int
}

func (c *selectionCache) get(key []byte) (*selection, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept == nil {
		return nil, false
	}
	return c.kept.Get(string(key))
}

// put keeps a selection, which must not change any more.
func (c *selectionCache) put(key []byte, sel *selection) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept == nil {
		c.kept, _ = lru.NewLRU(keptSelections, func(key string, old *selection) { c.octets -= old.size(len(key)) }) // fails for less than one
	}
	c.kept.Remove(string(key)) // somebody may have been first
	c.kept.Add(string(key), sel)
	for c.octets += sel.size(len(key)); c.octets > keptSelections && c.kept.Len() > 1; {
		c.kept.RemoveOldest()
	}
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

// baseCache keeps the bases of the last searches, read.
type baseCache struct {
	mu   sync.Mutex // guards kept
	kept *lru.LRU[string, name.DN]
}

// parse is name.ParseDN.
func (c *baseCache) parse(base string) (name.DN, error) {
	if len(base) > keptBase {
		return name.ParseDN(base)
	}
	if dn, ok := c.get(base); ok {
		return dn, nil
	}
	dn, err := name.ParseDN(base)
	if err != nil {
		return dn, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept == nil {
		c.kept, _ = lru.NewLRU[string, name.DN](keptBases, nil) // fails for less than one
	}
	c.kept.Add(base, dn)
	return dn, nil
}

func (c *baseCache) get(base string) (name.DN, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept == nil {
		return name.DN{}, false
	}
	return c.kept.Get(base)
}
