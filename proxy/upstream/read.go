package upstream

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
)

// maxEmptyPages ends a read from a server that gives pages without entries for ever.
const maxEmptyPages = 1000

// ReadAll hands over every entry at and below the bases, without secrets, in no
// order, and says from where ReadChanges may go on.
// Aliases are not followed; of references to other servers becomes what
// Settings.Referrals says.
//
// Errors match ErrUnavailable, ErrRefused or ErrPartial, or are emit's own.
// emit may have been called before an error: with one, nothing of it counts.
func (d *Directory) ReadAll(ctx context.Context, emit func(directory.Draft) error) (State, error) {
	var state State
	err := d.read(ctx, "", func(l *link) error {
		r, err := d.newReading(ctx, l)
		if err != nil {
			return err
		}
		r.full = true
		if err := r.entries(ctx, everything, emit); err != nil {
			return err
		}
		state = r.state(State{})
		return nil
	})
	return state, err
}

// ReadNames hands over the key (package name) of the DN of every entry, for
// finding out what was deleted. It asks the server that the State comes from;
// where only another one serves it is ErrFullRead, since that one may be
// behind. Errors else are as with ReadAll.
func (d *Directory) ReadNames(ctx context.Context, since State, emit func(dnKey string)) error {
	return d.read(ctx, since.URL, func(l *link) error {
		r, err := d.newReading(ctx, l)
		if err != nil {
			return err
		}
		if since.Server != r.server {
			return fmt.Errorf("%w: the server is another one", ErrFullRead)
		}
		if err := r.settled(); err != nil {
			return err
		}
		return r.run(ctx, everything, []string{"1.1"}, func(body []byte) error {
			return r.emitKey(body, emit)
		})
	})
}

// reading is one pass over the directory on one connection.
type reading struct {
	directory  *Directory
	link       *link
	facts      Facts
	server     string // identity
	began      time.Time
	decoder    *decoder
	gaps       []entry // of this page: entries that came in part
	emit       func(directory.Draft) error
	latest     time.Time
	count      int // entries received
	references int // to other servers, left out

	full    bool     // everything is read: references that are followed are found anew
	own     int      // bases that no reference leads to
	leads   []lead   // of references that are followed
	seen    []string // the addresses in all references
	objects []string // DNs of the referral objects that were left out
	refused []string // bases that references lead to and that cannot be read
}

func (d *Directory) newReading(ctx context.Context, l *link) (*reading, error) {
	r := &reading{directory: d, link: l, began: time.Now(), decoder: newContentDecoder()}
	var err error
	if r.facts, err = d.facts(ctx, l); err != nil {
		return nil, err
	}
	r.server, err = d.identity(ctx, l, &r.facts)
	return r, err
}

// entries hands over the entries that match.
func (r *reading) entries(ctx context.Context, filter wire.Filter, emit func(directory.Draft) error) error {
	r.emit = emit
	return r.run(ctx, filter, r.facts.Profile.attributes(), r.emitEntry)
}

func (r *reading) emitEntry(body []byte) error {
	e, err := r.decoder.entry(body)
	if err != nil {
		return r.link.server.fault("reading an entry", KindProtocol, err)
	}
	r.note(e.stamp)
	if left, err := r.leaveOut(&e); left || err != nil {
		return err
	}
	if len(e.missing) > 0 {
		r.gaps = append(r.gaps, e) // until the connection is free for further questions
		return nil
	}
	return r.hand(e)
}

// hand emits an entry; the root DSE, which some servers find below the root, is none.
func (r *reading) hand(e entry) error {
	if e.DN == "" {
		return nil
	}
	return r.emit(e.Draft)
}

// emitKey emits the key of an entry's name. A name that cannot be understood
// has no key, and was in no snapshot.
func (r *reading) emitKey(body []byte, emit func(dnKey string)) error {
	cursor, err := wire.ParseEntry(body)
	if err != nil {
		return r.link.server.fault("reading a name", KindProtocol, err)
	}
	key, err := name.AppendKey(nil, string(cursor.DN()))
	if err != nil {
		r.directory.log.Warn("directory entry has no valid name", "error", err)
		return nil
	}
	if len(key) > 0 && !r.directory.objects.has(string(key)) {
		emit(string(key))
	}
	return nil
}

// run searches below all bases.
func (r *reading) run(ctx context.Context, filter wire.Filter, attributes []string, each func(body []byte) error) error {
	bases, err := r.bases()
	if err != nil {
		return err
	}
	counted := func(body []byte) error {
		r.count++
		return each(body)
	}
	err = r.eachBase(bases, func(base string) error {
		request := &wire.SearchRequest{Base: []byte(base), Scope: wire.ScopeSubtree, Filter: filter, Attributes: octets(attributes)}
		return r.pages(ctx, request, counted)
	})
	return err
}

// eachBase reads below all bases, in a complete reading also below those that
// it finds references to.
func (r *reading) eachBase(bases []string, read func(base string) error) error {
	for i := 0; i < len(bases); i++ {
		known := len(r.leads)
		if err := read(bases[i]); err != nil && !r.tolerates(i, bases[i], err) {
			return r.failed(bases[i], err)
		}
		if r.full {
			bases = r.follow(bases, known)
		}
	}
	if r.full {
		r.settleLeads(bases)
	}
	r.tellReferences()
	return nil
}

// bases are those configured, or what the server announces, and those that
// references lead to.
func (r *reading) bases() ([]string, error) {
	bases, err := r.ownBases()
	if err != nil || r.directory.settings.Referrals != ChaseReferrals {
		r.own = len(bases)
		return bases, err
	}
	r.own = len(bases)
	all, refused := r.directory.leads.withLeads(r.directory, bases, r.full)
	if r.full {
		r.refuse(refused)
	}
	return all, nil
}

func (r *reading) ownBases() ([]string, error) {
	bases := r.directory.settings.Bases
	if len(bases) > 0 {
		return bases, nil
	}
	bases, err := topmost(r.facts.contexts())
	if err != nil {
		return nil, fmt.Errorf("naming contexts of %s: %w", r.facts.URL, err)
	}
	if len(bases) == 0 {
		return nil, &ReadError{URL: r.facts.URL, Err: errors.New("no base is configured and the server announces no naming context")}
	}
	return bases, nil
}

// pages reads one base to its end.
func (r *reading) pages(ctx context.Context, request *wire.SearchRequest, each func(body []byte) error) error {
	var cookie []byte
	for empty := 0; empty < maxEmptyPages; {
		before := r.count
		end, err := r.page(ctx, request, cookie, each)
		if err != nil {
			return err
		}
		if err := r.fillGaps(ctx); err != nil {
			return err
		}
		if cookie, err = nextCookie(end); err != nil {
			return r.link.server.fault("reading a page", KindProtocol, err)
		}
		if len(cookie) == 0 {
			return nil
		}
		empty++
		if r.count > before {
			empty = 0
		}
	}
	return r.link.server.fault("reading a page", KindProtocol, errors.New("pages without entries do not end"))
}

// page reads one page, or everything where the server knows no pages.
func (r *reading) page(ctx context.Context, request *wire.SearchRequest, cookie []byte, each func(body []byte) error) (outcome, error) {
	ctx, done, err := r.directory.running.begin(ctx, r.link.server)
	if err != nil {
		return outcome{}, err
	}
	defer done()
	end, err := r.link.search(ctx, request, r.controls(cookie), each)
	if err != nil {
		return end, err
	}
	for _, uris := range end.references {
		if err := r.referred(uris); err != nil {
			return end, err
		}
	}
	if unserving(end.result.Code) {
		return end, r.link.server.notServing("reading", end.result)
	}
	if end.result.Code != wire.Success {
		return end, r.notWhole(end.result)
	}
	return end, nil
}

// controls are those that the server lists, none of them critical: a server
// that ignores one still answers with everything or says that it did not.
func (r *reading) controls(cookie []byte) []wire.Control {
	var controls []wire.Control
	if r.facts.SupportsControl(wire.ControlPagedResults) {
		value := wire.AppendPagedValue(nil, r.directory.settings.PageSize, cookie)
		controls = append(controls, wire.Control{OID: wire.ControlPagedResults, Value: value, HasValue: true})
	}
	for _, oid := range []string{wire.ControlManageDsaIT, wire.ControlDomainScope} {
		if r.facts.SupportsControl(oid) {
			controls = append(controls, wire.Control{OID: oid})
		}
	}
	return controls
}

// nextCookie returns where the next page begins, nothing after the last one.
func nextCookie(end outcome) ([]byte, error) {
	c, ok := end.control(wire.ControlPagedResults)
	if !ok {
		return nil, nil
	}
	paged, err := wire.ParsePaged(c.Value)
	return paged.Cookie, err
}

// notWhole is the error of a result other than success.
func (r *reading) notWhole(result wire.Result) *ReadError {
	return &ReadError{
		URL:     r.facts.URL,
		Code:    result.Code,
		Message: result.Message,
		Advice:  r.facts.Profile.advice(result.Code),
	}
}

// failed says where and when a read ended early. One that had given nothing yet
// may be begun again at another server.
func (r *reading) failed(base string, err error) error {
	var partial *ReadError
	var fault *serverError
	switch {
	case errors.As(err, &partial):
		partial.Base, partial.Entries = base, r.count
	case errors.As(err, &fault) && r.count > 0:
		return &ReadError{URL: r.facts.URL, Base: base, Entries: r.count, Err: fault}
	}
	return err
}

// isCode tells whether a read ended with one of the results.
func isCode(err error, codes ...wire.ResultCode) bool {
	var failed *ReadError
	return errors.As(err, &failed) && failed.Err == nil && slices.Contains(codes, failed.Code)
}
