package front

import "time"

// coarse is the deadline that a connection has. To give it another costs a lock
// and a timer, and each request needs one a little later than the last: so it is
// given later than needed by some slack, and left alone for as long as that does.
type coarse struct {
	at    time.Time
	given bool
}

// slackOf is how much later than needed a deadline of so long may come.
func slackOf(limit time.Duration) time.Duration { return min(max(limit, 0)/8, time.Second) }

// move gives a deadline to set, unless the present one is right: not before
// until, and behind it by no more than slack. Zero is never.
func (c *coarse) move(until time.Time, slack time.Duration, set func(time.Time) error) error {
	if c.given && c.serves(until, slack) {
		return nil
	}
	at := until
	if !until.IsZero() {
		at = until.Add(slack)
	}
	if err := set(at); err != nil {
		c.given = false
		return err
	}
	c.at, c.given = at, true
	return nil
}

func (c *coarse) serves(until time.Time, slack time.Duration) bool {
	if until.IsZero() || c.at.IsZero() {
		return until.IsZero() && c.at.IsZero()
	}
	return !c.at.Before(until) && !c.at.After(until.Add(slack))
}
