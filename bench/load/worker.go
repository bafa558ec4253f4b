package load

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"time"
)

// worker drives one connection.
type worker struct {
	conn     net.Conn
	clock    *clock
	requests []Request
	next     int // index of the request that is sent next
	codes    []int
	slots    []slot // by message id less one
	out      []byte
	in       []byte
	from, to int // in[from:to] has been read and not been looked at
	seen     Seen
	phase    int32 // of the clock, when the last octets came
	flying   int
}

// slot is one request in flight.
type slot struct {
	sent    time.Time
	first   time.Time // when the first entry had come; zero before
	entries int
	octets  int
}

const readBuffer = 256 << 10

func newWorker(p Plan, conn net.Conn, number int, clock *clock) *worker {
	return &worker{
		conn: conn, clock: clock, requests: p.Requests, codes: p.Codes,
		// Connections begin at different places, so that they do not ask the same.
		next:  number * len(p.Requests) / max(1, p.Conns) % len(p.Requests),
		slots: make([]slot, p.InFlight), in: make([]byte, readBuffer),
	}
}

// run fills all slots, and each again when its answer is complete, until the
// time is over and everything is answered.
func (w *worker) run() error {
	now := time.Now()
	for id := range w.slots {
		w.send(id, now)
	}
	for w.flying > 0 {
		if len(w.out) > 0 {
			if _, err := w.conn.Write(w.out); err != nil {
				return fmt.Errorf("sending a request: %w", err)
			}
			w.out = w.out[:0]
		}
		if err := w.read(); err != nil {
			return err
		}
	}
	return nil
}

func (w *worker) send(id int, now time.Time) {
	w.out = w.requests[w.next].append(w.out, byte(id+1))
	if w.next++; w.next == len(w.requests) {
		w.next = 0
	}
	w.slots[id] = slot{sent: now}
	w.flying++
}

// read takes what has come and goes through the whole messages of it.
func (w *worker) read() error {
	if w.from > 0 {
		w.to = copy(w.in, w.in[w.from:w.to])
		w.from = 0
	}
	if w.to == len(w.in) {
		w.in = append(w.in, make([]byte, len(w.in))...)
	}
	n, err := w.conn.Read(w.in[w.to:])
	if err != nil {
		return fmt.Errorf("waiting for an answer: %w", err)
	}
	w.to += n
	now := time.Now()
	w.phase = w.clock.phase.Load()
	for {
		size, idAt, err := Frame(w.in[w.from:w.to])
		if err != nil || size == 0 {
			return err
		}
		if err := w.message(w.in[w.from:w.from+size], idAt, now); err != nil {
			return err
		}
		w.from += size
	}
}

var errFrame = errors.New("the answer is no LDAP message, or of another shape than the benchmark expects")

// Frame returns the size of the message that b begins with, 0 if it is not
// complete, and where its message id stands, which has to be of one octet.
func Frame(b []byte) (size, idAt int, err error) {
	if len(b) < 2 {
		return 0, 0, nil
	}
	n, header := int(b[1]), 2
	if n >= 0x80 {
		count := n & 0x7f
		if count > 4 {
			return 0, 0, errFrame
		}
		if header += count; len(b) < header {
			return 0, 0, nil
		}
		n = 0
		for _, o := range b[2:header] {
			n = n<<8 | int(o)
		}
	}
	switch {
	case b[0] != 0x30 || n < 5:
		return 0, 0, errFrame
	case header+n > len(b):
		return 0, 0, nil
	case b[header] != 0x02 || b[header+1] != 1: // the id is one of ours, of one octet
		return 0, 0, errFrame
	}
	return header + n, header + 2, nil
}

// Kinds of answers (RFC 4511 section 4.2 and following).
const (
	searchEntry     = 0x64
	searchDone      = 0x65
	searchReference = 0x73
	compareResponse = 0x6f
)

func (w *worker) message(m []byte, idAt int, now time.Time) error {
	id := int(m[idAt]) - 1
	if id < 0 || id >= len(w.slots) {
		return errFrame
	}
	s := &w.slots[id]
	s.octets += len(m)
	if w.phase == counting {
		w.seen.Octets += len(m)
	}
	switch m[idAt+1] {
	case searchEntry:
		if s.entries++; s.entries == 1 {
			s.first = now
		}
		if w.phase == counting {
			w.seen.Entries++
		}
		return nil
	case searchReference:
		return nil
	case searchDone, compareResponse:
		return w.done(id, m[idAt+1:], now)
	}
	return errFrame
}

// done counts a complete answer and asks the next question.
func (w *worker) done(id int, op []byte, now time.Time) error {
	code, err := resultCode(op)
	if err != nil {
		return err
	}
	if !slices.Contains(w.codes, code) {
		return fmt.Errorf("a request ended with result code %d", code)
	}
	s := &w.slots[id]
	if w.phase == counting {
		w.seen.count(s, now)
		w.clock.ops.Add(1)
	}
	if w.flying--; w.phase != over {
		w.send(id, now)
	}
	return nil
}

// resultCode is the enumerated value that every result begins with.
func resultCode(op []byte) (int, error) {
	at := 2
	if len(op) > 1 && op[1] >= 0x80 {
		at += int(op[1] & 0x7f)
	}
	if len(op) < at+3 || op[at] != 0x0a || op[at+1] != 1 {
		return 0, errFrame
	}
	return int(op[at+2]), nil
}
