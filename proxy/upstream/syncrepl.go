package upstream

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aclens/aclens/proxy/wire"
)

// syncFeed is a consumer of RFC 4533, with one search for each base. Nothing of
// a refresh stage is told before the stage has ended.
type syncFeed struct {
	*reading
	tell    func(Batch) error
	known   State
	cookies cookies
	stages  map[string]*syncStage // by base
	changes []Change              // of the persist stage, not told yet
	beat    time.Time             // when something was told last
}

// syncStage is the refresh stage of one base.
type syncStage struct {
	done    bool
	cookie  []byte // counts when the stage is done
	absence bool   // there was a present phase
	changes []Change
	present []ID
}

func newSyncFeed(r *reading, since State, tell func(Batch) error) (feed, error) {
	known, err := parseCookies(since.Cookie)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFullRead, err)
	}
	return &syncFeed{reading: r, tell: tell, known: since, cookies: known, stages: map[string]*syncStage{}}, nil
}

func (f *syncFeed) searches() ([]feedSearch, error) {
	bases, err := f.bases()
	if err != nil {
		return nil, err
	}
	var list []feedSearch
	for _, base := range bases {
		cookie := f.cookies[base]
		if len(cookie) == 0 {
			return nil, fmt.Errorf("%w: nothing below %q was synchronized before", ErrFullRead, base)
		}
		f.stages[base] = &syncStage{}
		list = append(list, f.syncSearch(base, wire.SyncRequest{Mode: wire.SyncRefreshAndPersist, Cookie: cookie}))
	}
	return list, nil
}

// syncSearch is the same for a first reading and for what follows it: some
// servers bind the cookie to the search.
func (r *reading) syncSearch(base string, sync wire.SyncRequest) feedSearch {
	s := feedSearch{
		request:  &wire.SearchRequest{Base: []byte(base), Scope: wire.ScopeSubtree, Filter: everything, Attributes: octets(r.facts.Profile.attributes())},
		controls: []wire.Control{{OID: wire.ControlSyncRequest, Critical: true, Value: wire.AppendSyncRequest(nil, sync)}},
	}
	if r.facts.SupportsControl(wire.ControlManageDsaIT) {
		s.controls = append(s.controls, wire.Control{OID: wire.ControlManageDsaIT})
	}
	return s
}

func (f *syncFeed) take(base string, m wire.Message) error {
	switch m.Op {
	case wire.OpSearchEntry:
		return f.takeEntry(base, m)
	case wire.OpSearchReference:
		return f.told(m)
	case wire.OpIntermediateResponse:
		name, value, err := wire.ParseIntermediate(m.Body)
		if err != nil {
			return f.malformed(err)
		}
		if name != wire.IntermediateSyncInfo {
			return nil
		}
		return f.takeInfo(base, value)
	case wire.OpSearchDone:
		return f.ended(m)
	}
	return f.malformed(errUnexpected)
}

// told notes a reference that a feed tells.
func (r *reading) told(m wire.Message) error {
	uris, err := wire.ParseReference(m.Body)
	if err != nil {
		return r.malformed(err)
	}
	before := r.references
	err = r.referred(uris)
	r.directory.observer.UpstreamReferrals(r.references - before)
	return err
}

// malformed is doubt: something was told and not understood.
func (r *reading) malformed(err error) error {
	r.directory.observer.UpstreamError(KindProtocol)
	return fmt.Errorf("%w: %w", ErrFullRead, r.link.server.fault("following changes", KindProtocol, err))
}

// syncStateOf returns the sync state control that goes with every entry.
func syncStateOf(m wire.Message) (wire.SyncState, error) {
	controls, err := wire.ParseControls(m.Controls)
	if err != nil {
		return wire.SyncState{}, err
	}
	i := slices.IndexFunc(controls, func(c wire.Control) bool { return c.OID == wire.ControlSyncState })
	if i < 0 {
		return wire.SyncState{}, errors.New("an entry came without its sync state")
	}
	return wire.ParseSyncState(controls[i].Value)
}

func (f *syncFeed) takeEntry(base string, m wire.Message) error {
	state, err := syncStateOf(m)
	if err != nil {
		return f.malformed(err)
	}
	e, err := f.decoder.entry(m.Body)
	if err != nil {
		return f.malformed(err)
	}
	stage, id := f.stages[base], ID(state.UUID)
	f.remember(base, state.Cookie)
	change := Change{ID: id, Draft: e.Draft}
	switch state.Kind {
	case wire.SyncPresent:
		stage.present = append(stage.present, id)
		return f.bounded(stage)
	case wire.SyncDelete:
		change = Change{ID: id, Deleted: true, DN: e.DN, Within: base}
	case wire.SyncModify:
		change.Modified = stage.done
	}
	if !change.Deleted {
		left, err := f.leaveOut(&e)
		if err != nil {
			return err
		}
		if change.Draft = e.Draft; left { // what was an entry under this identity is one no more
			change = Change{ID: id, Deleted: true, DN: e.DN, Within: base}
		}
	}
	if stage.done {
		f.changes = append(f.changes, change)
		return nil
	}
	stage.changes = append(stage.changes, change)
	return f.bounded(stage)
}

func (f *syncFeed) bounded(stage *syncStage) error {
	if len(stage.changes) > maxPendingChanges || len(stage.present) > maxPendingPresent {
		return errGaveTooMuch
	}
	return nil
}

func (f *syncFeed) takeInfo(base string, value []byte) error {
	info, err := wire.ParseSyncInfo(value)
	if err != nil {
		return f.malformed(err)
	}
	f.remember(base, info.Cookie)
	stage := f.stages[base]
	switch info.Kind {
	case wire.SyncIDSet:
		return f.takeIDs(base, &info)
	case wire.SyncRefreshPresent:
		stage.absence = true
	case wire.SyncNewCookie:
		return nil
	}
	if !info.RefreshDone || stage.done {
		return nil
	}
	if err := f.flush(); err != nil { // what another search told: its cookie goes along
		return err
	}
	stage.done = true
	f.remember(base, stage.cookie)
	batch := Batch{Changes: stage.changes, Absence: stage.absence, Base: base, Present: stage.present}
	stage.changes, stage.present = nil, nil
	return f.hand(batch)
}

// remember keeps a cookie: for now until the refresh stage is done, which may not
// be resumed in its middle.
func (f *syncFeed) remember(base string, cookie []byte) {
	switch stage := f.stages[base]; {
	case cookie == nil:
	case stage.done:
		f.cookies[base] = slices.Clone(cookie)
	default:
		stage.cookie = slices.Clone(cookie)
	}
}

func (f *syncFeed) takeIDs(base string, info *wire.SyncInfo) error {
	stage := f.stages[base]
	for _, uuid := range info.UUIDs {
		switch change := (Change{ID: ID(uuid), Deleted: true, Within: base}); {
		case !info.RefreshDeletes:
			stage.present = append(stage.present, ID(uuid))
		case stage.done:
			f.changes = append(f.changes, change)
		default:
			stage.changes = append(stage.changes, change)
		}
	}
	return f.bounded(stage)
}

// idle tells what came.
func (f *syncFeed) idle(context.Context) error { return f.flush() }

func (f *syncFeed) flush() error {
	if len(f.changes) == 0 {
		return nil
	}
	return f.hand(Batch{Changes: f.taken()})
}

// probed tells that all is well, once the refresh stages are over.
func (f *syncFeed) probed(context.Context) error {
	for _, stage := range f.stages {
		if !stage.done {
			return nil
		}
	}
	if time.Since(f.beat) < beatEvery {
		return nil
	}
	return f.hand(Batch{Changes: f.taken()})
}

func (f *syncFeed) taken() []Change {
	changes := f.changes
	f.changes = nil
	return changes
}

func (f *syncFeed) hand(b Batch) error {
	text, err := f.cookies.text()
	if err != nil {
		return err
	}
	f.known.Cookie = text
	b.State, b.At = f.known, time.Now()
	f.beat = b.At
	return f.tell(b)
}

func (f *syncFeed) ended(m wire.Message) error {
	result, err := wire.ParseResult(m.Body)
	if err != nil {
		return f.malformed(err)
	}
	// OpenLDAP is unwilling where the cookie knows more than it does itself.
	if result.Code == wire.UnwillingToPerform {
		return fmt.Errorf("%w: %s: %s", ErrFullRead, f.facts.URL, described(result.Code, result.Message))
	}
	return f.feedResult(result)
}

// feedResult is why a search ended that goes on for ever.
func (r *reading) feedResult(result wire.Result) error {
	text := fmt.Sprintf("%s: %s", r.facts.URL, described(result.Code, result.Message))
	switch result.Code {
	case wire.SyncRefreshRequired:
		return fmt.Errorf("%w: %s", ErrFullRead, text)
	case wire.UnavailableCriticalExtension, wire.UnwillingToPerform, wire.InsufficientAccessRights, wire.InappropriateAuthentication,
		wire.StrongerAuthRequired, wire.InappropriateMatching, wire.ProtocolError:
		return fmt.Errorf("%w: %s", ErrNoFeed, text)
	case wire.SizeLimitExceeded, wire.TimeLimitExceeded, wire.AdminLimitExceeded:
		if advice := r.facts.Profile.limitAdvice(); advice != "" {
			text += "; " + advice
		}
		return fmt.Errorf("%w: %s", ErrNoFeed, text)
	}
	return r.link.server.notServing("following changes", result)
}
