package source

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// maxLDIFLine bounds the bytes of one unfolded line: a picture fits.
const maxLDIFLine = 32 << 20

// ldifLines reads the lines of an LDIF file: unfolded, without comments and
// line ends (RFC 2849, notes 2 and 3).
type ldifLines struct {
	r     *bufio.Reader
	line  int // number of the last line read
	began int // number of the line on which the last logical line began
	buf   []byte
	limit int // of buf
}

func newLDIFLines(r io.Reader) *ldifLines {
	return &ldifLines{r: bufio.NewReaderSize(r, 64<<10), limit: maxLDIFLine}
}

// next returns the next logical line, valid until the next call; an empty one
// separates records.
func (l *ldifLines) next() ([]byte, error) {
	for {
		l.began = l.line + 1
		l.buf = l.buf[:0]
		if err := l.physical(); err != nil {
			return nil, err
		}
		if l.line == 1 {
			l.buf = bytes.TrimPrefix(l.buf, byteOrderMark)
		}
		if len(l.buf) == 0 {
			return l.buf, nil
		}
		if l.buf[0] == ' ' {
			return nil, errors.New("a continuation line that continues nothing")
		}
		if err := l.unfold(); err != nil {
			return nil, err
		}
		if l.buf[0] != '#' {
			return l.buf, nil
		}
	}
}

// unfold appends the continuation lines.
func (l *ldifLines) unfold() error {
	for {
		next, err := l.r.Peek(1)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if next[0] != ' ' {
			return nil
		}
		if _, err := l.r.Discard(1); err != nil {
			return err
		}
		if err := l.physical(); err != nil && !errors.Is(err, io.EOF) {
			return err
		}
	}
}

// physical appends one line without its end, LF or CR LF.
func (l *ldifLines) physical() error {
	start := len(l.buf)
	for {
		piece, err := l.r.ReadSlice('\n')
		if len(l.buf)+len(piece) > l.limit {
			return fmt.Errorf("a line of more than %d KiB", l.limit>>10)
		}
		l.buf = append(l.buf, piece...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && len(l.buf) == start:
			return io.EOF
		case err != nil && !errors.Is(err, io.EOF):
			return err
		}
		l.line++
		if n := len(l.buf); n > start && l.buf[n-1] == '\n' {
			l.buf = l.buf[:n-1]
			if n-1 > start && l.buf[n-2] == '\r' {
				l.buf = l.buf[:n-2]
			}
		}
		return nil
	}
}
