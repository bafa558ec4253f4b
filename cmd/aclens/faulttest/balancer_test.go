package faulttest

import (
	"context"
	"io"
	"net"
	"slices"
	"sync"
	"testing"
	"time"
)

// balancer spreads connections over the replicas that say they are ready, as
// one does that knows TCP and an HTTP check: what is under way is none of its
// business.
type balancer struct {
	listener net.Listener
	wg       sync.WaitGroup

	mu    sync.Mutex // guards what follows
	known []*aclens
	ready []*aclens
	next  int
	open  map[net.Conn]struct{}
}

func newBalancer(t *testing.T, replicas []*aclens) *balancer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &balancer{listener: l, known: replicas, ready: replicas, open: map[net.Conn]struct{}{}}
	ctx, stop := context.WithCancel(context.Background())
	b.wg.Go(func() { every(ctx, 50, b.check) })
	b.wg.Go(b.accept)
	t.Cleanup(func() {
		stop()
		_ = l.Close()
		b.mu.Lock()
		for c := range b.open {
			_ = c.Close()
		}
		b.mu.Unlock()
		b.wg.Wait()
	})
	return b
}

func (b *balancer) address() string { return b.listener.Addr().String() }

// replace puts one replica in the place of another, to be asked whether it is ready.
func (b *balancer) replace(old, now *aclens) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.known = slices.Clone(b.known)
	b.known[slices.Index(b.known, old)] = now
}

// check asks every replica whether it is ready.
func (b *balancer) check() {
	b.mu.Lock()
	known := b.known
	b.mu.Unlock()
	var ready []*aclens
	for _, a := range known {
		if a.ready() == nil {
			ready = append(ready, a)
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ready = ready
}

// chosen is the next replica; nil while none is ready.
func (b *balancer) chosen() *aclens {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.ready) == 0 {
		return nil
	}
	b.next++
	return b.ready[b.next%len(b.ready)]
}

func (b *balancer) accept() {
	for {
		client, err := b.listener.Accept()
		if err != nil {
			return
		}
		b.wg.Go(func() { b.carry(client) })
	}
}

// carry passes everything on, and the end of either direction by itself.
func (b *balancer) carry(client net.Conn) {
	defer b.hold(client)()
	a := b.chosen()
	if a == nil {
		return
	}
	server, err := net.DialTimeout("tcp", a.ldap, 5*time.Second)
	if err != nil {
		return
	}
	defer b.hold(server)()
	var both sync.WaitGroup
	both.Go(func() { copyToEnd(server, client) })
	copyToEnd(client, server)
	both.Wait()
}

func copyToEnd(to, from net.Conn) {
	_, _ = io.Copy(to, from)
	if half, ok := to.(*net.TCPConn); ok {
		_ = half.CloseWrite() // it may be gone
	}
}

// hold keeps a connection among the open ones until what it returns is called.
func (b *balancer) hold(c net.Conn) func() {
	b.mu.Lock()
	b.open[c] = struct{}{}
	b.mu.Unlock()
	return func() {
		_ = c.Close()
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.open, c)
	}
}
