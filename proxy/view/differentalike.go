package view

import (
	"encoding/binary"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/group"
	"github.com/aclens/aclens/resolver/name"
)

// Where a group or an access control list changes, thousands of people are
// suspects for one reason. Most of them are treated alike by all that changed:
// one is compared, and what differs for that one differs for the others, but for
// their names and their other groups.

const (
	leastCompared = 256                   // people who are worth a goroutine
	comparedOnce  = 64                    // people between two rests
	comparingRest = 50 * time.Microsecond // in which a processor sees whether a request has come
)

// compareAll compares people, servers and groups whose records are the same, on
// all processors.
func (d *difference) compareAll(ids []directory.ID) {
	workers := make([]*difference, max(1, min(runtime.GOMAXPROCS(0), len(ids)/leastCompared)))
	listed := [2]*resolver.Listed{d.old.Snapshot.Listed(), d.next.Snapshot.Listed()}
	var taken atomic.Int64
	var wg sync.WaitGroup
	for i := range workers {
		own := d.aside()
		workers[i] = own
		wg.Go(func() {
			a := own.alikes(listed)
			for {
				to := int(taken.Add(comparedOnce))
				if to-comparedOnce >= len(ids) {
					break
				}
				for _, id := range ids[to-comparedOnce : min(to, len(ids))] {
					a.compare(id)
				}
				time.Sleep(comparingRest)
			}
			a.count()
		})
	}
	wg.Wait()
	for _, own := range workers {
		d.take(own)
	}
}

func (d *difference) alikes(listed [2]*resolver.Listed) *alikes {
	a := &alikes{difference: d, listed: listed, lots: map[string][]*likeness{}, likenesses: map[string]*likeness{}, words: newWordings(), marked: [2]map[group.ID]bool{{}, {}}}
	for i, st := range []*State{d.old, d.next} {
		a.persons[i] = computed{state: st, store: st.Snapshot.Store()}
		a.walkers[i] = &a.persons[i].walker
	}
	return a
}

// aside is a difference between the same States to which nothing has been noted.
func (d *difference) aside() *difference {
	own := *d
	own.changes, own.marks, own.dbs, own.paired, own.widened = nil, newMarks(), nil, map[string]int{}, false
	return &own
}

// take adds what was noted aside.
func (d *difference) take(own *difference) {
	d.changes = append(d.changes, own.changes...)
	for m := range own.marks.entries {
		d.marks.entries[m] = true
	}
	for db, by := range own.marks.counts {
		for l, n := range by {
			d.marks.count(db, acl.Level(l), n)
		}
	}
}

// alikes compares one person after another.
type alikes struct {
	*difference
	listed     [2]*resolver.Listed
	lots       map[string][]*likeness // by the suspected groups that people are in
	likenesses map[string]*likeness   // by the key of the database; empty: of the servers
	words      wordings
	persons    [2]computed // the person at hand in both States
	walkers    [2]*resolver.Walker
	all        [2][]group.ID        // the groups of the person at hand
	touched    []group.ID           // of them those under suspicion
	outcomes   []*outcome           // for the person at hand
	marked     [2]map[group.ID]bool // of markGroups
	text       []byte
}

// likeness is one database, or the servers alone, with what differs there for
// those who have the same in common in both States.
type likeness struct {
	key      string
	dbs      [2][]*database.Database
	alike    [2]*resolver.Alike
	outcomes map[string]*outcome
}

// outcome is what differs for those who are alike.
type outcome struct {
	apart   bool         // something else may differ for each
	wording int          // of the attributes that differ but for ownAttributes
	records []Change     // of decision records, for the one who was compared
	best    [2]acl.Level // the highest level there, in both States
	counts  map[string]*[acl.Levels]int
	people  int
}

// compare compares the entry of somebody whose record is the same.
func (a *alikes) compare(id directory.ID) {
	p := pair{id, id}
	r := a.reachOf(id)
	if r.all || !a.moveTo(id) {
		a.difference.compare(p, r)
		return
	}
	if !a.suspect() {
		return
	}
	lot := a.lot()
	if a.isApart() || !a.find(p, lot) {
		a.difference.compare(p, reach{keys: a.suspects.DatabasesOf(a.touched)})
		return
	}
	a.note(p)
}

// moveTo finds the groups of a person or server in both States; false for a group.
func (a *alikes) moveTo(id directory.ID) bool {
	for i := range a.persons {
		c := &a.persons[i]
		c.at(id, c.store.Entry(id))
		if !a.walkers[i].At(c.state.Snapshot, id) {
			return false
		}
		a.all[i] = a.walkers[i].MemberOf()
	}
	return true
}

// suspect lists the groups under suspicion that the person at hand is in, or
// would be in under the other reading of decision D7; false: nothing differs.
func (a *alikes) suspect() bool {
	a.touched = a.touched[:0]
	for i := range a.walkers {
		for _, list := range [][]group.ID{a.all[i], a.walkers[i].GroupsOfCommonName()} {
			for _, g := range list {
				if a.suspects.Suspected(g) {
					a.touched = append(a.touched, g)
				}
			}
		}
	}
	slices.Sort(a.touched)
	a.touched = slices.Compact(a.touched)
	return len(a.touched)+len(a.suspects.Databases) > 0
}

// isApart tells whether somebody is in a group that is not what it was, or in a
// deny list, of which not everybody may know.
func (a *alikes) isApart() bool {
	for i, s := range []*State{a.old, a.next} {
		for _, g := range a.all[i] {
			if a.suspects.Renamed[g] || s.Snapshot.Group(g).DenyList() {
				return true
			}
		}
	}
	return false
}

// lot is where answers may differ for those who are in the groups at hand.
func (a *alikes) lot() []*likeness {
	a.text = a.text[:0]
	for _, g := range a.touched {
		a.text = binary.BigEndian.AppendUint32(a.text, uint32(g))
	}
	lot, known := a.lots[string(a.text)]
	if !known {
		lot = append(lot, a.likeness(""))
		for _, k := range a.suspects.DatabasesOf(a.touched) {
			lot = append(lot, a.likeness(k))
		}
		a.lots[string(a.text)] = lot
	}
	return lot
}

func (a *alikes) likeness(key string) *likeness {
	l := a.likenesses[key]
	if l != nil {
		return l
	}
	l = &likeness{key: key, outcomes: map[string]*outcome{}}
	if key != "" {
		p := a.database(key)
		for i, db := range []*database.Database{p.old, p.next} {
			if db != nil {
				l.dbs[i] = append(l.dbs[i], db)
			}
		}
	}
	for i, st := range []*State{a.old, a.next} {
		l.alike[i] = st.Snapshot.Alike(a.listed[i], l.dbs[i])
	}
	a.likenesses[key] = l
	return l
}

// find finds the outcomes for the person at hand; false: it is to be compared
// alone.
func (a *alikes) find(p pair, lot []*likeness) bool {
	a.outcomes = a.outcomes[:0]
	for _, l := range lot {
		a.text = a.text[:0]
		for i := range a.walkers {
			a.text = l.alike[i].AppendTo(a.text, a.walkers[i])
		}
		o := l.outcomes[string(a.text)]
		if o == nil {
			o = a.first(p, l)
			l.outcomes[string(a.text)] = o
		}
		if o.apart {
			return false
		}
		a.outcomes = append(a.outcomes, o)
	}
	return true
}

// first compares the first of those who are alike, aside.
func (a *alikes) first(p pair, l *likeness) *outcome {
	one := a.aside()
	one.dbs, one.paired, one.marks.copied = a.dbs, a.paired, a.marks.copied
	r := reach{}
	if l.key != "" {
		r.keys = []string{l.key}
	}
	one.compare(p, r)
	a.dbs = one.dbs
	o := &outcome{counts: one.marks.counts}
	if o.apart = one.widened || !a.next.Snapshot.FoundByName(a.walkers[1].Subject()); o.apart {
		return o
	}
	for m := range one.marks.entries {
		a.marks.entries[m] = true
	}
	for i, st := range []*State{a.old, a.next} {
		for _, d := range st.decisions(a.walkers[i].Subject(), acl.Notes, l.dbs[i], false) {
			o.best[i] = max(o.best[i], d.Level)
		}
	}
	for i := range one.changes {
		if c := &one.changes[i]; c.Access != nil {
			o.records = append(o.records, *c)
		} else {
			o.wording = a.words.number(slices.DeleteFunc(slices.Clone(c.Attributes), func(attr string) bool { return ownAttributes[attr] }))
		}
	}
	return o
}

// note notes what differs for the person at hand, whose outcomes are found.
func (a *alikes) note(p pair) {
	attrs := a.attributes()
	records := 0
	for _, o := range a.outcomes {
		records += len(o.records)
	}
	sub := a.walkers[1].Subject
	if len(attrs)+records > 0 && !a.next.Snapshot.FoundByName(sub()) {
		a.difference.compare(p, reach{keys: a.suspects.DatabasesOf(a.touched)})
		return
	}
	for _, o := range a.outcomes {
		o.people++
	}
	if len(attrs)+records == 0 {
		return
	}
	a.markGroups()
	user := sub().Name.Canonical()
	if records > 0 && a.explained.Add(int64(records)) <= mostExplained {
		a.likewise(user, a.next.Snapshot.Store().Entry(p.next).DN())
	}
	if len(attrs) > 0 {
		a.put(Change{Kind: Modified, Was: a.old.over.Entry(p.old), Attributes: attrs, Subject: [2]string{user, user}}, a.next, p.next)
	}
}

// likewise notes the changes of decision records for the person at hand. Their
// names are those of the one who was compared, but for the first part.
func (a *alikes) likewise(user, dn string) {
	rdn := string(name.AppendRDN(nil, "accessSubject", user))
	key := keyOfDN(rdn)
	for _, o := range a.outcomes {
		for i := range o.records {
			c, access := o.records[i], *o.records[i].Access
			c.DN, c.Key = rdn+","+parentKey(c.DN), key+","+parentKey(c.Key)
			c.UUID = uuid.NewSHA1(arcUUID, []byte(c.Key))
			access.User, access.DN = user, dn
			c.Access = &access
			a.changes = append(a.changes, c)
		}
	}
}

// count adds how many have which level.
func (a *alikes) count() {
	for _, l := range a.likenesses {
		for _, o := range l.outcomes {
			for db, by := range o.counts {
				for level, n := range by {
					a.marks.count(db, acl.Level(level), n*o.people)
				}
			}
		}
	}
}
