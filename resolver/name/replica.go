package name

import "strings"

// replicaHalf is the number of hex digits on each side of the colon.
const replicaHalf = 8

// ReplicaID returns a database replica id as 16 upper-case hex digits, from
// text with or without the colon in the middle and in either case (rule 2.5).
// It reports false for everything else.
func ReplicaID(s string) (string, bool) {
	s = strings.TrimSpace(s)
	if len(s) == 2*replicaHalf+1 && s[replicaHalf] == ':' {
		s = s[:replicaHalf] + s[replicaHalf+1:]
	}
	if len(s) != 2*replicaHalf {
		return "", false
	}
	for i := range len(s) {
		if _, ok := hexDigit(s[i]); !ok {
			return "", false
		}
	}
	return strings.ToUpper(s), true
}
