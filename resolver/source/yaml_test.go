package source

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/name"
)

// byHand is what a YAML file gave.
type byHand struct {
	loaded
	added []Addition
}

func loadYAML(text string) *byHand {
	var b byHand
	b.faults, b.err = ReadYAML(strings.NewReader(text), File{Name: "acls.yaml"}, b.emit, func(a Addition) error {
		b.added = append(b.added, a)
		return nil
	})
	return &b
}

const handYAML = `# by hand
databases:
  - path: apps/crm.nsf
    server: Hub1/Acme
    replicaId: c1258a2f:004b7d10
    title: Customers
    maxInternetAccess: author
    consistentAcl: true
    adminServer: Hub1/Acme
    roles: ["[Admin]", Buyer]
    entries:
      - {name: -Default-, level: noaccess}
      - name: CRM Editors
        type: persongroup
        level: editor
        privileges: [deleteDocs, replicateOrCopy]
        roles: [buyer, "[Admin]"]
      - {name: "*/Sales/Acme", level: author, privileges: [createSharedFolders, createDocs]}
  - path: web\shop.nsf
    entries: []
  - path: apps/hr.nsf
    server: CN=Hub1/O=Acme
    maxInternetAccess: reader
  - replicaId: C1258A2F004B7D12
    consistentAcl: false
`

func TestACLsByHandAreReadAndPrivilegesAreOnlyThoseListed(t *testing.T) {
	b := loadYAML(handYAML)
	if b.err != nil || len(b.faults) > 0 || len(b.in) != 2 || len(b.added) != 2 {
		t.Fatalf("%d databases, %d additions, %v, %v", len(b.in), len(b.added), b.messages(), b.err)
	}
	in := b.in[0]
	if in.Server.Key() != name.Parse("Hub1/Acme").Key() || in.Path != "apps/crm.nsf" || in.ReplicaID != "C1258A2F004B7D10" ||
		in.Title != "Customers" || in.Origin != "acls.yaml:3" {
		t.Errorf("got %+v", in)
	}
	l := in.List
	if l.MaxLevel != acl.Author || !l.MaxKnown || l.Consistent != acl.Yes || l.AdminServer != "Hub1/Acme" || l.Default() == nil {
		t.Errorf("got %+v", l)
	}
	e := entryOf(t, l, "CRM Editors")
	wantNames(t, "privileges", granted(e), []string{"createDocs", "deleteDocs", "readPublicDocs", "writePublicDocs", "replicateOrCopy"})
	wantNames(t, "roles", l.RoleNames(e.Roles), []string{"[Admin]", "[Buyer]"})
	if e.Type != acl.TypePersonGroup || e.Unknown != 0 {
		t.Errorf("got %+v", e)
	}
	wantNames(t, "what a level cannot have is ignored", granted(entryOf(t, l, "*/Sales/Acme")), []string{"createDocs", "readPublicDocs"})
	if e := l.Default(); len(granted(*e)) != 0 {
		t.Errorf("-Default- got %v", granted(*e))
	}
	if l := b.in[1].List; l.MaxKnown || l.Consistent != acl.Unknown || len(l.Entries) != 0 || b.in[1].Path != `web\shop.nsf` {
		t.Errorf("got %+v", l)
	}
}

func TestAnAdditionFillsInOnlyWhatTheSourceLacks(t *testing.T) {
	added := loadYAML(handYAML).added
	maximum, flag := added[0], added[1]
	instance := func(list acl.List) database.Instance {
		return database.Instance{Server: name.Parse("Hub1/Acme"), Path: `Apps\HR.nsf`, ReplicaID: "C1258A2F004B7D12", List: &list}
	}
	lacking := instance(acl.List{})
	if !maximum.Covers(&lacking) || !flag.Covers(&lacking) {
		t.Fatal("the additions do not cover the database")
	}
	got := flag.Apply(maximum.Apply(lacking))
	if !got.List.MaxKnown || got.List.MaxLevel != acl.Reader || got.List.Consistent != acl.No {
		t.Errorf("got %+v", got.List)
	}
	if lacking.List.MaxKnown {
		t.Error("the given list was changed")
	}
	known := instance(acl.List{MaxLevel: acl.Manager, MaxKnown: true, Consistent: acl.Yes})
	if got := flag.Apply(maximum.Apply(known)); got.List.MaxLevel != acl.Manager || got.List.Consistent != acl.Yes {
		t.Errorf("what the source tells was changed: %+v", got.List)
	}
	for sentence, other := range map[string]database.Instance{
		"another server": {Server: name.Parse("Web1/Acme"), Path: "apps/hr.nsf"},
		"no server":      {Path: "apps/hr.nsf"},
		"another path":   {Server: name.Parse("Hub1/Acme"), Path: "apps/hr2.nsf"},
	} {
		if maximum.Covers(&other) || flag.Covers(&other) {
			t.Errorf("%s is covered", sentence)
		}
	}
	if (&Addition{}).Covers(&lacking) {
		t.Error("an addition for nothing covers a database")
	}
}

func TestAnUnknownWordByHandSpoilsItsDatabaseWithItsLine(t *testing.T) {
	tests := []struct {
		sentence, text string
		parts          []string
	}{
		{"a level", "    entries:\n      - {name: Jane Doe, level: owner}", []string{"line 4", `entry "Jane Doe"`, `"owner"`}},
		{"a level on its own line", "    entries:\n      - name: Jane Doe\n        type: person\n        level: Owner", []string{"line 6", `"Owner"`}},
		{"a type", "    entries:\n      - {name: X, level: reader, type: robot}", []string{"line 4", `"robot"`}},
		{"a privilege", "    entries:\n      - name: X\n        level: reader\n        privileges: [delete]", []string{"line 6", `"delete"`, "deleteDocs"}},
		{"a role", "    roles: [A]\n    entries:\n      - {name: X, level: reader, roles: [B]}", []string{"line 5", `entry "X"`, `"B" is not defined`}},
		{"an entry without level", "    entries:\n      - {name: X}", []string{"line 4", `entry "X"`}},
		{"an entry without name", "    entries:\n      - {level: reader}", []string{"line 4", "the name is missing"}},
		{"two entries of one name", "    entries:\n      - {name: A/Acme, level: reader}\n      - {name: a/acme, level: manager}", []string{"line 2", "are one name"}},
		{"a maximum", "    maxInternetAccess: all", []string{"line 3", "maxInternetAccess"}},
		{"a truth", "    consistentAcl: perhaps", []string{"line 3", `consistentAcl: "perhaps" is neither true nor false`}},
		{"a replica id", "    replicaId: abc\n    entries: []", []string{"line 2", `"abc"`}},
		{"nothing at all", "    server: Hub1/Acme", []string{"line 2", "neither entries nor"}},
		{"roles without entries", "    roles: [A]\n    consistentAcl: true", []string{"roles without entries"}},
		{"an administration server without entries", "    adminServer: Hub1/Acme\n    consistentAcl: true", []string{"an administration server without entries"}},
		{"a title without entries", "    title: A\n    consistentAcl: true", []string{"a title without entries"}},
	}
	for _, tt := range tests {
		t.Run(tt.sentence, func(t *testing.T) {
			b := loadYAML("databases:\n  - path: bad.nsf\n" + tt.text + "\n  - {path: good.nsf, entries: [{name: -Default-, level: reader}]}\n")
			b.wantFault(t, 1, append(tt.parts, "acls.yaml", "bad.nsf")...)
			if len(b.added) > 0 {
				t.Errorf("added %+v", b.added)
			}
		})
	}
	loadYAML("databases: [{server: Hub1/Acme, maxInternetAccess: reader}]").wantFault(t, 0, "the path is missing")
	loadYAML("databases: [{server: Hub1/Acme, entries: [], replicaId: C1258A2F004B7D12}]").wantFault(t, 0, "the path is missing")
}

func TestYAMLThatIsNotThisFormatIsAnErrorWithItsLine(t *testing.T) {
	tests := []struct {
		sentence, text string
		parts          []string
	}{
		{"an unknown key", "databases:\n  - path: a\n    entrys: []", []string{"line 3", `unknown key "entrys"; a database has path, `, "entries"}},
		{"an unknown key of an entry", "databases:\n  - path: a\n    entries:\n      - {name: x, levl: reader}", []string{"line 4", `unknown key "levl"; an entry has name, type, level, privileges, roles`}},
		{"an unknown key at the top", "database: []", []string{"line 1", `unknown key "database"; the file has databases`}},
		{"a wrong type", "databases:\n  - path: a\n    entries: none", []string{"line 3"}},
		{"a list for a word", "databases:\n  - path: [a]", []string{"line 2"}},
		{"a key given twice", "databases:\n  - path: a\n    entries:\n      - {name: x, level: noaccess, level: manager}", []string{"line 4"}},
		{"an alias", "databases: &a\n  - path: a\n    roles: *a", []string{"line 1", "anchors and aliases"}},
		{"a wildcard without quotes", "databases:\n  - path: a\n    entries:\n      - {name: */Acme, level: reader}", []string{"line 4", "in quotes"}},
		{"a tag", "databases: !!binary aGk=", []string{"tags"}},
		{"two documents", "databases: []\n---\ndatabases: []", []string{"line 3", "second document"}},
		{"no YAML", "databases: [", []string{"acls.yaml"}},
		{"no UTF-8", "databases: \xff", []string{"not UTF-8"}},
		{"nested flow lists", "databases: " + strings.Repeat("[", 1000), []string{"more than 32 values"}},
		{"nested block lists", "databases:\n  " + strings.Repeat("- ", 1000) + "x", []string{"line 2", "more than 32 values"}},
		{"nested keys", strings.Repeat("? ", 1000), []string{"more than 32 values"}},
	}
	for _, tt := range tests {
		t.Run(tt.sentence, func(t *testing.T) {
			wantError(t, loadYAML(tt.text).err, append(tt.parts, "acls.yaml")...)
		})
	}
}

func TestALargeFileByHandIsReadInTimeAndAHugeOneRefused(t *testing.T) {
	var b strings.Builder
	b.WriteString("databases:\n  - path: a\n    entries:\n")
	for i := range 5000 {
		b.WriteString("      - {name: Person " + strings.Repeat("x", i%7) + "-" + strconv.Itoa(i) + "/Acme, level: reader}\n")
	}
	began := time.Now()
	if in := loadYAML(b.String()).only(t); len(in.List.Entries) != 5000 {
		t.Errorf("%d entries", len(in.List.Entries))
	}
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("took %v", took)
	}
	wantError(t, loadYAML(strings.Repeat("#\n", maxYAML)).err, "larger than 4 MiB")
}

func (b *byHand) only(t *testing.T) database.Instance {
	t.Helper()
	return b.loaded.only(t)
}

func TestCaseDoesNotCountInWordsByHandNorAMarkBeforeThem(t *testing.T) {
	plain := loadYAML("databases:\n  - {path: a.nsf, maxInternetAccess: author, consistentAcl: true, entries: [{name: X, type: persongroup, level: editor, privileges: [deleteDocs]}]}\n").only(t)
	odd := loadYAML("\xEF\xBB\xBFdatabases:\r\n  - {path: a.nsf, maxInternetAccess: Author, consistentAcl: Yes, entries: [{name: X, type: PersonGroup, level: Editor, privileges: [DeleteDocs]}]}\r\n").only(t)
	if got := odd.List.Entries[0].Level; got != acl.Editor {
		t.Errorf("the level is %v", got)
	}
	if got, want := odd.List.Entries[0], plain.List.Entries[0]; got.Type != want.Type || got.Privileges != want.Privileges || want.Privileges&acl.DeleteDocs == 0 {
		t.Errorf("the entry is %+v, want %+v", got, want)
	}
	if odd.List.MaxLevel != acl.Author || !odd.List.MaxKnown || odd.List.Consistent != acl.Yes {
		t.Errorf("maximum %v, consistent %v", odd.List.MaxLevel, odd.List.Consistent)
	}
}

func TestAnEmptyFileByHandHoldsNothing(t *testing.T) {
	for _, text := range []string{"", "# only a comment\n", "---\n", "databases:\n", "databases: []\n"} {
		if b := loadYAML(text); b.err != nil || len(b.in)+len(b.added)+len(b.faults) > 0 {
			t.Errorf("%q: %+v", text, b)
		}
	}
}

func TestAReplicaIDOfDigitsAloneKeepsItsDigits(t *testing.T) {
	for _, id := range []string{"8525645200661234", "0025645200661230", "85256E1000000034", `"85256E1000000034"`, "00000000:00000012"} {
		b := loadYAML("databases: [{path: a, replicaId: " + id + ", entries: []}]")
		want := strings.ReplaceAll(strings.Trim(id, `"`), ":", "")
		if len(b.in) != 1 || b.in[0].ReplicaID != want {
			t.Errorf("%s: got %+v, %v, %v", id, b.in, b.messages(), b.err)
		}
	}
}

func TestNamesOfDigitsStayAsTheyAreWritten(t *testing.T) {
	l := loadYAML("databases: [{path: 007, roles: [0123, true], entries: [{name: 0x10, level: reader, roles: [0123]}, {name: 1_000, level: reader}, {name: 1.50, level: reader}]}]").only(t)
	if l.Path != "007" {
		t.Errorf("path %q", l.Path)
	}
	wantNames(t, "roles", l.List.Roles, []string{"[0123]", "[true]"})
	for _, label := range []string{"0x10", "1_000", "1.50"} {
		entryOf(t, l.List, label)
	}
}

func TestACallerOfYAMLMayStop(t *testing.T) {
	stop := errors.New("stop")
	_, err := ReadYAML(strings.NewReader(handYAML), File{Name: "x"}, func(database.Instance) error { return nil }, func(Addition) error { return stop })
	if !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
}

func FuzzYAMLNeverPanics(f *testing.F) {
	f.Add(handYAML)
	f.Add("databases: [{path: a, entries: [{name: '*', level: reader}]}]")
	f.Fuzz(func(t *testing.T, text string) {
		_, _ = ReadYAML(strings.NewReader(text), File{Name: "x"}, func(in database.Instance) error {
			checkEmitted(t, in)
			return nil
		}, func(Addition) error { return nil })
	})
}
