package report_test

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aclens/aclens/resolver/report"
)

func TestATableReadsBackAsItWasWritten(t *testing.T) {
	lines := [][]string{
		{"-Default-", report.List([]string{"[Buyer]", "[Audit]"}), ""},
		{"=1+1", "a,b", `say "yes"`}, {"two\nlines", " blank", report.List([]string{`a|b`, `c\d`})},
	}
	for range 5000 {
		lines = append(lines, []string{strings.Repeat("x", 40), "y", "z"})
	}
	var out bytes.Buffer
	must(t, report.Table(&out, []string{"entry", "roles", "note"}, slices.Values(lines)))
	if !strings.HasPrefix(out.String(), "entry,roles,note\n\"-Default-\",[Buyer]|[Audit],\n\"=1+1\",") {
		t.Errorf("the table begins %.80q", out.String())
	}
	got, err := csv.NewReader(&out).ReadAll()
	must(t, err)
	if diff := cmp.Diff(lines, got[1:]); diff != "" {
		t.Error(diff)
	}
}
