package refresh

import (
	"strings"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/schema"
)

// Brake says how much of a source may vanish in one reading, in percent; from
// 100 on a brake never holds.
type Brake struct{ People, Groups, Memberships, Databases float64 }

// fewest is how many have to vanish before a share of them says anything. Where
// nothing is left at all, one is enough.
const fewest = 5

// Vanished counts what a reading lacks of what there was.
type Vanished struct {
	Gone int `json:"gone"`
	Of   int `json:"of"`
}

// beyond tells whether more vanished than a brake lets pass.
func (v Vanished) beyond(percent float64) bool {
	if percent >= 100 || v.Gone == 0 {
		return false
	}
	return v.Gone >= v.Of || v.Gone >= fewest && float64(v.Gone) > percent/100*float64(v.Of)
}

// loss is what a reading takes away from one entry without having been told so.
type loss struct {
	dn      string
	person  bool     // it was one, and is not any more
	group   bool     // likewise
	deny    bool     // a deny list, which not everybody may know of (rule 4.2)
	members []string // values that the group does not hold any more
}

func (l *loss) any() bool { return l.person || l.group || len(l.members) > 0 }

// losses are those of one reading of one directory, by normalised DN.
type losses struct {
	absent  map[string]loss // entries that are not there
	reduced map[string]loss // entries that are there and are less than they were

	people, groups, members Vanished
}

func (l *losses) beyond(b *Brake) bool {
	return l.people.beyond(b.People) || l.groups.beyond(b.Groups) || l.members.beyond(b.Memberships)
}

// scale holds two Snapshots against each other.
type scale struct {
	old, next *resolver.Snapshot
	source    uint8
	attrs     []string // that hold members
}

// lose finds what a scan takes away by absence alone. next is the Snapshot that
// it leads to.
func (w *world) lose(h *heldDirectory, s *scan, next *resolver.Snapshot) *losses {
	x := scale{w.now.snapshot, next, s.source, w.Resolver.MemberAttrs}
	l := &losses{absent: map[string]loss{}, reduced: map[string]loss{}}
	for _, key := range s.gone {
		if s.groundOf(key) == Inferred {
			l.absent[key] = x.gone(key)
		}
	}
	if s.fresh {
		for key := range h.entries.all() {
			if _, there := s.put[key]; !there {
				l.absent[key] = x.gone(key)
			}
		}
	}
	l.carry(h.hold, s)
	if s.groundOfChanges() == Inferred {
		for key := range s.put {
			if less := x.less(key); less.any() {
				l.reduced[key] = less
			}
		}
	} else if h.hold != nil {
		told := s.news()
		for key, kept := range h.hold.kept {
			if !told(key) {
				l.reduced[key] = kept.loss
			}
		}
	}
	if len(l.absent)+len(l.reduced) > 0 {
		x.count(l)
	}
	return l
}

// carry adds what was held absent and lies where this pass did not look.
func (l *losses) carry(before *hold, s *scan) {
	if before == nil || s.below == "" {
		return
	}
	told := s.news()
	for key, each := range before.absent {
		if !told(key) && !name.KeyUnder(key, s.below) {
			l.absent[key] = each
		}
	}
}

// news tells whether a scan has news of an entry.
func (s *scan) news() func(key string) bool {
	gone := make(map[string]bool, len(s.gone))
	for _, key := range s.gone {
		gone[key] = true
	}
	return func(key string) bool {
		_, put := s.put[key]
		return put || gone[key]
	}
}

// gone is the loss of a whole entry.
func (x *scale) gone(key string) loss {
	e, id, ok := x.find(x.old, key)
	if !ok {
		return loss{dn: key} // hidden by an entry of an earlier directory: nobody saw it
	}
	l := x.kind(id)
	l.dn = e.DN()
	if l.group {
		x.values(x.old, e, func(value string) { l.members = append(l.members, value) })
	}
	return l
}

// less is what an entry that is still there has lost.
func (x *scale) less(key string) loss {
	before, id, ok := x.find(x.old, key)
	if !ok {
		return loss{}
	}
	l := x.kind(id)
	l.dn = before.DN()
	after, nextID, ok := x.find(x.next, key)
	if !ok {
		return loss{} // it moved to another directory or was not taken
	}
	if l.person {
		l.person = !x.next.Population().People.Contains(uint32(nextID))
	}
	if !l.group {
		return l
	}
	l.group = !x.next.Population().Groups.Contains(uint32(nextID))
	left := map[string]bool{}
	x.values(x.next, after, func(value string) { left[memberKey(value)] = true })
	x.values(x.old, before, func(value string) {
		if !left[memberKey(value)] {
			l.members = append(l.members, value)
		}
	})
	return l
}

func (x *scale) find(s *resolver.Snapshot, key string) (directory.Entry, directory.ID, bool) {
	id, ok := s.Store().Find(key)
	if !ok || !s.Store().Exists(id) || s.Store().Entry(id).Source() != x.source {
		return "", 0, false
	}
	return s.Store().Entry(id), id, true
}

// kind says what an entry was.
func (x *scale) kind(id directory.ID) loss {
	p := x.old.Population()
	l := loss{person: p.People.Contains(uint32(id)), group: p.Groups.Contains(uint32(id))}
	if g, ok := x.old.GroupOf(id); ok {
		l.deny = x.old.Group(g).DenyList()
	}
	return l
}

// values walks the member values of a group.
func (x *scale) values(s *resolver.Snapshot, e directory.Entry, yield func(string)) {
	for _, raw := range memberValues(s.Store().Schema(), e, x.attrs) {
		for vs := raw.Values(); ; {
			value, ok := vs.Next()
			if !ok {
				break
			}
			yield(value)
		}
	}
}

func memberValues(sc *schema.Schema, e directory.Entry, attrs []string) []directory.RawAttribute {
	var list []directory.RawAttribute
	for _, a := range attrs {
		if id, ok := sc.Lookup(a); ok {
			if raw, ok := e.Find(id); ok {
				list = append(list, raw)
			}
		}
	}
	return list
}

// memberKey is one text for all spellings of a member value.
func memberKey(value string) string {
	if key, err := name.KeyOf(value); err == nil && key != "" {
		return key
	}
	return strings.ToLower(value)
}

// count sums the losses up and says of how many.
func (x *scale) count(l *losses) {
	for _, part := range []map[string]loss{l.absent, l.reduced} {
		for _, each := range part {
			if each.person {
				l.people.Gone++
			}
			if each.group {
				l.groups.Gone++
			}
			l.members.Gone += len(each.members)
		}
	}
	store, p := x.old.Store(), x.old.Population()
	mine := func(id uint32) bool { return store.Entry(directory.ID(id)).Source() == x.source }
	for it := p.People.Iterator(); it.HasNext(); {
		if mine(it.Next()) {
			l.people.Of++
		}
	}
	for it := p.Groups.Iterator(); it.HasNext(); {
		id := it.Next()
		if !mine(id) {
			continue
		}
		l.groups.Of++
		for _, raw := range memberValues(store.Schema(), store.Entry(directory.ID(id)), x.attrs) {
			values := raw.Values()
			l.members.Of += values.Len()
		}
	}
}
