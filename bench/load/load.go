// Package load asks an LDAP server as fast as it answers: connections with a
// fixed number of requests in flight each, the next one sent when an answer is
// complete (a closed loop).
//
// It promises to cost little beside a server: requests are octets made before
// the clock starts, of which one is patched, and of an answer it reads the
// frame, the kind and the result code. It refuses what it does not understand:
// an answer of another shape ends the run with an error.
package load

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aclens/aclens/proxy/wire"
)

// Request is one operation to be asked for again and again.
type Request struct {
	pdu  []byte
	idAt int // where the one octet of its message id stands
}

// NewRequest takes a whole message, of any id below 128.
func NewRequest(pdu []byte) (Request, error) {
	size, idAt, err := Frame(pdu)
	if err != nil || size != len(pdu) {
		return Request{}, fmt.Errorf("reading a request of the benchmark's own: %w", errors.Join(err, errFrame))
	}
	return Request{pdu, idAt}, nil
}

// Body is the request from behind its message id on.
func (r Request) Body() []byte { return r.pdu[r.idAt+1:] }

// Whole is the request as a message under an id.
func (r Request) Whole(id byte) []byte { return r.append(nil, id) }

// append puts the request behind dst under an id.
func (r Request) append(dst []byte, id byte) []byte {
	at := len(dst)
	dst = append(dst, r.pdu...)
	dst[at+r.idAt] = id
	return dst
}

// MaxInFlight is how many requests a connection can have in flight: ids have one octet.
const MaxInFlight = 100

// Door is where a server listens, and how it is spoken to there.
type Door struct {
	Addr string
	TLS  *tls.Config // nil: in the clear
}

// Dial connects.
func (d Door) Dial(ctx context.Context) (net.Conn, error) {
	if d.TLS != nil {
		return (&tls.Dialer{Config: d.TLS}).DialContext(ctx, "tcp", d.Addr)
	}
	var plain net.Dialer
	return plain.DialContext(ctx, "tcp", d.Addr)
}

// Plan is one run.
type Plan struct {
	Door     Door
	Bind     []byte // a whole bind request, answered before the clock starts; nil for none
	Conns    int
	InFlight int           // requests a connection
	Idle     int           // further connections that are open and say nothing
	Settle   time.Duration // how long those are left alone before ...
	Settled  func()        // ... this is called, if there are any; and before anything is asked
	Requests []Request
	Codes    []int // result codes that count as success
	Warm     time.Duration
	Time     time.Duration
	Started  func() // called when the warm-up is over and counting begins
	Stopped  func() // called when counting ends
}

// Run asks for Plan.Time and says what was seen in it.
func Run(ctx context.Context, p Plan) (Seen, error) {
	if p.InFlight < 1 || p.InFlight > MaxInFlight || len(p.Requests) == 0 {
		return Seen{}, fmt.Errorf("from 1 to %d requests in flight, and at least one to send", MaxInFlight)
	}
	idle, err := dialAll(ctx, p, p.Idle)
	defer closeAll(idle)
	if err != nil {
		return Seen{}, err
	}
	if p.Idle > 0 && p.Settled != nil {
		time.Sleep(p.Settle)
		p.Settled()
	}
	conns, err := dialAll(ctx, p, p.Conns)
	defer closeAll(conns)
	if err != nil {
		return Seen{}, err
	}
	return drive(p, conns)
}

// drive lets every connection ask, and adds up what they saw.
func drive(p Plan, conns []net.Conn) (Seen, error) {
	clock := &clock{}
	workers := make([]*worker, len(conns))
	failed := make([]error, len(conns))
	var wg sync.WaitGroup
	for i, conn := range conns {
		workers[i] = newWorker(p, conn, i, clock)
		wg.Go(func() {
			if failed[i] = workers[i].run(); failed[i] != nil {
				clock.broken.Store(true)
			}
		})
	}
	clock.watch(p)
	wg.Wait()
	var sum Seen
	for _, w := range workers {
		sum.add(&w.seen)
	}
	sum.Elapsed = clock.counted
	return sum, errors.Join(failed...)
}

// The phases of a run.
const (
	warming int32 = iota
	counting
	over
)

// clock says which answers count.
type clock struct {
	phase   atomic.Int32
	ops     atomic.Int64 // counted so far
	broken  atomic.Bool  // a connection has failed
	counted time.Duration
}

const (
	tick     = 5 * time.Millisecond
	stretch  = 10 // a run is prolonged to so many times its length at most ...
	perSlot  = 2  // ... until so many answers are complete for each request in flight
	fewSlots = 16 // of which no more than so many count
)

// watch goes through the phases and calls the plan at both edges of what is
// counted. Where answers take long, counting goes on until there are some.
func (c *clock) watch(p Plan) {
	time.Sleep(p.Warm)
	if p.Started != nil {
		p.Started()
	}
	began := time.Now()
	c.phase.Store(counting)
	enough := int64(perSlot * min(p.Conns*p.InFlight, fewSlots))
	for {
		time.Sleep(tick)
		passed := time.Since(began)
		if c.broken.Load() || passed >= stretch*p.Time || passed >= p.Time && c.ops.Load() >= enough {
			break
		}
	}
	c.phase.Store(over)
	if p.Stopped != nil {
		p.Stopped()
	}
	c.counted = time.Since(began)
}

func dialAll(ctx context.Context, p Plan, n int) ([]net.Conn, error) {
	var conns []net.Conn
	for range n {
		conn, err := p.Door.Dial(ctx)
		if err != nil {
			return conns, fmt.Errorf("connecting to a peer: %w", err)
		}
		conns = append(conns, conn)
		if err := bind(conn, p.Bind); err != nil {
			return conns, err
		}
	}
	return conns, nil
}

// bindLimit is how long a bind may take before the peer counts as broken.
const bindLimit = 30 * time.Second

func bind(conn net.Conn, request []byte) error {
	if request == nil {
		return nil
	}
	if _, err := conn.Write(request); err != nil {
		return fmt.Errorf("binding: %w", err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(bindLimit)); err != nil {
		return fmt.Errorf("binding: %w", err)
	}
	m, err := wire.NewReaderSize(conn, 1<<10).Next()
	if err != nil {
		return fmt.Errorf("binding: %w", err)
	}
	if r, err := wire.ParseResult(m.Body); err != nil || r.Code != wire.Success {
		return fmt.Errorf("binding: code %d %s, %w", r.Code, r.Message, errOr(err))
	}
	return conn.SetReadDeadline(time.Time{})
}

func errOr(err error) error {
	if err == nil {
		return errors.New("refused")
	}
	return err
}

func closeAll(conns []net.Conn) {
	for _, c := range conns {
		_ = c.Close() // nothing of it is needed any more
	}
}
