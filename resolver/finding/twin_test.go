package finding_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/finding"
)

var units = []string{"ou=Sales,o=Acme", "ou=HR,o=Acme", "ou=West,ou=HR,o=Acme", "o=Partner"}

// randomWorld is a small world in which everything meets everything.
func randomWorld(t testing.TB, r *rand.Rand) *world {
	t.Helper()
	pick := func(list []string) string { return list[r.IntN(len(list))] }
	var subjects, entries []string
	text := ""
	for i := range 14 {
		class := "dominoPerson"
		if i > 11 {
			class = "dominoServer"
		}
		dn := fmt.Sprintf("cn=P%d x%dy,%s", i, i, pick(units))
		subjects = append(subjects, dn)
		text += "dn: " + dn + "\nobjectClass: " + class + "\n\n"
	}
	for i := range 8 {
		var members []string
		for range r.IntN(5) {
			members = append(members, pick(subjects))
		}
		for range r.IntN(3) {
			members = append(members, fmt.Sprintf("cn=G%d", r.IntN(8)))
		}
		if r.IntN(4) == 0 {
			members = append(members, "cn=*,"+pick(units))
		}
		text += groupOf(fmt.Sprintf("G%d", i), fmt.Sprint([]int{0, 0, 0, 1, 2, 3, 4}[r.IntN(7)]), members...)
		entries = append(entries, fmt.Sprintf("G%d", i))
	}
	for _, dn := range subjects {
		first, _, _ := strings.Cut(dn, ",")
		entries = append(entries, dnToNotes(dn), strings.TrimPrefix(first, "cn="))
	}
	for _, u := range units {
		entries = append(entries, "*/"+dnToNotes(u))
	}
	entries = append(entries, "*")
	w := newWorld().ldif(t, text)
	for i := range 4 {
		w.yaml(t, strings.ReplaceAll(randomACL(r, entries), "app.nsf", fmt.Sprintf("app%d.nsf", i)))
	}
	if r.IntN(3) == 0 {
		w.settings.Reading.Wildcards = acl.WildcardMerge
	}
	return w
}

func dnToNotes(dn string) string { return strings.ReplaceAll(dn, ",", "/") }

func randomACL(r *rand.Rand, names []string) string {
	var lines []string
	for _, i := range r.Perm(len(names))[:r.IntN(12)] {
		kind := []string{"unspecified", "unspecified", "person", "server", "mixedgroup", "persongroup", "servergroup"}[r.IntN(7)]
		lines = append(lines, fmt.Sprintf("{name: '%s', type: %s, level: %s}", names[i], kind, acl.Level(r.IntN(acl.Levels))))
	}
	text := appACL(lines...)
	return strings.Replace(text, "-Default-, level: noaccess", "-Default-, level: "+acl.Level(r.IntN(3)).String(), 1)
}

// naive decides every kind that is found with sets by looking at each subject.
func naive(s *resolver.Snapshot, db *database.Database) map[string]*roaring.Bitmap {
	found := map[string]*roaring.Bitmap{}
	put := func(kind string, id uint32, is bool) {
		if found[kind] == nil {
			found[kind] = roaring.New()
		}
		if is {
			found[kind].Add(id)
		}
	}
	denied := deniedPeople(s)
	list := db.Primary.List
	for id := range uint32(s.Store().Cap()) {
		sub, ok := s.Subject(directory.ID(id))
		if !ok {
			continue
		}
		asked := s.Ask(sub, acl.Notes)
		m := asked.Match(db.Primary)
		d := asked.Decide(db.Primary, m)
		isPerson := sub.Kind == acl.Person
		byGroup := len(m.Names) == 0 && len(m.Commons) == 0 && len(m.Groups) > 0
		lowest, highest := levels(list, m.Groups)
		_, wild := levels(list, m.Wildcards)
		put("only-default", id, isPerson && d.Source == acl.FromDefault && d.Level > acl.NoAccess)
		put("denied-with-access", id, isPerson && denied.Contains(id) && d.Level > acl.NoAccess)
		put("several-paths", id, byGroup && lowest != highest)
		put("no-access-neutralised", id, byGroup && lowest == acl.NoAccess && highest > acl.NoAccess)
		hides := s.Settings().Reading.Wildcards == acl.WildcardFallback
		put("wildcard-hidden", id, byGroup && hides && len(m.Wildcards) > 0 && wild > highest)
	}
	return found
}

func levels(list *acl.List, entries []int32) (lowest, highest acl.Level) {
	lowest = acl.Manager
	for _, i := range entries {
		lowest, highest = min(lowest, list.Entries[i].Level), max(highest, list.Entries[i].Level)
	}
	return min(lowest, highest), highest
}

func deniedPeople(s *resolver.Snapshot) *roaring.Bitmap {
	denied := roaring.New()
	for id := range s.Store().Cap() {
		for _, g := range s.MemberOf(id) {
			if s.Group(g).DenyList() {
				denied.Add(uint32(id))
			}
		}
	}
	return denied
}

func TestWhoIsConcernedIsWhomTheTwinFinds(t *testing.T) {
	seen := map[string]int{}
	for seed := range uint64(150) {
		w := randomWorld(t, rand.New(rand.NewPCG(seed, 1)))
		s := w.build(t)
		got := map[string]finding.Finding{}
		for _, f := range finding.All(s, nil) {
			got[f.Database+" "+f.Kind] = f
		}
		for _, db := range s.Databases().All() {
			for kind, want := range naive(s, db) {
				f := got[db.Key+" "+kind]
				if f.Count != int(want.GetCardinality()) {
					t.Fatalf("seed %d: %s of %s: %d, want %d", seed, kind, db.Key, f.Count, want.GetCardinality())
				}
				if !slices.Equal(f.Subjects, firstOf(s, want)) && f.Count > 0 {
					t.Fatalf("seed %d: %s of %s: %v, want %v", seed, kind, db.Key, f.Subjects, firstOf(s, want))
				}
				seen[kind] += f.Count
			}
		}
	}
	for kind, n := range seen {
		if n == 0 {
			t.Errorf("no world has %s", kind)
		}
	}
}

// firstOf names the first of a set by DN.
func firstOf(s *resolver.Snapshot, set *roaring.Bitmap) []string {
	ids := set.ToArray()
	slices.SortFunc(ids, func(a, b uint32) int {
		return strings.Compare(s.Store().Entry(directory.ID(a)).Key(), s.Store().Entry(directory.ID(b)).Key())
	})
	var out []string
	for _, id := range ids[:min(len(ids), finding.MaxSubjects)] {
		sub, _ := s.Subject(directory.ID(id))
		out = append(out, sub.Name.Abbreviated())
	}
	return out
}

func TestCoversSayWhomTheMatchesOfEachSubjectSay(t *testing.T) {
	for seed := range uint64(60) {
		s := randomWorld(t, rand.New(rand.NewPCG(seed, 2))).build(t)
		x := s.Inspect()
		for _, db := range s.Databases().All() {
			covers := x.Covers(db)
			for id := range s.Store().Cap() {
				sub, ok := s.Subject(id)
				if !ok {
					continue
				}
				m := s.Ask(sub, acl.Notes).Match(db.Primary)
				for via, hits := range [][]int32{acl.ByName: m.Names, acl.ByCommon: m.Commons, acl.ByGroup: m.Groups, acl.ByWildcard: m.Wildcards} {
					var got []int32
					for _, c := range covers {
						if int(c.Via) == via && c.Suited.Contains(uint32(id)) {
							got = append(got, int32(c.Entry))
						}
					}
					if !slices.Equal(got, hits) {
						t.Fatalf("seed %d: %s, %v via %d: covers %v, matches %v", seed, db.Key, sub.Name.Abbreviated(), via, got, hits)
					}
				}
			}
		}
	}
}
