package acl

import (
	"math/rand/v2"
	"testing"

	"github.com/aclens/aclens/resolver/name"
)

// documentCase is a case of kind "document-access" of testdata/cases.json.
type documentCase struct {
	ID    string
	Kind  string
	Given struct {
		Level           string
		Readers         []string
		Authors         []string
		Names           []string
		FullAccessAdmin bool
		Channel         string
		ConsistentACL   *bool
	}
	Expect struct{ Read, Edit bool }
}

func TestDocumentCasesOfTheReference(t *testing.T) {
	ran := 0
	for _, c := range readCases[documentCase](t) {
		if c.Kind != "document-access" {
			continue
		}
		ran++
		t.Run(c.ID, func(t *testing.T) {
			level, err := ParseLevel(c.Given.Level)
			if err != nil {
				t.Fatal(err)
			}
			s := Standing{
				Level: level, Names: NewNamesList(c.Given.Names), FullAccess: c.Given.FullAccessAdmin,
				Unenforced: c.Given.Channel == "local" && c.Given.ConsistentACL != nil && !*c.Given.ConsistentACL,
			}
			d := Document{Readers: []Item{{"DocReaders", c.Given.Readers}}, Authors: []Item{{"DocAuthors", c.Given.Authors}}}
			got := d.Access(s)
			if got.Read.Allowed != c.Expect.Read || got.Edit.Allowed != c.Expect.Edit {
				t.Errorf("got %+v, want %+v", got, c.Expect)
			}
		})
	}
	if ran != 11 {
		t.Errorf("%d cases ran, want 11", ran)
	}
}

// jane is the names list of Jane Doe/Sales/Acme in group Staff with role [HR].
func jane() NamesList {
	return NewNamesList(name.NamesList(name.Parse("Jane Doe/Sales/Acme"), []string{"Staff"}, []string{"[HR]"}))
}

func TestValuesNameASubjectByNameGroupRoleAndWildcard(t *testing.T) {
	rows := []struct {
		value string
		want  bool
	}{
		{"CN=Jane Doe/OU=Sales/O=Acme", true},
		{"Jane Doe/Sales/Acme", true},
		{" jane doe/SALES/acme", true},
		{"Jane Doe", true},
		{"Staff", true},
		{"staff", true},
		{"[HR]", true},
		{"[hr]", true},
		{"*/Sales/Acme", true},
		{"*/OU=Sales/O=Acme", true},
		{"*/Acme", true},
		{"*", true},
		{"HR", false},
		{"[Staff]", false},
		{"(HR)", false},
		{"*/Research/Acme", false},
		{"Jane Doe/Research/Acme", false},
		{"Sales/Acme", false},
		{"Jane Doe/Sales/Acme, John Roe/Sales/Acme", false},
		{"Staff, Others", false},
		{"", false},
		{" ", false},
		{"-Default-", false},
	}
	l := jane()
	for _, r := range rows {
		if got := l.Names(r.value); got != r.want {
			t.Errorf("value %q names Jane: %v, want %v", r.value, got, r.want)
		}
	}
	for _, v := range []string{"", "*", "Jane Doe", "[HR]"} {
		if (NamesList{}).Names(v) || NewNamesList(nil).Names(v) || NewNamesList([]string{"", " "}).Names(v) {
			t.Errorf("value %q names whoever has no names", v)
		}
	}
}

func TestAnonymousIsInNoWildcard(t *testing.T) {
	l := NewNamesList(name.NamesList(name.Parse("anonymous"), nil, []string{"[Guest]"}))
	for value, want := range map[string]bool{"*": false, "Anonymous": true, "[Guest]": true, "*/Acme": false} {
		if got := l.Names(value); got != want {
			t.Errorf("value %q names Anonymous: %v, want %v (rule 3.10)", value, got, want)
		}
	}
}

func TestTheReasonSaysItemAndValue(t *testing.T) {
	d := Document{
		Readers: []Item{{"A", []string{"", "Others"}}, {"B", []string{"Nobody Here", "*/Acme"}}},
		Authors: []Item{{"C", []string{"[Legal]", "[hr]"}}},
	}
	got := d.Access(Standing{Level: Author, Names: jane()})
	want := DocumentAccess{
		Read: Grant{true, "8.1", "B", "*/Acme"},
		Edit: Grant{true, "8.4", "C", "[hr]"},
	}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	d.Readers[1].Values = d.Readers[1].Values[:1]
	if got := d.Access(Standing{Level: Author, Names: jane()}).Read; got != (Grant{true, "8.1", "C", "[hr]"}) {
		t.Errorf("by the Authors item: %+v", got)
	}
	d.Authors = nil
	if got := d.Access(Standing{Level: Manager, Names: jane()}); got != (DocumentAccess{Grant{Rule: "8.1"}, Grant{Rule: "8.1"}}) {
		t.Errorf("a Manager named nowhere: %+v", got)
	}
}

func TestPublicDocumentsOpenBelowReaderByPrivilegeOnly(t *testing.T) {
	both := ReadPublicDocs | WritePublicDocs
	rows := []struct {
		title      string
		public     bool
		level      Level
		privileges Privileges
		readers    []string
		read, edit string // the rule that grants, empty when refused
	}{
		{"No Access reads a public document", true, NoAccess, ReadPublicDocs, nil, "8.6", ""},
		{"No Access with both privileges writes it too", true, NoAccess, both, nil, "8.6", "8.6"},
		{"write alone does not open what cannot be read", true, NoAccess, WritePublicDocs, nil, "", ""},
		{"a document that is not public stays shut", false, NoAccess, both, nil, "", ""},
		{"Depositor reads nothing else", false, Depositor, both, nil, "", ""},
		{"Depositor reads a public document", true, Depositor, ReadPublicDocs, nil, "8.6", ""},
		{"a Readers item narrows a public document", true, NoAccess, both, []string{"Others"}, "", ""},
		{"named in Readers, No Access reads what is public", true, NoAccess, ReadPublicDocs, []string{"Staff"}, "8.6", ""},
		{"Reader writes public documents", true, Reader, both, nil, "8.1", "8.6"},
		{"Reader writes no others", false, Reader, both, nil, "8.1", ""},
		{"Author who is no author writes public documents", true, Author, both, nil, "8.1", "8.6"},
		{"Editor needs no privilege", true, Editor, 0, nil, "8.1", "8.4"},
	}
	for _, r := range rows {
		d := Document{Readers: []Item{{"Readers", r.readers}}, Public: r.public}
		got := d.Access(Standing{Level: r.level, Privileges: r.privileges, Names: jane()})
		for _, side := range []struct {
			word  string
			grant Grant
			rule  string
		}{{"read", got.Read, r.read}, {"edit", got.Edit, r.edit}} {
			if side.grant.Allowed != (side.rule != "") || side.grant.Allowed && side.grant.Rule != side.rule {
				t.Errorf("%s: %s is %+v, want rule %q", r.title, side.word, side.grant, side.rule)
			}
		}
	}
}

func TestAValueOfSpacesRestrictsAndNamesNobody(t *testing.T) {
	d := Document{Readers: []Item{{"Readers", []string{" "}}}}
	if got := d.Access(Standing{Level: Manager, Names: jane()}); got.Read.Allowed || got.Edit.Allowed {
		t.Errorf("got %+v", got)
	}
}

func TestStandingFollowsTheDecision(t *testing.T) {
	if s := StandingOf(Unenforced(), jane()); !s.Unenforced || s.FullAccess || s.Level != Manager {
		t.Errorf("unenforced: %+v", s)
	}
	full := (&List{}).FullAccess(Decision{}, Reading{})
	if s := StandingOf(full, jane()); s.Unenforced || !s.FullAccess || s.Privileges != AllPrivileges {
		t.Errorf("full access: %+v", s)
	}
	if s := StandingOf(Decision{Level: Reader, Source: FromGroup}, jane()); s.Unenforced || s.FullAccess || s.Level != Reader {
		t.Errorf("by a group: %+v", s)
	}
}

// principals are things that a value can name, each in some spellings. They
// stand for themselves only: "HR" is a group, "[HR]" a role.
var principals = [][]string{
	{"Jane Doe/Sales/Acme", "CN=Jane Doe/OU=Sales/O=Acme", "JANE DOE/Sales/acme"},
	{"*/Sales/Acme", "*/OU=Sales/O=Acme"},
	{"*/Acme", "*/O=Acme"},
	{"*"},
	{"Staff", "STAFF", " staff "},
	{"HR", "hr"},
	{"[HR]", "[hr]"},
	{"John Roe/Acme", "CN=John Roe/O=Acme"},
	{"[Legal]"},
	{"Staff/Acme", "cn=staff/o=acme"},
}

// naiveDocument knows principals by number; a negative one is an empty value.
type naiveDocument struct {
	readers, authors []int
	public           bool
}

// access is rules 8.1, 8.4 and 8.6 said once more.
func (d naiveDocument) access(s Standing, mine map[int]bool) (read, edit bool) {
	if s.FullAccess || s.Unenforced {
		return true, true
	}
	closed, inReaders, inAuthors := false, false, false
	for _, r := range d.readers {
		closed = closed || r >= 0
		inReaders = inReaders || mine[r]
	}
	for _, a := range d.authors {
		inAuthors = inAuthors || mine[a]
	}
	mayRead := s.Level >= Reader || d.public && s.Privileges.Has(ReadPublicDocs)
	read = mayRead && (!closed || inReaders || inAuthors)
	edit = read && (s.Level >= Editor || s.Level == Author && inAuthors || d.public && s.Privileges.Has(WritePublicDocs))
	return read, edit
}

func TestDocumentAccessAgreesWithTheRulesOnRandomDocuments(t *testing.T) {
	rng := rand.New(rand.NewPCG(19, 23))
	counts := map[[2]bool]int{}
	for n := range 30_000 {
		mine := map[int]bool{}
		texts := []string{"Max Muster/Acme"}
		for i, spellings := range principals {
			if rng.IntN(4) == 0 {
				mine[i] = true
				texts = append(texts, spellings[rng.IntN(len(spellings))])
			}
		}
		s := Standing{
			Level: Level(rng.IntN(Levels)), Privileges: Privileges(rng.IntN(1 << 9)), Names: NewNamesList(texts),
			FullAccess: rng.IntN(12) == 0, Unenforced: rng.IntN(12) == 0,
		}
		simple := naiveDocument{public: rng.IntN(3) == 0}
		d := Document{Public: simple.public}
		d.Readers, simple.readers = randomItems(rng)
		d.Authors, simple.authors = randomItems(rng)
		read, edit := simple.access(s, mine)
		got := d.Access(s)
		if got.Read.Allowed != read || got.Edit.Allowed != edit {
			t.Fatalf("document %d: %+v for %+v\nnames %q\ngot %+v, want read %v, edit %v", n, d, s, texts, got, read, edit)
		}
		counts[[2]bool{read, edit}]++
	}
	for _, outcome := range [][2]bool{{false, false}, {true, false}, {true, true}} {
		if counts[outcome] < 1000 {
			t.Errorf("read and edit %v came up %d times", outcome, counts[outcome])
		}
	}
}

// randomItems makes up to two items and says which principals they name.
func randomItems(rng *rand.Rand) (items []Item, numbers []int) {
	for range rng.IntN(3) {
		item := Item{Name: "Item"}
		for range rng.IntN(3) {
			i := rng.IntN(len(principals)+2) - 2
			numbers = append(numbers, i)
			if i < 0 {
				item.Values = append(item.Values, "")
				continue
			}
			item.Values = append(item.Values, principals[i][rng.IntN(len(principals[i]))])
		}
		items = append(items, item)
	}
	return items, numbers
}
