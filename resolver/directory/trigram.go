package directory

import (
	"maps"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/aclens/aclens/resolver/schema"
)

// trigrams maps three neighbouring bytes of a normalised value to the entries
// that have them, so that a substring filter looks at few entries.
type trigrams map[uint32]*roaring.Bitmap

// indexesSubstrings says which types have the index: those that people search
// by parts of. Others, and those for which a directory defines rules that do not
// belong together, are searched through the entries that have the attribute.
func indexesSubstrings(t *schema.Type) bool {
	switch t.Name() {
	case "cn", "sn", "givenName", "displayName", "mail", "uid", "fullName", "altFullName", "sAMAccountName":
	default:
		return false
	}
	switch t.Substring {
	case "caseIgnoreSubstringsMatch":
		return t.Equality == "caseIgnoreMatch"
	case "caseIgnoreIA5SubstringsMatch":
		return t.Equality == "caseIgnoreIA5Match"
	default:
		return false
	}
}

// eachGram calls f for every trigram of a text.
func eachGram(text []byte, f func(uint32)) {
	var g uint32
	for i, c := range text {
		g = (g<<8 | uint32(c)) & 0xffffff
		if i >= 2 {
			f(g)
		}
	}
}

// with returns the index after the noted changes; sets are copied, not changed.
func (t trigrams) with(changes map[uint32]*bits) trigrams {
	out := make(trigrams, len(t)+len(changes))
	maps.Copy(out, t)
	for g, b := range changes {
		if out[g] = b.applyTo(out[g]); out[g].IsEmpty() {
			delete(out, g)
		}
	}
	return out
}

// candidates is a set that holds every entry with all the fragments, or false
// when they are too short to tell.
func (t trigrams) candidates(fragments [][]byte) (*roaring.Bitmap, bool) {
	var set *roaring.Bitmap
	empty := false
	for _, text := range fragments {
		eachGram(text, func(g uint32) {
			switch b := t[g]; {
			case b == nil:
				empty = true
			case set == nil:
				set = b.Clone()
			default:
				set.And(b)
			}
		})
	}
	if empty {
		return roaring.New(), true
	}
	return set, set != nil
}
