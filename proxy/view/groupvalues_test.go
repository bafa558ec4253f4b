package view

import (
	"fmt"
	"slices"
	"testing"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/directory"
)

// Memberships that are copied are those that entries give one by one, from a
// State that is new as from one that took the values over, and for those who
// may not know of deny lists.
func TestCopiedMembershipsAreThoseThatEntriesGive(t *testing.T) {
	var names []string
	for _, a := range attributes {
		if a.groups != nil {
			names = append(names, a.name)
		}
	}
	tested := membershipsTested{}
	for seed := range uint64(10) {
		d := newDice(seed)
		snap, drafts := d.world(t)
		s := viewSettings()
		s.MemberOfVirtual = seed%2 == 1
		v := newView(t, s, policy.Settings{Rules: []policy.Rule{allRule(), one("people", "groups")}}, snap)
		for step := range 6 {
			tested.check(t, v, names)
			var changed []directory.Change
			drafts, changed = d.happen(t, drafts)
			snap, _ = snap.Update(resolver.Change{Entries: changed})
			if st := v.Swap(fmt.Sprint(step), snap, nil, testTime); st.groupValues.known() != nil {
				tested.taken++
			}
		}
	}
	if len(names) < 5 || tested.values < 1000 || tested.hidden < 50 || tested.taken < 10 || tested.taken > 50 {
		t.Errorf("%v of %v test little", tested, names)
	}
}

// membershipsTested counts what was compared.
type membershipsTested struct{ values, hidden, taken int }

// check compares every entry that a client reads with what is computed plainly.
func (n *membershipsTested) check(t *testing.T, v *View, names []string) {
	t.Helper()
	st := v.Current()
	for _, dn := range []string{reader, client} {
		rights := st.rights(identity(t, dn))
		place := &realPlace{state: st, rights: rights}
		for _, base := range []string{"o=Acme", ""} {
			entries, _ := search(t, v, dn, base, wire.ScopeSubtree, "(objectClass=*)", names...)
			for _, e := range entries {
				id, ok := st.Snapshot.Store().Find(keyOf(t, e.dn))
				if !ok {
					continue // of the virtual subtree
				}
				c := &computed{state: st, rights: rights, place: place, store: st.Snapshot.Store(), pace: new(pace)}
				c.at(id, c.store.Entry(id))
				for _, a := range attributes {
					if a.groups == nil || !st.carries(a, id) || !slices.Contains(names, a.name) {
						continue
					}
					var want []string
					a.values(c, func(v string) { want = append(want, v) })
					if got := e.get(a.name); !slices.Equal(got, want) && len(got)+len(want) > 0 {
						t.Fatalf("%s reads %s of %s: %q, want %q", dn, a.name, e.dn, got, want)
					}
					n.values += len(want)
					n.hidden += len(a.groups(c)) - len(want)
				}
			}
		}
	}
}
