// Package aclens_test holds the rules of the house that no compiler knows: which
// way imports go, what a room must not touch, and that the pages which describe
// the code name what is there (ARCHITECTURE.md).
package aclens_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

const (
	modulePath   = "github.com/aclens/aclens"
	longestFile  = 450 // lines of a file that is no test
	rulesPage    = "docs/access-rules.md"
	architecture = "ARCHITECTURE.md"
)

// sourceFile is one parsed Go file of this module. Files of nested modules are
// not among them: those have dependencies and rules of their own.
type sourceFile struct {
	path    string // with slashes, relative to the module
	room    string // the folder of path; "." for the root
	test    bool
	lines   int
	syntax  *ast.File
	imports []string
}

func TestImportsGoDownOnly(t *testing.T) {
	for _, c := range []struct {
		sentence string
		holds    func(f sourceFile) bool
		refuses  func(imported string) bool
	}{
		{"resolver knows nothing of what stands above it", nonTest("resolver"), ours("cmd", "proxy", "config", "deploy")},
		{"resolver opens no socket, no file and no process", nonTest("resolver"),
			exactly("net", "net/http", "net/rpc", "net/smtp", "net/textproto", "crypto/tls", "os", "os/exec", "os/signal", "os/user", "syscall", "io/ioutil", "plugin")},
		{"resolver rolls no dice: equal input gives equal answers", nonTest("resolver"), exactly("math/rand", "math/rand/v2", "crypto/rand")},
		{"resolver logs nothing: it returns what there is to say", nonTest("resolver"), exactly("log", "log/slog", "log/syslog")},
		{"the rooms below resolver never look up to it", roomsBelowResolver, exactly(modulePath + "/resolver")},
		{"proxy/wire stands on the standard library alone", nonTest("proxy/wire"), notStandard},
		{"config knows words and nothing of their meaning", nonTest("config"), ours("")},
		{"the demo is data", nonTest("deploy"), ours("cmd", "proxy", "resolver", "config")},
		{"cmd stands above everything", outside("cmd"), ours("cmd")},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			held := 0
			for _, f := range sourceFiles(t) {
				if !c.holds(f) {
					continue
				}
				held++
				for _, imported := range f.imports {
					if c.refuses(imported) {
						t.Errorf("%s imports %s", f.path, imported)
					}
				}
			}
			if held == 0 {
				t.Fatal("the rule holds no file at all: is the room called something else by now?")
			}
		})
	}
}

// Whoever builds a Snapshot says what time it is; a clock inside would make two
// replicas disagree about one state.
func TestResolverReadsNoClock(t *testing.T) {
	clock := []string{"Now", "Since", "Until", "After", "AfterFunc", "Tick", "NewTicker", "NewTimer", "Sleep"}
	for _, f := range sourceFiles(t) {
		if !nonTest("resolver")(f) {
			continue
		}
		timeName := importedAs(f.syntax, "time")
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			selector, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if x, ok := selector.X.(*ast.Ident); ok && timeName != "" && x.Name == timeName && slices.Contains(clock, selector.Sel.Name) {
				t.Errorf("%s uses %s.%s", f.path, x.Name, selector.Sel.Name)
			}
			return true
		})
	}
}

func TestNoPackageIsNamedForWhatItIsNot(t *testing.T) {
	empty := []string{"util", "utils", "common", "type", "types", "helper", "helpers", "misc"}
	for _, f := range sourceFiles(t) {
		name := strings.TrimSuffix(f.syntax.Name.Name, "_test")
		if slices.Contains(empty, name) || slices.Contains(empty, path.Base(f.room)) {
			t.Errorf("%s is in package %s: a name that says what the package owns?", f.path, name)
		}
	}
}

func TestEveryPackageSaysWhatItPromisesAndRefuses(t *testing.T) {
	comments := map[string]string{}
	for _, f := range sourceFiles(t) {
		if f.test {
			continue
		}
		comments[f.room] += f.syntax.Doc.Text()
	}
	for room, comment := range comments {
		if !strings.HasPrefix(comment, "Package ") && !strings.HasPrefix(comment, "Command ") && !strings.HasPrefix(comment, "Aclens ") {
			t.Errorf("%s has no package comment", room)
		}
	}
}

func TestNoFileIsLongerThanOneIdea(t *testing.T) {
	for _, f := range sourceFiles(t) {
		if !f.test && f.lines > longestFile {
			t.Errorf("%s has %d lines; more than %d is more than one idea", f.path, f.lines, longestFile)
		}
	}
}

func TestEveryRuleThatIsNamedExists(t *testing.T) {
	rules := headings(t, rulesPage, regexp.MustCompile(`(?m)^### (\d+\.\d+) `))
	if len(rules) < 100 {
		t.Fatalf("%s holds %d rules; its headings have changed", rulesPage, len(rules))
	}
	named := 0
	check := func(where, text string) {
		for _, rule := range rulesNamed(text) {
			named++
			if !rules[rule] {
				t.Errorf("%s names rule %s, which %s does not have", where, rule, rulesPage)
			}
		}
	}
	for _, f := range sourceFiles(t) {
		for _, group := range f.syntax.Comments {
			check(f.path, group.Text())
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
				check(f.path, literal.Value)
			}
			return true
		})
	}
	for _, page := range pages(t) {
		check(page, read(t, page))
	}
	if named < 100 {
		t.Fatalf("found only %d mentions of rules; is the pattern still right?", named)
	}
}

func TestMentionsOfRulesAreUnderstood(t *testing.T) {
	for text, want := range map[string][]string{
		"rule 3.4.":                           {"3.4"},
		"(rules 4.1, 4.4 and 11.9)":           {"4.1", "4.4", "11.9"},
		"Rules 7.1 to 7.5 say":                {"7.1", "7.5"},
		"rules 3.1\nand 3.2":                  {"3.1", "3.2"},
		"[rule 5.1](access-rules.md)":         {"5.1"},
		"RFC 4511, 4.5.1.7; version 1.2 of a": nil,
		"overrule 9.99":                       nil,
	} {
		if got := rulesNamed(text); !slices.Equal(got, want) {
			t.Errorf("%q names %q, understood %q", text, want, got)
		}
	}
}

func TestEveryDependencySaysWhatItIsFor(t *testing.T) {
	required := requiredModules(t)
	said := headings(t, architecture, regexp.MustCompile("(?m)^\\| `([^`/]+\\.[^`]+)` \\| [^|]+ \\| [^|]+ \\|$"))
	for _, f := range sourceFiles(t) {
		for _, imported := range f.imports {
			if !notStandard(imported) || within(imported, modulePath) {
				continue
			}
			module := moduleOf(imported, required)
			if module == "" {
				t.Errorf("%s imports %s, which go.mod does not require", f.path, imported)
			} else if !said[module] {
				t.Errorf("%s imports %s, and %s has no line for %s", f.path, imported, architecture, module)
			}
		}
	}
	for module := range said {
		if !slices.Contains(required, module) {
			t.Errorf("%s has a line for %s, which go.mod does not require", architecture, module)
		}
	}
}

func TestEveryRoomHasALine(t *testing.T) {
	said := headings(t, architecture, regexp.MustCompile("(?m)^\\| `([a-z][a-z/]*)` \\| [^|]+ \\| [^|]+ \\|$"))
	rooms := map[string]bool{}
	for _, f := range sourceFiles(t) {
		if !f.test {
			rooms[f.room] = true
		}
	}
	for room := range rooms {
		if !said[room] {
			t.Errorf("%s has no line for the room %s", architecture, room)
		}
	}
	for room := range said {
		if entries, err := os.ReadDir(filepath.FromSlash(room)); err != nil || len(entries) == 0 {
			t.Errorf("%s has a line for %s, which is not there", architecture, room)
		}
	}
}

// Whoever looks for a step of a request is led by the page to a function.
func TestEveryStepThatIsNamedIsWhereThePageSays(t *testing.T) {
	declared := map[string]bool{}
	for _, f := range sourceFiles(t) {
		for _, d := range f.syntax.Decls {
			if function, ok := d.(*ast.FuncDecl); ok {
				declared[f.path+" "+function.Name.Name] = true
			}
		}
	}
	steps := 0
	for _, place := range stepPlace.FindAllStringSubmatch(read(t, architecture), -1) {
		for _, function := range quoted.FindAllStringSubmatch(place[2], -1) {
			steps++
			if !declared[place[1]+" "+function[1]] {
				t.Errorf("%s leads to %s in %s, which is not there", architecture, function[1], place[1])
			}
		}
	}
	if steps < 20 {
		t.Fatalf("found only %d steps in %s; is the pattern still right?", steps, architecture)
	}
}

var (
	stepPlace = regexp.MustCompile("`([a-z/_]+\\.go)`:((?:,? `\\w+`)+)")
	quoted    = regexp.MustCompile("`(\\w+)`")
)

func sourceFiles(t *testing.T) []sourceFile {
	t.Helper()
	files, err := parseOnce()
	if err != nil {
		t.Fatal(err)
	}
	return files
}

var parseOnce = sync.OnceValues(func() ([]sourceFile, error) {
	var files []sourceFile
	set := token.NewFileSet()
	err := walk(func(name string) error {
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		f, err := parse(set, name)
		files = append(files, f)
		return err
	})
	return files, err
})

func parse(set *token.FileSet, name string) (sourceFile, error) {
	f := sourceFile{path: name, room: path.Dir(name), test: strings.HasSuffix(name, "_test.go")}
	text, err := os.ReadFile(filepath.FromSlash(name))
	if err != nil {
		return f, err
	}
	f.lines = bytes.Count(text, []byte("\n"))
	if f.syntax, err = parser.ParseFile(set, name, text, parser.ParseComments|parser.SkipObjectResolution); err != nil {
		return f, err
	}
	for _, spec := range f.syntax.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return f, fmt.Errorf("%s: import %s: %w", name, spec.Path.Value, err)
		}
		f.imports = append(f.imports, imported)
	}
	return f, nil
}

// walk visits the files of this module: not those of nested modules, and not
// what the go command passes over.
func walk(visit func(name string) error) error {
	return filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := entry.Name()
		if !entry.IsDir() {
			return visit(filepath.ToSlash(name))
		}
		if name == "." {
			return nil
		}
		if _, err := os.Stat(filepath.Join(name, "go.mod")); err == nil || base == "testdata" || base == "bin" || base[0] == '.' || base[0] == '_' {
			return filepath.SkipDir
		}
		return nil
	})
}

func pages(t *testing.T) []string {
	t.Helper()
	var found []string
	err := walk(func(name string) error {
		if strings.HasSuffix(name, ".md") {
			found = append(found, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.FromSlash(name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// headings returns what the pattern's first group finds on a page.
func headings(t *testing.T, page string, pattern *regexp.Regexp) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	for _, match := range pattern.FindAllStringSubmatch(read(t, page), -1) {
		found[match[1]] = true
	}
	if len(found) == 0 {
		t.Fatalf("nothing in %s looks like %s", page, pattern)
	}
	return found
}

var (
	ruleList   = regexp.MustCompile(`(?i)\brules?\s+\d+\.\d+(?:(?:,|;|\s+and|\s+or|\s+to|,\s+and)\s+\d+\.\d+)*`)
	ruleNumber = regexp.MustCompile(`\d+\.\d+`)
)

func rulesNamed(text string) []string {
	var found []string
	for _, list := range ruleList.FindAllString(text, -1) {
		found = append(found, ruleNumber.FindAllString(list, -1)...)
	}
	return found
}

// requiredModules lists what go.mod requires, directly or not.
func requiredModules(t *testing.T) []string {
	t.Helper()
	var modules []string
	for _, match := range regexp.MustCompile(`(?m)^(?:require )?\s*([\w.-]+\.[\w./-]+) v\d`).FindAllStringSubmatch(read(t, "go.mod"), -1) {
		modules = append(modules, match[1])
	}
	if len(modules) == 0 {
		t.Fatal("go.mod requires nothing that this test understands")
	}
	return modules
}

// moduleOf returns the longest required module that the import path lies in.
func moduleOf(imported string, required []string) string {
	longest := ""
	for _, module := range required {
		if within(imported, module) && len(module) > len(longest) {
			longest = module
		}
	}
	return longest
}

func importedAs(f *ast.File, imported string) string {
	for _, spec := range f.Imports {
		if spec.Path.Value != strconv.Quote(imported) {
			continue
		}
		if spec.Name != nil {
			return spec.Name.Name
		}
		return path.Base(imported)
	}
	return ""
}

func within(name, parent string) bool { return name == parent || strings.HasPrefix(name, parent+"/") }

func outside(room string) func(sourceFile) bool {
	return func(f sourceFile) bool { return !within(f.room, room) }
}

func nonTest(room string) func(sourceFile) bool {
	return func(f sourceFile) bool { return !f.test && within(f.room, room) }
}

// roomsBelowResolver are those that a Snapshot is made from. What is made from a
// Snapshot may import it.
func roomsBelowResolver(f sourceFile) bool {
	above := []string{"resolver/finding", "resolver/report", "resolver/saved", "resolver/verify"}
	return nonTest("resolver")(f) && f.room != "resolver" && !slices.ContainsFunc(above, func(room string) bool { return within(f.room, room) })
}

func exactly(paths ...string) func(string) bool {
	return func(imported string) bool { return slices.Contains(paths, imported) }
}

// ours matches imports from the given rooms of this module; "" is all of it.
func ours(rooms ...string) func(string) bool {
	return func(imported string) bool {
		return slices.ContainsFunc(rooms, func(room string) bool { return within(imported, path.Join(modulePath, room)) })
	}
}

// notStandard tells what is not of the standard library: the first element of
// such a path is the name of a host and has a dot.
func notStandard(imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	return strings.Contains(first, ".")
}
