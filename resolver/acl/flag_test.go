package acl

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
)

// flagRule is the table of rule 1.2: bit, positive privilege or what a negative bit takes away.
var flagRule = []struct {
	symbol   string
	bit      Flags
	gives    Privileges
	takes    Privileges
	userType bool
}{
	{"AUTHOR_NOCREATE", 0x0001, 0, CreateDocs, false},
	{"SERVER", 0x0002, 0, 0, true},
	{"NODELETE", 0x0004, 0, DeleteDocs, false},
	{"CREATE_PRAGENT", 0x0008, CreatePrivateAgents, 0, false},
	{"CREATE_PRFOLDER", 0x0010, CreatePersonalFolders, 0, false},
	{"PERSON", 0x0020, 0, 0, true},
	{"GROUP", 0x0040, 0, 0, true},
	{"CREATE_FOLDER", 0x0080, CreateSharedFolders, 0, false},
	{"CREATE_LOTUSSCRIPT", 0x0100, CreateLSJavaAgents, 0, false},
	{"PUBLICREADER", 0x0200, ReadPublicDocs, 0, false},
	{"PUBLICWRITER", 0x0400, WritePublicDocs, 0, false},
	{"MONITORS_DISALLOWED", 0x0800, 0, 0, false},
	{"NOREPLICATE", 0x1000, 0, ReplicateOrCopy, false},
	{"ADMIN_READERAUTHOR", 0x4000, 0, 0, false},
	{"ADMIN_SERVER", 0x8000, 0, 0, false},
}

func TestFlagSymbolsHaveTheBitsOfRule1_2(t *testing.T) {
	for _, r := range flagRule {
		if got, err := ParseFlag(r.symbol); err != nil || got != r.bit {
			t.Errorf("%s is %#04x (%v), want %#04x", r.symbol, uint16(got), err, uint16(r.bit))
		}
	}
	for spelled, want := range map[string]Flags{"PUBLIC_READER": FlagPublicReader, "PUBLIC_WRITER": FlagPublicWriter} {
		if got, err := ParseFlag(spelled); err != nil || got != want {
			t.Errorf("%s is %#04x (%v), want %#04x (rule 11.9)", spelled, uint16(got), err, uint16(want))
		}
	}
	for _, s := range []string{"", "NODELETE ", "nodelete", "ACL_FLAG_NODELETE", "READER"} {
		if f, err := ParseFlag(s); err == nil || f != 0 {
			t.Errorf("ParseFlag(%q) = %#04x, %v; want an error", s, uint16(f), err)
		}
	}
}

// tickedByTable walks flagRule bit by bit.
func tickedByTable(f Flags) Privileges {
	var p Privileges
	for _, r := range flagRule {
		if f&r.bit != 0 {
			p |= r.gives
		} else {
			p |= r.takes
		}
	}
	return p
}

func TestPrivilegesFollowTheFlagTableForEveryValue(t *testing.T) {
	for f := range 1 << 16 {
		if got, want := Flags(f).Privileges(), tickedByTable(Flags(f)); got != want {
			t.Fatalf("flags %#04x tick %v, want %v", f, got.Names(), want.Names())
		}
	}
}

func TestFlagsBesideTheTypeBitsDoNotChangeTheUserType(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for range 2000 {
		f := Flags(rng.Uint32())
		var typeBits Flags
		for _, r := range flagRule {
			if r.userType {
				typeBits |= r.bit
			}
		}
		if got, want := f.UserType(), (f & typeBits).UserType(); got != want {
			t.Fatalf("flags %#04x are %s, their type bits alone %s", uint16(f), got, want)
		}
	}
}

func TestUserTypesOfEveryCombinationOfTypeBits(t *testing.T) {
	rows := []struct {
		flags  Flags
		want   UserType
		number int // ACLTYPE_
	}{
		{0, TypeUnspecified, 0},
		{FlagPerson, TypePerson, 1},
		{FlagServer, TypeServer, 2},
		{FlagGroup, TypeMixedGroup, 3},
		{FlagGroup | FlagPerson, TypePersonGroup, 4},
		{FlagGroup | FlagServer, TypeServerGroup, 5},
		{FlagGroup | FlagPerson | FlagServer, TypeMixedGroup, 3},
		{FlagPerson | FlagServer, TypeUnspecified, 0},
	}
	for _, r := range rows {
		if got := r.flags.UserType(); got != r.want || int(got) != r.number {
			t.Errorf("flags %#04x are %s (%d), want %s (%d, rule 2.2)", uint16(r.flags), got, got, r.want, r.number)
		}
	}
}

// flagCase is a case of kind "flags" of testdata/cases.json.
type flagCase struct {
	ID    string
	Kind  string
	Given struct {
		Level int
		Flags json.RawMessage
	}
	Expect struct {
		Privileges []string
		Types      []string
	}
}

func TestFlagCasesOfTheReference(t *testing.T) {
	ran := map[string]bool{}
	for _, c := range readCases[flagCase](t) {
		if c.Kind != "flags" {
			continue
		}
		ran[c.ID] = true
		t.Run(c.ID, func(t *testing.T) {
			if c.Expect.Types != nil {
				checkTypes(t, c)
				return
			}
			got := flagsOf(t, c.Given.Flags)[0].Privileges().Cut(Level(c.Given.Level)).Names()
			if !slices.Equal(got, c.Expect.Privileges) {
				t.Errorf("got %v, want %v", got, c.Expect.Privileges)
			}
		})
	}
	if !ran["FL-002"] || !ran["FL-005"] {
		t.Errorf("ran only %v", ran)
	}
}

func checkTypes(t *testing.T, c flagCase) {
	t.Helper()
	flags := flagsOf(t, c.Given.Flags)
	if len(flags) != len(c.Expect.Types) {
		t.Fatalf("%d flags for %d types", len(flags), len(c.Expect.Types))
	}
	for i, f := range flags {
		if got := f.UserType().String(); got != c.Expect.Types[i] {
			t.Errorf("flags %#04x are %s, want %s", uint16(f), got, c.Expect.Types[i])
		}
	}
}

// flagsOf reads "0x0000" or a list of such texts.
func flagsOf(t *testing.T, raw json.RawMessage) []Flags {
	t.Helper()
	var texts []string
	if err := json.Unmarshal(raw, &texts); err != nil {
		texts = make([]string, 1)
		if err := json.Unmarshal(raw, &texts[0]); err != nil {
			t.Fatal(err)
		}
	}
	flags := make([]Flags, len(texts))
	for i, s := range texts {
		n, err := strconv.ParseUint(s, 0, 16)
		if err != nil {
			t.Fatal(err)
		}
		flags[i] = Flags(n)
	}
	return flags
}

// readCases reads testdata/cases.json into the fields that a test wants.
func readCases[C any](t *testing.T) []C {
	t.Helper()
	raw, err := os.ReadFile("../../testdata/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []json.RawMessage }
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	var cases []C
	for _, one := range file.Cases {
		var c C
		// Cases of other kinds have other shapes under the same names.
		if err := json.Unmarshal(one, &c); err == nil {
			cases = append(cases, c)
		}
	}
	return cases
}
