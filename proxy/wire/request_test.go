package wire

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBindIsDecoded(t *testing.T) {
	for name, tc := range map[string]struct {
		body []byte
		want BindRequest
	}{
		"simple": {
			unhex(t, "02 01 03 04 06 6f 3d 61 63 6d 65 80 02 70 77"),
			BindRequest{Version: 3, Name: []byte("o=acme"), Method: AuthSimple, Password: []byte("pw")},
		},
		"anonymous": {
			unhex(t, "02 01 03 04 00 80 00"),
			BindRequest{Version: 3, Name: []byte{}, Method: AuthSimple, Password: []byte{}},
		},
		"version 2": {
			unhex(t, "02 01 02 04 00 80 00"),
			BindRequest{Version: 2, Name: []byte{}, Method: AuthSimple, Password: []byte{}},
		},
		"SASL without credentials": {
			tlv(0, num(3), str(""), tlv(0xa3, str("EXTERNAL")))[2:],
			BindRequest{Version: 3, Name: []byte{}, Method: AuthSASL, SASLMechanism: "EXTERNAL"},
		},
		"SASL with empty credentials": {
			tlv(0, num(3), str(""), tlv(0xa3, str("EXTERNAL"), str("")))[2:],
			BindRequest{Version: 3, Name: []byte{}, Method: AuthSASL, SASLMechanism: "EXTERNAL", SASLCredentials: []byte{}, HasCredentials: true},
		},
		"an authentication choice of Active Directory alone": {
			tlv(0, num(3), str(""), tlv(0x89, nil))[2:],
			BindRequest{Version: 3, Name: []byte{}, Method: AuthUnknown},
		},
	} {
		got, err := ParseBind(tc.body)
		if diff := cmp.Diff(tc.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
	}
}

func TestBindIsPrintedWithoutItsCredentials(t *testing.T) {
	r := BindRequest{Version: 3, Name: []byte("o=acme"), Password: []byte("hunter2"), SASLCredentials: []byte("hunter2")}
	for _, text := range []string{fmt.Sprint(r), fmt.Sprintf("%+v", r), fmt.Sprintf("%#v", r), fmt.Sprintf("%v", &r)} {
		if strings.Contains(text, "hunter2") || strings.Contains(text, "104") || !strings.Contains(text, "o=acme") {
			t.Errorf("printed as %s", text)
		}
	}
}

func TestCompareAbandonAndExtendedAreDecoded(t *testing.T) {
	compare, err := ParseCompare(unhex(t, "04 06 6f 3d 61 63 6d 65 30 09 04 01 6f 04 04 61 63 6d 65"))
	if diff := cmp.Diff(CompareRequest{[]byte("o=acme"), []byte("o"), []byte("acme")}, compare); err != nil || diff != "" {
		t.Errorf("compare: %v\n%s", err, diff)
	}
	for in, want := range map[string]int32{"03": 3, "00 80": 128, "7f ff ff ff": 1<<31 - 1} {
		if id, err := ParseAbandon(unhex(t, in)); err != nil || id != want {
			t.Errorf("abandon %s: %d %v", in, id, err)
		}
	}
	for name, tc := range map[string]struct {
		body []byte
		want ExtendedRequest
	}{
		"known":           {tlv(0x80, []byte(ExtendedWhoAmI)), ExtendedRequest{OID: ExtendedWhoAmI}},
		"unknown":         {tlv(0x80, []byte("1.2.3")), ExtendedRequest{OID: "1.2.3"}},
		"with value":      {append(tlv(0x80, []byte("1.2")), 0x81, 1, 'v'), ExtendedRequest{"1.2", []byte("v"), true}},
		"value of length": {append(tlv(0x80, []byte("1.2")), 0x81, 0), ExtendedRequest{"1.2", []byte{}, true}},
	} {
		got, err := ParseExtended(tc.body)
		if diff := cmp.Diff(tc.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
	}
}

func TestWritesAreDecodedIntoOwnedMemory(t *testing.T) {
	messages := wholeMessages()
	body := func(name string) []byte {
		m, err := ParseMessage(messages[name])
		if err != nil {
			t.Fatal(err)
		}
		return m.Body
	}
	spoil := func(b []byte) {
		for i := range b {
			b[i] = 0xee
		}
	}
	modify, err := ParseModify(body("modify"))
	spoil(messages["modify"])
	want := ModifyRequest{"cn=Jane Doe,o=acme", []Change{{ChangeReplace, Attribute{"mail", []string{"jane@acme.example"}}}}}
	if diff := cmp.Diff(want, modify); err != nil || diff != "" {
		t.Errorf("modify: %v\n%s", err, diff)
	}
	add, err := ParseAdd(body("add"))
	spoil(messages["add"])
	if diff := cmp.Diff(AddRequest{"cn=a,o=acme", []Attribute{{"cn", []string{"a"}}}}, add); err != nil || diff != "" {
		t.Errorf("add: %v\n%s", err, diff)
	}
	del, err := ParseDelete(body("delete"))
	spoil(messages["delete"])
	if err != nil || del.DN != "cn=a,o=acme" {
		t.Errorf("delete: %v %v", del, err)
	}
	rename, err := ParseModifyDN(body("rename"))
	spoil(messages["rename"])
	if diff := cmp.Diff(ModifyDNRequest{"cn=a,o=acme", "cn=b", true, "o=acme", true}, rename); err != nil || diff != "" {
		t.Errorf("rename: %v\n%s", err, diff)
	}
}

// parsers are the decoders of bodies, each with a body that it takes.
func parsers() map[string]struct {
	parse func([]byte) error
	body  []byte
} {
	type p = struct {
		parse func([]byte) error
		body  []byte
	}
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	attr := tlv(0x30, str("cn"), tlv(0x31, str("a")))
	return map[string]p{
		"bind":      {func(b []byte) error { _, err := ParseBind(b); return err }, join(num(3), str("o=acme"), tlv(0x80, []byte("pw")))},
		"SASL bind": {func(b []byte) error { _, err := ParseBind(b); return err }, join(num(3), str(""), tlv(0xa3, str("PLAIN"), str("x")))},
		"search": {
			func(b []byte) error { _, err := ParseSearch(b, FilterLimits{}); return err },
			searchBody(tlv(0xa0, equality("a", "b"), tlv(0xa2, present("c")), tlv(0xa4, str("d"), tlv(0x30, tlv(0x80, []byte("e")), tlv(0x81, []byte("f")), tlv(0x82, []byte("g")))),
				tlv(0xa9, tlv(0x81, []byte("1.2")), tlv(0x82, []byte("h")), tlv(0x83, []byte("i")), tlv(0x84, []byte{0xff}))), "cn", "sn"),
		},
		"compare": {func(b []byte) error { _, err := ParseCompare(b); return err }, join(str("o=acme"), tlv(0x30, str("cn"), str("a")))},
		"modify":  {func(b []byte) error { _, err := ParseModify(b); return err }, join(str("o=acme"), tlv(0x30, tlv(0x30, enum(0), attr)))},
		"add":     {func(b []byte) error { _, err := ParseAdd(b); return err }, join(str("o=acme"), tlv(0x30, attr, attr))},
		"result":  {func(b []byte) error { _, err := ParseResult(b); return err }, join(enum(32), str("o=acme"), str("m"))},
		"entry":   {walk, join(str("o=acme"), tlv(0x30, attr, attr))},
		"paged":   {func(b []byte) error { _, err := ParsePaged(b); return err }, tlv(0x30, num(10), str("c"))},
		"filter":  {func(b []byte) error { _, err := ParseFilter(b, FilterLimits{}); return err }, tlv(0xa1, equality("a", "b"), present("c"))},
	}
}

// walk reads a whole entry.
func walk(body []byte) error {
	e, err := ParseEntry(body)
	if err != nil {
		return err
	}
	for e.NextAttribute() {
		for e.NextValue() {
			_ = e.Value()
		}
	}
	return e.Err()
}

func TestEveryDecoderRefusesACutBody(t *testing.T) {
	for name, p := range parsers() {
		if err := p.parse(p.body); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for cut := range p.body {
			err := p.parse(p.body[:cut:cut])
			var typed *MalformedError
			if !errors.As(err, &typed) || typed.Element == "" || !errors.Is(err, ErrMalformed) {
				t.Errorf("%s cut at %d: %v, want a MalformedError that names the element", name, cut, err)
			}
		}
	}
}

func TestEveryDecoderRefusesTrailingOctets(t *testing.T) {
	for name, p := range parsers() {
		for _, tail := range []string{"00", "00 00", "04 00", "30 00", "80", "80 05"} {
			if err := p.parse(append(bytes.Clone(p.body), unhex(t, tail)...)); !errors.Is(err, ErrMalformed) {
				t.Errorf("%s with %s behind it: %v", name, tail, err)
			}
		}
	}
}

func TestProtocolOperationsIgnoreUnknownTrailingComponents(t *testing.T) {
	for name, p := range parsers() {
		err := p.parse(append(bytes.Clone(p.body), 0x9e, 1, 'x'))
		if strict := name == "paged" || name == "filter"; strict != (err != nil) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDecodersNeverPanicOnAChangedOctet(t *testing.T) {
	for name, p := range parsers() {
		for i := range p.body {
			for v := range 256 {
				body := bytes.Clone(p.body)
				body[i] = byte(v)
				if err := p.parse(body); err != nil && !errors.Is(err, ErrMalformed) && !IsLimit(err) {
					t.Errorf("%s with octet %d as %#x: %v", name, i, v, err)
				}
			}
		}
	}
}

func TestRequestsThatBreakTheRulesAreMalformed(t *testing.T) {
	bind := func(b []byte) error { _, err := ParseBind(b); return err }
	extended := func(b []byte) error { _, err := ParseExtended(b); return err }
	abandon := func(b []byte) error { _, err := ParseAbandon(b); return err }
	modify := func(b []byte) error { _, err := ParseModify(b); return err }
	add := func(b []byte) error { _, err := ParseAdd(b); return err }
	rename := func(b []byte) error { _, err := ParseModifyDN(b); return err }
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	for name, tc := range map[string]struct {
		parse func([]byte) error
		body  []byte
	}{
		"bind version 0":             {bind, join(num(0), str(""), tlv(0x80))},
		"bind version 128":           {bind, join([]byte{2, 2, 0, 128}, str(""), tlv(0x80))},
		"bind without choice":        {bind, join(num(3), str(""))},
		"bind with a universal tag":  {bind, join(num(3), str(""), str("pw"))},
		"constructed password":       {bind, join(num(3), str(""), tlv(0xa0, str("pw")))},
		"two passwords":              {bind, join(num(3), str(""), tlv(0x80), tlv(0x80))},
		"SASL as octets":             {bind, join(num(3), str(""), tlv(0x83, []byte("PLAIN")))},
		"extended without name":      {extended, tlv(0x81, []byte("v"))},
		"extended, empty name":       {extended, tlv(0x80)},
		"extended, value first":      {extended, join(tlv(0x81), tlv(0x80, []byte("1.2")))},
		"abandon of nothing":         {abandon, nil},
		"abandon of a negative id":   {abandon, []byte{0xff}},
		"abandon of five octets":     {abandon, []byte{0, 0, 0, 0, 1}},
		"unbind with content":        {ParseUnbind, []byte{0}},
		"modify, kind 4":             {modify, join(str(""), tlv(0x30, tlv(0x30, enum(4), tlv(0x30, str("cn"), tlv(0x31)))))},
		"modify, values no set":      {modify, join(str(""), tlv(0x30, tlv(0x30, enum(0), tlv(0x30, str("cn"), tlv(0x30)))))},
		"modify, a number as value":  {modify, join(str(""), tlv(0x30, tlv(0x30, enum(0), tlv(0x30, str("cn"), tlv(0x31, num(1))))))},
		"add without values":         {add, join(str(""), tlv(0x30, tlv(0x30, str("cn"), tlv(0x31))))},
		"rename, boolean of two":     {rename, join(str(""), str(""), []byte{1, 2, 0, 0})},
		"rename, boolean of nothing": {rename, join(str(""), str(""), []byte{1, 0})},
		"rename, superior twice":     {rename, join(str(""), str(""), truth(0), tlv(0x80), tlv(0x80))},
	} {
		if err := tc.parse(tc.body); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v, want ErrMalformed", name, err)
		}
	}
	if _, err := ParseModify(join(str(""), tlv(0x30, tlv(0x30, enum(1), tlv(0x30, str("cn"), tlv(0x31)))))); err != nil {
		t.Errorf("a delete of all values: %v", err)
	}
	if r, err := ParseModifyDN(join(str(""), str(""), truth(0x01))); err != nil || !r.DeleteOldRDN || r.HasNewSuperior {
		t.Errorf("a boolean of 0x01: %v %v", r, err)
	}
}
