package wire

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEntryIsWrittenAsByHand(t *testing.T) {
	w := BeginEntry([]byte{0xee}, 2, "o=a")
	w.Attribute("cn", "x", "y")
	w.AttributeBytes("sn", []byte("z"))
	w.BeginAttribute("l")
	w.Value("m")
	w.ValueBytes([]byte("n"))
	w.RawValues(AppendValue(nil, "o"))
	w.EndAttribute()
	w.Raw(AppendAttribute(nil, []byte("ou"), []byte("q")))
	w.BeginAttributeBytes([]byte("c"))
	w.EndAttribute()
	got := w.End()
	want := unhex(t, `ee 30 47 02 01 02 64 42 04 03 6f 3d 61 30 3b
		30 0c 04 02 63 6e 31 06 04 01 78 04 01 79
		30 09 04 02 73 6e 31 03 04 01 7a
		30 0e 04 01 6c 31 09 04 01 6d 04 01 6e 04 01 6f
		30 09 04 02 6f 75 31 03 04 01 71
		30 05 04 01 63 31 00`)
	if !bytes.Equal(got, want) {
		t.Errorf("\n got %s\nwant %s", hex.EncodeToString(got), hex.EncodeToString(want))
	}
}

type plainEntry struct {
	DN         string
	Attributes []Attribute
}

// naiveEntry encodes an entry from the inside out, the obvious way.
func naiveEntry(id byte, e plainEntry) []byte {
	var attributes [][]byte
	for _, a := range e.Attributes {
		var values [][]byte
		for _, v := range a.Values {
			values = append(values, str(v))
		}
		attributes = append(attributes, tlv(0x30, str(a.Name), tlv(0x31, values...)))
	}
	return envelope(id, tlv(0x64, str(e.DN), tlv(0x30, attributes...)))
}

func readEntry(t *testing.T, pdu []byte) plainEntry {
	t.Helper()
	m, err := ParseMessage(pdu)
	if err != nil || m.Op != OpSearchEntry {
		t.Fatalf("%v %v", m.Op, err)
	}
	c, err := ParseEntry(m.Body)
	if err != nil {
		t.Fatal(err)
	}
	e := plainEntry{DN: string(c.DN())}
	for c.NextAttribute() {
		a := Attribute{Name: string(c.Name())}
		for c.NextValue() {
			a.Values = append(a.Values, string(c.Value()))
		}
		e.Attributes = append(e.Attributes, a)
	}
	if c.Err() != nil {
		t.Fatal(c.Err())
	}
	return e
}

func TestRandomEntriesAgreeWithTheNaiveEncoder(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	length := func() int { return []int{0, 1, 20, 121, 125, 127, 128, 130, 250, 256, 300}[rng.IntN(11)] }
	buf := make([]byte, 0, 100)
	for range 2000 {
		e := plainEntry{DN: strings.Repeat("d", length())}
		w := BeginEntry(buf, 9, e.DN)
		for range rng.IntN(5) {
			a := Attribute{Name: strings.Repeat("n", 1+length())}
			for range rng.IntN(4) {
				a.Values = append(a.Values, strings.Repeat("v", length()))
			}
			e.Attributes = append(e.Attributes, a)
			writeSomehow(rng, &w, a)
		}
		buf = w.End()
		if !bytes.Equal(buf, naiveEntry(9, e)) {
			t.Fatalf("%v is written as %x", e, buf)
		}
		if diff := cmp.Diff(e, readEntry(t, buf)); diff != "" {
			t.Fatal(diff)
		}
		buf = buf[:0]
	}
}

// writeSomehow writes an attribute in one of the ways that the writer has.
func writeSomehow(rng *rand.Rand, w *EntryWriter, a Attribute) {
	switch rng.IntN(3) {
	case 0:
		w.Attribute(a.Name, a.Values...)
	case 1:
		w.Raw(AppendAttribute(nil, []byte(a.Name), a.Values...))
	case 2:
		w.BeginAttributeBytes([]byte(a.Name))
		for i, v := range a.Values {
			if i%2 == 0 {
				w.ValueBytes([]byte(v))
			} else {
				w.RawValues(AppendValue(nil, v))
			}
		}
		w.EndAttribute()
	}
}

func TestBigEntryRoundTrips(t *testing.T) {
	e := plainEntry{DN: "cn=Everyone,o=acme", Attributes: []Attribute{{Name: "member"}}}
	for range 20_000 {
		e.Attributes[0].Values = append(e.Attributes[0].Values, "cn=Jane Doe,ou=Sales,ou=Some Division,o=acme")
	}
	w := BeginEntry(nil, 9, []byte(e.DN))
	w.Attribute("member", e.Attributes[0].Values...)
	pdu := w.End(Control{OID: "1.2"})
	if len(pdu) < 900_000 {
		t.Fatalf("only %d octets", len(pdu))
	}
	if diff := cmp.Diff(e, readEntry(t, pdu)); diff != "" {
		t.Error(diff)
	}
	assertShortestLengths(t, pdu)
}

func TestDiscardedEntryLeavesTheBufferAsItWas(t *testing.T) {
	before := AppendResult(nil, 1, OpSearchDone, Result{})
	w := BeginEntry(bytes.Clone(before), 2, "o=acme")
	w.Attribute("cn", "x")
	if w.Len() == 0 {
		t.Error("nothing counted")
	}
	if after := w.Discard(); !bytes.Equal(before, after) {
		t.Errorf("%x became %x", before, after)
	}
}

func TestRawAttributesCanBePassedOn(t *testing.T) {
	pdu := naiveEntry(1, plainEntry{"o=acme", []Attribute{{"o", []string{"acme"}}, {"cn", nil}, {"l", []string{"a", "b"}}}})
	m, _ := ParseMessage(pdu)
	c, err := ParseEntry(m.Body)
	if err != nil {
		t.Fatal(err)
	}
	w := BeginEntry(nil, 1, c.DN())
	for c.NextAttribute() {
		for c.NextValue() {
			if len(c.Raw()) == 0 {
				t.Fatal("no octets of the attribute")
			}
		}
		w.Raw(c.Raw())
	}
	if out := w.End(); c.Err() != nil || !bytes.Equal(out, pdu) {
		t.Errorf("%x became %x, %v", pdu, out, c.Err())
	}
}

func TestEntryCursorStopsAtWhatIsMalformed(t *testing.T) {
	for name, attributes := range map[string][]byte{
		"attribute no sequence": tlv(0x31, str("cn"), tlv(0x31)),
		"name no string":        tlv(0x30, num(1), tlv(0x31)),
		"values no set":         tlv(0x30, str("cn"), tlv(0x30)),
		"value no string":       tlv(0x30, str("cn"), tlv(0x31, num(1))),
		"value cut":             tlv(0x30, str("cn"), tlv(0x31, []byte{4, 9, 'a'})),
		"octets behind the set": tlv(0x30, str("cn"), tlv(0x31), str("x")),
	} {
		good := tlv(0x30, str("o"), tlv(0x31, str("acme")))
		c, err := ParseEntry(append(str("o=acme"), tlv(0x30, good, attributes, good)...))
		if err != nil {
			t.Fatal(err)
		}
		values := 0
		for c.NextAttribute() {
			for c.NextValue() {
				values++
			}
		}
		if !errors.Is(c.Err(), ErrMalformed) || values != 1 || c.NextAttribute() || c.NextValue() || c.Name() != nil || c.Value() != nil {
			t.Errorf("%s: %v after %d values", name, c.Err(), values)
		}
	}
}

func TestAnswersAreAppendedWithoutAllocation(t *testing.T) {
	buf := make([]byte, 0, 8192)
	members := []byte("cn=Jane Doe,o=acme")
	raw := AppendAttribute(nil, "objectClass", "top", "person")
	cookie := []byte("cookie")
	for name, run := range map[string]func(){
		"result": func() {
			buf = AppendResult(buf[:0], 300, OpSearchDone, Result{Code: NoSuchObject, MatchedDN: "o=acme", Message: "no such entry"})
		},
		"result with control": func() {
			buf = AppendResult(buf[:0], 300, OpSearchDone, Result{}, Control{OID: ControlPagedResults, Value: cookie})
		},
		"entry": func() {
			w := BeginEntry(buf[:0], 300, members)
			w.Raw(raw)
			w.Attribute("cn", "Jane Doe", "Doe")
			w.BeginAttribute("isMemberOf")
			for range 50 {
				w.ValueBytes(members)
			}
			w.EndAttribute()
			buf = w.End()
		},
		"notice": func() { buf = AppendNotice(buf[:0], Unavailable, "stopping") },
	} {
		if allocs := testing.AllocsPerRun(1000, run); allocs != 0 {
			t.Errorf("%s: %v allocations", name, allocs)
		}
	}
}

func TestEntriesAreReadWithoutAllocation(t *testing.T) {
	m, _ := ParseMessage(wholeMessages()["entry"])
	if allocs := testing.AllocsPerRun(1000, func() { _ = walk(m.Body) }); allocs != 0 {
		t.Errorf("%v allocations an entry", allocs)
	}
}

func BenchmarkEntryAppend(b *testing.B) {
	buf := make([]byte, 0, 4096)
	dn := []byte("cn=Jane Doe,ou=Sales,o=acme")
	b.ReportAllocs()
	for b.Loop() {
		w := BeginEntry(buf[:0], 300, dn)
		w.Attribute("cn", "Jane Doe")
		w.Attribute("mail", "jane.doe@acme.example")
		w.Attribute("objectClass", "top", "person", "inetOrgPerson")
		buf = w.End()
	}
}
