package group

import (
	"math/rand/v2"
	"testing"
)

// forest is a graph of groups in trees six deep, three groups in each, and
// people in three groups each.
func forest(groups, people int) *Graph {
	rng := rand.New(rand.NewPCG(1, 1))
	members := make([]Members, groups)
	tops := max(1, groups/364) // 1 + 3 + 9 + 27 + 81 + 243
	for g := tops; g < groups; g++ {
		outer := (g - tops) / 3
		members[outer].Groups = append(members[outer].Groups, ID(g))
	}
	for p := range people {
		for range 3 {
			g := rng.IntN(groups)
			if n := len(members[g].Entries); n == 0 || members[g].Entries[n-1] != uint32(p) {
				members[g].Entries = append(members[g].Entries, uint32(p))
			}
		}
	}
	changed := make(map[ID]Members, groups)
	for g, m := range members {
		changed[ID(g)] = m
	}
	return Empty().With(groups, changed)
}

func BenchmarkClosure(b *testing.B) {
	const groups, people = 4_000, 20_000
	g := forest(groups, people)
	c := g.Close(everything)
	b.Run("of all groups", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			g.Close(everything)
		}
	})
	b.Run("up from a person", func(b *testing.B) {
		b.ReportAllocs()
		var direct, up []ID
		person, found := uint32(0), 0
		for b.Loop() {
			person = (person + 1) % people
			direct = g.AppendOfEntry(direct[:0], person)
			up = c.Up(up, direct)
			found += len(up)
		}
		if found < b.N {
			b.Fatalf("%d groups of %d people", found, b.N)
		}
	})
	b.Run("down from a group at the top", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			c.Down(0)
		}
	})
}
