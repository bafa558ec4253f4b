package clienttest

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const cookbook = "../../../docs/cookbook"

var fenced = regexp.MustCompile("(?ms)^```(\\w*)\n(.*?)^```$")

// recipes are the blocks of one kind of a page of the cookbook, as they stand
// there: what a test runs is what its readers copy.
func recipes(t *testing.T, page, kind string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(cookbook, page))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range fenced.FindAllStringSubmatch(string(text), -1) {
		if m[1] == kind {
			out = append(out, m[2])
		}
	}
	if len(out) == 0 {
		t.Fatalf("%s has no block of kind %q", page, kind)
	}
	return out
}

// here replaces words of a recipe, each of which has to be in it.
func here(t *testing.T, recipe string, wordAndOther ...string) string {
	t.Helper()
	for i := 0; i < len(wordAndOther); i += 2 {
		if !strings.Contains(recipe, wordAndOther[i]) {
			t.Fatalf("the recipe does not hold %q:\n%s", wordAndOther[i], recipe)
		}
	}
	return strings.NewReplacer(wordAndOther...).Replace(recipe)
}

func TestTheCookbooksIndexNamesEveryPage(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(cookbook, "*"))
	if err != nil {
		t.Fatal(err)
	}
	var there []string
	for _, f := range files {
		if name := filepath.Base(f); name != "README.md" {
			there = append(there, name)
		}
	}
	index, err := os.ReadFile(filepath.Join(cookbook, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	var named []string
	for _, m := range regexp.MustCompile(`\]\(([a-z_]+\.(?:md|py))\)`).FindAllStringSubmatch(string(index), -1) {
		named = append(named, m[1])
	}
	slices.Sort(named)
	if diff := cmp.Diff(there, slices.Compact(named)); diff != "" {
		t.Errorf("docs/cookbook/README.md (-files +named):\n%s", diff)
	}
}
