package directory

import (
	"fmt"
	"testing"
	"time"

	"github.com/aclens/aclens/resolver/schema"
)

// An attribute whose name cannot be understood must not keep an old state of the
// entry alive: who was taken off a group since would stay in it.
func TestAnAttributeThatCannotBeNamedIsLeftOutAndNotTheEntry(t *testing.T) {
	for _, bad := range []string{"description;a;b;c;d;e;f;g;h;i", "bad name", "x;"} {
		old := &Draft{DN: "cn=Staff"}
		old.AddText("member", "cn=Jane", "cn=Eve")
		s, _, _ := Empty(schema.Standard()).Apply([]Change{{Put: old}})
		now := &Draft{DN: "cn=Staff"}
		now.AddText("member", "cn=Jane")
		now.AddText(bad, "anything")
		s, _, faults := s.Apply([]Change{{Put: now}})
		id, _ := s.Find("cn=staff")
		member, _ := s.Schema().Lookup("member")
		raw, _ := s.Entry(id).Find(member)
		n := 0
		for vs := raw.Values(); ; n++ {
			if _, ok := vs.Next(); !ok {
				break
			}
		}
		if n != 1 {
			t.Errorf("%q: the group has %d members", bad, n)
		}
		if len(faults) != 1 || !faults[0].Taken {
			t.Errorf("%q: the faults are %v", bad, faults)
		}
	}
}

// A directory may send as many attribute names as it likes.
func TestVeryManyUnknownAttributeNamesAreAffordable(t *testing.T) {
	begun := time.Now()
	var changes []Change
	for i := range 70_000 {
		d := &Draft{DN: fmt.Sprintf("cn=n%d", i)}
		d.AddText("cn", "x")
		d.AddText(fmt.Sprintf("hostile%d", i), "x")
		changes = append(changes, Change{Put: d})
	}
	s, _, faults := Empty(schema.Standard()).Apply(changes)
	if s.Len() != len(changes) {
		t.Errorf("%d entries of %d", s.Len(), len(changes))
	}
	if len(faults) == 0 || len(faults) > 10_000 {
		t.Errorf("%d faults", len(faults))
	}
	if took := time.Since(begun); took > 20*time.Second {
		t.Errorf("took %v", took)
	}
}
