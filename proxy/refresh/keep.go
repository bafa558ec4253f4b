package refresh

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"sync"
	"time"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/saved"
)

// Keep is where the last good state stays while the program does not run.
type Keep struct {
	Dir     string // of OpenKeep; empty keeps nothing
	Choices string // the settings that answers depend on: a state of others is not used
	Version string // of the program, for people
	Parts   []Part // what else is kept beside the state
}

// Part is something that belongs to a state and is kept with it. Both functions
// are called by the goroutine of Run, and have to be quick.
type Part struct {
	Name string
	Save func() func() []byte    // right after Swap, for the state that was swapped in; what it returns makes the octets, beside everything else; nil is nothing
	Load func(kept []byte) error // before the first Swap, which is that of the kept state; an error drops the part alone
}

// Names of the parts that refresh keeps itself.
const (
	partMarks       = "refresh/marks"
	partDefinitions = "refresh/definitions"
)

// How often a state is written: changes that come quickly are written together,
// and a large state does not keep the program busy writing.
const (
	keepPause = time.Second
	keepShare = 20               // a pause is at least so many times as long as the writing took
	keepAges  = 10 * time.Minute // a state of which only the age is new
	keepRetry = 10 * time.Second // after a state could not be written
)

// keeper writes states, one at a time and beside everything else.
type keeper struct {
	Keep
	jobs     chan keepJob
	done     chan keepEnd
	writing  sync.WaitGroup
	busy     bool
	due      time.Time // not before
	id       string    // of the state that is on disk or on its way
	asOf     resolver.AsOf
	wanted   time.Time // when something that is not on disk came to be; zero if there is nothing
	agesOnly bool
}

type keepJob struct {
	snapshot *resolver.Snapshot
	meta     saved.Meta
	parts    map[string]func() []byte // to be made
}

// keepEnd is how a writing ended.
type keepEnd struct {
	took   time.Duration
	failed bool
}

// write makes what remains to be made, and writes everything.
func (j *keepJob) write(dir string) error {
	for name, octets := range j.parts {
		if content := octets(); content != nil {
			j.meta.Parts[name] = content
		}
	}
	return writeWhole(dir, snapshotFile, func(out io.Writer) error { return saved.Write(out, j.snapshot, j.meta) })
}

// newKeeper begins to write; nil if nothing is to be kept.
func (w *world) newKeeper() *keeper {
	if w.Settings.Keep.Dir == "" {
		return nil
	}
	k := &keeper{Keep: w.Settings.Keep, jobs: make(chan keepJob), done: make(chan keepEnd, 1)}
	k.writing.Go(func() {
		for job := range k.jobs {
			began := w.Clock.Now()
			err := job.write(k.Dir)
			if err != nil {
				w.trouble(KindKeep, "state cannot be kept on disk", err)
			}
			k.done <- keepEnd{w.Clock.Now().Sub(began), err != nil}
		}
	})
	return k
}

// finished is told when a state is written; nil, and so never ready, if nothing
// is kept.
func (k *keeper) finished() <-chan keepEnd {
	if k == nil {
		return nil
	}
	return k.done
}

// pause is after a state was written, or could not be: then it is tried again.
func (k *keeper) pause(now time.Time, end keepEnd) {
	k.busy = false
	k.due = now.Add(max(keepPause, keepShare*end.took))
	if end.failed {
		k.due = now.Add(max(keepRetry, keepShare*end.took))
		k.id, k.wanted, k.agesOnly = "", now, false
	}
}

// nextDue is when a state is to be written; zero is not known yet.
func (k *keeper) nextDue() time.Time {
	if k == nil || k.busy || k.wanted.IsZero() {
		return time.Time{}
	}
	due := k.due
	if k.agesOnly {
		due = k.wanted.Add(keepAges)
	}
	if due.Before(k.wanted) {
		due = k.wanted
	}
	return due
}

// keepState notes that the state is another one than on disk, and writes it if
// it is time to.
func (w *world) keepState() {
	k := w.keeper
	if k == nil {
		return
	}
	now := w.Clock.Now()
	if asOf := w.now.snapshot.AsOf(); w.now.id != k.id || asOf != k.asOf {
		k.agesOnly = w.now.id == k.id
		if k.wanted.IsZero() {
			k.wanted = now
		}
	}
	if due := k.nextDue(); due.IsZero() || now.Before(due) {
		return
	}
	w.writeState()
}

func (w *world) writeState() {
	k := w.keeper
	k.busy, k.wanted, k.id, k.asOf = true, time.Time{}, w.now.id, w.now.snapshot.AsOf()
	parts := map[string]func() []byte{}
	for _, p := range k.Parts {
		parts[p.Name] = p.Save()
	}
	k.jobs <- keepJob{w.now.snapshot, w.meta(), parts}
}

// keepLast writes what is not on disk yet, and ends the writing.
func (w *world) keepLast() {
	k := w.keeper
	if k == nil {
		return
	}
	if k.busy {
		k.pause(w.Clock.Now(), <-k.done)
	}
	if w.now != nil && (w.now.id != k.id || w.now.snapshot.AsOf() != k.asOf) {
		w.writeState()
		<-k.done
	}
	close(k.jobs)
	k.writing.Wait()
}

// keepKeys writes the registry before a key that is not in it is answered with.
func (w *world) keepKeys() {
	if w.keeper == nil || !w.keys.dirty {
		return
	}
	if err := writeKeys(w.keeper.Dir, w.keys.replicas); err != nil {
		w.trouble(KindKeep, "registry of keys cannot be kept on disk", err)
		return
	}
	w.keys.dirty = false
}

// meta is what is kept beside the Snapshot. How far a feed came is not: after a
// start everything is read once, so that what the brake held is seen again.
func (w *world) meta() saved.Meta {
	return saved.Meta{
		ID: w.now.id, Version: w.keeper.Version, Changed: w.last.changed, Choices: w.keeper.Choices,
		Parts: map[string][]byte{partMarks: w.marks(), partDefinitions: w.keptDefinitions()},
	}
}

func (w *world) keptDefinitions() []byte {
	list := make([][2][]string, len(w.definitions))
	for i, d := range w.definitions {
		list[i] = [2][]string{d.types, d.classes}
	}
	text, err := json.Marshal(list)
	if err != nil {
		panic(err) // texts can always be written
	}
	return text
}

// marks are the digests of all entries, in the order of eachEntry: they cannot
// be made again of what is kept, since sources spell in ways that it does not know.
func (w *world) marks() []byte {
	var out []byte
	eachEntry(w.now.snapshot.Store(), func(e directory.Entry) {
		d := w.directories[e.Source()].entries.digest(e.Key())
		out = d.append(out)
	})
	return out
}

// eachEntry walks what a Store holds and what is hidden in it.
func eachEntry(st *directory.Store, yield func(directory.Entry)) {
	for id := range st.Cap() {
		if st.Exists(id) {
			yield(st.Entry(id))
		}
	}
	for e := range st.Shadowed() {
		yield(e)
	}
}

// readPart hands a kept part to whoever keeps it.
func (w *world) readParts(kept map[string][]byte) {
	parts := maps.Clone(kept)
	for _, p := range w.Settings.Keep.Parts {
		content, ok := parts[p.Name]
		if !ok {
			continue
		}
		if err := p.Load(content); err != nil {
			w.trouble(KindKeep, "part of the kept state is not used", fmt.Errorf("%s: %w", p.Name, err))
		}
	}
}
