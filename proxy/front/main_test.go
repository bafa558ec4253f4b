package front

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/aclens/aclens/proxy/login"
	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/view"
	"github.com/aclens/aclens/proxy/wire"
	"go.uber.org/goleak"
)

// patience bounds every wait of a test; nothing waits so long unless it fails.
const patience = 10 * time.Second

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeDirectory answers with what a test gives it.
type fakeDirectory struct {
	prepare func(view.Request) (Search, wire.Result)
	compare func(policy.Identity, *wire.CompareRequest) wire.Result
}

func (d *fakeDirectory) Prepare(r view.Request) (Search, wire.Result) {
	if d.prepare == nil {
		return oneEntry(r), wire.Result{}
	}
	return d.prepare(r)
}

func (d *fakeDirectory) Compare(who policy.Identity, r *wire.CompareRequest) wire.Result {
	if d.compare == nil {
		return wire.Result{Code: wire.CompareFalse}
	}
	return d.compare(who, r)
}

type fakeSearch struct {
	cost int
	run  func(ctx context.Context, out view.Sink) view.Answer
}

func (s *fakeSearch) Cost() int { return s.cost }

func (s *fakeSearch) Run(ctx context.Context, out view.Sink) view.Answer { return s.run(ctx, out) }

const expensive = DefaultInlineCost + 1

// oneEntry answers with an entry named as the base, which tells the request back.
func oneEntry(r view.Request) *fakeSearch {
	return &fakeSearch{run: func(_ context.Context, out view.Sink) view.Answer {
		if err := sendEntry(out, r); err != nil {
			return view.Answer{Result: wire.Result{Code: wire.Other}}
		}
		return view.Answer{Entries: 1, Visited: 1}
	}}
}

func sendEntry(out view.Sink, r view.Request) error {
	w := wire.BeginEntry(out.Room(), r.MessageID, r.Search.Base)
	w.AttributeBytes("filter", r.Search.Filter.Value)
	w.Attribute("who", r.Identity.DN)
	return out.Keep(w.End())
}

// slowSearch runs in the background until it is released or ended.
type slowSearch struct {
	started chan struct{} // closed when it runs
	release chan struct{} // close it to let it succeed
	ended   chan error    // what ended it: nil, or the context's error
}

func newSlowSearch() *slowSearch {
	return &slowSearch{started: make(chan struct{}), release: make(chan struct{}), ended: make(chan error, 1)}
}

func (s *slowSearch) prepare(view.Request) (Search, wire.Result) {
	return &fakeSearch{cost: expensive, run: func(ctx context.Context, _ view.Sink) view.Answer {
		close(s.started)
		select {
		case <-s.release:
			s.ended <- nil
			return view.Answer{}
		case <-ctx.Done():
			s.ended <- ctx.Err()
			return view.Answer{Result: wire.Result{Code: wire.TimeLimitExceeded}}
		}
	}}, wire.Result{}
}

// slowAt answers the base "slow" with the slow search, and others with one entry.
func (s *slowSearch) slowAt(r view.Request) (Search, wire.Result) {
	if string(r.Search.Base) == "slow" {
		return s.prepare(r)
	}
	return oneEntry(r), wire.Result{}
}

// fakeLogin knows one password.
type fakeLogin struct {
	mu       sync.Mutex
	attempts []login.Attempt // with passwords of their own
	answer   func(context.Context, login.Attempt) login.Outcome
}

const password = "correct horse"

func (l *fakeLogin) try(ctx context.Context, a login.Attempt) login.Outcome {
	l.mu.Lock()
	kept := a
	kept.Password = bytes.Clone(a.Password)
	l.attempts = append(l.attempts, kept)
	l.mu.Unlock()
	if l.answer != nil {
		return l.answer(ctx, a)
	}
	if string(a.Password) != password {
		return login.Outcome{Result: wire.Result{Code: wire.InvalidCredentials}}
	}
	return login.Outcome{Who: policy.Identity{DN: a.Name, Key: a.Name}}
}

func (l *fakeLogin) Simple(ctx context.Context, a login.Attempt) login.Outcome { return l.try(ctx, a) }
func (l *fakeLogin) Plain(ctx context.Context, a login.Attempt) login.Outcome  { return l.try(ctx, a) }

func (l *fakeLogin) External(ctx context.Context, a login.Attempt) login.Outcome {
	out := l.try(ctx, a)
	if a.TLS == nil || len(a.TLS.PeerCertificates) == 0 {
		return login.Outcome{Result: wire.Result{Code: wire.InappropriateAuthentication}}
	}
	subject := a.TLS.PeerCertificates[0].Subject.String()
	out.Who, out.Result = policy.Identity{DN: subject, Key: subject}, wire.Result{}
	return out
}

func (l *fakeLogin) last(t *testing.T) login.Attempt {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.attempts) == 0 {
		t.Fatal("nobody was asked to check the credentials")
	}
	return l.attempts[len(l.attempts)-1]
}

func (l *fakeLogin) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.attempts)
}

// recorder is Metrics and Audit that tests can wait on.
type recorder struct {
	mu     sync.Mutex
	change chan struct{} // closed and replaced whenever something is recorded
	counts map[string]int
	events []Event
}

func newRecorder() *recorder {
	return &recorder{change: make(chan struct{}), counts: map[string]int{}}
}

func (r *recorder) add(n int, what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counts[what] += n
	close(r.change)
	r.change = make(chan struct{})
}

func (r *recorder) ConnOpened(l string) { r.add(1, "opened "+l) }
func (r *recorder) ConnClosed(l string) { r.add(1, "closed "+l) }
func (r *recorder) Operation(op string, c wire.ResultCode, _ time.Duration) {
	r.add(1, op+" "+c.String())
}
func (r *recorder) BytesIn(n int)     { r.add(n, "bytes in") }
func (r *recorder) BytesOut(n int)    { r.add(n, "bytes out") }
func (r *recorder) Limit(kind string) { r.add(1, "limit "+kind) }

func (r *recorder) Record(e Event) {
	r.mu.Lock()
	r.events = append(r.events, e)
	r.mu.Unlock()
	r.add(1, "event "+string(e.Kind))
}

// wait returns once what has been counted n times.
func (r *recorder) wait(t *testing.T, n int, what string) {
	t.Helper()
	timeout := time.After(patience)
	for {
		r.mu.Lock()
		have, change := r.counts[what], r.change
		r.mu.Unlock()
		if have >= n {
			return
		}
		select {
		case <-change:
		case <-timeout:
			t.Fatalf("%q counted %d times, waiting for %d", what, have, n)
		}
	}
}

func (r *recorder) count(what string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.counts[what]
}

func (r *recorder) lastEvent(t *testing.T) Event {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.events) == 0 {
		t.Fatal("no event was recorded")
	}
	return r.events[len(r.events)-1]
}

// safeBuffer is a log that can be read while it is written.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// bench is a running Server with fakes behind it.
type bench struct {
	server *Server
	dir    *fakeDirectory
	login  *fakeLogin
	seen   *recorder
	log    *safeBuffer
	addr   string
	pipes  *pipeListener

	serving []chan error // what each Serve returns
}

// newBench starts a Server on loopback; prepare may change it before.
func newBench(t *testing.T, settings Settings, prepare ...func(*bench)) *bench {
	t.Helper()
	b := &bench{dir: &fakeDirectory{}, login: &fakeLogin{}, seen: newRecorder(), log: &safeBuffer{}}
	b.server = New(settings, Parts{Directory: b.dir, Login: b.login, Metrics: b.seen, Audit: b.seen,
		Log: slog.New(slog.NewTextHandler(b.log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	for _, p := range prepare {
		p(b)
	}
	b.addr = b.serve(listen(t), b.server.Serve)
	b.pipes = newPipeListener()
	b.serve(b.pipes, b.server.Serve)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := b.server.Shutdown(ctx); err != nil {
			t.Errorf("shutdown: %v", err)
		}
		for _, done := range b.serving {
			select {
			case err := <-done:
				if err != nil {
					t.Errorf("serve: %v", err)
				}
			case <-ctx.Done():
				t.Error("serve does not return")
			}
		}
		if used := b.server.budget.used.Load(); used != 0 {
			t.Errorf("%d octets of the budget were never given back", used)
		}
	})
	return b
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// serve serves a listener until the Server is shut down, and returns its address.
func (b *bench) serve(l net.Listener, serve func(context.Context, string, net.Listener) error) string {
	done := make(chan error, 1)
	b.serving = append(b.serving, done)
	go func() { done <- serve(context.Background(), "test", l) }()
	return l.Addr().String()
}

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
