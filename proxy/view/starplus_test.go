package view

import (
	"slices"
	"testing"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
)

// TestStarGivesNothingOperational asks with a History, whose stamps stand in the
// place of stored attributes (RFC 4511, 4.5.1.8; RFC 3673).
func TestStarGivesNothingOperational(t *testing.T) {
	s := viewSettings()
	s.History = &past{}
	v := newView(t, s, policy.Settings{Rules: []policy.Rule{allRule()}}, build(t, demoInput(t)))
	content := []string{attrAccessLevel, attrAccessRole, attrAccessPriv}
	sc := v.Current().Snapshot.Store().Schema()
	for dn, plus := range map[string][]string{
		"":                       {"subschemaSubentry", "accessSnapshot", "accessAsOf"},
		subschemaDN:              {attrCreated, attrModified, "entryDN", "subschemaSubentry"},
		"cn=access":              {attrCreated, attrModified, "entryDN", "accessSnapshot", "accessAsOf", "accessStale"},
		"ou=databases,cn=access": {attrCreated, attrModified, attrCSN},
		"cn=apps/crm.nsf#reader,cn=apps/crm.nsf,ou=databases,cn=access":              {attrCreated, attrModified},
		`accessSubject=-Default-,ou=subjects,cn=apps/crm.nsf,ou=databases,cn=access`: {attrCreated, attrModified},
		"cn=Sales Team": {attrModified, attrCSN},
		jane:            {attrModified, attrCSN, "entryDN", "accessStale"},
	} {
		for _, list := range [][]string{{}, {"*"}} {
			es, a := search(t, v, reader, dn, wire.ScopeBase, "(objectClass=*)", list...)
			if a.Result.Code != wire.Success || len(es) != 1 {
				t.Fatalf("%q: %d entries, %v", dn, len(es), a.Result)
			}
			for n := range es[0].attrs {
				if id, _ := sc.Lookup(n); sc.Type(id).Operational() && !slices.Contains(content, n) {
					t.Errorf("%q: %q gives %s", dn, list, n)
				}
			}
		}
		es, _ := search(t, v, reader, dn, wire.ScopeBase, "(objectClass=*)", "+")
		for n := range es[0].attrs {
			if id, _ := sc.Lookup(n); !sc.Type(id).Operational() {
				t.Errorf("%q: + gives %s", dn, n)
			}
		}
		for _, n := range plus {
			if es[0].get(n) == nil {
				t.Errorf("%q: + does not give %s", dn, n)
			}
		}
	}
}
