package report_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/report"
	"github.com/aclens/aclens/resolver/server"
)

// changes writes a diff, one change a line.
func changes(before, after *resolver.Snapshot, c acl.Channel) []string {
	lines := []string{}
	for x := range report.Diff(before, after, c) {
		lines = append(lines, fmt.Sprintf("%s %s: %s %v -> %s %v (%s)", x.User, x.Database, x.Before.Level, x.Before.Roles, x.After.Level, x.After.Roles, x.Cause))
	}
	return lines
}

// pairOfWorlds is a small world twice, the second time as change has it.
func pairOfWorlds(t *testing.T, change func(w *world)) (before, after *resolver.Snapshot) {
	t.Helper()
	made := [2]*resolver.Snapshot{}
	for side := range made {
		w := newWorld()
		w.put("cn=Jane Doe,ou=Sales,o=Acme", "dominoPerson")
		w.put("cn=John Smith,ou=HR,o=Acme", "dominoPerson")
		w.put("cn=Team", "dominoGroup", "groupType", "0", "member", "cn=Jane Doe,ou=Sales,o=Acme")
		w.put("cn=Other", "dominoGroup", "groupType", "0", "member", "cn=Nobody,o=Acme")
		w.database(t, "a.nsf", acl.Editor, entry{label: "-Default-"}, entry{label: "Team", level: acl.Editor, roles: []string{"Buyer"}},
			entry{label: "*/Acme", level: acl.Reader}).ReplicaID = "C1258A2F004B7D10"
		w.servers = []*server.Server{{Document: &server.Document{Name: name.Parse("Hub1/Acme"), Lists: map[string][]string{server.AllowAccess: {}, server.DenyAccess: {}}}}}
		w.servers[0].Settings.Enforce = map[server.Protocol]acl.Tri{server.HTTP: acl.Yes}
		if side == 1 {
			change(w)
		}
		made[side] = w.build(t)
	}
	return made[0], made[1]
}

// member adds a member to the n-th group.
func (w *world) member(group int, dn string) {
	w.entries[1+group].Put.AddText("member", dn)
}

func TestACauseIsGivenForEveryChange(t *testing.T) {
	const jane, john = "CN=Jane Doe/OU=Sales/O=Acme", "CN=John Smith/OU=HR/O=Acme"
	list := func(w *world) *acl.List { return w.instances[0].List }
	cases := []struct {
		title   string
		channel acl.Channel
		change  func(t *testing.T, w *world)
		want    []string
	}{
		{title: "nothing", change: func(*testing.T, *world) {}},
		{title: "an entry gets another level", change: func(_ *testing.T, w *world) { list(w).Entries[1].Level = acl.Manager },
			want: []string{jane + " a.nsf: editor [[Buyer]] -> manager [[Buyer]] (entry changed: Team)"}},
		{title: "an entry loses its role", change: func(_ *testing.T, w *world) { list(w).Entries[1].Roles = acl.RoleSet{} },
			want: []string{jane + " a.nsf: editor [[Buyer]] -> editor [] (entry changed: Team)"}},
		{title: "an entry goes, and the wildcard decides", change: func(_ *testing.T, w *world) {
			list(w).Entries = slices.Delete(list(w).Entries, 1, 2)
			must(t, list(w).Seal())
		},
			want: []string{jane + " a.nsf: editor [[Buyer]] -> reader [] (entry removed: Team)"}},
		{title: "an entry comes", change: func(t *testing.T, w *world) {
			e := acl.NewEntry("John Smith/HR/Acme", false)
			e.Level = acl.Manager
			list(w).Entries = append(list(w).Entries, e)
			must(t, list(w).Seal())
		}, want: []string{john + " a.nsf: reader [] -> manager [] (entry added: John Smith/HR/Acme)"}},
		{title: "-Default- opens", change: func(_ *testing.T, w *world) { list(w).Entries[0].Level = acl.Reader },
			want: []string{"-Default- a.nsf: noaccess [] -> reader [] (entry changed: -Default-)", "Anonymous a.nsf: noaccess [] -> reader [] (entry changed: -Default-)"}},
		{title: "somebody joins a group", change: func(_ *testing.T, w *world) { w.member(1, "cn=John Smith,ou=HR,o=Acme") },
			want: []string{john + " a.nsf: reader [] -> editor [[Buyer]] (membership changed: Team)"}},
		{title: "the group becomes mail only", change: func(_ *testing.T, w *world) { w.entries[2].Put.Values("groupType")[0][0] = '1' },
			want: []string{jane + " a.nsf: editor [[Buyer]] -> reader [] (membership changed: Team)"}},
		{title: "somebody leaves the organisation, and no ACL names who left", change: func(_ *testing.T, w *world) { w.entries = slices.Delete(w.entries, 1, 2) },
			want: []string{john + " a.nsf: reader [] -> noaccess [] (person gone)"}},
		{title: "somebody leaves, and a group still names who left", change: func(_ *testing.T, w *world) { w.entries = slices.Delete(w.entries, 0, 1) }},
		{title: "somebody comes", change: func(_ *testing.T, w *world) { w.put("cn=New Face,o=Acme", "dominoPerson") },
			want: []string{"CN=New Face/O=Acme a.nsf: noaccess [] -> reader [] (person added)"}},
		{title: "a server comes", change: func(_ *testing.T, w *world) { w.put("cn=Hub9,o=Acme", "dominoServer") },
			want: []string{"CN=Hub9/O=Acme a.nsf: noaccess [] -> reader [] (server added)"}},
		{title: "a name without an entry", change: func(_ *testing.T, w *world) { w.member(1, "cn=Ann Other,o=Else") },
			want: []string{"CN=Ann Other/O=Else a.nsf: noaccess [] -> editor [[Buyer]] (membership changed: Team)"}},
		{title: "the database moves, and stays the same by its replica id", change: func(_ *testing.T, w *world) { w.instances[0].Path = "b.nsf" }},
		{title: "the database goes", change: func(_ *testing.T, w *world) { w.instances = nil; w.options.HomeServers = nil },
			want: []string{"-Default- a.nsf: noaccess [] -> noaccess [] (database gone)", "Anonymous a.nsf: noaccess [] -> noaccess [] (database gone)", // public documents
				jane + " a.nsf: editor [[Buyer]] -> noaccess [] (database gone)", john + " a.nsf: reader [] -> noaccess [] (database gone)"}},
		{title: "another database comes", change: func(t *testing.T, w *world) {
			w.database(t, "b.nsf", acl.Editor, entry{label: "-Default-"}, entry{label: "Team", level: acl.Author}).List.Default().Privileges = 0
		}, want: []string{jane + " b.nsf: noaccess [] -> author [] (database added)"}},
		{title: "the replica id changes, and the key says which it is", change: func(_ *testing.T, w *world) {
			w.instances[0].ReplicaID, list(w).Entries[1].Level = "C1258A2F004B7D99", acl.Author
		}, want: []string{jane + " a.nsf: editor [[Buyer]] -> author [[Buyer]] (entry changed: Team)"}},
		{title: "the maximum falls", channel: acl.WebSession, change: func(_ *testing.T, w *world) { list(w).MaxLevel = acl.Reader },
			want: []string{jane + " a.nsf: editor [[Buyer]] -> reader [[Buyer]] (maximum Internet access changed)"}},
		{title: "the maximum falls, and nobody on the Notes channel minds", change: func(_ *testing.T, w *world) { list(w).MaxLevel = acl.Reader }},
		{title: "the server refuses", change: func(_ *testing.T, w *world) { w.servers[0].Document.Lists[server.DenyAccess] = []string{"Team"} },
			want: []string{jane + " a.nsf: editor [[Buyer]] -> noaccess [] (server access changed)"}},
		{title: "the consistent ACL goes", channel: acl.Local, change: func(_ *testing.T, w *world) { list(w).Consistent = acl.No },
			want: []string{"-Default- a.nsf: noaccess [] -> manager [] (consistent ACL changed)", "Anonymous a.nsf: noaccess [] -> manager [] (consistent ACL changed)",
				jane + " a.nsf: editor [[Buyer]] -> manager [] (consistent ACL changed)", john + " a.nsf: reader [] -> manager [] (consistent ACL changed)"}},
		{title: "a setting changes", change: func(_ *testing.T, w *world) {
			w.settings.Reading.Wildcards = acl.WildcardMerge
			w.settings.Reading.RolesOfWinners = true
		}},
	}
	for _, c := range cases {
		t.Run(c.title, func(t *testing.T) {
			before, after := pairOfWorlds(t, func(w *world) { c.change(t, w) })
			if c.want == nil {
				c.want = []string{}
			}
			wantLines(t, changes(before, after, c.channel), c.want)
		})
	}
}

// access is what a subject has, as a comparable text.
func access(s *resolver.Snapshot, sub *resolver.Subject, db *database.Database, c acl.Channel) string {
	if sub == nil || db == nil {
		return "noaccess [] []"
	}
	d := s.Decide(sub, db.Primary, resolver.Query{Channel: c})
	roles := db.Primary.List.RoleNames(d.Roles)
	slices.Sort(roles)
	return fmt.Sprint(d.Level, roles, d.Privileges.Names())
}

// lonersOf lists the names without an entry that a database's ACL and groups name.
func lonersOf(s *resolver.Snapshot, db *database.Database) map[string]acl.Kind {
	found := map[string]acl.Kind{}
	x := s.Inspect()
	for _, e := range db.Primary.List.Entries {
		if e.Kind != acl.KindName {
			continue
		}
		names := []name.Name{e.Name}
		if id, ok, _ := x.GroupNamed(e.Key()); ok {
			names = nil
			for _, k := range x.Inside(id).Names {
				dn, err := name.ParseDN(string(k))
				if err == nil {
					names = append(names, name.FromDN(dn))
				}
			}
		}
		for _, n := range names {
			if n.Hierarchical() && !n.IsWildcard() && len(x.Holders(n.Key())) == 0 {
				kind := acl.Person
				if e.Type == acl.TypeServer && e.Key() == n.Key() || found[string(n.Key())] == acl.Server {
					kind = acl.Server
				}
				found[string(n.Key())] = kind
			}
		}
	}
	return found
}

// naiveDiff compares every pair, one Decide a side.
func naiveDiff(sides [2]*resolver.Snapshot, c acl.Channel) map[string]string {
	subjects := [2]map[string]*resolver.Subject{{}, {}}
	databases := [2]map[string]*database.Database{{}, {}}
	named := map[string]map[string]bool{}
	kinds := map[string]acl.Kind{}
	keys, dbs := map[string]bool{}, map[string]bool{}
	for side, s := range sides {
		for _, sub := range everyone(s) {
			k := s.Store().Entry(sub.Entry).Key()
			subjects[side][k], keys[k] = sub, true
		}
		for _, db := range s.Databases().All() {
			databases[side][db.Key], dbs[db.Key] = db, true
			for k, kind := range lonersOf(s, db) {
				if named[k] == nil {
					named[k] = map[string]bool{}
				}
				named[k][db.Key], keys[k] = true, true
				kinds[k] = max(kinds[k], kind)
			}
		}
	}
	found := map[string]string{}
	for k := range keys {
		for db := range dbs {
			var texts [2]string
			for side, s := range sides {
				sub := subjects[side][k]
				if dn, err := name.ParseDN(k); sub == nil && err == nil && named[k][db] {
					sub = s.NamedSubject(name.FromDN(dn), kinds[k])
				}
				texts[side] = access(s, sub, databases[side][db], c)
			}
			if texts[0] != texts[1] {
				found[k+" "+db] = texts[0] + " -> " + texts[1]
			}
		}
	}
	for label, sub := range map[string]*resolver.Subject{"-default-": resolver.DefaultSubject(), "anonymous": resolver.AnonymousSubject()} {
		for db := range dbs {
			a, b := access(sides[0], sub, databases[0][db], c), access(sides[1], sub, databases[1][db], c)
			if a != b {
				found[label+" "+db] = a + " -> " + b
			}
		}
	}
	return found
}

func (w *world) edit(t *testing.T, r *rand.Rand, what int) {
	t.Helper()
	in := w.instances[r.IntN(len(w.instances))]
	at := r.IntN(len(in.List.Entries))
	switch what {
	case 0:
		in.List.Entries[at].Level = acl.Level(r.IntN(acl.Levels))
	case 1:
		in.List.Entries = slices.Delete(in.List.Entries, at, at+1)
	case 2:
		in.List.MaxLevel = acl.Level(r.IntN(acl.Levels))
	case 3:
		in.List.Entries[at].Roles = in.List.Entries[at].Roles.With(r.IntN(2))
	case 4:
		in.Path = "moved-" + in.Path
	case 5:
		w.entries = slices.Delete(w.entries, at, at+1)
	case 6:
		w.entries[15+at%5].Put.AddText("member", fmt.Sprintf("cn=P%d,%s", r.IntN(14), units[r.IntN(4)]))
	case 7:
		w.put(fmt.Sprintf("cn=New,%s", units[r.IntN(4)]), "dominoPerson")
	}
	must(t, in.List.Seal())
}

func TestDiffIsTheDifferenceOfEveryPair(t *testing.T) {
	total := 0
	for seed := range uint64(120) {
		var sides [2]*resolver.Snapshot
		r := rand.New(rand.NewPCG(seed, 6))
		edits := []int{r.IntN(8), r.IntN(8)}
		for side := range sides {
			w := randomWorld(t, rand.New(rand.NewPCG(seed, 5)))
			for _, what := range edits[:2*side] {
				w.edit(t, r, what)
			}
			sides[side] = w.build(t)
		}
		c := channels[r.IntN(len(channels))]
		want := naiveDiff(sides, c)
		got := map[string]string{}
		var order []string
		for x := range report.Diff(sides[0], sides[1], c) {
			checkCause(t, x, edits)
			for _, a := range []*report.Access{&x.Before, &x.After} {
				a.Roles = slices.Sorted(slices.Values(a.Roles))
			}
			k, err := name.KeyOf(x.DN)
			if must(t, err); x.DN == "" {
				k = strings.ToLower(x.User)
			} else {
				order = append(order, k+" "+x.Database)
			}
			got[k+" "+x.Database] = fmt.Sprint(x.Before.Level, " ", x.Before.Roles, " ", x.Before.Privileges) + " -> " + fmt.Sprint(x.After.Level, " ", x.After.Roles, " ", x.After.Privileges)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("seed %d, edits %v on %s:\n%s", seed, edits, c, diff)
		}
		if len(slices.Compact(order)) != len(got)-unnamed(got) {
			t.Fatalf("seed %d: a pair comes twice in %v", seed, order)
		}
		total += len(got)
	}
	if total < 100 {
		t.Errorf("only %d changes: the edits do nothing", total)
	}
}

func unnamed(changes map[string]string) int {
	n := 0
	for k := range maps.Keys(changes) {
		if strings.HasPrefix(k, "-default-") || strings.HasPrefix(k, "anonymous") {
			n++
		}
	}
	return n
}

// checkCause holds the words of a cause against the edits that can bring them about.
func checkCause(t *testing.T, x report.Change, edits []int) {
	t.Helper()
	can := map[string][]int{"entry changed": {0, 3}, "entry removed": {1}, "maximum": {2}, "database": {4}, "person": {5, 7}, "server gone": {5}, "membership": {5, 6}, "name": {5, 7}, "server access": {5, 6}}
	if x.Cause == "" {
		t.Fatalf("no cause for %+v", x)
	}
	for part := range strings.SplitSeq(x.Cause, "; ") {
		explained := false
		for word, by := range can {
			explained = explained || strings.HasPrefix(part, word) && slices.ContainsFunc(edits, func(e int) bool { return slices.Contains(by, e) })
		}
		if !explained {
			t.Fatalf("edits %v cannot be the cause %q of %+v", edits, part, x)
		}
	}
}

func TestACallerOfDiffMayStop(t *testing.T) {
	before, after := pairOfWorlds(t, func(w *world) { w.instances[0].List.Entries[2].Level = acl.Manager })
	n := 0
	for range report.Diff(before, after, acl.Notes) {
		n++
		break
	}
	if n != 1 {
		t.Errorf("%d changes", n)
	}
}
