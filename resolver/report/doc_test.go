package report

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestTheDocumentShowsTheHeaderOfTheCSV(t *testing.T) {
	text, err := os.ReadFile("../../docs/report.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "```\n"+csvFormat{}.header()+"```") {
		t.Error("docs/report.md shows another header")
	}
}

func TestTheDocumentListsEveryCause(t *testing.T) {
	text, err := os.ReadFile("../../docs/report.md")
	if err != nil {
		t.Fatal(err)
	}
	code, err := os.ReadFile("cause.go")
	if err != nil {
		t.Fatal(err)
	}
	words := regexp.MustCompile(`(?:w\.add\(|return )"([a-zA-Z ]+)(?:: )?"`).FindAllStringSubmatch(string(code), -1)
	if len(words) < 8 {
		t.Fatalf("found only %v", words)
	}
	for _, w := range words {
		if !strings.Contains(string(text), "`"+w[1]) {
			t.Errorf("docs/report.md does not say what %q means", w[1])
		}
	}
}
