package front

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/aclens/aclens/proxy/view"
	"github.com/aclens/aclens/proxy/wire"
)

func TestShutdownLetsSearchesEndAndTellsEverybody(t *testing.T) {
	slow := newSlowSearch()
	b := newBench(t, Settings{}, func(b *bench) { b.dir.prepare = slow.slowAt })
	silent, used, busy := b.dial(t), b.dial(t), b.dial(t)
	used.wantWho(1, "")
	busy.send(searchMessage(1, "slow"))
	<-slow.started
	b.seen.wait(t, 3, "opened test")
	done := make(chan error, 1)
	go func() { done <- b.server.Shutdown(context.Background()) }()
	silent.wantNotice(wire.Unavailable)
	used.wantNotice(wire.Unavailable)
	if conn, err := net.Dial("tcp", b.addr); err == nil {
		_ = conn.Close()
		t.Error("connections are still accepted")
	}
	select {
	case err := <-done:
		t.Fatalf("shutdown returned %v during a search", err)
	default:
	}
	close(slow.release)
	busy.wantCode(1, wire.OpSearchDone, wire.Success)
	busy.wantNotice(wire.Unavailable)
	for _, c := range []*client{silent, used, busy} {
		_ = c.conn.Close()
	}
	if err := <-done; err != nil {
		t.Errorf("shutdown: %v", err)
	}
}

func TestShutdownCutsWhatDoesNotEndInTime(t *testing.T) {
	slow := newSlowSearch()
	b := newBench(t, Settings{}, func(b *bench) { b.dir.prepare = slow.slowAt })
	c := b.dial(t)
	c.send(searchMessage(1, "slow"))
	<-slow.started
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	err := b.server.Shutdown(ctx)
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "1 connections cut") {
		t.Errorf("shutdown: %v", err)
	}
	if err := <-slow.ended; err != context.Canceled {
		t.Errorf("the search ended with %v", err)
	}
	if m, err := c.in.Next(); err == nil && (m.ID != 0 || m.Op != wire.OpExtendedResponse) {
		t.Errorf("got %v, want nothing but a notice that came before the cut", m.Op)
	}
}

func TestShutdownAnswersWhatHasArrived(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	b := newBench(t, Settings{}, func(b *bench) {
		b.dir.prepare = func(r view.Request) (Search, wire.Result) {
			if r.MessageID == 1 {
				close(entered)
				<-release
			}
			return oneEntry(r), wire.Result{}
		}
	})
	c := b.dial(t)
	c.send(searchMessage(1, "o=acme"), searchMessage(2, "o=acme"))
	<-entered
	b.server.beginDrain()
	close(release)
	for id := int32(1); id <= 2; id++ {
		c.wantEntry(id)
		c.wantCode(id, wire.OpSearchDone, wire.Success)
	}
	c.wantNotice(wire.Unavailable)
}

func TestServeEndsWithItsContextAndLeavesSessions(t *testing.T) {
	b := newBench(t, Settings{})
	ctx, cancel := context.WithCancel(context.Background())
	l := listen(t)
	done := make(chan error, 1)
	go func() { done <- b.server.Serve(ctx, "test", l) }()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	c := newClient(t, conn)
	c.wantWho(1, "")
	cancel()
	if err := <-done; err != nil {
		t.Errorf("serve: %v", err)
	}
	c.wantWho(2, "")
}

func TestServeTellsWhyItCannot(t *testing.T) {
	b := newBench(t, Settings{})
	l := listen(t)
	_ = l.Close()
	if err := b.server.Serve(context.Background(), "ldap", l); err == nil || !strings.Contains(err.Error(), "ldap") {
		t.Errorf("serve: %v", err)
	}
	if err := b.server.Shutdown(context.Background()); err != nil {
		t.Errorf("shutdown: %v", err)
	}
	if err := b.server.Serve(context.Background(), "ldap", listen(t)); err != nil {
		t.Errorf("serve behind a shutdown: %v", err)
	}
}
