package front

import (
	"bytes"
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/aclens/aclens/proxy/view"
	"github.com/aclens/aclens/proxy/wire"
)

func TestMalformedInputGetsTheNotice(t *testing.T) {
	b := newBench(t, Settings{})
	good := searchMessage(1, "o=acme")
	for name, octets := range map[string][]byte{
		"another protocol":                  []byte("GET / HTTP/1.1\r\nHost: acme.example\r\n\r\n"),
		"five octets that ended another":    {0x31, 0x03, 0x02, 0x01, 0x01},
		"a length of 2 GiB":                 {0x30, 0x84, 0x7f, 0xff, 0xff, 0xff},
		"a length of 4 GiB":                 {0x30, 0x84, 0xff, 0xff, 0xff, 0xff},
		"a length of a length of 127":       {0x30, 0xff},
		"an indefinite length":              {0x30, 0x80, 0x02, 0x01, 0x01},
		"message id 0":                      searchMessage(0, "o=acme"),
		"a negative message id":             {0x30, 5, 0x02, 1, 0xff, 0x42, 0},
		"no message id":                     {0x30, 2, 0x42, 0},
		"an answer instead of a request":    wire.AppendResult(nil, 1, wire.OpSearchDone, wire.Result{}),
		"an operation that nobody knows":    message(1, element(0x7e, text("x"))),
		"a search without a body":           message(1, element(byte(wire.OpSearchRequest))),
		"a bind without a body":             message(1, element(byte(wire.OpBindRequest))),
		"a compare without a body":          message(1, element(byte(wire.OpCompareRequest))),
		"an add without a body":             message(1, element(byte(wire.OpAddRequest))),
		"a modify without a body":           message(1, element(byte(wire.OpModifyRequest))),
		"a rename without a body":           message(1, element(byte(wire.OpModifyDNRequest))),
		"an abandon without a body":         message(1, element(byte(wire.OpAbandonRequest))),
		"an extended request without name":  message(1, element(byte(wire.OpExtendedRequest))),
		"an unbind with a body":             message(1, element(byte(wire.OpUnbindRequest), text("x"))),
		"a filter that is none":             filterMessage(1, element(0xbe, text("x"))),
		"controls that are none":            message(1, addBody(), text("x")),
		"a message longer than its content": append([]byte{0x30, byte(len(good) + 3)}, append(good[2:len(good):len(good)], 0x04, 9, 1, 1, 1)...),
		"a bound that anonymous has not":    searchFor(1, "o=acme", strings.Repeat("x", 70_000)),
	} {
		t.Run(name, func(t *testing.T) {
			c := b.dial(t)
			c.send(octets)
			c.wantNotice(wire.ProtocolError)
		})
	}
}

func TestAnswersGoOutBeforeTheNotice(t *testing.T) {
	b := newBench(t, Settings{})
	c := b.dial(t)
	c.send(searchMessage(1, "o=acme"), []byte("nonsense"), bytes.Repeat([]byte("more "), 50_000))
	c.wantEntry(1)
	c.wantCode(1, wire.OpSearchDone, wire.Success)
	c.wantNotice(wire.ProtocolError)
}

func TestMessagesOfAnySizeAreAnswered(t *testing.T) {
	b := newBench(t, Settings{})
	c := b.dial(t)
	c.bind(jane)
	for id, size := range map[int32]int{2: 1, 3: 127, 4: 4090, 5: 5_000, 6: 65_536, 7: 900_000, 8: 3} {
		value := strings.Repeat("x", size)
		c.send(searchFor(id, "o=acme", value))
		m := c.receive()
		e, err := wire.ParseEntry(m.Body)
		if err != nil || !e.NextAttribute() || !e.NextValue() || string(e.Value()) != value {
			t.Fatalf("a value of %d octets does not come back", size)
		}
		c.wantCode(id, wire.OpSearchDone, wire.Success)
	}
}

func TestAMessageMayComeInPieces(t *testing.T) {
	b := newBench(t, Settings{})
	request := searchMessage(1, "o=acme")
	for split := 1; split < len(request); split++ {
		c := b.dialFrom(t, "")
		c.send(request[:split])
		c.send(request[split:])
		c.wantEntry(1)
		c.wantCode(1, wire.OpSearchDone, wire.Success)
	}
	c := b.dialFrom(t, "")
	for i := range request {
		c.send(request[i : i+1])
	}
	c.wantEntry(1)
	c.wantCode(1, wire.OpSearchDone, wire.Success)
}

func TestAPieceOfAMessageIsNoReasonToRest(t *testing.T) {
	b := newBench(t, Settings{}, func(b *bench) { b.server.restAfter = time.Millisecond })
	c := b.dialFrom(t, "127.0.0.1:4000")
	request := append(searchMessage(1, "o=acme"), whoAmI(2)...)
	for _, piece := range [][]byte{request[:1], request[1:2], request[2:30]} {
		c.send(piece)
		b.seen.wait(t, b.seen.count("read deadline")+3, "read deadline") // it has been time to rest
	}
	c.send(request[30:])
	c.wantEntry(1)
	c.wantCode(1, wire.OpSearchDone, wire.Success)
	c.wantCode(2, wire.OpExtendedResponse, wire.Success)
}

func TestRequestsBeyondALimitAreRefusedAlone(t *testing.T) {
	b := newBench(t, Settings{Limits: Limits{FilterDepth: 10, FilterTerms: 20}})
	c := b.dial(t)
	c.bind(jane)
	var wide [][]byte
	for range 30 {
		wide = append(wide, element(0x87, []byte("cn")))
	}
	for name, filter := range map[string][]byte{
		"nested 100,000 deep": deepFilter(100_000),
		"nested 11 deep":      deepFilter(10),
		"31 terms":            element(0xa0, wide...),
	} {
		c.send(filterMessage(2, filter))
		if r := c.result(2, wire.OpSearchDone); r.Code != wire.AdminLimitExceeded {
			t.Errorf("%s: got %v", name, r.Code)
		}
	}
	c.send(filterMessage(3, deepFilter(9)))
	c.wantEntry(3)
	c.wantCode(3, wire.OpSearchDone, wire.Success)
	b.seen.wait(t, 3, "limit "+LimitRequest)
}

func TestMemoryForMessagesIsBounded(t *testing.T) {
	b := newBench(t, Settings{Limits: Limits{InFlightBytes: 200_000}})
	c := b.dial(t)
	c.bind(jane)
	c.send(searchFor(2, "o=acme", strings.Repeat("x", 50_000)))
	c.wantEntry(2)
	c.wantCode(2, wire.OpSearchDone, wire.Success)
	c.send(header(0x30, 900_000), make([]byte, 250_000))
	c.wantNotice(wire.Busy)
	b.seen.wait(t, 1, "limit "+LimitMemory)
}

func TestTheCopyOfABigSearchCountsToo(t *testing.T) {
	b := newBench(t, Settings{Limits: Limits{InFlightBytes: 100_000}})
	c := b.dial(t)
	c.bind(jane)
	c.send(searchFor(2, "o=acme", strings.Repeat("x", 70_000)))
	c.wantCode(2, wire.OpSearchDone, wire.Busy)
	c.wantWho(3, "dn:"+jane)
}

func TestBackgroundSearchesAreBounded(t *testing.T) {
	t.Run("on one connection", func(t *testing.T) {
		refuseThird(t, Limits{OperationsPerConnection: 2}, LimitOperations)
	})
	t.Run("in memory", func(t *testing.T) {
		refuseThird(t, Limits{InFlightBytes: 2*highWater + 4096}, LimitMemory)
	})
}

// refuseThird runs two slow searches, sees a third refused, and a fourth
// accepted once the others have ended.
func refuseThird(t *testing.T, limits Limits, kind string) {
	release := make(chan struct{})
	started := make(chan struct{}, 3)
	b := newBench(t, Settings{Limits: limits}, func(b *bench) {
		b.dir.prepare = func(view.Request) (Search, wire.Result) {
			return &fakeSearch{cost: expensive, run: func(context.Context, view.Sink) view.Answer {
				started <- struct{}{}
				<-release
				return view.Answer{}
			}}, wire.Result{}
		}
	})
	c := b.dial(t)
	c.send(searchMessage(1, "o=acme"), searchMessage(2, "o=acme"))
	<-started
	<-started
	c.send(searchMessage(3, "o=acme"))
	c.wantCode(3, wire.OpSearchDone, wire.Busy)
	b.seen.wait(t, 1, "limit "+kind)
	close(release)
	c.receive()
	c.receive()
	c.send(wire.AppendSimpleBind(nil, 4, jane, password)) // behind it both are over
	c.wantCode(4, wire.OpBindResponse, wire.Success)
	c.wantWho(5, "dn:"+jane)
}

func TestConnectionsAreBounded(t *testing.T) {
	tests := []struct {
		name   string
		limits Limits
		kind   string
	}{
		{"over all", Limits{Connections: 2}, LimitConnections},
		{"for one address", Limits{ConnectionsPerAddress: 2}, LimitAddress},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, Settings{Limits: tt.limits})
			first, second := b.dial(t), b.dial(t)
			first.wantWho(1, "")
			second.wantWho(1, "")
			third := b.dial(t)
			third.wantNotice(wire.Busy)
			b.seen.wait(t, 1, "limit "+tt.kind)
			first.wantWho(2, "")
			_ = first.conn.Close()
			b.seen.wait(t, 1, "closed test")
			b.dial(t).wantWho(1, "")
		})
	}
}

func TestAnIdleConnectionIsClosed(t *testing.T) {
	b := newBench(t, Settings{Limits: Limits{Idle: 30 * time.Millisecond}})
	silent := b.dial(t)
	silent.wantNotice(wire.AdminLimitExceeded)
	half := b.dial(t)
	half.send(searchMessage(1, "o=acme")[:10])
	half.wantNotice(wire.AdminLimitExceeded)
	b.seen.wait(t, 2, "limit "+LimitIdle)
}

func TestAConnectionThatWaitsForAnAnswerIsNotIdle(t *testing.T) {
	idled := make(chan struct{})
	b := newBench(t, Settings{Limits: Limits{Idle: 10 * time.Millisecond}}, func(b *bench) {
		b.dir.prepare = func(view.Request) (Search, wire.Result) {
			return &fakeSearch{cost: expensive, run: func(ctx context.Context, _ view.Sink) view.Answer {
				select {
				case <-idled:
				case <-ctx.Done():
					t.Error("the search was ended")
				}
				return view.Answer{}
			}}, wire.Result{}
		}
	})
	c := b.dial(t)
	c.send(searchMessage(1, "o=acme"))
	b.dial(t).wantNotice(wire.AdminLimitExceeded) // a later connection has been idle for long enough
	b.dial(t).wantNotice(wire.AdminLimitExceeded)
	close(idled)
	c.wantCode(1, wire.OpSearchDone, wire.Success)
	c.wantNotice(wire.AdminLimitExceeded)
}

func TestAClientThatDoesNotReadIsDropped(t *testing.T) {
	for name, cost := range map[string]int{"on the reader": 0, "in the background": expensive} {
		t.Run(name, func(t *testing.T) {
			gone := make(chan struct{})
			b := newBench(t, Settings{Limits: Limits{WriteStall: 50 * time.Millisecond}}, func(b *bench) {
				b.dir.prepare = func(r view.Request) (Search, wire.Result) {
					return &fakeSearch{cost: cost, run: func(_ context.Context, out view.Sink) view.Answer {
						defer close(gone)
						for sendEntry(out, r) == nil {
						}
						return view.Answer{}
					}}, wire.Result{}
				}
			})
			c := b.dial(t)
			if err := c.conn.(*net.TCPConn).SetReadBuffer(4096); err != nil {
				t.Fatal(err)
			}
			c.send(searchFor(1, "o=acme", strings.Repeat("x", 20_000)))
			<-gone
			b.seen.wait(t, 1, "closed test")
			b.seen.wait(t, 1, "limit "+LimitWriteStall)
			if used := b.server.budget.used.Load(); used != 0 {
				t.Errorf("%d octets are still held", used)
			}
		})
	}
}
