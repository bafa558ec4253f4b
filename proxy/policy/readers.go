package policy

import (
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/aclens/aclens/resolver/directory"
)

// Readers is a set of entries: those that one identity may read at all, or of
// which it may read one attribute. It is the only place where that is told, for
// filters, Compare and answers alike.
type Readers struct {
	all   bool
	not   *roaring.Bitmap // deny lists that the identity may not know of (rule 4.2); nil for none
	sets  []*roaring.Bitmap
	bases []directory.ID // entries at or below these
	ids   []directory.ID
	store *directory.Store

	few   []directory.ID // all of the set, where isFew
	isFew bool
}

// Readable tells whether an entry is in the set.
func (r *Readers) Readable(id directory.ID) bool {
	if r.all {
		return true
	}
	if r.not != nil && r.not.Contains(uint32(id)) {
		return false
	}
	if slices.Contains(r.ids, id) {
		return true
	}
	for _, set := range r.sets {
		if set.Contains(uint32(id)) {
			return true
		}
	}
	for _, b := range r.bases {
		if r.store.Within(id, b) {
			return true
		}
	}
	return false
}

// All tells whether every entry is in the set.
func (r *Readers) All() bool { return r.all }

// None tells whether no entry is.
func (r *Readers) None() bool {
	return !r.all && len(r.ids) == 0 && len(r.sets) == 0 && len(r.bases) == 0
}

// Few lists the set where it is an entry with those above it, as it is for a
// person without a rule; false for larger ones. It is told of Entries alone. The
// caller must not change it.
func (r *Readers) Few() ([]directory.ID, bool) { return r.few, r.isFew }

// listFew finds out what Few tells.
func (r *Readers) listFew() {
	if r.all || len(r.sets) > 0 || len(r.bases) > 0 {
		return
	}
	few := slices.DeleteFunc(slices.Clone(r.ids), func(id directory.ID) bool { return !r.Readable(id) })
	slices.Sort(few)
	r.few, r.isFew = slices.Compact(few), true
}
