package cache

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
)

// naive is a cache as a list: what was used last stands last.
type naive struct {
	most   int
	keys   []int
	weight map[int]int
	counts Figures // but for what is held
}

func (n *naive) held() (sum int) {
	for _, k := range n.keys {
		sum += n.weight[k]
	}
	return sum
}

func (n *naive) figures() Figures {
	f := n.counts
	f.Entries, f.Weight = len(n.keys), n.held()
	return f
}

func (n *naive) use(k int) bool {
	at := slices.Index(n.keys, k)
	if at < 0 {
		return false
	}
	n.keys = append(slices.Delete(n.keys, at, at+1), k)
	return true
}

func (n *naive) get(k int) bool {
	found := n.use(k)
	if found {
		n.counts.Hits++
	} else {
		n.counts.Misses++
	}
	return found
}

func (n *naive) put(k int) {
	if n.use(k) {
		return
	}
	for n.keys = append(n.keys, k); n.held() > n.most && len(n.keys) > 1; n.counts.Evictions++ {
		n.keys = n.keys[1:]
	}
}

func TestACacheKeepsWhatAListWould(t *testing.T) {
	for seed := range uint64(20) {
		d := rand.New(rand.NewPCG(seed, 1))
		want := &naive{most: 1 + d.IntN(60), weight: map[int]int{}}
		for k := range 30 {
			want.weight[k] = 1 + d.IntN(25) // some are heavier than all that may be kept
		}
		var use Use
		c := New(want.most, &use, func(k int, _ string) int { return want.weight[k] })
		for step := range 2000 {
			k := d.IntN(30)
			if d.IntN(2) == 0 {
				want.put(k)
				c.Put(k, fmt.Sprint(k))
			} else if v, ok := c.Get(k); ok != want.get(k) || ok && v != fmt.Sprint(k) {
				t.Fatalf("seed %d, step %d: %d gives %q, %v", seed, step, k, v, ok)
			}
			if got := c.kept.Keys(); !slices.Equal(got, want.keys) || c.Figures() != want.figures() {
				t.Fatalf("seed %d, step %d: %v, %+v; want %v, %+v", seed, step, got, c.Figures(), want.keys, want.figures())
			}
		}
		if n := want.counts; n.Hits == 0 || n.Misses == 0 || n.Evictions == 0 {
			t.Errorf("seed %d tests little: %+v", seed, n)
		}
	}
}

func TestWhoComputesTheSameAtOnceGetsTheSame(t *testing.T) {
	var use Use
	c := New(10, &use, func(string, *int) int { return 1 })
	got := make([]*int, 8)
	var begin, end sync.WaitGroup
	begin.Add(len(got))
	for i := range got {
		end.Go(func() {
			got[i] = c.Find("key", func() *int {
				begin.Done()
				begin.Wait() // everybody computes
				return &i
			})
		})
	}
	end.Wait()
	for i := range got {
		if got[i] != got[0] {
			t.Errorf("caller %d got another one than the first", i)
		}
	}
	if again := c.Find("key", func() *int { t.Error("it is computed again"); return nil }); again != got[0] {
		t.Error("another one is kept")
	}
	if got, want := c.Figures(), (Figures{Hits: 1, Misses: 8, Entries: 1, Weight: 1}); got != want {
		t.Errorf("counted %+v, want %+v", got, want)
	}
}

func TestCountsGoOnWithTheNextCache(t *testing.T) {
	var use Use
	for i := range uint64(3) {
		c := New(10, &use, func(int, int) int { return 4 })
		c.Find(1, func() int { return 1 })
		c.Find(1, func() int { return 2 })
		if got, want := c.Figures(), (Figures{Hits: i + 1, Misses: i + 1, Entries: 1, Weight: 4}); got != want {
			t.Errorf("counted %+v, want %+v", got, want)
		}
	}
}
