package group

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// Somebody who is in very many groups of a long chain is told in the time that
// the graph takes once, not once a membership.
func TestManyMembershipsInALongChainCostTheGraphOnce(t *testing.T) {
	g := nested(false)
	rng := rand.New(rand.NewPCG(1, 2))
	direct := make([]ID, 5000)
	for i := range direct {
		direct[i] = ID(rng.IntN(many))
	}
	deepest := slices.Max(direct)
	for name, c := range map[string]*Closure{"kept": g.Close(everything), "lazy": g.Lazy(everything)} {
		begun := time.Now()
		up := c.Up(nil, direct)
		if len(up) != int(deepest)+1 || up[0] != 0 || up[len(up)-1] != deepest {
			t.Errorf("%s: %d groups", name, len(up))
		}
		if cap(up) > 16*many {
			t.Errorf("%s: room for %d groups", name, cap(up))
		}
		if took := time.Since(begun); took > 5*time.Second {
			t.Errorf("%s: took %v", name, took)
		}
	}
}

// A closure that computes nothing beforehand holds nothing for the groups either.
func TestALazyClosureCostsNothing(t *testing.T) {
	g := nested(false)
	if n := testing.AllocsPerRun(10, func() { g.Lazy(everything) }); n > 1 {
		t.Errorf("%v allocations", n)
	}
	r := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			g.Lazy(everything)
		}
	})
	if r.AllocedBytesPerOp() > 1024 {
		t.Errorf("%d bytes", r.AllocedBytesPerOp())
	}
}
