package resolver_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/group"
)

// happen changes a world a little: people and groups come, go, move and become
// something else.
func (d dice) happen(w *world) {
	for range 1 + d.IntN(4) {
		switch {
		case len(w.docs) > 0 && d.chance(30):
			w.remove(w.docs[d.IntN(len(w.docs))])
		case len(w.docs) > 0 && d.chance(30): // the same name becomes another kind of entry
			old := w.docs[d.IntN(len(w.docs))]
			fresh := []doc{d.person(), d.group(), {kind: "server"}, {kind: "other"}}[d.IntN(4)]
			fresh.name, fresh.dir = old.name, old.dir
			w.add(fresh)
		case len(w.docs) > 0 && d.chance(30): // and keeps everything else
			changed := w.docs[d.IntN(len(w.docs))]
			changed.kind = d.one("person", "server", "group", "other")
			w.add(changed)
		case len(w.docs) > 0 && d.chance(30): // members or names change
			old := w.docs[d.IntN(len(w.docs))]
			fresh := map[string]func() doc{"person": d.person, "group": d.group}[old.kind]
			if fresh != nil {
				changed := fresh()
				changed.name, changed.dir = old.name, old.dir
				w.add(changed)
			}
		case d.chance(40):
			w.add(d.group())
		case d.chance(20):
			w.add(doc{kind: "server", name: d.one(serverNames...), dir: d.dir()})
		default:
			w.add(d.person())
		}
	}
}

// changesSince are the changes that lead from one state of the entries to another.
func (w *world) changesSince(before []doc) []directory.Change {
	var changes []directory.Change
	for i := range before {
		old := &before[i]
		if !slices.ContainsFunc(w.docs, func(d doc) bool { return d.dir == old.dir && key(d.name) == key(old.name) }) {
			changes = append(changes, directory.Change{Remove: key(old.name), Source: uint8(old.dir)})
		}
	}
	for i := range w.docs {
		if now := w.docs[i]; !slices.ContainsFunc(before, func(d doc) bool { return reflect.DeepEqual(d, now) }) {
			changes = append(changes, directory.Change{Put: now.draft()})
		}
	}
	return changes
}

// portrait is everything that a Snapshot answers, by name.
func (w *world) portrait(t testing.TB, s *resolver.Snapshot) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, a := range w.subjects(t, s) {
		for _, q := range []resolver.Query{{Channel: acl.Notes}, {Channel: acl.WebSession}} {
			s.EachDecision(a.sub, q, func(db *database.Database, d *resolver.Decision) bool {
				row, err := json.Marshal(s.Row(a.sub, db, db.Primary, d))
				if err != nil {
					t.Fatal(err)
				}
				out[fmt.Sprintf("%v over %s in %s", a.who, q.Channel, db.Key)] = string(row) + d.Server.String()
				return true
			})
		}
	}
	for id := range s.Store().Cap() {
		if s.Store().Exists(id) {
			dn := s.Store().Entry(id).DN()
			out["groups of "+dn] = labels(s, s.DirectMemberOf(id)) + " nested " + labels(s, s.MemberOf(id)) + " counting " + labels(s, s.ACLGroups(id))
		}
	}
	for g := range group.ID(s.GroupCount()) {
		if s.Group(g).Alive() {
			inside, names := s.Inside(g)
			out["members of "+labels(s, []group.ID{g})] = fmt.Sprintf("%s, groups %s, names %q, missing %d", dns(s, s.Members(g)), labels(s, inside), names, s.Group(g).Missing)
		}
	}
	for _, db := range s.Databases().All() {
		for l := acl.NoAccess; l <= acl.Manager; l++ {
			out[fmt.Sprintf("%s in %s", l, db.Key)] = dns(s, s.Access(db, acl.WebSession).Level(l))
		}
	}
	for _, text := range slices.Concat(peopleNames, alternateNames, strangers, uidPool, groupNames) {
		out["finding "+text] = found(s, text)
	}
	return out
}

func labels(s *resolver.Snapshot, ids []group.ID) string {
	var out []string
	for _, id := range ids {
		out = append(out, s.Store().Entry(s.Group(id).Entry).Key())
	}
	slices.Sort(out)
	return strings.Join(out, "; ")
}

func dns(s *resolver.Snapshot, set *roaring.Bitmap) string {
	var out []string
	for it := set.Iterator(); it.HasNext(); {
		out = append(out, s.Store().Entry(directory.ID(it.Next())).Key())
	}
	slices.Sort(out)
	return strings.Join(out, "; ")
}

func found(s *resolver.Snapshot, text string) string {
	sub, _, err := s.FindSubject(text, resolver.OnlyHierarchicalNames)
	switch {
	case err == nil:
		return s.DN(sub)
	case strings.Contains(err.Error(), resolver.ErrAmbiguousSubject.Error()):
		return "several"
	}
	return "nobody"
}

func TestASnapshotAfterChangesEqualsOneMadeFromEverything(t *testing.T) {
	for seed := range uint64(25) {
		d := dice{rand.New(rand.NewPCG(seed, 13))}
		w := d.world()
		s := w.build(t)
		for step := range 8 {
			before := slices.Clone(w.docs)
			old := w.portrait(t, s)
			d.happen(w)
			change := resolver.Change{Entries: w.changesSince(before)}
			d.Shuffle(len(change.Entries), func(i, j int) { change.Entries[i], change.Entries[j] = change.Entries[j], change.Entries[i] })
			next, faults := s.Update(change)
			if len(faults) > 0 {
				t.Fatal(faults)
			}
			compare(t, w.portrait(t, next), w.portrait(t, w.build(t)))
			now := w.docs
			w.docs = before
			compare(t, w.portrait(t, s), old)
			w.docs = now
			if t.Failed() {
				t.Fatalf("seed %d, step %d: before\n%+v\nafter\n%s", seed, step, before, w)
			}
			s = next
		}
	}
}

func compare(t *testing.T, got, want map[string]string) {
	t.Helper()
	for _, k := range slices.Sorted(maps.Keys(want)) {
		if got[k] != want[k] {
			t.Errorf("%s:\n%s\nwant\n%s", k, got[k], want[k])
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d answers, want %d", len(got), len(want))
	}
}

func TestNewACLsAndServersReplaceTheOldOnesAlone(t *testing.T) {
	for seed := range uint64(15) {
		d := dice{rand.New(rand.NewPCG(seed, 17))}
		w := d.world()
		s := w.build(t)
		other := d.world()
		w.acls = other.acls
		next, _ := s.Update(resolver.Change{Databases: w.set(t)})
		compare(t, w.portrait(t, next), w.portrait(t, w.build(t)))
		w.servers = other.servers
		in := w.input(t)
		if in.Servers == nil {
			continue
		}
		next, _ = next.Update(resolver.Change{Servers: in.Servers})
		compare(t, w.portrait(t, next), w.portrait(t, w.build(t)))
		if t.Failed() {
			t.Fatalf("seed %d\n%s", seed, w)
		}
	}
}

// TestGroupsNoticeWhateverMakesAMemberOfSomebody lists the ways in which a value
// of a member list begins or ceases to mean somebody without the group changing.
func TestGroupsNoticeWhateverMakesAMemberOfSomebody(t *testing.T) {
	jane := doc{kind: "person", name: "CN=Jane Doe/O=Acme"}
	as := func(d doc, change func(*doc)) doc { change(&d); return d }
	kind := func(k string) func(*doc) { return func(d *doc) { d.kind = k } }
	withUID := as(jane, func(d *doc) { d.uids = []string{"jdoe"} })
	alternate := as(jane, func(d *doc) { d.alternates = []string{"Juana/Acme"} })
	namesake := doc{kind: "person", name: "CN=Jane Doe/O=Other"}
	team := func(members ...string) doc { return doc{kind: "group", name: "Team", groupType: "0", members: members} }
	byUID := doc{kind: "group", name: "Team", groupType: "0", memberUIDs: []string{"JDoe"}}
	sub := doc{kind: "group", name: "Sub", groupType: "0", members: []string{"Jane Doe/Acme"}}
	rows := []struct {
		title         string
		group         doc
		before, after []doc
		want          bool // Jane is in the team afterwards
	}{
		{"she comes", team("Jane Doe/Acme"), nil, []doc{jane}, true},
		{"another entry becomes a person, by uid", byUID, []doc{as(withUID, kind("other"))}, []doc{withUID}, true},
		{"a person stops being one, by uid", byUID, []doc{withUID, as(withUID, func(d *doc) { d.name = "CN=J/O=Acme" })}, []doc{withUID, as(withUID, func(d *doc) { d.name, d.kind = "CN=J/O=Acme", "other" })}, true},
		{"her uid comes in another spelling", byUID, []doc{jane}, []doc{as(jane, func(d *doc) { d.uids = []string{"\uff2a\uff24\uff2f\uff25"} })}, true},
		{"her uid comes", byUID, []doc{jane}, []doc{withUID}, true},
		{"somebody else takes the same uid", byUID, []doc{withUID}, []doc{withUID, as(withUID, func(d *doc) { d.name = "CN=J/O=Acme" })}, false},
		{"her alternate name comes", team("Juana/Acme"), []doc{jane}, []doc{alternate}, true},
		{"somebody else takes her alternate name", team("Juana/Acme"), []doc{alternate}, []doc{alternate, as(alternate, func(d *doc) { d.name = "CN=J/O=Acme" })}, false},
		{"a namesake comes, by common name", team("Jane Doe"), []doc{jane}, []doc{jane, namesake}, false},
		{"a namesake becomes a server, by common name", team("Jane Doe"), []doc{jane, namesake}, []doc{jane, as(namesake, kind("server"))}, true},
		{"a server becomes she, by common name", team("Jane Doe"), []doc{as(jane, kind("server"))}, []doc{jane}, true},
		{"a namesake takes the common name as a whole one", team("Jane Doe"), []doc{jane}, []doc{jane, as(namesake, func(d *doc) { d.name, d.alternates = "CN=J/O=Acme", []string{"Jane Doe"} })}, false},
		{"a group comes", team("Sub"), []doc{jane}, []doc{jane, sub}, true},
		{"a person of the group's name becomes the group", team("Sub"), []doc{jane, as(sub, kind("person"))}, []doc{jane, sub}, true},
		{"the group moves to another directory", team("Sub"), []doc{jane, sub}, []doc{jane, as(sub, func(d *doc) { d.dir = 1 })}, false},
		{"the group of another directory moves here", team("Sub"), []doc{jane, as(sub, func(d *doc) { d.dir = 1 })}, []doc{jane, sub}, true},
		{"a group of another directory gives way to her", team("Jane Doe/Acme"), []doc{as(sub, func(d *doc) { d.dir, d.name = 1, jane.name })}, []doc{jane}, true},
		{"a group of another directory goes, and she has its name as an alternate", team("Juana/Acme"), []doc{alternate, as(sub, func(d *doc) { d.dir, d.name, d.members = 1, "CN=Juana/O=Acme", nil })}, []doc{alternate}, true},
		{"the group stops counting", team("Sub"), []doc{jane, sub}, []doc{jane, as(sub, func(d *doc) { d.groupType = "1" })}, false},
	}
	for _, r := range rows {
		t.Run(r.title, func(t *testing.T) {
			w := &world{rules: standardRules(), acls: []aclDoc{{server: "Hub1/Acme", path: "x.nsf", entries: []aclLine{{name: "Team", kind: "persongroup", level: "editor"}}}}}
			w.rules.secondGroups, w.rules.commonNameInGroups = true, true
			w.docs = append([]doc{r.group}, r.before...)
			s := w.build(t)
			before := slices.Clone(w.docs)
			w.docs = append([]doc{r.group}, r.after...)
			next, faults := s.Update(resolver.Change{Entries: w.changesSince(before)})
			if len(faults) > 0 {
				t.Fatal(faults)
			}
			compare(t, w.portrait(t, next), w.portrait(t, w.build(t)))
			sub, _, err := next.FindSubject("Jane Doe/Acme", resolver.OnlyHierarchicalNames)
			if err != nil {
				t.Fatal(err)
			}
			if d := next.Decide(sub, next.Databases().At(0).Primary, resolver.Query{}); (d.Level == acl.Editor) != r.want {
				t.Errorf("she has %s", d.Level)
			}
		})
	}
}
