package refresh

import (
	"testing"

	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/source"
)

// Of two additions that contradict each other the one that grants less counts: a
// local database whose ACL is not enforced gives Manager (rule 6.3).
func TestOfContradictingAdditionsTheStricterCounts(t *testing.T) {
	low := source.Addition{Path: "crm.nsf", MaxKnown: true, MaxLevel: acl.Reader, Consistent: acl.No}
	high := source.Addition{Path: "crm.nsf", MaxKnown: true, MaxLevel: acl.Manager, Consistent: acl.Yes}
	for _, additions := range [][]source.Addition{{low, high}, {high, low}} {
		in := &database.Instance{Path: "crm.nsf", List: &acl.List{}}
		if idle := addFacts([]*database.Instance{in}, additions); len(idle) > 0 {
			t.Errorf("idle: %v", idle)
		}
		if in.List.MaxLevel != acl.Reader || in.List.Consistent != acl.Yes {
			t.Errorf("maximum %v, consistent %v", in.List.MaxLevel, in.List.Consistent)
		}
	}
}
