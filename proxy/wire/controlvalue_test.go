package wire

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/google/go-cmp/cmp"
)

func TestControlValuesAreWrittenAsByHand(t *testing.T) {
	w := BeginDeref([]byte{0xee})
	w.Name("m", []byte("a"))
	w.Raw(AppendAttribute(nil, "u", "x"))
	w.Raw(AppendAttribute(nil, "v", "y"))
	w.Done()
	w.Name("m", []byte("b"))
	w.Done()
	items := []Filter{{Kind: Equality, Attr: []byte("cn"), Value: []byte("x")}, {Kind: Present, Attr: []byte("sn")}}
	matched, err := AppendMatchedValues(nil, items...)
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		got  []byte
		want string
	}{
		"one sort key":        {AppendSortRequest(nil, SortKey{Attr: []byte("cn")}), "30 06 30 04 04 02 63 6e"},
		"a sort key in full":  {AppendSortRequest(nil, SortKey{Attr: []byte("cn"), Rule: []byte("1.2"), Reverse: true}), "30 0e 30 0c 04 02 63 6e 80 03 31 2e 32 81 01 ff"},
		"sorted":              {AppendSortResult(nil, SortResult{}), "30 03 0a 01 00"},
		"not sorted":          {AppendSortResult(nil, SortResult{Code: NoSuchAttribute, Attr: "cn"}), "30 07 0a 01 10 80 02 63 6e"},
		"list view by offset": {AppendVLVRequest(nil, VLVRequest{Before: 1, After: 2, Offset: 3, Count: 200}), "30 0f 02 01 01 02 01 02 a0 07 02 01 03 02 02 00 c8"},
		"list view by value":  {AppendVLVRequest(nil, VLVRequest{ByValue: true, Value: []byte("x"), ContextID: []byte("c")}), "30 0c 02 01 00 02 01 00 81 01 78 04 01 63"},
		"list view answer":    {AppendVLVResponse(nil, VLVResponse{Position: 1, Count: 2, Code: OffsetRangeError, ContextID: []byte{}}), "30 0b 02 01 01 02 01 02 0a 01 3d 04 00"},
		"matched values":      {matched, "30 0d a3 07 04 02 63 6e 04 01 78 87 02 73 6e"},
		"dereference":         {AppendDerefRequest(nil, DerefSpec{Attr: []byte("m"), Attributes: [][]byte{[]byte("u"), []byte("v")}}), "30 0d 30 0b 04 01 6d 30 06 04 01 75 04 01 76"},
		"dereferenced":        {w.End(), "ee 30 26 30 1c 04 01 6d 04 01 61 a0 14 30 08 04 01 75 31 03 04 01 78 30 08 04 01 76 31 03 04 01 79 30 06 04 01 6d 04 01 62"},
		"subentries":          {AppendSubentries(nil, true), "01 01 ff"},
		"no subentries":       {AppendSubentries(nil, false), "01 01 00"},
	} {
		if want := unhex(t, tc.want); !bytes.Equal(tc.got, want) {
			t.Errorf("%s:\n got %s\nwant %s", name, hex.EncodeToString(tc.got), hex.EncodeToString(want))
		}
	}
}

// valueParsers are the decoders of control values, each with what it makes of one.
var valueParsers = map[string]func([]byte) (any, error){
	"sort request":  func(b []byte) (any, error) { return ParseSortRequest(b) },
	"sort result":   func(b []byte) (any, error) { return ParseSortResult(b) },
	"view request":  func(b []byte) (any, error) { return ParseVLVRequest(b) },
	"view response": func(b []byte) (any, error) { return ParseVLVResponse(b) },
	"matched":       func(b []byte) (any, error) { return ParseMatchedValues(b, FilterLimits{Terms: 20}) },
	"assertion":     func(b []byte) (any, error) { return ParseAssertion(b, FilterLimits{Depth: 4, Terms: 20}) },
	"deref":         func(b []byte) (any, error) { return ParseDerefRequest(b, 20) },
	"dereferenced":  func(b []byte) (any, error) { return ParseDerefResponse(b) },
	"subentries":    func(b []byte) (any, error) { return ParseSubentries(b) },
}

func TestControlValuesAreReadAsSent(t *testing.T) {
	key := tlv(0x30, str("cn"))
	offset := tlv(0xa0, num(3), num(9))
	for name, tc := range map[string]struct {
		parser string
		value  []byte
		want   any
	}{
		"one key":               {"sort request", tlv(0x30, key), []SortKey{{Attr: []byte("cn")}}},
		"order said to be up":   {"sort request", tlv(0x30, tlv(0x30, str("cn"), tlv(0x81, []byte{0}))), []SortKey{{Attr: []byte("cn")}}},
		"two keys":              {"sort request", tlv(0x30, tlv(0x30, str("sn"), tlv(0x80, []byte("2.5.13.3")), tlv(0x81, []byte{1})), key), []SortKey{{Attr: []byte("sn"), Rule: []byte("2.5.13.3"), Reverse: true}, {Attr: []byte("cn")}}},
		"sorted":                {"sort result", tlv(0x30, enum(0)), SortResult{}},
		"by offset":             {"view request", tlv(0x30, num(1), num(2), offset), VLVRequest{Before: 1, After: 2, Offset: 3, Count: 9}},
		"by value":              {"view request", tlv(0x30, num(1), num(2), tlv(0x81, []byte("x")), str("")), VLVRequest{Before: 1, After: 2, ByValue: true, Value: []byte("x"), ContextID: []byte{}}},
		"by an empty value":     {"view request", tlv(0x30, num(0), num(0), tlv(0x81)), VLVRequest{ByValue: true, Value: []byte{}}},
		"answer":                {"view response", tlv(0x30, num(4), num(5), enum(0)), VLVResponse{Position: 4, Count: 5}},
		"items":                 {"matched", tlv(0x30, present("cn"), equality("sn", "Doe")), []Filter{{Kind: Present, Attr: []byte("cn")}, {Kind: Equality, Attr: []byte("sn"), Value: []byte("Doe")}}},
		"an item of substrings": {"matched", tlv(0x30, tlv(0xa4, str("cn"), tlv(0x30, tlv(0x81, []byte("x"))))), []Filter{{Kind: Substrings, Attr: []byte("cn"), Any: [][]byte{[]byte("x")}}}},
		"an item by rule":       {"matched", tlv(0x30, tlv(0xa9, tlv(0x81, []byte("1.2")), tlv(0x83, []byte("x")))), []Filter{{Kind: Extensible, Rule: []byte("1.2"), Value: []byte("x")}}},
		"assertion":             {"assertion", tlv(0xa2, present("cn")), Filter{Kind: Not, Children: []Filter{{Kind: Present, Attr: []byte("cn")}}}},
		"names to follow":       {"deref", tlv(0x30, tlv(0x30, str("member"), tlv(0x30, str("uid"), str("cn")))), []DerefSpec{{Attr: []byte("member"), Attributes: [][]byte{[]byte("uid"), []byte("cn")}}}},
		"what a name leads to":  {"dereferenced", tlv(0x30, tlv(0x30, str("member"), str("cn=a"), tlv(0xa0, tlv(0x30, str("uid"), tlv(0x31, str("a")))))), []DerefResult{{Attr: "member", DN: "cn=a", Attributes: []Attribute{{Name: "uid", Values: []string{"a"}}}}}},
		"what leads nowhere":    {"dereferenced", tlv(0x30, tlv(0x30, str("member"), str("cn=a"))), []DerefResult{{Attr: "member", DN: "cn=a"}}},
		"subentries":            {"subentries", truth(1), true},
	} {
		got, err := valueParsers[tc.parser](tc.value)
		if diff := cmp.Diff(tc.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
	}
}

func TestMalformedControlValuesAreRefused(t *testing.T) {
	key := tlv(0x30, str("cn"))
	offset := tlv(0xa0, num(3), num(9))
	for name, tc := range map[string]struct {
		parser string
		value  []byte
	}{
		"sort: nothing":                      {"sort request", nil},
		"sort: no keys":                      {"sort request", tlv(0x30)},
		"sort: not a list":                   {"sort request", str("cn")},
		"sort: octets behind":                {"sort request", append(tlv(0x30, key), 0)},
		"sort: a key without attribute":      {"sort request", tlv(0x30, tlv(0x30))},
		"sort: an empty attribute":           {"sort request", tlv(0x30, tlv(0x30, str("")))},
		"sort: an empty rule":                {"sort request", tlv(0x30, tlv(0x30, str("cn"), tlv(0x80)))},
		"sort: order before rule":            {"sort request", tlv(0x30, tlv(0x30, str("cn"), tlv(0x81, []byte{1}), tlv(0x80, []byte("x"))))},
		"sort: order of two octets":          {"sort request", tlv(0x30, tlv(0x30, str("cn"), tlv(0x81, []byte{1, 1})))},
		"sort: octets in a key":              {"sort request", tlv(0x30, tlv(0x30, str("cn"), str("x")))},
		"sort result: no code":               {"sort result", tlv(0x30)},
		"sort result: octets behind":         {"sort result", tlv(0x30, enum(0), str("cn"))},
		"sort result: an integer":            {"sort result", tlv(0x30, num(0))},
		"view: no target":                    {"view request", tlv(0x30, num(1), num(2))},
		"view: a negative count":             {"view request", tlv(0x30, num(0xff), num(2), offset)},
		"view: half a target":                {"view request", tlv(0x30, num(1), num(2), tlv(0xa0, num(3)))},
		"view: octets in the target":         {"view request", tlv(0x30, num(1), num(2), tlv(0xa0, num(3), num(9), num(9)))},
		"view: two targets":                  {"view request", tlv(0x30, num(1), num(2), offset, tlv(0x81, []byte("x")))},
		"view: a primitive offset":           {"view request", tlv(0x30, num(1), num(2), tlv(0x80, num(3), num(9)))},
		"view: octets behind":                {"view request", append(tlv(0x30, num(1), num(2), offset), 0)},
		"view: two contexts":                 {"view request", tlv(0x30, num(1), num(2), offset, str("a"), str("b"))},
		"view answer: no result":             {"view response", tlv(0x30, num(1), num(2))},
		"view answer: octets behind":         {"view response", append(tlv(0x30, num(1), num(2), enum(0)), 0)},
		"matched: nothing":                   {"matched", nil},
		"matched: no items":                  {"matched", tlv(0x30)},
		"matched: and":                       {"matched", tlv(0x30, tlv(0xa0, present("cn")))},
		"matched: or":                        {"matched", tlv(0x30, tlv(0xa1, present("cn")))},
		"matched: not":                       {"matched", tlv(0x30, tlv(0xa2, present("cn")))},
		"matched: a filter without its list": {"matched", present("cn")},
		"matched: on the name":               {"matched", tlv(0x30, tlv(0xa9, tlv(0x82, []byte("cn")), tlv(0x83, []byte("x")), tlv(0x84, []byte{1})))},
		"matched: octets behind":             {"matched", append(tlv(0x30, present("cn")), 0)},
		"assertion: nothing":                 {"assertion", nil},
		"assertion: two filters":             {"assertion", append(present("cn"), present("sn")...)},
		"deref: nothing":                     {"deref", nil},
		"deref: no specification":            {"deref", tlv(0x30)},
		"deref: no attributes":               {"deref", tlv(0x30, tlv(0x30, str("member"), tlv(0x30)))},
		"deref: attributes alone":            {"deref", tlv(0x30, tlv(0x30, tlv(0x30, str("uid"))))},
		"deref: an empty name":               {"deref", tlv(0x30, tlv(0x30, str(""), tlv(0x30, str("uid"))))},
		"deref: octets behind":               {"deref", tlv(0x30, tlv(0x30, str("member"), tlv(0x30, str("uid")), str("x")))},
		"dereferenced: no name":              {"dereferenced", tlv(0x30, tlv(0x30, str("member")))},
		"dereferenced: octets behind":        {"dereferenced", append(tlv(0x30), 0)},
		"subentries: nothing":                {"subentries", nil},
		"subentries: an integer":             {"subentries", num(1)},
		"subentries: octets behind":          {"subentries", append(truth(1), 0)},
	} {
		if got, err := valueParsers[tc.parser](tc.value); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: read as %v, %v", name, got, err)
		}
	}
}

func TestLongControlValuesAreRefusedByTheLimits(t *testing.T) {
	many := func(n int, one []byte) []byte { return tlv(0x30, bytes.Repeat(one, n)) }
	three := tlv(0xa4, str("cn"), tlv(0x30, tlv(0x81, []byte("x")), tlv(0x81, []byte("y"))))
	spec := func(n int) []byte { return tlv(0x30, str("member"), tlv(0x30, bytes.Repeat(str("uid"), n))) }
	for name, tc := range map[string]struct {
		parser string
		fits   []byte
		beyond []byte
	}{
		"sort keys":               {"sort request", many(16, tlv(0x30, str("cn"))), many(17, tlv(0x30, str("cn")))},
		"items":                   {"matched", many(20, present("cn")), many(21, present("cn"))},
		"items with substrings":   {"matched", many(6, three), many(7, three)},
		"terms":                   {"assertion", tlv(0xa0, bytes.Repeat(present("cn"), 19)), tlv(0xa0, bytes.Repeat(present("cn"), 20))},
		"depth":                   {"assertion", nested(3), nested(5)},
		"attributes of one":       {"deref", many(1, spec(19)), many(1, spec(21))},
		"attributes of them all":  {"deref", many(2, spec(9)), many(2, spec(10))},
		"names that are followed": {"deref", many(10, spec(1)), many(11, spec(1))},
	} {
		if _, err := valueParsers[tc.parser](tc.fits); err != nil {
			t.Errorf("%s: what fits is refused: %v", name, err)
		}
		if _, err := valueParsers[tc.parser](tc.beyond); !IsLimit(err) {
			t.Errorf("%s: what is too long: %v", name, err)
		}
	}
}

func TestMatchedValuesThatCannotBeWrittenAreNot(t *testing.T) {
	before := []byte("before")
	for name, f := range map[string]Filter{
		"and":              {Kind: And},
		"not":              {Kind: Not, Children: []Filter{{Kind: Present, Attr: []byte("cn")}}},
		"empty substrings": {Kind: Substrings, Attr: []byte("cn")},
		"on the name":      {Kind: Extensible, Attr: []byte("cn"), Value: []byte("x"), DNAttributes: true},
	} {
		if got, err := AppendMatchedValues(before, f); err == nil || !bytes.Equal(got, before) {
			t.Errorf("%s is written as %x, %v", name, got, err)
		}
	}
}

func TestAnAssertionIsOneFilter(t *testing.T) {
	f := Filter{Kind: Equality, Attr: []byte("cn"), Value: []byte("Jane")}
	value, err := AppendAssertion(nil, &f)
	if err != nil || !bytes.Equal(value, equality("cn", "Jane")) {
		t.Fatalf("%x, %v", value, err)
	}
}

func TestProxiedAuthorizationMustBeCriticalAndSaySomeForm(t *testing.T) {
	for name, tc := range map[string]struct {
		control Control
		want    string
		ok      bool
	}{
		"a distinguished name":     {ProxiedAuthorization("dn:cn=Jane Doe,o=acme"), "dn:cn=Jane Doe,o=acme", true},
		"a user":                   {ProxiedAuthorization("u:jdoe"), "u:jdoe", true},
		"anonymous":                {ProxiedAuthorization(""), "", true},
		"not critical":             {Control{HasValue: true, Value: []byte("u:jdoe")}, "", false},
		"no value":                 {Control{Critical: true}, "", false},
		"another form":             {ProxiedAuthorization("jdoe"), "", false},
		"forms are in lower case":  {ProxiedAuthorization("DN:cn=Jane Doe,o=acme"), "", false},
		"octets that are no UTF-8": {ProxiedAuthorization("u:\xff"), "", false},
		"a wrapped value":          {ProxiedAuthorization("\x04\x06u:jdoe"), "", false},
	} {
		got, err := ParseProxiedAuthorization(tc.control)
		if got != tc.want || (err == nil) != tc.ok || err != nil && !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// TestControlValuesAgreeWithAnotherEncoder holds the writers against an
// encoder that shares nothing with this package.
func TestControlValuesAgreeWithAnotherEncoder(t *testing.T) {
	long := strings.Repeat("x", 300)
	sequence := func(parts ...*ber.Packet) *ber.Packet {
		p := ber.NewSequence("")
		for _, part := range parts {
			p.AppendChild(part)
		}
		return p
	}
	text := func(s string) *ber.Packet {
		return ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, s, "")
	}
	number := func(tag ber.Tag, n int) *ber.Packet {
		return ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, tag, n, "")
	}
	offset := ber.Encode(ber.ClassContext, ber.TypeConstructed, 0, nil, "")
	offset.AppendChild(number(ber.TagInteger, 70000))
	offset.AppendChild(number(ber.TagInteger, 128))
	for name, tc := range map[string]struct {
		got  []byte
		want *ber.Packet
	}{
		"sort request": {AppendSortRequest(nil, SortKey{Attr: []byte(long), Reverse: true}),
			sequence(sequence(text(long), ber.NewLDAPBoolean(ber.ClassContext, ber.TypePrimitive, 1, true, "")))},
		"sort result": {AppendSortResult(nil, SortResult{Code: Other, Attr: long}),
			sequence(number(ber.TagEnumerated, 80), ber.NewString(ber.ClassContext, ber.TypePrimitive, 0, long, ""))},
		"view request": {AppendVLVRequest(nil, VLVRequest{Before: 127, After: 128, Offset: 70000, Count: 128, ContextID: []byte(long)}),
			sequence(number(ber.TagInteger, 127), number(ber.TagInteger, 128), offset, text(long))},
		"deref request": {AppendDerefRequest(nil, DerefSpec{Attr: []byte("member"), Attributes: [][]byte{[]byte(long)}}),
			sequence(sequence(text("member"), sequence(text(long))))},
	} {
		if want := tc.want.Bytes(); !bytes.Equal(tc.got, want) {
			t.Errorf("%s:\n got %x\nwant %x", name, tc.got, want)
		}
	}
}
