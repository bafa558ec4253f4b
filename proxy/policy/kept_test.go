package policy_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/directory"
)

// everybody are identities of all kinds, one of them too long to be kept.
var everybody = []string{"", sso, "cn=Jane Doe,ou=Sales,o=Acme", "cn=Rob Nash,o=Acme", "cn=Hub1,o=Acme", "cn=deep,o=Elsewhere",
	"cn=Nobody", "cn=" + fmt.Sprintf("%02000d", 7) + ",o=Acme"}

var keptRules = policy.Settings{Hide: []string{"sn"}, Rules: []policy.Rule{
	{DN: sso, Read: []string{"people", "groups"}, Attributes: []string{"cn", "isMemberOf"}},
	{Who: policy.InGroup, DN: "cn=Team", Read: []string{"access", "ou=Sales,o=Acme"}, Databases: []string{"apps/*"}},
	{Who: policy.AnyBound, Read: []string{"groups"}, Attributes: []string{"cn"}},
	{Who: policy.Anonymous, Read: []string{"o=Acme"}, Attributes: []string{"sn", "description"}},
	{DN: "cn=Hub1,o=Acme", Read: []string{"all"}},
}}

// spell writes down everything that Rights tell of a Snapshot.
func spell(s *resolver.Snapshot, r *policy.Rights) string {
	out := fmt.Sprintln(r.Self(), r.Admin(), r.DenyLists(), r.Groups(), r.AnyAccess(), r.Everything())
	few, ok := r.Entries().Few()
	out += fmt.Sprintln(few, ok)
	for _, a := range []string{"cn", "sn", "description", "objectclass", "ismemberof", "effectiveaccess"} {
		set, all := r.Databases(a)
		out += fmt.Sprintln(a, r.GroupAttribute(a), set, all)
		for id := range s.Store().Cap() {
			out += fmt.Sprint(r.Entries().Readable(id), r.Attribute(a, classify(a)).Readable(id), r.OwnValues(id, a), " ")
		}
	}
	return out
}

func TestWhoAsksAgainGetsTheRightsOfTheFirstTime(t *testing.T) {
	s := acme(t)
	p := compiled(t)
	kept := p.Over(s, classify)
	for round := range 3 {
		for _, dn := range everybody {
			got := spell(s, kept.Rights(identity(t, dn)))
			want := spell(s, p.Over(s, classify).Rights(identity(t, dn))) // one that has kept nothing
			if got != want {
				t.Errorf("round %d, %.30q:\n%s\nwant\n%s", round, dn, got, want)
			}
		}
	}
	jane := identity(t, everybody[2])
	if first := kept.Rights(jane); kept.Rights(jane) != first {
		t.Error("rights are found out each time")
	}
}

func TestRightsServeManyAtOnce(t *testing.T) {
	s := acme(t)
	p := compiled(t)
	want := make([]string, len(everybody))
	for i, dn := range everybody {
		want[i] = spell(s, p.Over(s, classify).Rights(identity(t, dn)))
	}
	shared := p.Over(s, classify)
	var wg sync.WaitGroup
	for begin := range 8 {
		wg.Go(func() {
			for n := range 40 {
				i := (begin + n) % len(everybody)
				if got := spell(s, shared.Rights(identity(t, everybody[i]))); got != want[i] {
					t.Errorf("%.30q:\n%s\nwant\n%s", everybody[i], got, want[i])
				}
			}
		})
	}
	wg.Wait()
}

func TestRightsFollowTheSnapshotThatIsAsked(t *testing.T) {
	s := acme(t)
	p := compiled(t)
	before := p.Over(s, classify)
	jane := identity(t, everybody[2])
	if !before.Rights(jane).AnyAccess() {
		t.Fatal("a member of the group is not granted what it may")
	}
	team := &directory.Draft{DN: "cn=Team"}
	team.AddText("objectClass", "dominoGroup")
	team.AddText("member", "cn=Rob Nash,o=Acme")
	next, _ := s.Update(resolver.Change{Entries: []directory.Change{{Put: team}}})
	after := p.Over(next, classify)
	if after.Rights(jane).AnyAccess() || !after.Rights(identity(t, everybody[3])).AnyAccess() {
		t.Error("membership counts only with the next question")
	}
	if !before.Rights(jane).AnyAccess() {
		t.Error("what was found of the Snapshot before has changed")
	}
}

func TestMoreIdentitiesThanAreKeptAreAnsweredRightly(t *testing.T) {
	s := acme(t)
	p := compiled(t)
	o := p.Over(s, classify)
	for round := range 2 {
		for i := range 3000 {
			r := o.Rights(identity(t, fmt.Sprintf("cn=Account %d", i)))
			if r.AnyAccess() || !slices.Equal([]bool{r.GroupAttribute("cn"), r.GroupAttribute("sn")}, []bool{true, false}) {
				t.Fatalf("round %d: account %d has other rights", round, i)
			}
		}
	}
}

func compiled(t *testing.T) *policy.Policy {
	t.Helper()
	p, err := policy.New(keptRules)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
