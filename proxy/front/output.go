package front

import (
	"errors"
	"net"
	"sync"
	"time"
)

const (
	highWater  = 32 << 10 // answers gathered before they are written without need
	keptOutput = 64 << 10 // a buffer above this is not used again
	chunk      = 64 << 10 // what one stall may hold up
	staleAfter = 100 * time.Millisecond
)

// errGone means that nothing can be sent any more: the session is over.
var errGone = errors.New("client is gone")

// output is the one owner of a session's way out. Whole messages go through
// send, from the reader and from background searches.
type output struct {
	mu      sync.Mutex // guards the order of writes, and what follows
	conn    net.Conn
	closed  bool
	present coarse // deadline of conn
}

// send writes whole messages, unless allowed says no once it is their turn. Each
// part must be taken within stall, or a little more, or the connection is cut.
func (o *output) send(b []byte, stall time.Duration, allowed func() bool) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed || allowed != nil && !allowed() {
		return 0, errGone
	}
	sent := 0
	for sent < len(b) {
		_ = o.present.move(time.Now().Add(stall), slackOf(stall), o.conn.SetWriteDeadline) // fails only if the write does
		n, err := o.conn.Write(b[sent:min(len(b), sent+chunk)])
		sent += n
		if err != nil {
			o.closed = true
			return sent, err
		}
	}
	return sent, nil
}

// turnTo makes conn the way out from now on.
func (o *output) turnTo(conn net.Conn) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.conn, o.present = conn, coarse{}
}

var outputBuffers = sync.Pool{New: func() any { b := make([]byte, 0, 4<<10); return &b }}

func takeBuffer() []byte { return (*outputBuffers.Get().(*[]byte))[:0] }

func giveBuffer(b []byte) {
	if cap(b) > 0 && cap(b) <= keptOutput {
		outputBuffers.Put(&b)
	}
}
