package view

import (
	"context"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
)

// Query is a search that is ready to run on one State.
type Query struct {
	view    *View
	state   *State
	rights  *policy.Rights
	request Request
	sel     *selection
	scope   wire.Scope
	stages  []stage
	special special
	from    position // where a page begins
	limit   int      // entries; 0 is no limit

	keys    []sortKey        // nil: in no order
	fault   *wire.SortResult // why there is no order though one is asked for
	values  []valueItem      // of the matched values control; nil: every value is returned
	derefs  []derefSpec
	log     *logged // of a search in the branch of changes
	notice  bool    // each change goes with an entry change notification
	refused *Answer // how the search ends without anything being looked at
	pace    *pace

	base struct {
		dn  name.DN
		err error // why dn is none
	}
	room room
}

// stage is one Store that a search looks through.
type stage struct {
	place   place
	store   *directory.Store
	base    directory.ID // None: from the top
	filter  directory.Filter
	among   directory.Candidates
	virtual bool
	strict  bool // every entry looked at counts against lookThrough
	guards  []directory.Guard
	weight  int     // what looking at one entry costs
	as      *string // the name to answer under, where it is not the entry's own
	lineage *lineage
}

// position is where a page of a search begins.
type position struct {
	stage int
	id    directory.ID
	sent  int // entries on the pages before
	begun bool
}

// Prepare makes a Query of a request, or says why not.
func (v *View) Prepare(r Request) (*Query, wire.Result) {
	st := v.stateFor(&r)
	if st == nil {
		return nil, wire.Result{Code: wire.Unavailable, Message: "no state yet: the directory has not been read"}
	}
	if int(r.Search.Scope) > int(wire.ScopeChildren) {
		return nil, wire.Result{Code: wire.ProtocolError, Message: "unknown scope"}
	}
	q := r.Workspace.query()
	q.view, q.state, q.request, q.scope, q.limit = v, st, r, r.Search.Scope, smaller(r.Search.SizeLimit, v.settings.SizeLimit)
	q.pace = &q.room.pace
	if r.Page != nil {
		q.limit = r.Search.SizeLimit // pages are the way past the limit of the configuration, not past the client's own
	}
	if refused := q.resume(); refused.Code != wire.Success {
		return nil, refused
	}
	q.base.dn, q.base.err = v.parseBase(string(r.Search.Base))
	if q.special = q.isSpecial(); q.special == ordinary && v.Refuses(q.state) {
		return nil, wire.Result{Code: wire.Unavailable, Message: "the sources are older than the configuration allows"}
	}
	q.rights = q.state.rights(r.Identity)
	q.sel = q.state.selectionOf(r.Search.Attributes, q.request.selects())
	return q.plan()
}

// smaller is the stricter of two limits of which zero is none.
func smaller(a, b int) int {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// plan finds the base, compiles the filter for each place and asks the indexes.
func (q *Query) plan() (*Query, wire.Result) {
	at, refused := q.origin()
	if refused.Code != wire.Success {
		return nil, refused
	}
	if refused := q.prepareFeed(at); refused.Code != wire.Success {
		return nil, refused
	}
	if refused := q.controls(at); refused.Code != wire.Success {
		return nil, refused
	}
	q.add(stage{place: at.place, store: at.store, base: at.id, virtual: at.virtual, as: at.as})
	if at.virtual && q.scope != wire.ScopeBase && !q.request.lasting() && q.log == nil {
		return q, q.addRecords(at)
	}
	return q, wire.Result{}
}

// origin finds the entry that the search begins at.
func (q *Query) origin() (target, wire.Result) {
	q.room.place = q.realPlace()
	switch {
	case q.special != ordinary:
		return q.state.specialTarget(q.special), wire.Result{}
	case q.base.err != nil:
		return target{}, wire.Result{Code: wire.InvalidDNSyntax, Message: q.base.err.Error()}
	case len(q.request.Search.Base) == 0:
		return target{place: &q.room.place, store: q.state.Snapshot.Store(), id: directory.None}, wire.Result{}
	case q.state.inChangelog(q.base.dn.Key()):
		return q.logBase(q.base.dn)
	}
	at, refused := q.state.findParsed(q.base.dn, &q.room.place)
	if refused.Code == wire.NoSuchObject {
		refused = q.referred(q.base.dn, refused)
	}
	return at, refused
}

// isSpecial tells whether the search asks for the root DSE or the subschema.
func (q *Query) isSpecial() special {
	switch {
	case q.scope != wire.ScopeBase || q.base.err != nil:
		return ordinary
	case len(q.request.Search.Base) == 0:
		return rootDSE
	case q.base.dn.Key() == subschemaKey:
		return subschema
	default:
		return ordinary
	}
}

// realPlace is the directory's own entries as the request sees them.
func (q *Query) realPlace() realPlace {
	p := realPlace{state: q.state, rights: q.rights, realOnly: q.request.RealOnly}
	if q.request.Managed && !q.request.lasting() {
		p.managed = q.request.Reached
	}
	return p
}

func (q *Query) add(s stage) {
	q.room.compiler = compiler{state: q.state, rights: q.rights, store: s.store, schema: s.store.Schema(), branch: s.place, realOnly: q.request.RealOnly, pace: q.pace}
	c := &q.room.compiler
	guards := []directory.Guard(nil)
	if len(q.stages) == 0 {
		q.stages, guards = q.room.stages[:0], q.room.guards[:0]
	}
	s.filter = c.compile(&q.request.Search.Filter)
	s.weight = 1 + terms(&s.filter)/termsAtOnce
	s.guards = guardsOf(&s.filter, guards)
	s.among = s.store.Plan(&s.filter)
	if few, ok := q.rights.Entries().Few(); ok && !s.virtual {
		s.among = directory.Listed(few...)
	}
	if s.base != directory.None && s.among.Len(int(s.store.Cap())) > lineageSize {
		s.lineage = new(lineage)
	}
	q.stages = append(q.stages, s)
}

// terms counts the parts of a filter.
func terms(f *directory.Filter) int {
	n := 1
	for i := range f.Children {
		n += terms(&f.Children[i])
	}
	return n
}

// guardsOf collects the guards of a filter.
func guardsOf(f *directory.Filter, guards []directory.Guard) []directory.Guard {
	if f.Guard != nil {
		guards = append(guards, f.Guard)
	}
	for i := range f.Children {
		guards = guardsOf(&f.Children[i], guards)
	}
	return guards
}

// counts tells whether an entry looked at in vain counts against lookThrough:
// only one whose every attribute in the filter may be read does, or the limit
// would tell how many others there are.
func (s *stage) counts(id directory.ID) bool {
	for _, g := range s.guards {
		if !g.Readable(id) {
			return false
		}
	}
	return s.place.visible(id)
}

// Cost is the number of entries that the search may have to look at.
func (q *Query) Cost() int {
	n := 1
	for i := range q.stages {
		s := &q.stages[i]
		if q.scope == wire.ScopeBase {
			continue
		}
		n += s.among.Len(int(s.store.Cap()))
	}
	return n + q.controlCost(n)
}

// run is a Query on its way.
type run struct {
	*Query
	ctx     context.Context
	out     Sink
	eval    *directory.Evaluator
	answer  Answer
	vain    int // entries looked at that were not returned
	pageEnd int // entries after which the page is full; 0 without paging
	found   func(stage int, id directory.ID) bool
	writers []*writer // by stage
	links   [][]links // by stage and specification of the dereference control
	scratch []byte
}

// Run writes the entries of the answer to out and returns what ends it.
func (q *Query) Run(ctx context.Context, out Sink) Answer {
	if q.refused != nil {
		return *q.refused
	}
	q.pace.ctx = ctx
	switch {
	case q.log != nil && q.request.Persist != nil:
		return q.runLogPersistent(ctx, out)
	case q.log != nil:
		return q.runLog(ctx, out)
	case q.request.Sync != nil:
		return q.runSync(ctx, out)
	case q.request.Persist != nil:
		return q.runPersistent(ctx, out)
	}
	r := &q.room.run
	*r = q.newRun(ctx, out)
	if p := q.request.Page; p != nil {
		r.answer.Paged = true
		r.pageEnd = p.Size
		if p.Size == 0 {
			return r.answer // the client gives up the search (RFC 2696, section 3)
		}
	}
	if q.keys != nil {
		r.runSorted()
		r.refer()
		return r.answer
	}
	r.runUnsorted()
	return r.answer
}

// newRun is a run at its beginning.
func (q *Query) newRun(ctx context.Context, out Sink) run {
	r := run{Query: q, ctx: ctx, out: out}
	if len(q.stages) == 1 {
		q.room.writers, q.room.links = [1]*writer{}, [1][]links{}
		r.writers, r.links = q.room.writers[:], q.room.links[:]
		return r
	}
	r.writers, r.links = make([]*writer, len(q.stages)), make([][]links, len(q.stages))
	return r
}

// runUnsorted returns the entries as they are found.
func (r *run) runUnsorted() {
	r.found = func(stage int, id directory.ID) bool {
		return r.send(stage, id, position{stage: stage, id: id, sent: r.from.sent + r.answer.Entries})
	}
	r.look(r.from)
	r.answer.Sorted = r.fault
	r.refer()
}

// look goes through all Stores from a position on.
func (r *run) look(begin position) {
	for i := begin.stage; i < len(r.stages); i++ {
		from := directory.ID(0)
		if i == begin.stage {
			from = begin.id
		}
		if !r.stage(i, from) {
			return
		}
	}
}

// stage looks through one Store; false ends the search.
func (r *run) stage(i int, from directory.ID) bool {
	s := &r.stages[i]
	r.room.eval = *directory.NewEvaluator(s.store)
	r.eval = &r.room.eval
	ok := true
	visit := func(id directory.ID) bool {
		if !r.inScope(s, id) {
			return true
		}
		ok = r.visit(s, id, i)
		return ok
	}
	switch {
	case r.scope == wire.ScopeBase:
		if s.base >= from {
			visit(s.base)
		}
	case r.scope == wire.ScopeOne && s.store.Children(s.base).Len() < s.among.Len(int(s.store.Cap())):
		r.eachChild(s, from, visit)
	default:
		s.among.Each(from, s.store.Cap(), visit)
	}
	return ok
}

func (r *run) eachChild(s *stage, from directory.ID, visit func(directory.ID) bool) {
	children := s.store.Children(s.base)
	for i := range children.Len() {
		if id := children.At(i); id >= from && !visit(id) {
			return
		}
	}
}

func (r *run) inScope(s *stage, id directory.ID) bool {
	if !s.store.Exists(id) {
		return false
	}
	switch r.scope {
	case wire.ScopeBase:
		return id == s.base
	case wire.ScopeOne:
		return s.store.Parent(id) == s.base
	case wire.ScopeChildren:
		return id != s.base && s.within(id)
	default:
		return s.within(id)
	}
}

// visit looks at one entry and hands it on if it is asked for and may be read.
func (r *run) visit(s *stage, id directory.ID, stage int) bool {
	r.answer.Visited++
	if !r.pace.spend(s.weight) {
		return r.end(wire.TimeLimitExceeded, "")
	}
	found := r.eval.Eval(&s.filter, id)
	if r.pace.done() {
		return r.end(wire.TimeLimitExceeded, "")
	}
	if found != directory.True || !s.place.visible(id) || !r.request.Subentries.admit(s.store, id) {
		if s.counts(id) {
			r.vain++
		}
		return r.mayGoOn()
	}
	if s.strict {
		r.vain++
		if !r.mayGoOn() {
			return false
		}
	}
	return r.found(stage, id)
}

// send returns one entry, unless a limit or the page is full; at is where the
// next page would begin then.
func (r *run) send(stage int, id directory.ID, at position) bool {
	if r.limit > 0 && at.sent >= r.limit {
		return r.end(wire.SizeLimitExceeded, "")
	}
	if r.pageEnd > 0 && r.answer.Entries >= r.pageEnd {
		r.answer.Cookie = r.cookie(at)
		return false
	}
	message, ok := r.entry(stage, id)
	if ok && r.pace.done() {
		return r.end(wire.TimeLimitExceeded, "")
	}
	if !ok || r.out.Keep(message) != nil {
		return false
	}
	r.answer.Entries++
	return true
}

func (r *run) mayGoOn() bool {
	if limit := r.view.settings.LookThrough; limit > 0 && r.vain > limit {
		return r.end(wire.AdminLimitExceeded, "more entries to look through than limits.lookThrough allows")
	}
	return true
}

func (r *run) end(code wire.ResultCode, message string) bool {
	r.answer.Result = wire.Result{Code: code, Message: message}
	return false
}
