package main

import (
	"testing"
	"time"
)

func TestMemoryIsGivenBackAfterTheFirstStateAndThenNowAndAgain(t *testing.T) {
	began := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	var r reclaimer
	for _, tt := range []struct {
		sentence string
		after    time.Duration
		want     bool
	}{
		{"the first state", 0, true},
		{"a change at once", time.Second, false},
		{"a change just before the pause ends", reclaimPause - 1, false},
		{"a change later", reclaimPause, true},
		{"and one right behind it", reclaimPause + time.Second, false},
	} {
		if got := r.due(began.Add(tt.after)); got != tt.want {
			t.Errorf("%s: due is %v", tt.sentence, got)
		}
	}
}
