package view

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/schema"
)

// Names of the stamps.
const (
	attrModified = "modifyTimestamp"
	attrCSN      = "entryCSN"
	attrCreated  = "createTimestamp"
)

// stamps say when the entries of one State last changed, by their own values or
// by computed ones. They never change; times are microseconds since 1970.
type stamps struct {
	Moment
	computed []int64          // by directory.ID: of people, servers and groups; zero is Base
	latest   []int64          // by directory.ID: that, or a time that the directory itself gives if later
	virtual  map[string]int64 // by key
}

// stampAttributes stand in the place of the directory's own where a History is
// kept: the later of the two, so that whoever polls sees computed changes.
var stampAttributes = []*attribute{
	{name: attrModified, kind: timeKind, single: true, class: policy.Real, on: onAll, when: withPlus, values: modifiedValue},
	{name: attrCSN, single: true, class: policy.Real, on: onAll, when: withPlus, values: csnValue},
	{name: attrCreated, kind: timeKind, single: true, class: policy.Real, on: onAll, when: withPlus, values: createdValue},
}

// createdValue is the directory's own; it is among the stamps for what looking
// for it would cost otherwise.
func createdValue(c *computed, put func(string)) {
	if own, ok := c.state.ownStored(c.id, attrCreated); ok {
		put(own)
	}
}

// mostAhead is how far the directory's clock may be ahead of ours and still be
// followed; a stamp behind the directory's own would not be seen.
const mostAhead = time.Hour

// ahead is the latest time that the directory itself gives to what changed.
func (v *View) ahead(next *State, changes []Change) int64 {
	latest, limit := int64(0), v.settings.Now().Add(mostAhead).UnixMicro()
	for i := range changes {
		if id, ok := next.Snapshot.Store().Find(changes[i].Key); ok {
			if own := next.ownTime(id); own <= limit {
				latest = max(latest, own)
			}
		}
	}
	return latest
}

// fill makes room for all entries, with the directory's own times.
func (t *stamps) fill(s *State) {
	n := s.Snapshot.Store().Cap()
	t.computed, t.latest = make([]int64, n), make([]int64, n)
	for id := range n {
		if s.Snapshot.Store().Exists(id) {
			t.set(s, id, 0)
		}
	}
}

// set gives one entry of the directory its stamp.
func (t *stamps) set(s *State, id directory.ID, at int64) {
	t.computed[id] = at
	t.latest[id] = max(s.ownTime(id), s.createTime(id))
	if s.carries(memberAttribute, id) {
		t.latest[id] = max(t.latest[id], at, t.Base)
	}
}

var memberAttribute = &attribute{on: onMembers}

// after are the stamps of the next State.
func (t *stamps) after(before, next *State, m Moment, changes []Change) *stamps {
	n := &stamps{Moment: m, virtual: t.virtual}
	a, b := before.Snapshot.Store(), next.Snapshot.Store()
	switch {
	case !before.Snapshot.Shares(next.Snapshot):
		n.fill(next)
		for id := range b.Cap() {
			if was, ok := a.Find(b.Entry(id).Key()); ok && b.Exists(id) {
				n.set(next, id, t.computed[was])
			}
		}
	case a == b && len(changes) == 0:
		n.computed, n.latest = t.computed, t.latest
	default:
		n.computed, n.latest = grown(t.computed, int(b.Cap())), grown(t.latest, int(b.Cap()))
		for id := range b.Cap() {
			if e := b.Entry(id); e != a.Entry(id) && b.Exists(id) {
				n.set(next, id, n.computed[id])
			}
		}
	}
	n.note(next, changes)
	return n
}

func grown(list []int64, n int) []int64 {
	out := make([]int64, max(n, len(list)))
	copy(out, list)
	return out
}

// note stamps what changed.
func (t *stamps) note(s *State, changes []Change) {
	copied := false
	virtual := func(key string, gone bool) {
		if !copied {
			fresh := make(map[string]int64, len(t.virtual)+len(changes))
			for k, at := range t.virtual {
				fresh[k] = at
			}
			t.virtual, copied = fresh, true
		}
		if gone {
			delete(t.virtual, key)
			return
		}
		t.virtual[key] = t.At
	}
	for i := range changes {
		c := &changes[i]
		id, there := s.Snapshot.Store().Find(c.Key)
		switch {
		case c.Hushed(): // its time would say so to everybody
		case s.view.underBase(c.Key):
			if c.Access == nil || c.Access.DN == "" { // records of people go with the person
				virtual(c.Key, c.Kind == Deleted)
			}
		case there && c.Kind != Deleted:
			t.set(s, id, t.At)
		}
	}
}

// ownTime is the modifyTimestamp that the directory gives an entry; zero if none.
func (s *State) ownTime(id directory.ID) int64 {
	at, ok := s.Snapshot.Store().Schema().Lookup(attrModified)
	if !ok {
		return 0
	}
	text, _ := s.ownValue(id, at)
	return microsOf(text)
}

func (s *State) createTime(id directory.ID) int64 {
	text, _ := s.ownStored(id, attrCreated)
	return microsOf(text)
}

// microsOf reads a generalized time in UTC; zero if it is none.
func microsOf(text string) int64 {
	if text == "" {
		return 0
	}
	for _, layout := range []string{"20060102150405Z", "20060102150405.999999Z"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UnixMicro()
		}
	}
	return 0
}

// stampOf is when computed values of an entry of the directory changed.
func (s *State) stampOf(id directory.ID) int64 {
	if !s.carries(memberAttribute, id) {
		return 0
	}
	return max(s.stamped().computed[id], s.stamped().Base)
}

// virtualStamp is when an entry of the virtual subtree changed.
func (s *State) virtualStamp(key string) int64 {
	return max(s.stamped().virtual[key], s.stamped().Base)
}

// recordStamp is when a decision record may last have changed: with the person,
// or where there is none with the access control list.
func (s *State) recordStamp(e directory.Entry, db *database.Database) int64 {
	if at, ok := s.Snapshot.Store().Schema().Lookup("accessSubjectDN"); ok {
		if raw, ok := e.Find(at); ok {
			vs := raw.Values()
			dn, _ := vs.Next()
			if id, ok := s.Snapshot.FindEntry(dn); ok {
				return max(s.stampOf(id), s.stamped().virtual[keyOfDN(s.view.databaseDN(db))])
			}
		}
	}
	return s.virtualStamp(e.Key())
}

// stamp is when an entry of the virtual subtree changed.
func (p *virtualPlace) stamp(id directory.ID) int64 {
	e := p.store.Entry(id)
	if n := p.node(id); n.kind == record {
		return p.state.recordStamp(e, n.db)
	}
	return p.state.virtualStamp(e.Key())
}

func modifiedValue(c *computed, put func(string)) {
	if p, ok := c.place.(*virtualPlace); ok {
		put(generalizedTime(time.UnixMicro(p.stamp(c.id))))
		return
	}
	own, ok := c.state.ownStored(c.id, attrModified)
	if at := c.state.stampOf(c.id); at > 0 && at > microsOf(own) {
		put(generalizedTime(time.UnixMicro(at)))
		return
	}
	if ok {
		put(own)
	}
}

func csnValue(c *computed, put func(string)) {
	if p, ok := c.place.(*virtualPlace); ok {
		put(CSN(p.stamp(c.id), c.state.view.settings.History.Replica()))
		return
	}
	own, ok := c.state.ownStored(c.id, attrCSN)
	at := c.state.stampOf(c.id)
	if at > 0 && !ok {
		at = max(at, c.state.stamped().latest[c.id])
	}
	if csn := CSN(at, c.state.view.settings.History.Replica()); at > 0 && csn > own {
		put(csn)
		return
	}
	if ok {
		put(own)
	}
}

func (s *State) ownStored(id directory.ID, attribute string) (string, bool) {
	at, ok := s.Snapshot.Store().Schema().Lookup(attribute)
	if !ok {
		return "", false
	}
	return s.ownValue(id, at)
}

// CSN is a change sequence number as slapd writes it; at is in microseconds.
func CSN(at int64, replica uint16) string {
	return fmt.Sprintf("%s#000000#%03x#000000", time.UnixMicro(at).UTC().Format("20060102150405.000000Z"), replica)
}

// ParseCSN reads what CSN writes.
func ParseCSN(text string) (at int64, replica uint16, ok bool) {
	parts := strings.Split(text, "#")
	if len(parts) != 4 || len(parts[0]) != len("20060102150405.000000Z") || len(parts[2]) != 3 {
		return 0, 0, false
	}
	t, err := time.Parse("20060102150405.000000Z", parts[0])
	if err != nil {
		return 0, 0, false
	}
	if _, err := fmt.Sscanf(parts[2], "%03x", &replica); err != nil {
		return 0, 0, false
	}
	return t.UnixMicro(), replica, CSN(t.UnixMicro(), replica) == strings.ToLower(parts[0][:len(parts[0])-1])+"Z"+strings.ToLower(text[len(parts[0]):])
}

// sinceLeaf is (modifyTimestamp>=T): its candidates are told without looking at
// any entry.
type sinceLeaf struct {
	*valueLeaf
	since int64
}

// Candidates are the entries that changed in that second or later.
func (l sinceLeaf) Candidates() directory.Candidates {
	set := roaring.New()
	for id, at := range l.computed.state.stamped().latest {
		if at >= l.since {
			set.Add(uint32(id))
		}
	}
	return directory.Set(set)
}

// sinceItem makes the leaf of such an item, if it is one.
func sinceItem(a *assertion, attrs []*attribute, l *valueLeaf) directory.Leaf {
	if a.filter.Kind != wire.GreaterOrEqual || len(attrs) != 1 || attrs[0].kind != timeKind {
		return l
	}
	at := microsOf(string(a.filter.Value))
	if at == 0 {
		return l
	}
	return sinceLeaf{l, at - at%int64(time.Second/time.Microsecond)}
}

// Known lists what a History needs to begin again with this State: the stamps by key.
func (s *State) Known() map[string]int64 {
	out := map[string]int64{}
	for k, at := range s.stamped().virtual {
		if s.view.underBase(k) {
			out[k] = at
		}
	}
	for id, at := range s.stamped().computed {
		if at > s.stamped().Base && s.Snapshot.Store().Exists(directory.ID(id)) {
			out[s.Snapshot.Store().Entry(directory.ID(id)).Key()] = at
		}
	}
	return out
}

// Fingerprint stands for all that decides what is told of a State beside its
// content: the rules, and the settings of the view.
func (s *State) Fingerprint() string {
	v := s.view.settings
	return fmt.Sprintf("%q %d %t %t %t %t %q %s", v.Base, v.GroupChannel, v.MemberOf, v.MemberOfInStar, v.MemberOfVirtual, v.OmitEmptyGroups,
		slices.Collect(contextTexts(s)), s.view.policy.Fingerprint())
}

func contextTexts(s *State) func(func(string) bool) {
	return func(yield func(string) bool) {
		for _, c := range s.contexts {
			if !yield(c.Key()) {
				return
			}
		}
	}
}

// Moment is where the State stands among the changes; zero without a History.
func (s *State) Moment() Moment {
	if s.numbered == nil {
		return Moment{}
	}
	return s.stamped().Moment
}

// ownValue is the first value that the directory itself has of an attribute.
func (s *State) ownValue(id directory.ID, at schema.ID) (string, bool) {
	raw, ok := s.Snapshot.Store().Entry(id).Find(at)
	if !ok {
		return "", false
	}
	vs := raw.Values()
	return vs.Next()
}
