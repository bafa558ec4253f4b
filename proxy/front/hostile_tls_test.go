package front

import (
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/aclens/aclens/proxy/wire"
)

func shakesSoon(s *Settings) { s.Limits.Handshake = soon }

func trustsLoopback(s *Settings) {
	s.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
}

// clientHello is the first record that a TLS client sends.
func clientHello(s *siege) []byte {
	ours, theirs := net.Pipe()
	defer ours.Close()
	go func() {
		defer theirs.Close()
		_ = tls.Client(theirs, s.trusting).Handshake() // nobody answers it
	}()
	hello := make([]byte, 5)
	if _, err := io.ReadFull(ours, hello); err != nil {
		s.t.Fatal(err)
	}
	body := make([]byte, int(hello[3])<<8|int(hello[4]))
	if _, err := io.ReadFull(ours, body); err != nil {
		s.t.Fatal(err)
	}
	return slices.Concat(hello, body)
}

// secureClient is a client inside TLS, with what lies below.
func (s *siege) secureClient() (*client, net.Conn) {
	raw := s.dialTo(s.tlsAddr)
	return s.keep(raw.handshake(s.trusting)), raw.conn
}

// silent says that no LDAP came back, whatever came.
func silent(c *client) string {
	var all bytes.Buffer
	_, _ = all.ReadFrom(c.conn) // however it ends
	if bytes.HasPrefix(all.Bytes(), []byte{0x30}) {
		return "an answer in the clear"
	}
	return "closed"
}

// tlsAssaults do TLS by halves, or where it does not belong.
func tlsAssaults() []assault {
	plain := func(octets ...[]byte) func(*siege) string {
		return func(s *siege) string {
			c := s.dialTo(s.tlsAddr)
			c.send(octets...)
			c.cut()
			return silent(c)
		}
	}
	return []assault{
		{name: "LDAP in the clear where TLS is spoken", act: plain(searchMessage(1, "o=Acme")), sees: "closed"},
		{name: "HTTP in the clear where TLS is spoken", act: plain([]byte("GET / HTTP/1.1\r\n\r\n")), sees: "closed"},
		{name: "a TLS record of 65,535 octets of nothing", act: plain([]byte{22, 3, 1, 0xff, 0xff}, make([]byte, 65_535)), sees: "closed"},
		{name: "a client hello that claims 16 MB", act: plain([]byte{22, 3, 1, 0, 4, 1, 0xff, 0xff, 0xff}), sees: "closed"},
		{name: "an alert before everything", act: plain([]byte{21, 3, 3, 0, 2, 2, 40}), sees: "closed"},
		{name: "half a client hello and the end", act: func(s *siege) string {
			hello := clientHello(s)
			c := s.dialTo(s.tlsAddr)
			c.send(hello[:len(hello)/2])
			c.cut()
			return silent(c)
		}, sees: "closed"},
		{name: "half a client hello and silence", settings: shakesSoon, act: func(s *siege) string {
			hello := clientHello(s)
			c := s.dialTo(s.tlsAddr)
			c.send(hello[:len(hello)/2])
			return silent(c)
		}, sees: "closed"},
		{name: "silence where TLS is spoken", settings: shakesSoon, act: func(s *siege) string { return silent(s.dialTo(s.tlsAddr)) }, sees: "closed"},
		{name: "a client hello twice", act: func(s *siege) string {
			hello := clientHello(s)
			return plain(hello, hello)(s)
		}, sees: "closed"},
		{name: "a client hello in the clear port's first message", act: func(s *siege) string { return s.dial().pour(clientHello(s)) }, sees: badProtocol},
		{name: "TLS 1.1 and nothing newer", act: func(s *siege) string {
			old := s.trusting.Clone()
			old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
			if err := tls.Client(s.dialTo(s.tlsAddr).conn, old).Handshake(); err != nil {
				return "closed"
			}
			return "a handshake"
		}, sees: "closed"},
		{name: "nonsense inside TLS", act: func(s *siege) string {
			c, _ := s.secureClient()
			return c.pour([]byte("nonsense"))
		}, sees: badProtocol},
		{name: "nonsense below TLS that is established", act: func(s *siege) string {
			c, raw := s.secureClient()
			c.wantWho(1, "")
			_, _ = raw.Write(searchMessage(2, "o=Acme"))
			return c.account()
		}, sees: "closed"},
		{name: "the end of TLS in the middle of a message", act: func(s *siege) string {
			c, _ := s.secureClient()
			c.send(whoAmI(1)[:9])
			c.cut()
			return c.account()
		}, sees: "closed"},
		{name: "the end of the connection in the middle of TLS", act: func(s *siege) string {
			c, raw := s.secureClient()
			c.send(whoAmI(1)[:9])
			_ = raw.(*net.TCPConn).CloseWrite()
			return c.account()
		}, sees: "closed"},
		{name: "two thousand questions inside TLS, all read", act: func(s *siege) string {
			c, _ := s.secureClient()
			return c.pour(bytes.Repeat(whoAmI(1), 2000))
		}, sees: "extended success x2000, alive"},
		{name: "a hundred handshakes begun and left", act: func(s *siege) string {
			hello := clientHello(s)
			for range 100 {
				c := s.dialTo(s.tlsAddr)
				c.send(hello)
				c.reset()
			}
			return gone
		}, sees: gone},
		{name: "StartTLS with a value", octets: wire.AppendExtendedRequest(nil, 5, wire.ExtendedStartTLS, []byte("x")), sees: "extended protocolError, alive"},
		{name: "StartTLS with a search behind it", octets: append(startTLS(5), searchMessage(6, "o=Acme")...), sees: badProtocol},
		{name: "StartTLS twice in one write", octets: append(startTLS(5), startTLS(6)...), sees: badProtocol},
		{name: "StartTLS with a handshake behind it", act: func(s *siege) string { return s.dial().pour(append(startTLS(5), clientHello(s)...)) }, sees: badProtocol},
		{name: "StartTLS inside TLS", act: func(s *siege) string {
			c := s.dial().turnToTLS(5, s.trusting)
			return s.keep(c).asks(startTLS(6))
		}, sees: "extended operationsError, alive"},
		{name: "StartTLS while a search is in progress", act: func(s *siege) string {
			c := s.dial()
			s.hold(c, 1)
			return c.asks(startTLS(5))
		}, sees: "extended operationsError, alive"},
		{name: "LDAP in the clear once StartTLS is granted", act: func(s *siege) string { return afterStartTLS(s, searchMessage(6, "o=Acme")) }, sees: "closed"},
		{name: "nothing once StartTLS is granted", settings: shakesSoon, act: func(s *siege) string { return afterStartTLS(s, nil) }, sees: "closed"},
		{name: "half a client hello once StartTLS is granted", settings: shakesSoon, act: func(s *siege) string { return afterStartTLS(s, clientHello(s)[:40]) }, sees: "closed"},
	}
}

// afterStartTLS sends octets where the handshake belongs.
func afterStartTLS(s *siege, octets []byte) string {
	c := s.dial()
	c.send(startTLS(5))
	c.wantCode(5, wire.OpExtendedResponse, wire.Success)
	c.send(octets)
	return silent(c)
}

// proxyAssaults are about the header that a trusted proxy puts in front.
func proxyAssaults() []assault {
	const good = "PROXY TCP4 192.0.2.7 192.0.2.8 40000 389\r\n"
	head := func(name, header, sees string) assault {
		return assault{name: name, octets: append([]byte(header), whoAmI(5)...), settings: trustsLoopback, sees: sees}
	}
	binary := func(rest ...byte) string { return proxySignature + string(rest) }
	ended := head("a PROXY header that is cut", good[:20], "closed")
	ended.cut, ended.octets = true, []byte(good[:20])
	never := head("a PROXY header that never ends", "", "closed")
	never.octets, never.settings = []byte(binary(0x21, 0x11, 0xff, 0xff)), func(s *Settings) { trustsLoopback(s); shakesSoon(s) }
	crowded := func(s *Settings) { trustsLoopback(s); s.Limits.ConnectionsPerAddress = 1 }
	return []assault{
		{name: "a PROXY header from whom it is not expected", octets: append([]byte(good), whoAmI(5)...), sees: badProtocol},
		head("no PROXY header from whom it is expected", "", "closed"),
		head("a good PROXY header, to see that one is taken", good, "extended success, alive"),
		head("a PROXY header of an address that is none", "PROXY TCP4 acme.example 192.0.2.8 40000 389\r\n", "closed"),
		head("a PROXY header of another family", "PROXY TCP4 2001:db8::1 2001:db8::2 40000 389\r\n", "closed"),
		head("a PROXY header with a port that is none", "PROXY TCP4 192.0.2.7 192.0.2.8 400000 389\r\n", "closed"),
		head("a PROXY header without an end", "PROXY TCP4 "+strings.Repeat("9", 200), "closed"),
		head("a PROXY header of a version that nobody knows", binary(0x31, 0x11, 0, 0), "closed"),
		head("a PROXY header of a command that nobody knows", binary(0x2f, 0x11, 0, 0), "closed"),
		head("a PROXY header shorter than its addresses", binary(0x21, 0x11, 0, 4, 1, 2, 3, 4), "closed"),
		ended, never,
		{name: "a password in the clear from whom the proxy names", settings: trustsLoopback, octets: append([]byte(good), wire.AppendSimpleBind(nil, 5, janeD, password)...), sees: "bind confidentialityRequired, alive"},
		{name: "more connections than one address may have, behind a proxy", settings: crowded, act: func(s *siege) string {
			first, second := s.dial(), s.dial()
			first.send([]byte(good))
			first.wantWho(1, "")
			second.send([]byte(good))
			return second.account()
		}, sees: "notice busy, closed"},
	}
}
