package acl

import (
	"slices"
	"strings"
	"testing"
)

// ruleTable is the table of rule 1.3 as it is printed: rows are privileges in
// order, columns Manager to No Access; I implied, O optional, - impossible.
const ruleTable = `
createDocs            I I I O - I -
deleteDocs            O O O O - - -
createPrivateAgents   I I O O O - -
createPersonalFolders I I O O O - -
createSharedFolders   I I O - - - -
createLSJavaAgents    I O O O O - -
readPublicDocs        I I I I I O O
writePublicDocs       I I I O O O O
replicateOrCopy       O O O O O O O
`

// cell looks a privilege up in ruleTable.
func cell(t *testing.T, row int, l Level) (privilege, mark string) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(ruleTable), "\n")
	fields := strings.Fields(lines[row])
	if len(fields) != 1+Levels {
		t.Fatalf("row %d of the rule table has %d columns", row, len(fields))
	}
	return fields[0], fields[1+int(Manager-l)]
}

func TestEveryLevelImpliesAndOffersWhatRule1_3Says(t *testing.T) {
	for row := range privilegeNames {
		for l := NoAccess; l <= Manager; l++ {
			word, mark := cell(t, row, l)
			p, err := ParsePrivilege(word)
			if err != nil {
				t.Fatal(err)
			}
			implied, optional := l.Implied().Has(p), l.Optional().Has(p)
			if implied != (mark == "I") || optional != (mark == "O") || l.Possible().Has(p) != (mark != "-") {
				t.Errorf("%s at %s: implied %v, optional %v; the rule says %q", word, l, implied, optional, mark)
			}
		}
	}
}

func TestPrivilegesAreTheMaskOfQueryAccessPrivileges(t *testing.T) {
	want := map[string]Privileges{
		"createDocs": 1, "deleteDocs": 2, "createPrivateAgents": 4, "createPersonalFolders": 8, "createSharedFolders": 16,
		"createLSJavaAgents": 32, "readPublicDocs": 64, "writePublicDocs": 128, "replicateOrCopy": 256,
	}
	var all Privileges
	for word, bit := range want {
		if got, err := ParsePrivilege(word); err != nil || got != bit {
			t.Errorf("%s is %d (%v), want %d (rule 1.6)", word, got, err, bit)
		}
		if got := string(AppendPrivilegeName([]byte("x#"), bit)); got != "x#"+word {
			t.Errorf("AppendPrivilegeName wrote %q for %s", got, word)
		}
		all |= bit
	}
	if all != AllPrivileges {
		t.Errorf("AllPrivileges is %d, the mask of rule 1.6 is %d", AllPrivileges, all)
	}
}

func TestTextThatIsNoPrivilegeIsAnErrorAndNothing(t *testing.T) {
	for _, s := range []string{"", "CreateDocs", "createdocs", "monitors", "createDocs "} {
		if p, err := ParsePrivilege(s); err == nil || p != 0 {
			t.Errorf("ParsePrivilege(%q) = %d, %v", s, p, err)
		}
	}
}

// cutByTable is rule 1.5 read off ruleTable, with the footnote 1.4.
func cutByTable(t *testing.T, stored Privileges, l Level) Privileges {
	var kept Privileges
	for row := range privilegeNames {
		word, mark := cell(t, row, l)
		p, _ := ParsePrivilege(word)
		if mark == "I" || mark == "O" && stored&p != 0 {
			kept |= p
		}
	}
	if l == Depositor || l == NoAccess {
		if kept&ReadPublicDocs == 0 {
			kept &^= ReplicateOrCopy
		}
	}
	return kept
}

func TestCutAgreesWithTheRuleTableForEverySetAndLevel(t *testing.T) {
	for p := Privileges(0); p <= AllPrivileges; p++ {
		for l := NoAccess; l <= Manager; l++ {
			want := cutByTable(t, p, l)
			if got := p.Cut(l); got != want {
				t.Fatalf("%v at %s is cut to %v, want %v", p.Names(), l, got.Names(), want.Names())
			}
			if again := want.Cut(l); again != want {
				t.Fatalf("cutting %v to %s twice gives %v", want.Names(), l, again.Names())
			}
		}
	}
}

func TestReplicateOrCopyGoesWithReadPublicBelowReader(t *testing.T) {
	for _, l := range []Level{NoAccess, Depositor} {
		if ReplicateOrCopy.Cut(l).Has(ReplicateOrCopy) {
			t.Errorf("at %s replicate or copy stands alone (rule 1.4)", l)
		}
		if !(ReplicateOrCopy | ReadPublicDocs).Cut(l).Has(ReplicateOrCopy) {
			t.Errorf("at %s replicate or copy is lost beside read public (D13)", l)
		}
	}
}

func TestBitsBeyondTheNinePrivilegesNeverSurviveACut(t *testing.T) {
	for l := NoAccess; l <= Manager; l++ {
		if got := Privileges(0xffff).Cut(l); got&^AllPrivileges != 0 {
			t.Errorf("at %s stray bits %#x remain", l, got)
		}
	}
}

func TestNamesListPrivilegesInTheOrderOfTheTable(t *testing.T) {
	got := (ReplicateOrCopy | CreateDocs | ReadPublicDocs).Names()
	if want := []string{"createDocs", "readPublicDocs", "replicateOrCopy"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := Privileges(0).Names(); got == nil || len(got) != 0 {
		t.Errorf("no privileges are %#v, want an empty list", got)
	}
}

func TestHasAsksForEveryPrivilege(t *testing.T) {
	p := CreateDocs | DeleteDocs
	if !p.Has(CreateDocs) || !p.Has(p) || p.Has(CreateDocs|ReadPublicDocs) || !p.Has(0) {
		t.Error("Has does not mean all of")
	}
}
