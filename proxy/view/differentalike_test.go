package view

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/server"
)

// staff is a world of people who are mostly alike, so that one may stand for many.
type staff struct {
	*dice
	members [][]string // by group
	types   []int
	named   map[int]string // further names of some people
}

const (
	staffPeople = 48
	staffGroups = 12
)

func newStaff(seed uint64) *staff {
	s := &staff{dice: newDice(seed), members: make([][]string, staffGroups), types: make([]int, staffGroups), named: map[int]string{}}
	for i := range staffPeople {
		s.people = append(s.people, fmt.Sprintf("cn=Jane Doe %d,ou=%s,o=Acme", i, []string{"Sales", "HR"}[i%2]))
		switch {
		case s.chance(8):
			s.named[i] = fmt.Sprintf("cn=Alt %d,o=Acme", s.IntN(6))
		case s.chance(5):
			s.named[i] = "cn=Jane Doe 1,ou=HR,o=Acme" // another's
		}
	}
	for g := range staffGroups {
		s.groups = append(s.groups, fmt.Sprintf("cn=Group %d", g))
		s.fill(g)
	}
	return s
}

// fill gives a group other members: a run of people, and a few others.
func (s *staff) fill(g int) {
	s.members[g] = nil
	for i := range s.IntN(staffPeople / 2) {
		s.members[g] = append(s.members[g], s.people[(i+s.IntN(2)*9)%staffPeople])
	}
	for _, m := range []string{pick(s.dice, s.groups), pick(s.dice, s.groups), "cn=*,ou=Sales,o=Acme", "cn=*,o=Acme", "cn=Jane Doe 3", "cn=Alt 2,o=Acme", "cn=Nobody,o=Acme"} {
		if s.chance(20) && m != s.groups[g] {
			s.members[g] = append(s.members[g], m)
		}
	}
	slices.Sort(s.members[g])
	s.members[g] = slices.Compact(s.members[g])
	s.types[g] = pick(s.dice, []int{0, 0, 0, 0, 0, 2, 1, 4})
	if g == 5 {
		s.types[g] = 3
	}
}

func (s *staff) person(i int) directory.Draft {
	d := draft(s.people[i], "objectClass", "dominoPerson", "cn", fmt.Sprintf("Jane Doe %d", i), "sn", "Doe")
	if alt := s.named[i]; alt != "" {
		d.AddText("altFullName", alt)
	}
	return d
}

func (s *staff) group(g int) directory.Draft {
	d := draft(s.groups[g], "objectClass", "dominoGroup", "cn", s.groups[g][3:], "groupType", fmt.Sprint(s.types[g]))
	if s.types[g] == 2 {
		d.AddText("listName", pick(s.dice, []string{"Group 1", "Other"}))
	}
	d.AddText("member", s.members[g]...)
	return d
}

func (s *staff) drafts() []directory.Draft {
	out := []directory.Draft{draft("o=Acme", "objectClass", "organization", "o", "Acme")}
	for _, unit := range []string{"Sales", "HR"} {
		out = append(out, draft("ou="+unit+",o=Acme", "objectClass", "organizationalUnit", "ou", unit))
	}
	for i := range s.people {
		out = append(out, s.person(i))
	}
	for g := range s.groups {
		out = append(out, s.group(g))
	}
	return out
}

// labels are names of a few people, of groups and of wildcards, as ACLs and
// Server documents have them.
func (s *staff) labels(percent int) []string {
	var out []string
	for _, label := range []string{"*/Sales/Acme", "*/Acme", "*", "Jane Doe 7", "Jane Doe 8/Sales/Acme", "Alt 1/Acme", "Jane Doe 1/HR/Acme", "Other", "Unknown"} {
		if s.chance(percent) {
			out = append(out, label)
		}
	}
	for _, g := range s.groups {
		if s.chance(percent) {
			out = append(out, g[3:])
		}
	}
	return out
}

func (s *staff) lists(t testing.TB) *database.Set {
	var all []*database.Instance
	for i := range 5 {
		l := &acl.List{Roles: []string{"[Buyer]", "[Audit]"}, MaxLevel: acl.Level(s.IntN(acl.Levels)), MaxKnown: s.chance(80), Consistent: acl.No}
		for n, label := range append([]string{acl.DefaultName}, s.labels(25)...) {
			e := acl.NewEntry(label, n == 0)
			e.Level, e.Privileges = acl.Level(s.IntN(acl.Levels)), acl.Privileges(s.IntN(int(acl.AllPrivileges)+1))
			e.Roles = e.Roles.With(s.IntN(2))
			l.Entries = append(l.Entries, e)
		}
		must(t, l.Seal())
		all = append(all, &database.Instance{Server: name.Parse(fmt.Sprintf("Hub%d/Acme", i%2)), Path: fmt.Sprintf(`apps\db%d.nsf`, i), ReplicaID: fmt.Sprintf("C1258A2F004B7D%02d", i), List: l})
	}
	set, _, err := database.Arrange(all, database.Options{Aliases: map[string]string{"one": "apps/db1.nsf"}, HomeServers: []string{"Hub0/Acme", "Hub1/Acme"}})
	must(t, err)
	return set
}

// hubs are Server documents, in one world of three.
func (s *staff) hubs(seed uint64) []*server.Server {
	if seed%3 != 0 {
		return nil
	}
	hub := &server.Server{Document: &server.Document{Name: name.Parse("Hub0/Acme"), Lists: map[string][]string{
		server.AllowAccess: s.labels(40), server.DenyAccess: s.labels(8), server.UnrestrictedAgents: s.labels(20), server.RestrictedAgents: nil,
	}}}
	if seed%2 == 0 {
		hub.Settings.Folders = []server.Folder{{Path: "apps", Entries: s.labels(30)}}
	}
	return []*server.Server{hub}
}

// happens changes groups, and now and then lists, people and servers.
func (s *staff) happens(t testing.TB, seed uint64) resolver.Change {
	var c resolver.Change
	for range 1 + s.IntN(2) {
		g := s.IntN(staffGroups)
		was := s.types[g]
		s.fill(g)
		if s.chance(70) {
			s.types[g] = was
		}
		d := s.group(g)
		c.Entries = append(c.Entries, directory.Change{Put: &d})
	}
	if s.chance(25) {
		c.Databases = s.lists(t)
	}
	if s.chance(4) {
		none, _, err := database.Arrange(nil, database.Options{})
		must(t, err)
		c.Databases = none
	}
	if i := s.IntN(staffPeople); s.chance(20) {
		s.named[i] = fmt.Sprintf("cn=Alt %d,o=Acme", s.IntN(6))
		d := s.person(i)
		c.Entries = append(c.Entries, directory.Change{Put: &d})
	}
	if i := s.IntN(staffPeople); s.chance(30) {
		d := s.person(i)
		d.AddText("telephoneNumber", fmt.Sprint(s.IntN(100)))
		c.Entries = append(c.Entries, directory.Change{Put: &d})
	}
	if s.chance(10) {
		c.Servers = s.hubs(seed)
	}
	return c
}

// plainDifferences are Differences where everybody is compared.
func plainDifferences(old, next *State) []Change {
	d := newDifference(old, next)
	d.plainly = true
	return d.find()
}

// The twin of comparing one for many.
func TestWhoIsAlikeDiffersAsWhoIsCompared(t *testing.T) {
	many := 0
	for seed := range uint64(9) {
		s := newStaff(seed)
		in := resolver.Input{Settings: resolver.Defaults(), Entries: changes(s.drafts()), Databases: s.lists(t), Servers: s.hubs(seed)}
		in.Settings.CommonNameInGroups = seed%4 == 1
		snap := build(t, in)
		vs := viewSettings()
		vs.MemberOf = seed%5 != 2
		v := newView(t, vs, policy.Settings{Rules: []policy.Rule{allRule(), one("people", "o=Acme")}}, snap)
		for step := range 10 {
			before := v.Current()
			snap, _ = snap.Update(s.happens(t, seed))
			after := v.Swap(fmt.Sprint(step), snap, nil, testTime)
			many += sameChanges(t, Differences(before, after), plainDifferences(before, after))
			for id := range after.Snapshot.Store().Cap() {
				if sub, ok := snap.Subject(id); ok && snap.FoundByName(sub) != after.recorded(sub) {
					t.Errorf("%s is found by name: %t", sub.Name.Canonical(), after.recorded(sub))
				}
			}
			if step%5 == 0 {
				checkDifference(t, before, after)
			}
			if t.Failed() {
				t.Fatalf("seed %d, step %d", seed, step)
			}
		}
	}
	if many < 1000 {
		t.Errorf("%d changes prove little", many)
	}
}

// Else one whom a server treats otherwise would have everybody compared alone.
func TestAComparisonAsideBeginsWithNothingOfAnother(t *testing.T) {
	v := demoView(t, allRule())
	d := newDifference(v.Current(), v.Current())
	d.widened, d.changes = true, []Change{{Kind: Modified}}
	if own := d.aside(); own.widened || len(own.changes)+len(own.dbs)+len(own.paired)+len(own.marks.entries) > 0 {
		t.Errorf("noted before anything was compared: %+v", own)
	}
}

// sameChanges compares two lists of changes; an empty list of attributes is none.
func sameChanges(t *testing.T, got, want []Change) int {
	t.Helper()
	for _, list := range [][]Change{got, want} {
		for i := range list {
			if len(list[i].Quiet) == 0 {
				list[i].Quiet = nil
			}
		}
	}
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			t.Errorf("not told: %+v", want[i])
		case i >= len(want):
			t.Errorf("told in vain: %+v %+v", got[i], got[i].Access)
		case !reflect.DeepEqual(got[i], want[i]):
			t.Errorf("told %+v %+v\nwant %+v %+v", got[i], got[i].Access, want[i], want[i].Access)
		default:
			continue
		}
		break
	}
	return len(want)
}
