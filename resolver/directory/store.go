package directory

import (
	"github.com/RoaringBitmap/roaring/v2"

	"github.com/aclens/aclens/resolver/pairs"
	"github.com/aclens/aclens/resolver/schema"
)

// Store is an immutable set of entries with its tree and indexes.
type Store struct {
	schema   *schema.Schema
	hash     pairs.Hasher
	entries  []Entry // by ID; "" where no entry is
	parents  []ID    // by ID; None at the top
	live     int     // entries that are neither free nor glue
	byDN     pairs.List
	children pairs.List // parent, child
	free     []ID       // IDs that no entry has, to be given out again
	equal    map[schema.ID]pairs.List
	present  map[schema.ID]*roaring.Bitmap
	classes  map[string]*roaring.Bitmap // folded class name, superclasses included
	grams    map[schema.ID]trigrams
	shadows  map[string][]Entry // by key: entries that an earlier directory's hides, by Source
	late     *late              // instead of equal, present and grams, where these are made when they are asked for
}

// Empty is a Store without entries under the given schema.
func Empty(s *schema.Schema) *Store {
	return &Store{
		schema: s, hash: pairs.NewHasher(),
		equal: map[schema.ID]pairs.List{}, present: map[schema.ID]*roaring.Bitmap{},
		classes: map[string]*roaring.Bitmap{}, grams: map[schema.ID]trigrams{},
	}
}

// Schema is the schema under which the entries are kept; it knows every
// attribute description that an entry holds.
func (s *Store) Schema() *schema.Schema { return s.schema }

// Len is the number of entries, glue not counted.
func (s *Store) Len() int { return s.live }

// Cap is one more than the highest ID in use.
func (s *Store) Cap() ID { return ID(len(s.entries)) }

// Entry returns the entry of an ID; the empty Entry where there is none.
func (s *Store) Entry(id ID) Entry {
	if int(id) >= len(s.entries) {
		return ""
	}
	return s.entries[id]
}

// Exists tells whether the ID is an entry that may be returned.
func (s *Store) Exists(id ID) bool {
	e := s.Entry(id)
	return e != "" && !e.IsGlue()
}

// Parent is the ID of the entry (or glue) above; None at the top.
func (s *Store) Parent(id ID) ID { return s.parents[id] }

// Find looks an entry (or glue) up by its normalised DN.
func (s *Store) Find(key string) (ID, bool) {
	for _, p := range s.byDN.Find(s.hash.Text(key)) {
		if id := ID(pairs.Second(p)); s.entries[id].Key() == key {
			return id, true
		}
	}
	return None, false
}

// Children lists the entries (and glue) right below id, ascending; id None
// stands for the top.
func (s *Store) Children(id ID) Children { return Children{s.children.Find(uint32(id))} }

// Children is a list of IDs.
type Children struct{ p pairs.List }

// Len is the number of children.
func (c Children) Len() int { return len(c.p) }

// At is the i-th child.
func (c Children) At(i int) ID { return ID(pairs.Second(c.p[i])) }

// Within tells whether id is base or lies below it; base None holds everything.
func (s *Store) Within(id, base ID) bool {
	if base == None {
		return true
	}
	for id != None {
		if id == base {
			return true
		}
		id = s.parents[id]
	}
	return false
}

// TypeOf is the attribute type behind a description.
func (s *Store) TypeOf(id schema.ID) *schema.Type { return s.schema.Type(id) }

// Class is the set of entries of an object class, by any of its names or its
// OID; entries of a subclass belong to it. The set must not be changed.
func (s *Store) Class(nameOrOID string) *roaring.Bitmap {
	if c := s.schema.Class(nameOrOID); c != nil {
		nameOrOID = c.Name()
	}
	if b := s.classes[foldASCII(nameOrOID)]; b != nil {
		return b
	}
	return roaring.New()
}

func foldASCII(s string) string {
	for i := range len(s) {
		if c := s[i]; 'A' <= c && c <= 'Z' {
			b := []byte(s)
			for j := range b {
				b[j] = lower(b[j])
			}
			return string(b)
		}
	}
	return s
}
