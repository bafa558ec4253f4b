package refresh

import (
	"context"
	"errors"

	"github.com/aclens/aclens/proxy/upstream"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
)

// readContent reads everything, in the way that the feed of the directory asks
// for; a directory that does not give it is polled from then on.
func (h *heldDirectory) readContent(ctx context.Context, clock Clock, fresh bool) (*scan, error) {
	begin := func() *scan {
		s := h.scan(fresh)
		s.asOf, s.full = clock.Now(), true
		return s
	}
	s := begin()
	if h.feed == nil {
		var err error
		s.since, err = h.Live.ReadAll(ctx, s.take)
		return s, err
	}
	wanted := h.Directory.Mode
	if wanted == "" {
		wanted = upstream.ModeAuto
	}
	var err error
	s.since, err = h.Feed.ReadContent(ctx, wanted, h.since, s.takeWhole)
	h.feed.refused = errors.Is(err, upstream.ErrNoFeed)
	if !h.feed.refused {
		return s, err
	}
	h.feed.err = err
	s = begin()
	s.since, err = h.Live.ReadAll(ctx, s.take)
	return s, err
}

// takeWhole is take with the identity of the entry.
func (s *scan) takeWhole(id upstream.ID, d directory.Draft) error {
	s.ids.note(id, d.DN)
	return s.take(d)
}

// takeNamed is takeChange with the identity that the entry shows.
func (s *scan) takeNamed(d directory.Draft) error {
	s.ids.note(upstream.Identity(s.feed, &d), d.DN)
	return s.takeChange(d)
}

// idKeys are identities that a pass found: the keys of their entries, empty for
// one whose name cannot be understood.
type idKeys map[upstream.ID]string

func (n *idKeys) note(id upstream.ID, dn string) {
	if id == (upstream.ID{}) {
		return
	}
	key, err := name.KeyOf(dn)
	if err != nil {
		key = ""
	}
	if *n == nil {
		*n = idKeys{}
	}
	(*n)[id] = key
}

// identities say which entry is which, whatever its name.
type identities struct {
	keys   idKeys
	owners map[string]upstream.ID // by key
}

func newIdentities() identities {
	return identities{keys: idKeys{}, owners: map[string]upstream.ID{}}
}

// known tells whether an identity was ever told.
func (n *identities) known(id upstream.ID) bool {
	_, ok := n.keys[id]
	return ok
}

func (n *identities) set(id upstream.ID, key string) {
	n.keys[id] = key
	if key != "" {
		n.owners[key] = id
	}
}

func (n *identities) drop(key string) {
	if id, ok := n.owners[key]; ok {
		delete(n.owners, key)
		if n.keys[id] == key {
			delete(n.keys, id)
		}
	}
}

// commit takes over what a pass found. After a full one only those entries
// remain known which are held.
func (f *follower) commit(entries *marks, s *scan) {
	if s.full {
		f.resync = false
		before := f.identities
		f.identities = newIdentities()
		for id, key := range s.ids {
			f.set(id, key)
		}
		for key, id := range before.owners {
			held := entries.has(key)
			if _, met := f.owners[key]; held && !met {
				f.set(id, key) // kept although the reading lacks it
			}
		}
		return
	}
	for _, key := range s.gone {
		f.drop(key)
	}
	for id, key := range s.ids {
		f.set(id, key)
	}
}
