package report

import (
	"fmt"
	"io"
)

// Writer takes the rows of a report in their order. Close ends the report; it
// does not close what lies beneath.
type Writer interface {
	Write(rows []Row) error
	Close() error
}

// encoder writes the two halves of a row in a format whose rows do not depend
// on each other; each is made once and then copied.
type encoder interface {
	header() string
	appendUser(dst []byte, u *User) []byte
	appendCell(dst []byte, c *Cell) []byte
}

// textWriter is a Writer for such a format.
type textWriter struct {
	encoder
	out    io.Writer
	begun  bool
	buffer []byte
}

// CSV writes comma separated values as RFC 4180 and encoding/csv have them,
// with a header, lines ending in LF. See docs/report.md for how lists and
// cells that a spreadsheet could take for a formula are written.
func CSV(out io.Writer) Writer { return &textWriter{encoder: csvFormat{}, out: out} }

// JSONLines writes one JSON object a line, with the fields of resolver.Row.
func JSONLines(out io.Writer) Writer { return &textWriter{encoder: jsonFormat{}, out: out} }

// flushBytes is how much text is gathered before it is written.
const flushBytes = 64 << 10

// Write writes rows, whoever made them.
func (w *textWriter) Write(rows []Row) error {
	for i := range rows {
		w.buffer = w.appendUser(w.buffer, rows[i].User)
		w.buffer = w.appendCell(w.buffer, rows[i].Cell)
		if len(w.buffer) >= flushBytes {
			if err := w.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

// emit writes finished text, behind the header.
func (w *textWriter) emit(text []byte) error {
	if !w.begun {
		w.begun = true
		if _, err := io.WriteString(w.out, w.header()); err != nil {
			return fmt.Errorf("writing the report: %w", err)
		}
	}
	if _, err := w.out.Write(text); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

// Close writes what is left; a report without rows has its header.
func (w *textWriter) Close() error {
	err := w.flush()
	w.buffer = nil
	return err
}

// flush writes what Write has gathered.
func (w *textWriter) flush() error {
	err := w.emit(w.buffer)
	w.buffer = w.buffer[:0]
	return err
}
