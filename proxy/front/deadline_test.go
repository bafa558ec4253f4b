package front

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestDeadlineContextAgreesWithTheStandardOne(t *testing.T) {
	past, future := time.Now().Add(-time.Second), time.Now().Add(time.Hour)
	for name, deadline := range map[string]time.Time{"past": past, "future": future} {
		for _, canceled := range []bool{false, true} {
			parent, cancel := context.WithCancel(context.Background())
			if canceled {
				cancel()
			}
			c := &deadlineContext{Context: parent, deadline: deadline}
			twin, cancelTwin := context.WithDeadline(parent, deadline)
			if got, want := c.Err(), twin.Err(); !canceled && !errors.Is(got, want) || (got == nil) != (want == nil) {
				t.Errorf("%s, canceled %v: got %v, want %v", name, canceled, got, want)
			}
			if got, ok := c.Deadline(); !ok || !got.Equal(deadline) {
				t.Errorf("%s: deadline is %v", name, got)
			}
			if isDone(c) != isDone(twin) {
				t.Errorf("%s, canceled %v: done %v, want %v", name, canceled, isDone(c), isDone(twin))
			}
			cancel()
			if !isDone(c) || c.Err() == nil {
				t.Errorf("%s: not done with its parent", name)
			}
			c.release()
			cancelTwin()
		}
	}
}

func isDone(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return true
	default:
		return false
	}
}

func TestDeadlineContextStaysAsItWas(t *testing.T) {
	parent, cancel := context.WithCancel(context.Background())
	c := &deadlineContext{Context: parent, deadline: time.Now().Add(-time.Second)}
	defer c.release()
	first := c.Err()
	cancel()
	if second := c.Err(); first != context.DeadlineExceeded || second != first {
		t.Errorf("got %v and then %v", first, second)
	}
}

func TestDeadlineContextHasNoTimerUnlessWaitedFor(t *testing.T) {
	c := &deadlineContext{Context: context.Background(), deadline: time.Now().Add(time.Hour)}
	defer c.release()
	if c.Err() != nil || c.timed != nil {
		t.Error("looking at the error makes a timer")
	}
	child, cancel := context.WithCancel(c)
	defer cancel()
	if child.Err() != nil || c.timed == nil {
		t.Error("a child does not wait for it")
	}
}
