package front

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"

	"github.com/aclens/aclens/bench/load"
)

// Answers are whole answers by the octets of the request behind its message
// id: one or more messages, each from behind its id on.
type Answers map[string][][]byte

// WriteTo stores answers for another process.
func (a Answers) WriteTo(w io.Writer) (int64, error) {
	var total int64
	put := func(b []byte) error {
		head := binary.BigEndian.AppendUint32(nil, uint32(len(b)))
		n, err := w.Write(append(head, b...))
		total += int64(n)
		return err
	}
	for request, messages := range a {
		if err := put([]byte(request)); err != nil {
			return total, fmt.Errorf("storing answers: %w", err)
		}
		for _, m := range append(messages, nil) { // an empty one ends the answer
			if err := put(m); err != nil {
				return total, fmt.Errorf("storing answers: %w", err)
			}
		}
	}
	return total, nil
}

// ReadAnswers reads what WriteTo stored.
func ReadAnswers(r io.Reader) (Answers, error) {
	a := Answers{}
	next := func() ([]byte, error) {
		var head [4]byte
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return nil, err
		}
		b := make([]byte, binary.BigEndian.Uint32(head[:]))
		_, err := io.ReadFull(r, b)
		return b, err
	}
	for {
		request, err := next()
		if errors.Is(err, io.EOF) {
			return a, nil
		}
		for err == nil {
			var m []byte
			if m, err = next(); err != nil || len(m) == 0 {
				break
			}
			a[string(request)] = append(a[string(request)], m)
		}
		if err != nil {
			return nil, fmt.Errorf("reading answers: %w", err)
		}
	}
}

// ReadAnswersFile is ReadAnswers on a file.
func ReadAnswersFile(name string) (Answers, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("reading answers: %w", err)
	}
	defer f.Close()
	return ReadAnswers(f)
}

// Loop is the least that a server in Go can do for an answer: read the frame,
// look the request up, send prebuilt octets under the request's id. It knows no
// names, no rights and no schema.
func Loop(l net.Listener, answers Answers) error {
	for {
		conn, err := l.Accept()
		if err != nil {
			return fmt.Errorf("the loop's listener: %w", err)
		}
		go func() {
			defer conn.Close()
			_ = answer(conn, answers) // how a client ends is its own affair
		}()
	}
}

const (
	loopBuffer = 64 << 10
	flushAt    = 60 << 10
)

var (
	errSize    = errors.New("a request larger than any of the benchmark")
	bindAnswer = []byte{0x61, 0x07, 0x0a, 0x01, 0x00, 0x04, 0x00, 0x04, 0x00}
	noAnswer   = []byte{0x65, 0x07, 0x0a, 0x01, 0x35, 0x04, 0x00, 0x04, 0x00} // unwillingToPerform
)

// answer serves one connection. Requests have message ids of one octet, as
// those of the load generator have.
func answer(conn net.Conn, answers Answers) error {
	in, out := make([]byte, loopBuffer), make([]byte, 0, loopBuffer)
	from, to := 0, 0
	for {
		size, idAt, err := load.Frame(in[from:to])
		if err != nil {
			return err
		}
		if size > 0 {
			if out, err = appendAnswer(conn, out, answers, in[from+idAt], in[from+idAt+1:from+size]); err != nil {
				return err
			}
			from += size
			continue
		}
		if len(out) > 0 { // nothing whole is left: the client waits
			if _, err := conn.Write(out); err != nil {
				return err
			}
			out = out[:0]
		}
		if to, from = copy(in, in[from:to]), 0; to == len(in) {
			return errSize
		}
		n, err := conn.Read(in[to:])
		if err != nil {
			return err
		}
		to += n
	}
}

func appendAnswer(conn net.Conn, out []byte, answers Answers, id byte, body []byte) ([]byte, error) {
	switch body[0] {
	case 0x60:
		return appendMessage(out, id, bindAnswer), nil
	case 0x42:
		return out, io.EOF
	}
	messages, ok := answers[string(body)]
	if !ok {
		return appendMessage(out, id, noAnswer), nil
	}
	for _, b := range messages {
		if len(out) > 0 && len(out)+len(b)+9 > flushAt {
			if _, err := conn.Write(out); err != nil {
				return out, err
			}
			out = out[:0]
		}
		out = appendMessage(out, id, b)
	}
	return out, nil
}

func appendMessage(out []byte, id byte, rest []byte) []byte {
	n := len(rest) + 3
	if n < 0x80 {
		out = append(out, 0x30, byte(n), 0x02, 0x01, id)
	} else {
		out = append(out, 0x30, 0x84, byte(n>>24), byte(n>>16), byte(n>>8), byte(n), 0x02, 0x01, id)
	}
	return append(out, rest...)
}
