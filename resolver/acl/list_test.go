package acl

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/aclens/aclens/resolver/name"
)

func TestUserTypesReadBackInTheSpellingOfDXL(t *testing.T) {
	words := []string{"unspecified", "person", "server", "mixedgroup", "persongroup", "servergroup"}
	for i, w := range words {
		got, err := ParseUserType(w)
		if err != nil || int(got) != i || got.String() != w {
			t.Errorf("%q is %v (%d, %v), want number %d", w, got, got, err, i)
		}
	}
	if got, err := ParseUserType(""); err != nil || got != TypeUnspecified {
		t.Errorf("an omitted type is %v, %v (rule 11.4)", got, err)
	}
	for _, w := range []string{"Person", "group", "PERSONGROUP", " person"} {
		if _, err := ParseUserType(w); err == nil {
			t.Errorf("%q is no error", w)
		}
	}
}

func TestNewEntryTellsWhatANameIs(t *testing.T) {
	rows := []struct {
		label     string
		isDefault bool
		want      EntryKind
	}{
		{"-Default-", false, KindDefault},
		{"-default-", false, KindDefault},
		{"", true, KindDefault},
		{"-Vorgabe-", true, KindDefault},
		{"Anonymous", false, KindAnonymous},
		{"ANONYMOUS", false, KindAnonymous},
		{"[Anonymous]", false, KindTemplate},
		{"[LocalDomainServers]", false, KindTemplate},
		{"[*/Marketing/Acme]", false, KindTemplate},
		{"*/Sales/Acme", false, KindWildcard},
		{"*/OU=Sales/O=Acme", false, KindWildcard},
		{"*", false, KindWildcard},
		{"85255B42:005A8FA4", false, KindReplicaID},
		{"85255b42005a8fa4", false, KindReplicaID},
		{"Jane Doe/Sales/Acme", false, KindName},
		{"CN=Jane Doe/OU=Sales/O=Acme", false, KindName},
		{"LocalDomainServers", false, KindName},
		{"$Sales", false, KindName},
		{"Anonymous/Acme", false, KindName},
	}
	for _, r := range rows {
		e := NewEntry(r.label, r.isDefault)
		if e.Kind != r.want || e.Label != r.label {
			t.Errorf("%q (default %v) is of kind %d, want %d", r.label, r.isDefault, e.Kind, r.want)
		}
	}
}

func TestEntriesOfOneNameInTwoSpellingsHaveOneKey(t *testing.T) {
	same := [][]string{
		{"Jane Doe/Sales/Acme", "CN=Jane Doe/OU=Sales/O=Acme", "JANE DOE/sales/ACME", "cn=jane doe / ou=sales / o=acme"},
		{"85255B42:005A8FA4", "85255b42:005a8fa4", "85255B42005A8FA4"},
		{"-Default-", "-DEFAULT-"},
		{"*/Sales/Acme", "*/OU=Sales/O=Acme"},
		{"[Anonymous]", "[anonymous]"},
		{"Anonymous", "anonymous"},
	}
	owner := map[name.Key]int{}
	for i, spellings := range same {
		for _, s := range spellings {
			e := NewEntry(s, false)
			if j, seen := owner[e.Key()]; seen && j != i {
				t.Errorf("%q shares its key with %q", s, same[j][0])
			}
			owner[e.Key()] = i
		}
		first, last := NewEntry(spellings[0], false), NewEntry(spellings[len(spellings)-1], false)
		if first.Key() != last.Key() {
			t.Errorf("%q and %q have different keys", first.Label, last.Label)
		}
	}
	if len(owner) != len(same) {
		t.Errorf("%d keys for %d names: %v", len(owner), len(same), owner)
	}
}

// listOf makes an unsealed list of entries by label.
func listOf(labels ...string) *List {
	l := &List{}
	for _, s := range labels {
		l.Entries = append(l.Entries, NewEntry(s, false))
	}
	return l
}

func TestSealRefusesOneNameTwiceAndSaysWhich(t *testing.T) {
	l := listOf("-Default-", "Jane Doe/Sales/Acme", "CN=Jane Doe/OU=Sales/O=Acme")
	err := l.Seal()
	if err == nil || !strings.Contains(err.Error(), `"Jane Doe/Sales/Acme"`) || !strings.Contains(err.Error(), `"CN=Jane Doe/OU=Sales/O=Acme"`) {
		t.Errorf("the error %v does not name both entries", err)
	}
	if err := listOf("Anonymous", "[Anonymous]", "-Default-").Seal(); err != nil {
		t.Errorf("a template entry beside the entry it stands for: %v", err)
	}
	two := listOf("-Default-")
	two.Entries = append(two.Entries, NewEntry("Vorgabe", true))
	if two.Seal() == nil {
		t.Error("two default entries are accepted")
	}
}

func TestSealRefusesRolesTwiceAndTooMany(t *testing.T) {
	l := &List{Roles: []string{"[Buyer]", "[buyer]"}}
	if err := l.Seal(); err == nil || !strings.Contains(err.Error(), "[buyer]") {
		t.Errorf("one role twice gives %v", err)
	}
	l = &List{Roles: roleNames(MaxRoles)}
	if err := l.Seal(); err != nil {
		t.Errorf("%d roles give %v", MaxRoles, err)
	}
	l = &List{Roles: roleNames(MaxRoles + 1)}
	if err := l.Seal(); err == nil {
		t.Errorf("%d roles are accepted", MaxRoles+1)
	}
}

func roleNames(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("[Role%02d]", i)
	}
	return names
}

func TestSealFindsDefaultAndAnonymousWhereverTheyStand(t *testing.T) {
	l := listOf("Jane Doe/Acme", "Anonymous", "*/Acme", "-Default-")
	if err := l.Seal(); err != nil {
		t.Fatal(err)
	}
	if l.Default() != &l.Entries[3] || l.Anonymous() != &l.Entries[1] {
		t.Errorf("default %v, anonymous %v", l.Default(), l.Anonymous())
	}
	l = listOf("Jane Doe/Acme", "[Anonymous]")
	if err := l.Seal(); err != nil {
		t.Fatal(err)
	}
	if l.Default() != nil || l.Anonymous() != nil {
		t.Error("a list without the two special entries has them")
	}
}

func TestRolesAreFoundWithOrWithoutBracketsAndInAnyCase(t *testing.T) {
	l := &List{Roles: []string{"[Buyer]", "[Order Desk]", "(R2 role)"}}
	rows := []struct {
		role string
		want int
	}{
		{"[Buyer]", 0}, {"Buyer", 0}, {"bUYER", 0}, {" [buyer] ", 0}, {"order desk", 1}, {"(r2 role)", 2},
		{"R2 role", -1}, {"[Buyers]", -1}, {"", -1}, {"[]", -1},
	}
	for _, r := range rows {
		if got := l.RoleIndex(r.role); got != r.want {
			t.Errorf("role %q is at %d, want %d", r.role, got, r.want)
		}
	}
	s, err := l.RoleSetOf("order desk", "[Buyer]")
	if err != nil || !slices.Equal(l.RoleNames(s), []string{"[Buyer]", "[Order Desk]"}) {
		t.Errorf("got %v, %v; want both roles in the order of the ACL", l.RoleNames(s), err)
	}
	if s, err := l.RoleSetOf("Buyer", "Seller"); err == nil || !s.IsEmpty() || !strings.Contains(err.Error(), "Seller") {
		t.Errorf("an undefined role gives %v, %v", l.RoleNames(s), err)
	}
}

func TestRoleSetsAgreeWithMaps(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	l := &List{Roles: roleNames(MaxRoles)}
	for range 2000 {
		a, inA := randomRoles(rng)
		b, inB := randomRoles(rng)
		u := a.Union(b)
		count := 0
		for i := range MaxRoles {
			if a.Has(i) != inA[i] || u.Has(i) != (inA[i] || inB[i]) {
				t.Fatalf("position %d: a %v, union %v", i, a.Has(i), u.Has(i))
			}
			if u.Has(i) {
				count++
			}
		}
		if u.Len() != count || u.IsEmpty() != (count == 0) || len(l.RoleNames(u)) != count {
			t.Fatalf("a union of %d has length %d, empty %v", count, u.Len(), u.IsEmpty())
		}
	}
}

func randomRoles(rng *rand.Rand) (RoleSet, map[int]bool) {
	var s RoleSet
	in := map[int]bool{}
	for range rng.IntN(20) {
		i := rng.IntN(MaxRoles)
		s = s.With(i)
		in[i] = true
	}
	return s, in
}

func TestTriKnowsOnlyWhatItIsTold(t *testing.T) {
	var zero Tri
	if zero != Unknown || TriOf(true) != Yes || TriOf(false) != No {
		t.Error("the zero value of Tri is an answer, or TriOf is wrong")
	}
}
