package view

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
)

// Flusher is a Sink that holds messages back; a feed that waits says so.
type Flusher interface{ Flush() error }

// feed is a search that is told what changes: a sync operation (RFC 4533) or a
// persistent search. It holds the State that the client has been told of, and
// nothing for what the client has not: it waits for the client to read.
type feed struct {
	view *View
	ctx  context.Context
	out  Sink
	*content
	sent    int
	visited int
}

// content is what a search finds in one State.
type content struct {
	*Query
	run     *run
	records *database.Database // whose decision records are in it; nil: none
}

// lasting tells whether a search is told what changes.
func (r *Request) lasting() bool { return r.Sync != nil || r.Persist != nil }

// prepareFeed refuses what does not go with a feed, on the State at hand.
func (q *Query) prepareFeed(at target) wire.Result {
	r := &q.request
	switch {
	case q.log != nil && (r.Sync != nil || r.Sort != nil && r.Sort.Critical || r.VLV != nil || r.Deref != nil || r.MatchedValues != nil):
		return wire.Result{Code: wire.UnwillingToPerform, Message: "these controls do not go with the branch of changes"}
	case !r.lasting():
		return wire.Result{}
	case q.view.settings.History == nil:
		return wire.Result{Code: wire.UnavailableCriticalExtension, Message: "no changes are told here"}
	case r.Sync != nil && r.Persist != nil || r.Page != nil || r.Sort != nil || r.VLV != nil || r.Deref != nil || r.MatchedValues != nil:
		return wire.Result{Code: wire.UnwillingToPerform, Message: "these controls exclude each other"}
	case q.special != ordinary:
		return wire.Result{Code: wire.UnwillingToPerform, Message: "this entry has no feed"}
	}
	if at.virtual && q.log == nil && q.scope != wire.ScopeBase && len(q.recordDatabases(at)) > 1 && mayMatchRecord(q.state.Snapshot.Store().Schema(), &r.Search.Filter) {
		return wire.Result{Code: wire.UnwillingToPerform, Message: "a feed over decision records needs one database as its base, or a filter that none of them matches"}
	}
	return wire.Result{}
}

// contentOf plans the same search on another State.
func (f *feed) contentOf(st *State) (*content, wire.Result) {
	q := &Query{view: f.view, state: st, request: f.request, pace: &pace{ctx: f.ctx}, scope: f.scope}
	q.rights = st.rights(f.request.Identity)
	how := f.request.selects()
	how.feed = f.request.Sync != nil
	q.sel = st.selectionOf(f.request.Search.Attributes, how)
	q.base = f.base
	at, refused := q.origin()
	if refused.Code != wire.Success {
		return nil, refused
	}
	q.add(stage{place: at.place, store: at.store, base: at.id, virtual: at.virtual, as: at.as})
	return q.content(f.ctx, at, f.out), wire.Result{}
}

func (q *Query) content(ctx context.Context, at target, out Sink) *content {
	c := &content{Query: q}
	if at.virtual && q.scope != wire.ScopeBase {
		if dbs := q.recordDatabases(at); len(dbs) == 1 && mayMatchRecord(q.state.Snapshot.Store().Schema(), &q.request.Search.Filter) {
			c.records = dbs[0]
		}
	}
	c.run = &q.room.run
	*c.run = q.newRun(ctx, out)
	return c
}

// begin takes up the State that the search was prepared on.
func (q *Query) begin(ctx context.Context, out Sink) (*feed, wire.Result) {
	f := &feed{view: q.view, ctx: ctx, out: out, content: &content{Query: q}}
	var refused wire.Result
	f.content, refused = f.contentOf(q.state)
	return f, refused
}

// match finds an entry of the first stage that belongs to the content.
func (c *content) match(key string) (directory.ID, bool) {
	s := &c.stages[0]
	id, ok := s.store.Find(key)
	return id, ok && c.holds(0, id)
}

// sees tells whether an entry of the first stage may be seen at all.
func (c *content) sees(key string) bool {
	s := &c.stages[0]
	id, ok := s.store.Find(key)
	return ok && s.store.Exists(id) && s.place.visible(id)
}

// holds tells whether an entry belongs to the content and may be seen.
func (c *content) holds(stage int, id directory.ID) bool {
	s := &c.stages[stage]
	if !c.run.inScope(s, id) || !s.place.visible(id) || !c.request.Subentries.admit(s.store, id) {
		return false
	}
	return directory.NewEvaluator(s.store).Eval(&s.filter, id) == directory.True
}

// entry is one entry with controls.
func (c *content) entry(stage int, id directory.ID, out Sink, controls ...wire.Control) []byte {
	for len(c.run.writers) < len(c.stages) {
		c.run.writers, c.run.links = append(c.run.writers, nil), append(c.run.links, nil)
	}
	w := c.run.writer(stage)
	w.controls = controls
	return w.append(out.Room(), c.request.MessageID, id)
}

// uuidOf is the entryUUID under which an entry is told.
func (c *content) uuidOf(stage int, id directory.ID) uuid.UUID {
	s := &c.stages[stage]
	if s.virtual {
		return virtualUUID(s.store.Entry(id).Key())
	}
	return entryUUIDOf(c.state, id)
}

// event is everything that happened to one entry since the client was told last.
type event struct {
	uuid        uuid.UUID
	first, last *Change // one where nothing else happened
	above       bool    // nothing happened to it but to an entry below, which may have shown it
	traces      []trace
	times       int // that something happened to it
}

// trace is where an entry was, and who could see it there, before a change.
type trace struct {
	key, dn string
	was     policy.Witness
}

// add takes one more change of the entry, which is valid for this call alone.
func (e *event) add(c *Change) {
	kept := *c
	if e.last = &kept; e.first == nil {
		e.first = e.last
	}
	e.times++
	if c.Kind != Added {
		e.traces = append(e.traces, trace{c.Key, c.DN, c.Was})
	}
}

// recordChanges are as much of the changes of decision records as a feed needs.
type recordChanges struct {
	some     bool        // there are any, wherever: a new cookie is told
	subjects [][2]string // Change.Subject, of those who may have other records in the feed
	alone    []string    // Anonymous and -Default-, if theirs are others
}

func (r *recordChanges) add(c *Change, in *database.Database) {
	r.some = true
	switch {
	case in == nil:
	case c.Access == nil:
		r.subjects = append(r.subjects, c.Subject)
	case c.Access.DN == "" && c.Access.Database == in.Key:
		r.alone = append(r.alone, c.Access.User)
	}
}

// events gathers the changes between two States by entry, in order; false: they
// are not all remembered.
func (f *feed) events(from, to uint64) ([]*event, *recordChanges, bool) {
	var list []*event
	records := &recordChanges{}
	by := map[uuid.UUID]*event{}
	ok := f.view.settings.History.Between(from, to, func(c *Change) bool {
		if f.hushed(c) {
			return true
		}
		if c.Access != nil {
			records.add(c, f.records)
			return true
		}
		if c.Subject != [2]string{} {
			records.add(c, f.records)
		}
		e := by[c.UUID]
		if e == nil {
			e = &event{uuid: c.UUID}
			by[c.UUID], list = e, append(list, e)
		}
		e.add(c)
		return true
	})
	return list, records, ok
}

// hushed tells whether a change is none for the client. One of its own entry is,
// where a rule is for the members of a deny list.
func (f *feed) hushed(c *Change) bool {
	if f.rights.DenyLists() || !c.Hushed() {
		return false
	}
	denied := f.state.denyLists()
	return c.Key != f.request.Identity.Key || !slices.ContainsFunc(f.view.policy.Bars(), func(bar string) bool { return denied[bar] })
}

// veiled tells whether something changed that decides what the client may see:
// what it has been told is then no ground to go on from.
func (f *feed) veiled(list []*event) bool {
	who := f.request.Identity
	bars := f.view.policy.Bars()
	for _, e := range list {
		for _, c := range []*Change{e.first, e.last} {
			switch {
			case c.Veiled && !f.rights.DenyLists(),
				c.Key == who.Key && (c.Kind != Modified || slices.Contains(c.Attributes, "isMemberOf")),
				f.rights.Self() == directory.None && f.isBar(c, bars):
				return true
			}
		}
	}
	return false
}

// isBar tells whether a change is one of a group that a rule names, or of its
// flattened copy.
func (f *feed) isBar(c *Change, bars []string) bool {
	for _, b := range bars {
		if c.Key == b {
			return true
		}
		if id, ok := f.state.Snapshot.Store().Find(b); ok {
			if g, ok := f.state.Snapshot.GroupOf(id); ok && keyOfDN(f.state.groupCopyDN(g)) == c.Key {
				return true
			}
		}
	}
	return false
}

// ancestors adds the entries above those that came or went: they may be read as
// long as something below them may be.
func (f *feed) ancestors(list []*event) []*event {
	if f.rights.Entries().All() {
		return list
	}
	st := f.state.Snapshot.Store()
	seen := map[string]bool{}
	for _, e := range list {
		seen[e.last.Key] = true
	}
	for _, e := range slices.Clone(list) {
		for key := parentKey(e.last.Key); key != "" && !seen[key]; key = parentKey(key) {
			seen[key] = true
			id, ok := st.Find(key)
			if !ok || !st.Exists(id) {
				continue
			}
			c := Change{Kind: Modified, DN: st.Entry(id).DN(), Key: key, UUID: entryUUIDOf(f.state, id), Was: e.first.Was}
			shown := &event{uuid: c.UUID, above: true}
			shown.add(&c)
			list = append(list, shown)
		}
	}
	return list
}

// parentKey cuts the first RDN off a normalised DN.
func parentKey(key string) string {
	for i := 0; i < len(key); i++ {
		switch key[i] {
		case '\\':
			i++
		case ',':
			return key[i+1:]
		}
	}
	return ""
}

// recordStage adds the decision records of the subjects among some changes to
// the content; gone are the names of those that have none any more.
func (c *content) recordStage(changes *recordChanges) (stage int, gone []string) {
	if c.records == nil {
		return -1, nil
	}
	subjects, left := map[string]*resolver.Subject{}, map[string]bool{}
	for _, user := range changes.alone {
		sub, _, err := c.state.Snapshot.FindSubject(user, resolver.OnlyHierarchicalNames)
		if err == nil {
			subjects[user] = sub
		}
	}
	for _, names := range changes.subjects {
		c.recorded(names, subjects, left)
	}
	var list []*resolver.Subject
	for n, sub := range subjects {
		list = append(list, sub)
		delete(left, n)
	}
	for n := range left {
		gone = append(gone, n)
	}
	at := c.stages[0]
	st := c.state.recordsFor(list, []*database.Database{c.records}, c.rights.DenyLists())
	base, ok := st.Find(at.store.Entry(at.base).Key())
	if !ok {
		return -1, gone
	}
	c.stages = c.stages[:1]
	c.run.writers, c.run.links = c.run.writers[:1], c.run.links[:1]
	c.add(stage0(c, st, base))
	return 1, gone
}

func stage0(c *content, st *directory.Store, base directory.ID) stage {
	return stage{place: c.state.recordPlace(c.rights, st), store: st, base: base, virtual: true}
}

// recorded sorts the names of one subject into those with records and those without.
func (c *content) recorded(names [2]string, subjects map[string]*resolver.Subject, left map[string]bool) {
	for _, n := range names {
		if n == "" {
			continue
		}
		sub, _, err := c.state.Snapshot.FindSubject(n, resolver.OnlyHierarchicalNames)
		if err == nil && sub.Entry != directory.None && c.state.recorded(sub) && sub.Name.Canonical() == n {
			subjects[n] = sub
		} else {
			left[n] = true
		}
	}
}

// mayHold tells whether a name lies in the scope of the search.
func (f *feed) mayHold(key string) bool {
	if f.base.err != nil {
		return false
	}
	base := f.state.keyedDN(f.base.dn).Key()
	if base == "" && f.view.underBase(key) {
		return false
	}
	switch f.scope {
	case wire.ScopeBase:
		return key == base
	case wire.ScopeOne:
		return key != base && parentKey(key) == base
	case wire.ScopeChildren:
		return key != base && (base == "" || name.KeyUnder(key, base))
	default:
		return base == "" || name.KeyUnder(key, base)
	}
}

// unavailable ends a feed because its context did, or the sources are too old.
func unavailable() wire.Result {
	return wire.Result{Code: wire.Unavailable, Message: "the feed ends here: begin again with the last cookie"}
}

// refreshRequired tells the client to begin from nothing.
func refreshRequired(reason string) wire.Result {
	return wire.Result{Code: wire.SyncRefreshRequired, Message: reason}
}

// flush lets the client have what is held back.
func (f *feed) flush() error {
	if out, ok := f.out.(Flusher); ok {
		return out.Flush()
	}
	return nil
}

// await waits for a State that the client has not been told of; false: the feed
// is over.
func (f *feed) await() (*State, bool) {
	for {
		news := f.view.News()
		if f.view.retired.Load() { // before anything more is told under rules that are over
			return nil, false
		}
		if st := f.view.told(); st != f.state {
			return st, true
		}
		select {
		case <-news:
		case <-f.ctx.Done():
			return nil, false
		}
	}
}
