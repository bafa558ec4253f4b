package resolver_test

import (
	"fmt"
	"testing"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/directory"
)

// foldered is a server with lists of two folders, one in the other, and many
// databases in, between and beside them.
func foldered() *world {
	w := &world{rules: standardRules(), servers: []serverDoc{{
		name: "Hub1/Acme", folders: map[string][]string{"apps": {"*/Acme"}, "apps/pay": {"Payroll"}},
	}}}
	w.docs = []doc{
		{kind: "person", name: "CN=Jane Doe/OU=Sales/O=Acme"},
		{kind: "person", name: "CN=Tom Baker/OU=Sales/O=Acme"},
		{kind: "person", name: "CN=Eva Stone/O=Partner"},
		{kind: "group", name: "Payroll", groupType: "0", members: []string{"Jane Doe/Sales/Acme", "Eva Stone/Partner"}},
	}
	for _, folder := range []string{"", "apps/", "apps/pay/", "apps/payroll/", "mail/"} {
		for i := range 20 {
			w.acls = append(w.acls, aclDoc{server: "Hub1/Acme", path: fmt.Sprintf("%sdb%d.nsf", folder, i), entries: []aclLine{{name: "-Default-", level: "editor"}}})
		}
	}
	return w
}

func TestWhomFoldersRefuseIsWorkedOutOnceForTheDatabasesBehindThem(t *testing.T) {
	w := foldered()
	s := w.build(t)
	refused := map[bool]int{}
	for _, db := range s.Databases().All() {
		sets := s.Access(db, acl.Notes)
		for _, id := range s.Population().People.ToArray() {
			sub, ok := s.Subject(directory.ID(id))
			if !ok {
				t.Fatalf("entry %d is no subject", id)
			}
			want := s.Decide(sub, db.Primary, resolver.Query{}).Level
			refused[want == acl.NoAccess]++
			if !sets.Level(want).Contains(id) {
				t.Errorf("%s in %s: the sets do not say %s", sub.Name.Canonical(), db.Key, want)
			}
		}
	}
	if got, scopes := s.RefusedSets(), 3; got != scopes {
		t.Errorf("%d sets for %d databases, want %d: beside, in apps, in apps/pay", got, s.Databases().Len(), scopes)
	}
	if refused[true] == 0 || refused[false] == 0 {
		t.Errorf("refused and not: %v", refused)
	}
}
