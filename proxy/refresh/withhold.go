package refresh

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"time"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
)

// hold is what the brake keeps back of one directory: entries that a reading
// lacks stay, and entries that are less than they were keep what they had beside
// what is new. Everything else of the reading counts.
type hold struct {
	*losses
	id    string
	since time.Time // when the brake first held
	asOf  time.Time // of the directory before that: as old is what is kept
	read  time.Time // of the reading that would answer if the brake had not held
	kept  map[string]keptBack
}

// keptBack is an entry of which something is kept back.
type keptBack struct {
	loss
	draft  directory.Draft // as the directory gives it
	digest digest
}

// brake keeps back what a candidate takes away beyond what the settings let
// pass. It tells whether the candidate is another one now.
func (w *world) brake(c *candidate, next *resolver.Snapshot) (withheld bool) {
	for i, s := range c.scans {
		if s == nil {
			continue
		}
		h := w.directories[i]
		switch {
		case w.Brake == nil || w.now == nil || c.released:
		case !s.whole && !s.fresh:
			s.hold = h.hold.without(s)
		default:
			withheld = w.brakeOne(h, s, next) || withheld
		}
		if s.hold != nil {
			s.hold.read, s.asOf = s.asOf, s.hold.asOf
			withheld = true
		}
	}
	return withheld
}

// brakeOne judges the absence of what was there in one directory.
func (w *world) brakeOne(h *heldDirectory, s *scan, next *resolver.Snapshot) (withheld bool) {
	l := w.lose(h, s, next)
	if !l.beyond(w.Brake) {
		if !s.full && h.hold != nil {
			withheld = h.hold.give(s) // nothing of it is held back any longer
		}
		return withheld
	}
	now := hold{losses: l, since: w.Clock.Now(), asOf: h.asOf, kept: map[string]keptBack{}}
	if h.hold != nil {
		now.since, now.asOf = h.hold.since, h.hold.asOf
	}
	w.withhold(h, s, &now)
	now.id = now.identify(h.name)
	s.hold = &now
	return true
}

// withhold changes a scan so that it takes nothing away by absence.
func (w *world) withhold(h *heldDirectory, s *scan, now *hold) {
	if !s.full {
		for key, kept := range h.hold.keeps() {
			if _, still := now.reduced[key]; still {
				now.kept[key] = kept
			}
		}
	}
	s.gone = slices.DeleteFunc(s.gone, func(key string) bool { _, absent := now.absent[key]; return absent })
	drafts := map[string]directory.Draft{}
	s.changes = slices.DeleteFunc(s.changes, func(c directory.Change) bool {
		if c.Put == nil {
			_, absent := now.absent[c.Remove]
			return absent
		}
		key, _ := name.KeyOf(c.Put.DN) // prepare has read it
		_, less := now.reduced[key]
		if less && s.groundOfChanges() == Inferred {
			drafts[key] = *c.Put // of several the last one
		}
		return less && s.groundOfChanges() == Inferred
	})
	for _, key := range slices.Sorted(maps.Keys(drafts)) {
		now.kept[key] = keptBack{now.reduced[key], drafts[key], s.put[key]}
		delete(s.put, key)
	}
	old := oldEntries{w.now.snapshot, s.source, nil}
	for _, key := range slices.Sorted(maps.Keys(drafts)) {
		s.restage(key, h.entries.digest(key), old.with(key, now.kept[key]), now.kept[key])
	}
	if s.fresh {
		for _, key := range slices.Sorted(maps.Keys(now.absent)) {
			if d, ok := old.draft(key); ok {
				s.stage(key, h.entries.digest(key), d)
			}
		}
	}
}

// restage puts an entry of which something is kept back. Where the whole former
// entry is kept, nothing changes unless everything is read anew.
func (s *scan) restage(key string, before digest, d directory.Draft, kept keptBack) {
	if !kept.person && !kept.group {
		s.stage(key, s.sieve.digest(key, &d), d)
		return
	}
	if s.fresh {
		s.stage(key, before, d)
	}
}

// oldEntries are the entries of one directory as the Snapshot has them.
type oldEntries struct {
	snapshot *resolver.Snapshot
	source   uint8
	hidden   map[string]directory.Entry // by entries of an earlier directory; nil before they are needed
}

// with is an entry with what is kept back of it: the former one where it is
// neither person nor group any more, else the new one with the former members.
func (o *oldEntries) with(key string, kept keptBack) directory.Draft {
	if kept.person || kept.group {
		d, _ := o.draft(key) // it was there to lose something
		return d
	}
	d := kept.draft
	d.Attributes = slices.Clone(d.Attributes)
	for i := range d.Attributes {
		d.Attributes[i].Values = slices.Clone(d.Attributes[i].Values)
	}
	lost := map[string]bool{}
	for _, m := range kept.members {
		lost[m] = true
	}
	e, sc := o.entry(key), o.snapshot.Store().Schema()
	for _, a := range o.snapshot.Settings().MemberAttrs {
		id, ok := sc.Lookup(a)
		if !ok {
			continue
		}
		raw, ok := e.Find(id)
		if !ok {
			continue
		}
		for vs := raw.Values(); ; {
			value, ok := vs.Next()
			if !ok {
				break
			}
			if lost[value] {
				d.Add(sc.Name(id), []byte(value))
			}
		}
	}
	return d
}

// entry is an entry of the directory; empty if it has none of that name.
func (o *oldEntries) entry(key string) directory.Entry {
	st := o.snapshot.Store()
	if id, ok := st.Find(key); ok && st.Exists(id) && st.Entry(id).Source() == o.source {
		return st.Entry(id)
	}
	if o.hidden == nil {
		o.hidden = map[string]directory.Entry{}
		for e := range st.Shadowed() {
			if e.Source() == o.source {
				o.hidden[e.Key()] = e
			}
		}
	}
	return o.hidden[key]
}

func (o *oldEntries) draft(key string) (directory.Draft, bool) {
	e := o.entry(key)
	if e == "" {
		return directory.Draft{}, false
	}
	d, sc := directory.Draft{DN: e.DN(), Source: o.source}, o.snapshot.Store().Schema()
	for c := e.Attributes(); ; {
		id, raw, ok := c.Next()
		if !ok {
			return d, true
		}
		a := directory.Attribute{Name: sc.Name(id)}
		for vs := raw.Values(); ; {
			value, ok := vs.Next()
			if !ok {
				break
			}
			a.Values = append(a.Values, []byte(value))
		}
		d.Attributes = append(d.Attributes, a)
	}
}

// keeps lists the entries of which something is kept back; h may be nil.
func (h *hold) keeps() map[string]keptBack {
	if h == nil {
		return nil
	}
	return h.kept
}

// give stages what is kept back of entries, as the directory gives them. It
// tells whether there was any that the scan itself does not tell of.
func (h *hold) give(s *scan) bool {
	any, told := false, s.news()
	for _, key := range slices.Sorted(maps.Keys(h.kept)) {
		if !told(key) {
			s.stage(key, h.kept[key].digest, h.kept[key].draft)
			any = true
		}
	}
	return any
}

// without is a hold after a scan that tells single changes: what it tells of is
// not held any longer. Nil is nothing.
func (h *hold) without(s *scan) *hold {
	if h == nil {
		return nil
	}
	left := *h
	left.losses = &losses{absent: maps.Clone(h.absent), reduced: maps.Clone(h.reduced), people: h.people, groups: h.groups, members: h.members}
	left.kept = maps.Clone(h.kept)
	drop := func(key string) {
		for _, part := range []map[string]loss{left.absent, left.reduced} {
			l, ok := part[key]
			if !ok {
				continue
			}
			delete(part, key)
			left.uncount(&l)
		}
		delete(left.kept, key)
	}
	for key := range s.put {
		drop(key)
	}
	for _, key := range s.gone {
		drop(key)
	}
	if len(left.absent)+len(left.kept) == 0 {
		return nil
	}
	left.id = left.identify(s.name)
	return &left
}

func (l *losses) uncount(each *loss) {
	if each.person {
		l.people.Gone--
	}
	if each.group {
		l.groups.Gone--
	}
	l.members.Gone -= len(each.members)
}

// identify names what is held, and nothing else: whoever releases it by that
// name releases what was shown.
func (h *hold) identify(directoryName string) string {
	sum := sha256.New()
	write(sum, "held", directoryName)
	write(sum, slices.Sorted(maps.Keys(h.absent))...)
	for _, key := range slices.Sorted(maps.Keys(h.kept)) {
		write(sum, key)
		write(sum, slices.Sorted(slices.Values(h.kept[key].members))...)
	}
	return hex.EncodeToString(sum.Sum(nil)[:8])
}
