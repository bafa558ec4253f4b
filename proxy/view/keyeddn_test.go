package view

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/name"
)

// Every name of a database is taken for its key, in names of entries too
// (docs/contract.md, sections 3 and 4); what goes out has the key.
func TestADatabaseIsNamedInDNsAsAnywhereElse(t *testing.T) {
	v := demoView(t, allRule())
	db, _, ok := v.Current().Snapshot.Databases().Find("crm")
	if !ok || db.Key != "apps/crm.nsf" {
		t.Fatal("the sample has no alias crm")
	}
	const level = "cn=apps/crm.nsf#reader,cn=apps/crm.nsf,ou=databases,cn=access"
	for _, other := range []string{"crm", "CRM", db.ReplicaID, strings.ToLower(db.ReplicaID), `Hub1/Acme!!apps/crm.nsf`, `apps\crm.nsf`} {
		rdn := func(rest string) string { return string(name.AppendRDN(nil, "cn", other+rest)) }
		for asked, want := range map[string]string{
			rdn("") + ",ou=databases,cn=access":                                          "cn=apps/crm.nsf,ou=databases,cn=access",
			rdn("#reader") + "," + rdn("") + ",ou=databases,cn=access":                   level,
			"2.5.4.3=apps/crm.nsf#reader," + rdn("") + ",ou=databases,cn=access":         level,
			rdn("#[buyer]") + ",cn=apps/crm.nsf,ou=databases,cn=access":                  "cn=apps/crm.nsf#[Buyer],cn=apps/crm.nsf,ou=databases,cn=access",
			"ou=subjects," + rdn("") + ",ou=databases,cn=access":                         "ou=subjects,cn=apps/crm.nsf,ou=databases,cn=access",
			"accessSubject=-Default-,ou=subjects," + rdn("") + ",ou=databases,cn=access": "accessSubject=-Default-,ou=subjects,cn=apps/crm.nsf,ou=databases,cn=access",
		} {
			if es, a := search(t, v, reader, asked, wire.ScopeBase, "(objectClass=*)", "1.1"); len(es) != 1 || es[0].dn != want {
				t.Errorf("%s is %v, %v", asked, dns(es), a.Result)
			}
		}
		group := escaped(rdn("#reader") + "," + rdn("") + ",ou=databases,cn=access")
		for _, attribute := range []string{"effectiveAccessGroup", "memberOf"} {
			got, _ := search(t, v, reader, "", wire.ScopeSubtree, fmt.Sprintf("(%s=%s)", attribute, group), "1.1")
			want, _ := search(t, v, reader, "", wire.ScopeSubtree, fmt.Sprintf("(%s=%s)", attribute, level), "1.1")
			if len(want) == 0 || !slices.Equal(dns(got), dns(want)) {
				t.Errorf("(%s=%s) gives %d, not %d", attribute, group, len(got), len(want))
			}
		}
		for _, filter := range []string{"(databaseKey=%s)", "(databaseKey~=%s)"} {
			es, _ := search(t, v, reader, "ou=databases,cn=access", wire.ScopeOne, fmt.Sprintf(filter, escaped(other)), "1.1")
			if got := dns(es); !slices.Equal(got, []string{"cn=apps/crm.nsf,ou=databases,cn=access"}) {
				t.Errorf("%s of %s gives %q", filter, other, got)
			}
		}
		if got := compare(t, v, reader, level[len("cn=apps/crm.nsf#reader,"):], "databaseKey", other).Code; got != wire.CompareTrue {
			t.Errorf("Compare with %s: %v", other, got)
		}
	}
	for _, none := range []string{"cn=nothing,ou=databases,cn=access", "cn=crm#reader,cn=apps/hr.nsf,ou=databases,cn=access", "cn=crm#x,ou=databases,cn=access",
		"cn=crm,ou=groups,cn=access", "cn=crm+cn=hr,ou=databases,cn=access", "ou=crm,ou=databases,cn=access", "cn=crm", "cn=crm,cn=access"} {
		if es, a := search(t, v, reader, none, wire.ScopeBase, "(objectClass=*)", "1.1"); a.Result.Code != wire.NoSuchObject {
			t.Errorf("%s is %v", none, dns(es))
		}
	}
	blind := demoView(t, policy.Rule{Who: policy.OneDN, DN: reader, Read: []string{"access"}, Databases: []string{"help/**"}})
	if es, a := search(t, blind, reader, "cn=crm,ou=databases,cn=access", wire.ScopeBase, "(objectClass=*)"); a.Result.Code != wire.NoSuchObject {
		t.Errorf("a database that may not be read is %v", dns(es))
	}
}

// escaped writes a value for a filter's text (RFC 4515).
func escaped(text string) string { return strings.ReplaceAll(text, `\`, `\5c`) }

func TestAFeedOfADatabaseUnderAnotherNameTellsWhoIsGone(t *testing.T) {
	const jane = "cn=Jane Doe,ou=People,o=Acme"
	const record = "accesssubject=cn=jane doe/ou=people/o=acme,ou=subjects,cn=apps/crm.nsf,ou=databases,cn=access"
	for _, base := range []string{"cn=apps/crm.nsf,ou=databases,cn=access", "cn=C1258A2F004B7D10,ou=databases,cn=access"} {
		c := follows(t, []policy.Rule{{Who: policy.OneDN, DN: client, Read: []string{"all"}}}, person(jane, "11111111-1111-1111-1111-111111111111"))
		c.search, c.cookie = ask(base, wire.ScopeSubtree, parseFilter(t, "(objectClass=effectiveAccessRecord)"), "*"), nil
		c.poll()
		c.happens(removal(t, jane))
		if _, gone := c.poll(); !slices.Contains(gone, record) {
			t.Errorf("%s: only %q is gone", base, gone)
		}
	}
}
