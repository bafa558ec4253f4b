package front

import (
	"bytes"
	"strings"

	"github.com/aclens/aclens/proxy/wire"
)

// The parts of a search request, by which a case says what it has otherwise.
const (
	searchBase = iota
	searchScope
	searchDeref
	searchSize
	searchTime
	searchTypes
	searchFilter
	searchAttributes
)

// oddSearch is a search in which one part is another.
func oddSearch(part int, instead []byte, controls ...[]byte) []byte {
	parts := [][]byte{text("o=Acme"), choice(2), choice(0), integer(0), integer(0), flag(0),
		element(0xa3, text("uid"), text("jdoe")), element(0x30)}
	parts[part] = instead
	return message(5, element(byte(wire.OpSearchRequest), parts...), controls...)
}

func ofOp(op wire.Op, parts ...[]byte) []byte { return message(5, element(byte(op), parts...)) }

// tagAssaults take other tags, forms and sizes than the protocol has.
func tagAssaults() []assault {
	dn := text("cn=a,o=acme")
	return []assault{
		{name: "an unbind with a body", octets: ofOp(wire.OpUnbindRequest, text("x")), sees: badProtocol},
		{name: "a scope that nobody knows", octets: oddSearch(searchScope, choice(4)), sees: badProtocol},
		{name: "a scope that is negative", octets: oddSearch(searchScope, choice(0xff)), sees: badProtocol},
		{name: "a scope of two octets", octets: oddSearch(searchScope, []byte{0x0a, 2, 1, 0}), sees: badProtocol},
		{name: "a scope that is an integer", octets: oddSearch(searchScope, []byte{0x02, 1, 2}), sees: badProtocol},
		{name: "aliases followed in a way that nobody knows", octets: oddSearch(searchDeref, choice(9)), sees: badProtocol},
		{name: "a size limit below zero", octets: oddSearch(searchSize, integer(-1)), sees: badProtocol},
		{name: "a time limit of 2^31", octets: oddSearch(searchTime, []byte{0x02, 5, 0, 0x80, 0, 0, 0}), sees: badProtocol},
		{name: "the largest time limit", octets: oddSearch(searchTime, integer(1<<31-1)), sees: "search noSuchObject, alive"},
		{name: "a boolean of two octets", octets: oddSearch(searchTypes, []byte{0x01, 2, 0, 0}), sees: badProtocol},
		{name: "a boolean of no octets", octets: oddSearch(searchTypes, []byte{0x01, 0}), sees: badProtocol},
		{name: "a base that is an integer", octets: oddSearch(searchBase, integer(1)), sees: badProtocol},
		{name: "a base in pieces", octets: oddSearch(searchBase, element(0x24, text("o="), text("Acme"))), sees: badProtocol},
		{name: "a list of attributes that is a set", octets: oddSearch(searchAttributes, element(0x31, text("cn"))), sees: badProtocol},
		{name: "a list of attributes that is primitive", octets: oddSearch(searchAttributes, element(0x10, text("cn"))), sees: badProtocol},
		{name: "a number among the attributes", octets: oddSearch(searchAttributes, element(0x30, integer(1))), sees: badProtocol},
		{name: "a search without a body", octets: ofOp(wire.OpSearchRequest), sees: badProtocol},
		{name: "a search that is primitive", octets: ofOp(0x43), sees: badProtocol},
		{name: "a compare without an assertion", octets: ofOp(wire.OpCompareRequest, dn), sees: badProtocol},
		{name: "a compare with half an assertion", octets: ofOp(wire.OpCompareRequest, dn, element(0x30, text("cn"))), sees: badProtocol},
		{name: "an abandon of no octets", octets: ofOp(wire.OpAbandonRequest), sees: badProtocol},
		{name: "an abandon of five octets", octets: ofOp(wire.OpAbandonRequest, []byte{1, 0, 0, 0, 0}), sees: badProtocol},
		{name: "an abandon of a negative id", octets: ofOp(wire.OpAbandonRequest, []byte{0xff}), sees: badProtocol},
		{name: "a delete that is constructed", octets: ofOp(wire.OpDelRequest|0x20, dn), sees: badProtocol},
		{name: "a modification of a kind that nobody knows", octets: ofOp(wire.OpModifyRequest, dn, element(0x30, element(0x30, choice(9), element(0x30, text("cn"), element(0x31))))), sees: badProtocol},
		{name: "an add with an attribute without values", octets: ofOp(wire.OpAddRequest, dn, element(0x30, element(0x30, text("cn"), element(0x31)))), sees: badProtocol},
		{name: "a rename with half of it", octets: ofOp(wire.OpModifyDNRequest, dn, text("cn=b")), sees: badProtocol},
		{name: "an extended request without a name", octets: ofOp(wire.OpExtendedRequest, element(0x81, []byte("x"))), sees: badProtocol},
	}
}

// filterAssaults are filters that are none, or nearly.
func filterAssaults() []assault {
	filter := func(tag byte, parts ...[]byte) []byte { return oddSearch(searchFilter, element(tag, parts...)) }
	piece := func(kind byte, s string) []byte { return element(kind, []byte(s)) }
	const one = "entry, search success, alive"
	return []assault{
		{name: "a filter of a kind that nobody knows", octets: filter(0xbe, text("x")), sees: badProtocol},
		{name: "a filter that is primitive", octets: filter(0x83, text("cn"), text("a")), sees: badProtocol},
		{name: "a presence that is constructed", octets: filter(0xa7, text("cn")), sees: badProtocol},
		{name: "a negation of two", octets: filter(0xa2, piece(0x87, "cn"), piece(0x87, "cn")), sees: badProtocol},
		{name: "a negation of nothing", octets: filter(0xa2), sees: badProtocol},
		{name: "an equality without a value", octets: filter(0xa3, text("cn")), sees: badProtocol},
		{name: "an equality with three parts", octets: filter(0xa3, text("cn"), text("a"), text("b")), sees: badProtocol},
		{name: "substrings without parts", octets: filter(0xa4, text("cn"), element(0x30)), sees: badProtocol},
		{name: "an empty substring", octets: filter(0xa4, text("cn"), element(0x30, piece(0x81, ""))), sees: badProtocol},
		{name: "two last substrings", octets: filter(0xa4, text("cn"), element(0x30, piece(0x82, "a"), piece(0x82, "b"))), sees: badProtocol},
		{name: "a first substring behind another", octets: filter(0xa4, text("cn"), element(0x30, piece(0x81, "a"), piece(0x80, "b"))), sees: badProtocol},
		{name: "an extensible match without a value", octets: filter(0xa9, piece(0x81, "2.5.13.2"), piece(0x82, "cn")), sees: badProtocol},
		{name: "an extensible match by a rule that nobody knows", as: janeD, octets: filter(0xa9, piece(0x81, "1.2.3"), piece(0x82, "cn"), piece(0x83, "a")), sees: "search success, alive"},
		{name: "an and of nothing, which is true", as: janeD, octets: oddSearch(searchFilter, element(0xa0)), sees: "entry x3, search success, alive"},
		{name: "octets behind a filter's last value", octets: filter(0xa3, text("cn"), append(text("a"), 0)), sees: badProtocol},
		{name: "a good filter, to see that one is answered", as: janeD, octets: oddSearch(searchAttributes, element(0x30)), sees: one},
	}
}

// nameAssaults are DNs and attribute names that are none.
func nameAssaults() []assault {
	base := func(dn string) []byte { return oddSearch(searchBase, text(dn)) }
	uid := func(attr, value string) []byte {
		return oddSearch(searchFilter, element(0xa3, text(attr), text(value)))
	}
	asked := func(attr string) []byte { return oddSearch(searchAttributes, element(0x30, text(attr))) }
	return []assault{
		{name: "a base that is not UTF-8", as: janeD, octets: base("o=\xff\xfe"), sees: "search invalidDNSyntax, alive"},
		{name: "a base with a NUL", as: janeD, octets: base("o=Acme\x00,o=Acme"), sees: "search invalidDNSyntax, alive"},
		{name: "a base that is no DN", as: janeD, octets: base(",,,=+\\"), sees: "search invalidDNSyntax, alive"},
		{name: "a base of ten thousand parts", as: janeD, octets: base(strings.Repeat("a=b,", 10_000) + "o=Acme"), sees: "search invalidDNSyntax, alive"},
		{name: "a base of a hundred thousand escapes", as: janeD, octets: base("o=" + strings.Repeat(`\2C`, 100_000)), sees: "search noSuchObject, alive"},
		{name: "a base with ten thousand values in one part", as: janeD, octets: base(strings.Repeat("a=b+", 10_000) + "a=b,o=Acme"), sees: "search invalidDNSyntax, alive"},
		{name: "a base with a value in broken hex", as: janeD, octets: base("o=#zz"), sees: "search invalidDNSyntax, alive"},
		{name: "an attribute that is not UTF-8", as: janeD, octets: uid("u\xffd", "jdoe"), sees: "search success, alive"},
		{name: "an attribute with a NUL", as: janeD, octets: uid("uid\x00", "jdoe"), sees: "search success, alive"},
		{name: "an attribute without a name", as: janeD, octets: uid("", "jdoe"), sees: "search success, alive"},
		{name: "an attribute of a million options", as: janeD, octets: uid("uid"+strings.Repeat(";a", 1_000_000), "jdoe"), sees: "search success, alive"},
		{name: "an OID of a million digits", as: janeD, octets: uid("1."+strings.Repeat("9", 1_000_000), "jdoe"), sees: "search success, alive"},
		{name: "a value that is not UTF-8", as: janeD, octets: uid("uid", "\xff\xfe"), sees: "search success, alive"},
		{name: "a value with a NUL behind a good one", as: janeD, octets: uid("uid", "jdoe\x00"), sees: "entry, search success, alive"},
		{name: "a value of half a million octets of combining accents", as: janeD, octets: uid("cn", strings.Repeat("\u0308", 250_000)), sees: "search success, alive"},
		{name: "a DN value that is no DN", as: janeD, octets: uid("isMemberOf", ",,,=\x00"), sees: "search success, alive"},
		{name: "an attribute to return that is not UTF-8", as: janeD, octets: asked("\xff\xfe"), sees: "entry, search success, alive"},
		{name: "an attribute to return with a NUL", as: janeD, octets: asked("cn\x00"), sees: "entry, search success, alive"},
		{name: "a compare of a name that is no DN", as: janeD, octets: ofOp(wire.OpCompareRequest, text("\xff"), element(0x30, text("cn"), text("a"))), sees: "compare invalidDNSyntax, alive"},
		{name: "a compare of an attribute with a NUL", as: janeD, octets: ofOp(wire.OpCompareRequest, text(janeD), element(0x30, text("cn\x00"), text("a"))), sees: "compare undefinedAttributeType, alive"},
		{name: "the same attribute asked for nine thousand times", as: janeD, octets: oddSearch(searchAttributes, element(0x30, bytes.Repeat(text("cn"), 9_000))), sees: "entry, search success, alive"},
	}
}
