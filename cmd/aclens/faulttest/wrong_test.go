package faulttest

import (
	"context"
	"math/rand/v2"
	"time"
)

// wrong is something that goes wrong with a directory, or the way to it.
type wrong struct {
	name       string
	lasts      time.Duration
	begin, end func()
}

// wrongs are the kinds, each with a variant for every other round.
func (s *soak) wrongs() [][]wrong {
	truncating := func(within int) func() { return func() { s.road.truncate(within) } }
	return [][]wrong{
		{{"killed and started again", 800 * time.Millisecond, s.slapd.Stop, s.slapd.Restart}},
		{{"frozen beyond the time limit", 2800 * time.Millisecond, s.slapd.Pause, s.slapd.Resume},
			{"frozen for a moment", 1200 * time.Millisecond, s.slapd.Pause, s.slapd.Resume}},
		{{"slow", 2 * time.Second, func() { s.road.slow(400 * time.Millisecond) }, s.road.smooth}},
		{{"cut", 0, s.road.cut, s.road.smooth}},
		{{"cut off for a while", 1500 * time.Millisecond, s.road.block, s.road.smooth}},
		{{"truncated soon", 1500 * time.Millisecond, truncating(600), s.road.smooth},
			{"truncated later", 2 * time.Second, truncating(20_000), s.road.smooth}},
	}
}

// goWrong lets one thing after the other go wrong until ctx ends, each kind as
// often as the others. The last one is ended.
func (s *soak) goWrong(ctx context.Context, d *rand.Rand) {
	kinds := s.wrongs()
	pause(ctx, faultEvery/2)
	for round := 0; ctx.Err() == nil; round++ {
		for _, n := range d.Perm(len(kinds)) {
			if ctx.Err() != nil {
				return
			}
			begun := time.Now()
			w := kinds[n][round%len(kinds[n])]
			s.troubles.begin(w.name)
			w.begin()
			pause(ctx, w.lasts)
			w.end()
			s.troubles.end()
			pause(ctx, faultEvery-time.Since(begun))
		}
	}
}
