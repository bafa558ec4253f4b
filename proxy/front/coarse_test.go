package front

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"
)

func TestACoarseDeadlineIsNeverEarlyAndNeverLateByMoreThanItsSlack(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 2))
	now := time.Unix(1_000_000, 0)
	var c coarse
	var present time.Time
	set, asked := 0, 0
	for range 20_000 {
		now = now.Add(time.Duration(rng.Int64N(int64(50 * time.Millisecond))))
		var until time.Time
		slack := time.Duration(0)
		switch rng.IntN(200) {
		case 0: // never
		case 1:
			until = now.Add(time.Minute)
			slack = slackOf(time.Minute)
		case 2:
			until = now
		default:
			until = now.Add(5 * time.Second)
			slack = slackOf(5 * time.Second)
		}
		asked++
		if err := c.move(until, slack, func(at time.Time) error { present = at; set++; return nil }); err != nil {
			t.Fatal(err)
		}
		if until.IsZero() != present.IsZero() || present.Before(until) || !until.IsZero() && present.After(until.Add(slack)) {
			t.Fatalf("needed %v and %v of slack, got %v", until, slack, present)
		}
	}
	if set > asked/5 {
		t.Errorf("%d of %d are set", set, asked)
	}
}

func TestADeadlineThatCouldNotBeSetIsTriedAgain(t *testing.T) {
	var c coarse
	broken, until, set := errors.New("broken"), time.Unix(5, 0), 0
	if err := c.move(until, time.Second, func(time.Time) error { return broken }); !errors.Is(err, broken) {
		t.Error(err)
	}
	for range 2 {
		if err := c.move(until, time.Second, func(time.Time) error { set++; return nil }); err != nil {
			t.Error(err)
		}
	}
	if set != 1 {
		t.Errorf("set %d times", set)
	}
}

func TestSlackIsASmallPartOfTheLimit(t *testing.T) {
	for limit, want := range map[time.Duration]time.Duration{-1: 0, 0: 0, 80 * time.Millisecond: 10 * time.Millisecond, 8 * time.Second: time.Second, time.Hour: time.Second} {
		if got := slackOf(limit); got != want {
			t.Errorf("%v: %v, want %v", limit, got, want)
		}
	}
}
