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
	r     *bufio.Reader // nil: text
	text  []byte        // what is left of a file, or a part of one, that is in memory
	lies  bool          // the last line lies in the text as it is
	line  int           // number of the last line read
	began int           // number of the line on which the last logical line began
	buf   []byte
	limit int // of buf
}

func newLDIFLines(r io.Reader) *ldifLines {
	return &ldifLines{r: bufio.NewReaderSize(r, 64<<10), limit: maxLDIFLine}
}

// next returns the next logical line, valid until the next call, or as long as
// the text in which it lies; an empty one separates records.
func (l *ldifLines) next() ([]byte, error) {
	for {
		l.began = l.line + 1
		line, ok := l.single()
		if l.lies = ok; !ok {
			l.buf = l.buf[:0]
			if err := l.physical(); err != nil {
				return nil, err
			}
			line = l.buf
		}
		if l.line == 1 {
			line = bytes.TrimPrefix(line, byteOrderMark)
		}
		if len(line) == 0 {
			return line, nil
		}
		if line[0] == ' ' {
			return nil, errors.New("a continuation line that continues nothing")
		}
		if !ok {
			l.buf = line
			if err := l.unfold(); err != nil {
				return nil, err
			}
			line = l.buf
		}
		if line[0] != '#' {
			return line, nil
		}
	}
}

// single is the next line of the text, where it has an end and no other line
// continues it; most are such.
func (l *ldifLines) single() ([]byte, bool) {
	end := bytes.IndexByte(l.text, '\n')
	if end < 0 || end >= l.limit || end+1 < len(l.text) && l.text[end+1] == ' ' {
		return nil, false
	}
	line := l.text[:end]
	if end > 0 && line[end-1] == '\r' {
		line = line[:end-1]
	}
	l.text = l.text[end+1:]
	l.line++
	return line, true
}

// unfold appends the continuation lines.
func (l *ldifLines) unfold() error {
	for {
		more, err := l.continued()
		if err != nil || !more {
			return err
		}
		if err := l.physical(); err != nil && !errors.Is(err, io.EOF) {
			return err
		}
	}
}

// continued steps over the space with which a continuation line begins; false is
// that the next line is none.
func (l *ldifLines) continued() (bool, error) {
	if l.r == nil {
		rest, more := bytes.CutPrefix(l.text, []byte(" "))
		l.text = rest
		return more, nil
	}
	next, err := l.r.Peek(1)
	if errors.Is(err, io.EOF) {
		return false, nil
	}
	if err != nil || next[0] != ' ' {
		return false, err
	}
	_, err = l.r.Discard(1)
	return err == nil, err
}

// piece is what is left of a line, or as much of it as there is room for.
func (l *ldifLines) piece() (piece []byte, err error) {
	if l.r != nil {
		return l.r.ReadSlice('\n')
	}
	end := bytes.IndexByte(l.text, '\n')
	if end < 0 {
		piece, l.text = l.text, nil
		return piece, io.EOF
	}
	piece, l.text = l.text[:end+1], l.text[end+1:]
	return piece, nil
}

// physical appends one line without its end, LF or CR LF.
func (l *ldifLines) physical() error {
	start := len(l.buf)
	for {
		piece, err := l.piece()
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
