package admin

import (
	"testing"
	"time"
)

func TestAnAddressThatGuessesWaitsAMinute(t *testing.T) {
	now := time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	tries := newThrottle(func() time.Time { return now })
	for range refusedMost {
		if !tries.may("192.0.2.1:1000") {
			t.Fatal("an address waits before its last try")
		}
		tries.refused("192.0.2.1:1001")
	}
	if tries.may("192.0.2.1:1002") {
		t.Error("an address with too many refused log-ins does not wait")
	}
	if !tries.may("192.0.2.2:1000") {
		t.Error("another address waits too")
	}
	now = now.Add(refusedWithin)
	if !tries.may("192.0.2.1:1003") {
		t.Error("an address still waits after a minute")
	}
	tries.refused("192.0.2.1:1004")
	if !tries.may("192.0.2.1:1005") {
		t.Error("one refused log-in after the minute counts as many")
	}
}
