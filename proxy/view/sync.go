package view

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/directory"
)

// runSync is a content synchronization operation (RFC 4533).
func (q *Query) runSync(ctx context.Context, out Sink) Answer {
	f, refused := q.begin(ctx, out)
	if refused.Code != wire.Success {
		return Answer{Result: refused}
	}
	s := &syncing{feed: f, rid: ridOf(q.request.Sync.Cookie)}
	result := s.refresh()
	if result.Code == wire.Success && q.request.Sync.Mode == wire.SyncRefreshAndPersist {
		result = s.persist()
	}
	a := Answer{Result: result, Entries: f.sent, Visited: f.visited}
	if result.Code == wire.Success {
		a.Synced = &wire.SyncDone{Cookie: []byte(s.cookie()), RefreshDeletes: s.told}
	}
	return a
}

// syncing is one sync operation on its way.
type syncing struct {
	*feed
	rid  string // of the client's cookie, given back
	told bool   // what went is told, and not left to be found missing
}

// cookie stands for everything that the client has been told. Slapd keeps it
// only in this form. It needs no secret: whoever makes one up is told what
// changed since some time, of what may be read anyway.
func (s *syncing) cookie() string {
	return s.rid + "csn=" + CSN(s.state.stamped().At, s.view.settings.History.Replica())
}

// ridOf is the consumer's own number in a cookie, ready to stand before the rest.
func ridOf(cookie []byte) string {
	for part := range strings.SplitSeq(string(cookie), ",") {
		if n, ok := strings.CutPrefix(part, "rid="); ok && len(n) == 3 && strings.Trim(n, "0123456789") == "" {
			return part + ","
		}
	}
	return "rid=000,"
}

// since reads where a client stands. A cookie without a CSN is that of a slapd
// that has nothing yet.
func (s *syncing) since() (from uint64, begun, known bool) {
	for part := range strings.SplitSeq(string(s.request.Sync.Cookie), ",") {
		list, ok := strings.CutPrefix(part, "csn=")
		if !ok {
			continue
		}
		for csn := range strings.SplitSeq(list, ";") {
			at, replica, ok := ParseCSN(csn)
			if ok && replica == s.view.settings.History.Replica() {
				from, known = s.view.settings.History.Find(at)
			}
		}
		return from, true, known && from <= s.state.stamped().Last
	}
	return 0, strings.Trim(ridless(s.request.Sync.Cookie), ",") != "", false
}

// ridless is a cookie without what a slapd says of itself.
func ridless(cookie []byte) string {
	var rest []string
	for part := range strings.SplitSeq(string(cookie), ",") {
		if !strings.HasPrefix(part, "rid=") && !strings.HasPrefix(part, "sid=") {
			rest = append(rest, part)
		}
	}
	return strings.Join(rest, ",")
}

// refresh brings the client to the State at hand.
func (s *syncing) refresh() wire.Result {
	from, begun, known := s.since()
	if !begun {
		return s.everything()
	}
	if !known {
		return s.reload("this replica does not remember what changed since that cookie")
	}
	list, records, ok := s.events(from, s.state.stamped().Last)
	if !ok || s.veiled(list) {
		return s.reload("what may be seen has changed since that cookie")
	}
	s.told = true
	return s.bring(nil, list, records)
}

// reload begins anew for a client that says that it wants that (RFC 4533 section
// 2.2): slapd does, and would try the same cookie for ever else.
func (s *syncing) reload(reason string) wire.Result {
	if s.request.Sync.ReloadHint {
		return s.everything()
	}
	return refreshRequired(reason)
}

// everything is the whole content, for a client that has nothing.
func (s *syncing) everything() wire.Result {
	limit := smaller(s.request.Search.SizeLimit, s.view.settings.SizeLimit)
	r := s.run
	if s.records != nil {
		s.addRecordStage(s.state.recordsOf(s.records, s.rights.DenyLists()), s.at(), false)
		r.writers, r.links = append(r.writers, nil), append(r.links, nil)
	}
	r.found = func(stage int, id directory.ID) bool {
		if limit > 0 && s.sent >= limit {
			return r.end(wire.SizeLimitExceeded, "")
		}
		return s.send(s.content, stage, id, wire.SyncAdd) == nil
	}
	r.look(position{})
	s.visited = r.answer.Visited
	return r.answer.Result
}

// at is the base of the search as a target.
func (c *content) at() target {
	return target{place: c.stages[0].place, store: c.stages[0].store, id: c.stages[0].base, virtual: true}
}

func (s *syncing) send(c *content, stage int, id directory.ID, state wire.SyncKind) error {
	s.sent++
	return s.out.Keep(c.entry(stage, id, s.out, syncControl(state, c.uuidOf(stage, id))))
}

func syncControl(kind wire.SyncKind, id uuid.UUID) wire.Control {
	return wire.Control{OID: wire.ControlSyncState, Value: wire.AppendSyncState(nil, wire.SyncState{Kind: kind, UUID: id[:]})}
}

// inform sends a sync info message.
func (s *syncing) inform(i wire.SyncInfo) error {
	i.Cookie = []byte(s.cookie())
	return s.out.Keep(wire.AppendIntermediate(s.out.Room(), s.request.MessageID, wire.IntermediateSyncInfo, wire.AppendSyncInfo(nil, i)))
}

func (s *syncing) sendGone(dn string, id uuid.UUID) error {
	s.sent++
	w := wire.BeginEntry(s.out.Room(), s.request.MessageID, dn)
	return s.out.Keep(w.End(syncControl(wire.SyncDelete, id)))
}

// bring tells what became of the entries that something happened to. Before is
// what the client had, where that is still known; else whatever it may have had
// is said to be gone.
func (s *syncing) bring(before *content, list []*event, records *recordChanges) wire.Result {
	list = s.ancestors(list)
	for _, gone := range [2]bool{true, false} { // a name must be free before it is given again
		for _, e := range list {
			if err := s.step(before, e, gone); err != nil {
				return unavailable()
			}
		}
	}
	if err := s.bringRecords(records); err != nil || s.ctx.Err() != nil {
		return unavailable()
	}
	return wire.Result{}
}

// step tells of one entry, first what went and then what is there. An entry that
// has another name now goes and comes: not every consumer can move one to a name
// that another had a moment ago.
func (s *syncing) step(before *content, e *event, gone bool) error {
	id, is := s.match(e.last.Key)
	is = is && s.uuidOf(0, id) == e.uuid
	renamed := is && e.first.Kind == Deleted
	switch {
	case gone && (!is || renamed):
		return s.tell(before, e, id, false)
	case !gone && renamed:
		return s.send(s.content, 0, id, wire.SyncAdd)
	case !gone && is:
		return s.tell(before, e, id, true)
	}
	return nil
}

func (s *syncing) tell(before *content, e *event, id directory.ID, is bool) error {
	was := false
	if before != nil {
		_, was = before.match(e.first.Key)
		was = was && !(e.first.Kind == Added && e.last.Kind != Deleted)
	}
	switch {
	case is && e.above && was:
		return nil
	case is && was:
		return s.send(s.content, 0, id, wire.SyncModify)
	case is:
		return s.send(s.content, 0, id, wire.SyncAdd)
	case was:
		return s.sendGone(e.first.DN, e.uuid)
	case before == nil:
		if dn, had := s.mayHaveHad(e); had {
			return s.sendGone(dn, e.uuid)
		}
	}
	return nil
}

// mayHaveHad tells whether the client may have been told of the entry, and under
// which name: at the time of its cookie, or later, for what follows a cookie is
// told before the next one, and a connection can break between. An entry that it
// could never see must not be named now.
func (s *syncing) mayHaveHad(e *event) (dn string, had bool) {
	if e.first.Kind == Added && e.times == 1 && !e.above {
		return "", false // it came as it is now
	}
	st := &s.stages[0]
	if id, ok := st.store.Find(e.last.Key); ok && s.mayHold(e.last.Key) && e.first.Key == e.last.Key && s.sees(e.last.Key) && s.uuidOf(0, id) == e.uuid {
		return e.last.DN, true // it is there to be seen under the name that it had, and does not match
	}
	for _, t := range e.traces {
		if s.mayHold(t.key) && s.rights.MayKnow(t.was) {
			return t.dn, true
		}
	}
	return "", false
}

func (s *syncing) bringRecords(changes *recordChanges) error {
	stage, gone := s.recordStage(changes)
	for _, n := range gone {
		if err := s.recordGone(n); err != nil {
			return err
		}
	}
	if stage < 0 {
		return nil // nobody among them has records
	}
	st := s.stages[stage].store
	for id := range st.Cap() {
		n := s.subjectOf(st.Entry(id))
		switch {
		case n == "":
		case s.holds(stage, id):
			if err := s.send(s.content, stage, id, wire.SyncModify); err != nil {
				return err
			}
		default:
			if err := s.recordGone(n); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *syncing) subjectOf(e directory.Entry) string {
	at, ok := s.state.Snapshot.Store().Schema().Lookup("accessSubject")
	if !ok || e == "" || e.IsGlue() {
		return ""
	}
	raw, ok := e.Find(at)
	if !ok {
		return ""
	}
	vs := raw.Values()
	n, _ := vs.Next()
	return n
}

func (s *syncing) recordGone(subject string) error {
	dn := s.view.recordNamed(subject, s.records)
	return s.sendGone(dn, virtualUUID(keyOfDN(dn)))
}

// persist tells what changes until the client or the server has enough.
func (s *syncing) persist() wire.Result {
	refreshed := wire.SyncInfo{Kind: wire.SyncRefreshPresent, RefreshDone: true}
	if s.told {
		refreshed.Kind = wire.SyncRefreshDelete
	}
	if s.inform(refreshed) != nil {
		return unavailable()
	}
	for {
		if s.flush() != nil {
			return unavailable()
		}
		st, ok := s.await()
		if !ok || s.view.Refuses(st) {
			return unavailable()
		}
		if result := s.follow(st); result.Code != wire.Success {
			return result
		}
	}
}

// follow brings the client to the next State.
func (s *syncing) follow(st *State) wire.Result {
	before := s.content
	from := before.state.stamped().Last
	next, refused := s.contentOf(st)
	if refused.Code != wire.Success {
		return refreshRequired("the base of the search is gone")
	}
	s.content = next
	list, records, ok := s.events(from, st.stamped().Last)
	if !ok || !next.rights.SameRules(before.rights) || s.hiddenOtherwise(before.state) {
		return refreshRequired("what may be seen has changed")
	}
	if len(list) == 0 && !records.some {
		return wire.Result{}
	}
	if result := s.bring(before, list, records); result.Code != wire.Success {
		return result
	}
	if s.inform(wire.SyncInfo{Kind: wire.SyncNewCookie}) != nil {
		return unavailable()
	}
	return wire.Result{}
}

// hiddenOtherwise tells whether other groups are deny lists than were, for a
// client that may not know of them.
func (f *feed) hiddenOtherwise(before *State) bool {
	if f.rights.DenyLists() {
		return false
	}
	a, b := before.denyLists(), f.state.denyLists()
	if len(a) != len(b) {
		return true
	}
	for k := range a {
		if !b[k] {
			return true
		}
	}
	return false
}

// String is for logs.
func (m Moment) String() string { return fmt.Sprintf("change %d", m.Last) }
