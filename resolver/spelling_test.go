package resolver

import (
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/group"
	"github.com/aclens/aclens/resolver/schema"
)

// spelledAtRandom is one of few names, spelled in one of many ways.
func spelledAtRandom(r *rand.Rand) string {
	value := []string{"Jane Doe", "jane  doe", "J\\C3\\B6rg", "Jörg", "Doe\\, John", "\"Doe, John\"", "[x]", "*", "#0401"}[r.IntN(9)]
	text := []string{"cn=", "CN=", "uid=", "2.5.4.3="}[r.IntN(4)] + value
	if r.IntN(8) == 0 {
		text += "+sn=Doe"
	}
	for range r.IntN(3) {
		text += []string{",", ", "}[r.IntN(2)] + []string{"ou=Sales", "OU=sales", "o=Acme"}[r.IntN(3)]
	}
	return text
}

// aStoreAtRandom has people, servers, groups and glue under such names.
func aStoreAtRandom(r *rand.Rand) *directory.Store {
	sc, _ := schema.Standard().Intern("altName", "notesName")
	var changes []directory.Change
	for range 1 + r.IntN(30) {
		d := &directory.Draft{DN: spelledAtRandom(r), Source: uint8(r.IntN(2))}
		d.AddText("objectClass", []string{"person", "dominoServer", "groupOfNames", "device"}[r.IntN(4)])
		d.AddText("cn", "x")
		if r.IntN(4) == 0 {
			d.AddText([]string{"altName", "notesName"}[r.IntN(2)], []string{"Jane Doe/Acme", "CN=Bob/O=Acme"}[r.IntN(2)])
		}
		changes = append(changes, directory.Change{Put: d})
	}
	st, _, _ := directory.Empty(sc).Apply(changes)
	return st
}

func someSettings() Settings {
	return Settings{NotesName: "notesName", AlternateName: "altName", MemberAttrs: []string{"member"}, CommonNameInGroups: true,
		Directories: []DirectoryRole{{Name: "primary", Groups: true}, {Name: "second", Groups: true}}}
}

func TestAnEntryIsFoundByTheOctetsOfItsNameAndByNoOthersOnRandomStores(t *testing.T) {
	found := 0
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 41))
		st := aStoreAtRandom(r)
		s := spellingOf(st)
		for range 20 {
			text := spelledAtRandom(r)
			want, ok := directory.None, false
			for id := range st.Cap() {
				if st.Exists(id) && st.Entry(id).DN() == text {
					want, ok = id, true
				}
			}
			if got, has := s.find(text); got != want || has != ok {
				t.Fatalf("seed %d: %q is %d %v, want %d %v", seed, text, got, has, want, ok)
			}
			if ok {
				found++
			}
		}
	}
	if found < 250 {
		t.Errorf("%d were found", found)
	}
}

func TestMembersMeanTheSameWithTheirSpellingLookedUpAndWithoutOnRandomStores(t *testing.T) {
	quick := 0
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 43))
		st, settings := aStoreAtRandom(r), someSettings()
		s := emptySnapshot(settings, directory.Empty(st.Schema()))
		var all []directory.ID
		for id := range st.Cap() {
			all = append(all, id)
		}
		s.follow(emptySnapshot(settings, directory.Empty(st.Schema())), st, all)
		reader := func() memberReader {
			m := settings.memberReader(st)
			m.people, m.names, m.namer, m.byEntry = &s.people, s.names, &s.namer, s.members.byEntry
			return m
		}
		slow, fast := reader(), reader()
		fast.own = spellingOf(st)
		var want, got group.Members
		for range 20 {
			text, source := spelledAtRandom(r), uint8(r.IntN(2))
			if r.IntN(5) == 0 {
				text = strings.ToUpper(text)
			}
			if a, b := slow.addDN(&want, text, source), fast.addDN(&got, text, source); a != b {
				t.Fatalf("seed %d: %q misses %d, want %d", seed, text, b, a)
			}
			if _, ok := fast.own.find(text); ok {
				quick++
			}
		}
		if !reflect.DeepEqual(got, want) || !reflect.DeepEqual(fast.spelled, slow.spelled) {
			t.Fatalf("seed %d: %+v, want %+v", seed, got, want)
		}
	}
	if quick < 250 {
		t.Errorf("%d were looked up by their spelling", quick)
	}
}
