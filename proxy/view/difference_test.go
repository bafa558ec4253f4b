package view

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
)

// shownTree is every entry of the enriched tree with everything that counts, as
// text by key, and every decision record: the naive twin of Differences renders
// both States whole.
func shownTree(t testing.TB, s *State) (entries, records map[string]string) {
	t.Helper()
	entries, records = map[string]string{}, map[string]string{}
	st := s.Snapshot.Store()
	for id := range st.Cap() {
		if st.Exists(id) {
			entries[st.Entry(id).Key()] = shownReal(t, s, id)
		}
	}
	tree := s.subtree()
	place := s.treePlace(s.rights(policy.Identity{}))
	for id := range tree.store.Cap() {
		if tree.store.Exists(id) {
			entries[tree.store.Entry(id).Key()] = shownVirtual(s, place, id)
		}
	}
	for _, db := range s.Snapshot.Databases().All() {
		subjects := []*resolver.Subject{resolver.AnonymousSubject(), resolver.DefaultSubject()}
		for id := range st.Cap() {
			if sub, ok := s.Snapshot.Subject(id); ok && s.recorded(sub) {
				subjects = append(subjects, sub)
			}
		}
		for _, sub := range subjects {
			d := s.recordContent(sub, db, true)
			if worthTelling(d) {
				records[keyOfDN(d.DN)] = fmt.Sprintf("%s %+v", d.DN, d.Attributes)
			} else {
				records[keyOfDN(d.DN)] = "nothing " + fmt.Sprintf("%s %+v", d.DN, d.Attributes)
			}
		}
	}
	return entries, records
}

func shownReal(t testing.TB, s *State, id directory.ID) string {
	e := s.Snapshot.Store().Entry(id)
	lines := []string{"dn " + e.DN()}
	for c := e.Attributes(); ; {
		desc, raw, ok := c.Next()
		if !ok {
			break
		}
		if !s.columns[desc].hidden {
			lines = append(lines, s.Snapshot.Store().Schema().Name(desc)+string(raw))
		}
	}
	c := computed{state: s, store: s.Snapshot.Store()}
	c.at(id, e)
	for _, a := range s.virtual {
		if a.values != nil && !uncounted[a.name] && s.carries(a, id) {
			a.values(&c, func(v string) { lines = append(lines, a.name+": "+v) })
		}
	}
	if sub, ok := s.Snapshot.Subject(id); ok {
		for _, db := range s.Snapshot.Databases().All() {
			text, err := json.Marshal(s.Snapshot.Explain(sub, db, db.Primary, resolver.Query{Channel: acl.Notes}))
			must(t, err)
			lines = append(lines, string(text))
		}
	}
	sort.Strings(lines)
	return strings.Join(lines, "\n")
}

func shownVirtual(s *State, p *virtualPlace, id directory.ID) string {
	e := p.store.Entry(id)
	lines := []string{"dn " + e.DN()}
	for c := e.Attributes(); ; {
		desc, raw, ok := c.Next()
		if !ok {
			break
		}
		if n := p.store.Schema().Name(desc); !stampNames[n] {
			lines = append(lines, n+string(raw))
		}
	}
	n := p.node(id)
	for it := s.membersOf(&n).Iterator(); it.HasNext(); {
		lines = append(lines, "member "+s.Snapshot.Store().Entry(directory.ID(it.Next())).DN())
	}
	s.namesIn(&n, func(k name.Key) { lines = append(lines, "member by name "+string(k)) })
	p.levelCounts(id, func(v string) { lines = append(lines, "count "+v) })
	sort.Strings(lines)
	return strings.Join(lines, "\n")
}

// naiveDifference compares what both States show.
func naiveDifference(before, after map[string]string) map[string]ChangeKind {
	out := map[string]ChangeKind{}
	for k, v := range before {
		w, ok := after[k]
		switch {
		case !ok:
			out[k] = Deleted
		case v != w:
			out[k] = Modified
		}
	}
	for k := range after {
		if _, ok := before[k]; !ok {
			out[k] = Added
		}
	}
	return out
}

// happen changes a random directory a little.
func (d *dice) happen(t testing.TB, drafts []directory.Draft) (next []directory.Draft, changes []directory.Change) {
	next = slices.Clone(drafts)
	put := func(at int, e directory.Draft) {
		next[at] = e
		changes = append(changes, directory.Change{Put: &next[at]})
	}
	for range 1 + d.IntN(3) {
		at := 4 + d.IntN(len(next)-4)
		old := next[at]
		key, err := name.KeyOf(old.DN)
		must(t, err)
		isGroup := len(old.Values("groupType")) > 0 || strings.HasPrefix(old.DN, "cn=Group")
		switch {
		case d.chance(15):
			next = slices.Delete(next, at, at+1)
			changes = append(changes, directory.Change{Remove: key})
		case isGroup:
			put(at, d.group(old.DN, 1))
		case d.chance(30):
			e := d.person(100 + d.IntN(400))
			next = append(next, e)
			changes = append(changes, directory.Change{Put: &next[len(next)-1]})
		case d.chance(30):
			e := directory.Draft{DN: strings.ToUpper(old.DN[:4]) + old.DN[4:]}
			e.Attributes = slices.Clone(old.Attributes)
			put(at, e)
		default:
			e := directory.Draft{DN: old.DN}
			for _, a := range old.Attributes {
				if a.Name != "telephoneNumber" && a.Name != "altFullName" {
					e.Attributes = append(e.Attributes, a)
				}
			}
			e.AddText("telephoneNumber", fmt.Sprint("+1 555 ", d.IntN(5)))
			if d.chance(50) {
				e.AddText("altFullName", fmt.Sprintf("cn=Alt %d,o=Acme", d.IntN(6)))
			}
			put(at, e)
		}
	}
	return next, changes
}

func TestTheDifferenceIsThatOfEverythingShown(t *testing.T) {
	for seed := range uint64(15) {
		d := newDice(seed)
		snap, drafts := d.world(t)
		s := viewSettings()
		s.MemberOfVirtual = seed%3 == 1
		s.OmitEmptyGroups = seed%4 == 1
		v := newView(t, s, policy.Settings{Rules: []policy.Rule{allRule()}}, snap)
		for step := range 8 {
			before := v.Current()
			var next *resolver.Snapshot
			var changed []directory.Change
			if step%4 != 3 {
				drafts, changed = d.happen(t, drafts)
			}
			change := resolver.Change{Entries: changed, AsOf: resolver.AsOf{Directory: testTime.Add(time.Duration(step) * time.Minute)}}
			if step%4 >= 2 {
				d.keys = nil
				change.Databases = d.databases(t)
			}
			if step == 6 {
				next = build(t, resolver.Input{Settings: resolver.Defaults(), Entries: changes(drafts), Databases: snap.Databases()})
			} else {
				next, _ = snap.Update(change)
			}
			after := v.Swap(fmt.Sprint(step), next, nil, testTime)
			checkDifference(t, before, after)
			if t.Failed() {
				t.Fatalf("seed %d, step %d: %+v", seed, step, changed)
			}
			snap = next
		}
	}
}

func checkDifference(t *testing.T, before, after *State) {
	t.Helper()
	entries, records := shownTree(t, before)
	laterEntries, laterRecords := shownTree(t, after)
	want, wantRecords := naiveDifference(entries, laterEntries), naiveDifference(records, laterRecords)
	for k, kind := range wantRecords {
		if kind == Deleted && strings.HasPrefix(records[k], "nothing") || kind == Added && strings.HasPrefix(laterRecords[k], "nothing") {
			delete(wantRecords, k)
		}
	}
	got, gotRecords := map[string]ChangeKind{}, map[string]ChangeKind{}
	for _, c := range Differences(before, after) {
		into := got
		if c.Access != nil {
			into = gotRecords
		}
		if _, twice := into[c.Key]; twice {
			t.Errorf("%s is told twice", c.Key)
		}
		into[c.Key] = c.Kind
		if c.Kind == Modified && len(c.Attributes) == 0 {
			t.Errorf("%s is modified in nothing", c.Key)
		}
	}
	for _, each := range []struct {
		what          string
		got, want     map[string]ChangeKind
		before, after map[string]string
	}{{"entry", got, want, entries, laterEntries}, {"record", gotRecords, wantRecords, records, laterRecords}} {
		all := maps.Clone(each.got)
		maps.Copy(all, each.want)
		for k := range all {
			if each.got[k] != each.want[k] {
				t.Errorf("%s %q: kind %d, want %d\nbefore\n%s\nafter\n%s", each.what, k, each.got[k], each.want[k], each.before[k], each.after[k])
			}
		}
	}
}
