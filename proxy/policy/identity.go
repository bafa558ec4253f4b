// Package policy says who may see what: it turns an identity and the client
// rules of the configuration into Rights over one Snapshot. It is the only
// place that does (docs/contract.md, section 6).
//
// It promises that nobody gets more than a rule gives, that the union of the
// rules counts, and that a secret is never readable by anybody. It refuses to
// know how an identity was proved, and to look at the directory's own ACLs.
package policy

// Identity is who a session speaks for. The zero value is anonymous.
type Identity struct {
	DN  string // as the directory spells it, or as it was bound
	Key string // normalised (name.DN.Key); empty for anonymous
}

// Anonymous tells whether nobody has authenticated.
func (i Identity) Anonymous() bool { return i.Key == "" }
