package upstream

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/name"
)

// Bounds of what references may lead to.
const (
	maxLeads = 100 // bases that one directory is read below beside its own
	maxHops  = 5   // servers that one bind is sent on to
)

// lead is where a reference leads to.
type lead struct {
	to   *Directory
	base string
}

// leads are where references lead to in one directory, with ChaseReferrals.
type leads struct {
	mu      sync.Mutex
	from    map[*Directory][]string // bases, by the directory that refers to them
	refused map[string]bool         // bases that the last complete reading did not find
	known   map[string]bool         // addresses that the last complete reading met
	read    []string                // below which bases was read completely
}

// LeadTo says which further directories references may lead to: what is found
// there is read with that directory's own account and is that directory's, and a
// bind is sent on to it. It is called before the Directory is used. A directory
// of less authority must not lead to one of more, whose bases it would choose.
func (d *Directory) LeadTo(others ...*Directory) { d.behind = others }

// leadsTo finds the directory and the name that a reference means.
func (d *Directory) leadsTo(uri string) (to *Directory, dn string, ok bool) {
	address, dn, err := parseReference(uri)
	if err != nil {
		return nil, "", false
	}
	if _, err := name.ParseDN(dn); err != nil {
		return nil, "", false
	}
	for _, each := range append([]*Directory{d}, d.behind...) {
		if slices.ContainsFunc(each.servers, func(s *server) bool { return strings.EqualFold(s.address, address) }) {
			return each, dn, true
		}
	}
	return nil, "", false
}

// saw tells whether every address was met before.
func (l *leads) saw(uris []string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !slices.ContainsFunc(uris, func(uri string) bool { return !l.known[uri] })
}

// withLeads adds to bases what references lead to. A complete reading finds its
// own references anew, and tries again what was not there.
func (l *leads) withLeads(d *Directory, bases []string, full bool) (all, refused []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var found []string
	for from, list := range l.from {
		if full && from == d {
			continue
		}
		for _, base := range list {
			if full || !l.refused[base] {
				found = append(found, base)
			}
		}
	}
	slices.Sort(found)
	return joined(bases, len(bases), found)
}

// joined adds to bases, of which the first are a directory's own, what is not
// read below them. It refuses what lies above one of them, since what is read
// there was chosen, and what would be too many.
func joined(bases []string, own int, found []string) (all, refused []string) {
	all = slices.Clone(bases)
	for _, base := range found {
		switch covered, above := placed(all, base); {
		case covered:
		case above || len(all)-own >= maxLeads:
			refused = append(refused, base)
		default:
			all = append(all, base)
		}
	}
	return all, refused
}

// placed tells whether a base lies at or below one of others, or above one.
func placed(bases []string, base string) (covered, above bool) {
	key, err := name.KeyOf(base)
	if err != nil {
		return false, true
	}
	for _, other := range bases {
		k, err := name.KeyOf(other)
		covered = covered || err == nil && name.KeyUnder(key, k)
		above = above || err == nil && name.KeyUnder(k, key)
	}
	return covered, above
}

// follow adds to the bases of a complete reading what its references lead to in
// the same directory, from the given one on.
func (r *reading) follow(bases []string, from int) []string {
	var found []string
	for _, l := range r.leads[from:] {
		if l.to == r.directory {
			found = append(found, l.base)
		}
	}
	bases, refused := joined(bases, r.own, found)
	r.refuse(refused)
	return bases
}

// refuse counts references that lead to what must not be read.
func (r *reading) refuse(bases []string) {
	r.references += len(bases)
	for _, base := range bases {
		r.directory.log.Warn("reference to what lies above the bases of a directory, or one too many, is not followed", "base", base)
	}
}

// tolerates tells whether a base that only references lead to could not be read
// because it is not there, or not for this account: the rest counts all the same.
func (r *reading) tolerates(i int, base string, err error) bool {
	if i < r.own || !isCode(err, wire.NoSuchObject, wire.Referral, wire.InsufficientAccessRights) {
		return false
	}
	r.refused = append(r.refused, base)
	r.references++
	r.directory.log.Warn("what a reference leads to cannot be read", "url", r.facts.URL, "error", err)
	return true
}

// settleLeads makes what a complete reading found of references the one that
// counts. Directories that they newly lead to have to be read completely.
func (r *reading) settleLeads(read []string) {
	d := r.directory
	if d.settings.Referrals != ChaseReferrals {
		return
	}
	for _, to := range append([]*Directory{d}, d.behind...) {
		var bases []string
		for _, l := range r.leads {
			if l.to == to && !slices.Contains(bases, l.base) {
				bases = append(bases, l.base)
			}
		}
		to.leads.set(d, bases)
	}
	d.leads.mu.Lock()
	defer d.leads.mu.Unlock()
	d.leads.read = slices.DeleteFunc(read, func(b string) bool { return slices.Contains(r.refused, b) })
	d.leads.refused, d.leads.known = map[string]bool{}, map[string]bool{}
	for _, base := range r.refused {
		d.leads.refused[base] = true
	}
	for _, uri := range r.seen {
		d.leads.known[uri] = true
	}
}

func (l *leads) set(from *Directory, bases []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.from == nil {
		l.from = map[*Directory][]string{}
	}
	l.from[from] = bases
}

// settled is ErrFullRead unless the last complete reading was below the very
// bases that references lead to now.
func (r *reading) settled() error {
	if r.directory.settings.Referrals != ChaseReferrals {
		return nil
	}
	bases, err := r.bases()
	if err != nil {
		return err
	}
	l := &r.directory.leads
	l.mu.Lock()
	defer l.mu.Unlock()
	sorted := func(list []string) []string { return slices.Sorted(slices.Values(list)) }
	if !slices.Equal(sorted(bases), sorted(l.read)) {
		return fmt.Errorf("%w: references lead to other bases than before", ErrFullRead)
	}
	return nil
}

// chaseBind sends a bind on to where its result refers to, if that is a server
// that the configuration names. A result that refers elsewhere, or in circles,
// stays a referral.
func (d *Directory) chaseBind(ctx context.Context, dn, password string, controls []wire.Control, result Result) (Result, error) {
	at := d
	met := map[lead]bool{{d, dn}: true}
	for len(met) <= maxHops && result.Code == wire.Referral {
		next, ok := at.nextBind(dn, result.Referrals, met)
		if !ok {
			return result, nil
		}
		met[next] = true
		at, dn = next.to, next.base
		var err error
		if result, err = at.bindOnce(ctx, dn, password, controls); err != nil {
			return Result{}, err
		}
	}
	return result, nil
}

// nextBind is the first place to go on to. A reference without a name means the
// name of the request (RFC 4511 section 4.1.10).
func (d *Directory) nextBind(dn string, uris []string, met map[lead]bool) (lead, bool) {
	for _, uri := range uris {
		to, target, ok := d.leadsTo(uri)
		if target == "" {
			target = dn
		}
		if next := (lead{to, target}); ok && !met[next] {
			return next, true
		}
	}
	return lead{}, false
}
