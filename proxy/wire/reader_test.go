package wire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"testing"
	"testing/iotest"
)

func TestReaderReturnsAMessageReadByteByByte(t *testing.T) {
	for name, pdu := range wholeMessages() {
		want, err := ParseMessage(pdu)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		r := NewReader(iotest.OneByteReader(bytes.NewReader(pdu)))
		got, err := r.Next()
		if err != nil || !sameMessage(got, want) {
			t.Errorf("%s: got %v %v, want %v", name, got, err, want)
		}
		if _, err := r.Next(); err != io.EOF {
			t.Errorf("%s: after the message: %v, want EOF", name, err)
		}
	}
}

func TestReaderReturnsAMessageSplitAnywhere(t *testing.T) {
	for name, pdu := range wholeMessages() {
		want, _ := ParseMessage(pdu)
		for cut := range pdu {
			r := NewReader(io.MultiReader(bytes.NewReader(pdu[:cut]), bytes.NewReader(pdu[cut:])))
			if got, err := r.Next(); err != nil || !sameMessage(got, want) {
				t.Fatalf("%s split at %d: got %v %v", name, cut, got, err)
			}
		}
	}
}

func TestReaderSaysThatACutMessageIsIncomplete(t *testing.T) {
	for name, pdu := range wholeMessages() {
		for cut := range pdu {
			want := io.ErrUnexpectedEOF
			if cut == 0 {
				want = io.EOF
			}
			for _, src := range []io.Reader{bytes.NewReader(pdu[:cut]), iotest.DataErrReader(bytes.NewReader(pdu[:cut]))} {
				if m, err := NewReader(src).Next(); err != want {
					t.Fatalf("%s cut at %d: got %v %v, want %v", name, cut, m, err, want)
				}
			}
		}
	}
}

func TestReaderRefusesWhatIsNoMessage(t *testing.T) {
	for name, in := range map[string]string{
		"not a sequence":                     "31 03 02 01 01",
		"plain text":                         "47 45 54 20 2f",
		"a TLS handshake":                    "16 03 01 02 00",
		"indefinite length":                  "30 80 02 01 01 42 00 00 00",
		"length of five octets":              "30 85 00 00 00 00 05 02 01 01 42 00",
		"reserved length":                    "30 ff 00",
		"empty":                              "30 00",
		"id missing":                         "30 02 42 00",
		"id of no octets":                    "30 04 02 00 42 00",
		"id negative":                        "30 05 02 01 ff 42 00",
		"id of five octets":                  "30 09 02 05 01 00 00 00 00 42 00",
		"id 2^31":                            "30 09 02 05 00 80 00 00 00 42 00",
		"id not minimal":                     "30 06 02 02 00 01 42 00",
		"id with the wrong tag":              "30 05 0a 01 01 42 00",
		"operation missing":                  "30 03 02 01 01",
		"operation longer than the message":  "30 05 02 01 01 42 01",
		"operation shorter than the message": "30 06 02 01 01 42 00 00",
		"operation of the universal class":   "30 05 02 01 01 04 00",
		"operation with a tag of two octets": "30 06 02 01 01 7f 21 00",
		"controls twice":                     "30 09 02 01 01 42 00 a0 00 a0 00",
		"controls cut":                       "30 07 02 01 01 42 00 a0 01",
		"an octet string for controls":       "30 07 02 01 01 42 00 04 00",
	} {
		r := NewReader(bytes.NewReader(append(unhex(t, in), wholeMessages()["bind"]...)))
		m, err := r.Next()
		if !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: got %v %v, want ErrMalformed", name, m, err)
		}
		if _, again := r.Next(); again != err {
			t.Errorf("%s: the reader went on after losing the framing: %v", name, again)
		}
	}
}

func TestReaderTakesWhatBERAllows(t *testing.T) {
	for name, in := range map[string]string{
		"lengths of four octets, as Windows sends":  "30 84 00 00 00 09 02 01 0e 42 84 00 00 00 00",
		"id in a long length":                       "30 06 02 81 01 0e 42 00",
		"an unknown trailing context-specific part": "30 07 02 01 0e 42 00 81 00",
		"empty controls":                            "30 07 02 01 0e 42 00 a0 00",
	} {
		m, err := NewReader(bytes.NewReader(unhex(t, in))).Next()
		if err != nil || m.ID != 14 || m.Op != OpUnbindRequest || len(m.Body) != 0 {
			t.Errorf("%s: got %v %v", name, m, err)
		}
	}
}

func TestReaderJudgesTheLengthBeforeTheBody(t *testing.T) {
	for name, header := range map[string]string{
		"2 GiB":              "30 84 80 00 00 00",
		"4 GiB":              "30 84 ff ff ff ff",
		"one over the limit": "30 82 03 e5", // 997 + 4 octets of header
	} {
		r := NewReader(bytes.NewReader(unhex(t, header)))
		r.SetLimit(1000)
		size := len(r.buf)
		if _, err := r.Next(); err != ErrTooBig {
			t.Errorf("%s: %v, want ErrTooBig", name, err)
		}
		if len(r.buf) != size {
			t.Errorf("%s: the buffer grew to %d", name, len(r.buf))
		}
	}
	r := NewReader(bytes.NewReader(unhex(t, "30 82 03 e4")))
	r.SetLimit(1000)
	if _, err := r.Next(); err != io.ErrUnexpectedEOF {
		t.Errorf("a message of exactly the limit: %v, want it to be waited for", err)
	}
}

func TestReaderAllocatesOnlyAsOctetsArrive(t *testing.T) {
	src := &feed{data: unhex(t, "30 84 7f ff ff 00")}
	r := NewReader(src)
	r.SetLimit(1<<31 - 1)
	for _, sent := range []int{0, 4 << 10, 100 << 10, 1 << 20} {
		src.data = append(src.data, make([]byte, sent)...)
		if _, err := r.Next(); err != errNothingYet {
			t.Fatal(err)
		}
		if have := r.Buffered(); len(r.buf) > 2*have+growthStep {
			t.Errorf("%d octets buffered in %d", have, len(r.buf))
		}
	}
}

func TestReaderReadsBigMessagesAndShrinksAgain(t *testing.T) {
	small := wholeMessages()["search"]
	for _, size := range []int{5_000, 900_000} {
		value := string(bytes.Repeat([]byte("v"), size))
		big := envelope(5, tlv(0x63, searchBody(equality("description", value))))
		stream := bytes.Join([][]byte{small, big, small, small}, nil)
		r := NewReader(bytes.NewReader(stream))
		for i, want := range [][]byte{small, big, small, small} {
			m, err := r.Next()
			if err != nil {
				t.Fatalf("%d octets, message %d: %v", size, i, err)
			}
			if wantMessage, _ := ParseMessage(want); !sameMessage(m, wantMessage) {
				t.Fatalf("%d octets: message %d is wrong", size, i)
			}
		}
		if len(r.buf) > keptBuffer {
			t.Errorf("after %d octets the buffer still has %d", size, len(r.buf))
		}
	}
}

func TestReaderKeepsItsPlaceWhenADeadlinePasses(t *testing.T) {
	pdu := wholeMessages()["search"]
	src := &feed{}
	r := NewReader(src)
	for i := range pdu {
		if _, err := r.Next(); err != errNothingYet {
			t.Fatalf("after %d octets: %v", i, err)
		}
		src.data = append(src.data, pdu[i])
	}
	want, _ := ParseMessage(pdu)
	if m, err := r.Next(); err != nil || !sameMessage(m, want) {
		t.Errorf("got %v %v", m, err)
	}
}

func TestReaderTellsWhatIsBufferedBeyondTheMessage(t *testing.T) {
	startTLS, search := wholeMessages()["StartTLS"], wholeMessages()["search"]
	src := &feed{data: bytes.Join([][]byte{startTLS, search, search[:7]}, nil)}
	r := NewReader(src)
	for _, want := range []struct {
		buffered int
		full     bool
	}{{len(search) + 7, true}, {7, false}} {
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
		if r.Buffered() != want.buffered || r.HasFull() != want.full {
			t.Errorf("buffered %d, full %v; want %v", r.Buffered(), r.HasFull(), want)
		}
	}
	src.data = append(src.data, search[7:]...)
	if _, err := r.Next(); err != nil || r.Buffered() != 0 || r.HasFull() {
		t.Errorf("at the end: %v, buffered %d, full %v", err, r.Buffered(), r.HasFull())
	}
}

func TestReaderReportsAnErrorThatCameWithTheLastOctets(t *testing.T) {
	broken := errors.New("connection reset")
	pdu := wholeMessages()["search"]
	r := NewReader(&once{data: append(bytes.Clone(pdu), pdu[:5]...), err: broken})
	want, _ := ParseMessage(pdu)
	if m, err := r.Next(); err != nil || !sameMessage(m, want) {
		t.Fatalf("the message before the error: %v %v", m, err)
	}
	if _, err := r.Next(); err != broken {
		t.Errorf("got %v, want the error of the source", err)
	}
}

func TestAppendingToAPartOfAMessageLeavesTheRestAlone(t *testing.T) {
	pdu := wholeMessages()["paged search"]
	stream := append(bytes.Clone(pdu), pdu...)
	r := NewReader(bytes.NewReader(stream))
	want, _ := ParseMessage(pdu)
	for range 2 {
		m, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		_ = append(m.Body, 0xee)
		_ = append(m.Controls, 0xee)
		if !sameMessage(m, want) {
			t.Errorf("got %v, want %v", m, want)
		}
	}
}

func TestReaderDoesNotCallGarbageAFullMessage(t *testing.T) {
	r := NewReader(bytes.NewReader(append(wholeMessages()["unbind"], "GET / HTTP/1.1"...)))
	if _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	if r.HasFull() {
		t.Error("garbage counts as a full message")
	}
}

func TestReaderGivesUpOnASourceWithoutProgress(t *testing.T) {
	if _, err := NewReader(silent{}).Next(); err != io.ErrNoProgress {
		t.Errorf("got %v", err)
	}
}

func TestReaderSurvivesRandomChunks(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var names []string
	messages := wholeMessages()
	for name := range messages {
		names = append(names, name)
	}
	for range 200 {
		var stream []byte
		var want []Message
		for range 50 {
			pdu := messages[names[rng.IntN(len(names))]]
			m, _ := ParseMessage(pdu)
			stream, want = append(stream, pdu...), append(want, m)
		}
		r := NewReaderSize(&chunks{rng: rng, data: stream}, 64+rng.IntN(300))
		for i, w := range want {
			if m, err := r.Next(); err != nil || !sameMessage(m, w) {
				t.Fatalf("message %d: got %v %v, want %v", i, m, err, w)
			}
		}
	}
}

func TestABufferGrowsToItsUsualSizeWhenMuchComesAtOnce(t *testing.T) {
	bind := wholeMessages()["bind"]
	alone := NewReader(bytes.NewReader(bind))
	if _, err := alone.Next(); err != nil || len(alone.buf) != restingBuffer {
		t.Errorf("%v, a buffer of %d for one message of %d octets", err, len(alone.buf), len(bind))
	}
	purse := &purse{}
	many := NewReader(bytes.NewReader(bytes.Repeat(bind, 1000)))
	many.SetBudget(purse)
	for i := range 1000 {
		if _, err := many.Next(); err != nil {
			t.Fatal(i, err)
		}
	}
	if len(many.buf) != usualBuffer {
		t.Errorf("a buffer of %d for many messages", len(many.buf))
	}
}

func TestReaderHoldsToItsBudget(t *testing.T) {
	big := envelope(5, tlv(0x63, searchBody(equality("description", string(make([]byte, 200_000))))))
	purse := &purse{left: 1 << 20}
	r := NewReader(bytes.NewReader(append(big, wholeMessages()["bind"]...)))
	r.SetBudget(purse)
	if _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	if spent := 1<<20 - purse.left; spent != len(r.buf)-usualBuffer {
		t.Errorf("%d octets taken for a buffer of %d", spent, len(r.buf))
	}
	if _, err := r.Next(); err != nil || purse.left != 1<<20 {
		t.Errorf("%v; %d octets not given back with the buffer", err, 1<<20-purse.left)
	}

	poor := NewReader(bytes.NewReader(big))
	poor.SetBudget(purse)
	purse.left = 150_000
	if _, err := poor.Next(); err != ErrNoBudget {
		t.Errorf("got %v, want ErrNoBudget", err)
	}
	poor.Release()
	if purse.left != 150_000 {
		t.Errorf("%d octets not given back by Release", 150_000-purse.left)
	}
	if _, err := poor.Next(); err != io.ErrClosedPipe {
		t.Errorf("a released reader returned %v", err)
	}
}

func TestCloneSharesNothingWithTheReader(t *testing.T) {
	first, second := wholeMessages()["paged search"], wholeMessages()["compare"]
	r := NewReaderSize(iotest.OneByteReader(bytes.NewReader(append(first, second...))), 64)
	m, err := r.Next()
	if err != nil {
		t.Fatal(err)
	}
	owned := m.Clone()
	for i := range r.buf {
		r.buf[i] = 0xee
	}
	if want, _ := ParseMessage(first); !sameMessage(owned, want) {
		t.Errorf("got %v, want %v", owned, want)
	}
	if none := (Message{Body: []byte("b")}).Clone(); none.Controls != nil {
		t.Error("a clone of a message without controls has some")
	}
}

func TestReaderOfSmallMessagesDoesNotAllocate(t *testing.T) {
	src := &endless{data: wholeMessages()["search"]}
	r := NewReader(src)
	allocs := testing.AllocsPerRun(1000, func() {
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations a message", allocs)
	}
}

func TestAHeaderOf2GiBCostsNoMemory(t *testing.T) {
	header := unhex(t, "30 84 7f ff ff ff")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := NewReader(bytes.NewReader(header)).Next(); err != ErrTooBig {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if spent := after.TotalAlloc - before.TotalAlloc; spent > 1<<20 {
		t.Errorf("%d octets allocated", spent)
	}
}

func sameMessage(a, b Message) bool {
	return a.ID == b.ID && a.Op == b.Op && bytes.Equal(a.Body, b.Body) &&
		bytes.Equal(a.Controls, b.Controls) && (a.Controls == nil) == (b.Controls == nil)
}

var errNothingYet = fmt.Errorf("deadline passed")

// feed gives out what it has and then says that a deadline passed.
type feed struct{ data []byte }

func (f *feed) Read(p []byte) (int, error) {
	if len(f.data) == 0 {
		return 0, errNothingYet
	}
	n := copy(p, f.data)
	f.data = f.data[n:]
	return n, nil
}

// once gives out all that it has together with its error, and then nothing more.
type once struct {
	data []byte
	err  error
}

func (o *once) Read(p []byte) (int, error) {
	n, err := copy(p, o.data), o.err
	o.data, o.err = nil, nil
	return n, err
}

type silent struct{}

func (silent) Read([]byte) (int, error) { return 0, nil }

// chunks gives out random amounts, nothing at times.
type chunks struct {
	rng  *rand.Rand
	data []byte
}

func (c *chunks) Read(p []byte) (int, error) {
	if len(c.data) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:c.rng.IntN(len(p)+1)], c.data)
	c.data = c.data[n:]
	return n, nil
}

// endless repeats its data.
type endless struct {
	data []byte
	at   int
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.data[e.at:])
	e.at = (e.at + n) % len(e.data)
	return n, nil
}

type purse struct{ left int }

func (p *purse) Take(n int) bool {
	if n > p.left {
		return false
	}
	p.left -= n
	return true
}

func (p *purse) Give(n int) { p.left += n }
