package wire

import (
	"bytes"
	"errors"
	"testing"
)

// rewriters write a decoded control value again, in the shortest form.
var rewriters = map[string]func([]byte) ([]byte, error){
	"sort request": func(b []byte) ([]byte, error) {
		keys, err := ParseSortRequest(b)
		return AppendSortRequest(nil, keys...), err
	},
	"sort result": func(b []byte) ([]byte, error) {
		r, err := ParseSortResult(b)
		return AppendSortResult(nil, r), err
	},
	"view request": func(b []byte) ([]byte, error) {
		r, err := ParseVLVRequest(b)
		return AppendVLVRequest(nil, r), err
	},
	"view response": func(b []byte) ([]byte, error) {
		r, err := ParseVLVResponse(b)
		return AppendVLVResponse(nil, r), err
	},
	"matched": func(b []byte) ([]byte, error) {
		items, err := ParseMatchedValues(b, FilterLimits{})
		if err != nil {
			return nil, err
		}
		return AppendMatchedValues(nil, items...)
	},
	"assertion": func(b []byte) ([]byte, error) {
		f, err := ParseAssertion(b, FilterLimits{})
		if err != nil {
			return nil, err
		}
		return AppendAssertion(nil, &f)
	},
	"deref": func(b []byte) ([]byte, error) {
		specs, err := ParseDerefRequest(b, 0)
		return AppendDerefRequest(nil, specs...), err
	},
	"dereferenced": func(b []byte) ([]byte, error) {
		results, err := ParseDerefResponse(b)
		w := BeginDeref(nil)
		for _, r := range results {
			w.Name(r.Attr, []byte(r.DN))
			for _, a := range r.Attributes {
				w.Raw(AppendAttribute(nil, a.Name, a.Values...))
			}
			w.Done()
		}
		return w.End(), err
	},
	"subentries": func(b []byte) ([]byte, error) {
		visible, err := ParseSubentries(b)
		return AppendSubentries(nil, visible), err
	},
}

func FuzzControlValuesComeBackAsTheyWereRead(f *testing.F) {
	for _, seed := range [][]byte{
		tlv(0x30, tlv(0x30, str("sn"), tlv(0x80, []byte("2.5.13.3")), tlv(0x81, []byte{1})), tlv(0x30, str("cn"))),
		tlv(0x30, enum(16), tlv(0x80, []byte("cn"))),
		tlv(0x30, num(1), num(2), tlv(0xa0, num(3), num(9)), str("context")),
		tlv(0x30, num(1), num(2), tlv(0x81, []byte("x"))),
		tlv(0x30, num(4), num(5), enum(61), str("context")),
		tlv(0x30, present("cn"), equality("sn", "Doe"), tlv(0xa4, str("cn"), tlv(0x30, tlv(0x80, []byte("a")), tlv(0x82, []byte("z"))))),
		tlv(0x30, tlv(0xa9, tlv(0x81, []byte("1.2")), tlv(0x83, []byte("x")))),
		tlv(0xa0, present("cn"), tlv(0xa2, equality("sn", "Doe"))),
		tlv(0x30, tlv(0x30, str("member"), tlv(0x30, str("uid"), str("cn")))),
		tlv(0x30, tlv(0x30, str("member"), str("cn=a"), tlv(0xa0, tlv(0x30, str("uid"), tlv(0x31, str("a")))))),
		truth(0xff),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		for name, rewrite := range rewriters {
			once, err := rewrite(value)
			if err != nil {
				if !errors.Is(err, ErrMalformed) && !IsLimit(err) {
					t.Fatalf("%s: untyped error %v", name, err)
				}
				continue
			}
			twice, err := rewrite(once)
			if err != nil || !bytes.Equal(once, twice) {
				t.Fatalf("%s: %x is written as %x, which is read as %x, %v", name, value, once, twice, err)
			}
		}
	})
}
