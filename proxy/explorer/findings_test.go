package explorer_test

import (
	"strings"
	"testing"
)

func TestAListOfFindingsThatNobodyKnowsYetSaysSo(t *testing.T) {
	s := newSite(t, secretWorld(t), rule("all"))
	g := s.guest(serviceDN)
	for of, want := range map[string]string{"": "The findings are still being found.", "first": "No findings that you may read."} {
		s.view.Advised(of)
		if _, page := g.get("/findings?kind=none-such"); !strings.Contains(page, want) {
			t.Errorf("findings of %q: no %q in %s", of, want, page)
		}
	}
}

func TestTheAPITellsBesideFindingsOfWhichStateTheyAre(t *testing.T) {
	s := newSite(t, secretWorld(t), rule("all"))
	g := s.guest(serviceDN)
	for _, of := range []string{"", "first"} {
		s.view.Advised(of)
		for _, address := range []string{"/api/v1/findings", "/api/v1/databases/open/alpha.nsf"} {
			if _, answer := g.get(address); !strings.Contains(answer, `"findingsOf":"`+of+`"`) {
				t.Errorf("findings of %q: %s answers %s", of, address, answer)
			}
		}
	}
}
