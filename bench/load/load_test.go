package load

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/aclens/aclens/proxy/wire"
)

// server answers every search with some entries and a code, through wire.
func server(t *testing.T, entries int, code wire.ResultCode) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go serve(conn, entries, code)
		}
	}()
	return l.Addr().String()
}

func serve(conn net.Conn, entries int, code wire.ResultCode) {
	defer conn.Close()
	in := wire.NewReader(conn)
	for {
		m, err := in.Next()
		if err != nil {
			return
		}
		var out []byte
		switch m.Op {
		case wire.OpBindRequest:
			out = wire.AppendResult(nil, m.ID, wire.OpBindResponse, wire.Result{})
		default:
			for range entries {
				e := wire.BeginEntry(out, m.ID, "cn=Jane Doe,o=Acme")
				e.Attribute("description", strings.Repeat("x", 300))
				out = e.End()
			}
			out = wire.AppendResult(out, m.ID, wire.OpSearchDone, wire.Result{Code: code})
		}
		for len(out) > 0 { // in pieces that cut messages
			n := min(len(out), 1000)
			if _, err := conn.Write(out[:n]); err != nil {
				return
			}
			out = out[n:]
		}
	}
}

func plan(t *testing.T, addr string) Plan {
	t.Helper()
	pdu, err := wire.AppendSearchRequest(nil, 1, &wire.SearchRequest{Base: []byte("o=Acme"), Filter: wire.Filter{Kind: wire.Present, Attr: []byte("cn")}})
	if err != nil {
		t.Fatal(err)
	}
	r, err := NewRequest(pdu)
	if err != nil {
		t.Fatal(err)
	}
	return Plan{
		Door: Door{Addr: addr}, Bind: wire.AppendSimpleBind(nil, 1, "cn=reader,o=Acme", "reader"), Conns: 3, InFlight: 5, Idle: 2,
		Requests: []Request{r}, Codes: []int{0}, Warm: 20 * time.Millisecond, Time: 100 * time.Millisecond,
	}
}

func TestWhatIsCountedIsWhatTheServerSent(t *testing.T) {
	const entries = 7
	p := plan(t, server(t, entries, wire.Success))
	edges := 0
	p.Started, p.Stopped = func() { edges++ }, func() { edges++ }
	s, err := Run(context.Background(), p)
	if err != nil {
		t.Fatal(err)
	}
	if s.Ops == 0 || s.OpsEntries != entries*s.Ops || edges != 2 {
		t.Errorf("%d operations, %d entries, %d edges", s.Ops, s.OpsEntries, edges)
	}
	one := wire.BeginEntry(nil, 1, "cn=Jane Doe,o=Acme")
	one.Attribute("description", strings.Repeat("x", 300))
	answer := entries*len(one.End()) + len(wire.AppendResult(nil, 1, wire.OpSearchDone, wire.Result{}))
	if s.OpsOctets != answer*s.Ops {
		t.Errorf("%d octets, want %d for each of %d", s.OpsOctets, answer, s.Ops)
	}
	if slow := s.Answer.At(0.99); slow == 0 || slow < s.Answer.At(0.5) || s.First.At(0.5) == 0 {
		t.Errorf("p50 %v, p99 %v, first entry %v", s.Answer.At(0.5), slow, s.First.At(0.5))
	}
	if s.Elapsed < p.Time {
		t.Errorf("%v counted of %v", s.Elapsed, p.Time)
	}
}

func TestACodeThatIsNotExpectedEndsTheRun(t *testing.T) {
	_, err := Run(context.Background(), plan(t, server(t, 0, wire.Busy)))
	if err == nil || !strings.Contains(err.Error(), "result code 51") {
		t.Errorf("%v", err)
	}
}

func TestAFrameIsWholeOrNothing(t *testing.T) {
	pdu := wire.AppendResult(nil, 9, wire.OpSearchDone, wire.Result{Message: strings.Repeat("x", 500)})
	for n := range pdu {
		if size, _, err := Frame(pdu[:n]); size != 0 || err != nil {
			t.Fatalf("%d of %d octets: %d, %v", n, len(pdu), size, err)
		}
	}
	if size, idAt, err := Frame(append(pdu, 0x30)); size != len(pdu) || err != nil || pdu[idAt] != 9 {
		t.Errorf("%d of %d octets, id at %d, %v", size, len(pdu), idAt, err)
	}
	for _, wrong := range [][]byte{{0x31, 5, 2, 1, 1, 0x65, 0}, {0x30, 6, 2, 2, 1, 1, 0x65, 0}, {0x30, 0x85, 0, 0, 0, 0, 0}, {0x30, 3, 2, 1, 1}} {
		if _, _, err := Frame(wrong); err == nil {
			t.Errorf("% x is taken for a message", wrong)
		}
	}
}

func TestTimesAreWithinTwoPercent(t *testing.T) {
	var h Times
	for i := 1; i <= 1000; i++ {
		h.add(time.Duration(i) * time.Millisecond)
	}
	for part, want := range map[float64]time.Duration{0.5: 500 * time.Millisecond, 0.99: 990 * time.Millisecond, 1: time.Second} {
		if got := h.At(part); got < want*97/100 || got > want*103/100 {
			t.Errorf("%v at %v, want %v", got, part, want)
		}
	}
}
