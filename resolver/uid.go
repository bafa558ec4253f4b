package resolver

import (
	"slices"

	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/schema"
)

// uidReader compares the uids of an entry in two Stores, since groups of
// RFC 2307 name their members by uid.
type uidReader struct {
	before, after *directory.Store
	uid           schema.ID
	known         bool
}

func newUIDReader(before, after *directory.Store) uidReader {
	id, ok := after.Schema().Lookup("uid")
	return uidReader{before, after, id, ok}
}

// changed lists, in normal form, the uids that the entry had before or has now, when the two
// differ or the entry is not of the same kind.
func (r *uidReader) changed(id directory.ID, sameKind bool) []string {
	if !r.known {
		return nil
	}
	a, b := r.values(r.before, id), r.values(r.after, id)
	if sameKind && slices.Equal(a, b) {
		return nil
	}
	return append(a, b...)
}

func (r *uidReader) values(st *directory.Store, id directory.ID) []string {
	e := st.Entry(id)
	if e == "" {
		return nil
	}
	raw, ok := e.Find(r.uid)
	if !ok {
		return nil
	}
	var out []string
	t := st.Schema().Type(r.uid)
	for vs := raw.Values(); ; {
		v, ok := vs.Next()
		if !ok {
			return out
		}
		if normal, ok := t.AppendKey(nil, []byte(v)); ok {
			out = append(out, string(normal))
		}
	}
}
