package wire

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestSearchIsDecodedFromHandWrittenOctets(t *testing.T) {
	body := unhex(t, `04 06 6f 3d 61 63 6d 65  0a 01 02  0a 01 03  02 02 03 e8  02 01 3c  01 01 01
		a0 14  a3 0b 04 03 75 69 64 04 04 6a 61 6e 65  a2 05 87 03 66 6f 6f
		30 08  04 02 63 6e  04 02 73 6e`)
	r, err := ParseSearch(body, FilterLimits{})
	if err != nil {
		t.Fatal(err)
	}
	if string(r.Base) != "o=acme" || r.Scope != ScopeSubtree || r.Deref != DerefAlways || r.SizeLimit != 1000 ||
		r.TimeLimit != 60 || !r.TypesOnly || FilterString(r.Filter) != "(&(uid=jane)(!(foo=*)))" ||
		string(bytes.Join(r.Attributes, []byte(","))) != "cn,sn" {
		t.Errorf("got %+v with %s", r, FilterString(r.Filter))
	}
}

func TestSearchParametersOutOfRangeAreMalformed(t *testing.T) {
	filter, list := present("cn"), tlv(0x30)
	for name, parts := range map[string][][]byte{
		"scope 4":                     {str(""), enum(4), enum(0), num(0), num(0), truth(0), filter, list},
		"scope as a number":           {str(""), num(0), enum(0), num(0), num(0), truth(0), filter, list},
		"deref 4":                     {str(""), enum(0), enum(4), num(0), num(0), truth(0), filter, list},
		"negative size limit":         {str(""), enum(0), enum(0), num(0xff), num(0), truth(0), filter, list},
		"time limit of 2^31":          {str(""), enum(0), enum(0), num(0), {2, 5, 0, 0x80, 0, 0, 0}, truth(0), filter, list},
		"types only of two octets":    {str(""), enum(0), enum(0), num(0), num(0), {1, 2, 0, 0}, filter, list},
		"no filter":                   {str(""), enum(0), enum(0), num(0), num(0), truth(0), list},
		"no attributes":               {str(""), enum(0), enum(0), num(0), num(0), truth(0), filter},
		"a number among attributes":   {str(""), enum(0), enum(0), num(0), num(0), truth(0), filter, tlv(0x30, num(1))},
		"attributes twice":            {str(""), enum(0), enum(0), num(0), num(0), truth(0), filter, list, list},
		"indefinite length of a part": {str(""), enum(0), enum(0), num(0), num(0), truth(0), {0xa0, 0x80, 0, 0}, list},
	} {
		r, err := ParseSearch(bytes.Join(parts, nil), FilterLimits{})
		if !errors.Is(err, ErrMalformed) || r.Filter.Kind != 0 || r.Base != nil {
			t.Errorf("%s: %v, want ErrMalformed and nothing decoded", name, err)
		}
	}
}

func TestSearchLimitsOfFourOctetsAreTaken(t *testing.T) {
	body := bytes.Join([][]byte{str(""), enum(0), enum(0), {2, 4, 0, 0, 0, 100}, {2, 4, 0x7f, 0xff, 0xff, 0xff}, truth(0), present("cn"), tlv(0x30)}, nil)
	r, err := ParseSearch(body, FilterLimits{})
	if err != nil || r.SizeLimit != 100 || r.TimeLimit != 1<<31-1 {
		t.Errorf("got %d %d %v", r.SizeLimit, r.TimeLimit, err)
	}
}

func TestSearchScratchIsReusedWithoutLeftovers(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var scratch SearchRequest
	for range 2000 {
		filter := randomFilter(rng, 4)
		want := SearchRequest{
			Base: randomText(rng), Scope: Scope(rng.IntN(4)), Deref: Deref(rng.IntN(4)), SizeLimit: rng.IntN(maxInt),
			TimeLimit: rng.IntN(1000), TypesOnly: rng.IntN(2) == 0, Filter: filter,
		}
		for range rng.IntN(5) {
			want.Attributes = append(want.Attributes, randomText(rng))
		}
		pdu, err := AppendSearchRequest(nil, 1, &want)
		if err != nil {
			t.Fatal(err)
		}
		m, err := ParseMessage(pdu)
		if err != nil {
			t.Fatal(err)
		}
		if err := ParseSearchInto(&scratch, m.Body, FilterLimits{}); err != nil {
			t.Fatalf("%s: %v", FilterString(filter), err)
		}
		again, err := AppendSearchRequest(nil, 1, &scratch)
		if err != nil || !bytes.Equal(pdu, again) {
			t.Fatalf("%s became %s", FilterString(filter), FilterString(scratch.Filter))
		}
	}
}

func TestSearchScratchDoesNotKeepTheMessageOrUnusualMemory(t *testing.T) {
	var children [][]byte
	for range 5000 {
		children = append(children, equality("uid", "jane"))
	}
	var r SearchRequest
	names := make([]string, 5000)
	if err := ParseSearchInto(&r, searchBody(tlv(0xa1, children...), names...), FilterLimits{}); err != nil {
		t.Fatal(err)
	}
	r.Reset()
	if cap(r.scratch.nodes) > keptTerms || cap(r.Attributes) > keptTerms {
		t.Errorf("%d nodes and %d attributes kept", cap(r.scratch.nodes), cap(r.Attributes))
	}
	sub := tlv(0xa4, str("cn"), tlv(0x30, tlv(0x81, []byte("x"))))
	if err := ParseSearchInto(&r, searchBody(tlv(0xa1, equality("a", "b"), sub), "cn"), FilterLimits{}); err != nil {
		t.Fatal(err)
	}
	r.Reset()
	for _, node := range r.scratch.nodes[:cap(r.scratch.nodes)] {
		if node.Attr != nil || node.Value != nil || node.Any != nil {
			t.Errorf("a node still points into the message: %s", FilterString(node))
		}
	}
	for _, b := range append(r.scratch.pieces[:cap(r.scratch.pieces)], r.Attributes[:cap(r.Attributes)]...) {
		if b != nil {
			t.Errorf("%q still points into the message", b)
		}
	}
}

func TestSearchWithTooManyAttributesIsALimit(t *testing.T) {
	body := searchBody(present("cn"), "a", "b", "c", "d")
	for terms, want := range map[int]error{4: nil, 3: ErrTooManyAttributes} {
		if _, err := ParseSearch(body, FilterLimits{Terms: terms}); err != want {
			t.Errorf("4 attributes where %d are allowed: %v", terms, err)
		}
	}
}

func TestFilterNested100000DeepIsRefusedAtOnce(t *testing.T) {
	filter := nested(100_000)
	body := searchBody(filter)
	var r SearchRequest
	begin := time.Now()
	const rounds = 100
	for range rounds {
		if err := ParseSearchInto(&r, body, FilterLimits{}); err != ErrFilterTooDeep || !IsLimit(err) {
			t.Fatalf("got %v", err)
		}
	}
	if each := time.Since(begin) / rounds; each > 5*time.Millisecond {
		t.Errorf("one such filter costs %v", each)
	}
	if allocs := testing.AllocsPerRun(10, func() { _ = ParseSearchInto(&r, body, FilterLimits{}) }); allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

// nested is a filter of n nots around a presence, built from the inside and turned round at the end.
func nested(n int) []byte {
	reversed := present("a")
	slices.Reverse(reversed)
	for range n {
		header := appendLength([]byte{tagNot}, len(reversed))
		slices.Reverse(header)
		reversed = append(reversed, header...)
	}
	slices.Reverse(reversed)
	return reversed
}

func TestSearchDecodesIntoScratchWithoutAllocation(t *testing.T) {
	filter := tlv(0xa0, equality("uid", "jane"), tlv(0xa1, present("mail"), tlv(0xa4, str("cn"), tlv(0x30, tlv(0x80, []byte("J")), tlv(0x81, []byte("D"))))))
	body := searchBody(filter, "cn", "mail", "isMemberOf")
	control := tlv(0x30, str(ControlPagedResults), truth(0xff), str("x"))
	var r SearchRequest
	var controls []Control
	decode := func() {
		var err error
		if err = ParseSearchInto(&r, body, DefaultFilterLimits); err != nil {
			t.Fatal(err)
		}
		if controls, err = ParseControlsInto(controls, control); err != nil {
			t.Fatal(err)
		}
		r.Reset()
	}
	if allocs := testing.AllocsPerRun(1000, decode); allocs != 0 {
		t.Errorf("%v allocations a search", allocs)
	}
}

func BenchmarkSearchDecode(b *testing.B) {
	body := searchBody(tlv(0xa0, equality("uid", "jane"), equality("objectClass", "person")), "cn", "mail")
	var r SearchRequest
	b.ReportAllocs()
	for b.Loop() {
		if err := ParseSearchInto(&r, body, DefaultFilterLimits); err != nil {
			b.Fatal(err)
		}
	}
}
