package upstream

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"github.com/aclens/aclens/proxy/wire"
)

// maxMessage bounds one message of the directory, in octets: a group of a
// million members comes in one piece.
const maxMessage = 256 << 20

var (
	errUnexpected = errors.New("unexpected message")
	errNotice     = errors.New("directory announced the end of the connection")
)

// link is one connection to a server. It is for one goroutine at a time, and
// has one request in flight. After any failure it is broken and only good to be closed.
type link struct {
	server    *server
	conn      net.Conn
	reader    *wire.Reader
	out       []byte
	lastID    int32
	received  int64 // octets
	idleSince time.Time
	broken    bool
	doubt     *time.Timer // lets the server be checked if it is waited for; nil in checks themselves

	// aborted is set by another goroutine to end what goes on.
	aborted atomic.Bool
}

func newLink(s *server, conn net.Conn) *link {
	l := newProbe(s, conn)
	l.doubt = time.AfterFunc(suspicion, s.nudge)
	l.doubt.Stop()
	return l
}

// newProbe makes a link for checks: its answers are no sign of life for others.
func newProbe(s *server, conn net.Conn) *link {
	l := &link{server: s, conn: conn}
	l.reader = wire.NewReaderSize(l, 16<<10)
	l.reader.SetLimit(maxMessage)
	return l
}

// Read lets the reader wait no longer than the limit of one answer.
func (l *link) Read(p []byte) (int, error) {
	if err := l.conn.SetReadDeadline(time.Now().Add(l.server.settings.Operation)); err != nil {
		return 0, err
	}
	// Looked at after the deadline is set: abort sets them the other way round.
	if l.aborted.Load() {
		return 0, context.Canceled
	}
	if l.doubt != nil {
		l.doubt.Reset(suspicion)
		defer l.doubt.Stop()
	}
	n, err := l.conn.Read(p)
	l.received += int64(n)
	if n > 0 && l.doubt != nil {
		l.server.hear()
	}
	return n, err
}

// abort ends what goes on, from another goroutine.
func (l *link) abort() {
	l.aborted.Store(true)
	_ = l.conn.SetDeadline(longAgo) // fails on a closed connection only
}

// during runs use, which ends early if ctx does.
func (l *link) during(ctx context.Context, doing string, use func() error) error {
	stop := context.AfterFunc(ctx, l.abort)
	err := use()
	if !stop() { // aborted, perhaps after use was done: the deadline would hit the next user
		l.broken = true
	}
	if err == nil {
		return nil
	}
	var own *callerError
	if errors.As(err, &own) {
		l.broken = true // answers that nobody reads are under way
		return own.err
	}
	l.broken = true
	err = because(ctx, err)
	return l.server.fault(doing, kindOf(err), err)
}

// callerError carries an error of a callback through the link unchanged.
type callerError struct{ err error }

func (e *callerError) Error() string { return e.err.Error() }

// send writes the request that encode makes.
func (l *link) send(encode func(dst []byte, id int32) ([]byte, error)) (int32, error) {
	if l.broken {
		return 0, net.ErrClosed
	}
	l.lastID++
	out, err := encode(l.out[:0], l.lastID)
	if err != nil {
		return 0, &callerError{err}
	}
	defer clear(out[:cap(out)]) // may hold a password
	l.out = out
	if err := l.conn.SetWriteDeadline(time.Now().Add(l.server.settings.Operation)); err != nil {
		return 0, err
	}
	if l.aborted.Load() {
		return 0, context.Canceled
	}
	_, err = l.conn.Write(out)
	return l.lastID, err
}

// next returns the next message, which must belong to the request id.
func (l *link) next(id int32) (wire.Message, error) {
	m, err := l.reader.Next()
	if err != nil {
		return wire.Message{}, err
	}
	if m.ID == 0 {
		return wire.Message{}, noticeError(m)
	}
	if m.ID != id {
		return wire.Message{}, errUnexpected
	}
	return m, nil
}

// noticeError says why the server is about to hang up (RFC 4511 section 4.4.1).
func noticeError(m wire.Message) error {
	result, err := wire.ParseResult(m.Body)
	if m.Op != wire.OpExtendedResponse || err != nil {
		return errUnexpected
	}
	return fmt.Errorf("%w: %s", errNotice, described(result.Code, result.Message))
}

// bind sends a simple bind; any result of the directory is no error. The
// controls of the answer are owned.
func (l *link) bind(ctx context.Context, dn, password string, controls []wire.Control) (result wire.Result, answered []wire.Control, err error) {
	err = l.during(ctx, "binding", func() error {
		id, err := l.send(func(dst []byte, id int32) ([]byte, error) {
			return wire.AppendSimpleBind(dst, id, dn, password, controls...), nil
		})
		if err != nil {
			return err
		}
		m, err := l.next(id)
		if err != nil {
			return err
		}
		if m.Op != wire.OpBindResponse {
			return errUnexpected
		}
		m = m.Clone()
		if result, err = wire.ParseResult(m.Body); err != nil {
			return err
		}
		answered, err = wire.ParseControls(m.Controls)
		return err
	})
	return result, answered, err
}

// close hangs up as politely as can be done without waiting.
func (l *link) close() {
	if !l.broken && l.conn.SetWriteDeadline(time.Now().Add(100*time.Millisecond)) == nil {
		_, _ = l.conn.Write(wire.AppendUnbind(nil, l.lastID+1)) // nobody waits for it
	}
	_ = l.conn.Close() // nothing is left to lose
	l.reader.Release()
}
