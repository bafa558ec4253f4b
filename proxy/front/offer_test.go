package front

import (
	"context"
	"maps"
	"net"
	"slices"
	"syscall"
	"testing"

	"github.com/aclens/aclens/proxy/wire"
)

func TestTheControlsOfferedAreThoseServed(t *testing.T) {
	offered, served := SupportedControls(), slices.Collect(maps.Keys(knownControls))
	slices.Sort(offered)
	slices.Sort(served)
	if !slices.Equal(offered, served) {
		t.Errorf("offered %v, served %v", offered, served)
	}
}

func TestTheMechanismsOfferedAreThoseServed(t *testing.T) {
	b := newBench(t, Settings{})
	c := b.dial(t)
	for _, mechanism := range SupportedMechanisms() {
		c.send(message(1, bindBody(3, "", sasl(mechanism, ""))))
		if r := c.result(1, wire.OpBindResponse); r.Code == wire.AuthMethodNotSupported {
			t.Errorf("%s is not served", mechanism)
		}
	}
}

func TestTheExtensionsOfferedAreThoseServed(t *testing.T) {
	settings, _ := secured(t)
	b := newBench(t, settings)
	for _, oid := range SupportedExtensions(settings) {
		c := b.dial(t)
		c.send(wire.AppendExtendedRequest(nil, 1, oid, nil))
		if r := c.result(1, wire.OpExtendedResponse); r.Message == "extended operation is not offered" {
			t.Errorf("%s is not served", oid)
		}
	}
}

func TestMetricsAuditAndLogMayBeMissing(t *testing.T) {
	b := newBench(t, Settings{})
	bare := New(Settings{}, Parts{Directory: b.dir, Login: b.login})
	b.addr = listenAndServe(t, bare)
	c := b.dial(t)
	c.bind(jane)
	c.send(searchMessage(2, "o=acme"))
	c.wantEntry(2)
	c.wantCode(2, wire.OpSearchDone, wire.Success)
	c.send([]byte("nonsense"))
	c.wantNotice(wire.ProtocolError)
}

// listenAndServe serves until the test ends.
func listenAndServe(t *testing.T, s *Server) string {
	t.Helper()
	l := listen(t)
	done := make(chan error, 1)
	go func() { done <- s.Serve(context.Background(), "bare", l) }()
	t.Cleanup(func() {
		if err := s.Shutdown(context.Background()); err != nil {
			t.Errorf("shutdown: %v", err)
		}
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return l.Addr().String()
}

// shortListener has no file descriptors left at first.
type shortListener struct {
	net.Listener
	failures int
}

func (l *shortListener) Accept() (net.Conn, error) {
	if l.failures > 0 {
		l.failures--
		return nil, &net.OpError{Op: "accept", Err: syscall.EMFILE}
	}
	return l.Listener.Accept()
}

func TestAcceptingGoesOnWhenDescriptorsComeBack(t *testing.T) {
	b := newBench(t, Settings{})
	b.addr = b.serve(&shortListener{Listener: listen(t), failures: 3}, b.server.Serve)
	b.dial(t).wantWho(1, "")
}

func BenchmarkSearchOneByOne(b *testing.B) {
	s := New(Settings{}, Parts{Directory: &fakeDirectory{}, Login: &fakeLogin{}})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Serve(context.Background(), "bench", l) }()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	in, request := wire.NewReader(conn), searchMessage(1, "cn=Jane Doe,o=acme")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := conn.Write(request); err != nil {
			b.Fatal(err)
		}
		for range 2 { // the entry and the end
			if _, err := in.Next(); err != nil {
				b.Fatal(err)
			}
		}
	}
	_ = conn.Close()
	if err := s.Shutdown(context.Background()); err != nil {
		b.Error(err)
	}
	if err := <-done; err != nil {
		b.Error(err)
	}
}
