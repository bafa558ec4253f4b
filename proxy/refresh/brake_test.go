package refresh

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/finding"
)

var tenPercent = Brake{People: 10, Groups: 10, Memberships: 20, Databases: 10}

// heldSink keeps what Held was told last.
type heldSink struct{ last []Held }

func braked(s Settings, b Brake) (Settings, *heldSink) {
	to := &heldSink{}
	s.Brake, s.Held = &b, func(now []Held) { to.last = now }
	return s, to
}

// crowd are people numbered from 0.
func crowd(n int) []directory.Draft {
	var list []directory.Draft
	for i := range n {
		list = append(list, person(fmt.Sprintf("Person %03d", i)))
	}
	return list
}

func dnOf(i int) string { return fmt.Sprintf("cn=Person %03d,ou=Sales,o=Acme", i) }

func crowdNames(n int) []string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf("Person %03d", i))
	}
	return list
}

// readFully makes the directories read everything.
func (w *world) readFully(t *testing.T) {
	t.Helper()
	w.step(t.Context(), work{files: true, all: true})
}

func brakedWorld(t *testing.T, f Live, b Brake) (*world, *heldSink) {
	t.Helper()
	s := live(f)
	s.Clock = newFakeClock()
	s, to := braked(s, b)
	return loadedWorld(t, s), to
}

func TestTheBrakeHoldsASharePastItsMinimum(t *testing.T) {
	cases := []struct {
		name     string
		gone, of int
		percent  float64
		want     bool
	}{
		{"nothing is gone", 0, 10, 10, false},
		{"exactly the share passes", 10, 100, 10, false},
		{"one more than the share is held", 11, 100, 10, true},
		{"one of five says nothing", 1, 5, 10, false},
		{"four of five say nothing", 4, 5, 10, false},
		{"five of forty are held", 5, 40, 10, true},
		{"all of five are held", 5, 5, 10, true},
		{"the only one is held", 1, 1, 10, true},
		{"a share of nothing holds from the fifth on", 5, 1000000, 0, true},
		{"a brake that is off never holds", 100, 100, 100, false},
	}
	for _, c := range cases {
		if got := (Vanished{c.gone, c.of}).beyond(c.percent); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestPeopleMissingFromAFullReadingStayUntilTheyAreReleased(t *testing.T) {
	f := newFakeLive(crowd(40)...)
	w, to := brakedWorld(t, f, tenPercent)
	for i := range 8 {
		f.remove(dnOf(i))
	}
	f.put(person("Newcomer"))
	before := w.directories[0].asOf
	w.Clock.(*fakeClock).advance(testPatience)
	w.readFully(t)
	if !w.has(dnOf(0)) || !w.has("cn=Newcomer,ou=Sales,o=Acme") {
		t.Fatal("what is missing is gone, or what is new is not there")
	}
	if len(to.last) != 1 || to.last[0].People != (Vanished{8, 40}) || len(to.last[0].Names.People) != 8 {
		t.Fatalf("held: %+v", to.last)
	}
	if !w.directories[0].asOf.Equal(before) {
		t.Error("the directory is said to be younger than what is kept of it")
	}
	if found, ok := findingOf(w.findings(w.now), finding.HeldBack); !ok || found.Count != 8 || found.Severity != finding.Error {
		t.Errorf("finding %+v, %v", found, ok)
	}
	if err := w.release("0000"); !errors.Is(err, ErrNotHeld) || !w.has(dnOf(0)) {
		t.Errorf("another id released it: %v", err)
	}
	if err := w.release(to.last[0].ID); err != nil {
		t.Fatal(err)
	}
	if w.has(dnOf(0)) || w.has(dnOf(7)) || !w.has(dnOf(8)) || len(to.last) != 0 {
		t.Errorf("after the release: %+v", to.last)
	}
	if !w.directories[0].asOf.After(before) {
		t.Error("the directory is as old as before the release")
	}
	w.readFully(t)
	if len(to.last) != 0 || w.has(dnOf(0)) {
		t.Error("the next reading holds it again")
	}
	w.mustEqualFresh(t)
}

// mustEqualFresh holds the state against one that is loaded afresh.
func (w *world) mustEqualFresh(t *testing.T) {
	t.Helper()
	s := *w.Settings
	s.Brake = nil
	if l := mustLoad(t, s); l.ID != w.now.id {
		t.Errorf("the state has the id %s, loaded afresh %s", w.now.id, l.ID)
	}
}

func TestWhatIsHeldIsFreeWhenALaterReadingHasItAgain(t *testing.T) {
	f := newFakeLive(crowd(40)...)
	w, to := brakedWorld(t, f, tenPercent)
	for i := range 8 {
		f.remove(dnOf(i))
	}
	w.readFully(t)
	if len(to.last) != 1 {
		t.Fatalf("held: %+v", to.last)
	}
	first := to.last[0]
	f.put(crowd(6)...)
	w.readFully(t)
	if len(to.last) != 0 || w.has(dnOf(7)) || !w.has(dnOf(5)) {
		t.Errorf("two of forty are missing: %+v", to.last)
	}
	if err := w.release(first.ID); !errors.Is(err, ErrNotHeld) {
		t.Errorf("what is not held any longer was released: %v", err)
	}
	w.mustEqualFresh(t)
}

func TestNamesThatAListLacksAreHeldAsWell(t *testing.T) {
	f := newFakeLive(crowd(40)...)
	w, to := brakedWorld(t, f, tenPercent)
	for i := range 8 {
		f.remove(dnOf(i))
	}
	w.poll(t)
	if f.count("names") == 0 || len(to.last) != 1 || !w.has(dnOf(0)) {
		t.Fatalf("names %d, held %+v", f.count("names"), to.last)
	}
	since := to.last[0].Since
	f.remove(dnOf(8))
	w.Clock.(*fakeClock).advance(testPatience)
	w.poll(t)
	if len(to.last) != 1 || to.last[0].People.Gone != 9 || !to.last[0].Since.Equal(since) {
		t.Errorf("held %+v", to.last)
	}
	if err := w.release(to.last[0].ID); err != nil || w.has(dnOf(8)) {
		t.Errorf("released: %v", err)
	}
	w.mustEqualFresh(t)
}

func TestMembersThatVanishStayBesideTheNewOnes(t *testing.T) {
	deny := group("Terminated", crowdNames(10)...)
	for i := range deny.Attributes {
		if deny.Attributes[i].Name == "groupType" {
			deny.Attributes[i].Values = [][]byte{[]byte("3")}
		}
	}
	f := newFakeLive(append(crowd(40), group("Editors", crowdNames(20)...), deny)...)
	w, to := brakedWorld(t, f, tenPercent)
	f.put(group("Editors", "Person 030"), func() directory.Draft {
		d := copyOf(deny)
		d.Attributes[len(d.Attributes)-1].Values = [][]byte{[]byte("cn=Person 039,ou=Sales,o=Acme")}
		return d
	}())
	w.readFully(t)
	if len(to.last) != 1 || to.last[0].Memberships != (Vanished{30, 30}) {
		t.Fatalf("held %+v", to.last)
	}
	members := func(cn string) []string {
		id, _ := w.now.snapshot.Store().Find(keyOf("cn=" + cn))
		var list []string
		x := scale{old: w.now.snapshot, attrs: w.Resolver.MemberAttrs}
		x.values(x.old, w.now.snapshot.Store().Entry(id), func(v string) { list = append(list, v) })
		return list
	}
	if got := members("Editors"); len(got) != 21 || !slices.Contains(got, dnOf(30)) {
		t.Errorf("members of the group: %v", got)
	}
	if got := members("Terminated"); len(got) != 11 || !slices.Contains(got, dnOf(39)) {
		t.Errorf("somebody new on the deny list waits for the release: %v", got)
	}
	names := to.last[0].Names
	if len(names.Memberships) != 20 || len(names.DenyMemberships) != 10 || len(to.last[0].WithoutDenyLists().Names.DenyMemberships) != 0 {
		t.Errorf("names %+v", names)
	}
	w.poll(t) // its changes tell the last one again, which is a statement
	w.readFully(t)
	if len(to.last) != 1 {
		t.Fatalf("held after a poll: %+v", to.last)
	}
	if err := w.release(to.last[0].ID); err != nil || len(members("Editors")) != 1 || len(members("Terminated")) != 1 {
		t.Errorf("released: %v, %v, %v", err, members("Editors"), members("Terminated"))
	}
	w.mustEqualFresh(t)
}

func TestPeopleWhoLoseTheirClassStayWhatTheyWere(t *testing.T) {
	f := newFakeLive(crowd(40)...)
	w, to := brakedWorld(t, f, tenPercent)
	for i := range 10 {
		d := directory.Draft{DN: dnOf(i)}
		d.AddText("cn", "hidden from the reader")
		f.put(d)
	}
	w.readFully(t)
	if len(to.last) != 1 || to.last[0].People != (Vanished{10, 40}) || w.now.snapshot.Population().People.GetCardinality() != 40 {
		t.Fatalf("held %+v", to.last)
	}
	if err := w.release(to.last[0].ID); err != nil || w.now.snapshot.Population().People.GetCardinality() != 30 {
		t.Errorf("released: %v", err)
	}
	w.mustEqualFresh(t)
}

func TestASecondDirectoryIsMeasuredByItself(t *testing.T) {
	first, second := newFakeLive(crowd(200)...), newFakeLive()
	for i := range 10 {
		d := person(fmt.Sprintf("Guest %d", i))
		d.DN = fmt.Sprintf("cn=Guest %d,o=Other", i)
		second.put(d)
	}
	s := live(first)
	s.Directories = append(s.Directories, Directory{Live: second})
	s.Resolver.Directories = append(s.Resolver.Directories, s.Resolver.Directories[0])
	s.Resolver.Directories[1].Name = "guests"
	s, to := braked(s, tenPercent)
	s.Clock = newFakeClock()
	w := loadedWorld(t, s)
	for i := range 6 {
		second.remove(fmt.Sprintf("cn=Guest %d,o=Other", i))
	}
	w.readFully(t)
	if len(to.last) != 1 || to.last[0].Source != "directory guests" || to.last[0].People != (Vanished{6, 10}) {
		t.Errorf("held %+v", to.last)
	}
}

func TestADirectoryThatIsReadAnewForItsSchemaIsJudgedToo(t *testing.T) {
	f := newFakeLive(append(crowd(40), group("Editors", crowdNames(20)...))...)
	types := []string{}
	s := live(f)
	s.Directories[0].Definitions = func(contextOf) ([]string, []string, error) { return types, nil, nil }
	s.Clock = newFakeClock()
	s, to := braked(s, tenPercent)
	w := loadedWorld(t, s)
	for i := range 20 {
		f.remove(dnOf(i))
	}
	f.put(group("Editors"))
	types = []string{"( 1.3.6.1.4.1.99999.1 NAME 'badge' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )"}
	w.readFully(t)
	if len(to.last) != 1 || to.last[0].People.Gone != 20 || to.last[0].Memberships.Gone != 20 || !w.has(dnOf(0)) {
		t.Fatalf("held %+v", to.last)
	}
	if _, ok := w.now.snapshot.Store().Schema().Lookup("badge"); !ok {
		t.Error("the new schema is not used")
	}
	if err := w.release(to.last[0].ID); err != nil || w.has(dnOf(0)) {
		t.Errorf("released: %v", err)
	}
	w.mustEqualFresh(t)
}

func TestRandomReadingsWithTheBrakeEndWhereThereIsNone(t *testing.T) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 7))
		f := newFakeLive(crowd(30)...)
		w, to := brakedWorld(t, f, tenPercent)
		for range 12 {
			for range r.IntN(12) {
				switch n := r.IntN(40); r.IntN(4) {
				case 0:
					f.put(person(fmt.Sprintf("Person %03d", n), fmt.Sprint(r.Uint32())))
				case 1, 2:
					f.remove(dnOf(n))
				default:
					f.put(group(fmt.Sprintf("Group %d", n%5), crowdNames(r.IntN(20))...))
				}
			}
			if r.IntN(2) == 0 {
				w.readFully(t)
			} else {
				w.poll(t)
			}
			for key := range f.entries {
				if id, ok := w.now.snapshot.Store().Find(key); !ok || !w.now.snapshot.Store().Exists(id) {
					t.Fatalf("seed %d: %s is in the directory and not here", seed, key)
				}
			}
			if len(to.last) > 0 && r.IntN(3) == 0 {
				if err := w.release(to.last[0].ID); err != nil {
					t.Fatalf("seed %d: %v", seed, err)
				}
			}
		}
		w.readFully(t)
		for _, h := range to.last {
			if err := w.release(h.ID); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
		}
		w.mustEqualFresh(t)
	}
}

// The files of databases.

func aclFolder(t *testing.T, n int) (folder string, s Settings) {
	t.Helper()
	folder = t.TempDir()
	for i := range n {
		path := fmt.Sprintf("apps/db%02d.nsf", i)
		writeTo(t, filepath.Join(folder, fmt.Sprintf("db%02d.dxl", i)), aclOf("Hub1/Acme", path, fmt.Sprintf("C1258A2F%08X", i), "Jane Doe/Sales/Acme", "editor"))
	}
	s = live(newFakeLive(crowd(3)...))
	s.Databases.DXL = []string{folder}
	s.Clock = newFakeClock()
	return folder, s
}

func TestDatabasesWhoseFilesVanishStayAndOthersGoOn(t *testing.T) {
	folder, s := aclFolder(t, 20)
	s, to := braked(s, tenPercent)
	w := loadedWorld(t, s)
	for i := range 6 {
		removeFile(t, filepath.Join(folder, fmt.Sprintf("db%02d.dxl", i)))
	}
	writeTo(t, filepath.Join(folder, "db10.dxl"), aclOf("Hub1/Acme", "apps/db10.nsf", "C1258A2F0000000A", "Jane Doe/Sales/Acme", "noaccess"))
	w.readFully(t)
	if len(to.last) != 1 || to.last[0].Source != sourceDatabases || to.last[0].Databases != (Vanished{6, 20}) || w.now.databases.set.Len() != 20 {
		t.Fatalf("held %+v, %d databases", to.last, w.now.databases.set.Len())
	}
	db, _, _ := w.now.databases.set.Find("apps/db10.nsf")
	if level := db.Primary.List.Entries[1].Level.String(); level != "noaccess" {
		t.Errorf("an entry that takes access away waits for the release: %s", level)
	}
	w.readFully(t)
	if len(to.last) != 1 || w.now.databases.set.Len() != 20 {
		t.Fatalf("held after another look %+v", to.last)
	}
	if err := w.release(to.last[0].ID); err != nil || w.now.databases.set.Len() != 14 || len(to.last) != 0 {
		t.Errorf("released: %v, %d databases, held %+v", err, w.now.databases.set.Len(), to.last)
	}
	w.mustEqualFresh(t)
}

func TestDatabasesThatComeBackAreNotHeldAnyLonger(t *testing.T) {
	folder, s := aclFolder(t, 20)
	s, to := braked(s, tenPercent)
	w := loadedWorld(t, s)
	first := filepath.Join(folder, "db00.dxl")
	for i := range 6 {
		removeFile(t, filepath.Join(folder, fmt.Sprintf("db%02d.dxl", i)))
	}
	w.readFully(t)
	for i := 1; i < 6; i++ {
		writeTo(t, filepath.Join(folder, fmt.Sprintf("db%02d.dxl", i)), aclOf("Hub1/Acme", fmt.Sprintf("apps/db%02d.nsf", i), fmt.Sprintf("C1258A2F%08X", i), "Jane Doe/Sales/Acme", "reader"))
	}
	w.readFully(t)
	if len(to.last) != 0 || w.now.databases.set.Len() != 19 {
		t.Errorf("held %+v, %d databases without %s", to.last, w.now.databases.set.Len(), first)
	}
	w.mustEqualFresh(t)
}

func TestAKeyNeverStandsForAnotherDatabaseUnlessReleased(t *testing.T) {
	folder, s := aclFolder(t, 20)
	s, to := braked(s, Brake{100, 100, 100, 100})
	w := loadedWorld(t, s)
	file := filepath.Join(folder, "db03.dxl")
	replica := func() string {
		db, _, ok := w.now.databases.set.Find("apps/db03.nsf")
		if !ok {
			return "none"
		}
		return db.ReplicaID
	}
	writeTo(t, file, aclOf("Hub1/Acme", "apps/db03.nsf", "AAAA8A2F00000003", "Jane Doe/Sales/Acme", "manager"))
	w.readFully(t)
	if len(to.last) != 1 || to.last[0].Keys != 1 || replica() != "C1258A2F00000003" {
		t.Fatalf("held %+v, the key stands for %s", to.last, replica())
	}
	if found, ok := findingOf(w.findings(w.now), finding.KeyTaken); !ok || !slices.Equal(found.Subjects, []string{"apps/db03.nsf"}) {
		t.Errorf("finding %+v", found)
	}
	if err := w.release(to.last[0].ID); err != nil || replica() != "AAAA8A2F00000003" || len(to.last) != 0 {
		t.Errorf("released: %v, the key stands for %s", err, replica())
	}
	removeFile(t, file)
	w.readFully(t)
	if replica() != "none" {
		t.Fatalf("the database stays: %s", replica())
	}
	writeTo(t, file, aclOf("Hub1/Acme", "apps/db03.nsf", "BBBB8A2F00000003", "Jane Doe/Sales/Acme", "manager"))
	w.readFully(t)
	if len(to.last) != 1 || replica() != "none" {
		t.Errorf("a key that was somebody's is given to another: held %+v, %s", to.last, replica())
	}
}

func TestTheIdOfWhatIsHeldIsThatOfNothingElse(t *testing.T) {
	ids := map[string]int{}
	for _, gone := range []int{6, 7, 8} {
		f := newFakeLive(crowd(40)...)
		w, to := brakedWorld(t, f, tenPercent)
		for i := range gone {
			f.remove(dnOf(i))
		}
		w.readFully(t)
		w.readFully(t)
		ids[to.last[0].ID]++
	}
	if len(ids) != 3 {
		t.Errorf("ids %v", ids)
	}
}
