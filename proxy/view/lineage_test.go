package view

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/schema"
)

func TestALineageSaysWhatTheTreeSays(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	names := []string{"o=Acme", "o=Other"}
	for i := range 400 { // more parents than are remembered
		names = append(names, fmt.Sprintf("cn=%d,%s", i, names[rng.IntN(len(names))]))
	}
	var drafts []directory.Draft
	for _, dn := range names {
		drafts = append(drafts, draft(dn, "objectClass", "device"))
	}
	st, _, faults := directory.Empty(schema.Standard()).Apply(changes(drafts))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	below := 0
	for range 50 {
		s := stage{store: st, base: directory.ID(rng.IntN(int(st.Cap()))), lineage: new(lineage)}
		for range 1000 {
			id := directory.ID(rng.IntN(int(st.Cap())))
			if got, want := s.within(id), st.Within(id, s.base); got != want {
				t.Fatalf("%q below %q: %t", st.Entry(id).DN(), st.Entry(s.base).DN(), got)
			} else if want {
				below++
			}
		}
	}
	if below < 500 {
		t.Errorf("only %d of them lie below", below)
	}
}
