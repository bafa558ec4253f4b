package front

import (
	"context"
	"testing"
	"time"

	"github.com/aclens/aclens/proxy/view"
	"github.com/aclens/aclens/proxy/wire"
)

func TestWhatASearchCostsIsCountedAndSoIsTheLimitThatEndedIt(t *testing.T) {
	for _, tt := range []struct {
		name        string
		code        wire.ResultCode
		server      time.Duration
		client      int // seconds
		limit, none string
	}{
		{"for what it cost", wire.AdminLimitExceeded, 0, 0, LimitSearchCost, LimitTime},
		{"by the server's time", wire.TimeLimitExceeded, time.Second, 5, LimitTime, LimitSearchCost},
		{"by the client's own time", wire.TimeLimitExceeded, time.Minute, 5, "", LimitTime},
		{"by the client's own size", wire.SizeLimitExceeded, 0, 0, "", LimitSearchCost},
		{"by nothing", wire.Success, 0, 0, "", LimitSearchCost},
	} {
		for where, cost := range map[string]int{"on the reader": 0, "in the background": expensive} {
			t.Run(tt.name+" "+where, func(t *testing.T) {
				b := newBench(t, Settings{Limits: Limits{TimeLimit: tt.server}}, func(b *bench) {
					b.dir.prepare = func(view.Request) (Search, wire.Result) {
						return &fakeSearch{cost: cost, run: func(context.Context, view.Sink) view.Answer {
							return view.Answer{Visited: 17, Result: wire.Result{Code: tt.code}}
						}}, wire.Result{}
					}
				})
				c := b.dial(t)
				r := wire.SearchRequest{TimeLimit: tt.client, Filter: wire.Filter{Kind: wire.Present, Attr: []byte("cn")}}
				c.send(must(wire.AppendSearchRequest(nil, 1, &r)))
				c.wantCode(1, wire.OpSearchDone, tt.code)
				if n, visited := b.seen.count("searched"), b.seen.count("visited"); n != 1 || visited != 17 {
					t.Errorf("%d searches looked at %d entries, want one at 17", n, visited)
				}
				if tt.limit != "" && b.seen.count("limit "+tt.limit) != 1 || b.seen.count("limit "+tt.none) != 0 {
					t.Errorf("limits %s and %s are counted %d and %d times", tt.limit, tt.none, b.seen.count("limit "+tt.limit), b.seen.count("limit "+tt.none))
				}
			})
		}
	}
}
