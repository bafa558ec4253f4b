package report

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// csvFormat writes rows as comma separated values.
type csvFormat struct{}

func (csvFormat) header() string {
	return "user,dn,database,level,levelNum,roles,privileges,source,winning\n"
}

func (csvFormat) appendUser(dst []byte, u *User) []byte {
	dst = append(appendCSV(dst, u.Name), ',')
	return append(appendCSV(dst, u.DN), ',')
}

func (csvFormat) appendCell(dst []byte, c *Cell) []byte {
	dst = append(appendCSV(dst, c.Database), ',')
	dst = append(append(dst, c.Level.String()...), ',')
	dst = append(strconv.AppendInt(dst, int64(c.Level), 10), ',')
	dst = append(appendCSV(dst, joinList(c.Roles)), ',')
	dst = append(appendCSV(dst, joinList(c.Privileges)), ',')
	dst = append(append(dst, c.Source...), ',')
	return append(appendCSV(dst, joinList(c.Winning)), '\n')
}

var listEscaper = strings.NewReplacer(`\`, `\\`, `|`, `\|`)

// joinList writes a list into one cell: the texts joined by '|', with '\' before
// a '|' or '\' that belongs to a text.
func joinList(list []string) string {
	if len(list) == 1 && !strings.ContainsAny(list[0], `\|`) {
		return list[0]
	}
	var b strings.Builder
	for i, text := range list {
		if i > 0 {
			b.WriteByte('|')
		}
		b.WriteString(listEscaper.Replace(text))
	}
	return b.String()
}

// appendCSV writes one cell, in quotes where it needs them.
func appendCSV(dst []byte, cell string) []byte {
	if !needsQuotes(cell) {
		return append(dst, cell...)
	}
	dst = append(dst, '"')
	for i := range len(cell) {
		if cell[i] == '"' {
			dst = append(dst, '"')
		}
		dst = append(dst, cell[i])
	}
	return append(dst, '"')
}

// needsQuotes tells whether encoding/csv would quote a cell, or whether it
// begins as a formula does. Quotes change no data; they do not keep every
// spreadsheet from computing either.
func needsQuotes(cell string) bool {
	if cell == "" {
		return false
	}
	switch cell[0] {
	case '=', '+', '-', '@', '\\':
		return true
	}
	for i := range len(cell) {
		switch cell[i] {
		case ',', '"', '\r', '\n':
			return true
		}
	}
	first, _ := utf8.DecodeRuneInString(cell)
	return unicode.IsSpace(first)
}
