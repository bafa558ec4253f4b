package source

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/name"
)

const salesDXL = `<?xml version='1.0' encoding='utf-8'?>
<!DOCTYPE database SYSTEM 'xmlschemas/domino_9_0_1.dtd'>
<database xmlns='http://www.lotus.com/dxl' version='12.0' maintenanceversion='2.0'
 replicaid='c1258a2f004b7d10' path='CN=Hub1/O=Acme!!apps\sales.nsf' title='Sales'>
<databaseinfo dbid='AB696A6CEA14B989'><datamodified><datetime>20261103T091244,00+00</datetime></datamodified></databaseinfo>
<acl consistentacl='true' maxinternetaccess='author' adminserver='CN=Hub1/O=Acme' adminservermaymodify='authorreaderfields'>
<role>[Admin]</role><role>[Buyer]</role>
<aclentry name='-Default-' default='true' level='noaccess' readpublicdocs='false' writepublicdocs='false'/>
<aclentry name='Sales Editors' type='persongroup' level='editor' deletedocs='false'
 createpersonalagents='true' createpersonalviews='false' createsharedviews='false' createlsjavaagents='false'>
<role>[Buyer]</role></aclentry>
<aclentry name='CN=Jane Doe/OU=Sales/O=Acme' type='person' level='reader' createpersonalagents='false'
 createpersonalviews='true' createlsjavaagents='false' writepublicdocs='false'><role>admin</role></aclentry>
<logentry>11/03/2026 09:12:44 AM Ann Admin/Acme updated -Default-</logentry>
</acl>
</database>
`

func TestADXLExportOfADatabaseIsReadInFull(t *testing.T) {
	in := loadDXL(salesDXL).only(t)
	if in.Server.Key() != name.Parse("Hub1/Acme").Key() || in.Path != `apps\sales.nsf` || in.ReplicaID != "C1258A2F004B7D10" ||
		in.Title != "Sales" || in.Release != "12.0 maintenance 2.0" || in.Origin != "acls/crm.dxl:3" {
		t.Errorf("got %+v", in)
	}
	l := in.List
	if l.MaxLevel != acl.Author || !l.MaxKnown || l.Consistent != acl.Yes || l.AdminServer != "CN=Hub1/O=Acme" || l.AdminMayModify != "authorreaderfields" {
		t.Errorf("got ACL %+v", l)
	}
	wantNames(t, "roles", l.Roles, []string{"[Admin]", "[Buyer]"})
	wantNames(t, "log", in.Log, []string{"11/03/2026 09:12:44 AM Ann Admin/Acme updated -Default-"})
	editors := entryOf(t, l, "Sales Editors")
	if editors.Type != acl.TypePersonGroup || editors.Level != acl.Editor {
		t.Errorf("got entry %+v", editors)
	}
	wantNames(t, "privileges", granted(editors), []string{"createDocs", "createPrivateAgents", "readPublicDocs", "writePublicDocs"})
	wantNames(t, "roles", l.RoleNames(editors.Roles), []string{"[Buyer]"})
	wantNames(t, "a role without brackets", l.RoleNames(entryOf(t, l, "CN=Jane Doe/OU=Sales/O=Acme").Roles), []string{"[Admin]"})
	if l.Default() == nil || l.Default().Level != acl.NoAccess {
		t.Error("the list is not sealed")
	}
}

func TestABareACLTakesItsPathFromTheFile(t *testing.T) {
	text := `<?xml version='1.0'?>
<acl xmlns='http://www.lotus.com/dxl' maxinternetaccess='reader'><role>[Moderator]</role>
<aclentry name='-Default-' default='true' level='author' createdocs='true' deletedocs='false'/>
<aclentry name='Forum Staff' type='mixedgroup' level='designer'><role>[Moderator]</role></aclentry></acl>`
	var l loaded
	l.faults, l.err = ReadDatabases(strings.NewReader(text), File{Name: "x/acls/web/forum.dxl", Bare: "web/forum"}, l.emit)
	if in := l.only(t); in.Path != "web/forum" || !in.Server.IsZero() || in.List.MaxLevel != acl.Reader {
		t.Errorf("got %+v", in)
	}
	if in := loadDXL(text).only(t); in.Path != "crm" {
		t.Errorf("without a folder the path is %q, want the file's base name", in.Path)
	}
}

// TestCasesOfDXLDefaults holds DX-001 to DX-005 of testdata/cases.json.
func TestCasesOfDXLDefaults(t *testing.T) {
	for _, c := range cases(t, "dxl-default") {
		t.Run(c.ID+" "+c.Title, func(t *testing.T) {
			var given struct{ ACLEntry, ACL map[string]string }
			var expect struct {
				Privileges        []string
				ReplicateOrCopy   string
				MaxInternetAccess string
				ConsistentACL     bool
				AdminServerMayMod string `json:"adminservermaymodify"`
				EntryType         string
			}
			unmarshal(t, c.Given, &given)
			unmarshal(t, c.Expect, &expect)
			entry := given.ACLEntry
			if entry == nil {
				entry = map[string]string{"name": "X", "level": "reader"}
			}
			l := loadDXL("<acl><aclentry" + attributes(entry) + "/></acl>").only(t).List
			e := l.Entries[0]
			if given.ACLEntry != nil {
				wantNames(t, "privileges", granted(e), expect.Privileges)
				if expect.ReplicateOrCopy != "unknown" || e.Unknown != acl.ReplicateOrCopy || e.Privileges.Has(acl.ReplicateOrCopy) {
					t.Errorf("unknown: got %v, want %q", e.Unknown.Names(), expect.ReplicateOrCopy)
				}
				return
			}
			if l.MaxLevel.String() != expect.MaxInternetAccess || !l.MaxKnown || l.Consistent != acl.TriOf(expect.ConsistentACL) ||
				l.AdminMayModify != expect.AdminServerMayMod || e.Type.String() != expect.EntryType {
				t.Errorf("got %+v with entry type %s, want %+v", l, e.Type, expect)
			}
		})
	}
}

// testCase is a case of testdata/cases.json.
type testCase struct {
	ID, Kind, Title string
	Given, Expect   json.RawMessage
}

func cases(t *testing.T, kind string) []testCase {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "testdata", "cases.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all struct{ Cases []testCase }
	unmarshal(t, text, &all)
	found := slices.DeleteFunc(all.Cases, func(c testCase) bool { return c.Kind != kind })
	if len(found) == 0 {
		t.Fatalf("no cases of kind %s", kind)
	}
	return found
}

func unmarshal(t *testing.T, text []byte, v any) {
	t.Helper()
	if err := json.Unmarshal(text, v); err != nil {
		t.Fatal(err)
	}
}

func attributes(of map[string]string) string {
	var b strings.Builder
	for k, v := range of {
		b.WriteString(" " + k + "='" + v + "'")
	}
	return b.String()
}

func TestReplicateOrCopyIsUnknownUnlessItIsImpossible(t *testing.T) {
	for level := acl.NoAccess; level <= acl.Manager; level++ {
		for _, public := range []string{"true", "false"} {
			e := loadDXL(`<acl><aclentry name='X' level='` + level.String() + `' readpublicdocs='` + public + `'/></acl>`).only(t).List.Entries[0]
			want := acl.ReplicateOrCopy
			if level <= acl.Depositor && public == "false" {
				want = 0
			}
			if e.Unknown != want {
				t.Errorf("%s with readpublicdocs %s: unknown %v, want %v", level, public, e.Unknown.Names(), want.Names())
			}
		}
	}
}

const broken = `<database xmlns='http://www.lotus.com/dxl' path='CN=Hub1/O=Acme!!bad.nsf' replicaid='C1258A2F004B7D11'>
<acl>
<aclentry name='-Default-' level='noaccess'/>
HERE
</acl></database>
`

func TestAFlawSpoilsOnlyItsDatabaseAndNamesFileLineAndEntry(t *testing.T) {
	tests := []struct {
		sentence, content string
		parts             []string
	}{
		{"an unknown level", `<aclentry name='Jane Doe/Acme' level='owner'/>`, []string{"line 4", `entry "Jane Doe/Acme"`, `unknown access level "owner"`}},
		{"a level in the wrong case", `<aclentry name='X' level='Manager'/>`, []string{"line 4", `entry "X"`, `"Manager"`}},
		{"a missing level", `<aclentry name='X'/>`, []string{`entry "X"`, "attribute level is missing"}},
		{"a missing name", `<aclentry level='manager'/>`, []string{"line 4", "attribute name is missing"}},
		{"an unknown type", `<aclentry name='X' type='robot' level='reader'/>`, []string{`entry "X"`, `"robot"`}},
		{"a privilege that is neither true nor false", `<aclentry name='X' level='reader' deletedocs='yes'/>`, []string{`entry "X"`, `deletedocs is "yes"`}},
		{"a role that the ACL does not define", `<aclentry name='X' level='reader'><role>[Ghost]</role></aclentry>`, []string{"line 4", `entry "X"`, `"[Ghost]" is not defined`}},
		{"an empty role", `<role> </role>`, []string{"line 4", "a role is missing or empty"}},
		{"a role defined twice", `<role>[A]</role><role>[a]</role>`, []string{"[a] is defined twice"}},
		{"two entries of one name", `<aclentry name='Jane Doe/Acme' level='noaccess'/><aclentry name='CN=jane doe/O=acme' level='manager'/>`, []string{`"Jane Doe/Acme" and "CN=jane doe/O=acme" are one name`}},
		{"two -Default- entries", `<aclentry name='-Vorgabe-' default='true' level='manager'/>`, []string{"are one name"}},
		{"an element that no ACL has", `<aclexception name='X' level='noaccess'/>`, []string{"line 4", "unexpected element <aclexception>"}},
		{"an element inside an entry", `<aclentry name='X' level='reader'><limit/></aclentry>`, []string{`entry "X"`, "unexpected element <limit>"}},
		{"an element inside a role", `<role>[A<b/>]</role>`, []string{"a role: unexpected element <b>"}},
		{"a foreign entry", `<o:aclentry xmlns:o='urn:other' name='X' level='manager'/>`, []string{"unexpected element <aclentry>"}},
		{"a name with a control character", `<aclentry name='Jane&#10;Doe' level='reader'/>`, []string{"line 4", "control character"}},
		{"a name that is too long", `<aclentry name='` + strings.Repeat("x", maxNameBytes+1) + `' level='reader'/>`, []string{"longer than 1024 bytes"}},
		{"a name with replacement characters", `<aclentry name='J&#xFFFD;rg/Acme' level='reader'/>`, []string{"could not be decoded"}},
		{"a second ACL", `</acl><acl>`, []string{"line 4", "more than one <acl>"}},
		{"too many roles", manyRoles(acl.MaxRoles + 1), []string{"76 roles"}},
	}
	for _, tt := range tests {
		t.Run(tt.sentence, func(t *testing.T) {
			bad := strings.Replace(broken, "HERE", tt.content, 1)
			loadDXL(bad+salesDXL).wantFault(t, 1, append(tt.parts, "acls/crm.dxl", `database CN=Hub1/O=Acme!!bad.nsf`)...)
		})
	}
}

func manyRoles(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("<role>[R" + string(rune('A'+i/26)) + string(rune('a'+i%26)) + "]</role>")
	}
	return b.String()
}

func TestAFlawInTheAttributesOfADatabaseIsAFault(t *testing.T) {
	tests := []struct{ sentence, text, part string }{
		{"no ACL", `<database path='S!!a.nsf'><note/></database>`, "line 1: database S!!a.nsf: holds no <acl>"},
		{"a replica id that is none", `<database path='S!!a.nsf' replicaid='12'><acl/></database>`, `replica id "12"`},
		{"an empty replica id", `<database path='S!!a.nsf' replicaid=''><acl/></database>`, "replicaid is empty"},
		{"a path without file", `<database path='S!!'><acl/></database>`, "the path is missing or empty"},
		{"an unknown maximum", `<database path='a.nsf'><acl maxinternetaccess='some'/></database>`, "maxinternetaccess"},
		{"a flag that is neither", `<database path='a.nsf'><acl consistentacl='1'/></database>`, "consistentacl"},
		{"an unknown right of the administration server", `<database path='a.nsf'><acl adminservermaymodify='all'/></database>`, "adminservermaymodify"},
		{"an older flag that is neither", `<database path='a.nsf'><acl adminreaderauthor='x'/></database>`, "adminreaderauthor"},
	}
	for _, tt := range tests {
		t.Run(tt.sentence, func(t *testing.T) { loadDXL(tt.text).wantFault(t, 0, tt.part) })
	}
}

func TestManyDatabasesMayStandInOneFile(t *testing.T) {
	one := func(path string) string {
		return `<database xmlns='http://www.lotus.com/dxl' path='S/Acme!!` + path + `'><acl><aclentry name='-Default-' level='reader'/></acl></database>`
	}
	prolog := "\ufeff<?xml version='1.0' encoding='utf-8'?>\n<!DOCTYPE database SYSTEM 'xmlschemas/domino_9_0_1.dtd'>\n"
	for sentence, text := range map[string]string{
		"in a wrapper":             `<dxl>` + one("a") + `<!-- between -->` + one("b") + `</dxl>`,
		"in databases":             prolog + `<databases>` + one("a") + one("b") + `</databases>`,
		"one after the other":      one("a") + "\n" + one("b"),
		"exports put end to end":   prolog + one("a") + prolog + one("b"),
		"a bare ACL and documents": one("a") + `<document form='Memo'><item name='X'><richtext><par/></richtext></item></document>` + one("b"),
	} {
		t.Run(sentence, func(t *testing.T) {
			l := loadDXL(text)
			if l.err != nil || len(l.faults) != 0 || len(l.in) != 2 || l.in[0].Path != "a" || l.in[1].Path != "b" {
				t.Errorf("got %+v, %v, %v", l.in, l.messages(), l.err)
			}
		})
	}
}

func TestAnEntryWithoutNameIsNoOneAndOneCalledDefaultIsTheDefault(t *testing.T) {
	l := loadDXL(`<acl><aclentry name='' level='manager'/><aclentry name='' level='manager'/><aclentry name='-Vorgabe-' default='true' level='reader'/></acl>`).only(t).List
	if len(l.Entries) != 1 || l.Default() == nil || l.Default().Level != acl.Reader {
		t.Errorf("got %+v", l.Entries)
	}
}

func TestTheOlderFlagOfTheAdministrationServerIsUnderstood(t *testing.T) {
	if l := loadDXL(`<acl adminreaderauthor='true'/>`).only(t).List; l.AdminMayModify != "authorreaderfields" {
		t.Errorf("got %q", l.AdminMayModify)
	}
}

func TestAnErrorOfTheCallerEndsTheReading(t *testing.T) {
	stop := errors.New("stop")
	calls := 0
	_, err := ReadDatabases(strings.NewReader(salesDXL+salesDXL), File{Name: "x"}, func(database.Instance) error { calls++; return stop })
	if !errors.Is(err, stop) || calls != 1 {
		t.Errorf("got %v after %d calls", err, calls)
	}
}

func TestFaultsBeyondAThousandAreCounted(t *testing.T) {
	l := loadDXL(strings.Repeat("<acl><aclentry/></acl>\n", maxFaults+5))
	if l.err != nil || len(l.faults) != maxFaults+1 || !strings.Contains(l.faults[maxFaults].Error(), "line 1005: further content: 5 more faults") {
		t.Errorf("%d faults, the last %v, error %v", len(l.faults), l.faults[len(l.faults)-1].Error(), l.err)
	}
}

func TestTheDemonstrationExportsAreReadWithoutFaults(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "..", "deploy", "demo", "acls", "*", "*.dxl"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no exports: %v", err)
	}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		l := loadDXL(string(text))
		if l.err != nil || len(l.faults) > 0 || len(l.in) == 0 {
			t.Errorf("%s: %d databases, %v, %v", path, len(l.in), l.messages(), l.err)
		}
		for _, in := range l.in {
			if in.List.Default() == nil || in.ReplicaID == "" {
				t.Errorf("%s: got %+v", path, in)
			}
		}
	}
}
