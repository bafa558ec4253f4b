package refresh

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/finding"
	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/schema"
)

// state is a Snapshot and what goes with it.
type state struct {
	id        string
	snapshot  *resolver.Snapshot
	schema    *schema.Schema
	databases *arranged
	servers   *servers
	made      time.Time
	advice    []finding.Finding // about what is in it; nil is not known yet
	adviceOf  string            // id of the state that they are of
	unadvised bool              // they are of a state before it, until they are found anew
}

// settle makes the next state of what was read. Where nothing but ages changed
// the state stays and grows younger. An error means that the next state was
// refused: then the old one stays, nothing of what was read is held, and the
// same is tried again with the next reading.
func (w *world) settle(c *candidate) error {
	began := w.Clock.Now()
	next, refused, changed := w.build(c)
	if w.brake(c, next.snapshot) {
		c.forgetRefused()
		next, refused, changed = w.build(c)
	}
	if changed {
		err := w.judge(next)
		w.heldErr = w.held(err)
		if err != nil {
			return err
		}
	}
	w.commit(c, next, refused)
	next.made = w.Clock.Now()
	switch {
	case !changed && next.advice != nil && slices.Equal(next.databases.problems, w.now.databases.problems):
		next.unadvised = w.now.unadvised
	case w.atOnce(next):
		next.advice, next.adviceOf = append([]finding.Finding{}, w.advise(next)...), next.id // nil is not known yet
	default:
		next.unadvised = true
	}
	w.keys.learn(next.databases.set)
	w.keepKeys()
	if w.now = next; changed {
		w.Metrics.Refreshed(w.counts(next), w.Clock.Now().Sub(began))
	}
	return nil
}

// build makes a Snapshot of what is held and what was read. refused are the
// entries that it did not take.
func (w *world) build(c *candidate) (next *state, refused map[string]bool, changed bool) {
	next = &state{databases: w.databases, servers: w.servers, schema: c.schema}
	changes := c.changes()
	asOf := w.asOf(c)
	var faults []directory.Fault
	switch {
	case w.now == nil || c.fresh:
		changed = true
		next.snapshot, faults = resolver.Build(resolver.Input{
			Settings: w.Resolver, Entries: changes, Store: directory.Empty(c.schema),
			Databases: w.databases.set, Servers: w.servers.list, AsOf: asOf,
		})
	default:
		change := resolver.Change{Entries: changes, AsOf: asOf}
		changed = len(changes) > 0
		if w.databases.sum != w.now.databases.sum {
			change.Databases, changed = w.databases.set, true
		}
		if w.servers.sum != w.now.servers.sum {
			change.Servers, changed = w.servers.list, true
		}
		next.advice, next.adviceOf = w.now.advice, w.now.adviceOf
		if next.snapshot = w.now.snapshot; changed || asOf != next.snapshot.AsOf() {
			next.snapshot, faults = next.snapshot.Update(change)
		}
	}
	refused = w.refused(c, faults)
	next.id = w.identify(c, refused)
	return next, refused, changed
}

// changes joins what the scans found.
func (c *candidate) changes() []directory.Change {
	var only []directory.Change
	for _, s := range c.scans {
		switch {
		case s == nil || len(s.changes) == 0:
		case only == nil:
			only = s.changes
		default:
			only = append(only, s.changes...)
		}
	}
	return only
}

// refused notes the entries that the Store did not take, where what was there
// stays, and what it left out of others.
func (w *world) refused(c *candidate, faults []directory.Fault) map[string]bool {
	keys := map[string]bool{}
	for _, f := range faults {
		key, err := name.KeyOf(f.DN)
		if err != nil {
			continue // no scan stages such an entry
		}
		if !f.Taken {
			keys[key] = true
		}
		for _, s := range c.scans {
			if s == nil {
				continue
			}
			if _, staged := s.put[key]; staged {
				s.refused = append(s.refused, Fault{Severity: finding.Error, File: "directory " + s.name, Subject: fmt.Sprintf("entry %q", f.DN), Err: f.Err})
			}
		}
	}
	return keys
}

// forgetRefused is for a candidate that is built once more.
func (c *candidate) forgetRefused() {
	for _, s := range c.scans {
		if s != nil {
			s.refused = nil
		}
	}
}

// judge decides whether the next state may answer. It is the one place that every
// state passes.
func (w *world) judge(next *state) error {
	return w.Check(next.snapshot)
}

// held reports a refusal that is new.
func (w *world) held(err error) error {
	if err != nil && (w.heldErr == nil || w.heldErr.Error() != err.Error()) {
		w.trouble(KindHeld, "new state is refused, the old one stays", err)
	}
	return err
}

// commit makes what was read what is held.
func (w *world) commit(c *candidate, next *state, refused map[string]bool) {
	now := w.Clock.Now()
	for i, s := range c.scans {
		if s == nil {
			continue
		}
		s.faults = append(s.faults, s.refused...)
		for _, f := range s.faults {
			if !w.directories[i].knows(f) {
				w.trouble(KindEntry, "entry of a directory is left out", f)
			}
		}
		w.newPasswords = w.newPasswords || len(s.changes) > 0 || len(s.passwords)+len(w.directories[i].passwords) > 0
		w.directories[i].commit(s, refused, now)
		w.directories[i].hold = s.hold
	}
	w.schema, w.definitions = next.schema, c.definitions
}

// identify is the id of a state: a function of the entries of all directories,
// the databases, the servers and the settings, and of nothing else; not of when
// and in which order they were read.
func (w *world) identify(c *candidate, refused map[string]bool) string {
	h := sha256.New()
	write(h, "aclens snapshot 1", w.choices())
	for i, held := range w.directories {
		total := held.total
		if s := c.scans[i]; s != nil {
			if s.fresh {
				total = digest{}
			}
			total = s.total(total, refused)
		}
		h.Write(binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, total.high), total.low))
	}
	h.Write(w.databases.sum[:])
	h.Write(w.servers.sum[:])
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// choices are the settings as a text. Functions have no text of their own:
// Settings.Choices stands for them.
func (w *world) choices() string {
	r := w.Resolver
	r.Person, r.Group, r.Server = nil, nil, nil
	return fmt.Sprintf("%#v %q", r, w.Choices)
}

// asOf says how old the state is that a candidate leads to.
func (w *world) asOf(c *candidate) resolver.AsOf {
	at := resolver.AsOf{ACL: w.databases.asOf, Server: w.servers.asOf}
	for i, h := range w.directories {
		if i > 0 && !w.Resolver.Directories[i].Groups {
			continue
		}
		of := h.asOf
		if s := c.scans[i]; s != nil {
			of = s.asOf
		}
		at.Directory = earlier(at.Directory, of)
	}
	return at
}
