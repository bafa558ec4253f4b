package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"testing"
	"testing/iotest"
)

// naiveFrames cuts messages out of the whole stream at once, and says whether
// what is left is the beginning of a message that may yet come.
func naiveFrames(stream []byte, limit int) (frames [][]byte, open bool) {
	for len(stream) > 0 {
		if stream[0] != 0x30 {
			return frames, false
		}
		if len(stream) < 2 {
			return frames, true
		}
		header, length := 2, uint64(stream[1])
		if stream[1] >= 0x80 {
			count := int(stream[1]) - 0x80
			if count < 1 || count > 4 {
				return frames, false
			}
			header += count
			if len(stream) < header {
				return frames, true
			}
			length = binary.BigEndian.Uint64(append(make([]byte, 8-count), stream[2:header]...))
		}
		if length+uint64(header) > uint64(limit) {
			return frames, false
		}
		size := header + int(length)
		if len(stream) < size {
			return frames, true
		}
		if _, err := ParseMessage(stream[:size]); err != nil {
			return frames, false
		}
		frames, stream = append(frames, stream[:size]), stream[size:]
	}
	return frames, true
}

func FuzzFrameNeverReadsBeyondItsLength(f *testing.F) {
	for _, pdu := range wholeMessages() {
		f.Add(pdu)
		f.Add(append(bytes.Clone(pdu), pdu[:len(pdu)/2]...))
	}
	f.Add([]byte{0x30, 0x84, 0x7f, 0xff, 0xff, 0xff})
	const limit = 8192
	f.Fuzz(func(t *testing.T, stream []byte) {
		frames, open := naiveFrames(stream, limit)
		for _, src := range []io.Reader{bytes.NewReader(stream), iotest.OneByteReader(bytes.NewReader(stream))} {
			r := NewReaderSize(src, 64)
			r.SetLimit(limit)
			for i, frame := range frames {
				want, _ := ParseMessage(frame)
				got, err := r.Next()
				if err != nil || !sameMessage(got, want) {
					t.Fatalf("message %d: got %v %v, want %v", i, got, err, want)
				}
				_ = append(got.Body, 0xee) // must not reach what follows
			}
			m, err := r.Next()
			if ended := err == io.EOF || err == io.ErrUnexpectedEOF; err == nil || ended != open {
				t.Fatalf("after %d messages: %v %v, want the end: %v", len(frames), m, err, open)
			}
		}
	})
}

func FuzzSearchDecodeRoundTrips(f *testing.F) {
	for _, pdu := range wholeMessages() {
		if m, err := ParseMessage(pdu); err == nil && m.Op == OpSearchRequest {
			f.Add(m.Body)
		}
	}
	f.Add(parsers()["search"].body)
	f.Add(searchBody(nested(70)))
	f.Add(searchBody(tlv(0xa0)))
	limits := FilterLimits{Depth: 16, Terms: 100}
	var scratch SearchRequest
	f.Fuzz(func(t *testing.T, body []byte) {
		fresh, err := ParseSearch(body, limits)
		if again := ParseSearchInto(&scratch, body, limits); !sameError(err, again) {
			t.Fatalf("fresh %v, into scratch %v", err, again)
		}
		if err != nil {
			if !errors.Is(err, ErrMalformed) && !IsLimit(err) {
				t.Fatalf("untyped error %v", err)
			}
			return
		}
		first, err := AppendSearchRequest(nil, 1, &fresh)
		if err != nil {
			t.Fatalf("decoded but not encoded: %v", err)
		}
		second, _ := AppendSearchRequest(nil, 1, &scratch)
		if !bytes.Equal(first, second) {
			t.Fatal("scratch holds another request")
		}
		m, err := ParseMessage(first)
		if err != nil {
			t.Fatal(err)
		}
		if len(m.Body) > len(body) {
			t.Fatalf("%d octets became %d", len(body), len(m.Body))
		}
		third, err := ParseSearch(m.Body, limits)
		if err != nil || FilterString(third.Filter) != FilterString(fresh.Filter) {
			t.Fatalf("encoded but not decoded alike: %v", err)
		}
	})
}

func sameError(a, b error) bool {
	return (a == nil) == (b == nil) && (a == nil || a.Error() == b.Error())
}

func FuzzFilterStringRoundTrips(f *testing.F) {
	for _, s := range []string{
		"(cn=Jane Doe)", "(&(a=b)(|(c>=d)(e<=f))(!(g~=h)))", `(cn=a\2a*b*\00c)`, "(cn:dn:1.2:=x)", "(:1.2:=x)",
		"uid=x", "(& (a=*) )", "(&)", "(cn=a**b)", `(cn=\()`, "((", "(cn=ü)",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		parsed, err := ParseFilterString(s)
		if err != nil {
			return
		}
		text := FilterString(parsed)
		again, err := ParseFilterString(text)
		if err != nil || FilterString(again) != text {
			t.Fatalf("%q is written %s, which is read as %s %v", s, text, FilterString(again), err)
		}
		one, err := AppendFilter(nil, &parsed)
		two, err2 := AppendFilter(nil, &again)
		if err != nil || err2 != nil || !bytes.Equal(one, two) {
			t.Fatalf("%q is encoded %x, its text %x; %v %v", s, one, two, err, err2)
		}
		decoded, err := ParseFilter(one, FilterLimits{Depth: 64, Terms: 1 << 20})
		if err != nil || FilterString(decoded) != text {
			t.Fatalf("%s is decoded as %s %v", text, FilterString(decoded), err)
		}
	})
}

func FuzzControlsNeverPanic(f *testing.F) {
	f.Add([]byte{})
	f.Add(tlv(0x30, str(ControlPagedResults), truth(0xff), str("\x30\x05\x02\x01\x0a\x04\x00")))
	f.Add(tlv(0x30, str("1.2"), str("v")))
	f.Add([]byte{0x30, 0x80, 0x04, 0x03})
	f.Fuzz(func(t *testing.T, raw []byte) {
		controls, err := ParseControls(raw)
		if err != nil {
			if !errors.Is(err, ErrMalformed) && !IsLimit(err) {
				t.Fatalf("untyped error %v", err)
			}
			return
		}
		for _, c := range controls {
			if p, err := ParsePaged(c.Value); err == nil {
				if again, err := ParsePaged(AppendPagedValue(nil, p.Size, p.Cookie)); err != nil || again.Size != p.Size {
					t.Fatalf("paged results value %v came back as %v %v", p, again, err)
				}
			}
		}
		m, err := ParseMessage(AppendResult(nil, 1, OpSearchDone, Result{}, controls...))
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseControls(m.Controls)
		if err != nil || len(again) != len(controls) {
			t.Fatalf("%d controls came back as %d, %v", len(controls), len(again), err)
		}
		for i := range again {
			a, b := again[i], controls[i]
			if a.OID != b.OID || a.Critical != b.Critical || a.HasValue != b.HasValue || !bytes.Equal(a.Value, b.Value) {
				t.Fatalf("%v came back as %v", b, a)
			}
		}
	})
}
