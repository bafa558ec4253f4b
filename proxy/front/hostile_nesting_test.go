package front

import (
	"bytes"

	"github.com/aclens/aclens/proxy/wire"
)

// nestingAssaults are deep, wide or both.
func nestingAssaults() []assault {
	deep := func(n int) []byte { return oddSearch(searchFilter, deepFilter(n)) }
	wide := func(n int) []byte { return element(0xa1, bytes.Repeat(element(0x87, []byte("cn")), n)) }
	pieces := element(0xa4, text("cn"), element(0x30, bytes.Repeat(element(0x81, []byte("a")), 20_000)))
	many := func(n int) []byte { return bytes.Repeat(text("cn"), n) }
	within := func(oid string, value []byte) []byte {
		return oddSearch(searchScope, choice(2), control(oid, 0xff, string(value)))
	}
	const tooMuch = "search adminLimitExceeded, alive"
	return []assault{
		{name: "a filter nested 100,000 deep before a bind", octets: deep(100_000), sees: badProtocol},
		{name: "a filter nested 10,000 deep before a bind", octets: deep(10_000), sees: tooMuch},
		{name: "a filter nested 100,000 deep", as: janeD, octets: deep(100_000), sees: tooMuch},
		{name: "a filter nested once too often", as: janeD, octets: deep(64), sees: tooMuch},
		{name: "a filter nested as often as is allowed", as: janeD, octets: deep(63), sees: "search success, alive"},
		{name: "a filter of one term too many", as: janeD, octets: oddSearch(searchFilter, wide(10_000)), sees: tooMuch},
		{name: "a filter of as many terms as are allowed", as: janeD, octets: oddSearch(searchFilter, wide(9_999)), sees: "entry, search success, alive"},
		{name: "a thousand filters that are too deep", as: janeD, octets: bytes.Repeat(deep(100), 1000), sees: "search adminLimitExceeded x1000, alive"},
		{name: "twenty thousand substrings", as: janeD, octets: oddSearch(searchFilter, pieces), sees: tooMuch},
		{name: "twenty thousand attributes to return", as: janeD, octets: oddSearch(searchAttributes, element(0x30, many(20_000))), sees: tooMuch},
		{name: "a base nested 100,000 deep", as: janeD, octets: oddSearch(searchBase, nest(0x24, text("o=Acme"), 100_000)), sees: badProtocol},
		{name: "an assertion nested 100,000 deep", as: janeD, octets: within(wire.ControlAssertion, deepFilter(100_000)), sees: tooMuch},
		{name: "an assertion of one term too many", as: janeD, octets: within(wire.ControlAssertion, wide(10_000)), sees: tooMuch},
		{name: "a hundred thousand matched values", as: janeD, octets: within(wire.ControlMatchedValues, element(0x30, bytes.Repeat(element(0x87, []byte("cn")), 100_000))), sees: tooMuch},
		{name: "matched values that nest", as: janeD, octets: within(wire.ControlMatchedValues, element(0x30, deepFilter(10))), sees: "search protocolError, alive"},
		{name: "a dereference of twenty thousand attributes", as: janeD, octets: within(wire.ControlDeref, element(0x30, element(0x30, text("isMemberOf"), element(0x30, many(20_000))))), sees: tooMuch},
		{name: "twenty thousand dereferences", as: janeD, octets: within(wire.ControlDeref, element(0x30, bytes.Repeat(element(0x30, text("isMemberOf"), element(0x30, text("cn"))), 20_000))), sees: tooMuch},
		{name: "a dereference of every link to everything", as: reader, octets: oddSearch(searchFilter, element(0x87, []byte("objectClass")),
			control(wire.ControlDeref, 0xff, string(element(0x30, bytes.Repeat(element(0x30, text("isMemberOf"), element(0x30, many(50))), 100))))), sees: "search protocolError, alive"},
		{name: "sorting by ten thousand keys", as: janeD, octets: within(wire.ControlSortRequest, element(0x30, bytes.Repeat(element(0x30, text("cn")), 10_000))), sees: "search adminLimitExceeded, alive"},
		{name: "a control nested 100,000 deep", as: janeD, octets: within("1.2.3", deepFilter(100_000)), sees: "search unavailableCriticalExtension, alive"},
		{name: "a list of controls nested 100,000 deep", as: janeD, octets: message(5, addBody(), nest(0x30, text("1.2.3"), 100_000)), sees: badProtocol},
	}
}

// controlAssaults are controls that are none, nearly, or too many.
func controlAssaults() []assault {
	with := func(controls ...[]byte) []byte { return oddSearch(searchScope, choice(2), controls...) }
	page := func(size []byte, cookie string, behind ...byte) []byte {
		return with(control(wire.ControlPagedResults, 0xff, string(append(element(0x30, size, text(cookie)), behind...))))
	}
	view := func(before, after int, target []byte, more ...[]byte) []byte {
		value := element(0x30, append([][]byte{integer(before), integer(after), target}, more...)...)
		sort := control(wire.ControlSortRequest, 0xff, string(element(0x30, element(0x30, text("cn")))))
		return with(sort, control(wire.ControlVLVRequest, 0xff, string(value)))
	}
	at := func(offset, count int) []byte { return element(0xa0, integer(offset), integer(count)) }
	const most = 1<<31 - 1
	const refused = "search protocolError, alive"
	return []assault{
		{name: "no controls in a list of controls", as: janeD, octets: message(1, addBody(), nil), sees: "add unwillingToPerform, alive"},
		{name: "a control without an OID", as: janeD, octets: with(element(0x30)), sees: badProtocol},
		{name: "a control of an OID that is none", as: janeD, octets: with(control("not an OID", 0xff)), sees: "search unavailableCriticalExtension, alive"},
		{name: "a control with a criticality of two octets", as: janeD, octets: with(element(0x30, text("1.2.3"), []byte{0x01, 2, 0xff, 0xff})), sees: badProtocol},
		{name: "a control with octets behind its value", as: janeD, octets: with(element(0x30, text("1.2.3"), text("v"), text("w"))), sees: badProtocol},
		{name: "a critical control that nobody knows", as: janeD, octets: with(control("1.2.3", 0xff)), sees: "search unavailableCriticalExtension, alive"},
		{name: "the same control twice", as: janeD, octets: with(control(wire.ControlManageDsaIT, 0), control(wire.ControlManageDsaIT, 0)), sees: refused},
		{name: "ten thousand controls", as: janeD, octets: with(bytes.Repeat(control("1.2.3", 0), 10_000)), sees: "search adminLimitExceeded, alive"},
		{name: "a critical control on an unbind", as: janeD, octets: message(1, []byte{0x42, 0}, control("1.2.3", 0xff)), sees: "closed"},
		{name: "a critical control on an abandon", as: janeD, octets: message(1, []byte{0x50, 1, 9}, control("1.2.3", 0xff)), sees: "alive"},
		{name: "pages with octets behind the value", as: janeD, octets: page(integer(1), "", 0), sees: refused},
		{name: "pages of a negative size", as: janeD, octets: page(integer(-1), ""), sees: refused},
		{name: "pages of 2^31 entries", as: janeD, octets: page([]byte{0x02, 5, 0, 0x80, 0, 0, 0}, ""), sees: refused},
		{name: "pages of no entries, without a list", as: janeD, octets: page(integer(0), ""), sees: "search success, alive"},
		{name: "a sort request without keys", as: janeD, octets: with(control(wire.ControlSortRequest, 0xff, string(element(0x30)))), sees: refused},
		{name: "a sort request that is a text", as: janeD, octets: with(control(wire.ControlSortRequest, 0xff, "cn")), sees: refused},
		{name: "sorting by the same key twice", as: janeD, octets: with(control(wire.ControlSortRequest, 0xff, string(element(0x30, element(0x30, text("cn")), element(0x30, text("cn")))))), sees: "search unavailableCriticalExtension, alive"},
		{name: "sorting by a rule that nobody knows", as: janeD, octets: with(control(wire.ControlSortRequest, 0xff, string(element(0x30, element(0x30, text("cn"), element(0x80, []byte("1.2.3"))))))), sees: "search unavailableCriticalExtension, alive"},
		{name: "a list view at the largest offset", as: janeD, octets: view(most, most, at(most, most)), sees: "entry, search success, alive"},
		{name: "a list view at offset zero", as: janeD, octets: view(0, 0, at(0, 0)), sees: "search offsetRangeError, alive"},
		{name: "a list view at a negative offset", as: janeD, octets: view(0, 0, at(-1, 5)), sees: refused},
		{name: "a list view with a negative number before", as: janeD, octets: view(-1, 0, at(1, 5)), sees: refused},
		{name: "a list view with an offset of 2^31", as: janeD, octets: view(0, 0, element(0xa0, []byte{0x02, 5, 0, 0x80, 0, 0, 0}, integer(1))), sees: refused},
		{name: "a list view of a context that nobody gave", as: janeD, octets: view(0, 1, at(1, 0), text("nonsense")), sees: "entry, search success, alive"},
		{name: "a list view without an order", as: janeD, octets: with(control(wire.ControlVLVRequest, 0xff, string(element(0x30, integer(0), integer(0), at(1, 0))))), sees: "search sortControlMissing, alive"},
		{name: "an assertion with octets behind it", as: janeD, octets: with(control(wire.ControlAssertion, 0xff, string(append(element(0x87, []byte("cn")), 0)))), sees: refused},
		{name: "a dereference of what names nobody", as: janeD, octets: with(control(wire.ControlDeref, 0xff, string(element(0x30, element(0x30, text("cn"), element(0x30, text("cn"))))))), sees: "search protocolError, alive"},
		{name: "subentries in a sequence", as: janeD, octets: with(control(wire.ControlSubentries, 0xff, string(element(0x30, flag(0xff))))), sees: refused},
		{name: "acting as the reader without being allowed to", as: janeD, octets: with(control(wire.ControlProxiedAuthorization, 0xff, "dn:"+reader)), sees: "search authorizationDenied, alive"},
		{name: "acting as the reader before a bind", octets: with(control(wire.ControlProxiedAuthorization, 0xff, "dn:"+reader)), sees: "search authorizationDenied, alive"},
		{name: "acting as somebody without saying that it is critical", as: reader, octets: with(control(wire.ControlProxiedAuthorization, 0, "dn:"+janeD)), sees: refused},
		{name: "acting as nobody that there is", as: reader, octets: with(control(wire.ControlProxiedAuthorization, 0xff, "\xff\x00dn:")), sees: "search protocolError, alive"},
	}
}
