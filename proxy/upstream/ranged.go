package upstream

import (
	"context"
	"fmt"

	"github.com/aclens/aclens/proxy/wire"
)

// fillGaps completes the entries of a page that came with a part of their
// values, and hands them over. Active Directory gives no more than 1500 values
// of an attribute at once (MS-ADTS 3.1.1.3.1.3.3).
func (r *reading) fillGaps(ctx context.Context) error {
	for _, e := range r.gaps {
		there, err := r.fill(ctx, &e)
		if err != nil {
			return err
		}
		if !there {
			continue
		}
		if err := r.hand(e); err != nil {
			return err
		}
	}
	r.gaps = nil
	return nil
}

// fill asks for the missing values; false means that the entry was deleted meanwhile.
func (r *reading) fill(ctx context.Context, e *entry) (bool, error) {
	for len(e.missing) > 0 {
		g := e.missing[0]
		ask := fmt.Sprintf("%s;range=%d-*", g.name, g.next)
		more, ok, err := r.directory.readEntry(ctx, r.link, baseRequest(e.DN, everything, ask))
		if isCode(err, wire.NoSuchObject) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		values := more.Values(g.name)
		if !ok || len(values) == 0 {
			return false, r.gapError(g, e.DN)
		}
		e.Add(g.name, values...)
		e.missing = e.missing[1:]
		if len(more.missing) == 0 {
			continue
		}
		if more.missing[0].next <= g.next {
			return false, r.gapError(g, e.DN)
		}
		e.missing = append(e.missing, more.missing[0])
	}
	return true, nil
}

func (r *reading) gapError(g gap, dn string) error {
	return &ReadError{URL: r.facts.URL, Err: fmt.Errorf("values of %s from %d on are missing in %q", g.name, g.next, dn)}
}
