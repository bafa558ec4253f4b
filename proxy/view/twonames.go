package view

import (
	"github.com/google/uuid"

	"github.com/aclens/aclens/resolver/directory"
)

// settleNames corrects events of entries that had two names for a while. Where a
// directory is polled, an entry that got another name is found under that one
// before it is missed under the former: what happened to it last is then that a
// name went. Consumers know it by its entryUUID, and would drop it.
func (c *content) settleNames(list []*event) {
	for _, e := range list {
		if e.last.Kind != Deleted {
			continue
		}
		if id, ok := c.bearer(e.uuid); ok {
			there := c.stages[0].store.Entry(id)
			e.last = Change{Kind: Modified, DN: there.DN(), Key: there.Key(), UUID: e.uuid, Was: e.last.Was}
		}
	}
}

// bearer is an entry of the directory that has an entryUUID now.
func (c *content) bearer(u uuid.UUID) (directory.ID, bool) {
	at := c.stages[0]
	st := at.store
	attribute, known := st.Schema().Lookup("entryUUID")
	if at.virtual || !known {
		return directory.None, false
	}
	f := directory.Filter{Op: directory.Equal, Attrs: st.Schema().Expand(attribute), Type: st.Schema().Type(attribute)}
	var ok bool
	if f.Key, ok = f.Type.AppendKey(nil, []byte(u.String())); !ok {
		return directory.None, false
	}
	found := directory.None
	st.Plan(&f).Each(0, st.Cap(), func(id directory.ID) bool {
		if st.Exists(id) && entryUUIDOf(c.state, id) == u {
			found = id
		}
		return found == directory.None
	})
	return found, found != directory.None
}
