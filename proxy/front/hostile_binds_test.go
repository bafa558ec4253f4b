package front

import (
	"bytes"
	"strings"

	"github.com/aclens/aclens/proxy/wire"
)

// bindAssaults are about binds and what stands around them.
func bindAssaults() []assault {
	bind := func(version byte, name string, how []byte) []byte { return message(5, bindBody(version, name, how)) }
	wrong := wire.AppendSimpleBind(nil, 5, janeD, "wrong")
	right := wire.AppendSimpleBind(nil, 6, janeD, password)
	return []assault{
		{name: "a bind of version 2", octets: bind(2, janeD, simple(password)), sees: "bind protocolError, alive"},
		{name: "a bind of version 0", octets: bind(0, janeD, simple(password)), sees: badProtocol},
		{name: "a bind of version 128", octets: bind(0x80, janeD, simple(password)), sees: badProtocol},
		{name: "a bind without a body", octets: ofOp(wire.OpBindRequest), sees: badProtocol},
		{name: "a bind by a choice that nobody knows", octets: bind(3, janeD, element(0x87, []byte("x"))), sees: "bind authMethodNotSupported, alive"},
		{name: "a bind with a password in pieces", octets: bind(3, janeD, element(0xa0, text(password))), sees: badProtocol},
		{name: "a bind with octets behind the password", octets: message(5, element(byte(wire.OpBindRequest), []byte{0x02, 1, 3}, text(janeD), simple(password), simple(password))), sees: badProtocol},
		{name: "a bind with a name and no password", octets: bind(3, janeD, simple("")), sees: "bind unwillingToPerform, alive"},
		{name: "a bind with a password and no name", octets: bind(3, "", simple(password)), sees: "bind invalidCredentials, alive"},
		{name: "a bind with a name that is no DN", octets: bind(3, "\xff\x00,,=", simple(password)), sees: "bind invalidCredentials, alive"},
		{name: "a bind with a NUL behind the name", octets: bind(3, janeD+"\x00", simple(password)), sees: "bind invalidCredentials, alive"},
		{name: "a bind with a name of 60,000 octets", octets: bind(3, strings.Repeat("cn=a,", 12_000)+"o=Acme", simple("wrong")), sees: "bind invalidCredentials, alive"},
		{name: "a bind with a password of three million octets", as: janeD, octets: bind(3, janeD, simple(strings.Repeat("x", 3_000_000))), sees: "bind invalidCredentials, alive"},
		{name: "a bind with a password that is too long before a bind", octets: bind(3, janeD, simple(strings.Repeat("x", 70_000))), sees: badProtocol},
		{name: "a bind with a NUL behind the password", octets: bind(3, janeD, simple(password+"\x00")), sees: "bind invalidCredentials, alive"},
		{name: "a thousand binds with a wrong password", octets: bytes.Repeat(wrong, 1000), sees: "bind invalidCredentials x1000, alive"},
		{name: "a thousand binds, right and wrong by turns", act: func(s *siege) string {
			return tally(s.dial().pour(bytes.Repeat(append(bytes.Clone(right), wrong...), 500)))
		}, sees: "alive, bind invalidCredentials x500, bind success x500"},
		{name: "a search behind a bind that failed, of one who was bound", as: reader, octets: append(bytes.Clone(wrong), searchMessage(6, "o=Acme")...), sees: "bind invalidCredentials, search noSuchObject, alive"},
		{name: "a bind while searches are in progress", act: func(s *siege) string {
			c := s.dial()
			s.hold(c, 5)
			return c.pour(right)
		}, sees: "search busy x5, bind success, alive"},
		{name: "binds and searches by turns without waiting", act: func(s *siege) string {
			c := s.dial()
			for range 5 {
				c.send(right, holding(200))
			}
			return tally(c.pour(right))
		}, sees: "alive, bind success x6, search busy x5"},
		{name: "a hundred clients that leave before their bind is answered", act: func(s *siege) string {
			for range 100 {
				c := s.dial()
				c.send(right)
				c.reset()
			}
			return gone
		}, sees: gone},
	}
}

// saslAssaults are about SASL.
func saslAssaults() []assault {
	bind := func(mechanism string, credentials ...string) []byte {
		return message(5, bindBody(3, "", sasl(mechanism, credentials...)))
	}
	steps := bytes.Join([][]byte{bind("DIGEST-MD5"), bind("DIGEST-MD5", "response=x"), bind("PLAIN"), bind("PLAIN", "\x00"), bind("EXTERNAL"), bind("")}, nil)
	return []assault{
		{name: "SASL with a mechanism that nobody knows", octets: bind("NONSENSE", "x"), sees: "bind authMethodNotSupported, alive"},
		{name: "SASL with a mechanism of 60,000 octets", octets: bind(strings.Repeat("A", 60_000)), sees: "bind authMethodNotSupported, alive"},
		{name: "SASL with a mechanism that is not text", octets: bind("\xff\x00PLAIN"), sees: "bind authMethodNotSupported, alive"},
		{name: "SASL without a mechanism", octets: message(5, bindBody(3, "", element(0xa3))), sees: badProtocol},
		{name: "SASL that is primitive", octets: message(5, bindBody(3, "", element(0x83, []byte("PLAIN")))), sees: badProtocol},
		{name: "SASL in steps that lead nowhere", octets: steps, sees: "bind authMethodNotSupported x2, bind protocolError x2, bind inappropriateAuthentication, bind authMethodNotSupported, alive"},
		{name: "PLAIN with three million octets", as: janeD, octets: bind("PLAIN", "\x00"+janeD+"\x00"+strings.Repeat("x", 3_000_000)), sees: "bind invalidCredentials, alive"},
		{name: "PLAIN with a hundred parts", octets: bind("PLAIN", strings.Repeat("a\x00", 100)), sees: "bind protocolError, alive"},
		{name: "PLAIN that is not UTF-8", octets: bind("PLAIN", "\x00\xff\x00"+password), sees: "bind protocolError, alive"},
		{name: "PLAIN without a password", octets: bind("PLAIN", "\x00"+janeD+"\x00"), sees: "bind unwillingToPerform, alive"},
		{name: "EXTERNAL without TLS", octets: bind("EXTERNAL", "dn:"+reader), sees: "bind inappropriateAuthentication, alive"},
		{name: "EXTERNAL with an identity that is not UTF-8", octets: bind("EXTERNAL", "\xff"), sees: "bind protocolError, alive"},
		{name: "a bind by Kerberos that nobody offers", octets: bind("GSS-SPNEGO", strings.Repeat("\x60", 50_000)), sees: "bind authMethodNotSupported, alive"},
	}
}

// extendedAssaults are extended operations.
func extendedAssaults() []assault {
	ask := func(oid string, value []byte) []byte { return wire.AppendExtendedRequest(nil, 5, oid, value) }
	return []assault{
		{name: "an extended operation that nobody knows", octets: ask("1.2.3.4", nil), sees: "extended protocolError, alive"},
		{name: "an extended operation whose name is no OID", octets: ask("\xff\x00", nil), sees: "extended protocolError, alive"},
		{name: "an extended operation with a name of three million octets", as: janeD, octets: ask(strings.Repeat("1.", 1_500_000), nil), sees: "extended protocolError, alive"},
		{name: "an extended operation with a value of four million octets", as: janeD, octets: ask("1.2.3.4", make([]byte, 4_000_000)), sees: "extended protocolError, alive"},
		{name: "a thousand extended operations with different names", octets: manyNames(1000), sees: "extended protocolError x1000, alive"},
		{name: "who am I with a value", octets: ask(wire.ExtendedWhoAmI, []byte("x")), sees: "extended protocolError, alive"},
		{name: "a password change that is not offered", as: janeD, octets: ask(wire.ExtendedPasswordModify, element(0x30, element(0x82, []byte("new")))), sees: "extended protocolError, alive"},
		{name: "a cancel of nonsense", octets: ask(wire.ExtendedCancel, bytes.Repeat([]byte{0x30, 0x80}, 20_000)), sees: "extended protocolError, alive"},
		{name: "a cancel of the id 2^31", octets: ask(wire.ExtendedCancel, element(0x30, []byte{0x02, 5, 0, 0x80, 0, 0, 0})), sees: "extended protocolError, alive"},
		{name: "a cancel of itself", octets: ask(wire.ExtendedCancel, element(0x30, []byte{0x02, 1, 5})), sees: "extended cannotCancel, alive"},
	}
}

func manyNames(n int) []byte {
	var all []byte
	for i := range n {
		all = append(all, wire.AppendExtendedRequest(nil, 5, "1.2.3."+strings.Repeat("1", i%40+1), nil)...)
	}
	return all
}
