package source

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/name"
)

const savedREST = `{
  "server": "Hub1/Acme",
  "path": "apps/crm.nsf",
  "replicaId": "c1258a2f004b7d10",
  "title": "Customers",
  "capturedAt": "2026-11-21T08:15:00Z",
  "entries": [
    {"name": "-Default-", "type": "", "level": "NOACCESS", "roles": [], "flags": ["PUBLIC_READER"]},
    {"name": "Sales Editors", "type": "PERSON_GROUP", "level": "EDITOR", "roles": ["Buyer"],
     "flags": ["NODELETE", "CREATE_FOLDER", "CREATE_PRFOLDER", "NOREPLICATE"], "index": 3},
    {"name": "CN=Jane Doe/O=Acme", "type": "PERSON", "level": "AUTHOR", "roles": ["[Admin]"], "flags": ["AUTHOR_NOCREATE", "PERSON"]}
  ],
  "roles": {"roles": ["[Admin]", "[Buyer]"]}
}
`

func loadREST(text string) *loaded {
	var l loaded
	l.faults, l.err = ReadREST(strings.NewReader(text), File{Name: "crm.json"}, l.emit)
	return &l
}

func TestSavedAnswersOfTheRESTAPIAreRead(t *testing.T) {
	in := loadREST(savedREST).only(t)
	if in.Server.Key() != name.Parse("Hub1/Acme").Key() || in.Path != "apps/crm.nsf" || in.ReplicaID != "C1258A2F004B7D10" ||
		in.Title != "Customers" || in.Origin != "crm.json:1" || !in.CapturedAt.Equal(time.Date(2026, 11, 21, 8, 15, 0, 0, time.UTC)) {
		t.Errorf("got %+v", in)
	}
	if in.List.MaxKnown || in.List.Consistent != acl.Unknown {
		t.Errorf("the maximum or the flag is known: %+v", in.List)
	}
	wantNames(t, "default", granted(*in.List.Default()), []string{"readPublicDocs", "replicateOrCopy"})
	editors := entryOf(t, in.List, "Sales Editors")
	wantNames(t, "editors", granted(editors), []string{"createDocs", "createPersonalFolders", "createSharedFolders", "readPublicDocs", "writePublicDocs"})
	wantNames(t, "roles", in.List.RoleNames(editors.Roles), []string{"[Buyer]"})
	jane := entryOf(t, in.List, "CN=Jane Doe/O=Acme")
	wantNames(t, "author", granted(jane), []string{"deleteDocs", "readPublicDocs", "replicateOrCopy"})
	if editors.Type != acl.TypePersonGroup || jane.Type != acl.TypePerson || editors.Unknown != 0 {
		t.Errorf("got types %s and %s", editors.Type, jane.Type)
	}
}

func TestAMarkBeforeAnAnswerDoesNotCount(t *testing.T) {
	if in := loadREST("\xEF\xBB\xBF" + savedREST).only(t); in.Path != "apps/crm.nsf" {
		t.Errorf("read as %+v", in)
	}
}

func TestAFileOfAnswersMayHoldSeveralDatabases(t *testing.T) {
	second := strings.Replace(savedREST, "crm.nsf", "hr.nsf", 1)
	for sentence, text := range map[string]string{
		"an array":            "[\n" + savedREST + "," + second + "]",
		"one after the other": savedREST + second,
		"two arrays":          "[" + savedREST + "]\n[" + second + "]",
		"roles as an array":   strings.Replace(savedREST, `{"roles": ["[Admin]", "[Buyer]"]}`, `["[Admin]", "[Buyer]"]`, 1) + second,
	} {
		t.Run(sentence, func(t *testing.T) {
			var l loaded
			l.faults, l.err = ReadREST(iotest.OneByteReader(strings.NewReader(text)), File{Name: "crm.json"}, l.emit)
			if l.err != nil || len(l.faults) > 0 || len(l.in) != 2 || l.in[0].Path != "apps/crm.nsf" || l.in[1].Path != "apps/hr.nsf" {
				t.Errorf("%+v, %v, %v", l.in, l.messages(), l.err)
			}
		})
	}
	l := loadREST("[\n\n" + savedREST + "," + second + "]")
	if len(l.in) != 2 || l.in[0].Origin != "crm.json:3" || l.in[1].Origin != "crm.json:17" {
		t.Errorf("origins are wrong: %+v", l.in)
	}
}

func TestDoubtInAnAnswerIsAFaultWithItsLine(t *testing.T) {
	entry := `{"name": "CN=Jane Doe/O=Acme", "type": "PERSON", "level": "AUTHOR", "roles": ["[Admin]"], "flags": ["AUTHOR_NOCREATE", "PERSON"]}`
	tests := []struct {
		sentence, from, to string
		parts              []string
	}{
		{"an unknown flag", "AUTHOR_NOCREATE", "AUTHOR_MAYBE", []string{"line 11", `entry "CN=Jane Doe/O=Acme"`, `"AUTHOR_MAYBE"`}},
		{"an unknown level", `"EDITOR"`, `"OWNER"`, []string{"line 9", `entry "Sales Editors"`, `"owner"`}},
		{"an unknown type", "PERSON_GROUP", "ROBOT", []string{"line 9", `"ROBOT"`}},
		{"a type against its flags", `"type": "PERSON", `, `"type": "SERVER", `, []string{"line 11", `"SERVER", but the flags say person`}},
		{"flags of two kinds", `"AUTHOR_NOCREATE", "PERSON"`, `"SERVER", "PERSON"`, []string{"line 11", "PERSON and SERVER without GROUP"}},
		{"no flags", `, "flags": ["AUTHOR_NOCREATE", "PERSON"]`, ``, []string{"line 11", "flags are missing"}},
		{"flags that are null", `["AUTHOR_NOCREATE", "PERSON"]`, `null`, []string{"line 11", "flags are missing"}},
		{"flags that are a number", `["AUTHOR_NOCREATE", "PERSON"]`, `33`, []string{"line 11", "key flags is a number"}},
		{"no level", `"level": "AUTHOR", `, ``, []string{"line 11", "access level"}},
		{"no name", `"name": "CN=Jane Doe/O=Acme", `, ``, []string{"line 11", "the name is missing"}},
		{"an empty name", `CN=Jane Doe/O=Acme`, ``, []string{"line 11", "the name is missing"}},
		{"an entry that is none", entry, `"Jane"`, []string{"line 11", "an entry: a string where an object belongs"}},
		{"a role that is not defined", `"roles": ["Buyer"]`, `"roles": ["Ghost"]`, []string{"line 9", `"Ghost" is not defined`}},
		{"a level given twice", `"level": "EDITOR"`, `"level": "NOACCESS", "level": "EDITOR"`, []string{"line 1", `"level" is there twice`}},
		{"a level given twice in other case", `"level": "EDITOR"`, `"Level": "NOACCESS", "level": "EDITOR"`, []string{`is there twice`}},
		{"no path", `"path": "apps/crm.nsf",`, ``, []string{"line 1", "the path is missing"}},
		{"no entries", `"entries"`, `"entrys"`, []string{"line 1", "entries are missing"}},
		{"a replica id that is none", `c1258a2f004b7d10`, `c125`, []string{"line 1", `"c125"`}},
		{"a time that is none", `2026-11-21T08:15:00Z`, `yesterday`, []string{"line 1", `"yesterday"`}},
		{"roles that are none", `{"roles": ["[Admin]", "[Buyer]"]}`, `{"role": []}`, []string{"roles"}},
		{"roles that are numbers", `{"roles": ["[Admin]", "[Buyer]"]}`, `[1]`, []string{"roles"}},
		{"text that is no UTF-8", `Customers`, "\xff", []string{"not UTF-8"}},
		{"values inside each other", `"Customers"`, strings.Repeat("[", 40) + strings.Repeat("]", 40), []string{"more than 32 values"}},
	}
	for _, tt := range tests {
		t.Run(tt.sentence, func(t *testing.T) {
			text := strings.Replace(savedREST, tt.from, tt.to, 1)
			if text == savedREST {
				t.Fatal("the replacement changed nothing")
			}
			loadREST(text+strings.Replace(savedREST, "crm.nsf", "hr.nsf", 1)).wantFault(t, 1, append(tt.parts, "crm.json")...)
		})
	}
}

func TestTextThatIsNoJSONIsAnErrorWithItsLine(t *testing.T) {
	for sentence, tt := range map[string][2]string{
		"nothing":             {"", "line 1: unexpected EOF"},
		"a cut file":          {savedREST[:300], "line 1"},
		"a cut array":         {"[" + savedREST, "line 14: unexpected EOF"},
		"something after it":  {savedREST + "}", "line 15"},
		"a page":              {"<html>", "line 1"},
		"a value without end": {`{"path": "` + strings.Repeat("x", maxToken+slack+10), "larger than 16384 KiB"},
	} {
		t.Run(sentence, func(t *testing.T) { wantError(t, loadREST(tt[0]).err, "crm.json", tt[1]) })
	}
}

func TestTypeWordsAndTypeFlagsMakeOneType(t *testing.T) {
	tests := []struct {
		word  string
		flags acl.Flags
		want  acl.UserType
	}{
		{"", 0, acl.TypeUnspecified}, {"UNSPECIFIED", 0, acl.TypeUnspecified}, {"PERSON", 0, acl.TypePerson},
		{"SERVER", 0, acl.TypeServer}, {"GROUP", 0, acl.TypeMixedGroup}, {"MIXED_GROUP", 0, acl.TypeMixedGroup},
		{"MIXEDGROUP", 0, acl.TypeMixedGroup}, {"persongroup", 0, acl.TypePersonGroup}, {"PERSON GROUP", 0, acl.TypePersonGroup},
		{"GROUP+PERSON", 0, acl.TypePersonGroup}, {"Server-Group", 0, acl.TypeServerGroup}, {"GROUP_SERVER", 0, acl.TypeServerGroup},
		{"", acl.FlagPerson, acl.TypePerson}, {"", acl.FlagGroup | acl.FlagServer, acl.TypeServerGroup},
		{"GROUP", acl.FlagGroup, acl.TypeMixedGroup}, {"GROUP", acl.FlagGroup | acl.FlagPerson, acl.TypePersonGroup},
		{"PERSON", acl.FlagPerson | acl.FlagNoDelete, acl.TypePerson},
	}
	for _, tt := range tests {
		if got, err := userType(tt.word, tt.flags); err != nil || got != tt.want {
			t.Errorf("%q with flags %#x: got %s, %v; want %s", tt.word, uint16(tt.flags), got, err, tt.want)
		}
	}
	for _, tt := range tests[3:] {
		if got, err := userType("SERVER", acl.FlagPerson); err == nil {
			t.Errorf("%v: SERVER with flag PERSON is %s", tt, got)
		}
	}
}

// TestCasesOfFlags holds FL-002 and FL-005 of testdata/cases.json.
func TestCasesOfFlags(t *testing.T) {
	symbols := map[string][]string{
		"0x0000": {}, "0x0020": {"PERSON"}, "0x0002": {"SERVER"}, "0x0040": {"GROUP"},
		"0x0060": {"GROUP", "PERSON"}, "0x0042": {"GROUP", "SERVER"},
	}
	levels := []string{"NOACCESS", "DEPOSITOR", "READER", "AUTHOR", "EDITOR", "DESIGNER", "MANAGER"}
	read := func(level, flags string) acl.Entry {
		words, known := symbols[flags]
		if !known {
			t.Fatalf("a case with flags %s", flags)
		}
		text, err := json.Marshal(map[string]any{"path": "a", "entries": []any{map[string]any{"name": "X", "level": level, "flags": words}}})
		if err != nil {
			t.Fatal(err)
		}
		return loadREST(string(text)).only(t).List.Entries[0]
	}
	for _, c := range cases(t, "flags") {
		var given struct {
			Level int
			Flags json.RawMessage
		}
		var expect struct{ Privileges, Types []string }
		unmarshal(t, c.Given, &given)
		unmarshal(t, c.Expect, &expect)
		if given.Flags[0] == '"' {
			var flags string
			unmarshal(t, given.Flags, &flags)
			wantNames(t, c.ID, granted(read(levels[given.Level], flags)), expect.Privileges)
			continue
		}
		var flags, types []string
		unmarshal(t, given.Flags, &flags)
		for _, f := range flags {
			types = append(types, read("READER", f).Type.String())
		}
		wantNames(t, c.ID, types, expect.Types)
	}
}

func TestALiveAnswerCompletesAnInstance(t *testing.T) {
	base := database.Instance{Server: name.Parse("Hub1/Acme"), Path: "apps/crm.nsf", Origin: "rest of Hub1/Acme", Title: "Customers"}
	entries := []byte(`[{"name": "-Default-", "type": "", "level": "READER", "roles": ["Admin"], "flags": []}]`)
	in, err := RESTInstance(base, entries, []byte(` {"roles": ["[Admin]"]}`))
	if err != nil || in.List.Default() == nil || in.List.Default().Level != acl.Reader || in.Title != "Customers" || in.List.MaxKnown {
		t.Fatalf("%+v, %v", in, err)
	}
	for sentence, tt := range map[string][2]string{
		"an error page":      {"<html>", `{"roles":[]}`},
		"an error answer":    {`{"status": 403}`, `{"roles":[]}`},
		"no roles answer":    {string(entries), ``},
		"roles without role": {string(entries), `{"roles":[]}`},
		"a key twice":        {`[{"name":"X","level":"NOACCESS","level":"MANAGER","flags":[]}]`, `{"roles":[]}`},
		"text after it":      {string(entries) + "[]", `{"roles":[]}`},
	} {
		if in, err := RESTInstance(base, []byte(tt[0]), []byte(tt[1])); err == nil || in.List != nil {
			t.Errorf("%s: %+v", sentence, in)
		} else {
			wantParts(t, err.Error(), []string{"rest of Hub1/Acme", "database Hub1/Acme!!apps/crm.nsf"})
		}
	}
}

func FuzzRESTNeverPanics(f *testing.F) {
	f.Add([]byte(savedREST))
	f.Add([]byte(`[{"path":"a","entries":[{"name":"x","level":"reader","flags":[]}]}]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		_, _ = ReadREST(bytes.NewReader(text), File{Name: "x"}, func(in database.Instance) error {
			checkEmitted(t, in)
			return nil
		})
	})
}
