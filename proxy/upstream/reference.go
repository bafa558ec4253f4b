package upstream

import (
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"

	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
)

// Referrals says what becomes of references to other servers: referral objects
// (RFC 3296) and search continuations (RFC 4511 section 4.5.3).
type Referrals uint8

// What may become of references.
const (
	DropReferrals  Referrals = iota // they are left out and counted
	KeepReferrals                   // referral objects are entries that hold nothing but their class and addresses; continuations are left out
	ChaseReferrals                  // they are followed to servers that the configuration names, and left out else
)

// The class of referral objects and the attribute with their addresses (RFC 3296
// section 2).
const (
	referralClass    = "referral"
	referralClassOID = "2.16.840.1.113730.3.2.6"
	referralURIs     = "ref"
)

// leftObjects are the keys of referral objects that are not handed over. Where
// names alone are read they look like entries. They are not filtered out there:
// a server that does not know the class may then give nothing at all.
type leftObjects struct {
	mu   sync.Mutex
	keys map[string]bool
}

func (l *leftObjects) has(key string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.keys[key]
}

// replace makes the names the only ones.
func (l *leftObjects) replace(dns []string) {
	l.mu.Lock()
	l.keys = nil
	l.mu.Unlock()
	for _, dn := range dns {
		l.note(dn, true)
	}
}

// note says whether what has the name is a referral object.
func (l *leftObjects) note(dn string, is bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !is && len(l.keys) == 0 {
		return
	}
	key, err := name.KeyOf(dn)
	switch {
	case err != nil:
	case !is:
		delete(l.keys, key)
	case l.keys == nil:
		l.keys = map[string]bool{key: true}
	default:
		l.keys[key] = true
	}
}

// isReferral tells whether an entry is a referral object. What else it holds is
// of no account then (RFC 3296 section 2.3).
func isReferral(d *directory.Draft) bool {
	for _, class := range d.Values("objectClass") {
		if text := string(class); strings.EqualFold(text, referralClass) || text == referralClassOID {
			return true
		}
	}
	return false
}

// plainReferral is a referral object without what could make it look like
// somebody, or like a group.
func plainReferral(d *directory.Draft) directory.Draft {
	kept := directory.Draft{DN: d.DN}
	kept.AddText("objectClass", "top", referralClass)
	kept.Add(referralURIs, d.Values(referralURIs)...)
	for _, each := range []string{"entryUUID", "nsUniqueId", "objectGUID"} { // by which feeds know it
		if values := d.Values(each); len(values) > 0 {
			kept.Add(each, values...)
		}
	}
	return kept
}

// leaveOut tells whether an entry is a referral object that is not handed over.
// An error means that it leads to where nothing was read yet.
func (r *reading) leaveOut(e *entry) (bool, error) {
	if !isReferral(&e.Draft) {
		if !r.full {
			r.directory.objects.note(e.DN, false)
		}
		return false, nil
	}
	if r.directory.settings.Referrals == KeepReferrals {
		e.Draft, e.missing = plainReferral(&e.Draft), nil
		return false, nil
	}
	if r.full {
		r.objects = append(r.objects, e.DN)
	} else {
		r.directory.objects.note(e.DN, true)
	}
	var uris []string
	for _, v := range e.Values(referralURIs) {
		uris = append(uris, string(v))
	}
	return true, r.referred(uris)
}

// referred notes one reference, whose addresses are alternatives.
func (r *reading) referred(uris []string) error {
	d := r.directory
	if d.settings.Referrals != ChaseReferrals {
		r.references++
		return nil
	}
	if !r.full {
		if !d.leads.saw(uris) {
			return fmt.Errorf("%w: the directory refers to another server than before", ErrFullRead)
		}
		return nil
	}
	r.seen = append(r.seen, uris...)
	for _, uri := range uris {
		if to, dn, ok := d.leadsTo(uri); ok && dn != "" {
			r.leads = append(r.leads, lead{to: to, base: dn})
			return nil
		}
	}
	r.references++
	d.log.Warn("reference to a server that the configuration does not name is not followed", "servers", hostsOf(uris))
	return nil
}

// tellReferences counts what was left out.
func (r *reading) tellReferences() {
	if r.full {
		r.directory.left.Store(int64(r.references))
		r.directory.objects.replace(r.objects)
	}
	if r.references == 0 {
		return
	}
	r.directory.observer.UpstreamReferrals(r.references)
	r.directory.log.Info("referrals of the directory were dropped", "url", r.facts.URL, "count", r.references)
}

// LeftOut is how many references to other servers the last complete reading left out.
func (d *Directory) LeftOut() int { return int(d.left.Load()) }

// parseReference reads the address and the name in an LDAP URL (RFC 4516); a
// name that is not there is empty.
func parseReference(uri string) (address, dn string, err error) {
	u, err := url.Parse(uri)
	if err != nil {
		return "", "", fmt.Errorf("reference: %w", err)
	}
	port, known := defaultPorts[strings.ToLower(u.Scheme)]
	if !known || u.Hostname() == "" {
		return "", "", fmt.Errorf("reference with the scheme %q names no LDAP server", u.Scheme)
	}
	if u.Port() != "" {
		port = u.Port()
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port), strings.TrimPrefix(u.Path, "/"), nil
}

// hostsOf are the addresses in references, for the log.
func hostsOf(uris []string) []string {
	var list []string
	for _, uri := range uris {
		address, _, err := parseReference(uri)
		if err != nil {
			address = "(not understood)"
		}
		list = append(list, address)
	}
	return list
}
