package resolver_test

import (
	"slices"
	"testing"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
)

// A Readers item that says a common name which two people have is for neither
// (rule 8.2; docs/contract.md, doubtful names).
func TestANamesListHoldsNoCommonNameThatIsAnothersToo(t *testing.T) {
	w := &world{rules: standardRules(), docs: []doc{
		{kind: "person", name: "Chris Miller/HR/Acme"}, {kind: "person", name: "Chris Miller/Sales/Acme"}, {kind: "person", name: "Jane Doe/Acme"},
		{kind: "person", name: "Flat One"}, {kind: "person", name: "Flat One/Acme"},
		{kind: "person", name: "Ann Old/Acme", alternates: []string{"Twin/Other"}}, {kind: "person", name: "Bob Old/Acme", alternates: []string{"Twin/Other"}},
		{kind: "person", name: "Carl Old/Acme", alternates: []string{"Carl New/Other"}},
	}, acls: []aclDoc{{server: "Hub1/Acme", path: "crm.nsf", entries: []aclLine{{name: "-Default-", kind: "unspecified", level: "editor"}}}}}
	s := w.build(t)
	for dn, c := range map[string]struct{ has, lacks []string }{
		"cn=Chris Miller,ou=HR,o=Acme": {[]string{"CN=Chris Miller/OU=HR/O=Acme", "*/O=Acme", "*"}, []string{"Chris Miller"}},
		"cn=Jane Doe,o=Acme":           {[]string{"CN=Jane Doe/O=Acme", "Jane Doe"}, nil},
		"cn=Flat One":                  {[]string{"Flat One"}, nil},
		"cn=Flat One,o=Acme":           {[]string{"CN=Flat One/O=Acme"}, []string{"Flat One"}},
		"cn=Ann Old,o=Acme":            {[]string{"CN=Ann Old/O=Acme", "Ann Old"}, []string{"CN=Twin/O=Other", "Twin"}},
		"cn=Carl Old,o=Acme":           {[]string{"CN=Carl Old/O=Acme", "Carl Old", "CN=Carl New/O=Other", "*/O=Other"}, []string{"Carl New"}},
	} {
		sub := entitySubject(t, s, dn)
		list := s.NamesList(sub, resolver.AnyGroup, nil)
		for _, want := range c.has {
			if !slices.Contains(list, want) {
				t.Errorf("%s: %s is not in %q", dn, want, list)
			}
		}
		for _, never := range c.lacks {
			if slices.Contains(list, never) {
				t.Errorf("%s: %s is in %q", dn, never, list)
			}
			item := &acl.Document{Readers: []acl.Item{{Name: "Readers", Values: []string{never}}}}
			if a := s.DocumentAccess(sub, s.Databases().At(0).Primary, resolver.Query{}, item); a.Read.Allowed {
				t.Errorf("%s reads what is for %s", dn, never)
			}
		}
	}
}
