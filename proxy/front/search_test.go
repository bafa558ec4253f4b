package front

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aclens/aclens/proxy/view"
	"github.com/aclens/aclens/proxy/wire"
)

func TestSearchHandsOverTheWholeRequest(t *testing.T) {
	var got view.Request
	b := newBench(t, Settings{}, func(b *bench) {
		b.dir.prepare = func(r view.Request) (Search, wire.Result) {
			got = r
			if r.MessageID != 7 || string(r.Search.Base) != "o=acme" || r.Search.Scope != wire.ScopeOne || r.Search.SizeLimit != 5 ||
				r.Search.TimeLimit != 6 || !r.Search.TypesOnly || len(r.Search.Attributes) != 2 || string(r.Search.Attributes[1]) != "mail" {
				t.Errorf("search is %+v", r.Search)
			}
			return oneEntry(r), wire.Result{}
		}
	})
	c := b.dial(t)
	r := wire.SearchRequest{Base: []byte("o=acme"), Scope: wire.ScopeOne, SizeLimit: 5, TimeLimit: 6, TypesOnly: true,
		Filter: wire.Filter{Kind: wire.Present, Attr: []byte("cn")}, Attributes: [][]byte{[]byte("cn"), []byte("mail")}}
	c.send(must(wire.AppendSearchRequest(nil, 7, &r, wire.Control{OID: wire.ControlRealAttributesOnly, Critical: true})))
	c.wantEntry(7)
	c.wantCode(7, wire.OpSearchDone, wire.Success)
	if !got.RealOnly || got.Page != nil {
		t.Errorf("request is %+v", got)
	}
}

func TestSearchPassesOnHowItEnds(t *testing.T) {
	b := newBench(t, Settings{}, func(b *bench) {
		b.dir.prepare = func(r view.Request) (Search, wire.Result) {
			if string(r.Search.Base) == "o=none" {
				return nil, wire.Result{Code: wire.NoSuchObject, MatchedDN: "o=root"}
			}
			return &fakeSearch{run: func(_ context.Context, out view.Sink) view.Answer {
				return view.Answer{Result: wire.Result{Code: wire.InsufficientAccessRights, Message: "no"}}
			}}, wire.Result{}
		}
	})
	c := b.dial(t)
	c.send(searchMessage(1, "o=none"), searchMessage(2, "o=acme"))
	if r := c.wantCode(1, wire.OpSearchDone, wire.NoSuchObject); r.MatchedDN != "o=root" {
		t.Errorf("matched DN is %q", r.MatchedDN)
	}
	c.wantCode(2, wire.OpSearchDone, wire.InsufficientAccessRights)
	if e := b.seen.lastEvent(t); e.Kind != EventDenied || e.Target != "o=acme" || e.Operation != "search" {
		t.Errorf("recorded %+v", e)
	}
}

func TestPagesGoBothWays(t *testing.T) {
	for _, cost := range []int{0, expensive} {
		var page view.Page
		b := newBench(t, Settings{}, func(b *bench) {
			b.dir.prepare = func(r view.Request) (Search, wire.Result) {
				page = view.Page{Size: r.Page.Size, Cookie: []byte(string(r.Page.Cookie))}
				return &fakeSearch{cost: cost, run: func(context.Context, view.Sink) view.Answer {
					return view.Answer{Paged: true, Cookie: []byte("next")}
				}}, wire.Result{}
			}
		})
		c := b.dial(t)
		c.send(searchMessage(1, "o=acme", wire.Control{OID: wire.ControlPagedResults, Critical: true, Value: wire.AppendPagedValue(nil, 500, []byte("this"))}))
		m := c.receive()
		controls, err := wire.ParseControls(m.Controls)
		if err != nil || len(controls) != 1 || controls[0].OID != wire.ControlPagedResults {
			t.Fatalf("answer has the controls %v, %v", controls, err)
		}
		answer, err := wire.ParsePaged(controls[0].Value)
		if err != nil || string(answer.Cookie) != "next" {
			t.Errorf("answer has the cookie %q, %v", answer.Cookie, err)
		}
		if page.Size != 500 || string(page.Cookie) != "this" {
			t.Errorf("asked for the page %+v", page)
		}
	}
}

func TestControlsAreTakenRefusedOrIgnored(t *testing.T) {
	goodPage := string(wire.AppendPagedValue(nil, 10, nil))
	search := element(byte(wire.OpSearchRequest), text("o=acme"), choice(2), choice(0), integer(0), integer(0), flag(0),
		element(0x87, []byte("cn")), element(0x30))
	who := element(byte(wire.OpExtendedRequest), element(0x80, []byte(wire.ExtendedWhoAmI)))
	tests := []struct {
		name     string
		body     []byte
		op       wire.Op
		controls [][]byte
		code     wire.ResultCode
	}{
		{"an unknown critical control is unavailable", search, wire.OpSearchDone, [][]byte{control("1.2.3", 0xff)}, wire.UnavailableCriticalExtension},
		{"an unknown control is ignored", search, wire.OpSearchDone, [][]byte{control("1.2.3", 0)}, wire.Success},
		{"criticality can be configured away", search, wire.OpSearchDone, [][]byte{control("1.2.840.113556.1.4.529", 0xff)}, wire.Success},
		{"ManageDsaIT goes with a search", search, wire.OpSearchDone, [][]byte{control(wire.ControlManageDsaIT, 0xff)}, wire.Success},
		{"ManageDsaIT with an empty value too", search, wire.OpSearchDone, [][]byte{control(wire.ControlManageDsaIT, 0xff, "")}, wire.Success},
		{"ManageDsaIT has no value", search, wire.OpSearchDone, [][]byte{control(wire.ControlManageDsaIT, 0, "x")}, wire.ProtocolError},
		{"ManageDsaIT goes with compare", compareBody(), wire.OpCompareResponse, [][]byte{control(wire.ControlManageDsaIT, 0xff)}, wire.CompareFalse},
		{"ManageDsaIT goes with who am I", who, wire.OpExtendedResponse, [][]byte{control(wire.ControlManageDsaIT, 0xff)}, wire.Success},
		{"ManageDsaIT goes with an update", addBody(), wire.OpAddResponse, [][]byte{control(wire.ControlManageDsaIT, 0xff)}, wire.UnwillingToPerform},
		{"pages go with a search", search, wire.OpSearchDone, [][]byte{control(wire.ControlPagedResults, 0xff, goodPage)}, wire.Success},
		{"a malformed page is an error though not critical", search, wire.OpSearchDone, [][]byte{control(wire.ControlPagedResults, 0, "x")}, wire.ProtocolError},
		{"a page without a value is an error", search, wire.OpSearchDone, [][]byte{control(wire.ControlPagedResults, 0xff)}, wire.ProtocolError},
		{"two pages are an error", search, wire.OpSearchDone, [][]byte{control(wire.ControlPagedResults, 0xff, goodPage), control(wire.ControlPagedResults, 0xff, goodPage)}, wire.ProtocolError},
		{"critical pages do not go with compare", compareBody(), wire.OpCompareResponse, [][]byte{control(wire.ControlPagedResults, 0xff, goodPage)}, wire.UnavailableCriticalExtension},
		{"pages are ignored by compare", compareBody(), wire.OpCompareResponse, [][]byte{control(wire.ControlPagedResults, 0, goodPage)}, wire.CompareFalse},
		{"an unknown critical control ends an update", deleteBody(), wire.OpDelResponse, [][]byte{control("1.2.3", 0xff)}, wire.UnavailableCriticalExtension},
		{"an unknown critical control ends who am I", who, wire.OpExtendedResponse, [][]byte{control("1.2.3", 0xff)}, wire.UnavailableCriticalExtension},
		{"too many controls are too many", search, wire.OpSearchDone, manyControls(200), wire.AdminLimitExceeded},
	}
	b := newBench(t, Settings{IgnoreCriticality: []string{"1.2.840.113556.1.4.529"}}, func(b *bench) {
		b.dir.prepare = func(view.Request) (Search, wire.Result) {
			return &fakeSearch{run: func(context.Context, view.Sink) view.Answer { return view.Answer{} }}, wire.Result{}
		}
	})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := b.dial(t)
			c.send(message(1, tt.body, tt.controls...))
			c.wantCode(1, tt.op, tt.code)
			c.wantWho(2, "")
		})
	}
}

func manyControls(n int) [][]byte {
	list := make([][]byte, n)
	for i := range list {
		list[i] = control("1.2."+strconv.Itoa(i), 0)
	}
	return list
}

func TestTimeLimitsReachTheSearch(t *testing.T) {
	tests := []struct {
		name string
		cost int
	}{{"on the reader", 0}, {"in the background", expensive}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, Settings{Limits: Limits{TimeLimit: 20 * time.Millisecond}}, func(b *bench) {
				b.dir.prepare = func(view.Request) (Search, wire.Result) {
					return &fakeSearch{cost: tt.cost, run: func(ctx context.Context, _ view.Sink) view.Answer {
						<-ctx.Done()
						if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
							t.Errorf("context ended with %v", ctx.Err())
						}
						return view.Answer{Result: wire.Result{Code: wire.TimeLimitExceeded}}
					}}, wire.Result{}
				}
			})
			c := b.dial(t)
			c.send(searchMessage(1, "o=acme"))
			c.wantCode(1, wire.OpSearchDone, wire.TimeLimitExceeded)
		})
	}
}

func TestTheStricterTimeLimitCounts(t *testing.T) {
	for _, tt := range []struct {
		server time.Duration
		client int
		want   time.Duration
	}{
		{0, 0, 0},
		{time.Minute, 0, time.Minute},
		{0, 5, 5 * time.Second},
		{time.Minute, 5, 5 * time.Second},
		{time.Second, 5, time.Second},
		{time.Second, 1<<31 - 1, time.Second},
	} {
		if got := timeLimit(tt.server, tt.client); got != tt.want {
			t.Errorf("server %v, client %d s: got %v, want %v", tt.server, tt.client, got, tt.want)
		}
	}
}

func TestBigAnswersArriveWhole(t *testing.T) {
	const entries = 2000
	value := strings.Repeat("v", 500)
	for _, cost := range []int{0, expensive} {
		b := newBench(t, Settings{}, func(b *bench) {
			b.dir.prepare = func(r view.Request) (Search, wire.Result) {
				return &fakeSearch{cost: cost, run: func(_ context.Context, out view.Sink) view.Answer {
					for i := range entries {
						w := wire.BeginEntry(out.Room(), r.MessageID, strconv.Itoa(i))
						w.Attribute("v", value)
						if i == entries/2 {
							w.Attribute("big", strings.Repeat(value, 1000))
						}
						if err := out.Keep(w.End()); err != nil {
							return view.Answer{Result: wire.Result{Code: wire.Other}}
						}
					}
					return view.Answer{Entries: entries}
				}}, wire.Result{}
			}
		})
		c := b.dial(t)
		c.send(searchMessage(1, "o=acme"))
		for i := range entries {
			if dn := c.wantEntry(1); dn != strconv.Itoa(i) {
				t.Fatalf("got entry %s, want %d", dn, i)
			}
		}
		c.wantCode(1, wire.OpSearchDone, wire.Success)
	}
}

func TestASlowSearchShowsWhatItHas(t *testing.T) {
	b := newBench(t, Settings{}, func(b *bench) {
		b.dir.prepare = func(r view.Request) (Search, wire.Result) {
			return &fakeSearch{cost: expensive, run: func(ctx context.Context, out view.Sink) view.Answer {
				for ctx.Err() == nil {
					if sendEntry(out, r) != nil {
						break
					}
				}
				return view.Answer{}
			}}, wire.Result{}
		}
	})
	c := b.dial(t)
	c.send(searchMessage(1, "o=acme"))
	c.wantEntry(1)
}

func TestAbandonIsNeverAnswered(t *testing.T) {
	slow := newSlowSearch()
	b := newBench(t, Settings{}, func(b *bench) { b.dir.prepare = slow.slowAt })
	c := b.dial(t)
	c.send(searchMessage(1, "slow"))
	<-slow.started
	c.send(wire.AppendAbandon(nil, 2, 1), wire.AppendAbandon(nil, 3, 99), wire.AppendAbandon(nil, 4, 4))
	if err := <-slow.ended; err != context.Canceled {
		t.Errorf("the search ended with %v", err)
	}
	b.seen.wait(t, 1, "event expensive")
	if e := b.seen.lastEvent(t); e.Code != wire.Canceled || e.Target != "slow" {
		t.Errorf("recorded %+v", e)
	}
	c.send(searchMessage(1, "o=acme")) // the id is free again
	c.wantEntry(1)
	c.wantCode(1, wire.OpSearchDone, wire.Success)
	c.wantWho(5, "")
}

func TestAnIdIsFreeOnceItsAnswerIsRead(t *testing.T) {
	b := newBench(t, Settings{}, func(b *bench) {
		b.dir.prepare = func(view.Request) (Search, wire.Result) {
			return &fakeSearch{cost: expensive, run: func(context.Context, view.Sink) view.Answer { return view.Answer{} }}, wire.Result{}
		}
	})
	for _, c := range []*client{b.dial(t), b.dialFrom(t, "")} {
		for range 200 {
			c.send(searchMessage(1, "o=acme"))
			c.wantCode(1, wire.OpSearchDone, wire.Success)
		}
	}
}

func TestOtherRequestsAreAnsweredDuringASlowSearch(t *testing.T) {
	slow := newSlowSearch()
	b := newBench(t, Settings{}, func(b *bench) { b.dir.prepare = slow.slowAt })
	c := b.dial(t)
	c.send(searchMessage(1, "slow"))
	<-slow.started
	c.wantWho(2, "")
	c.send(message(3, compareBody()))
	c.wantCode(3, wire.OpCompareResponse, wire.CompareFalse)
	close(slow.release)
	c.wantCode(1, wire.OpSearchDone, wire.Success)
	if e := b.seen.lastEvent(t); e.Kind != EventExpensive || e.Code != wire.Success {
		t.Errorf("recorded %+v", e)
	}
}

func TestTheEndOfTheConnectionEndsItsSearches(t *testing.T) {
	tests := map[string]func(*client){
		"closed":           func(c *client) { _ = c.conn.Close() },
		"unbound":          func(c *client) { c.send(wire.AppendUnbind(nil, 2)); c.wantEnd() },
		"malformed octets": func(c *client) { c.send([]byte("GET / HTTP/1.1\r\n\r\n")); c.wantNotice(wire.ProtocolError) },
		"id in use":        func(c *client) { c.send(searchMessage(1, "o=acme")); c.wantNotice(wire.ProtocolError) },
	}
	for name, end := range tests {
		t.Run(name, func(t *testing.T) {
			slow := newSlowSearch()
			b := newBench(t, Settings{}, func(b *bench) { b.dir.prepare = slow.slowAt })
			c := b.dial(t)
			c.send(searchMessage(1, "slow"))
			<-slow.started
			end(c)
			if err := <-slow.ended; err != context.Canceled {
				t.Errorf("the search ended with %v", err)
			}
			b.seen.wait(t, 1, "closed test")
		})
	}
}
