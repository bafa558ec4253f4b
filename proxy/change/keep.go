package change

import (
	"bytes"
	"crypto/sha256"
	"encoding/gob"
	"errors"
	"fmt"
	"slices"

	"github.com/aclens/aclens/proxy/view"
)

// magic begins every kept Log, with the version of the form.
const magic = "aclens changes 1\n"

// ErrDamaged is returned for octets that are not a whole Log as MarshalBinary
// wrote it. Nothing of them is used.
var ErrDamaged = errors.New("kept changes are damaged")

// kept is a Log as octets.
type kept struct {
	Replica  uint16
	Snapshot string
	Print    string
	Changes  []view.Change
	Moments  []view.Moment
	Known    map[string]int64
}

// MarshalBinary is the Log with the stamps of the last state, versioned and
// checksummed. It holds names, and no credential.
func (l *Log) MarshalBinary() ([]byte, error) { return l.Hold()() }

// Hold takes hold of the Log as it is now, which is quick. What it returns makes
// the octets of that, which takes seconds of a long history, and may be called
// by anybody while the Log goes on.
func (l *Log) Hold() func() ([]byte, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	k := kept{Replica: l.replica, Snapshot: l.snapshot, Print: l.print, Changes: slices.Clone(l.changes), Moments: slices.Clone(l.moments), Known: l.known}
	state := l.state
	return func() ([]byte, error) {
		if state != nil {
			k.Known = state.Known()
		}
		return k.octets()
	}
}

// HoldAt is Hold for a State that may still wait for its numbers. What it returns
// waits for them, and leaves out what was numbered behind them.
func (l *Log) HoldAt(s *view.State) func() ([]byte, error) {
	return func() ([]byte, error) {
		at := s.Moment()
		l.mu.RLock()
		k := kept{Replica: l.replica, Snapshot: s.ID, Print: s.Fingerprint(), Moments: slices.Clone(l.moments)}
		k.Moments = slices.DeleteFunc(k.Moments, func(m view.Moment) bool { return m.Last > at.Last })
		if len(k.Moments) > 0 {
			k.Changes = slices.Clone(l.changes[:at.Last-k.Moments[0].Last])
		}
		l.mu.RUnlock()
		if len(k.Moments) == 0 {
			return nil, errors.New("keeping changes: those of the state are forgotten already")
		}
		k.Known = s.Known()
		return k.octets()
	}
}

func (k *kept) octets() ([]byte, error) {
	var body bytes.Buffer
	if err := gob.NewEncoder(&body).Encode(k); err != nil {
		return nil, fmt.Errorf("keeping changes: %w", err)
	}
	sum := sha256.Sum256(body.Bytes())
	return append(append([]byte(magic), sum[:]...), body.Bytes()...), nil
}

// Restore takes up a history. It has to come before the first state; what is
// damaged or of another version is refused and the Log stays empty: consumers
// then begin again.
func (l *Log) Restore(b []byte) error {
	if len(b) < len(magic)+sha256.Size || string(b[:len(magic)]) != magic {
		return fmt.Errorf("%w: not in a form that this version knows", ErrDamaged)
	}
	body := b[len(magic)+sha256.Size:]
	if sha256.Sum256(body) != [sha256.Size]byte(b[len(magic):len(magic)+sha256.Size]) {
		return fmt.Errorf("%w: the checksum is another", ErrDamaged)
	}
	var k kept
	if err := gob.NewDecoder(bytes.NewReader(body)).Decode(&k); err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if err := k.sound(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.state != nil {
		return errors.New("changes are restored behind the first state")
	}
	l.replica, l.snapshot, l.print, l.changes, l.moments, l.known = k.Replica, k.Snapshot, k.Print, k.Changes, k.Moments, k.Known
	for i := range l.changes {
		l.bytes += size(&l.changes[i])
	}
	l.forget()
	return nil
}

// sound checks what every Log promises.
func (k *kept) sound() error {
	if k.Replica < 1 || k.Replica > 4095 || len(k.Moments) == 0 {
		return fmt.Errorf("%w: no moment or no replica", ErrDamaged)
	}
	for i := 1; i < len(k.Moments); i++ {
		if k.Moments[i].Last <= k.Moments[i-1].Last || k.Moments[i].At <= k.Moments[i-1].At {
			return fmt.Errorf("%w: moments do not ascend", ErrDamaged)
		}
	}
	first, last := k.Moments[0].Last, k.Moments[len(k.Moments)-1].Last
	if uint64(len(k.Changes)) != last-first {
		return fmt.Errorf("%w: changes are missing", ErrDamaged)
	}
	for i := range k.Changes {
		if c := &k.Changes[i]; c.Number != first+uint64(i)+1 || c.Kind < view.Added || c.Kind > view.Deleted {
			return fmt.Errorf("%w: change %d is not in its place", ErrDamaged, c.Number)
		}
	}
	return nil
}
