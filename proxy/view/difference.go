package view

import (
	"cmp"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
)

// mostExplained is how many decisions one difference explains twice, to see
// whether the reason alone is another: some seconds of work. Beyond it whoever
// may be concerned counts as changed.
const mostExplained = 200_000

// difference finds the entries of the enriched tree that two States show
// otherwise. It looks at suspects only; what it finds is what a comparison of
// every entry with everything computed for it would find.
type difference struct {
	old, next  *State
	suspects   *resolver.Suspects
	changes    []Change
	explained  *atomic.Int64 // of mostExplained
	widened    bool          // somebody was compared in all databases though not all were to be
	plainly    bool          // everybody is compared, whoever is alike
	marks      marks
	dbs        []pairedDatabase // of the databases that are asked about by key
	paired     map[string]int
	memberKeys []string // of the databases in which members of other groups may be answered otherwise
}

// pairedDatabase is one database in both States; nil where it is not there.
type pairedDatabase struct{ old, next *database.Database }

// reach says in which databases somebody's answers may differ.
type reach struct {
	all  bool
	keys []string
}

// Differences lists what changed between two States, in an order in which it can
// be repeated: what goes before what comes, and entries below before those above
// when they go.
func Differences(old, next *State) []Change { return newDifference(old, next).find() }

func newDifference(old, next *State) *difference {
	d := &difference{old: old, next: next, suspects: old.Snapshot.Suspects(next.Snapshot), paired: map[string]int{}, explained: new(atomic.Int64)}
	d.memberKeys = d.suspects.DatabasesOf(d.suspects.Groups)
	return d
}

func (d *difference) find() []Change {
	old, next := d.old, d.next
	d.marks = newMarks()
	if d.suspects.None() && sameContexts(old, next) && slices.EqualFunc(old.Findings, next.Findings, sameFinding) {
		return nil
	}
	if old.view.memberOfVirtual && !sameContexts(old, next) {
		d.suspects.Rebuilt = true
	}
	d.realEntries()
	d.soleNames()
	d.lonelyRecords()
	d.virtualEntries()
	sortChanges(d.changes)
	return d.changes
}

func sameContexts(a, b *State) bool {
	return slices.EqualFunc(a.contexts, b.contexts, func(x, y name.DN) bool { return x.Key() == y.Key() })
}

// pair is one entry in both States; None where it is not there.
type pair struct{ old, next directory.ID }

// realEntries compares the entries of the directory.
func (d *difference) realEntries() {
	pairs := d.touched()
	seen := map[pair]bool{}
	for _, p := range pairs {
		seen[p] = true
		d.compare(p, d.reachOf(p.next))
	}
	if d.suspects.Rebuilt {
		return
	}
	more := roaring.Or(d.suspects.Anywhere, d.suspects.Members)
	if d.suspects.Everybody || len(d.suspects.Databases) > 0 {
		more.Or(d.next.Snapshot.Population().People)
		more.Or(d.next.Snapshot.Population().Servers)
	}
	if d.next.view.memberOfVirtual && d.structural() {
		more.Or(d.next.Snapshot.Population().People)
		more.Or(d.next.Snapshot.Population().Servers)
		more.Or(d.next.Snapshot.Population().Groups)
	}
	var ids []directory.ID
	for it := more.Iterator(); it.HasNext(); {
		id := directory.ID(it.Next())
		if !seen[pair{id, id}] && d.old.Snapshot.Store().Entry(id) == d.next.Snapshot.Store().Entry(id) && d.next.Snapshot.Store().Exists(id) {
			ids = append(ids, id)
		}
	}
	if d.plainly || d.next.view.memberOfVirtual && d.structural() {
		for _, id := range ids {
			d.compare(pair{id, id}, d.reachOf(id))
		}
		return
	}
	d.compareAll(ids)
}

// touched pairs the entries whose records differ by their names.
func (d *difference) touched() []pair {
	ids := d.suspects.Entries
	a, b := d.old.Snapshot.Store(), d.next.Snapshot.Store()
	if d.suspects.Rebuilt {
		ids = nil
		for id := range max(a.Cap(), b.Cap()) {
			ids = append(ids, id)
		}
	}
	before := map[string]directory.ID{}
	for _, id := range ids {
		if a.Exists(id) {
			before[a.Entry(id).Key()] = id
		}
	}
	var out []pair
	for _, id := range ids {
		if !b.Exists(id) {
			continue
		}
		was, ok := before[b.Entry(id).Key()]
		if !ok {
			was = directory.None
		}
		delete(before, b.Entry(id).Key())
		out = append(out, pair{was, id})
	}
	for _, id := range before {
		out = append(out, pair{id, directory.None})
	}
	return out
}

func (d *difference) reachOf(id directory.ID) reach {
	x := d.suspects
	if x.Rebuilt || x.Everybody || id == directory.None || x.Anywhere.Contains(uint32(id)) {
		return reach{all: true}
	}
	r := reach{keys: x.Databases}
	if x.Members.Contains(uint32(id)) {
		r.keys = d.memberKeys
	}
	return r
}

// compare finds what is different about one entry, and notes it.
func (d *difference) compare(p pair, r reach) {
	switch {
	case p.old == directory.None:
		d.put(Change{Kind: Added}, d.next, p.next)
	case p.next == directory.None:
		d.put(Change{Kind: Deleted, Was: d.old.over.Entry(p.old)}, d.old, p.old)
	case entryUUIDOf(d.old, p.old) != entryUUIDOf(d.next, p.next): // another entry has come in its place
		d.compare(pair{p.old, directory.None}, r)
		d.compare(pair{directory.None, p.next}, r)
		return
	default:
		if attrs := d.differing(p, r); len(attrs) > 0 {
			d.put(Change{Kind: Modified, Was: d.old.over.Entry(p.old), Attributes: attrs, Quiet: d.quietOf(p, r, attrs)}, d.next, p.next)
			d.named(&d.changes[len(d.changes)-1], p)
		}
		return
	}
	own := len(d.changes) - 1
	d.differing(p, reach{all: true})
	d.named(&d.changes[own], p)
}

// put notes a change of an entry of the directory.
func (d *difference) put(c Change, at *State, id directory.ID) {
	e := at.Snapshot.Store().Entry(id)
	c.DN, c.Key, c.UUID = e.DN(), e.Key(), entryUUIDOf(at, id)
	is := at.over.Entry(id).DenyList
	c.Veiled = c.Kind != Modified && is || c.Kind == Modified && is != c.Was.DenyList
	d.changes = append(d.changes, c)
}

// named adds the names of the decision records to a change.
func (d *difference) named(c *Change, p pair) {
	for i, side := range []struct {
		s  *State
		id directory.ID
	}{{d.old, p.old}, {d.next, p.next}} {
		if side.id == directory.None {
			continue
		}
		if sub, ok := side.s.Snapshot.Subject(side.id); ok && side.s.recorded(sub) {
			c.Subject[i] = sub.Name.Canonical()
		}
	}
}

// entryUUIDOf is the entryUUID of an entry of the directory, or one that follows
// from its name where it has none.
func entryUUIDOf(s *State, id directory.ID) uuid.UUID {
	e := s.Snapshot.Store().Entry(id)
	if at, ok := s.Snapshot.Store().Schema().Lookup("entryUUID"); ok {
		if raw, ok := e.Find(at); ok {
			vs := raw.Values()
			if text, ok := vs.Next(); ok {
				if u, err := uuid.Parse(text); err == nil {
					return u
				}
			}
		}
	}
	return uuid.NewSHA1(arcUUID, []byte(e.Key()))
}

// uncounted are computed attributes of which no change is told: freshness, what
// follows from the name or from other entries, and the stamps themselves.
var uncounted = map[string]bool{
	"accessSnapshot": true, "accessAsOf": true, "accessStale": true, "entryDN": true, "subschemaSubentry": true,
	"hasSubordinates": true, "numSubordinates": true, attrModified: true, attrCSN: true, attrCreated: true,
}

// differing lists the attributes that an entry does not have with the same
// values in both States.
func (d *difference) differing(p pair, r reach) []string {
	var out []string
	if p.old != directory.None && p.next != directory.None {
		out = d.stored(p)
	}
	if !d.suspected(p, r) {
		slices.Sort(out)
		return slices.Compact(out)
	}
	if s := d.sides(p, r); s != nil {
		out = append(out, s.computed()...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// suspected tells whether anything computed may differ for an entry: of most
// whose record is another one it does not.
func (d *difference) suspected(p pair, r reach) bool {
	return r.all || len(r.keys) > 0 || p.old != p.next || d.next.view.memberOfVirtual || d.suspects.Members.Contains(uint32(p.next))
}

// stored compares what the directory itself has.
func (d *difference) stored(p pair) []string {
	a, b := d.old.Snapshot.Store().Entry(p.old), d.next.Snapshot.Store().Entry(p.next)
	if a == b && d.old.Snapshot.Store().Schema() == d.next.Snapshot.Store().Schema() {
		return nil
	}
	x, y := d.storedOf(d.old, a), d.storedOf(d.next, b)
	var out []string
	for n, v := range x {
		if w, ok := y[n]; !ok || v != w {
			out = append(out, n)
		}
	}
	for n := range y {
		if _, ok := x[n]; !ok {
			out = append(out, n)
		}
	}
	if a.DN() != b.DN() {
		out = append(out, "entryDN")
	}
	return out
}

// storedOf are the attributes that may be returned to somebody, as octets.
func (d *difference) storedOf(s *State, e directory.Entry) map[string]directory.RawAttribute {
	out := map[string]directory.RawAttribute{}
	for c := e.Attributes(); ; {
		desc, raw, ok := c.Next()
		if !ok {
			return out
		}
		if !s.columns[desc].hidden {
			out[s.Snapshot.Store().Schema().Name(desc)] = raw
		}
	}
}

func (d *difference) everyKey() []string {
	var keys []string
	for _, s := range []*State{d.old, d.next} {
		for _, db := range s.Snapshot.Databases().All() {
			keys = append(keys, db.Key)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// database finds a database in both States.
func (d *difference) database(key string) pairedDatabase {
	if i, ok := d.paired[key]; ok {
		return d.dbs[i]
	}
	p := pairedDatabase{at(d.old, key), at(d.next, key)}
	d.paired[key] = len(d.dbs)
	d.dbs = append(d.dbs, p)
	return p
}

func at(s *State, key string) *database.Database {
	db, _, ok := s.Snapshot.Databases().Find(key)
	if !ok || db.Key != key {
		return nil
	}
	return db
}

// sortChanges brings changes into the order of Differences.
func sortChanges(changes []Change) {
	type place struct {
		goes  bool
		depth int // negative where what lies below comes first
		key   string
		at    int
	}
	places := make([]place, len(changes))
	for i := range changes {
		c := &changes[i]
		p := place{goes: c.Kind == Deleted, depth: strings.Count(c.Key, ","), key: c.Key, at: i}
		if p.goes {
			p.depth = -p.depth
		}
		places[i] = p
	}
	slices.SortFunc(places, func(a, b place) int {
		if a.goes != b.goes {
			if b.goes {
				return 1
			}
			return -1
		}
		return cmp.Or(cmp.Compare(a.depth, b.depth), cmp.Compare(a.key, b.key), cmp.Compare(a.at, b.at))
	})
	sorted := make([]Change, len(changes))
	for i := range places {
		sorted[i] = changes[places[i].at]
	}
	copy(changes, sorted)
}
