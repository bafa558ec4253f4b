package wire

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// bodies decode the body of each request and write what was understood again;
// nil is an authentication choice that nobody knows, which has no form to write.
var bodies = map[Op]func([]byte) (any, []byte, error){
	OpBindRequest: func(b []byte) (any, []byte, error) {
		r, err := ParseBind(b)
		return r, bindAgain(r), err
	},
	OpUnbindRequest: func(b []byte) (any, []byte, error) { return nil, []byte{}, ParseUnbind(b) },
	OpSearchRequest: func(b []byte) (any, []byte, error) {
		r, err := ParseSearch(b, FilterLimits{Depth: 16, Terms: 100})
		if err != nil {
			return nil, nil, err
		}
		m, err := ParseMessage(mustAppend(AppendSearchRequest(nil, 1, &r)))
		return FilterString(r.Filter) + fmt.Sprintf("%q %d %d %d %d %v %q", r.Base, r.Scope, r.Deref, r.SizeLimit, r.TimeLimit, r.TypesOnly, r.Attributes), m.Body, err
	},
	OpModifyRequest: func(b []byte) (any, []byte, error) {
		r, err := ParseModify(b)
		var changes [][]byte
		for _, c := range r.Changes {
			changes = append(changes, tlv(0x30, enum(byte(c.Kind)), attributeAgain(c.Attribute)))
		}
		return r, bytes.Join([][]byte{str(r.DN), tlv(0x30, changes...)}, nil), err
	},
	OpAddRequest: func(b []byte) (any, []byte, error) {
		r, err := ParseAdd(b)
		var attributes [][]byte
		for _, a := range r.Attributes {
			attributes = append(attributes, attributeAgain(a))
		}
		return r, bytes.Join([][]byte{str(r.DN), tlv(0x30, attributes...)}, nil), err
	},
	OpDelRequest: func(b []byte) (any, []byte, error) {
		r, err := ParseDelete(b)
		return r, []byte(r.DN), err
	},
	OpModifyDNRequest: func(b []byte) (any, []byte, error) {
		r, err := ParseModifyDN(b)
		out := append(append(str(r.DN), str(r.NewRDN)...), truth(octetOf(r.DeleteOldRDN))...)
		if r.HasNewSuperior {
			out = append(out, tlv(0x80, []byte(r.NewSuperior))...)
		}
		return r, out, err
	},
	OpCompareRequest: func(b []byte) (any, []byte, error) {
		r, err := ParseCompare(b)
		return r, append(tlv(0x04, r.Entry), tlv(0x30, tlv(0x04, r.Attr), tlv(0x04, r.Value))...), err
	},
	OpAbandonRequest: func(b []byte) (any, []byte, error) {
		id, err := ParseAbandon(b)
		if err != nil {
			return nil, nil, err
		}
		m, err := ParseMessage(AppendAbandon(nil, 1, id))
		return id, m.Body, err
	},
	OpExtendedRequest: func(b []byte) (any, []byte, error) {
		r, err := ParseExtended(b)
		out := tlv(0x80, []byte(r.OID))
		if r.HasValue {
			out = append(out, tlv(0x81, r.Value)...)
		}
		return r, out, err
	},
}

func bindAgain(r BindRequest) []byte {
	out := append(num(byte(r.Version)), tlv(0x04, r.Name)...)
	switch r.Method {
	case AuthSimple:
		return append(out, tlv(0x80, r.Password)...)
	case AuthSASL:
		parts := [][]byte{str(r.SASLMechanism)}
		if r.HasCredentials {
			parts = append(parts, tlv(0x04, r.SASLCredentials))
		}
		return append(out, tlv(0xa3, parts...)...)
	}
	return nil
}

func attributeAgain(a Attribute) []byte {
	var values [][]byte
	for _, v := range a.Values {
		values = append(values, str(v))
	}
	return tlv(0x30, str(a.Name), tlv(0x31, values...))
}

func octetOf(b bool) byte {
	if b {
		return 0xff
	}
	return 0
}

func mustAppend(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

// A body is either refused with an error of a known type, or understood: written
// again, by hand, it is understood as the same, and its octets stay as they were.
func FuzzEveryRequestIsRefusedByTypeOrUnderstoodWhole(f *testing.F) {
	for _, pdu := range wholeMessages() {
		if m, err := ParseMessage(pdu); err == nil && bodies[m.Op] != nil {
			f.Add(byte(m.Op), m.Body)
			f.Add(byte(m.Op), append(bytes.Clone(m.Body), 0x04, 0)) // an extension that nobody knows
		}
	}
	f.Add(byte(OpBindRequest), append(num(3), append(str("o=acme"), tlv(0xa7, []byte("x"))...)...))
	f.Fuzz(func(t *testing.T, op byte, body []byte) {
		decode, ok := bodies[Op(op)]
		if !ok {
			return
		}
		before := bytes.Clone(body)
		first, again, err := decode(body[:len(body):len(body)])
		if !bytes.Equal(before, body) {
			t.Fatalf("decoding changed %x into %x", before, body)
		}
		if err != nil {
			if !errors.Is(err, ErrMalformed) && !IsLimit(err) {
				t.Fatalf("untyped error %v", err)
			}
			return
		}
		if again == nil {
			return
		}
		second, _, err := decode(again)
		if err != nil {
			t.Fatalf("%x is understood, and %x is not: %v", body, again, err)
		}
		if diff := cmp.Diff(first, second); diff != "" {
			t.Fatalf("%x is understood otherwise when it is written again: %s", body, diff)
		}
	})
}

// A filter that is taken lies within its limits, as a plain count of what was
// decoded says, and comes back from its own encoding.
func FuzzAFilterOfTheWireKeepsItsLimitsAndComesBack(f *testing.F) {
	for _, seed := range [][]byte{
		present("cn"), equality("cn", "Jane Doe"), tlv(0xa0), tlv(0xa1), nested(3), nested(40),
		tlv(0xa1, equality("a", "b"), present("c"), tlv(0xa2, present("d"))),
		tlv(0xa4, str("cn"), tlv(0x30, tlv(0x80, []byte("a")), tlv(0x81, []byte("*\\")), tlv(0x82, []byte{0}))),
		tlv(0xa4, str("cn"), tlv(0x30)), tlv(0xa5, str("a"), str("1")), tlv(0xa6, str("a"), str("1")), tlv(0xa8, str("a"), str("1")),
		tlv(0xa9, tlv(0x81, []byte("1.2")), tlv(0x82, []byte("h")), tlv(0x83, []byte("i")), tlv(0x84, []byte{0xff})),
		tlv(0xa2, present("a"), present("b")), tlv(0xbe, str("x")),
	} {
		f.Add(seed)
	}
	limits := FilterLimits{Depth: 8, Terms: 40}
	f.Fuzz(func(t *testing.T, encoded []byte) {
		filter, err := ParseFilter(encoded, limits)
		if err != nil {
			if !errors.Is(err, ErrMalformed) && !IsLimit(err) {
				t.Fatalf("untyped error %v", err)
			}
			return
		}
		if depth, terms := extent(&filter); depth > limits.Depth || terms > limits.Terms {
			t.Fatalf("%x has depth %d and %d terms", encoded, depth, terms)
		}
		again, err := ParseFilter(mustAppend(AppendFilter(nil, &filter)), limits)
		if diff := cmp.Diff(filter, again, cmpopts.EquateEmpty()); err != nil || diff != "" {
			t.Fatalf("%x comes back as another, %v: %s", encoded, err, diff)
		}
	})
}

// extent is the depth and the number of terms of a filter, counted plainly.
func extent(f *Filter) (depth, terms int) {
	terms = 1 + len(f.Any)
	for _, piece := range [][]byte{f.Initial, f.Final} {
		if len(piece) > 0 {
			terms++
		}
	}
	for i := range f.Children {
		d, n := extent(&f.Children[i])
		depth, terms = max(depth, d), terms+n
	}
	return depth + 1, terms
}
