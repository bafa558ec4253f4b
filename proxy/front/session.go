package front

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
)

// session is one connection. Its fields belong to the goroutine that reads,
// unless said otherwise.
type session struct {
	server   *Server
	id       uint64
	listener string
	raw      net.Conn // what was accepted; closed by anybody
	conn     net.Conn // raw, or TLS on it
	remote   netip.AddrPort
	address  string             // URL that the connection was made to; empty before it is asked for
	proxied  bool               // a PROXY header comes first
	counted  netip.Addr         // the address it counts for, if any; the server's lock guards it
	stop     context.CancelFunc // of all that it does; called by anybody

	source source
	reader *wire.Reader // nil while the session rests
	out    []byte       // answers not yet written

	rests     bool      // goes on waiting in a goroutine of its own
	idleUntil time.Time // for no longer than this; zero is for ever

	who     policy.Identity
	author  Author          // nil: nothing can be changed
	written <-chan struct{} // closed once the last change was made; nil before the first
	output  output          // its own lock
	flights flights         // its own lock
	wg      sync.WaitGroup
}

// disconnect ends a session with a Notice of Disconnection (RFC 4511 section 4.4.1).
type disconnect struct {
	code   wire.ResultCode
	reason string
}

func (d *disconnect) Error() string { return d.reason }

func protocolFault(reason string) error { return &disconnect{wire.ProtocolError, reason} }

// live is the whole life of the session. Where it begins to rest another
// goroutine goes on, since answering has left this one with a large stack.
func (s *session) live(ctx context.Context, open func(*session, context.Context) error) {
	if s.run(ctx, open) {
		s.server.wg.Go(func() { s.live(ctx, (*session).awake) })
		return
	}
	s.server.leave(s)
}

// awake opens nothing: the session was open before.
func (s *session) awake(context.Context) error { return nil }

// run goes on until the session rests, or to its end.
func (s *session) run(ctx context.Context, open func(*session, context.Context) error) (rests bool) {
	defer func() {
		if fault := recover(); fault != nil {
			s.logPanic("session", fault)
			rests = false
		}
		if rests {
			return
		}
		s.cut()
		s.stop()
		s.wg.Wait()
		s.dropAuthor()
		s.rest()
		giveBuffer(s.out)
	}()
	err := open(s, ctx)
	for err == nil {
		err = s.next(ctx)
	}
	if errors.Is(err, errRests) {
		return true
	}
	s.part(ctx, err)
	return false
}

// next receives and handles one message.
func (s *session) next(ctx context.Context) error {
	m, err := s.receive(ctx)
	if err != nil {
		return err
	}
	if m.ID == 0 {
		return protocolFault("message id 0 is the server's")
	}
	if m.Op != wire.OpUnbindRequest && s.flights.inUse(ctx, m.ID) {
		return protocolFault("message id is in use")
	}
	name, ok := operationNames[m.Op]
	if !ok {
		return protocolFault("operation is not a request")
	}
	return s.handle(ctx, &call{id: m.ID, op: m.Op, name: name, start: time.Now()}, m)
}

// handle answers one request; an error ends the session. A panic ends the
// request alone.
func (s *session) handle(ctx context.Context, c *call, m wire.Message) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			s.logPanic(c.name, fault)
			err = s.reply(c, wire.Result{Code: wire.Other, Message: "internal error"})
		}
	}()
	if err = s.dispatch(ctx, c, m); err == nil {
		return nil
	}
	var malformed *wire.MalformedError
	if errors.As(err, &malformed) {
		return protocolFault(malformed.Error())
	}
	return err
}

func (s *session) dispatch(ctx context.Context, c *call, m wire.Message) error {
	switch m.Op {
	case wire.OpBindRequest:
		return s.bind(ctx, c, m)
	case wire.OpUnbindRequest:
		return s.unbind(c, m)
	case wire.OpSearchRequest:
		return s.search(ctx, c, m)
	case wire.OpCompareRequest:
		return s.compare(c, m)
	case wire.OpAbandonRequest:
		return s.abandon(c, m)
	case wire.OpExtendedRequest:
		return s.extended(ctx, c, m)
	case wire.OpAddRequest:
		return s.add(ctx, c, m)
	case wire.OpModifyRequest:
		return s.modify(ctx, c, m)
	case wire.OpDelRequest:
		return s.remove(ctx, c, m)
	}
	return s.modifyDN(ctx, c, m)
}

// logPanic tells what a panic was and where, but not its text, which may hold
// what a client sent.
func (s *session) logPanic(where string, fault any) {
	text := ""
	if known, ok := fault.(runtime.Error); ok {
		text = known.Error()
	}
	s.server.log.Error("panic while answering a request", "operation", where, "connection", s.id,
		"type", fmt.Sprintf("%T", fault), "fault", text, "stack", string(debug.Stack()))
}

// cut closes the connection at once. It may be called by anybody, any number of times.
func (s *session) cut() { _ = s.raw.Close() }

// secure tells whether the client speaks TLS with us.
func (s *session) secure() bool {
	_, ok := s.conn.(*tls.Conn)
	return ok
}

func (s *session) tlsState() *tls.ConnectionState {
	conn, ok := s.conn.(*tls.Conn)
	if !ok {
		return nil
	}
	state := conn.ConnectionState()
	return &state
}
