package view

import (
	"context"

	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/directory"
)

// runPersistent is a persistent search (draft-ietf-ldapext-psearch).
func (q *Query) runPersistent(ctx context.Context, out Sink) Answer {
	f, refused := q.begin(ctx, out)
	if refused.Code != wire.Success {
		return Answer{Result: refused}
	}
	p := &persistent{f}
	if !q.request.Persist.ChangesOnly {
		if result := p.everything(); result.Code != wire.Success {
			return Answer{Result: result, Entries: f.sent, Visited: f.visited}
		}
	}
	for {
		if f.flush() != nil {
			return Answer{Result: unavailable(), Entries: f.sent}
		}
		st, ok := f.await()
		if !ok || f.view.Refuses(st) {
			return Answer{Result: unavailable(), Entries: f.sent}
		}
		if result := p.follow(st); result.Code != wire.Success {
			return Answer{Result: result, Entries: f.sent}
		}
	}
}

// persistent is one persistent search on its way.
type persistent struct{ *feed }

// everything is what is there already.
func (p *persistent) everything() wire.Result {
	s := &syncing{feed: p.feed}
	r := p.run
	if p.records != nil {
		s.addRecordStage(p.state.recordsOf(p.records, p.rights.DenyLists()), p.at(), false)
		r.writers, r.links = append(r.writers, nil), append(r.links, nil)
	}
	r.found = func(stage int, id directory.ID) bool { return p.send(p.content, stage, id, 0, nil) == nil }
	r.look(position{})
	p.visited = r.answer.Visited
	return r.answer.Result
}

func (p *persistent) send(c *content, stage int, id directory.ID, kind wire.ChangeTypes, e *event) error {
	p.sent++
	if kind == 0 || !p.request.Persist.ReturnECs {
		return p.out.Keep(c.entry(stage, id, p.out))
	}
	notice := wire.EntryChange{Type: kind, Number: int64(e.last.Number)} //nolint:gosec // 2^63 changes do not happen
	if kind == wire.EntryRenamed {
		notice.PreviousDN = []byte(e.first.DN)
	}
	return p.out.Keep(c.entry(stage, id, p.out, wire.Control{OID: wire.ControlEntryChange, Value: wire.AppendEntryChange(nil, notice)}))
}

// follow tells what changed up to the next State.
func (p *persistent) follow(st *State) wire.Result {
	before := p.content
	next, refused := p.contentOf(st)
	if refused.Code != wire.Success {
		return refused
	}
	p.content = next
	list, records, ok := p.events(before.state.stamped().Last, st.stamped().Last)
	if !ok {
		return unavailable() // more happened at once than is remembered
	}
	for _, e := range list {
		if err := p.tell(before, e); err != nil {
			return unavailable()
		}
	}
	return p.tellRecords(records)
}

func (p *persistent) tell(before *content, e *event) error {
	wanted := func(kind wire.ChangeTypes) bool { return p.request.Persist.Types&kind != 0 }
	id, is := p.match(e.last.Key)
	switch {
	case is && p.uuidOf(0, id) == e.uuid:
		if kind := kindOfNotice(before, e); wanted(kind) {
			return p.send(p.content, 0, id, kind, e)
		}
	case e.last.Kind == Deleted && wanted(wire.EntryDeleted):
		if was, had := before.match(e.first.Key); had && p.rights.Cover(before.rights) {
			return p.send(before, 0, was, wire.EntryDeleted, e)
		}
	}
	return nil
}

// kindOfNotice says what happened to an entry that is there. One that comes from
// where it could not be seen is new: its former name is not to be known.
func kindOfNotice(before *content, e *event) wire.ChangeTypes {
	switch {
	case e.first.Kind == Deleted && before.sees(e.first.Key):
		return wire.EntryRenamed // it is there again, under another name
	case e.first.Kind != Modified:
		return wire.EntryAdded
	}
	return wire.EntryModified
}

// tellRecords tells of decision records; those that went are not told, since
// what they were is not kept.
func (p *persistent) tellRecords(changes *recordChanges) wire.Result {
	stage, _ := p.recordStage(changes)
	if stage < 0 || p.request.Persist.Types&wire.EntryModified == 0 {
		return wire.Result{}
	}
	st := p.stages[stage].store
	for id := range st.Cap() {
		if st.Exists(id) && p.holds(stage, id) {
			e := &event{last: &Change{Number: p.state.stamped().Last}}
			if p.send(p.content, stage, id, wire.EntryModified, e) != nil {
				return unavailable()
			}
		}
	}
	return wire.Result{}
}
