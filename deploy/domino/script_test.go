package domino_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// statement is one line of the agent without comment and with its texts emptied.
type statement struct {
	line int
	text string
}

// statements reads the agent; the comment sign and texts follow the LotusScript
// language: ' outside a text begins a comment, "" inside one is a quotation mark.
func statements(t testing.TB) []statement {
	t.Helper()
	var out []statement
	for i, line := range strings.Split(read(t, "aclexport.lss"), "\n") {
		var b strings.Builder
		quoted := false
		for _, r := range line {
			if r == '"' {
				quoted = !quoted
				b.WriteRune(r)
				continue
			}
			if r == '\'' && !quoted {
				break
			}
			if !quoted {
				b.WriteRune(r)
			}
		}
		if quoted {
			t.Errorf("line %d: a text is not closed", i+1)
		}
		if text := strings.TrimSpace(b.String()); text != "" {
			out = append(out, statement{i + 1, text})
		}
	}
	return out
}

// blocks are what opens and what closes; a line that opens and closes at once is none.
var blocks = []struct{ opens, closes *regexp.Regexp }{
	{regexp.MustCompile(`(?i)^sub \w+`), regexp.MustCompile(`(?i)^end sub$`)},
	{regexp.MustCompile(`(?i)^function \w+`), regexp.MustCompile(`(?i)^end function$`)},
	{regexp.MustCompile(`(?i)^if .* then$`), regexp.MustCompile(`(?i)^end if$`)},
	{regexp.MustCompile(`(?i)^do( until| while|$)`), regexp.MustCompile(`(?i)^loop$`)},
	{regexp.MustCompile(`(?i)^for `), regexp.MustCompile(`(?i)^next$`)},
	{regexp.MustCompile(`(?i)^forall `), regexp.MustCompile(`(?i)^end forall$`)},
	{regexp.MustCompile(`(?i)^select case `), regexp.MustCompile(`(?i)^end select$`)},
}

func TestEveryBlockOfTheAgentIsClosedWhereItBelongs(t *testing.T) {
	type open struct{ kind, line int }
	var stack []open
	count := 0
	for _, s := range statements(t) {
		for kind, b := range blocks {
			if b.opens.MatchString(s.text) {
				stack, count = append(stack, open{kind, s.line}), count+1
			}
			if !b.closes.MatchString(s.text) {
				continue
			}
			if len(stack) == 0 || stack[len(stack)-1].kind != kind {
				t.Fatalf("line %d: %q closes nothing that is open: %v", s.line, s.text, stack)
			}
			stack = stack[:len(stack)-1]
		}
	}
	if len(stack) > 0 || count < 50 {
		t.Errorf("%d blocks, still open %v", count, stack)
	}
}

var (
	word     = regexp.MustCompile(`(\.?)\b([A-Za-z]\w*)\$?`)
	declared = regexp.MustCompile(`(?i)^dim (\w+)(?: list)? as (?:new )?(\w+)`)
	constant = regexp.MustCompile(`(?i)^const (\w+)`)
	header   = regexp.MustCompile(`(?i)^(?:sub|function) (\w+)(?:\((.*)\))?`)
	argument = regexp.MustCompile(`(?i)(\w+) as (\w+)`)
	forall   = regexp.MustCompile(`(?i)^forall (\w+) in `)
	label    = regexp.MustCompile(`^(\w+):$`)
	member   = regexp.MustCompile(`\b([A-Za-z]\w*)\.(\w+)`)
)

// language are the words of LotusScript, its functions and the constants of the
// Notes classes that the agent uses.
var language = strings.Fields(strings.ToLower(`
	Option Public Declare Uselsx Const Dim As New List Sub Function End Exit Call Set If Then Else Elseif Not And Or Is Nothing For To Step Next
	Forall In Do Until Loop Select Case On Error Goto Resume Print True False
	Boolean Integer Long String Variant
	Lcase Mid Right Len Instr Chr Uni Hex Cstr Cint Isarray Iselement Year Month Day Hour Minute Second Erl
	DATABASE TEMPLATE ACLLEVEL_NOACCESS ACLLEVEL_DEPOSITOR ACLLEVEL_READER ACLLEVEL_AUTHOR ACLLEVEL_EDITOR ACLLEVEL_DESIGNER ACLLEVEL_MANAGER
	ACLTYPE_UNSPECIFIED ACLTYPE_PERSON ACLTYPE_SERVER ACLTYPE_MIXED_GROUP ACLTYPE_PERSON_GROUP ACLTYPE_SERVER_GROUP
	NotesSession NotesName NotesDbDirectory NotesDatabase NotesACL NotesACLEntry NotesDateTime JavaSession JavaClass JavaMethod`))

// scope is what a name stands for: class or type by name in lower case.
type scope map[string]string

// scopes gives each line its names: those of the whole agent, and those of the
// procedure that it stands in. A name declared twice in one scope is an error.
func scopes(t testing.TB, lines []statement) (global scope, local map[int]scope) {
	t.Helper()
	global, local = scope{}, map[int]scope{}
	declare := func(in scope, line int, name, class string) {
		name = strings.ToLower(name)
		if in[name] != "" {
			t.Errorf("line %d: %s is declared twice", line, name)
		}
		in[name] = strings.ToLower(class)
	}
	var inside scope
	for _, s := range lines {
		if m := header.FindStringSubmatch(s.text); m != nil {
			declare(global, s.line, m[1], "procedure")
			inside = scope{}
			for _, a := range argument.FindAllStringSubmatch(m[2], -1) {
				declare(inside, s.line, a[1], a[2])
			}
		}
		to := inside
		if to == nil {
			to = global
		}
		if m := declared.FindStringSubmatch(s.text); m != nil {
			declare(to, s.line, m[1], m[2])
		}
		if m := constant.FindStringSubmatch(s.text); m != nil {
			declare(to, s.line, m[1], "constant")
		}
		if m := forall.FindStringSubmatch(s.text); m != nil {
			declare(to, s.line, m[1], "variant")
		}
		if m := label.FindStringSubmatch(s.text); m != nil {
			declare(to, s.line, m[1], "label")
		}
		local[s.line] = inside
		if strings.EqualFold(s.text, "End Sub") || strings.EqualFold(s.text, "End Function") {
			inside = nil
		}
	}
	return global, local
}

// TestEveryNameOfTheAgentIsDeclared is what Option Declare asks for, and that no
// local name hides a procedure.
func TestEveryNameOfTheAgentIsDeclared(t *testing.T) {
	lines := statements(t)
	global, local := scopes(t, lines)
	names := 0
	for _, s := range lines {
		for _, m := range word.FindAllStringSubmatch(s.text, -1) {
			name := strings.ToLower(m[2])
			if m[1] == "." || slices.Contains(language, name) {
				continue
			}
			names++
			if global[name] == "" && local[s.line][name] == "" {
				t.Errorf("line %d: %s is not declared: %s", s.line, m[2], s.text)
			}
			if global[name] == "procedure" && local[s.line][name] != "" {
				t.Errorf("line %d: %s hides a procedure", s.line, m[2])
			}
		}
	}
	if names < 200 {
		t.Errorf("only %d names: is the pattern still right?", names)
	}
}

func TestEveryMemberOfTheAgentIsInTheTableOfDocumentedOnesAndNoneChangesAnything(t *testing.T) {
	lines := statements(t)
	global, local := scopes(t, lines)
	said := map[string]bool{}
	for _, m := range regexp.MustCompile("`((?:Notes|Java)\\w+\\.\\w+)`").FindAllStringSubmatch(read(t, "README.md"), -1) {
		said[strings.ToLower(m[1])] = true
	}
	used := map[string]bool{}
	for _, s := range lines {
		text := strings.ReplaceAll(s.text, "session.CurrentDatabase.Server", "session.CurrentDatabase db.Server")
		for _, m := range member.FindAllStringSubmatch(text, -1) {
			object := strings.ToLower(m[1])
			class := local[s.line][object]
			if class == "" {
				class = global[object]
			}
			if object == "db" {
				class = "notesdatabase"
			}
			key := class + "." + strings.ToLower(m[2])
			used[key] = true
			if !said[key] {
				t.Errorf("line %d: %s is not in the table of README.md", s.line, key)
			}
		}
	}
	for key := range said {
		if !used[key] {
			t.Errorf("README.md names %s, which the agent does not use", key)
		}
	}
	for key := range used {
		for _, verb := range []string{"save", "remove", "create", "replace", "grant", "revoke", "enable", "disable", "delete", "compact", "send", "copy"} {
			if _, name, _ := strings.Cut(key, "."); strings.HasPrefix(name, verb) && key != "javaclass.createobject" {
				t.Errorf("%s changes something", key)
			}
		}
	}
	if len(used) < 30 {
		t.Errorf("only %d members: is the pattern still right?", len(used))
	}
}

// TestNoPropertyIsAssigned holds that the agent sets nothing of an object.
func TestNoPropertyIsAssigned(t *testing.T) {
	assignment := regexp.MustCompile(`(?i)^(?:set )?\w+\.\w+ =`)
	for _, s := range statements(t) {
		if assignment.MatchString(s.text) {
			t.Errorf("line %d: %s", s.line, s.text)
		}
	}
}

func TestEveryProcedureGetsAsManyArgumentsAsItTakes(t *testing.T) {
	takes := map[string]int{}
	lines := statements(t)
	for _, s := range lines {
		if m := header.FindStringSubmatch(s.text); m != nil {
			takes[m[1]] = len(argument.FindAllString(m[2], -1))
		}
	}
	calls := 0
	for _, s := range lines {
		if header.MatchString(s.text) {
			continue
		}
		for name, want := range takes {
			for _, got := range calledWith(s.text, name) {
				calls++
				if got != want {
					t.Errorf("line %d: %s takes %d arguments and gets %d", s.line, name, want, got)
				}
			}
		}
	}
	if calls < 60 {
		t.Errorf("only %d calls: is the pattern still right?", calls)
	}
}

// calledWith counts the arguments of every call of a procedure in a line.
func calledWith(text, name string) (counts []int) {
	for _, at := range regexp.MustCompile(fmt.Sprintf(`(?:^|[^\w.])%s\(`, name)).FindAllStringIndex(text, -1) {
		depth, n, empty := 1, 1, true
		for _, r := range text[at[1]:] {
			switch r {
			case '(':
				depth++
			case ')':
				depth--
			case ',':
				if depth == 1 {
					n++
				}
			}
			if depth == 0 {
				break
			}
			empty = false
		}
		if empty {
			n = 0
		}
		counts = append(counts, n)
	}
	return counts
}
