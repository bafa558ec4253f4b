package directory

import "github.com/aclens/aclens/resolver/name"

// dnHolds looks through the RDNs of an entry's own name.
func dnHolds(e Entry, holds func(attribute, value string) bool) bool {
	dn, err := name.ParseDN(e.DN())
	for err == nil && !dn.IsRoot() {
		for _, ava := range dn.RDN() {
			if holds(ava.Type, ava.Value) {
				return true
			}
		}
		dn = dn.Parent()
	}
	return false
}
