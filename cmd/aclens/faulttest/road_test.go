package faulttest

import (
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"
)

// road carries connections to a server and can be bad: slow, cut, or ending
// after some octets of the server's.
type road struct {
	to       string
	listener net.Listener
	wg       sync.WaitGroup

	mu      sync.Mutex // guards what follows
	open    map[net.Conn]struct{}
	delay   time.Duration
	changed chan struct{} // closed when delay changes
	closed  bool          // nobody gets through
	cutting int           // octets of the server's at most, before the end; 0 is no end
	closing bool          // for good
}

// newRoad leads to an address until the test ends.
func newRoad(t *testing.T, to string) *road {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &road{to: to, listener: l, open: map[net.Conn]struct{}{}, changed: make(chan struct{})}
	r.wg.Go(r.accept)
	t.Cleanup(func() {
		r.mu.Lock()
		r.closing = true
		r.mu.Unlock()
		_ = l.Close()
		r.smooth()
		r.cut()
		r.wg.Wait()
	})
	return r
}

func (r *road) address() string { return r.listener.Addr().String() }

// slow lets every piece, either way, take its time.
func (r *road) slow(delay time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.delay = delay
	close(r.changed)
	r.changed = make(chan struct{})
}

// block lets nobody through, and cuts who is on the way.
func (r *road) block() {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.cut()
}

// truncate ends every connection somewhere within so many of the server's octets.
func (r *road) truncate(within int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cutting = within
}

// smooth ends all that is bad but for what was cut.
func (r *road) smooth() {
	r.slow(0)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed, r.cutting = false, 0
}

// cut resets every connection.
func (r *road) cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for c := range r.open {
		if tcp, ok := c.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		_ = c.Close()
	}
}

func (r *road) accept() {
	for {
		client, err := r.listener.Accept()
		if err != nil {
			return
		}
		r.wg.Go(func() { r.carry(client) })
	}
}

// enter registers a connection; false: there is no way through.
func (r *road) enter(c net.Conn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || r.closing {
		return false
	}
	r.open[c] = struct{}{}
	return true
}

func (r *road) leave(c net.Conn) {
	_ = c.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.open, c)
}

func (r *road) carry(client net.Conn) {
	defer r.leave(client)
	if !r.enter(client) {
		return
	}
	server, err := net.DialTimeout("tcp", r.to, time.Second)
	if err != nil {
		return
	}
	defer r.leave(server)
	if !r.enter(server) {
		return
	}
	var back sync.WaitGroup
	back.Go(func() {
		r.pass(server, client, r.unlimited)
		_ = server.Close()
		_ = client.Close()
	})
	r.pass(client, server, r.limit())
	_ = server.Close()
	_ = client.Close()
	back.Wait()
}

func (r *road) unlimited() int { return 0 }

// limit draws, once a connection, at which octet it would end while the road truncates.
func (r *road) limit() func() int {
	share := rand.Float64()
	return func() int {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.cutting == 0 {
			return 0
		}
		return 1 + int(share*float64(r.cutting))
	}
}

// pass copies what comes until an end, or until most octets went since there was one.
func (r *road) pass(to io.Writer, from io.Reader, most func() int) {
	piece := make([]byte, 16<<10)
	passed := 0
	for {
		n, err := from.Read(piece)
		r.wait()
		switch end := most(); {
		case end == 0:
			passed = 0
		case passed+n >= end:
			n, err = end-passed, errors.Join(err, io.EOF)
		default:
			passed += n
		}
		if n > 0 {
			if _, failed := to.Write(piece[:n]); failed != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (r *road) wait() {
	r.mu.Lock()
	delay, changed := r.delay, r.changed
	r.mu.Unlock()
	if delay == 0 {
		return
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-changed:
	}
}
