package resolver_test

import (
	"testing"

	"github.com/aclens/aclens/resolver"
)

// TestManyGroupsReadAtOnceAreAsReadOneByOne has enough groups for several
// goroutines.
func TestManyGroupsReadAtOnceAreAsReadOneByOne(t *testing.T) {
	c := crowd{people: 200, groups: 450, databases: 3}
	in := c.input(t)
	last := in.Entries[len(in.Entries)-1].Put
	last.AddText("member", "CN=Nobody,O=Nowhere", "Nobody At All", "CN=*,OU=Unit 1,O=Acme")
	at, faults := resolver.Build(in)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	groups := in.Entries[c.people:]
	in.Entries = in.Entries[:c.people]
	step, _ := resolver.Build(in)
	for i := range groups {
		step, _ = step.Update(resolver.Change{Entries: groups[i : i+1]})
	}
	compare(t, (&world{}).portrait(t, at), (&world{}).portrait(t, step))
}
