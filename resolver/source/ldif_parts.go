package source

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"sync"

	"github.com/aclens/aclens/resolver/directory"
)

// ReadLDIFAhead is ReadLDIF on all cores: parts of the file are read side by
// side, each entry is given to a hand with its normalised name, and what the hand
// makes of it is given to take, in the order of the file and on the caller's
// goroutine. hands makes a hand for one goroutine at a time. What a hand is given
// is lent until it returns: of what it keeps it has to make a copy. The entries
// and the error are those of ReadLDIF; take's own error ends the reading and is
// returned as it is.
func ReadLDIFAhead[T any](r io.Reader, f File, hands func() Hand[T], take func(T) error) error {
	return readAhead(ldifParts{r: r, size: partBytes, most: maxPart}, f, hands, take)
}

// Hand makes something of an entry and its normalised name, which are lent to it.
type Hand[T any] func(d directory.Draft, key []byte) T

func readAhead[T any](parts ldifParts, f File, hands func() Hand[T], take func(T) error) error {
	a := &ahead[T]{parts: parts, file: f, hands: hands, take: take, work: make(chan *part[T])}
	defer a.wait()
	return a.run()
}

// ahead is a reading; its workers read parts, and it hands out what they made.
type ahead[T any] struct {
	parts ldifParts
	file  File
	hands func() Hand[T]
	take  func(T) error
	work  chan *part[T]
	wg    sync.WaitGroup
	under []*part[T] // on the way, in the order of the file
	free  [][]byte
	lines bool // the file has had a line
}

// part is a piece of a file that begins and ends between records.
type part[T any] struct {
	text []byte
	line int // lines before it
	made []T
	err  error
	done chan struct{}
}

func (a *ahead[T]) run() error {
	if done, err := a.begin(); done || err != nil {
		return err
	}
	workers := runtime.GOMAXPROCS(0)
	for range workers {
		a.wg.Go(a.serve)
	}
	for {
		text, line, err := a.parts.next(a.room())
		if err != nil || text == nil {
			return a.end(err)
		}
		p := &part[T]{text: text, line: line, done: make(chan struct{})}
		for len(a.under) > workers {
			if err := a.finishOne(); err != nil {
				return err
			}
		}
		a.under = append(a.under, p)
		a.work <- p
	}
}

// begin reads parts until there was a line: only the first one may say which
// version of LDIF the file is.
func (a *ahead[T]) begin() (done bool, err error) {
	for !a.lines {
		text, line, err := a.parts.next(nil)
		if err != nil || text == nil {
			return true, a.end(err)
		}
		p := &part[T]{text: text, line: line}
		a.lines = a.read(p, a.hands())
		if err := a.give(p); err != nil {
			return true, err
		}
	}
	return false, nil
}

// end hands out what is under way, and reads on alone where the file has a
// record that is too long for a part, or ends in an error of its own.
func (a *ahead[T]) end(err error) error {
	for len(a.under) > 0 {
		if err := a.finishOne(); err != nil {
			return err
		}
	}
	if err == nil {
		return nil
	}
	hand := a.hands()
	var l *ldifReader
	l = newLDIFReader(a.parts.rest(err), func(d directory.Draft) error { return a.take(hand(d, l.key)) })
	l.lines.line, l.any = a.parts.line, a.lines
	return l.read(a.file)
}

func (a *ahead[T]) serve() {
	hand := a.hands()
	for p := range a.work {
		a.read(p, hand)
		close(p.done)
	}
}

// read reads a part, and tells whether there was a line in it or before.
func (a *ahead[T]) read(p *part[T], hand Hand[T]) bool {
	l := &ldifReader{lines: &ldifLines{text: p.text, line: p.line, limit: maxLDIFLine}, limit: maxRecord, any: a.lines, lend: true}
	l.emit = func(d directory.Draft) error {
		p.made = append(p.made, hand(d, l.key))
		return nil
	}
	p.err = l.read(a.file)
	return l.any
}

func (a *ahead[T]) finishOne() error {
	p := a.under[0]
	a.under = a.under[1:]
	<-p.done
	return a.give(p)
}

// give hands out what was made of a part, up to its first error.
func (a *ahead[T]) give(p *part[T]) error {
	for i := range p.made {
		if err := a.take(p.made[i]); err != nil {
			return err
		}
	}
	if cap(p.text) <= 2*a.parts.size {
		a.free = append(a.free, p.text[:0])
	}
	return p.err
}

func (a *ahead[T]) room() []byte {
	n := len(a.free)
	if n == 0 {
		return nil
	}
	room := a.free[n-1]
	a.free = a.free[:n-1]
	return room
}

// wait ends the workers.
func (a *ahead[T]) wait() {
	close(a.work)
	a.wg.Wait()
}

const (
	partBytes = 512 << 10 // of a part, as a rule
	maxPart   = 32 << 20  // a record that is longer is not read ahead
)

// ldifParts cuts a file where empty lines are.
type ldifParts struct {
	r    io.Reader
	size int    // of a part, as a rule
	most int    // no part is longer
	line int    // lines in all parts so far
	kept []byte // read, and in no part yet
	end  bool
}

var errLongRecord = errors.New("a record is too long for a part")

// next returns the next part and how many lines are before it; nil behind the
// last. An error says that rest has to be read in one piece. room is used for
// the part if it is large enough.
func (s *ldifParts) next(room []byte) (text []byte, line int, err error) {
	text = room[:0]
	text = append(text, s.kept...)
	s.kept = nil
	for size := s.size; !s.end; size *= 2 {
		if text, err = fill(s.r, text, size); err != nil {
			s.end = errors.Is(err, io.EOF)
			if !s.end {
				s.kept = text
				return nil, 0, err
			}
		}
		if cut := lastEmptyLine(text); cut > 0 && !s.end {
			s.kept = bytes.Clone(text[cut:])
			text = text[:cut]
			break
		}
		if size >= s.most && !s.end {
			s.kept = text
			return nil, 0, errLongRecord
		}
	}
	if len(text) == 0 {
		return nil, 0, nil
	}
	line = s.line
	s.line += bytes.Count(text, []byte("\n"))
	return text, line, nil
}

// fill reads until the text has a size; io.EOF says that there is no more.
func fill(r io.Reader, text []byte, size int) ([]byte, error) {
	if cap(text) < size {
		text = append(make([]byte, 0, size), text...)
	}
	for len(text) < size {
		m, err := r.Read(text[len(text):size])
		if text = text[:len(text)+m]; err != nil {
			return text, err
		}
	}
	return text, nil
}

// lastEmptyLine is the position behind the last empty line; 0 if there is none.
// It looks backwards from one line to the one before: near the end there is one.
func lastEmptyLine(text []byte) int {
	for end := bytes.LastIndexByte(text, '\n'); end >= 0; {
		before := bytes.LastIndexByte(text[:end], '\n')
		if before < 0 {
			return 0
		}
		if line := text[before+1 : end]; len(line) == 0 || len(line) == 1 && line[0] == '\r' {
			return end + 1
		}
		end = before
	}
	return 0
}

// rest is what no part has: what was read already, and then the file or the
// error that it ended in.
func (s *ldifParts) rest(err error) io.Reader {
	if errors.Is(err, errLongRecord) {
		return io.MultiReader(bytes.NewReader(s.kept), s.r)
	}
	return io.MultiReader(bytes.NewReader(s.kept), failing{err})
}

// failing is a reader that has nothing but an error.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
