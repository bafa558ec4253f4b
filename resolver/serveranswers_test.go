package resolver_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
)

// What is not known of a server is said to be unknown (rule 7.1).
func TestEveryServerOfADatabaseSaysWhetherItLetsSomebodyIn(t *testing.T) {
	nothing := []aclLine{{name: "-Default-", kind: "unspecified", level: "noaccess"}}
	w := &world{rules: standardRules(), docs: []doc{{kind: "person", name: "Jane Doe/Acme"}},
		servers: []serverDoc{{name: "Mail1/Acme", known: true}, {name: "Web1/Acme", known: true, deny: []string{"Jane Doe/Acme"}}},
		acls: []aclDoc{{server: "Web1/Acme", path: "crm.nsf", entries: nothing}, {server: "Hub1/Acme", path: "crm.nsf", entries: nothing},
			{server: "Hub1/Acme", path: "hr.nsf", entries: nothing}}}
	answers := func(s *resolver.Snapshot) []string {
		var out []string
		for _, d := range s.ServerAccess(entitySubject(t, s, "cn=Jane Doe,o=Acme"), resolver.Query{Channel: acl.Notes}) {
			out = append(out, fmt.Sprintf("%s#%s", d.Server.Abbreviated(), d.Access))
		}
		return out
	}
	s := w.build(t)
	if got, want := answers(s), []string{"Hub1/Acme#unknown", "Mail1/Acme#allowed", "Web1/Acme#denied"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	w.acls[2].server = "New1/Acme"
	next, _ := s.Update(resolver.Change{Databases: w.set(t), AsOf: s.AsOf()})
	if got, want := answers(next), []string{"Hub1/Acme#unknown", "Mail1/Acme#allowed", "New1/Acme#unknown", "Web1/Acme#denied"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if !s.Suspects(next).Everybody {
		t.Error("a server that came is no reason to ask everybody's answers again")
	}
}
