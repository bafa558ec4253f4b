package wire

import (
	"errors"
	"io"
)

const (
	// DefaultLimit is the size of the largest message, in octets, that a new Reader takes.
	DefaultLimit = 4 << 20

	restingBuffer = 512      // what an idle connection costs
	usualBuffer   = 4 << 10  // what one has that sends much at once; no budget is asked for it
	keptBuffer    = 16 << 10 // a buffer above this is given up after its message
	growthStep    = 64 << 10 // memory taken ahead of the octets that fill it
	emptyReads    = 100      // reads without progress before a source counts as broken
)

// Budget bounds the memory that many Readers hold together for messages
// larger than their resting buffers.
type Budget interface {
	// Take asks for n octets before they are allocated; false refuses them.
	Take(n int) bool
	// Give returns n octets.
	Give(n int)
}

// Reader cuts a byte stream into LDAP messages. It is for one goroutine.
type Reader struct {
	src        io.Reader
	buf        []byte
	start, end int // buf[start:end] has been read and not been handed out
	resting    int
	free       int  // octets that the budget is not asked for
	crowded    bool // the last read filled the buffer
	limit      int
	budget     Budget
	taken      int   // octets owed to the budget
	pending    error // came together with the last octets
	fatal      error // the framing is lost
}

// NewReader returns a Reader with the limit DefaultLimit and a small buffer, which
// grows to 4 kB when more comes at once.
func NewReader(r io.Reader) *Reader {
	out := NewReaderSize(r, restingBuffer)
	out.free = usualBuffer
	return out
}

// NewReaderSize is NewReader with a resting buffer of size octets, for reading
// much at once; below 64 it is taken as 64.
func NewReaderSize(r io.Reader, size int) *Reader {
	size = max(size, 64)
	return &Reader{src: r, buf: make([]byte, size), resting: size, free: size, limit: DefaultLimit}
}

// SetLimit bounds the size of whole messages, in octets, from the next one on;
// zero or less stands for DefaultLimit.
func (r *Reader) SetLimit(max int) {
	if max <= 0 {
		max = DefaultLimit
	}
	r.limit = max
}

// SetBudget makes the Reader ask b for all memory above its resting buffer.
// It is to be called before Next; Release gives back what is held.
func (r *Reader) SetBudget(b Budget) { r.budget = b }

// Release gives the buffer up and what was taken from the budget back. The
// Reader cannot be used afterwards: Next returns io.ErrClosedPipe.
func (r *Reader) Release() {
	r.settle(0)
	r.buf, r.start, r.end = nil, 0, 0
	r.fatal = io.ErrClosedPipe
}

// Buffered returns the number of octets read beyond the last message. After a
// StartTLS request it must be 0, or something was slipped in before the handshake.
func (r *Reader) Buffered() int { return r.end - r.start }

// HasFull reports whether a further whole message is buffered already, so that
// answers need not be flushed yet. It is false if what is buffered is malformed.
func (r *Reader) HasFull() bool {
	total, err := frameLength(r.buf[r.start:r.end], r.limit)
	return err == nil && total > 0 && total <= r.Buffered()
}

// Next returns the next message, which is valid until the next call of Next.
//
// It returns io.EOF if the stream ended between two messages and
// io.ErrUnexpectedEOF if it ended within one. After ErrTooBig, ErrNoBudget and
// errors that match ErrMalformed the stream cannot be followed any more and the
// same error is returned for ever. Other errors of the source, such as a
// passed deadline, lose nothing: Next may be called again.
func (r *Reader) Next() (Message, error) {
	if r.fatal != nil {
		return Message{}, r.fatal
	}
	r.shrink()
	for {
		total, err := frameLength(r.buf[r.start:r.end], r.limit)
		if err != nil {
			r.fatal = err
			return Message{}, err
		}
		if total > 0 && total <= r.Buffered() {
			return r.handOut(total)
		}
		if err := r.fill(total); err != nil {
			return Message{}, err
		}
	}
}

func (r *Reader) handOut(total int) (Message, error) {
	end := r.start + total
	m, err := ParseMessage(r.buf[r.start:end])
	if err != nil {
		r.fatal = err
		return Message{}, err
	}
	r.start = end
	return m, nil
}

// frameLength returns the size of the message that b begins with, header
// included, or 0 if its header is not complete. It judges each octet as soon
// as it is there, so that a stranger to LDAP is not waited for.
func frameLength(b []byte, limit int) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	if b[0] != tagSequence {
		return 0, malformed("message envelope")
	}
	if len(b) < 2 {
		return 0, nil
	}
	n, header := int64(b[1]), 2
	if n >= 0x80 {
		count := int(b[1] & 0x7f)
		if count == 0 || count > 4 {
			return 0, malformed("message length")
		}
		if len(b) < 2+count {
			return 0, nil
		}
		n, header, _ = longLength(b)
	}
	if n += int64(header); n > int64(limit) {
		return 0, ErrTooBig
	}
	return int(n), nil
}

// fill reads once; total is the size of the message begun, or 0 if unknown.
func (r *Reader) fill(total int) error {
	if err := r.pending; err != nil {
		r.pending = nil
		return r.ended(err)
	}
	if err := r.makeRoom(total); err != nil {
		r.fatal = err
		return err
	}
	for range emptyReads {
		n, err := r.src.Read(r.buf[r.end:])
		r.end += n
		r.crowded = r.end == len(r.buf)
		if n > 0 {
			r.pending = err
			return nil
		}
		if err != nil {
			return r.ended(err)
		}
	}
	return io.ErrNoProgress
}

func (r *Reader) ended(err error) error {
	if errors.Is(err, io.EOF) && r.Buffered() > 0 {
		return io.ErrUnexpectedEOF
	}
	return err
}

// makeRoom leaves at least one free octet at the end of the buffer.
func (r *Reader) makeRoom(total int) error {
	if r.crowded && len(r.buf) < r.free {
		usual := make([]byte, r.free)
		r.end = copy(usual, r.buf[r.start:r.end])
		r.start, r.buf = 0, usual
	}
	if r.start > 0 && (r.start == r.end || r.end == len(r.buf) || r.start+total > len(r.buf)) {
		r.end = copy(r.buf, r.buf[r.start:r.end])
		r.start = 0
	}
	if r.end < len(r.buf) {
		return nil
	}
	// The header is complete, since the smallest buffer holds it. Doubling what
	// has arrived keeps the copying linear and the memory below twice the octets sent.
	size := min(total, max(2*r.end, r.end+growthStep))
	if !r.settle(size) {
		return ErrNoBudget
	}
	grown := make([]byte, size)
	copy(grown, r.buf[:r.end])
	r.buf = grown
	return nil
}

// shrink goes back to the resting buffer once a big message has been handed out.
func (r *Reader) shrink() {
	if len(r.buf) <= max(keptBuffer, r.resting) || r.Buffered() > r.resting {
		return
	}
	small := make([]byte, r.resting)
	r.end = copy(small, r.buf[r.start:r.end])
	r.start, r.buf = 0, small
	r.settle(len(small))
}

// settle adjusts what is taken from the budget to a buffer of size octets.
func (r *Reader) settle(size int) bool {
	owed := max(size-r.free, 0)
	if r.budget == nil || owed == r.taken {
		return true
	}
	if owed < r.taken {
		r.budget.Give(r.taken - owed)
	} else if !r.budget.Take(owed - r.taken) {
		return false
	}
	r.taken = owed
	return true
}
