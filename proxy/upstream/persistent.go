package upstream

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/directory"
)

// persistentFeed hears of changes by persistent searches with entry change
// notifications. It hears names only and reads the entries itself, so that none
// is older than what was read before. It cannot be resumed: each time it begins
// what happened before has to be read.
type persistentFeed struct {
	*reading
	tell    func(Batch) error
	known   State
	heard   []heard
	settled int // how often what happened before was asked for
	beat    time.Time
}

// heard is one notification.
type heard struct {
	kind         wire.ChangeTypes
	dn, previous string
}

// settleAfter is when what happened before is asked for once more: nothing says
// when a server has begun to listen for changes.
const settleAfter = 2 * time.Second

func newPersistentFeed(r *reading, since State, tell func(Batch) error) (feed, error) {
	return &persistentFeed{reading: r, tell: tell, known: since}, nil
}

func (f *persistentFeed) searches() ([]feedSearch, error) {
	bases, err := f.bases()
	if err != nil {
		return nil, err
	}
	value := wire.AppendPersistentSearch(nil, wire.PersistentSearch{Types: wire.AnyChange, ChangesOnly: true, ReturnECs: true})
	var list []feedSearch
	for _, base := range bases {
		s := feedSearch{
			request:  &wire.SearchRequest{Base: []byte(base), Scope: wire.ScopeSubtree, Filter: everything, Attributes: octets([]string{"1.1"})},
			controls: []wire.Control{{OID: wire.ControlPersistentSearch, Critical: true, Value: value}},
		}
		if f.facts.SupportsControl(wire.ControlManageDsaIT) {
			s.controls = append(s.controls, wire.Control{OID: wire.ControlManageDsaIT})
		}
		list = append(list, s)
	}
	return list, nil
}

func (f *persistentFeed) take(_ string, m wire.Message) error {
	switch m.Op {
	case wire.OpSearchEntry:
		h, err := notification(m)
		if err != nil {
			return f.malformed(err)
		}
		f.heard = append(f.heard, h)
		return nil
	case wire.OpSearchReference:
		return f.told(m)
	case wire.OpSearchDone:
		result, err := wire.ParseResult(m.Body)
		if err != nil {
			return f.malformed(err)
		}
		return f.feedResult(result)
	}
	return nil
}

func notification(m wire.Message) (heard, error) {
	entry, err := wire.ParseEntry(m.Body)
	if err != nil {
		return heard{}, err
	}
	controls, err := wire.ParseControls(m.Controls)
	if err != nil {
		return heard{}, err
	}
	i := slices.IndexFunc(controls, func(c wire.Control) bool { return c.OID == wire.ControlEntryChange })
	if i < 0 {
		return heard{}, errors.New("an entry came without saying what happened to it")
	}
	change, err := wire.ParseEntryChange(controls[i].Value)
	if err == nil && change.Type == wire.EntryRenamed && len(change.PreviousDN) == 0 {
		err = errors.New("a new name came without the old one")
	}
	return heard{change.Type, string(entry.DN()), string(change.PreviousDN)}, err
}

// idle reads what was heard of.
func (f *persistentFeed) idle(ctx context.Context) error {
	if len(f.heard) == 0 || f.settled == 0 {
		return nil
	}
	list := f.heard
	f.heard = nil
	if len(list) > maxPendingChanges {
		return errGaveTooMuch
	}
	batch := Batch{}
	for _, h := range list {
		if h.kind == wire.EntryDeleted {
			batch.Changes = append(batch.Changes, Change{Deleted: true, DN: h.dn})
			continue
		}
		draft, there, err := f.directory.readOne(ctx, f.known, h.dn)
		if err != nil {
			return err
		}
		switch {
		case there:
			batch.Changes = append(batch.Changes, Change{DN: h.previous, Draft: draft})
		case h.kind == wire.EntryRenamed: // and deleted or renamed again, which will be heard
			batch.Changes = append(batch.Changes, Change{Deleted: true, DN: h.previous})
		default: // deleted since, or a referral object now, which is no entry
			batch.Changes = append(batch.Changes, Change{Deleted: true, DN: h.dn})
		}
	}
	return f.hand(batch)
}

// probed asks for what happened before, when the searches were sent and once
// more later, and tells that all is well else.
func (f *persistentFeed) probed(context.Context) error {
	switch since := time.Since(f.beat); {
	case f.settled == 0, f.settled == 1 && since >= settleAfter:
		f.settled++
		return f.hand(Batch{CatchUp: true})
	case since >= beatEvery && f.settled > 1:
		return f.hand(Batch{})
	}
	return nil
}

func (f *persistentFeed) hand(b Batch) error {
	b.State, b.At = f.known, time.Now()
	if !b.CatchUp || f.settled == 1 {
		f.beat = b.At
	}
	return f.tell(b)
}

// readOne reads an entry as ReadAll does, from the server of the State; false
// means that it is not there.
func (d *Directory) readOne(ctx context.Context, at State, dn string) (draft directory.Draft, there bool, err error) {
	err = d.readAt(ctx, at, dn, wire.ScopeBase, func(found directory.Draft) error {
		draft, there = found, true
		return nil
	})
	if isCode(err, wire.NoSuchObject) {
		return directory.Draft{}, false, nil
	}
	return draft, there, err
}

// ReadBelow hands over an entry and all below it as ReadAll does, from the server
// of the State; where only another one serves it is ErrFullRead. Errors else are
// as with ReadAll.
func (d *Directory) ReadBelow(ctx context.Context, at State, dn string, emit func(directory.Draft) error) error {
	return d.readAt(ctx, at, dn, wire.ScopeSubtree, emit)
}

func (d *Directory) readAt(ctx context.Context, at State, dn string, scope wire.Scope, emit func(directory.Draft) error) error {
	return d.read(ctx, at.URL, func(l *link) error {
		r, err := d.newReading(ctx, l)
		if err != nil {
			return err
		}
		if r.server != at.Server {
			return fmt.Errorf("%w: the server is another one", ErrFullRead)
		}
		r.emit = emit
		request := &wire.SearchRequest{Base: []byte(dn), Scope: scope, Filter: everything, Attributes: octets(r.facts.Profile.attributes())}
		counted := func(body []byte) error {
			r.count++
			return r.emitEntry(body)
		}
		if err := r.pages(ctx, request, counted); err != nil {
			return r.failed(dn, err)
		}
		return nil
	})
}
