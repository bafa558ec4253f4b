package front

import (
	"bytes"
	"slices"

	"github.com/aclens/aclens/proxy/wire"
)

// element encodes one BER element, so that tests can spell messages by structure.
func element(tag byte, parts ...[]byte) []byte {
	content := bytes.Join(parts, nil)
	return append(header(tag, len(content)), content...)
}

func header(tag byte, n int) []byte {
	if n < 128 {
		return []byte{tag, byte(n)}
	}
	return []byte{tag, 0x84, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}
}

func text(s string) []byte { return element(0x04, []byte(s)) }

func integer(n int) []byte {
	return []byte{0x02, 4, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}
}

func choice(n byte) []byte { return []byte{0x0a, 1, n} }

func flag(b byte) []byte { return []byte{0x01, 1, b} }

// message encodes a request with an id below 128.
func message(id byte, op []byte, controls ...[]byte) []byte {
	parts := [][]byte{{0x02, 1, id}, op}
	if len(controls) > 0 {
		parts = append(parts, element(0xa0, controls...))
	}
	return element(0x30, parts...)
}

func control(oid string, critical byte, value ...string) []byte {
	parts := [][]byte{text(oid), flag(critical)}
	for _, v := range value {
		parts = append(parts, text(v))
	}
	return element(0x30, parts...)
}

// must is for encoders that fail on nothing that tests give them.
func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

func searchMessage(id int32, base string, controls ...wire.Control) []byte {
	return searchFor(id, base, "Jane Doe", controls...)
}

func searchFor(id int32, base, value string, controls ...wire.Control) []byte {
	r := wire.SearchRequest{Base: []byte(base), Scope: wire.ScopeSubtree,
		Filter: wire.Filter{Kind: wire.Equality, Attr: []byte("cn"), Value: []byte(value)}}
	return must(wire.AppendSearchRequest(nil, id, &r, controls...))
}

func whoAmI(id int32) []byte { return wire.AppendExtendedRequest(nil, id, wire.ExtendedWhoAmI, nil) }

func startTLS(id int32) []byte {
	return wire.AppendExtendedRequest(nil, id, wire.ExtendedStartTLS, nil)
}

func cancelMessage(id int32, target byte) []byte {
	return wire.AppendExtendedRequest(nil, id, wire.ExtendedCancel, element(0x30, []byte{0x02, 1, target}))
}

func compareBody() []byte {
	return element(byte(wire.OpCompareRequest), text("cn=Sales,o=acme"), element(0x30, text("member"), text("cn=Jane Doe,o=acme")))
}

func addBody() []byte {
	return element(byte(wire.OpAddRequest), text("cn=a,o=acme"), element(0x30, element(0x30, text("cn"), element(0x31, text("a")))))
}

func modifyBody() []byte {
	change := element(0x30, choice(2), element(0x30, text("mail"), element(0x31, text("jane@acme.example"))))
	return element(byte(wire.OpModifyRequest), text("cn=Jane Doe,o=acme"), element(0x30, change))
}

func deleteBody() []byte { return element(byte(wire.OpDelRequest), []byte("cn=a,o=acme")) }

func renameBody() []byte {
	return element(byte(wire.OpModifyDNRequest), text("cn=a,o=acme"), text("cn=b"), flag(0xff))
}

// bindBody encodes a bind; the authentication choice is given whole.
func bindBody(version byte, name string, authentication []byte) []byte {
	return element(byte(wire.OpBindRequest), []byte{0x02, 1, version}, text(name), authentication)
}

func simple(password string) []byte { return element(0x80, []byte(password)) }

func sasl(mechanism string, credentials ...string) []byte {
	parts := [][]byte{text(mechanism)}
	for _, c := range credentials {
		parts = append(parts, text(c))
	}
	return element(0xa3, parts...)
}

// deepFilter nests (!(...)) so often.
func deepFilter(depth int) []byte { return nest(0xa2, element(0x87, []byte("cn")), depth) }

// nest wraps an element so often; it is built from the inside without copying.
func nest(tag byte, inner []byte, depth int) []byte {
	headers := make([][]byte, 0, depth)
	size := len(inner)
	for range depth {
		h := header(tag, size)
		headers = append(headers, h)
		size += len(h)
	}
	slices.Reverse(headers)
	return append(bytes.Join(headers, nil), inner...)
}

// filterMessage is a search with a filter that is given whole.
func filterMessage(id byte, filter []byte) []byte {
	return message(id, element(byte(wire.OpSearchRequest), text("o=acme"), choice(2), choice(0),
		integer(0), integer(0), flag(0), filter, element(0x30)))
}
