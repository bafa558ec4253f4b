package refresh

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aclens/aclens/proxy/upstream"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
)

var (
	errUnknown = errors.New("an entry that is not known is said to have been there before")
	errNameOf  = errors.New("an entry got a name that cannot be understood")
)

// takeBatch makes the next state of what a feed tells. An error is a doubt:
// then nothing of the batch counts.
func (w *world) takeBatch(ctx context.Context, h *heldDirectory, b upstream.Batch) error {
	now := w.Clock.Now()
	s := h.scan(false)
	switch {
	case b.CatchUp:
		var err error
		if s, err = w.catchUp(ctx, h); err != nil {
			return err
		}
	case len(b.Changes) == 0 && !b.Absence && now.Sub(h.feed.settled) < h.Interval:
		h.since = b.State
		return nil
	default:
		s.asOf = now
		if err := h.merge(ctx, s, &b, w.now.snapshot.Store()); err != nil {
			return err
		}
	}
	s.since.Feed, s.since.Cookie = b.State.Feed, b.State.Cookie
	c := w.begin(false)
	for i := range w.directories {
		if w.directories[i] == h {
			c.scans[i] = s
		}
	}
	defer w.tellChanged(c.keys())       // behind the new state, and where that is refused
	if err := w.settle(c); err != nil { // was reported
		w.resync(h, ReasonRefused, err)
		h.due = now.Add(h.Interval)
		return nil
	}
	h.feed.settled = now
	w.Metrics.Changed(h.name, len(s.changes))
	w.handOver()
	w.tellHeld()
	return nil
}

// catchUp reads what changed before the feed began.
func (w *world) catchUp(ctx context.Context, h *heldDirectory) (*scan, error) {
	h.namesDue = w.Clock.Now()
	return h.readChanges(ctx, w.Clock)
}

// merge is a batch on its way into a scan: what the entries that it touches are
// after all of it.
type merge struct {
	*heldDirectory
	s      *scan
	next   map[string]outcome // by key
	order  []string           // of first touch
	ids    map[upstream.ID]string
	owners map[string]upstream.ID // the zero ID: nobody
	moved  []moved
	store  *directory.Store // of before
}

// outcome is an entry after a batch.
type outcome struct {
	draft  *directory.Draft // nil: it is gone
	sum    digest
	ground Ground // of its absence
}

// moved is an entry that got another name with something below it.
type moved struct {
	to     string                 // DN
	owners map[string]upstream.ID // of what was below it, by the part of the key that stays
}

func (h *heldDirectory) merge(ctx context.Context, s *scan, b *upstream.Batch, store *directory.Store) error {
	s.since = h.since
	m := &merge{heldDirectory: h, s: s, store: store, next: map[string]outcome{}, ids: map[upstream.ID]string{}, owners: map[string]upstream.ID{}}
	for i := range b.Changes {
		take := m.put
		if b.Changes[i].Deleted {
			take = m.remove
		}
		if err := take(&b.Changes[i]); err != nil {
			return err
		}
	}
	if b.Absence {
		if err := m.absent(b); err != nil {
			return err
		}
	}
	if err := m.follow(ctx, b.State); err != nil {
		return err
	}
	m.stage()
	return nil
}

func (m *merge) ownerOf(key string) upstream.ID {
	if id, ok := m.owners[key]; ok {
		return id
	}
	return m.feed.owners[key]
}

// keyOf is where the entry of an identity is at this point of the batch; empty
// if it is nowhere, or another entry has its name by now.
func (m *merge) keyOf(id upstream.ID) string {
	key, ok := m.ids[id]
	if !ok {
		key = m.feed.keys[id]
	}
	if key == "" || m.ownerOf(key) != id {
		return ""
	}
	return key
}

func (m *merge) known(id upstream.ID) bool {
	_, ok := m.ids[id]
	return ok || m.feed.known(id)
}

// old is where an entry was before a change; empty if it is new.
func (m *merge) old(c *upstream.Change) (key string, err error) {
	if c.ID != (upstream.ID{}) {
		return m.keyOf(c.ID), nil
	}
	if c.DN == "" {
		return "", nil
	}
	return name.KeyOf(c.DN)
}

func (m *merge) set(key string, o outcome) {
	if _, touched := m.next[key]; !touched {
		m.order = append(m.order, key)
	}
	m.next[key] = o
	if o.draft == nil {
		m.owners[key] = upstream.ID{}
	}
}

func (m *merge) put(c *upstream.Change) error {
	if c.Modified && !m.known(c.ID) {
		return fmt.Errorf("%w: %q", errUnknown, c.Draft.DN)
	}
	old, err := m.old(c)
	if err != nil {
		return err
	}
	key, sum, ok := m.s.prepare(&c.Draft)
	if !ok {
		if old != "" {
			return fmt.Errorf("%w: %q", errNameOf, c.Draft.DN)
		}
		m.identify(c.ID, "")
		return nil
	}
	if old != "" && old != key {
		m.set(old, outcome{ground: Stated})
		m.uproot(old, c.Draft.DN)
	}
	m.set(key, outcome{draft: &c.Draft, sum: sum})
	m.identify(c.ID, key)
	return nil
}

func (m *merge) identify(id upstream.ID, key string) {
	if id == (upstream.ID{}) {
		return
	}
	m.ids[id] = key
	if key != "" {
		m.owners[key] = id
	}
}

// remove takes away what is said to be gone. What is not known is gone already.
func (m *merge) remove(c *upstream.Change) error {
	key, err := m.old(c)
	if err != nil || key == "" {
		return err
	}
	if c.Within != "" {
		base, err := name.KeyOf(c.Within)
		if err != nil {
			return err
		}
		if !name.KeyUnder(key, base) {
			return nil // it moved, which was told before
		}
	}
	m.set(key, outcome{ground: Stated})
	return nil
}

// absent takes away what a feed does not say to be there.
func (m *merge) absent(b *upstream.Batch) error {
	base, err := name.KeyOf(b.Base)
	if err != nil {
		return err
	}
	there := make(map[string]bool, len(b.Present))
	for _, id := range b.Present {
		if !m.known(id) {
			return errUnknown
		}
		if key := m.keyOf(id); key != "" {
			there[key] = true
		}
	}
	m.s.whole, m.s.below = true, base
	for key := range m.entries.all() {
		if _, touched := m.next[key]; !touched && !there[key] && name.KeyUnder(key, base) {
			m.set(key, outcome{ground: Inferred})
		}
	}
	return nil
}

// uproot takes away what lies below an entry that got another name: there it is
// no more, and no feed tells so.
func (m *merge) uproot(from, to string) {
	below := m.below(from)
	if len(below) == 0 {
		return
	}
	move := moved{to: to, owners: map[string]upstream.ID{}}
	for _, key := range below {
		move.owners[strings.TrimSuffix(key, ","+from)] = m.ownerOf(key)
		m.set(key, outcome{ground: Stated})
	}
	m.moved = append(m.moved, move)
}

// follow reads what moved with entries.
func (m *merge) follow(ctx context.Context, at upstream.State) error {
	for _, move := range m.moved {
		to, err := name.KeyOf(move.to)
		if err != nil {
			return err
		}
		err = m.Feed.ReadBelow(ctx, at, move.to, func(d directory.Draft) error {
			key, sum, ok := m.s.prepare(&d)
			if !ok {
				return nil
			}
			m.set(key, outcome{draft: &d, sum: sum})
			if id, was := move.owners[strings.TrimSuffix(key, ","+to)]; was && key != to {
				m.identify(id, key)
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("reading what moved with an entry: %w", err)
		}
	}
	return nil
}

// below are the entries below a key at this point of the batch.
func (m *merge) below(key string) []string {
	var list []string
	if id, ok := m.store.Find(key); ok && m.store.Children(id).Len() > 0 {
		for each := range m.entries.all() {
			if o, touched := m.next[each]; (!touched || o.draft != nil) && each != key && name.KeyUnder(each, key) {
				list = append(list, each)
			}
		}
	}
	for each, o := range m.next {
		if !m.entries.has(each) && o.draft != nil && each != key && name.KeyUnder(each, key) {
			list = append(list, each)
		}
	}
	return list
}

// stage hands the outcome to the scan.
func (m *merge) stage() {
	s := m.s
	s.ids = m.ids
	s.stated = map[string]bool{}
	for _, key := range m.order {
		o := m.next[key]
		held, there := m.entries.get(key)
		switch {
		case o.draft != nil && (!there || held.digest != o.sum):
			s.stage(key, o.sum, *o.draft)
		case o.draft == nil && there:
			s.gone = append(s.gone, key)
			s.stated[key] = o.ground == Stated
			s.changes = append(s.changes, directory.Change{Remove: key, Source: s.source})
		}
	}
}
