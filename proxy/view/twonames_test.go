package view

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
)

// A poll finds the new name of an entry before it misses the former one.
func TestAnEntryWithTwoNamesForAWhileIsNotLostByItsFollowers(t *testing.T) {
	called := func(cn string) directory.Draft {
		d := directory.Draft{DN: "cn=" + cn + ",o=Acme"}
		d.AddText("objectClass", "inetOrgPerson")
		d.AddText("cn", cn)
		d.AddText("entryUUID", "597ae2f6-16a6-1027-98f4-d28b5365dc14")
		return d
	}
	put := func(cn string) directory.Change { d := called(cn); return directory.Change{Put: &d} }
	remove := func(cn string) directory.Change {
		key, err := name.KeyOf(called(cn).DN)
		must(t, err)
		return directory.Change{Remove: key}
	}
	for missed := range 3 { // how many states the one that asks now and then does not see
		d := newDice(1)
		snap, _ := d.world(t)
		s := viewSettings()
		s.History = &past{}
		v := newView(t, s, policy.Settings{Rules: []policy.Rule{allRule()}}, snap)
		key, err := name.KeyOf(reader)
		must(t, err)
		filter, err := wire.ParseFilterString("(cn=*)")
		must(t, err)
		f := &followed{t: t, view: v, seen: map[string]bool{}, polled: &copied{mirrored: newMirrored(t)}, torn: &copied{mirrored: newMirrored(t)},
			request: Request{MessageID: 1, Identity: policy.Identity{DN: reader, Key: key},
				Search: &wire.SearchRequest{Base: []byte("o=Acme"), Scope: wire.ScopeSubtree, Filter: filter, Attributes: [][]byte{[]byte("cn"), []byte("entryCSN")}}}}
		for n, change := range []directory.Change{put("Former"), put("Later"), remove("Former"), put("Again"), remove("Later")} {
			before := f.search("")
			snap, _ = snap.Update(resolver.Change{Entries: []directory.Change{change}})
			v.Swap(fmt.Sprint(n), snap, nil, testTime).Moment() // a slow machine would answer from the State before
			f.step()
			if n%3 >= missed {
				f.poll(f.polled, true)
			}
			if change.Remove == "" && n > 0 {
				continue // it has two names, of which a copy keeps one
			}
			f.poll(f.polled, true)
			if left := map[int]string{2: "cn=later,o=acme", 4: "cn=again,o=acme"}[n]; left != "" && f.search("")[left] == before[left] {
				t.Errorf("state %d: a consumer that goes by entryCSN takes %s for old", n, left)
			}
			for _, m := range []*mirrored{f.polled.mirrored, f.lasting} {
				if diff := cmp.Diff(f.search(""), m.tree()); diff != "" {
					t.Fatalf("state %d, %d missed: the copy differs (-search +copy):\n%s", n, missed, diff)
				}
			}
		}
	}
}
