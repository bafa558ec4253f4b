package change

import (
	"math/rand/v2"
	"sync"
	"time"

	"github.com/aclens/aclens/proxy/view"
)

// How much is remembered. A consumer that was away longer begins again.
const (
	mostChanges = 200_000   // a change of the group of everybody in a large company, twice
	mostBytes   = 128 << 20 // at some hundred octets each, mostly texts that many share
)

// Log is the history of one replica. It is safe for concurrent use.
type Log struct {
	now func() time.Time

	mu       sync.RWMutex  // guards what follows
	replica  uint16        // 1 to 4095
	changes  []view.Change // ascending by number, without gaps
	bytes    int
	moments  []view.Moment // of the states whose changes are remembered, and of the one before them
	snapshot string        // id of the state that the last moment belongs to
	print    string        // fingerprint of the rules and settings it was seen under
	known    map[string]int64
	state    *view.State // the last, whose stamps are kept on disk
}

// New is a Log that remembers nothing. Replicas are told apart by a number that
// is drawn here and kept with the history.
func New(now func() time.Time) *Log {
	return &Log{now: now, replica: uint16(1 + rand.IntN(4095))} //nolint:gosec // no secret: it tells replicas apart
}

// Replica tells the proxies apart that serve the same directory.
func (l *Log) Replica() uint16 {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.replica
}

// Begin joins the first state of a View to what was restored, or to what another
// View of this process answered last, if that ended with it.
func (l *Log) Begin(s *view.State) (view.Moment, map[string]int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	known := l.known
	l.known = nil
	if known == nil && l.state != nil {
		known = l.state.Known() // another View begins where one of this process answered
	}
	if len(l.moments) == 0 || l.snapshot != s.ID || l.print != s.Fingerprint() {
		at := l.tick(0)
		last := l.last()
		l.changes, l.bytes = nil, 0
		l.moments = []view.Moment{{Last: last.Last, At: at, Base: at}}
		known = nil
	}
	l.settle(s)
	return l.last(), known
}

func (l *Log) settle(s *view.State) { l.snapshot, l.print, l.state = s.ID, s.Fingerprint(), s }

func (l *Log) last() view.Moment {
	if len(l.moments) == 0 {
		return view.Moment{}
	}
	return l.moments[len(l.moments)-1]
}

// tick is the next time of change: later than every other, and than highest.
func (l *Log) tick(highest int64) int64 {
	return max(l.now().UnixMicro(), l.last().At+1, highest+1)
}

// Append numbers changes. They get one time, for they are one step.
func (l *Log) Append(s *view.State, changes []view.Change, highest int64) view.Moment {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.settle(s)
	m := l.last()
	if len(changes) == 0 {
		return m
	}
	m.At = l.tick(highest)
	at := time.UnixMicro(m.At).UTC()
	for i := range changes {
		m.Last++
		changes[i].Number, changes[i].Time = m.Last, at
		l.bytes += size(&changes[i])
	}
	l.changes = append(l.changes, changes...)
	l.moments = append(l.moments, m)
	l.forget()
	return m
}

// forget drops the oldest steps beyond what is remembered, whole.
func (l *Log) forget() {
	for len(l.moments) > 1 && (len(l.changes) > mostChanges || l.bytes > mostBytes) {
		n := int(l.moments[1].Last - l.moments[0].Last)
		for i := range n {
			l.bytes -= size(&l.changes[i])
			l.changes[i] = view.Change{}
		}
		l.changes, l.moments = l.changes[n:], l.moments[1:]
	}
}

// size is about what a change occupies.
func size(c *view.Change) int {
	n := 200 + len(c.DN) + len(c.Key) + 2*len(c.Was.Rules) + 16*(len(c.Attributes)+len(c.Quiet)) + len(c.Subject[0]) + len(c.Subject[1])
	if a := c.Access; a != nil {
		n += 200 + len(a.User) + len(a.DN) + len(a.Database)
		for _, s := range []*view.Standing{&a.From, &a.To} {
			for _, list := range [][]string{s.Roles, s.Winning, s.Shown} {
				for _, text := range list {
					n += 16 + len(text)
				}
			}
		}
	}
	return n
}

// First is the lowest number that is remembered, one behind the last if none is.
func (l *Log) First() uint64 {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.first()
}

func (l *Log) first() uint64 {
	if len(l.moments) == 0 {
		return 1
	}
	return l.moments[0].Last + 1
}

// Find is the number that a time of change belongs to.
func (l *Log) Find(at int64) (uint64, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	for i := len(l.moments) - 1; i >= 0; i-- {
		if l.moments[i].At == at {
			return l.moments[i].Last, true
		}
	}
	return 0, false
}

// copied is how many changes are taken out of the Log at one time: whoever asks
// for all of them, or is answered slowly, holds a copy of no more.
const copied = 1000

// Between yields the changes with from < Number <= to in order, until yield
// returns false; false: they are not all remembered, or not any longer. A change
// is valid until yield returns.
func (l *Log) Between(from, to uint64, yield func(*view.Change) bool) bool {
	some := make([]view.Change, 0, min(copied, max(from, to)-from))
	for {
		var ok bool
		if some, ok = l.next(some[:0], from, to); !ok {
			return false
		}
		for i := range some {
			if !yield(&some[i]) {
				return true
			}
		}
		if from += uint64(len(some)); from >= to {
			return true
		}
	}
}

// next appends a copy of the first changes behind a number: forget clears what
// it drops.
func (l *Log) next(some []view.Change, from, to uint64) ([]view.Change, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	first := l.first()
	if from+1 < first || to > l.last().Last {
		return nil, false
	}
	if from >= to {
		return some, true
	}
	return append(some, l.changes[from+1-first:min(to, from+copied)+1-first]...), true
}
