package refresh

import "time"

// Clock is where the time comes from.
type Clock interface {
	Now() time.Time
	// Timer sends on the channel once after d, at once if d is not positive;
	// stop releases it.
	Timer(d time.Duration) (expired <-chan time.Time, stop func())
}

type systemClock struct{}

func (systemClock) Now() time.Time { return time.Now() }

func (systemClock) Timer(d time.Duration) (<-chan time.Time, func()) {
	t := time.NewTimer(d)
	return t.C, func() { t.Stop() }
}
