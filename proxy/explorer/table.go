package explorer

import (
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/aclens/aclens/resolver/report"
)

// table is rows that a page shows and that can be had as CSV: one source for both.
type table struct {
	ID      string
	Caption string // what it is, for those who cannot see where it stands
	Columns []column
	Source  iter.Seq[[]cell]
	Empty   string // instead of a table without rows

	Rows   [][]cell // those that the page shows, once settled
	More   int      // rows that only the CSV has; -1: some
	Sorted int      // column by which they are sorted, or -1
	Down   bool
	CSV    string // address
	base   url.Values
	path   string
}

// column is one column of a table.
type column struct {
	Head string // for people
	Key  string // in CSV
	Only int    // onlyPage, onlyCSV, or 0 for both
	Kind string // "level", "number", or empty for text
	Wide bool   // may wrap
}

// Where a column is.
const (
	onlyPage = 1 + iota
	onlyCSV
)

// cell is one cell. Text is what both page and CSV say unless CSV is given.
type cell struct {
	Text  string
	CSV   string   // instead of Text or List
	Level string   // drawn as a level
	Href  string   // where Text leads
	Notes []string // after Text, small
	List  []string // short texts, each its own
	Order string   // what it is sorted by, instead of Text
	Mark  string   // class of a mark before Text
}

// shownRows is how many rows of a table a page shows at most.
const shownRows = 1000

func text(s string) cell { return cell{Text: s} }

func link(s, href string) cell { return cell{Text: s, Href: href} }

func number(n int) cell {
	return cell{Text: grouped(n), CSV: strconv.Itoa(n), Order: fmt.Sprintf("%012d", n)}
}

func list(texts []string) cell { return cell{List: texts, Order: strings.Join(texts, " ")} }

// level is a level with its place in the order.
func level(word string, num int) cell { return cell{Text: word, Level: word, Order: strconv.Itoa(num)} }

// settle reads the rows that the page shows, sorted as the address says.
func (t *table) settle(r *http.Request) {
	t.base, t.path, t.Sorted = r.URL.Query(), r.URL.Path, -1
	t.CSV = t.with("csv", t.ID)
	for row := range t.Source {
		if len(t.Rows) == shownRows {
			t.More++
			if t.More > 100*shownRows {
				t.More = -1
				break
			}
			continue
		}
		t.Rows = append(t.Rows, row)
	}
	at, down := strings.CutSuffix(t.base.Get("sort-"+t.ID), "-down")
	if n, err := strconv.Atoi(at); err == nil && n >= 0 && n < len(t.Columns) && t.Columns[n].Only != onlyCSV {
		t.sort(n, down)
	}
}

func (t *table) sort(n int, down bool) {
	t.Sorted, t.Down = n, down
	slices.SortStableFunc(t.Rows, func(a, b []cell) int {
		order := strings.Compare(a[n].SortKey(), b[n].SortKey())
		if down {
			return -order
		}
		return order
	})
}

// with is the address of the page with one parameter changed.
func (t *table) with(key, value string) string {
	q := url.Values{}
	for k, v := range t.base {
		if k != "csv" && k != "part" {
			q[k] = v
		}
	}
	q.Set(key, value)
	return t.path + "?" + q.Encode()
}

// SortBy is the address under which the table is sorted by a column, the other
// way round where it is already.
func (t *table) SortBy(n int) string {
	word := strconv.Itoa(n)
	if t.Sorted == n && !t.Down {
		word += "-down"
	}
	return t.with("sort-"+t.ID, word) + "#" + t.ID
}

// AriaSort is how a column is sorted, for assistive technology.
func (t *table) AriaSort(n int) string {
	switch {
	case t.Sorted != n:
		return "none"
	case t.Down:
		return "descending"
	default:
		return "ascending"
	}
}

// Hidden tells whether a page leaves a column out.
func (c column) Hidden() bool { return c.Only == onlyCSV }

// SortKey is what a cell is sorted by.
func (c cell) SortKey() string {
	if c.Order != "" {
		return c.Order
	}
	return strings.ToLower(c.Text)
}

// plain is a cell of CSV.
func (c cell) plain() string {
	switch {
	case c.CSV != "":
		return c.CSV
	case c.List != nil:
		return report.List(c.List)
	default:
		return c.Text
	}
}

// csv sends a table of a page as CSV.
func (x *Explorer) csv(v *visit, p *page) {
	t := p.Table(v.r.URL.Query().Get("csv"))
	if t == nil {
		x.problem(v.w, v.r, http.StatusNotFound, "There is no such table.")
		return
	}
	guard(v.w)
	v.w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	v.w.Header().Set("Content-Disposition", `attachment; filename="aclens-`+t.ID+`.csv"`)
	var header []string
	for _, c := range t.Columns {
		if c.Only != onlyPage {
			header = append(header, c.Key)
		}
	}
	_ = report.Table(v.w, header, func(yield func([]string) bool) { // the reader has gone: nobody to tell
		for row := range t.Source {
			line := make([]string, 0, len(header))
			for i, c := range t.Columns {
				if c.Only != onlyPage {
					line = append(line, row[i].plain())
				}
			}
			if !yield(line) {
				return
			}
		}
	})
}
