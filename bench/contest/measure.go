package contest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aclens/aclens/bench/load"
	"github.com/aclens/aclens/bench/peer"
)

// Figure is what one row cost on one peer.
type Figure struct {
	Row, Peer string
	Seen      load.Seen
	CPU       time.Duration // of the server, user and kernel, while Seen was seen
	Memory    peer.Memory   // afterwards
	Idle      int64         // octets of its own for each idle connection; 0 where there are none
	Why       error         // why there is no figure
}

// PerOperation is the server's CPU time for one operation.
// Where an answer is long, what counts is which part of it came in time.
func (f Figure) PerOperation() time.Duration {
	if f.Seen.OpsEntries < long*f.Seen.Ops {
		return part(f.CPU, f.Seen.Ops)
	}
	return time.Duration(float64(f.CPU) / float64(f.Seen.Entries) * float64(f.Seen.OpsEntries) / float64(f.Seen.Ops))
}

// long answers have so many entries.
const long = 1000

// PerEntry is the server's CPU time for one entry of an answer.
func (f Figure) PerEntry() time.Duration { return part(f.CPU, f.Seen.Entries) }

// Rate is operations a second.
func (f Figure) Rate() float64 {
	if f.Seen.Elapsed == 0 {
		return 0
	}
	return float64(f.Seen.Ops) / f.Seen.Elapsed.Seconds()
}

func part(d time.Duration, n int) time.Duration {
	if n == 0 {
		return 0
	}
	return d / time.Duration(n)
}

// Pace is how a row is measured.
type Pace struct {
	Bind     []byte
	Conns    int
	InFlight int
	Warm     time.Duration
	Time     time.Duration
	Settle   time.Duration                          // how long idle connections are left alone before memory is looked at
	Around   func(row, peer string, measure func()) // for a profile; nil for none
}

// Door is where a row asks a peer; without an address if the peer has no TLS and
// the row is about that.
func Door(p *peer.Peer, r *Row) load.Door {
	if r.TLS {
		return load.Door{Addr: p.LDAPS, TLS: p.Trust}
	}
	return load.Door{Addr: p.Addr}
}

// Measure runs a row on a peer.
func (r *Row) Measure(ctx context.Context, p *peer.Peer, pace Pace) Figure {
	f := Figure{Row: r.Key, Peer: p.Name}
	var before, after time.Duration
	var errBefore, errAfter, errIdle error
	alone, err := p.Memory()
	if err != nil {
		f.Why = err
		return f
	}
	plan := load.Plan{
		Door: Door(p, r), Bind: pace.Bind, Conns: pace.Conns, InFlight: pace.InFlight, Idle: r.Idle,
		Requests: r.requests, Codes: r.codes, Warm: pace.Warm, Time: pace.Time,
		Started: func() { before, errBefore = p.CPU() },
		Stopped: func() { after, errAfter = p.CPU() },
		Settle:  pace.Settle,
		Settled: func() {
			var m peer.Memory
			m, errIdle = p.Memory()
			f.Idle = (m.Own - alone.Own) / int64(r.Idle)
		},
	}
	if r.Conns > 0 {
		plan.Conns = min(r.Conns, pace.Conns)
	}
	if r.InFlight > 0 {
		plan.InFlight = r.InFlight
	}
	measure := func() { f.Seen, f.Why = load.Run(ctx, plan) }
	if pace.Around != nil {
		pace.Around(r.Key, p.Name, measure)
	} else {
		measure()
	}
	f.CPU = after - before
	memory, err := p.Memory()
	f.Memory, f.Why = memory, errors.Join(f.Why, errBefore, errAfter, errIdle, err)
	if f.Why == nil && f.Seen.Ops == 0 {
		f.Why = fmt.Errorf("no answer within %v", pace.Time)
	}
	return f
}

// Short returns the row with its first n requests alone.
func (r Row) Short(n int) Row {
	r.requests = r.requests[:min(n, len(r.requests))]
	return r
}

// Warm asks every request of the row once.
func (r *Row) Warm(ctx context.Context, door load.Door, bind []byte) error {
	return r.Check(ctx, door, bind, len(r.requests))
}

// Request is the n-th request as a whole message with id 1.
func (r *Row) Request(n int) []byte { return r.requests[n].Whole(1) }
