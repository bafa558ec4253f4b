package view

import (
	"context"
	"strconv"
	"strings"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
)

// changelogDN is the branch of changes (draft-good-ldap-changelog).
const (
	changelogDN    = "cn=changelog"
	classChangelog = "changeLogEntry"
)

// logChunk is how many changes become entries at one time: there may be hundreds
// of thousands, and a client asks for those behind the last it has seen.
const logChunk = 1000

// logged is a search in the branch of changes.
type logged struct {
	from, to uint64 // the changes with from < number <= to can match
	only     uint64 // the base is this change; 0: the branch
	teller   *teller
}

// inChangelog tells whether a normalised DN lies in the branch of changes, which
// is not there where the directory has entries of that name.
func (s *State) inChangelog(key string) bool {
	if s.numbered == nil || !name.KeyUnder(key, changelogDN) {
		return false
	}
	_, taken := s.Snapshot.Store().Find(changelogDN)
	return !taken
}

// logBase finds the base of a search in the branch of changes.
func (q *Query) logBase(dn name.DN) (target, wire.Result) {
	l := &logged{to: q.state.stamped().Last, from: q.state.view.settings.History.First() - 1, teller: q.state.teller(q.rights)}
	none := wire.Result{Code: wire.NoSuchObject}
	if q.request.Identity.Anonymous() {
		return target{}, none
	}
	if rdn := dn.RDN(); dn.Depth() > 1 {
		n, err := strconv.ParseUint(rdn[0].Value, 10, 64)
		none.MatchedDN = changelogDN
		if dn.Depth() != 2 || len(rdn) != 1 || !strings.EqualFold(rdn[0].Type, "changeNumber") || err != nil || n <= l.from || n > l.to {
			return target{}, none
		}
		l.only, l.from, l.to = n, n-1, n
	}
	l.narrow(&q.request.Search.Filter)
	q.log = l
	at := q.logTarget(l.from, l.from)
	if l.only > 0 {
		if at = q.logTarget(l.only-1, l.only); at.store.Len() < 2 {
			return target{}, none
		}
	}
	return at, wire.Result{}
}

// narrow leaves out the changes that a filter cannot be true for by their numbers.
func (l *logged) narrow(f *wire.Filter) {
	if f.Kind == wire.And {
		for i := range f.Children {
			l.narrow(&f.Children[i])
		}
		return
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(f.Value)), 10, 63)
	if err != nil || !strings.EqualFold(string(f.Attr), "changeNumber") {
		return
	}
	if (f.Kind == wire.GreaterOrEqual || f.Kind == wire.Equality) && n > 0 {
		l.from = max(l.from, n-1)
	}
	if f.Kind == wire.LessOrEqual || f.Kind == wire.Equality {
		l.to = min(l.to, n)
	}
}

// logTarget makes entries of some changes, below the branch.
func (q *Query) logTarget(from, to uint64) target {
	branch := &directory.Draft{DN: changelogDN}
	branch.AddText("objectClass", "top", "aclensContainer")
	branch.AddText("cn", "changelog")
	list := []directory.Change{{Put: branch}}
	q.state.view.settings.History.Between(from, to, func(c *Change) bool {
		if shown := *c; q.log.teller.tell(&shown) {
			list = append(list, directory.Change{Put: q.logEntry(&shown)})
		}
		return true
	})
	st, _, _ := directory.Empty(q.state.Snapshot.Store().Schema()).Apply(list)
	id, _ := st.Find(changelogDN)
	if q.log.only > 0 && from < to {
		if own, ok := st.Find(keyOfDN(logDN(q.log.only))); ok {
			id = own
		}
	}
	return target{place: logPlace{rights: q.rights}, store: st, id: id, virtual: true}
}

func logDN(n uint64) string { return "changeNumber=" + strconv.FormatUint(n, 10) + "," + changelogDN }

// logEntry is one change as an entry. Its values are those of now: whoever
// repeats the changes in their order ends with what is there.
func (q *Query) logEntry(c *Change) *directory.Draft {
	d := &directory.Draft{DN: logDN(c.Number)}
	d.AddText("objectClass", "top", classChangelog)
	d.AddText("changeNumber", strconv.FormatUint(c.Number, 10))
	d.AddText("targetDN", c.DN)
	d.AddText("targetEntryUUID", c.UUID.String())
	d.AddText("changeType", c.Kind.String())
	d.AddText("changeTime", generalizedTime(c.Time))
	if q.sel.content("changes") && c.Kind != Deleted {
		if text := q.log.teller.ldif(c); text != "" {
			d.AddText("changes", text)
		}
	}
	return d
}

// logPlace is the entries of the branch: what may not be known is not made.
type logPlace struct {
	openPlace
	rights *policy.Rights
}

func (p logPlace) readable(_ directory.ID, c *column) bool { return !c.hidden }

func (p logPlace) guard(_ *compiler, folded string, _ policy.Class) (directory.Guard, bool) {
	return nil, !p.rights.Hidden(folded)
}

// runLog looks through the changes, some at a time.
func (q *Query) runLog(ctx context.Context, out Sink) Answer {
	r := &run{Query: q, ctx: ctx, out: out, links: make([][]links, 1)}
	if p := q.request.Page; p != nil {
		r.answer.Paged = true
		if r.pageEnd = p.Size; p.Size == 0 {
			return r.answer
		}
	}
	from := q.log.from
	if q.from.begun {
		from = max(from, uint64(q.from.id)-1)
	} else if q.log.only == 0 && !r.logChunk(from, from) {
		return r.answer
	}
	for from < q.log.to && r.scope != wire.ScopeBase || from < q.log.to && q.log.only > 0 {
		to := min(q.log.to, from+logChunk)
		if !r.logChunk(from, to) {
			break
		}
		from = to
	}
	return r.answer
}

// logChunk looks at the branch itself, or at some changes; false ends the search.
func (r *run) logChunk(from, to uint64) bool {
	at := r.logTarget(from, to)
	r.stages = nil
	r.add(stage{place: at.place, store: at.store, base: at.id, virtual: true})
	r.writers = make([]*writer, 1)
	s := &r.stages[0]
	r.eval = directory.NewEvaluator(s.store)
	number := from
	r.found = func(stage int, id directory.ID) bool {
		if r.notice && number > from {
			r.writer(stage).controls = []wire.Control{{OID: wire.ControlEntryChange,
				Value: wire.AppendEntryChange(nil, wire.EntryChange{Type: wire.EntryAdded, Number: int64(number)})}} //nolint:gosec // 2^63 changes do not happen
		}
		return r.send(stage, id, position{id: directory.ID(number), sent: r.from.sent + r.answer.Entries}) //nolint:gosec // pages end with the State
	}
	if from == to {
		return !r.inScope(s, s.base) || r.visit(s, s.base, 0)
	}
	for number = from + 1; number <= to; number++ {
		id, ok := s.store.Find(keyOfDN(logDN(number)))
		if ok && r.inScope(s, id) && !r.visit(s, id, 0) {
			return false
		}
	}
	return true
}

// runLogPersistent tells of changes as they are numbered.
func (q *Query) runLogPersistent(ctx context.Context, out Sink) Answer {
	f := &feed{view: q.view, ctx: ctx, out: out, content: &content{Query: q}}
	p := q.request.Persist
	sent := 0
	for first := true; ; first = false {
		if !first || !p.ChangesOnly {
			q.notice = p.ReturnECs && !first
			a := q.runLog(ctx, out)
			if sent += a.Entries; a.Result.Code != wire.Success {
				return a
			}
		}
		if f.flush() != nil {
			return Answer{Result: unavailable(), Entries: sent}
		}
		last := q.state.stamped().Last
		st, ok := f.await()
		if !ok || q.view.Refuses(st) {
			return Answer{Result: unavailable(), Entries: sent}
		}
		q.state, q.rights = st, st.rights(q.request.Identity)
		q.sel = st.selectionOf(q.request.Search.Attributes, q.request.selects())
		q.log = &logged{from: last, to: st.stamped().Last, teller: st.teller(q.rights)}
		q.from = position{begun: true, id: directory.ID(last + 1)} //nolint:gosec // the branch itself does not change
		if q.view.settings.History.First() > last+1 {
			return Answer{Result: unavailable(), Entries: sent}
		}
	}
}
