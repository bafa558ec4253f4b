package report

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/aclens/aclens/resolver/acl"
)

// MaxPagePairs is how many pairs a page holds: more would open in no browser.
const MaxPagePairs = 1_000_000

// ErrTooManyPairs is why a page with more than MaxPagePairs rows is not written.
var ErrTooManyPairs = errors.New("an HTML page holds at most 1,000,000 pairs")

// page writes a report as one HTML file. Users go out as they come; databases
// and the distinct cells are kept and go out at the end.
type page struct {
	out       io.Writer
	heading   Heading
	begun     bool
	pairs     int
	users     int
	user      *User
	columns   []int // of the present user's pairs
	values    []int
	databases map[string]int
	names     []string
	cells     map[string]int
	encoded   []string
	known     map[*Cell]int
	buffer    []byte
}

// HTML writes a page that opens from disk and fetches nothing: a heat map of
// the levels, a table of the pairs, to be filtered and sorted, and the findings
// of the heading. More than MaxPagePairs rows are ErrTooManyPairs.
func HTML(out io.Writer, h Heading) Writer {
	return &page{out: out, heading: h, databases: map[string]int{}, cells: map[string]int{}, known: map[*Cell]int{}}
}

// Write takes rows; those of one user must follow each other.
func (p *page) Write(rows []Row) error {
	p.begin()
	if p.pairs += len(rows); p.pairs > MaxPagePairs {
		return ErrTooManyPairs
	}
	for _, r := range rows {
		if p.user != r.User {
			p.endUser()
			p.user = r.User
		}
		p.columns = append(p.columns, p.column(r.Cell.Database))
		p.values = append(p.values, p.value(r.Cell))
		if len(p.buffer) >= flushBytes {
			if err := p.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

// Close writes the rest of the page.
func (p *page) Close() error {
	p.begin()
	p.endUser()
	p.buffer = append(p.buffer, "\n]</script>\n"...)
	p.list("databases", p.names)
	p.buffer = append(p.buffer, `<script type="application/json" id="cells-data">[`...)
	p.buffer = append(p.buffer, strings.Join(p.encoded, ",\n")...)
	p.buffer = append(p.buffer, "]</script>\n"...)
	levels := make([]string, acl.Levels)
	for l := range levels {
		levels[l] = acl.Level(l).String()
	}
	p.list("levels", levels)
	p.buffer = append(p.buffer, "<script>"+pageScript+"</script>\n</body>\n</html>\n"...)
	return p.flush()
}

func (p *page) flush() error {
	_, err := p.out.Write(p.buffer)
	p.buffer = p.buffer[:0]
	if err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

// column numbers a database.
func (p *page) column(key string) int {
	n, ok := p.databases[key]
	if !ok {
		n = len(p.names)
		p.databases[key] = n
		p.names = append(p.names, key)
	}
	return n
}

// maxKnown bounds how many cells are recognised without looking into them.
const maxKnown = 1 << 16

// value numbers what a cell says.
func (p *page) value(c *Cell) int {
	if n, ok := p.known[c]; ok {
		return n
	}
	b := strconv.AppendInt([]byte(`{"l":`), int64(c.Level), 10)
	b = appendJSONList(append(b, `,"r":`...), c.Roles)
	b = appendJSONList(append(b, `,"p":`...), c.Privileges)
	b = appendJSON(append(b, `,"s":`...), c.Source)
	b = append(appendJSONList(append(b, `,"w":`...), c.Winning), '}')
	text := inScript(string(b))
	n, ok := p.cells[text]
	if !ok {
		n = len(p.encoded)
		p.cells[text] = n
		p.encoded = append(p.encoded, text)
	}
	if len(p.known) >= maxKnown {
		clear(p.known)
	}
	p.known[c] = n
	return n
}

// endUser writes the pairs of the present user. Columns that count up from 0,
// as they do in a full report, are left out.
func (p *page) endUser() {
	if p.user == nil {
		return
	}
	if p.users++; p.users > 1 {
		p.buffer = append(p.buffer, ',')
	}
	text := appendJSON([]byte("\n{\"n\":"), p.user.Name)
	text = appendJSON(append(text, `,"d":`...), p.user.DN)
	p.buffer = append(p.buffer, inScript(string(text))...)
	if !countsUp(p.columns) {
		p.buffer = appendNumbers(append(p.buffer, `,"c":`...), p.columns)
	}
	p.buffer = append(appendNumbers(append(p.buffer, `,"v":`...), p.values), '}')
	p.user, p.columns, p.values = nil, p.columns[:0], p.values[:0]
}

func countsUp(list []int) bool {
	for i, n := range list {
		if n != i {
			return false
		}
	}
	return true
}

func appendNumbers(dst []byte, list []int) []byte {
	dst = append(dst, '[')
	for i, n := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendInt(dst, int64(n), 10)
	}
	return append(dst, ']')
}

func (p *page) list(id string, texts []string) {
	list := string(appendJSONList(nil, texts))
	p.buffer = append(p.buffer, `<script type="application/json" id="`+id+`-data">`+inScript(list)+"</script>\n"...)
}

// inScript keeps JSON from ending the script element that it stands in.
func inScript(json string) string { return strings.ReplaceAll(json, "<", `\u003c`) }
