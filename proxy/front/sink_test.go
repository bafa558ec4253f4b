package front

import (
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// counted notes how much each write takes along.
type counted struct {
	net.Conn
	writes []int
}

func (c *counted) Write(b []byte) (int, error) {
	c.writes = append(c.writes, len(b))
	return len(b), nil
}

func (c *counted) SetWriteDeadline(time.Time) error { return nil }

func sinkOn(c *counted) *flightSink {
	s := &session{server: New(Settings{}, Parts{}), raw: c, conn: c}
	s.output.conn = c
	return &flightSink{session: s, flight: &flight{phase: atomic.Int32{}}, full: firstWater, flushed: time.Now()}
}

func TestTheFirstEntriesLeaveBeforeMuchHasGathered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &counted{}
		k := sinkOn(c)
		for range 2000 {
			if err := k.Keep(append(k.Room(), make([]byte, 100)...)); err != nil {
				t.Fatal(err)
			}
		}
		if len(c.writes) != 1+(200_000-firstWater)/(highWater+100) || c.writes[0] > firstWater+100 || c.writes[1] < highWater {
			t.Errorf("written in parts of %v", c.writes)
		}
	})
}

func TestEntriesThatComeSlowlyAreNotHeldBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &counted{}
		k := sinkOn(c)
		keep := func() {
			if err := k.Keep(append(k.Room(), make([]byte, 10)...)); err != nil {
				t.Fatal(err)
			}
		}
		for range 100 { // so fast that the clock is hardly looked at
			keep()
		}
		k.full = highWater
		for range mostUnseen + 1 {
			time.Sleep(staleAfter)
			keep()
		}
		if len(c.writes) == 0 {
			t.Fatalf("%d entries are held back for %v", mostUnseen+1, (mostUnseen+1)*staleAfter)
		}
		for range 10 { // found to be slow: each leaves at once
			before := len(c.writes)
			time.Sleep(staleAfter)
			if keep(); len(c.writes) != before+1 {
				t.Fatal("an entry is held back")
			}
		}
	})
}
