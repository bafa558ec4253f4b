package group

import (
	"runtime"
	"testing"
	"time"
)

const many = 100_000

// nested is a graph of groups where each holds the next; with loop the last
// holds the first. The only person is in the last.
func nested(loop bool) *Graph {
	changed := make(map[ID]Members, many)
	for id := range ID(many) {
		switch {
		case id+1 < many:
			changed[id] = Members{Groups: []ID{id + 1}}
		case loop:
			changed[id] = Members{Groups: []ID{0}, Entries: []uint32{7}}
		default:
			changed[id] = Members{Entries: []uint32{7}}
		}
	}
	return Empty().With(many, changed)
}

var everything = Rule{Counts: func(ID) bool { return true }, Expands: func(ID) bool { return true }}

// TestNestingOfAnyShapeIsAffordable bounds memory; time is bounded by a limit
// that only another order of growth would pass.
func TestNestingOfAnyShapeIsAffordable(t *testing.T) {
	rows := []struct {
		title string
		loop  bool
		depth int
		inAll bool // the person of the last group is in the first
	}{
		{"a chain", false, 0, true},
		{"a chain with a limit of depth", false, 50, false},
		{"one cycle", true, 0, true},
		{"one cycle with a limit of depth", true, 50, false},
	}
	for _, r := range rows {
		t.Run(r.title, func(t *testing.T) {
			begun, before := time.Now(), heap()
			g := nested(r.loop)
			rule := everything
			rule.Depth = r.depth
			c := g.Close(rule)
			checkNested(t, g, c, r.depth, r.inAll)
			if grown := heap() - before; grown > 512<<20 {
				t.Errorf("the closure keeps %d MiB", grown>>20)
			}
			if took := time.Since(begun); took > time.Minute {
				t.Errorf("took %v", took)
			}
			runtime.KeepAlive(c)
		})
	}
}

func checkNested(t *testing.T, g *Graph, c *Closure, depth int, inAll bool) {
	t.Helper()
	want := many
	if depth > 0 {
		want = depth
	}
	direct := g.AppendOfEntry(nil, 7)
	if up := c.Up(nil, direct); len(up) != want {
		t.Errorf("the person is in %d groups, want %d", len(up), want)
	}
	if in := c.Down(0).Entries.Contains(7); in != inAll {
		t.Errorf("the first group holds the person: %v, want %v", in, inAll)
	}
	if path := c.Path(direct, many-1); len(path) != 1 {
		t.Errorf("the path to the last group has %d groups, want 1", len(path))
	}
	if cycles := c.Cycles(); len(cycles) > 1 || len(cycles) == 1 && len(cycles[0]) != many {
		t.Errorf("%d cycles", len(cycles))
	}
	for _, id := range []ID{0, many / 2, many - 1} {
		if n := len(c.Above(id)); depth == 0 && len(c.Cycles()) == 0 && n != int(id)+1 {
			t.Errorf("%d groups above %d, want %d", n, id, id+1)
		}
	}
	if d := c.Depths(); len(d) != many || d[0] < d[many-1] {
		t.Errorf("depths go from %d to %d", d[0], d[many-1])
	}
}

func heap() int {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
