// Package proctest is what tests of running programs share: a log that can be
// read while it is written, waiting for what has to come true, and a copy that
// follows a feed. It promises that a wait ends, and says why it was in vain. It
// refuses to know aclens.
package proctest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

// Journal is a log that can be read while it is written. The zero value is empty.
type Journal struct {
	mu   sync.Mutex // guards text
	text bytes.Buffer
}

// Write adds to the log; it never fails.
func (j *Journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

// String is the log so far.
func (j *Journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// Tail is the end of the log, of so many octets at most.
func (j *Journal) Tail(most int) string {
	text := j.String()
	return text[max(0, len(text)-most):]
}

// Lines are the messages so far; what is no JSON is none.
func (j *Journal) Lines() []map[string]any {
	var list []map[string]any
	for line := range strings.Lines(j.String()) {
		var fields map[string]any
		if json.Unmarshal([]byte(line), &fields) == nil {
			list = append(list, fields)
		}
	}
	return list
}

// Eventually tries until it succeeds, and returns the last error once patience is over.
func Eventually(patience time.Duration, try func() error) error {
	deadline := time.After(patience)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		err := try()
		if err == nil {
			return nil
		}
		select {
		case <-deadline:
			return fmt.Errorf("after %v: %w", patience, err)
		case <-tick.C:
		}
	}
}

// Await fails the test unless try succeeds before patience is over.
func Await(t testing.TB, patience time.Duration, try func() error) {
	t.Helper()
	if err := Eventually(patience, try); err != nil {
		t.Fatal(err)
	}
}
