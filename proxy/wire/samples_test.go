package wire

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"
)

// unhex turns hand-written octets into bytes; spaces are for the reader.
func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// tlv wraps content, so that tests can spell messages by structure.
func tlv(tag byte, parts ...[]byte) []byte {
	content := bytes.Join(parts, nil)
	n := len(content)
	switch {
	case n < 128:
		return append([]byte{tag, byte(n)}, content...)
	case n < 256:
		return append([]byte{tag, 0x81, byte(n)}, content...)
	case n < 65536:
		return append([]byte{tag, 0x82, byte(n >> 8), byte(n)}, content...)
	}
	return append([]byte{tag, 0x84, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}, content...)
}

func str(s string) []byte { return tlv(0x04, []byte(s)) }

func num(n byte) []byte { return []byte{0x02, 1, n} }

func enum(n byte) []byte { return []byte{0x0a, 1, n} }

func envelope(id byte, op []byte, rest ...[]byte) []byte {
	return tlv(0x30, append([][]byte{num(id), op}, rest...)...)
}

func truth(b byte) []byte { return []byte{0x01, 1, b} }

// searchBody is a usual search body with the given filter and attributes.
func searchBody(filter []byte, attributes ...string) []byte {
	var list [][]byte
	for _, a := range attributes {
		list = append(list, str(a))
	}
	return bytes.Join([][]byte{str("o=acme"), enum(2), enum(0), num(0), num(0), truth(0), filter, tlv(0x30, list...)}, nil)
}

func equality(attr, value string) []byte { return tlv(0xa3, str(attr), str(value)) }

func present(attr string) []byte { return tlv(0x87, []byte(attr)) }

// wholeMessages are well-formed messages of every operation.
func wholeMessages() map[string][]byte {
	control := tlv(0xa0, tlv(0x30, str(ControlPagedResults), truth(0xff), str("\x30\x05\x02\x01\x0a\x04\x00")))
	long := strings.Repeat("x", 5000)
	change := tlv(0x30, enum(2), tlv(0x30, str("mail"), tlv(0x31, str("jane@acme.example"))))
	result := [][]byte{enum(0), str(""), str("")}
	return map[string][]byte{
		"bind":         envelope(1, tlv(0x60, num(3), str("cn=Jane Doe,o=acme"), tlv(0x80, []byte("secret")))),
		"SASL bind":    envelope(1, tlv(0x60, num(3), str(""), tlv(0xa3, str("EXTERNAL"), str("")))),
		"unbind":       envelope(2, []byte{0x42, 0}),
		"search":       envelope(3, tlv(0x63, searchBody(equality("uid", "jane"), "cn", "mail"))),
		"paged search": envelope(4, tlv(0x63, searchBody(tlv(0xa0, equality("uid", "jane"), present("mail")))), control),
		"long search":  envelope(5, tlv(0x63, searchBody(equality("description", long)))),
		"modify":       envelope(6, tlv(0x66, str("cn=Jane Doe,o=acme"), tlv(0x30, change))),
		"add":          envelope(7, tlv(0x68, str("cn=a,o=acme"), tlv(0x30, tlv(0x30, str("cn"), tlv(0x31, str("a")))))),
		"delete":       envelope(8, tlv(0x4a, []byte("cn=a,o=acme"))),
		"rename":       envelope(9, tlv(0x6c, str("cn=a,o=acme"), str("cn=b"), truth(0xff), tlv(0x80, []byte("o=acme")))),
		"compare":      envelope(10, tlv(0x6e, str("cn=a,o=acme"), tlv(0x30, str("cn"), str("a")))),
		"abandon":      envelope(11, []byte{0x50, 1, 3}),
		"StartTLS":     envelope(12, tlv(0x77, tlv(0x80, []byte(ExtendedStartTLS)))),
		"search done":  envelope(13, tlv(0x65, result...)),
		"entry":        envelope(14, tlv(0x64, str("o=acme"), tlv(0x30, tlv(0x30, str("o"), tlv(0x31, str("acme")))))),
		"reference":    envelope(15, tlv(0x73, str("ldap://hub.acme.example/o=acme"))),
		"intermediate": envelope(16, tlv(0x79, tlv(0x80, []byte(IntermediateSyncInfo)), tlv(0x81, []byte("v")))),
		"notice":       envelope(0, tlv(0x78, append(result, tlv(0x8a, []byte(NoticeOfDisconnection)))...)),
	}
}
