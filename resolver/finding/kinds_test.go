package finding

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestTheDocumentShowsTheTableOfKinds(t *testing.T) {
	text, err := os.ReadFile("../../docs/findings.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(text), "\n## Kinds\n")
	if !ok {
		t.Fatal("docs/findings.md has no section Kinds")
	}
	table, _, _ = strings.Cut(table, "\n## ")
	var shown []string
	for line := range strings.SplitSeq(table, "\n") {
		if strings.HasPrefix(line, "| `") {
			shown = append(shown, line)
		}
	}
	var want []string
	for _, k := range Kinds {
		want = append(want, fmt.Sprintf("| %s | %s | %s | %s |", "`"+k.Word+"`", k.Severity, k.Means, k.Advice))
	}
	for i := range max(len(shown), len(want)) {
		if i >= len(shown) || i >= len(want) || shown[i] != want[i] {
			t.Fatalf("row %d of docs/findings.md is not the table's; the table has\n%s", i+1, strings.Join(want[min(i, len(want)):min(i+1, len(want))], "\n"))
		}
	}
}

func TestEveryKindHasAWordOfItsOwnAMeaningAndAdvice(t *testing.T) {
	form := regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)
	seen := map[string]bool{}
	for _, k := range Kinds {
		if !form.MatchString(k.Word) || seen[k.Word] || k.Means == "" || k.Advice == "" {
			t.Errorf("kind %+v", k)
		}
		seen[k.Word] = true
	}
}

func TestEveryProblemOfTheDatabasesIsAKind(t *testing.T) {
	text, err := os.ReadFile("../database/problem.go")
	if err != nil {
		t.Fatal(err)
	}
	words := regexp.MustCompile(`(?m)^\s+\w+ = "([a-z-]+)"$`).FindAllStringSubmatch(string(text), -1)
	if len(words) == 0 {
		t.Fatal("problem.go lists no kinds")
	}
	for _, w := range words {
		if _, ok := rank[w[1]]; !ok {
			t.Errorf("%s is not in Kinds", w[1])
		}
	}
}

func TestAWordThatTheTableLacksIsAWarning(t *testing.T) {
	if f := New("some-new-kind", "x", "y"); f.Severity != Warning || f.Kind != "some-new-kind" || f.Detail != "y" {
		t.Errorf("got %+v", f)
	}
}

func TestSeveritiesAreReadAsTheyAreWritten(t *testing.T) {
	for s := Info; s <= Error; s++ {
		text, _ := s.MarshalText()
		if back, err := ParseSeverity(string(text)); err != nil || back != s {
			t.Errorf("%s came back as %v, %v", text, back, err)
		}
	}
	if _, err := ParseSeverity("fatal"); err == nil {
		t.Error("an unknown severity was taken")
	}
}

// edits is the plain definition of distance.
func edits(a, b string) int {
	table := make([][]int, len(a)+1)
	for i := range table {
		table[i] = make([]int, len(b)+1)
		for j := range table[i] {
			switch {
			case i == 0 || j == 0:
				table[i][j] = i + j
			case a[i-1] == b[j-1]:
				table[i][j] = table[i-1][j-1]
			default:
				table[i][j] = 1 + min(table[i-1][j-1], table[i-1][j], table[i][j-1])
				if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
					table[i][j] = min(table[i][j], 1+table[i-2][j-2])
				}
			}
		}
	}
	return table[len(a)][len(b)]
}

func checkDistance(t *testing.T, a, b string) {
	t.Helper()
	for limit := range maxSimilar + 1 {
		want := min(edits(a, b), limit+1)
		if got := distance(a, b, limit); got != want {
			t.Fatalf("distance(%q, %q, %d) = %d, want %d", a, b, limit, got, want)
		}
	}
}

func TestTheDistanceIsThatOfItsTwin(t *testing.T) {
	words := []string{"", "a", "ab", "ba", "abc", "acb", "bac", "abcd", "abdc", "badc", "aabb", "abab", "xabcd", "abcdx", "cabd", "bcda"}
	for _, a := range words {
		for _, b := range words {
			checkDistance(t, a, b)
		}
	}
}

func FuzzDistanceAgreesWithItsTwin(f *testing.F) {
	f.Add("cn=jane do,o=acme", "cn=jane doe,o=acme")
	f.Add("abcdef", "abdcef")
	f.Fuzz(func(t *testing.T, a, b string) {
		if len(a) > maxSimilarText || len(b) > maxSimilarText {
			return // longer than names that are compared
		}
		checkDistance(t, a, b)
		if d := distance(a, b, maxSimilar); d <= maxSimilar {
			mask := letters(a) ^ letters(b)
			n := 0
			for ; mask > 0; mask &= mask - 1 {
				n++
			}
			if n > 2*d {
				t.Fatalf("%q and %q: %d slips, but %d letters differ", a, b, d, n)
			}
		}
	})
}

func TestTheOrderIsSeverityThenTableThenDatabase(t *testing.T) {
	found := []Finding{New("empty-group", "B", ""), New("empty-group", "A", ""), New("group-cycle", "C", ""), New("duplicate-group", "D", ""), New("extended-acl", "E", "")}
	Sort(found)
	var subjects []string
	for _, f := range found {
		subjects = append(subjects, f.Subject)
	}
	if !slices.Equal(subjects, []string{"D", "C", "E", "A", "B"}) {
		t.Errorf("got %v", subjects)
	}
}
