package main

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"
)

// tableRows reads the rows of the table that are drawn, without those beyond
// the lower edge that only fill it up.
const tableRows = `[...document.querySelectorAll("#rows tr")].map(r => [...r.cells].map(c => c.textContent))`

// TestAReportOpensFromDiskInABrowser writes the report on the sample as the
// command does, and uses its page as a person does: with keys alone, then with
// the mouse, on a screen that is light and one that is dark.
func TestAReportOpensFromDiskInABrowser(t *testing.T) {
	rows, page := reportOnDemo(t)
	b := openBrowser(t, page)

	if got, want := b.text("#count"), fmt.Sprintf("%d of %d pairs: 62 users, 12 databases", len(rows), len(rows)); got != want {
		t.Errorf("the page says %q, want %q", got, want)
	}
	b.picture("map")

	b.tabTo(`input[name=kind]`)
	b.press(kb.ArrowRight)
	b.until(`!document.getElementById("table").hidden`)
	b.checkTable("as the report comes", rows)
	if got := b.attribute("#grid", "aria-rowcount"); got != fmt.Sprint(len(rows)+1) {
		t.Errorf("aria-rowcount is %s for %d rows and the head", got, len(rows))
	}

	sortsByKeys(b, rows)
	filters(b, rows)
	showsDetail(b)
	b.picture("table")
	listsFindings(b)
	b.picture("findings")
	b.checkQuiet()
}

// sortsByKeys sorts by Level, up and down, with Tab and Enter.
func sortsByKeys(b *browser, rows []reportRow) {
	b.t.Helper()
	const level = "#heads th:nth-child(3)"
	up := slices.Clone(rows)
	slices.SortStableFunc(up, func(x, y reportRow) int { return strings.Compare(x.levelNum, y.levelNum) })
	down := slices.Clone(rows)
	slices.SortStableFunc(down, func(x, y reportRow) int { return strings.Compare(y.levelNum, x.levelNum) })
	if got := b.attribute(level, "aria-sort"); got != "none" {
		b.t.Errorf("before anything is sorted, aria-sort is %q", got)
	}
	b.tabTo(level + " button")
	for _, step := range []struct {
		sort string
		rows []reportRow
	}{{"ascending", up}, {"descending", down}} {
		b.press(kb.Enter)
		b.until(fmt.Sprintf(`document.querySelector(%q).getAttribute("aria-sort") === %q`, level, step.sort))
		b.checkTable(step.sort, step.rows)
	}
	if got := b.attribute("#heads th:nth-child(1)", "aria-sort"); got != "none" {
		b.t.Errorf("sorted by Level, aria-sort of User is %q", got)
	}
}

// filters narrows the table by what is typed for users and databases, still
// sorted by Level.
func filters(b *browser, rows []reportRow) {
	b.t.Helper()
	var want []reportRow
	for _, r := range rows {
		if strings.Contains(strings.ToLower(r.user+"\n"+r.dn), "ou=sales") && strings.Contains(r.database, "apps/") {
			want = append(want, r)
		}
	}
	slices.SortStableFunc(want, func(x, y reportRow) int { return strings.Compare(y.levelNum, x.levelNum) })
	b.typeInto("#user", " OU=Sales ")
	b.typeInto("#database", "APPS/")
	b.settled()
	if got, want := b.text("#count"), fmt.Sprintf("%d of %d pairs: ", len(want), len(rows)); !strings.HasPrefix(got, want) {
		b.t.Errorf("the page says %q, want %q", got, want)
	}
	if len(want) == 0 || len(want) == len(rows) {
		b.t.Fatalf("the filter leaves %d of %d rows", len(want), len(rows))
	}
	b.checkTable("filtered", want)
	b.run(`document.getElementById("table").scrollTo(0, 1e9)`)
	b.until(fmt.Sprintf(`document.querySelector("#rows tr:last-child").getAttribute("aria-rowindex") === "%d"`, len(want)+1))
	if got := b.rows(); len(got) == 0 || !cmp.Equal(got, cellsOf(want[len(want)-len(got):])) {
		b.t.Errorf("at the end: %s", cmp.Diff(cellsOf(want[len(want)-len(got):]), got))
	}
	b.run(`document.getElementById("table").scrollTo(0, 0)`)
	b.until(`document.querySelector("#rows tr").getAttribute("aria-rowindex") === "2"`)
}

// showsDetail chooses a row with the mouse, and the next with a key.
func showsDetail(b *browser) {
	b.t.Helper()
	chosen := b.rows()
	b.click("#rows tr:nth-child(2)")
	for i, row := range chosen[1:3] {
		if i > 0 {
			b.run(`document.querySelector("#rows tr:nth-child(2) button").focus()`)
			b.press(kb.ArrowDown)
		}
		b.until(fmt.Sprintf(`document.querySelector("#detail dd:nth-of-type(1)")?.textContent === %q`, row[0]))
		if got, want := []string{b.text("#detail dd:nth-of-type(2)"), b.text("#detail dd:nth-of-type(5)")}, []string{row[2], row[1]}; !slices.Equal(got, want) {
			b.t.Errorf("detail of %s: %q, want %q", row[0], got, want)
		}
		if privileges := b.text("#detail dd:nth-of-type(6)"); !strings.Contains(privileges, "readPublicDocs") {
			b.t.Errorf("privileges of %s in %s: %q", row[0], row[1], privileges)
		}
	}
}

// listsFindings compares the page's findings with what check prints.
func listsFindings(b *browser) {
	b.t.Helper()
	b.run(`for (const id of ["user", "database"]) { document.getElementById(id).value = ""; document.getElementById(id).oninput(); }`)
	b.settled()
	b.click(`input[value=findings]`)
	b.until(`!document.getElementById("findings").hidden`)
	got := evaluate[[][]string](b, `[...document.querySelectorAll("#findings tbody tr")].map(r => [...r.cells].map(c => c.textContent))`)
	counts := map[string]int{}
	for _, row := range got {
		counts[row[0]]++
		if row[1] == "" || row[2] == "" || row[4] == "" {
			b.t.Errorf("a finding lacks kind, subject or what to do: %q", row)
		}
	}
	var out strings.Builder
	if status := run([]string{"check", "--config", filepath.Join(b.dir, "aclens.yaml")}, &out, &out); status != exitDone {
		b.t.Fatalf("check: status %d\n%s", status, &out)
	}
	if want := fmt.Sprintf("%d errors, %d warnings, %d notes\n", counts["error"], counts["warning"], counts["info"]); !strings.HasSuffix(out.String(), want) || len(got) == 0 {
		b.t.Errorf("the page lists %s, check says\n%s", want, &out)
	}
}

// reportRow is a row of the CSV report.
type reportRow struct{ user, dn, database, level, levelNum, roles, source, winning string }

// cells are the texts of a row as the page shows them.
func (r reportRow) cells() []string {
	return []string{r.user, r.database, r.level, strings.ReplaceAll(r.roles, "|", " "), r.source, strings.ReplaceAll(r.winning, "|", ", ")}
}

func cellsOf(rows []reportRow) [][]string {
	list := make([][]string, len(rows))
	for i, r := range rows {
		list[i] = r.cells()
	}
	return list
}

// reportOnDemo runs the command on the sample, and returns the rows of the CSV
// report and the file of the HTML report.
func reportOnDemo(t *testing.T) (rows []reportRow, page string) {
	t.Helper()
	dir := t.TempDir()
	if err := unpackDemo(dir, "127.0.0.1:0", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"csv", "html"} {
		var said strings.Builder
		out := filepath.Join(dir, "report."+format)
		status := run([]string{"report", "--config", filepath.Join(dir, "aclens.yaml"), "--format", format, "--out", out}, &said, &said)
		if status != exitDone || !strings.Contains(said.String(), "744 rows to ") || !strings.Contains(said.String(), ": 62 users, 12 databases, in ") {
			t.Fatalf("status %d\n%s", status, &said)
		}
	}
	file, err := os.Open(filepath.Join(dir, "report.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	records, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records[1:] {
		rows = append(rows, reportRow{r[0], r[1], r[2], r[3], r[4], r[5], r[7], r[8]})
	}
	return rows, filepath.Join(dir, "report.html")
}

// A browser lays out no element as high as a million rows, so the page draws
// rows by where the scroll bar stands.
func TestEveryRowOfAMillionCanBeReached(t *testing.T) {
	config := wideWorld(t, 1000, 1000)
	page := filepath.Join(filepath.Dir(config), "access.html")
	var said strings.Builder
	if status := run([]string{"report", "--config", config, "--format", "html", "--out", page}, &said, &said); status != exitDone {
		t.Fatalf("status %d: %s", status, &said)
	}
	b := openBrowser(t, page)
	b.click(`input[value=table]`)
	b.until(`document.querySelectorAll("#rows tr").length > 0`)
	const firstIndex = `Number(document.querySelector("#rows tr").getAttribute("aria-rowindex"))`
	const lastIndex = `Number(document.querySelector("#rows tr:last-child").getAttribute("aria-rowindex"))`
	scroll := func(to, holds string) {
		t.Helper()
		b.run(`document.getElementById("table").scrollTo(0, ` + to + `)`)
		b.until(holds)
	}
	scroll("1e9", lastIndex+" === 1000001")
	rows := b.rows()
	if last := rows[len(rows)-1]; last[0] != "CN=P999/O=Acme" || last[1] != "d999.nsf" {
		t.Errorf("the last row is %q", last)
	}
	scroll("4e6", firstIndex+" > 450000 && "+firstIndex+" < 550000")
	scroll("0", firstIndex+" === 2")
	b.run(`document.querySelector("#rows tr button").focus()`)
	for range 60 {
		b.press(kb.ArrowDown)
	}
	b.until(`document.activeElement.closest("tr").getAttribute("aria-rowindex") === "62"`)
	if got := b.text("#detail dd:nth-of-type(5)"); got != b.text("#rows .chosen td:nth-child(2)") {
		t.Errorf("the detail is about %q", got)
	}
	b.checkQuiet()
}
