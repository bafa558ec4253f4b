package front

import (
	"errors"
	"time"

	"github.com/aclens/aclens/proxy/wire"
)

// inlineSink gathers the messages of a search that runs on the reader among
// the session's other answers.
type inlineSink session

func (k *inlineSink) Room() []byte { return (*session)(k).room() }

func (k *inlineSink) Keep(b []byte) error { return (*session)(k).keep(b) }

// room is the buffer for the reader's answers.
func (s *session) room() []byte {
	if s.out == nil {
		s.out = takeBuffer()
	}
	return s.out
}

// keep takes the buffer back and writes it out when much has gathered.
func (s *session) keep(b []byte) error {
	s.out = b
	if len(b) < highWater {
		return nil
	}
	return s.flush()
}

// flush writes the reader's answers and gives their buffer up.
func (s *session) flush() error {
	if len(s.out) == 0 {
		return nil
	}
	err := s.transmit(s.out, nil)
	giveBuffer(s.out)
	s.out = nil
	return err
}

// transmit writes whole messages; a client that does not take them loses the connection.
func (s *session) transmit(b []byte, allowed func() bool) error {
	n, err := s.output.send(b, s.server.inForce().Limits.WriteStall, allowed)
	s.server.metrics.BytesOut(n)
	if err == nil || errors.Is(err, errGone) {
		return err
	}
	if isTimeout(err) {
		s.server.limit(LimitWriteStall)
	}
	s.cut()
	return errGone
}

// flightSink gathers the messages of one background search and writes them
// while nobody has answered in its stead.
type flightSink struct {
	session *session
	flight  *flight
	out     []byte
	full    int // octets after which out is written; few before the first time
	flushed time.Time

	// Looking at the clock costs as much as a small entry. As long as entries come
	// fast it is not looked at for each.
	looked  time.Time
	unseen  int // entries since
	between int // entries between two looks
}

const (
	firstWater = 2 << 10              // the first answers are not held back for others
	fast       = 2 * time.Millisecond // between two looks at the clock
	mostUnseen = 7                    // entries between them
)

// late tells whether what is held back has waited for long enough.
func (k *flightSink) late() bool {
	if k.unseen++; k.unseen <= k.between {
		return false
	}
	now := time.Now()
	if now.Sub(k.looked) < fast {
		k.between = min(2*k.between+1, mostUnseen)
	} else {
		k.between = 0
	}
	k.looked, k.unseen = now, 0
	return now.Sub(k.flushed) >= staleAfter
}

// Room is the buffer to append one message to.
func (k *flightSink) Room() []byte {
	if k.out == nil {
		k.out = takeBuffer()
	}
	return k.out
}

// Keep takes the buffer back. What a slow search has found is not held back for long.
func (k *flightSink) Keep(b []byte) error {
	k.out = b
	if k.flight.phase.Load() != running {
		return errGone
	}
	if len(b) < k.full && !k.late() {
		return nil
	}
	return k.flush()
}

func (k *flightSink) flush() error {
	err := k.session.transmit(k.out, func() bool { return k.flight.phase.Load() != ended })
	k.out, k.flushed, k.full = k.out[:0], time.Now(), highWater
	if cap(k.out) > keptOutput {
		k.out = nil
	}
	return err
}

// finish sends the last message of the search.
func (k *flightSink) finish(r wire.Result, controls ...wire.Control) {
	k.out = wire.AppendResult(k.Room(), k.flight.call.id, wire.OpSearchDone, r, controls...)
	_ = k.flush() // a client that is gone needs no answer
}
