package view

import "github.com/aclens/aclens/resolver/cache"

// cacheUses count over all States of a View.
type cacheUses struct{ selections, bases, records, insides, orders cache.Use }

// EachCache yields the figures of every cache that answers come from, by purpose:
// what those of the present State hold, and what they did together with those of
// the States before.
func (v *View) EachCache(yield func(purpose string, f cache.Figures)) {
	yield("search-bases", v.bases.Figures())
	yield("sorted-lists", v.orders.Figures())
	st := v.Current()
	if st == nil {
		return
	}
	yield("attribute-lists", st.selections.Figures())
	yield("decision-records", st.records.Figures())
	yield("group-contents", st.insides.Figures())
	yield("rights", st.over.Cache())
	st.Snapshot.EachCache(yield)
}
