package refresh

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/aclens/aclens/resolver/finding"
)

// MaxHeldNames is how many of each kind a Held names.
const MaxHeldNames = 20

// ErrNotHeld is returned by Release for what is not held, or is not held any
// longer as it was shown.
var ErrNotHeld = errors.New("nothing is held under this id")

// Held is what the brake keeps back of one source until a later reading has it
// again or a person releases it. People, Groups and Memberships are of a
// directory, Databases and Keys of the ACLs.
type Held struct {
	ID          string    `json:"id"` // of just what is held: another id as soon as that is something else
	Source      string    `json:"source"`
	Since       time.Time `json:"since"`
	People      Vanished  `json:"people"`
	Groups      Vanished  `json:"groups"`
	Memberships Vanished  `json:"memberships"`
	Databases   Vanished  `json:"databases"`
	Keys        int       `json:"keys"` // of databases that would stand for another one

	Names HeldNames `json:"names"`
}

// HeldNames are the first MaxHeldNames of each kind.
type HeldNames struct {
	People      []string     `json:"people,omitempty"`
	Groups      []string     `json:"groups,omitempty"`
	Memberships []Membership `json:"memberships,omitempty"`
	Databases   []string     `json:"databases,omitempty"`
	Keys        []string     `json:"keys,omitempty"`

	// Of deny lists, which only the right "denylists" may see (rule 4.2).
	DenyLists       []string     `json:"denyLists,omitempty"`
	DenyMemberships []Membership `json:"denyMemberships,omitempty"`
}

// Membership is a member value of a group.
type Membership struct {
	Group  string `json:"group"`
	Member string `json:"member"`
}

// WithoutDenyLists is what somebody may see who may not know of deny lists. The
// counts stay.
func (h Held) WithoutDenyLists() Held {
	h.Names.DenyLists, h.Names.DenyMemberships = nil, nil
	return h
}

// releasing is a Release on its way to the goroutine of Run.
type releasing struct {
	id   string
	done chan error
}

// Release lets what is held under an id happen. It waits for the reading that is
// under way.
func (r *Refresher) Release(ctx context.Context, id string) error {
	q := releasing{id, make(chan error, 1)}
	select {
	case r.releases <- q:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-q.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// release takes away what was kept back, just as it was shown.
func (w *world) release(id string) error {
	defer w.tellHeld()
	if k := w.keptDatabases; k != nil && k.id == id {
		return w.releaseDatabases()
	}
	for i, h := range w.directories {
		if h.hold != nil && h.hold.id == id {
			return w.releaseDirectory(i, h)
		}
	}
	return ErrNotHeld
}

func (w *world) releaseDatabases() error {
	w.rearrange(true)
	if w.databasesErr != nil {
		return w.databasesErr
	}
	err := w.settle(w.begin(false))
	w.handOver()
	return err
}

func (w *world) releaseDirectory(i int, h *heldDirectory) error {
	s := h.scan(false)
	s.asOf, s.since, s.seen, s.twice, s.passwords = h.hold.read, h.since, h.seen, h.twice, h.passwords
	for _, key := range slices.Sorted(maps.Keys(h.hold.absent)) {
		if h.entries.has(key) {
			s.remove(key)
		}
	}
	h.hold.give(s)
	c := w.begin(false)
	c.scans[i], c.released = s, true
	err := w.settle(c)
	w.handOver()
	return err
}

// tellHeld tells what is held, if that is news.
func (w *world) tellHeld() {
	now := w.heldNow()
	if len(now) == 0 && len(w.toldHeld) == 0 || reflect.DeepEqual(now, w.toldHeld) {
		return
	}
	for _, h := range now {
		if !slices.ContainsFunc(w.toldHeld, func(t Held) bool { return t.ID == h.ID }) {
			w.Log.Warn("too much vanished at once: it stays until it is there again or released", "source", h.Source, "held", h.ID,
				"people", h.People.Gone, "groups", h.Groups.Gone, "memberships", h.Memberships.Gone, "databases", h.Databases.Gone, "keys", h.Keys)
		}
	}
	for _, t := range w.toldHeld {
		if !slices.ContainsFunc(now, func(h Held) bool { return t.Source == h.Source }) {
			w.Log.Info("nothing is held any longer", "source", t.Source, "held", t.ID)
		}
	}
	w.toldHeld = now
	w.Held(now)
}

// heldNow lists what the brake keeps back.
func (w *world) heldNow() []Held {
	var list []Held
	for _, h := range w.directories {
		if h.hold != nil {
			list = append(list, h.hold.held("directory "+h.name))
		}
	}
	if k := w.keptDatabases; k != nil {
		list = append(list, k.held())
	}
	return list
}

func (h *hold) held(source string) Held {
	out := Held{ID: h.id, Source: source, Since: h.since, People: h.people, Groups: h.groups, Memberships: h.members}
	n := &out.Names
	for _, part := range []map[string]loss{h.absent, h.reduced} {
		for _, key := range slices.Sorted(maps.Keys(part)) {
			l := part[key]
			groups, members := &n.Groups, &n.Memberships
			if l.deny {
				groups, members = &n.DenyLists, &n.DenyMemberships
			}
			if l.person {
				n.People = named(n.People, l.dn)
			}
			if l.group {
				*groups = named(*groups, l.dn)
			}
			for _, m := range l.members {
				*members = named(*members, Membership{l.dn, m})
			}
		}
	}
	return out
}

func (k *keptDatabases) held() Held {
	out := Held{ID: k.id, Source: sourceDatabases, Since: k.since, Databases: Vanished{len(k.vanished), k.of}, Keys: len(k.taken)}
	out.Names.Databases = k.vanished[:min(len(k.vanished), MaxHeldNames)]
	out.Names.Keys = k.taken[:min(len(k.taken), MaxHeldNames)]
	return out
}

// Vanished is how much of all kinds would go.
func (h *Held) Vanished() int {
	return h.People.Gone + h.Groups.Gone + h.Memberships.Gone + h.Databases.Gone
}

// Words say how much is held, for people, without a name.
func (h *Held) Words() string {
	var parts []string
	for _, p := range []struct {
		v    Vanished
		what string
	}{{h.People, "people"}, {h.Groups, "groups"}, {h.Memberships, "memberships"}, {h.Databases, "databases"}} {
		if p.v.Gone > 0 {
			parts = append(parts, fmt.Sprintf("%d of %d %s", p.v.Gone, p.v.Of, p.what))
		}
	}
	if h.Keys > 0 {
		parts = append(parts, fmt.Sprintf("%d keys of databases that would mean others", h.Keys))
	}
	return fmt.Sprintf("held since %s: %s; see and release with aclens release, id %s",
		h.Since.UTC().Format(time.RFC3339), strings.Join(parts, ", "), h.ID)
}

// sourceDatabases is what a Held calls the ACLs.
const sourceDatabases = "databases"

func named[T any](list []T, next T) []T {
	if len(list) >= MaxHeldNames {
		return list
	}
	return append(list, next)
}

// heldFindings say what is kept back; the names are for whoever may release it.
func (w *world) heldFindings() []finding.Finding {
	var list []finding.Finding
	for _, h := range w.heldNow() {
		if h.Keys > 0 {
			f := finding.New(finding.KeyTaken, h.Source, h.Words())
			f.Count, f.Subjects = h.Keys, h.Names.Keys
			list = append(list, f)
		}
		if h.Vanished() > 0 {
			f := finding.New(finding.HeldBack, h.Source, h.Words())
			f.Count, f.Subjects = h.Vanished(), h.Names.Databases
			list = append(list, f)
		}
	}
	return list
}
