package verify

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits that keep a hostile or broken file from filling the memory.
const (
	maxLine   = 1 << 20 // bytes
	maxFaults = 1000    // listed one by one
)

// Read reads a file of Domino's answers: text in UTF-8, one answer a line, its
// cells separated by commas, semicolons or tabs and quoted as CSV where needed.
// The first line names the columns, in any order and case: user, database and
// level must be there; roles, privileges, channel and fullAccess may be.
//
//	user;database;level;roles;channel
//	Jane Doe/Sales/Acme;apps/crm.nsf;editor;[Buyer]|[Admin];notes
//	John Smith/Sales/Acme;apps/crm.nsf;3;;web-session
//
// A level is a word or a number from 0 to 6 (rule 1.1), roles are joined by a
// vertical bar, privileges are so too or the number that QueryAccessPrivileges
// gives (rule 1.6). Without a channel it is notes. Columns of other names are
// passed over. A line that cannot be understood is a fault and the rest counts;
// without a first line that names the columns nothing does.
func Read(r io.Reader, file string) ([]Answer, []Fault) {
	in := reader{lines: bufio.NewReaderSize(r, 64<<10), file: file}
	in.run()
	if in.unlisted > 0 {
		in.faults = append(in.faults, Fault{file, in.line, fmt.Errorf("%d more lines could not be read", in.unlisted)})
	}
	return in.answers, in.faults
}

// reader is one file being read.
type reader struct {
	lines    *bufio.Reader
	cells    bytes.Reader
	buffered *bufio.Reader // over cells; encoding/csv takes it as it is
	file     string
	line     int
	columns  *columns // nil before the first line was read
	answers  []Answer
	faults   []Fault
	unlisted int
}

var (
	errTooLong  = fmt.Errorf("longer than %d KiB", maxLine>>10)
	errEncoding = errors.New("not UTF-8: export the file with that character set")
)

func (r *reader) run() {
	for {
		text, err := r.next()
		switch {
		case errors.Is(err, io.EOF):
			if r.columns == nil {
				r.fault(errors.New("the file is empty: its first line has to name the columns"))
			}
			return
		case err == nil:
			err = r.take(text)
		case !errors.Is(err, errTooLong):
			r.fault(fmt.Errorf("reading: %w", err))
			return
		}
		if err == nil {
			continue
		}
		r.fault(err)
		if r.columns == nil {
			return
		}
	}
}

func (r *reader) fault(err error) {
	if len(r.faults) == maxFaults {
		r.unlisted++
		return
	}
	r.faults = append(r.faults, Fault{r.file, r.line, err})
}

// next is the next line without its end; one that is too long is passed over
// and an error.
func (r *reader) next() ([]byte, error) {
	var line []byte
	r.line++
	for tooLong := false; ; {
		part, err := r.lines.ReadSlice('\n')
		if tooLong = tooLong || len(line)+len(part) > maxLine; tooLong {
			line = line[:0]
		} else {
			line = append(line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil && !errors.Is(err, io.EOF):
			return nil, err
		case tooLong:
			return nil, errTooLong
		case err != nil && len(line) == 0:
			return nil, io.EOF
		}
		return bytes.TrimRight(line, "\r\n"), nil
	}
}

// take reads one line.
func (r *reader) take(line []byte) error {
	if r.columns == nil {
		line = bytes.TrimPrefix(line, []byte("\xEF\xBB\xBF"))
	}
	switch {
	case !utf8.Valid(line):
		return errEncoding
	case len(bytes.TrimSpace(line)) == 0:
		return nil
	case r.columns == nil:
		var err error
		r.columns, err = r.header(line)
		return err
	}
	cells, err := r.split(line, r.columns.separator)
	if err != nil {
		return err
	}
	if len(cells) != r.columns.count {
		return fmt.Errorf("has %d cells, but the first line has %d", len(cells), r.columns.count)
	}
	a, err := r.columns.answer(cells)
	if err != nil {
		return err
	}
	a.File, a.Line = r.file, r.line
	r.answers = append(r.answers, a)
	return nil
}

// header finds the separator under which the first line names what is needed.
func (r *reader) header(line []byte) (*columns, error) {
	var first error
	for _, separator := range []rune{',', ';', '\t'} {
		cells, err := r.split(line, separator)
		if err == nil {
			var c *columns
			if c, err = newColumns(cells, separator); err == nil {
				return c, nil
			}
		}
		if first == nil || len(cells) > 1 {
			first = err
		}
	}
	return nil, first
}

// split takes one line apart. Lines are split one by one, so that a quotation
// mark that is never closed spoils its own line and no other.
func (r *reader) split(line []byte, separator rune) ([]string, error) {
	r.cells.Reset(line)
	if r.buffered == nil {
		r.buffered = bufio.NewReader(&r.cells)
	}
	r.buffered.Reset(&r.cells)
	parser := csv.NewReader(r.buffered)
	parser.Comma, parser.FieldsPerRecord = separator, -1
	cells, err := parser.Read()
	if err != nil {
		var parse *csv.ParseError
		if errors.As(err, &parse) {
			err = parse.Err
		}
		return nil, err
	}
	for i, c := range cells {
		if strings.ContainsFunc(c, unicode.IsControl) {
			return nil, fmt.Errorf("cell %d holds a control character", i+1)
		}
		cells[i] = strings.TrimSpace(c)
	}
	return cells, nil
}
