package view

import (
	"github.com/google/uuid"

	"github.com/aclens/aclens/resolver/directory"
)

// soleNames notes a change of every entry that had two names and lost one. Where
// a directory is polled, an entry that got another name is found under that one
// before it is missed under the former. Consumers know it by its entryUUID and
// would drop it; and one that they are told of anew has to have changed, or
// slapd ignores it as old.
func (d *difference) soleNames() {
	for i := range len(d.changes) {
		c := &d.changes[i]
		if c.Kind != Deleted {
			continue
		}
		id, ok := d.next.bearer(c.UUID)
		if !ok {
			continue
		}
		key := d.next.Snapshot.Store().Entry(id).Key()
		before, ok := d.old.Snapshot.Store().Find(key)
		if !ok || entryUUIDOf(d.old, before) != c.UUID || d.changed(key) {
			continue
		}
		d.put(Change{Kind: Modified, Was: d.old.over.Entry(before), Attributes: []string{"entryUUID"}}, d.next, id)
	}
}

// changed tells whether a change of the entry that is there is noted already.
func (d *difference) changed(key string) bool {
	for i := range d.changes {
		if d.changes[i].Kind != Deleted && d.changes[i].Key == key {
			return true
		}
	}
	return false
}

// bearer is an entry of the directory that has an entryUUID.
func (s *State) bearer(u uuid.UUID) (directory.ID, bool) {
	st := s.Snapshot.Store()
	attribute, known := st.Schema().Lookup("entryUUID")
	if !known {
		return directory.None, false
	}
	f := directory.Filter{Op: directory.Equal, Attrs: st.Schema().Expand(attribute), Type: st.Schema().Type(attribute)}
	var ok bool
	if f.Key, ok = f.Type.AppendKey(nil, []byte(u.String())); !ok {
		return directory.None, false
	}
	found := directory.None
	st.Plan(&f).Each(0, st.Cap(), func(id directory.ID) bool {
		if st.Exists(id) && entryUUIDOf(s, id) == u {
			found = id
		}
		return found == directory.None
	})
	return found, found != directory.None
}
