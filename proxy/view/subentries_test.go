package view

import (
	"slices"
	"testing"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
)

func TestSubentriesOrEverythingElse(t *testing.T) {
	const old = "CN=Replica Bind,O=Acme"
	v := newView(t, viewSettings(), policy.Settings{Rules: []policy.Rule{allRule()}}, build(t, demoInput(t,
		draft(old, "objectClass", "top", "objectClass", "ldapSubEntry", "cn", "Replica Bind"))))
	all, _ := search(t, v, reader, "o=Acme", wire.ScopeSubtree, "(objectClass=*)", "1.1")
	others := slices.DeleteFunc(dns(all), func(dn string) bool { return dn == old })
	if len(others) == len(all) {
		t.Fatal("there is no subentry")
	}
	for _, tt := range []struct {
		name, base string
		scope      wire.Scope
		asked      Subentries
		want       []string
	}{
		{"without the control", "o=Acme", wire.ScopeSubtree, SubentriesAsAny, dns(all)},
		{"only subentries", "o=Acme", wire.ScopeSubtree, SubentriesOnly, []string{old}},
		{"no subentries", "o=Acme", wire.ScopeSubtree, SubentriesNever, others},
		{"the subschema is one", "cn=Subschema", wire.ScopeBase, SubentriesOnly, []string{"cn=Subschema"}},
		{"and not seen without them", "cn=Subschema", wire.ScopeBase, SubentriesNever, []string{}},
		{"the root DSE is none", "", wire.ScopeBase, SubentriesOnly, []string{}},
		{"virtual entries are none", "cn=access", wire.ScopeSubtree, SubentriesOnly, []string{}},
	} {
		r := requested(t, reader, tt.base, tt.scope, "(objectClass=*)", "1.1")
		r.Subentries = tt.asked
		if es, a := runQuery(t, v, r); a.Result.Code != wire.Success || !slices.Equal(dns(es), tt.want) {
			t.Errorf("%s: %v, %q", tt.name, a.Result, dns(es))
		}
	}
}
