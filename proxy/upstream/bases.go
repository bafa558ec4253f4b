package upstream

import (
	"fmt"

	"github.com/aclens/aclens/resolver/name"
)

// topmost returns the bases without those that lie at or below another one, so
// that no entry is read twice.
func topmost(bases []string) ([]string, error) {
	parsed := make([]name.DN, 0, len(bases))
	for _, base := range bases {
		dn, err := name.ParseDN(base)
		if err != nil {
			return nil, fmt.Errorf("base %q: %w", base, err)
		}
		parsed = append(parsed, dn)
	}
	var kept []string
	for i, dn := range parsed {
		if !covered(parsed, i, dn) {
			kept = append(kept, bases[i])
		}
	}
	return kept, nil
}

// covered tells whether another base has all that lies below the i-th; of equal
// ones the first stays.
func covered(all []name.DN, i int, dn name.DN) bool {
	for j, other := range all {
		if i != j && dn.Under(other) && (dn.Key() != other.Key() || j < i) {
			return true
		}
	}
	return false
}
