package front

import (
	"bytes"
	"io"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/aclens/aclens/proxy/wire"
)

// client is the other end of a connection, message by message.
type client struct {
	t    *testing.T
	conn net.Conn
	in   *wire.Reader
}

func (b *bench) dial(t *testing.T) *client {
	t.Helper()
	conn, err := net.Dial("tcp", b.addr)
	if err != nil {
		t.Fatal(err)
	}
	return newClient(t, conn)
}

func newClient(t *testing.T, conn net.Conn) *client {
	t.Helper()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	in := wire.NewReader(conn)
	in.SetLimit(64 << 20)
	return &client{t: t, conn: conn, in: in}
}

func (c *client) send(messages ...[]byte) {
	c.t.Helper()
	if _, err := c.conn.Write(bytes.Join(messages, nil)); err != nil {
		c.t.Fatalf("send: %v", err)
	}
}

func (c *client) receive() wire.Message {
	c.t.Helper()
	m, err := c.in.Next()
	if err != nil {
		c.t.Fatalf("receive: %v", err)
	}
	return m
}

// result receives the answer to one request and returns its result.
func (c *client) result(id int32, op wire.Op) wire.Result {
	c.t.Helper()
	m := c.receive()
	if m.ID != id || m.Op != op {
		c.t.Fatalf("got %v of message %d, want %v of message %d", m.Op, m.ID, op, id)
	}
	r, err := wire.ParseResult(m.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return r
}

func (c *client) wantCode(id int32, op wire.Op, want wire.ResultCode) wire.Result {
	c.t.Helper()
	r := c.result(id, op)
	if r.Code != want {
		c.t.Fatalf("message %d: got %v (%s), want %v", id, r.Code, r.Message, want)
	}
	return r
}

// wantEntry receives an entry and returns its DN.
func (c *client) wantEntry(id int32) string {
	c.t.Helper()
	m := c.receive()
	if m.ID != id || m.Op != wire.OpSearchEntry {
		c.t.Fatalf("got %v of message %d, want an entry of message %d", m.Op, m.ID, id)
	}
	e, err := wire.ParseEntry(m.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return string(e.DN())
}

// wantNotice receives a Notice of Disconnection and the end of the connection.
func (c *client) wantNotice(code wire.ResultCode) {
	c.t.Helper()
	r := c.wantCode(0, wire.OpExtendedResponse, code)
	if r.ResponseName != wire.NoticeOfDisconnection {
		c.t.Fatalf("got the response name %q", r.ResponseName)
	}
	c.wantEnd()
}

func (c *client) wantEnd() {
	c.t.Helper()
	if m, err := c.in.Next(); err != io.EOF {
		c.t.Fatalf("got %v and %v, want the end of the connection", m.Op, err)
	}
}

// bind binds with the right password.
func (c *client) bind(name string) {
	c.t.Helper()
	c.send(wire.AppendSimpleBind(nil, 1, name, password))
	c.wantCode(1, wire.OpBindResponse, wire.Success)
}

// wantWho asks who the session speaks for.
func (c *client) wantWho(id int32, want string) {
	c.t.Helper()
	c.send(whoAmI(id))
	r := c.wantCode(id, wire.OpExtendedResponse, wire.Success)
	if r.ResponseValue == nil || string(r.ResponseValue) != want || r.ResponseName != "" {
		c.t.Fatalf("who am I: got %q named %q, want %q", r.ResponseValue, r.ResponseName, want)
	}
}

// pipeListener hands out connections without buffers, so that each write
// arrives as it was made; their client may be anywhere.
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newPipeListener() *pipeListener {
	return &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.TCPAddr{} }

// placedConn says where it comes from, and tells when its reader begins to wait.
type placedConn struct {
	net.Conn
	remote net.Addr
	seen   *recorder
}

func (c placedConn) SetReadDeadline(t time.Time) error {
	c.seen.add(1, "read deadline")
	return c.Conn.SetReadDeadline(t)
}

func (c placedConn) RemoteAddr() net.Addr { return c.remote }

// dialFrom connects as if from the given address; an empty one is unknown.
func (b *bench) dialFrom(t *testing.T, remote string) *client {
	t.Helper()
	ours, theirs := net.Pipe()
	conn := theirs
	if remote != "" {
		conn = placedConn{theirs, net.TCPAddrFromAddrPort(netip.MustParseAddrPort(remote)), b.seen}
	}
	select {
	case b.pipes.conns <- conn:
	case <-time.After(patience):
		t.Fatal("connection is not accepted")
	}
	return newClient(t, ours)
}
