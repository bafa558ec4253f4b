package front

import (
	"crypto/tls"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/aclens/aclens/proxy/wire"
)

// turnToTLS does StartTLS on the client's side.
func (c *client) turnToTLS(id int32, config *tls.Config) *client {
	c.t.Helper()
	c.send(startTLS(id))
	if r := c.wantCode(id, wire.OpExtendedResponse, wire.Success); r.ResponseName != wire.ExtendedStartTLS {
		c.t.Errorf("answer to StartTLS is named %q", r.ResponseName)
	}
	return c.handshake(config)
}

func (c *client) handshake(config *tls.Config) *client {
	c.t.Helper()
	conn := tls.Client(c.conn, config)
	if err := conn.Handshake(); err != nil {
		c.t.Fatalf("handshake: %v", err)
	}
	return newClient(c.t, conn)
}

func TestStartTLS(t *testing.T) {
	settings, config := secured(t)
	b := newBench(t, settings)
	c := b.dialFrom(t, "192.0.2.7:4000")
	c.send(wire.AppendSimpleBind(nil, 1, jane, password))
	c.wantCode(1, wire.OpBindResponse, wire.ConfidentialityRequired)
	c = c.turnToTLS(2, config)
	c.send(wire.AppendSimpleBind(nil, 3, jane, password))
	c.wantCode(3, wire.OpBindResponse, wire.Success)
	if a := b.login.last(t); a.TLS == nil || a.TLS.Version < tls.VersionTLS12 {
		t.Errorf("attempt is %+v", a)
	}
	if e := b.seen.lastEvent(t); !e.TLS {
		t.Errorf("recorded %+v", e)
	}
	c.send(startTLS(4))
	c.wantCode(4, wire.OpExtendedResponse, wire.OperationsError)
	c.send(searchFor(5, "o=acme", strings.Repeat("x", 100_000)))
	c.wantEntry(5)
	c.wantCode(5, wire.OpSearchDone, wire.Success)
	c.send([]byte("nonsense"))
	c.wantNotice(wire.ProtocolError)
}

func TestStartTLSIsRefusedDuringASearch(t *testing.T) {
	settings, config := secured(t)
	slow := newSlowSearch()
	b := newBench(t, settings, func(b *bench) { b.dir.prepare = slow.slowAt })
	c := b.dial(t)
	c.send(searchMessage(1, "slow"))
	<-slow.started
	c.send(startTLS(2))
	c.wantCode(2, wire.OpExtendedResponse, wire.OperationsError)
	close(slow.release)
	c.wantCode(1, wire.OpSearchDone, wire.Success)
	c.turnToTLS(3, config).wantWho(4, "")
}

func TestWhatComesInTheClearBehindStartTLSEndsTheConnection(t *testing.T) {
	settings, _ := secured(t)
	b := newBench(t, settings)
	c := b.dial(t)
	c.send(whoAmI(1), startTLS(2), searchMessage(3, "o=acme"))
	c.wantCode(1, wire.OpExtendedResponse, wire.Success)
	c.wantNotice(wire.ProtocolError)

	c = b.dial(t)
	c.send(startTLS(1))
	c.wantCode(1, wire.OpExtendedResponse, wire.Success)
	c.send(searchMessage(2, "o=acme"))
	if m, err := c.in.Next(); err == nil {
		t.Errorf("got %v to a request in the clear behind StartTLS", m.Op)
	}
	if n := b.seen.count("search success"); n != 0 {
		t.Errorf("%d searches were answered", n)
	}
}

func TestLDAPS(t *testing.T) {
	settings, config := secured(t)
	b := newBench(t, settings)
	addr := b.serve(listen(t), b.server.ServeTLS)
	dial := func(config *tls.Config) *client {
		conn, err := tls.Dial("tcp", addr, config)
		if err != nil {
			t.Fatal(err)
		}
		return newClient(t, conn)
	}
	t.Run("password", func(t *testing.T) {
		c := dial(config)
		c.bind(jane)
		c.wantWho(2, "dn:"+jane)
	})
	t.Run("client certificate", func(t *testing.T) {
		c := dial(withClientCertificate(t, config))
		c.send(message(1, bindBody(3, "", sasl("EXTERNAL", "dn:"+jane))))
		c.wantCode(1, wire.OpBindResponse, wire.Success)
		c.wantWho(2, "dn:CN=Jane Doe")
		if a := b.login.last(t); a.AuthzID != "dn:"+jane {
			t.Errorf("attempt asks to act as %q", a.AuthzID)
		}
	})
	t.Run("TLS 1.1 is not spoken", func(t *testing.T) {
		old := config.Clone()
		old.MinVersion, old.MaxVersion = tls.VersionTLS11, tls.VersionTLS11
		if conn, err := tls.Dial("tcp", addr, old); err == nil {
			_ = conn.Close()
			t.Error("handshake succeeds")
		}
	})
	t.Run("LDAP in the clear is not answered", func(t *testing.T) {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		c := newClient(t, conn)
		c.send(searchMessage(1, "o=acme"))
		if m, err := c.in.Next(); err == nil {
			t.Errorf("got %v", m.Op)
		}
	})
}

func TestASilentHandshakeEnds(t *testing.T) {
	settings, _ := secured(t)
	settings.Limits.Handshake = 30 * time.Millisecond
	b := newBench(t, settings)
	addr := b.serve(listen(t), b.server.ServeTLS)
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	newClient(t, conn).wantEnd()
	b.seen.wait(t, 1, "limit "+LimitHandshake)
}

func TestATLSListenerWithoutACertificateAnswersNobody(t *testing.T) {
	b := newBench(t, Settings{})
	addr := b.serve(listen(t), b.server.ServeTLS)
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	newClient(t, conn).wantEnd()
	if served := SupportedExtensions(Settings{}); len(served) != 2 {
		t.Errorf("served without TLS: %v", served)
	}
}

func TestNewSettingsReachOpenConnections(t *testing.T) {
	b := newBench(t, Settings{})
	c := b.dial(t)
	c.send(startTLS(1))
	c.wantCode(1, wire.OpExtendedResponse, wire.ProtocolError)
	settings, config := secured(t)
	b.server.Apply(settings)
	c.turnToTLS(2, config).wantWho(3, "")
}
