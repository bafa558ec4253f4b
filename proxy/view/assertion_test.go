package view

import (
	"testing"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
)

func TestAnAssertionIsAskedOfTheBase(t *testing.T) {
	v := demoView(t, allRule())
	for _, tt := range []struct {
		name, base string
		scope      wire.Scope
		assertion  string
		want       wire.ResultCode
	}{
		{"true", jane, wire.ScopeBase, "(sn=Doe)", wire.Success},
		{"false", jane, wire.ScopeBase, "(sn=Stone)", wire.AssertionFailed},
		{"undefined", jane, wire.ScopeBase, "(nonsense=x)", wire.AssertionFailed},
		{"not undefined is undefined", jane, wire.ScopeBase, "(!(nonsense=x))", wire.AssertionFailed},
		{"of the base, not of what is below", "ou=Sales,o=Acme", wire.ScopeSubtree, "(objectClass=organizationalUnit)", wire.Success},
		{"what is below does not help", "ou=Sales,o=Acme", wire.ScopeSubtree, "(sn=Doe)", wire.AssertionFailed},
		{"computed", jane, wire.ScopeBase, "(effectiveAccessAtLeast=crm#reader)", wire.Success},
		{"computed, false", jane, wire.ScopeBase, "(effectiveAccess=crm#manager)", wire.AssertionFailed},
		{"a flattened group", "cn=Sales Team,ou=groups,cn=access", wire.ScopeBase, "(member=" + jane + ")", wire.Success},
		{"a decision", `accessSubject=CN\3DJane Doe/OU\3DSales/O\3DAcme,ou=subjects,cn=apps/crm.nsf,ou=databases,cn=access`, wire.ScopeBase, "(accessLevelNumber>=2)", wire.Success},
		{"the root DSE", "", wire.ScopeBase, "(supportedLDAPVersion=3)", wire.Success},
		{"the root DSE stands above all", "", wire.ScopeSubtree, "(supportedLDAPVersion=3)", wire.Success},
		{"the root DSE, false", "", wire.ScopeOne, "(sn=Doe)", wire.AssertionFailed},
		{"the subschema", "cn=Subschema", wire.ScopeBase, "(objectClass=subschema)", wire.Success},
		{"an entry that is not there", "cn=Nobody,o=Acme", wire.ScopeBase, "(objectClass=*)", wire.NoSuchObject},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := requested(t, reader, tt.base, tt.scope, "(objectClass=*)", "1.1")
			f := parseFilter(t, tt.assertion)
			r.Assertion = &f
			es, a := runQuery(t, v, r)
			if a.Result.Code != tt.want || (len(es) > 0) != (tt.want == wire.Success) {
				t.Errorf("%v, %d entries", a.Result, len(es))
			}
		})
	}
}

func TestAnAssertionComesBeforeACompare(t *testing.T) {
	v := demoView(t, allRule())
	for _, tt := range []struct {
		name, dn, attribute, value, assertion string
		want                                  wire.ResultCode
	}{
		{"true, true", jane, "sn", "Doe", "(cn=Jane Doe)", wire.CompareTrue},
		{"true, false", jane, "sn", "Stone", "(cn=Jane Doe)", wire.CompareFalse},
		{"false, true", jane, "sn", "Doe", "(cn=Victor Stone)", wire.AssertionFailed},
		{"undefined", jane, "sn", "Doe", "(nonsense=*)", wire.AssertionFailed},
		{"a flattened group", "cn=Sales Team,ou=groups,cn=access", "member", jane, "(objectClass=groupOfNames)", wire.CompareTrue},
		{"the root DSE", "", "vendorName", "aclens", "(objectClass=person)", wire.AssertionFailed},
		{"an entry that is not there", "cn=Nobody,o=Acme", "sn", "Doe", "(nonsense=*)", wire.NoSuchObject},
		{"an attribute that is not there", jane, "facsimileTelephoneNumber", "1", "(sn=Doe)", wire.NoSuchAttribute},
	} {
		f := parseFilter(t, tt.assertion)
		got := v.Compare(identity(t, reader), &wire.CompareRequest{Entry: []byte(tt.dn), Attr: []byte(tt.attribute), Value: []byte(tt.value)}, &f)
		if got.Code != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

// TestAnAssertionTellsNoMoreThanAFilter holds assertions against base searches
// with the same filter, for every client and values that are really there.
func TestAnAssertionTellsNoMoreThanAFilter(t *testing.T) {
	o, found := matrixWorld(t)
	for _, w := range clients() {
		t.Run(w.name, func(t *testing.T) {
			v := newView(t, viewSettings(), policy.Settings{Rules: w.rules, SelfAttributes: w.self, Hide: w.hide}, o.snap, found...)
			for _, dn := range matrixEntries {
				e := o.entries[keyOf(t, dn)]
				for _, a := range matrixAttributes {
					f := item(wire.Present, a, "")
					if facts := e.facts[foldedDescription([]byte(a))]; len(facts) > 0 {
						f = item(wire.Equality, a, facts[len(facts)-1].text)
					}
					asFilter, end := runQuery(t, v, Request{MessageID: 1, Identity: identity(t, w.dn), Search: ask(dn, wire.ScopeBase, f, "1.1")})
					r := requested(t, w.dn, dn, wire.ScopeBase, "(objectClass=*)", "1.1")
					r.Assertion = &f
					asserted, a := runQuery(t, v, r)
					want := end.Result.Code
					if want == wire.Success && len(asFilter) == 0 {
						want = wire.AssertionFailed
					}
					if a.Result.Code != want || len(asserted) != len(asFilter) {
						t.Errorf("%s %s: %v, as a filter %d entries", dn, wire.FilterString(f), a.Result, len(asFilter))
					}
				}
			}
		})
	}
}
