package refresh

import (
	"strings"
	"testing"

	"github.com/aclens/aclens/resolver/finding"
)

func TestReferencesThatWereLeftOutAreAFindingThatNamesNoServer(t *testing.T) {
	_, s, _ := slapd(t)
	for _, n := range []int{0, 3} {
		s.Directories[0].LeftOut = func() int { return n }
		found, ok := findingOf(mustLoad(t, s).Findings, finding.ReferencesLeftOut)
		if ok != (n > 0) || found.Count != n || strings.Contains(found.Detail+found.Subject, "ldap:") {
			t.Errorf("%d left out: %v %+v", n, ok, found)
		}
	}
}
