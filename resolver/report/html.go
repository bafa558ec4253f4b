package report

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html"
	"io"
	"strconv"
	"strings"

	"github.com/aclens/aclens/resolver/acl"
)

//go:embed page.css
var pageStyle string

//go:embed page.js
var pageScript string

// MaxPagePairs is how many pairs a page holds: more would open in no browser.
const MaxPagePairs = 1_000_000

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
// the levels and a table of the pairs, to be filtered and sorted. More than
// MaxPagePairs rows are an error.
func HTML(out io.Writer, h Heading) Writer {
	return &page{out: out, heading: h, databases: map[string]int{}, cells: map[string]int{}, known: map[*Cell]int{}}
}

// Write takes rows; those of one user must follow each other.
func (p *page) Write(rows []Row) error {
	p.begin()
	if p.pairs += len(rows); p.pairs > MaxPagePairs {
		return fmt.Errorf("more than %d pairs: an HTML page holds no more; choose fewer users or databases, or another format", MaxPagePairs)
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
	p.buffer = append(p.buffer, `<script type="application/json" id="cells">[`...)
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
	p.buffer = append(p.buffer, `<script type="application/json" id="`+id+`">`+inScript(list)+"</script>\n"...)
}

// inScript keeps JSON from ending the script element that it stands in.
func inScript(json string) string { return strings.ReplaceAll(json, "<", `\u003c`) }

// begin writes everything before the users.
func (p *page) begin() {
	if p.begun {
		return
	}
	p.begun = true
	var b bytes.Buffer
	policy := "default-src 'none'; style-src " + digest(pageStyle) + "; script-src " + digest(pageScript)
	fmt.Fprintf(&b, pageHead, policy, pageStyle, html.EscapeString(p.heading.words()))
	for l := range acl.Level(acl.Levels) {
		fmt.Fprintf(&b, "<option value=\"%d\">%s</option>", l, l)
	}
	b.WriteString(pageMiddle)
	p.buffer = append(p.buffer, b.Bytes()...)
}

// digest names an inline text for the content security policy.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

const pageHead = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="%s">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Effective access</title>
<style>%s</style>
</head>
<body>
<header>
<h1>Effective access</h1>
<p id="about">%s</p>
<form id="controls">
<label>User <input type="search" id="user" autocomplete="off"></label>
<label>Database <input type="search" id="database" autocomplete="off"></label>
<label>At least <select id="least">`

const pageMiddle = `</select></label>
<label><input type="radio" name="kind" id="map" checked> Heat map</label>
<label><input type="radio" name="kind" id="table"> Table</label>
<span id="legend"></span>
</form>
<p id="count" role="status"></p>
</header>
<div id="view" tabindex="0" aria-label="Access of users to databases"><div id="size"></div><div id="layer"></div></div>
<section id="detail" aria-label="The chosen pair" aria-live="polite">Choose a pair to see roles, privileges and the entries that decided.</section>
<script type="application/json" id="users">[`
