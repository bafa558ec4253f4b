package acl

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// suitsTable is the table of rule 3.3 as it is printed: person by name, server
// by name, person via group or wildcard, server via group or wildcard.
const suitsTable = `
unspecified yes yes yes yes
person      yes no  no  no
server      no  yes no  no
mixedgroup  no  no  yes yes
persongroup no  no  yes no
servergroup no  no  no  yes
`

// suitsColumns is suitsTable by word of the type.
var suitsColumns = func() map[string][]string {
	rows := map[string][]string{}
	for line := range strings.Lines(strings.TrimSpace(suitsTable)) {
		f := strings.Fields(line)
		rows[f[0]] = f[1:]
	}
	return rows
}()

// suitsByTable reads suitsTable. What the rule has no column for matches only
// entries without a type.
func suitsByTable(ut UserType, k Kind, via Via) bool {
	if k != Person && k != Server {
		return ut == TypeUnspecified
	}
	column := 0
	if k == Server {
		column++
	}
	if via == ByGroup || via == ByWildcard {
		column += 2
	}
	return suitsColumns[ut.String()][column] == "yes"
}

func TestUserTypesSuitSubjectsAsTheMatrixSays(t *testing.T) {
	for ut := TypeUnspecified; ut <= TypeServerGroup; ut++ {
		for k := Person; k <= Nobody; k++ {
			for via := ByName; via <= ByWildcard; via++ {
				if got, want := ut.Suits(k, via), suitsByTable(ut, k, via); got != want {
					t.Errorf("type %s, a %s, way %d: suits %v, rule 3.3 says %v", ut, k, via, got, want)
				}
			}
		}
	}
	if UserType(17).Suits(Person, ByName) {
		t.Error("a type that does not exist suits a person")
	}
}

func TestDecisionsAgreeWithTheRulesOnRandomLists(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 11))
	sources := map[string]int{}
	capped := 0
	for n := range 100_000 {
		w := randomWorld(rng)
		if err := w.list.Seal(); err != nil {
			t.Fatal(err)
		}
		d := w.list.Decide(w.kind, w.match(), w.reading)
		want := w.expected()
		if got := plain(w.list, d); !got.equal(want) {
			t.Fatalf("question %d\n%s got %s\nwant %s", n, w, got, want)
		}
		through := d
		w.list.Through(&through, w.channel, &w.reading)
		wantThrough := w.through(want)
		if got := plain(w.list, through); !got.equal(wantThrough) {
			t.Fatalf("question %d through the channel\n%s got %s\nwant %s", n, w, got, wantThrough)
		}
		sources[want.source]++
		if wantThrough.level != want.level {
			capped++
		}
	}
	for _, s := range []string{"none", "name", "group", "wildcard", "anonymous", "default"} {
		if sources[s] < 100 {
			t.Errorf("only %d questions were decided by %s", sources[s], s)
		}
	}
	if capped < 1000 {
		t.Errorf("only %d questions met the Internet maximum", capped)
	}
}

func TestNeverMoreThanTheListHolds(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 17))
	for range 20_000 {
		w := randomWorld(rng)
		if err := w.list.Seal(); err != nil {
			t.Fatal(err)
		}
		d := w.list.Decide(w.kind, w.match(), w.reading)
		w.list.Through(&d, w.channel, &w.reading)
		if d.Privileges&d.Unknown != 0 {
			t.Fatalf("%s both granted and unknown: %v", w, (d.Privileges & d.Unknown).Names())
		}
		if d.Level > d.Uncapped || d.Privileges&^d.Level.Possible() != 0 {
			t.Fatalf("%s level %s above %s, or privileges %v beyond it", w, d.Level, d.Uncapped, d.Privileges.Names())
		}
		if w.reading.Capped.Has(w.channel) && (!w.list.MaxKnown && d.Level > NoAccess || w.list.MaxKnown && d.Level > w.list.MaxLevel) {
			t.Fatalf("%s level %s on a capped channel", w, d.Level)
		}
	}
}

func TestFullAccessIsManagerWithEverythingAndTheRolesOfD11(t *testing.T) {
	l := listOf("-Default-", "Jane Doe/Acme")
	l.Roles = []string{"[Buyer]", "[Seller]"}
	l.Entries[1].Roles = RoleSet{}.With(1)
	if err := l.Seal(); err != nil {
		t.Fatal(err)
	}
	d := l.Decide(Person, Match{Names: []int32{1}}, Reading{})
	if d.Level != NoAccess {
		t.Fatalf("level %s by the list", d.Level)
	}
	for all, want := range map[bool][]string{false: {"[Seller]"}, true: {"[Buyer]", "[Seller]"}} {
		f := l.FullAccess(d, Reading{FullAccessRoles: all})
		if f.Level != Manager || f.Privileges != AllPrivileges || f.Unknown != 0 || f.Source != FromFullAccess {
			t.Errorf("full access gives %+v", f)
		}
		if got := l.RoleNames(f.Roles); !slices.Equal(got, want) {
			t.Errorf("all roles %v: got %v, want %v", all, got, want)
		}
		if w := l.Winning(&f); len(w) != 0 {
			t.Errorf("entries %v win under full access", w)
		}
	}
}

func TestALocalReplicaThatIsNotEnforcedMakesManagersWithoutRoles(t *testing.T) {
	d := Unenforced()
	if d.Level != Manager || d.Privileges != AllPrivileges || !d.Roles.IsEmpty() || d.Source.String() != "local-unenforced" {
		t.Errorf("got %+v (rule 6.3)", d)
	}
}
