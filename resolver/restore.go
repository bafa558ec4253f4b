package resolver

import "github.com/aclens/aclens/resolver/directory"

// Restore makes the Snapshot of a Store that holds its entries already. It
// equals the one that Build makes of those entries; in.Entries is not looked at.
func Restore(in Input) *Snapshot {
	before := emptySnapshot(in.Settings, directory.Empty(in.Store.Schema()))
	n := before.successor(Change{Databases: in.Databases, Servers: in.Servers, AsOf: in.AsOf})
	n.follow(before, in.Store, heldIDs(in.Store))
	n.linkGroups(before)
	return n
}

// heldIDs are the slots of a Store that hold something.
func heldIDs(st *directory.Store) []directory.ID {
	ids := make([]directory.ID, 0, st.Cap())
	for id := range st.Cap() {
		if st.Entry(id) != "" {
			ids = append(ids, id)
		}
	}
	return ids
}
