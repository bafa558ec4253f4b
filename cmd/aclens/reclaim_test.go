package main

import (
	"testing"
	"time"
)

func TestMemoryIsGivenBackAtOnceAndThenOnceAPause(t *testing.T) {
	began := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		sentence string
		r        *reclaimer
		wait     time.Duration
		planned  bool
	}{
		{"the first state", &reclaimer{}, 0, true},
		{"a change soon after", &reclaimer{last: began.Add(-time.Second), pause: time.Minute}, time.Minute - time.Second, true},
		{"a change long after", &reclaimer{last: began.Add(-2 * time.Minute), pause: time.Minute}, 0, true},
		{"a change while one waits", &reclaimer{last: began, timer: time.NewTimer(time.Hour)}, 0, false},
		{"a change at the very end", &reclaimer{ended: true}, 0, false},
	} {
		wait, planned := tt.r.plan(began)
		if wait != tt.wait || planned != tt.planned {
			t.Errorf("%s: %v and %v, want %v and %v", tt.sentence, wait, planned, tt.wait, tt.planned)
		}
		tt.r.end()
	}
}

func TestAPauseIsFiftyTimesAsLongAsWhatItIsBehind(t *testing.T) {
	for took, pause := range map[time.Duration]time.Duration{
		time.Millisecond: leastPause, 400 * time.Millisecond: 20 * time.Second, 3 * time.Second: mostPause,
	} {
		if got := pauseAfter(took); got != pause {
			t.Errorf("%v behind a reclaim of %v, want %v", got, took, pause)
		}
	}
}

func TestReclaimingSettlesAndCanBeEnded(t *testing.T) {
	var r reclaimer
	r.run()
	if r.last.IsZero() || r.pause < leastPause || r.timer != nil {
		t.Error("a reclaim does not note that it is done")
	}
	r.after(r.last)
	if r.timer == nil {
		t.Fatal("nothing waits for the pause to end")
	}
	r.end()
	if r.timer.Stop() {
		t.Error("it still waits after the end")
	}
}

func TestLessGarbageLiesBesideALargeHeap(t *testing.T) {
	if percentFor(largeHeap-1) != usualPercent || percentFor(largeHeap) != largePercent {
		t.Errorf("%d and %d percent", percentFor(largeHeap-1), percentFor(largeHeap))
	}
}
