package upstream

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/name"
)

// dirSyncBytes is how much Active Directory gives at once.
const dirSyncBytes = 1 << 20

// dirSync asks Active Directory now and then which objects changed. What it
// answers is parts of objects, so it is taken for names and identities only, and
// the objects are read: a group's members are then what the group says, and not
// a sum of changes.
type dirSync struct {
	directory *Directory
	tell      func(Batch) error
	known     State
	cookies   cookies // by naming context
	bases     []name.DN
	flags     wire.DirSyncFlags
}

// synced is one object of an answer.
type synced struct {
	id      ID
	dn      string
	deleted bool
}

func (d *Directory) followDirSync(ctx context.Context, since State, poll time.Duration, tell func(Batch) error) error {
	known, err := parseCookies(since.Cookie)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrFullRead, err)
	}
	f := &dirSync{directory: d, tell: tell, known: since, cookies: known, flags: wire.DirSyncIncrementalValues | wire.DirSyncAncestorsFirst}
	if len(known) == 0 { // what came before the cookie was not told
		if _, err := f.ask(ctx); err != nil {
			return err
		}
		if err := f.hand(Batch{CatchUp: true}); err != nil {
			return err
		}
	}
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		if err := f.poll(ctx); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}

func (f *dirSync) poll(ctx context.Context) error {
	changed, err := f.ask(ctx)
	if err != nil {
		return err
	}
	batch := Batch{}
	for _, o := range changed {
		if o.deleted || !f.inside(o.dn) {
			batch.Changes = append(batch.Changes, Change{ID: o.id, Deleted: true})
			continue
		}
		draft, there, err := f.directory.readOne(ctx, f.known, o.dn)
		if err != nil {
			return err
		}
		if there { // else it moved or went away since, and comes again
			batch.Changes = append(batch.Changes, Change{ID: Identity(ModeDirSync, &draft), Draft: draft})
		}
	}
	return f.hand(batch)
}

func (f *dirSync) inside(dn string) bool {
	parsed, err := name.ParseDN(dn)
	return err == nil && slices.ContainsFunc(f.bases, parsed.Under)
}

func (f *dirSync) hand(b Batch) error {
	text, err := f.cookies.text()
	if err != nil {
		return err
	}
	f.known.Cookie = text
	b.State, b.At = f.known, time.Now()
	return f.tell(b)
}

// ask returns the objects that changed since the cookies, each once.
func (f *dirSync) ask(ctx context.Context) (changed []synced, err error) {
	err = f.directory.read(ctx, f.known.URL, func(l *link) error {
		changed = nil
		r, err := f.directory.newReading(ctx, l)
		if err != nil {
			return err
		}
		if r.server != f.known.Server {
			return fmt.Errorf("%w: the server is another one", ErrFullRead)
		}
		if err := r.settled(); err != nil {
			return err
		}
		contexts, err := f.contexts(r)
		if err != nil {
			return err
		}
		next := cookies{}
		for _, context := range contexts {
			if next[context], err = f.askContext(ctx, r, context, &changed); err != nil {
				return r.failed(context, err)
			}
		}
		f.cookies = next
		return nil
	})
	return once(changed), err
}

// once keeps the last of what was told about each object.
func once(list []synced) []synced {
	seen := map[ID]bool{}
	kept := list[:0:0]
	for _, o := range slices.Backward(list) {
		if !seen[o.id] {
			seen[o.id] = true
			kept = append(kept, o)
		}
	}
	slices.Reverse(kept)
	return kept
}

// contexts are the naming contexts that the bases lie in: DirSync takes no
// other base.
func (f *dirSync) contexts(r *reading) ([]string, error) {
	bases, err := r.bases()
	if err != nil {
		return nil, err
	}
	f.bases = nil
	var list []string
	for _, base := range bases {
		dn, err := name.ParseDN(base)
		if err != nil {
			return nil, fmt.Errorf("base %q: %w", base, err)
		}
		f.bases = append(f.bases, dn)
		context, ok := contextOf(dn, r.facts.NamingContexts)
		if !ok {
			return nil, fmt.Errorf("%w: %q lies in no naming context of %s", ErrNoFeed, base, r.facts.URL)
		}
		if !slices.Contains(list, context) {
			list = append(list, context)
		}
	}
	return list, nil
}

// contextOf is the innermost naming context above a name.
func contextOf(dn name.DN, contexts []string) (found string, ok bool) {
	depth := -1
	for _, text := range contexts {
		context, err := name.ParseDN(text)
		if err == nil && dn.Under(context) && context.Depth() > depth {
			found, ok, depth = text, true, context.Depth()
		}
	}
	return found, ok
}

// askContext goes through one naming context until no more results come, and
// returns the new cookie. An account without the right to replicate is given
// what it may read itself.
func (f *dirSync) askContext(ctx context.Context, r *reading, context string, changed *[]synced) ([]byte, error) {
	cookie := f.cookies[context]
	for {
		end, err := f.exchange(ctx, r, context, cookie, changed)
		if err != nil {
			return nil, err
		}
		refused := end.result.Code == wire.InsufficientAccessRights || end.result.Code == wire.UnwillingToPerform
		if refused && f.flags&wire.DirSyncObjectSecurity == 0 {
			f.flags |= wire.DirSyncObjectSecurity
			continue
		}
		if end.result.Code != wire.Success {
			return nil, f.failed(r, len(cookie) > 0, end.result)
		}
		control, ok := end.control(wire.ControlDirSync)
		if !ok {
			return nil, fmt.Errorf("%w: %s does not answer to the control", ErrNoFeed, r.facts.URL)
		}
		answer, err := wire.ParseDirSyncResponse(control.Value)
		if err != nil {
			return nil, r.malformed(err)
		}
		if cookie = slices.Clone(answer.Cookie); !answer.More {
			return cookie, nil
		}
		if len(*changed) > maxPendingChanges && len(f.cookies[context]) > 0 {
			return nil, errGaveTooMuch
		}
	}
}

// failed is the error of a result. One that a cookie met may be about the
// cookie.
func (f *dirSync) failed(r *reading, resumed bool, result wire.Result) error {
	if unserving(result.Code) {
		return r.link.server.notServing("asking for changes", result)
	}
	if resumed && result.Code != wire.InsufficientAccessRights {
		return fmt.Errorf("%w: %s: %s", ErrFullRead, r.facts.URL, described(result.Code, result.Message))
	}
	return r.feedResult(result)
}

func (f *dirSync) exchange(ctx context.Context, r *reading, base string, cookie []byte, changed *[]synced) (outcome, error) {
	ctx, done, err := f.directory.running.begin(ctx, r.link.server)
	if err != nil {
		return outcome{}, err
	}
	defer done()
	value := wire.AppendDirSyncRequest(nil, wire.DirSyncRequest{Flags: f.flags, MaxBytes: dirSyncBytes, Cookie: cookie})
	controls := []wire.Control{{OID: wire.ControlDirSync, Critical: true, Value: value}}
	if r.facts.SupportsControl(wire.ControlShowDeleted) {
		controls = append(controls, wire.Control{OID: wire.ControlShowDeleted, Critical: true})
	}
	request := &wire.SearchRequest{Base: []byte(base), Scope: wire.ScopeSubtree, Filter: everything, Attributes: octets([]string{"*"})}
	first := len(f.cookies[base]) == 0
	return r.link.search(ctx, request, controls, func(body []byte) error {
		r.count++
		if first {
			return nil // everything, which is read in another way
		}
		o, err := r.synced(body)
		if err != nil {
			return r.malformed(err)
		}
		*changed = append(*changed, o)
		return nil
	})
}

// synced is what an answer says about an object (MS-ADTS 3.1.1.5.5: a deleted
// one keeps its objectGUID).
func (r *reading) synced(body []byte) (synced, error) {
	e, err := r.decoder.entry(body)
	if err != nil {
		return synced{}, err
	}
	o := synced{id: Identity(ModeDirSync, &e.Draft), dn: e.DN, deleted: strings.EqualFold(e.text("isDeleted"), "TRUE")}
	if o.id == (ID{}) {
		return synced{}, errors.New("an object came without its objectGUID")
	}
	return o, nil
}
