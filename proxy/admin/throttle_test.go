package admin

import (
	"testing"
	"time"
)

// try is one log-in from beginning to end; false: it is not looked at.
func (t *throttle) try(remote string, refused bool) bool {
	if !t.begin(remote) {
		return false
	}
	t.end(remote, refused)
	return true
}

func TestAnAddressThatGuessesWaitsAMinute(t *testing.T) {
	now := time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	tries := newThrottle(func() time.Time { return now })
	for range refusedMost {
		if !tries.try("192.0.2.1:1000", true) {
			t.Fatal("an address waits before its last try")
		}
	}
	if tries.try("192.0.2.1:1002", false) {
		t.Error("an address with too many refused log-ins does not wait")
	}
	if !tries.try("192.0.2.2:1000", false) {
		t.Error("another address waits too")
	}
	now = now.Add(refusedWithin)
	if !tries.try("192.0.2.1:1004", true) {
		t.Error("an address still waits after a minute")
	}
	if !tries.try("192.0.2.1:1005", false) {
		t.Error("one refused log-in after the minute counts as many")
	}
}

func TestTriesAtOneTimeDoNotPassTogether(t *testing.T) {
	now := time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	tries := newThrottle(func() time.Time { return now })
	passed := 0
	for range 10 * checkedAtOnce {
		if tries.begin("192.0.2.1:1000") {
			passed++
		}
	}
	if passed != checkedAtOnce {
		t.Errorf("%d tries are looked at together, want %d", passed, checkedAtOnce)
	}
	tries.end("192.0.2.1:1000", true)
	if tries.begin("192.0.2.1:1000") {
		t.Error("another passes behind one that was refused, with many still looked at")
	}
	for range passed - 1 {
		tries.end("192.0.2.1:1000", false)
	}
	if !tries.try("192.0.2.1:1000", false) {
		t.Error("an address waits though all but one try were right")
	}
	for range 1000 {
		if !tries.try("192.0.2.1:1000", false) {
			t.Fatal("log-ins that are right count as tries")
		}
	}
}

func TestNeighboursInOneNetworkOfIPv6AreOneAddress(t *testing.T) {
	for _, c := range [][2]string{
		{"192.0.2.1:1", "192.0.2.1"}, {"[2001:db8:1:2:aaaa::1]:1", "2001:db8:1:2::/64"}, {"[2001:db8:1:2:bbbb::2]:1", "2001:db8:1:2::/64"},
		{"[2001:db8:1:3::1]:1", "2001:db8:1:3::/64"}, {"[::ffff:192.0.2.1]:1", "::ffff:192.0.2.1"}, {"[fe80::1%eth0]:1", "fe80::/64"}, {"nonsense", "nonsense"},
	} {
		if got := host(c[0]); got != c[1] {
			t.Errorf("%s counts as %s, want %s", c[0], got, c[1])
		}
	}
}
