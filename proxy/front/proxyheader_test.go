package front

import (
	"bytes"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aclens/aclens/proxy/wire"
)

var behindProxy = Settings{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}}

func proxyV2(command, family byte, body ...byte) string {
	return proxySignature + string([]byte{command, family, byte(len(body) >> 8), byte(len(body))}) + string(body)
}

func TestReadProxyHeader(t *testing.T) {
	own := netip.MustParseAddrPort("192.0.2.1:99")
	v4 := []byte{198, 51, 100, 7, 192, 0, 2, 1, 0x10, 0x00, 1, 0x85}
	v6 := append(append(append(netip.MustParseAddr("2001:db8::7").AsSlice(), make([]byte, 16)...), 0x10, 0x00, 1, 0x85), "more"...)
	tests := []struct {
		name, header, want string // want is empty for an error
	}{
		{"version 1 over IPv4", "PROXY TCP4 198.51.100.7 192.0.2.1 4096 389\r\n", "198.51.100.7:4096"},
		{"version 1 over IPv6", "PROXY TCP6 2001:db8::7 2001:db8::1 4096 389\r\n", "[2001:db8::7]:4096"},
		{"version 1 of nobody knows whom", "PROXY UNKNOWN\r\n", "invalid AddrPort"},
		{"version 1 of nobody knows whom, with addresses", "PROXY UNKNOWN 127.0.0.1 127.0.0.1 1 2\r\n", "invalid AddrPort"},
		{"version 1 with the wrong family", "PROXY TCP4 2001:db8::7 2001:db8::1 4096 389\r\n", ""},
		{"version 1 with a name", "PROXY TCP4 host.acme.example 192.0.2.1 4096 389\r\n", ""},
		{"version 1 with a port too big", "PROXY TCP4 198.51.100.7 192.0.2.1 70000 389\r\n", ""},
		{"version 1 cut short", "PROXY TCP4 198.51.100.7 192.0.2.1\r\n", ""},
		{"version 1 without end", "PROXY TCP4 " + strings.Repeat("1", 200) + "\r\n", ""},
		{"version 2 over IPv4", proxyV2(0x21, 0x11, v4...), "198.51.100.7:4096"},
		{"version 2 over IPv6 with more behind", proxyV2(0x21, 0x21, v6...), "[2001:db8::7]:4096"},
		{"version 2 of the proxy itself", proxyV2(0x20, 0), own.String()},
		{"version 2 of nobody knows whom", proxyV2(0x21, 0), "invalid AddrPort"},
		{"version 2 over a Unix socket", proxyV2(0x21, 0x31, make([]byte, 216)...), "invalid AddrPort"},
		{"version 2 too short for its addresses", proxyV2(0x21, 0x11, v4[:8]...), ""},
		{"version 2 with an unknown command", proxyV2(0x22, 0x11, v4...), ""},
		{"version 3", proxyV2(0x31, 0x11, v4...), ""},
		{"LDAP", string(searchMessage(1, "o=acme")), ""},
		{"nothing", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := bytes.NewReader([]byte(tt.header))
			got, err := readProxyHeader(r, own)
			if tt.want == "" {
				if err == nil {
					t.Errorf("got %v, want an error", got)
				}
				return
			}
			if err != nil || got.String() != tt.want {
				t.Errorf("got %v and %v, want %s", got, err, tt.want)
			}
			if r.Len() != 0 {
				t.Errorf("%d octets of the header are left", r.Len())
			}
		})
	}
}

func TestTheProxyHeaderSaysWhoIsThere(t *testing.T) {
	tests := []struct {
		name, header string
		code         wire.ResultCode
	}{
		{"a client on loopback", "PROXY TCP4 127.0.0.1 192.0.2.1 4096 389\r\n", wire.Success},
		{"a client elsewhere", "PROXY TCP4 198.51.100.7 192.0.2.1 4096 389\r\n", wire.ConfidentialityRequired},
		{"nobody knows", "PROXY UNKNOWN\r\n", wire.ConfidentialityRequired},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, behindProxy)
			c := b.dialFrom(t, "192.0.2.7:4000")
			c.send([]byte(tt.header))
			c.send(wire.AppendSimpleBind(nil, 1, jane, password))
			c.wantCode(1, wire.OpBindResponse, tt.code)
		})
	}
}

func TestAHeaderCountsOnlyFromATrustedProxy(t *testing.T) {
	b := newBench(t, behindProxy)
	c := b.dialFrom(t, "198.51.100.7:4000")
	c.send([]byte("PROXY TCP4 127.0.0.1 192.0.2.1 4096 389\r\n"))
	if r := c.result(0, wire.OpExtendedResponse); r.Code != wire.ProtocolError {
		t.Errorf("got %v", r.Code)
	}
}

func TestATrustedProxyMustSendAHeader(t *testing.T) {
	settings := behindProxy
	settings.Limits.Handshake = 30 * time.Millisecond
	b := newBench(t, settings)
	b.dialFrom(t, "192.0.2.7:4000").wantEnd()
	c := b.dialFrom(t, "192.0.2.7:4000")
	c.send(searchMessage(1, "o=acme")[:12])
	c.wantEnd()
}

func TestConnectionsAreCountedForTheClientBehindTheProxy(t *testing.T) {
	settings := behindProxy
	settings.Limits.ConnectionsPerAddress = 1
	b := newBench(t, settings)
	first, second, third := b.dialFrom(t, "192.0.2.7:4000"), b.dialFrom(t, "192.0.2.7:4001"), b.dialFrom(t, "192.0.2.7:4002")
	first.send([]byte("PROXY TCP4 198.51.100.7 192.0.2.1 4096 389\r\n"))
	first.wantWho(1, "")
	second.send([]byte("PROXY TCP4 198.51.100.8 192.0.2.1 4096 389\r\n"))
	second.wantWho(1, "")
	third.send([]byte("PROXY TCP4 198.51.100.7 192.0.2.1 4096 389\r\n"))
	third.wantNotice(wire.Busy)
}

func TestAPROXYHeaderThatNeverEndsIsCountedAsAHandshake(t *testing.T) {
	settings := Settings{Limits: Limits{Handshake: soon}}
	trustsLoopback(&settings)
	b := newBench(t, settings)
	c := b.dial(t)
	c.send([]byte("PROXY TCP4 192.0.2.7"))
	c.wantEnd()
	b.seen.wait(t, 1, "limit "+LimitHandshake)
}

// Each limit that is counted stands in the table that operators read.
func TestEveryCountedLimitIsDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/security-testing.md")
	check(t, err)
	for _, kind := range []string{LimitConnections, LimitAddress, LimitOperations, LimitMessage, LimitMemory, LimitRequest, LimitIdle,
		LimitHandshake, LimitWriteStall, LimitSearchCost, LimitTime} {
		if !strings.Contains(string(page), "`"+kind+"`") {
			t.Errorf("%s is not documented", kind)
		}
	}
}
