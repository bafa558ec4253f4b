package upstream

import (
	"context"
	"fmt"

	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/directory"
)

// readSynced reads everything by synchronization, so that there is a cookie to
// follow on from.
func (d *Directory) readSynced(ctx context.Context, emit func(ID, directory.Draft) error) (State, error) {
	var state State
	err := d.read(ctx, "", func(l *link) error {
		r, err := d.newReading(ctx, l)
		if err != nil {
			return err
		}
		all, err := r.syncAll(ctx, emit)
		if err != nil {
			return err
		}
		state = r.state(State{})
		state.Feed = ModeSyncrepl
		state.Cookie, err = all.text()
		return err
	})
	return state, err
}

func (r *reading) syncAll(ctx context.Context, emit func(ID, directory.Draft) error) (cookies, error) {
	r.full = true
	bases, err := r.bases()
	if err != nil {
		return nil, err
	}
	all := cookies{}
	err = r.eachBase(bases, func(base string) error {
		cookie, err := r.syncBase(ctx, base, emit)
		if err != nil {
			return err
		}
		if len(cookie) == 0 {
			return fmt.Errorf("%w: %s gives no cookie for %q", ErrNoFeed, r.facts.URL, base)
		}
		all[base] = cookie
		return nil
	})
	return all, err
}

// syncBase reads one base and returns its cookie.
func (r *reading) syncBase(ctx context.Context, base string, emit func(ID, directory.Draft) error) (cookie []byte, err error) {
	ctx, done, err := r.directory.running.begin(ctx, r.link.server)
	if err != nil {
		return nil, err
	}
	defer done()
	s := r.syncSearch(base, wire.SyncRequest{Mode: wire.SyncRefreshOnly})
	var end wire.Result
	err = r.link.exchange(ctx, s, func(m wire.Message) (last bool, err error) {
		switch m.Op {
		case wire.OpSearchEntry:
			return false, r.emitSynced(m, emit)
		case wire.OpSearchReference:
			return false, r.continuation(m)
		case wire.OpSearchDone:
			end, cookie, err = syncEnd(m)
			return true, err
		}
		return false, nil
	})
	if err != nil {
		return nil, err
	}
	switch {
	case unserving(end.Code):
		return nil, r.link.server.notServing("reading", end)
	case end.Code == wire.NoSuchObject:
		return nil, r.notWhole(end)
	case end.Code != wire.Success:
		return nil, r.feedResult(end)
	}
	return cookie, nil
}

func (r *reading) emitSynced(m wire.Message, emit func(ID, directory.Draft) error) error {
	state, err := syncStateOf(m)
	if err != nil {
		return err
	}
	if state.Kind != wire.SyncAdd {
		return errUnexpected // it was told that nothing is here
	}
	e, err := r.decoder.entry(m.Body)
	if err != nil {
		return err
	}
	r.count++
	r.note(e.stamp)
	left, err := r.leaveOut(&e)
	if left || err != nil || e.DN == "" {
		return err
	}
	if err := emit(ID(state.UUID), e.Draft); err != nil {
		return &callerError{err}
	}
	return nil
}

// continuation notes a reference that came in place of entries.
func (r *reading) continuation(m wire.Message) error {
	uris, err := wire.ParseReference(m.Body)
	if err != nil {
		return err
	}
	if err := r.referred(uris); err != nil {
		return &callerError{err}
	}
	return nil
}

func syncEnd(m wire.Message) (wire.Result, []byte, error) {
	m = m.Clone()
	result, err := wire.ParseResult(m.Body)
	if err != nil {
		return result, nil, err
	}
	controls, err := wire.ParseControls(m.Controls)
	if err != nil {
		return result, nil, err
	}
	for _, c := range controls {
		if c.OID == wire.ControlSyncDone {
			done, err := wire.ParseSyncDone(c.Value)
			return result, done.Cookie, err
		}
	}
	return result, nil, nil
}
