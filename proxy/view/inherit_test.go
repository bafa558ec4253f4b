package view

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/finding"
)

// planted is everything in a subtree, by key.
func planted(s *State, t *tree) map[string]string {
	out := map[string]string{}
	for id := range t.store.Cap() {
		e := t.store.Entry(id)
		if e == "" {
			continue
		}
		text := fmt.Sprintf("%+v exists %t", t.nodes[id], t.store.Exists(id))
		for c := e.Attributes(); ; {
			at, raw, ok := c.Next()
			if !ok {
				break
			}
			for vs := raw.Values(); ; {
				v, ok := vs.Next()
				if !ok {
					break
				}
				text += fmt.Sprintf(" %s=%q", s.Snapshot.Store().Schema().Name(at), v)
			}
		}
		out[e.Key()] = text
	}
	return out
}

func TestASubtreeThatIsTakenOverIsTheOneThatWouldBeBuilt(t *testing.T) {
	taken := 0
	for seed := range uint64(12) {
		d := newDice(seed)
		snap, drafts := d.world(t)
		s := viewSettings()
		s.History = &past{}
		s.MemberOfVirtual = seed%3 == 1
		v := newView(t, s, policy.Settings{Rules: []policy.Rule{allRule()}}, snap)
		for step := range 10 {
			var changed []directory.Change
			if step%3 != 2 {
				drafts, changed = d.happen(t, drafts)
			}
			change := resolver.Change{Entries: changed}
			if step == 7 {
				d.keys = nil
				change.Databases = d.databases(t)
			}
			v.Current().subtree()
			snap, _ = snap.Update(change)
			var found []finding.Finding
			for n := range d.IntN(4) {
				found = append(found, finding.New(finding.BrokenExport, fmt.Sprint("file ", d.IntN(5), n), fmt.Sprint(d.IntN(2))))
			}
			st := v.Swap(fmt.Sprint(step), snap, found, testTime)
			if st.tree.known() != nil {
				taken++
			}
			fresh := v.newState("fresh", snap, found, testTime)
			if diff := cmp.Diff(planted(fresh, fresh.subtree()), planted(st, st.subtree())); diff != "" {
				t.Fatalf("seed %d, step %d: %s", seed, step, diff)
			}
			if copies := *st.copies.get(st.nameCopies); !cmp.Equal(copies, *fresh.nameCopies()) {
				t.Fatalf("seed %d, step %d: copies are named %q", seed, step, copies)
			}
		}
	}
	if taken < 20 {
		t.Errorf("only %d of 120 subtrees were taken over: this tests little", taken)
	}
}

// stuck is a History that numbers nothing until it may.
type stuck struct {
	past
	may chan struct{}
}

func (s *stuck) Append(next *State, changes []Change, highest int64) Moment {
	<-s.may
	return s.past.Append(next, changes, highest)
}

func TestAStateAnswersBeforeItsChangesAreNumbered(t *testing.T) {
	h := &stuck{may: make(chan struct{})}
	s := viewSettings()
	s.History = h
	in := demoInput(t)
	v := newView(t, s, policy.Settings{Rules: []policy.Rule{allRule()}}, build(t, in))
	first := v.Current()
	first.Moment()
	jane := draft("CN=Jane New,OU=Sales,O=Acme", "objectClass", "person", "cn", "Jane New", "sn", "New")
	next, _ := first.Snapshot.Update(resolver.Change{Entries: []directory.Change{{Put: &jane}}})
	st := v.Swap("next", next, nil, testTime)
	who := identity(t, reader)
	search := func(attributes ...string) []entry {
		found, _ := runQuery(t, v, Request{Identity: who, Search: ask("O=Acme", 2, parseFilter(t, "(cn=Jane New)"), attributes...)})
		return found
	}
	if len(search("cn")) != 1 {
		t.Error("a search is answered from the state before")
	}
	if len(search("cn", "modifyTimestamp")) != 0 {
		t.Error("a search for stamps is answered from a state that has none")
	}
	root, _ := runQuery(t, v, Request{Identity: who, Search: ask("", 0, parseFilter(t, "(objectClass=*)"), "lastChangeNumber", "accessSnapshot")})
	if len(root) != 1 || root[0].get("lastChangeNumber")[0] != fmt.Sprint(first.Moment().Last) || root[0].get("accessSnapshot")[0] != "next" {
		t.Errorf("the root DSE is %v", root)
	}
	if v.told() != first {
		t.Error("a state is told of whose changes have no numbers")
	}
	news := v.News()
	close(h.may)
	select {
	case <-news:
	case <-time.After(20 * time.Second):
		t.Fatal("nobody is told of the changes")
	}
	if v.told() != st || st.Moment().Last <= first.Moment().Last || len(search("cn", "modifyTimestamp")) != 1 {
		t.Errorf("%+v is behind %+v", st.Moment(), first.Moment())
	}
	root, _ = runQuery(t, v, Request{Identity: who, Search: ask("", 0, parseFilter(t, "(objectClass=*)"), "lastChangeNumber")})
	if root[0].get("lastChangeNumber")[0] != fmt.Sprint(st.Moment().Last) {
		t.Errorf("the root DSE tells change %v as the last, want %d", root[0].get("lastChangeNumber"), st.Moment().Last)
	}
	if got := maps.Clone(st.Known()); len(got) == 0 {
		t.Error("nothing is known to have changed")
	}
}
