package front

import (
	"bytes"
	"math/rand/v2"
	"strings"

	"github.com/aclens/aclens/proxy/wire"
)

// badProtocol is what a client sees that does not speak LDAP.
const badProtocol = "notice protocolError, closed"

// framingAssaults cut messages where none ends, and announce what never comes.
func framingAssaults() []assault {
	request := whoAmI(1)
	body := request[2:]
	noise := make([]byte, 64<<10)
	for i := range noise {
		noise[i] = byte(rand.New(rand.NewPCG(1, uint64(i))).Uint32())
	}
	noise[0] = 0xf1
	return []assault{
		{name: "a request of another protocol", octets: []byte("GET / HTTP/1.1\r\nHost: acme.example\r\n\r\n"), sees: badProtocol},
		{name: "zeros without end", octets: make([]byte, 64<<10), sees: badProtocol},
		{name: "noise without end", octets: noise, sees: badProtocol},
		{name: "a length that is indefinite", octets: []byte{0x30, 0x80, 0x02, 1, 1}, sees: badProtocol},
		{name: "an indefinite length with its end", octets: []byte{0x30, 0x80, 0x02, 1, 1, 0x42, 0, 0, 0}, sees: badProtocol},
		{name: "a length of five octets", octets: append([]byte{0x30, 0x85, 0, 0, 0, 0, byte(len(body))}, body...), sees: badProtocol},
		{name: "a length of 126 octets", octets: append([]byte{0x30, 0xfe}, make([]byte, 126)...), sees: badProtocol},
		{name: "a length of the reserved kind", octets: []byte{0x30, 0xff}, sees: badProtocol},
		{name: "a length of 2 GiB", octets: []byte{0x30, 0x84, 0x7f, 0xff, 0xff, 0xff}, sees: badProtocol},
		{name: "a length of 4 GiB", octets: []byte{0x30, 0x84, 0xff, 0xff, 0xff, 0xff}, sees: badProtocol},
		{name: "a length with zeros before it", octets: append([]byte{0x30, 0x84, 0, 0, 0, byte(len(body))}, body...), sees: "extended success, alive"},
		{name: "a length just beyond what anonymous may send", octets: header(0x30, 64<<10), sees: badProtocol},
		{name: "a length just beyond what a bound client may send", as: janeD, octets: header(0x30, 4<<20), sees: badProtocol},
		{name: "a message of nothing", octets: []byte{0x30, 0}, sees: badProtocol},
		{name: "a message that ends in its id", octets: []byte{0x30, 2, 0x02, 4}, sees: badProtocol},
		{name: "a message with an id alone", octets: []byte{0x30, 3, 0x02, 1, 1}, sees: badProtocol},
		{name: "an operation longer than its message", octets: []byte{0x30, 5, 0x02, 1, 1, 0x77, 9}, sees: badProtocol},
		{name: "octets of another kind behind the operation", octets: message(1, addBody(), text("x")), sees: badProtocol},
		{name: "a message in an octet string", octets: element(0x04, body), sees: badProtocol},
		{name: "a message in a set", octets: element(0x31, body), sees: badProtocol},
		{name: "a message in a message", octets: element(0x30, request), sees: badProtocol},
		{name: "nothing at all", octets: []byte{}, cut: true, sees: "closed"},
		{name: "one octet of a message", octets: request[:1], cut: true, sees: "closed"},
		{name: "a length that is cut", octets: []byte{0x30, 0x84, 0, 0}, cut: true, sees: "closed"},
		{name: "a body that is cut", octets: request[:len(request)-1], cut: true, sees: "closed"},
		{name: "a whole message and half of another", octets: append(bytes.Clone(request), request[:9]...), cut: true, sees: "extended success, closed"},
		{name: "nonsense behind a good message", octets: append(bytes.Clone(request), "nonsense"...), sees: "extended success, " + badProtocol},
		{name: "a great deal of nonsense behind a good message", octets: append(bytes.Clone(request), strings.Repeat("nonsense", 100_000)...), sees: "extended success, " + badProtocol},
		{name: "a bind that is cut at every octet", act: cutEverywhere, sees: "closed"},
		{name: "a message in single octets", act: octetByOctet, sees: "extended success, alive"},
	}
}

func cutEverywhere(s *siege) string {
	request, seen := wire.AppendSimpleBind(nil, 1, janeD, password), ""
	for i := range request {
		if seen = s.dial().sendAndCut(request[:i]); seen != "closed" {
			break
		}
	}
	return seen
}

func octetByOctet(s *siege) string {
	c := s.dial()
	for _, o := range whoAmI(1) {
		c.send([]byte{o})
	}
	return c.asks()
}

// idAssaults are about the message id.
func idAssaults() []assault {
	who := element(byte(wire.OpExtendedRequest), element(0x80, []byte(wire.ExtendedWhoAmI)))
	withID := func(id ...byte) []byte { return element(0x30, id, who) }
	return []assault{
		{name: "message id zero", octets: whoAmI(0), sees: badProtocol},
		{name: "a bind with message id zero", octets: wire.AppendSimpleBind(nil, 0, janeD, password), sees: badProtocol},
		{name: "a negative message id", octets: withID(0x02, 1, 0xff), sees: badProtocol},
		{name: "the message id 2^31", octets: withID(0x02, 5, 0, 0x80, 0, 0, 0), sees: badProtocol},
		{name: "the message id -2^31", octets: withID(0x02, 4, 0x80, 0, 0, 0), sees: badProtocol},
		{name: "the largest message id", octets: withID(0x02, 4, 0x7f, 0xff, 0xff, 0xff), sees: "extended success, alive"},
		{name: "a message id of no octets", octets: withID(0x02, 0), sees: badProtocol},
		{name: "a message id of nine octets", octets: withID(0x02, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1), sees: badProtocol},
		{name: "a message id that is enumerated", octets: withID(0x0a, 1, 1), sees: badProtocol},
		{name: "a message id that is constructed", octets: withID(0x22, 3, 0x02, 1, 1), sees: badProtocol},
		{name: "a message id twice in the same message", octets: element(0x30, []byte{0x02, 1, 1, 0x02, 1, 1}, who), sees: badProtocol},
		{name: "an id that was used and is free again", octets: bytes.Repeat(whoAmI(7), 3), sees: "extended success x3, alive"},
		{name: "an id that is in use", act: func(s *siege) string {
			c := s.dial()
			s.hold(c, 1)
			return c.pour(holding(100))
		}, sees: badProtocol},
		{name: "an abandon with an id that is in use", act: func(s *siege) string {
			c := s.dial()
			s.hold(c, 1)
			return c.pour(wire.AppendAbandon(nil, 100, 100))
		}, sees: badProtocol},
		{name: "an answer instead of a request", octets: wire.AppendResult(nil, 1, wire.OpSearchDone, wire.Result{}), sees: badProtocol},
		{name: "a notice of disconnection from the client", octets: wire.AppendNotice(nil, wire.Busy, "x"), sees: badProtocol},
		{name: "an operation that nobody knows", octets: message(1, element(0x7e, text("x"))), sees: badProtocol},
		{name: "an operation of a universal tag", octets: message(1, text("x")), sees: badProtocol},
		{name: "an operation with a tag of several octets", octets: message(1, []byte{0x7f, 0x83, 0x63, 2, 0x04, 0}), sees: badProtocol},
	}
}
