package upstream

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/directory"
)

// State says up to where a directory was read. It is plain data, to be kept
// with what was read; the zero State is that of one never read.
type State struct {
	URL    string // configured address of the server
	Server string // its identity: the address, or what Active Directory calls itself
	Since  string // a modifyTimestamp, or in Active Directory a USN; "" if changes cannot be told
	Feed   Mode   // the feed that the cookie is of; "" if there is none
	Cookie string // where that feed goes on from, see Follow; "" if it tells only what happens from its beginning on
}

const (
	stampLayout = "20060102150405Z0700" // generalized time (RFC 4517 section 3.3.13); a fraction is understood
	// overlap is the precision of a modifyTimestamp: what is a second old may still get siblings.
	overlap = time.Second
)

// ReadChanges hands over every entry that was added or changed since the State,
// without secrets, and returns the new State. Entries changed shortly before the
// State come once more. What was deleted or moved shows in ReadNames only, as
// does a change that another server made and this one received late, which
// only the next ReadAll finds if no name is concerned.
//
// The State counts for the server that it comes from, which is preferred to
// others; where only another one serves, or the State names no place to go on
// from, it is ErrFullRead. Errors else are as with ReadAll: with one, the State
// given stays valid.
func (d *Directory) ReadChanges(ctx context.Context, since State, emit func(directory.Draft) error) (State, error) {
	if since.Since == "" {
		return State{}, fmt.Errorf("%w: the directory gave no place to go on from", ErrFullRead)
	}
	var state State
	err := d.read(ctx, since.URL, func(l *link) error {
		r, err := d.newReading(ctx, l)
		if err != nil {
			return err
		}
		filter, err := r.changedSince(since)
		if err != nil {
			return err
		}
		if err := r.settled(); err != nil {
			return err
		}
		if err := r.entries(ctx, filter, emit); err != nil {
			return err
		}
		state = r.state(since)
		return nil
	})
	return state, err
}

// changedSince is the filter for what the State has not seen.
func (r *reading) changedSince(since State) (wire.Filter, error) {
	if since.Server != r.server {
		return wire.Filter{}, fmt.Errorf("%w: the server is another one", ErrFullRead)
	}
	if !r.countsUpdates() {
		if _, err := time.Parse(stampLayout, since.Since); err != nil {
			return wire.Filter{}, fmt.Errorf("%w: %w", ErrFullRead, err)
		}
		return atLeast("modifyTimestamp", since.Since), nil
	}
	seen, err := strconv.ParseUint(since.Since, 10, 63)
	if err != nil {
		return wire.Filter{}, fmt.Errorf("%w: %w", ErrFullRead, err)
	}
	if now, err := strconv.ParseUint(r.facts.HighestUSN, 10, 63); err != nil || now < seen {
		return wire.Filter{}, fmt.Errorf("%w: the server counts from the beginning again", ErrFullRead)
	}
	return atLeast("uSNChanged", strconv.FormatUint(seen+1, 10)), nil
}

func atLeast(attribute, value string) wire.Filter {
	return wire.Filter{Kind: wire.GreaterOrEqual, Attr: []byte(attribute), Value: []byte(value)}
}

// countsUpdates tells whether the server numbers its changes (MS-ADTS 3.1.1.1.9).
func (r *reading) countsUpdates() bool {
	return r.facts.Profile == ProfileActiveDirectory && r.facts.HighestUSN != ""
}

// note remembers the latest modifyTimestamp.
func (r *reading) note(stamp string) {
	if stamp == "" {
		return
	}
	if t, err := time.Parse(stampLayout, stamp); err == nil && t.After(r.latest) {
		r.latest = t
	}
}

// state is where to go on from after a complete reading that went on from before.
func (r *reading) state(before State) State {
	s := State{URL: r.facts.URL, Server: r.server, Since: before.Since, Feed: before.Feed, Cookie: before.Cookie}
	if r.facts.Profile == ProfileActiveDirectory {
		s.Since = r.facts.HighestUSN // of when the reading began
		return s
	}
	if r.latest.IsZero() {
		return s
	}
	// An entry may have changed after it was read. The server's clock said at
	// most latest when the reading ended, so no such change is older than this,
	// whatever our own clock says.
	mark := r.latest.Add(-time.Since(r.began) - overlap).UTC().Truncate(time.Second)
	if seen, err := time.Parse(stampLayout, before.Since); err != nil || mark.After(seen) {
		s.Since = mark.Format(stampLayout)
	}
	return s
}
