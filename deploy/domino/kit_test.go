// Package domino_test checks the export kit as far as a text can be checked
// without Domino: the agent's keys and words against those that are read, its
// form, and its sample.
package domino_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/source"
)

func read(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.FromSlash(name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// tagged lists the JSON keys of a struct of resolver/source with the Go type of each.
func tagged(t testing.TB, structName string) map[string]string {
	t.Helper()
	keys := map[string]string{}
	files, err := filepath.Glob("../../resolver/source/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		syntax, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(syntax, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok || spec.Name.Name != structName {
				return true
			}
			for _, f := range spec.Type.(*ast.StructType).Fields.List {
				tag, err := strconv.Unquote(f.Tag.Value)
				if err != nil {
					t.Fatal(err)
				}
				keys[reflect.StructTag(tag).Get("json")] = typeName(f.Type)
			}
			return false
		})
	}
	if len(keys) == 0 {
		t.Fatalf("resolver/source has no struct %s", structName)
	}
	return keys
}

func typeName(e ast.Expr) string {
	switch x := e.(type) {
	case *ast.StarExpr:
		return typeName(x.X)
	case *ast.ArrayType:
		return "[]" + typeName(x.Elt)
	case *ast.SelectorExpr:
		return x.Sel.Name
	case *ast.Ident:
		return x.Name
	}
	return "?"
}

// procedure is the text of one Sub or Function of the agent.
func procedure(t testing.TB, name string) string {
	t.Helper()
	found := regexp.MustCompile(`(?ms)^(?:Sub|Function) ` + name + `\b.*?^End (?:Sub|Function)$`).FindString(read(t, "aclexport.lss"))
	if found == "" {
		t.Fatalf("the agent has no procedure %s", name)
	}
	return found
}

var pair = regexp.MustCompile(`Pair\("([A-Za-z]+)", (\w+)?`)

func TestTheAgentWritesExactlyTheKeysThatAreRead(t *testing.T) {
	// How the agent writes what a field of the type takes.
	writers := map[string][]string{
		"string": {"JsonText"}, "bool": {"BoolText"}, "int": {"Cstr"}, "[]string": {"TextArray", "FlagArray", "LogArray"}, "RawMessage": {"EntryArray"},
	}
	for name, structName := range map[string]string{"DatabaseLine": "kitDatabase", "EntryText": "flagEntry", "ManifestLine": "kitManifest"} {
		want := tagged(t, structName)
		got := map[string]bool{}
		for _, m := range pair.FindAllStringSubmatch(procedure(t, name), -1) {
			key, writer := m[1], m[2]
			if key == "manifest" {
				continue
			}
			switch {
			case got[key]:
				t.Errorf("%s writes %q twice", name, key)
			case want[key] == "":
				t.Errorf("%s writes %q, which %s does not read", name, key, structName)
			case !slices.Contains(writers[want[key]], writer):
				t.Errorf("%s writes %q with %s, but it is a %s", name, key, writer, want[key])
			}
			got[key] = true
		}
		for key := range want {
			if !got[key] {
				t.Errorf("%s does not write %q", name, key)
			}
		}
	}
	if !strings.Contains(procedure(t, "ManifestLine"), `Pair("manifest", "{" & text & "}")`) {
		t.Error("the manifest does not stand under its key")
	}
}

// assigned lists the words that a function of the agent gives back.
func assigned(t testing.TB, name string) []string {
	t.Helper()
	var words []string
	for _, m := range regexp.MustCompile(name+` = "(\w+)"`).FindAllStringSubmatch(procedure(t, name), -1) {
		words = append(words, m[1])
	}
	return words
}

func TestTheAgentKnowsEveryLevelTypeAndFlagByItsWord(t *testing.T) {
	levels := assigned(t, "LevelWord")
	for i, word := range levels {
		if l, err := acl.ParseLevel(word); err != nil || int(l) != i {
			t.Errorf("level %d is written %q: %v, %v", i, word, l, err)
		}
	}
	types := assigned(t, "TypeWord")
	for i, word := range types {
		if u, err := acl.ParseUserType(word); err != nil || int(u) != i {
			t.Errorf("type %d is written %q: %v, %v", i, word, u, err)
		}
	}
	if len(levels) != acl.Levels || len(types) != 6 {
		t.Errorf("%d levels and %d types", len(levels), len(types))
	}
}

func TestTheFlagsOfTheAgentSayThePrivilegesOfTheirProperties(t *testing.T) {
	// Privileges by property, and whether the property is the reverse of the bit.
	properties := map[string]acl.Privileges{
		"CanCreateDocuments": acl.CreateDocs, "CanDeleteDocuments": acl.DeleteDocs, "CanReplicateOrCopyDocuments": acl.ReplicateOrCopy,
		"CanCreatePersonalAgent": acl.CreatePrivateAgents, "CanCreatePersonalFolder": acl.CreatePersonalFolders,
		"CanCreateSharedFolder": acl.CreateSharedFolders, "CanCreateLSOrJavaAgent": acl.CreateLSJavaAgents,
		"IsPublicReader": acl.ReadPublicDocs, "IsPublicWriter": acl.WritePublicDocs, "IsAdminServer": 0, "IsAdminReaderAuthor": 0,
	}
	lines := regexp.MustCompile(`If (Not )?entry\.(\w+) Then flags = flags & Flag\("(\w+)"\)`).FindAllStringSubmatch(procedure(t, "FlagArray"), -1)
	met := map[string]bool{}
	for _, m := range lines {
		negative, property, word := m[1] != "", m[2], m[3]
		flag, err := acl.ParseFlag(word)
		if err != nil {
			t.Error(err)
		}
		without, with := acl.Flags(0).Privileges(), flag.Privileges()
		if changed := without ^ with; changed != properties[property] || changed != 0 && (with&changed == 0) != negative {
			t.Errorf("%s, reversed %v, is written %s, which changes %v", property, negative, word, changed.Names())
		}
		met[property] = true
	}
	if !slices.Equal(slices.Sorted(maps.Keys(met)), slices.Sorted(maps.Keys(properties))) {
		t.Errorf("written are %v", slices.Sorted(maps.Keys(met)))
	}
}

func TestTheSampleIsReadInFull(t *testing.T) {
	text := read(t, "testdata/hub1.jsonl")
	var got []database.Instance
	m, faults, err := source.ReadKit(strings.NewReader(text), source.File{Name: "hub1.jsonl"}, func(in database.Instance) error {
		got = append(got, in)
		return nil
	})
	if err != nil || len(got) != 3 {
		t.Fatalf("%d databases, %v", len(got), err)
	}
	if len(faults) != 1 || !strings.Contains(faults[0].Error(), "1 of 4 databases could not be read") {
		t.Errorf("faults %v", faults)
	}
	if m.Server.Abbreviated() != "Hub1/Acme" || m.Read != 3 || m.Failed != 1 || m.Expected != 4 {
		t.Errorf("manifest %+v", m)
	}
	crm := got[0]
	if crm.Path != `apps\crm.nsf` || crm.Title != "Customers – Café & more" || crm.ReplicaID != "C1258A2F004B7D10" || len(crm.Log) != 1 {
		t.Errorf("%+v", crm)
	}
	if l := crm.List; l.MaxLevel != acl.Author || !l.MaxKnown || l.Consistent != acl.Yes || len(l.Entries) != 6 || l.Default().Level != acl.NoAccess {
		t.Errorf("%+v", crm.List)
	}
	last := crm.List.Entries[5]
	if last.Name.Abbreviated() != "Jürgen Doe/Sales/Acme" || last.Type != acl.TypePerson || last.Roles.Len() != 2 || !last.Privileges.Has(acl.CreateDocs|acl.DeleteDocs|acl.ReplicateOrCopy) {
		t.Errorf("%+v", last)
	}
	if !got[1].List.ExtendedAccess || got[2].List.Entries[1].Kind != acl.KindTemplate {
		t.Errorf("%+v, %+v", got[1].List, got[2].List)
	}
}

func TestTheSampleIsWrittenAsTheAgentWrites(t *testing.T) {
	order := func(name string) (keys []string) {
		for _, m := range pair.FindAllStringSubmatch(procedure(t, name), -1) {
			if m[1] != "manifest" {
				keys = append(keys, m[1])
			}
		}
		return keys
	}
	lines := strings.Split(strings.TrimSuffix(read(t, "testdata/hub1.jsonl"), "\n"), "\n")
	top := regexp.MustCompile(`[{,]"(\w+)":`)
	entries := regexp.MustCompile(`"entries":\[.*?\}\],`)
	for i, line := range lines {
		if strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("line %d is not plain ASCII", i+1)
		}
		name := "DatabaseLine"
		if i == len(lines)-1 {
			name, line = "ManifestLine", strings.TrimPrefix(line, `{"manifest":`)
		}
		var keys []string
		for _, m := range top.FindAllStringSubmatch(entries.ReplaceAllString(line, `"entries":[],`), -1) {
			keys = append(keys, m[1])
		}
		if !slices.Equal(keys, order(name)) {
			t.Errorf("line %d has keys %v, the agent writes %v", i+1, keys, order(name))
		}
	}
}
