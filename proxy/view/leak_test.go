package view

import (
	"fmt"
	"testing"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
)

// What a client may not read must not show in how a search ends either, nor in
// how many entries are looked at before a limit is reached.
func TestNothingHiddenShowsThroughLimitsAndCounts(t *testing.T) {
	some := narrowed(one("people", "access"), []string{"apps/c*"}, nil)
	few := narrowed(one("people"), nil, []string{"cn", "name"})
	snap := build(t, demoInput(t, draft("CN=Barred", "objectClass", "dominoGroup", "cn", "Barred", "groupType", "3",
		"member", jane, "member", "CN=Company", "member", "CN=Terminations")))
	for _, c := range []struct {
		name        string
		who         who
		there, none string // a filter on something that is there, and one on something that is not
	}{
		{"values of other people", who{dn: jane}, "(mail=maria.*@acme.example)", "(mail=maria.*@nowhere.example)"},
		{"an attribute that others have", who{dn: jane}, "(groupType=*)", "(facsimileTelephoneNumber=*)"},
		{"classes of others", who{dn: jane}, "(objectClass=dominoGroup)", "(objectClass=device)"},
		{"not having a value", who{dn: jane}, "(!(mail=maria.boss@acme.example))", "(!(mail=nobody@acme.example))"},
		{"members of a group", who{dn: client, rules: []policy.Rule{one("people")}}, "(isMemberOf=CN=Company)", "(isMemberOf=CN=Nothing)"},
		{"members of a group, by a rule", who{dn: client, rules: []policy.Rule{one("people")}},
			"(isMemberOf:distinguishedNameMatch:=CN=Company)", "(isMemberOf:distinguishedNameMatch:=CN=Nothing)"},
		{"members of a group, in chain", who{dn: client, rules: []policy.Rule{one("people")}},
			"(memberOf:1.2.840.113556.1.4.1941:=CN=Company)", "(memberOf:1.2.840.113556.1.4.1941:=CN=Nothing)"},
		{"groups of a person", who{dn: client, rules: []policy.Rule{one("people")}}, "(member=CN=Jane Doe,OU=Sales,O=Acme)", "(member=cn=Nobody)"},
		{"groups of a person, in chain", who{dn: client, rules: []policy.Rule{one("people")}},
			"(member:1.2.840.113556.1.4.1941:=CN=Jane Doe,OU=Sales,O=Acme)", "(member:1.2.840.113556.1.4.1941:=cn=Nobody)"},
		{"a deny list", who{dn: client, rules: []policy.Rule{one("groups", "people")}}, "(isMemberOf=CN=Barred)", "(isMemberOf=CN=Nothing)"},
		{"a deny list, direct", who{dn: client, rules: []policy.Rule{one("groups", "people")}}, "(isDirectMemberOf=CN=Barred)", "(isDirectMemberOf=CN=Nothing)"},
		{"not on a deny list", who{dn: client, rules: []policy.Rule{one("groups", "people")}}, "(!(isMemberOf=CN=Barred))", "(!(isMemberOf=CN=Nothing))"},
		{"a copy of a deny list", who{dn: client, rules: []policy.Rule{one("groups", "people")}},
			"(isMemberOf=cn=Barred,ou=groups,cn=access)", "(isMemberOf=cn=Nothing,ou=groups,cn=access)"},
		{"a database", who{dn: client, rules: []policy.Rule{some}}, "(effectiveAccess=apps/forum.nsf#author)", "(effectiveAccess=apps/nothing.nsf#author)"},
		{"not in a database", who{dn: client, rules: []policy.Rule{some}}, "(!(effectiveAccess=apps/forum.nsf#author))", "(!(effectiveAccess=apps/nothing.nsf#author))"},
		{"a role", who{dn: client, rules: []policy.Rule{some}}, "(effectiveRole=apps/orders.nsf#[Ship])", "(effectiveRole=apps/orders.nsf#[Nothing])"},
		{"a privilege", who{dn: client, rules: []policy.Rule{some}}, "(effectivePrivilege=apps/forum.nsf#createDocs)", "(effectivePrivilege=apps/nothing.nsf#createDocs)"},
		{"a level group", who{dn: client, rules: []policy.Rule{some}},
			"(effectiveAccessGroup=cn=apps/forum.nsf#author,cn=apps/forum.nsf,ou=databases,cn=access)",
			"(effectiveAccessGroup=cn=apps/forum.nsf#nothing,cn=apps/forum.nsf,ou=databases,cn=access)"},
		{"membership in a level group", who{dn: client, rules: []policy.Rule{some, one("groups")}},
			"(memberOf=cn=apps/forum.nsf#author,cn=apps/forum.nsf,ou=databases,cn=access)",
			"(memberOf=cn=apps/forum.nsf#nothing,cn=apps/forum.nsf,ou=databases,cn=access)"},
		{"a database of others beside the own", who{dn: jane, rules: []policy.Rule{{Who: policy.AnyBound, Read: []string{"people"}}}},
			"(&(objectClass=dominoPerson)(effectiveAccess=apps/hr.nsf#editor))", "(&(objectClass=dominoPerson)(effectiveAccess=apps/nothing.nsf#editor))"},
		{"a password", who{dn: client, rules: []policy.Rule{one("all")}}, "(userPassword=*)", "(facsimileTelephoneNumber=*)"},
		{"a password that is not", who{dn: client, rules: []policy.Rule{one("all")}}, "(!(userPassword=*))", "(!(userPassword=x))"},
		{"an attribute through its supertype", who{dn: client, rules: []policy.Rule{few}}, "(name=Doe)", "(name=Nothing)"},
		{"an attribute through its supertype, by a rule", who{dn: client, rules: []policy.Rule{few}}, "(name:caseIgnoreMatch:=Doe)", "(name:caseIgnoreMatch:=Nothing)"},
		{"an attribute by its number", who{dn: client, rules: []policy.Rule{few}}, "(2.5.4.4=Doe)", "(2.5.4.4=Nothing)"},
		{"an attribute by its other name", who{dn: client, rules: []policy.Rule{few}}, "(surname=Doe)", "(surname=Nothing)"},
	} {
		for _, limit := range []int{1, 3, 100000} {
			t.Run(fmt.Sprintf("%s, looking through %d", c.name, limit), func(t *testing.T) {
				s := viewSettings()
				s.LookThrough = limit
				v := newView(t, s, policy.Settings{Rules: c.who.rules}, snap)
				there, a := search(t, v, c.who.dn, "", wire.ScopeSubtree, c.there, "1.1")
				none, b := search(t, v, c.who.dn, "", wire.ScopeSubtree, c.none, "1.1")
				if fmt.Sprint(dns(there)) != fmt.Sprint(dns(none)) || fmt.Sprint(a.Result) != fmt.Sprint(b.Result) {
					t.Errorf("%s gives %v %v, but %s %v %v", c.there, dns(there), a.Result, c.none, dns(none), b.Result)
				}
			})
		}
	}
}

// Controls see no more than answers do: sorting by what is hidden is sorting by
// what nobody has, and an assertion about it fails whatever it says.
func TestNothingHiddenShowsThroughControls(t *testing.T) {
	snap := build(t, demoInput(t))
	some := narrowed(one("people", "access"), []string{"apps/c*"}, []string{"cn", "effectiveAccess"})
	v := newView(t, viewSettings(), policy.Settings{Rules: []policy.Rule{some}, Hide: []string{"uid"}}, snap)
	run := func(r Request) ([]entry, Answer) {
		r.Identity = identity(t, client)
		r.Search = ask("", wire.ScopeSubtree, parseFilter(t, "(objectClass=dominoPerson)"), "cn")
		return runQuery(t, v, r)
	}
	by := func(attribute string, reverse bool) string {
		es, a := run(Request{Sort: &Sort{Keys: []wire.SortKey{{Attr: []byte(attribute), Reverse: reverse}}}})
		if a.Result.Code != wire.Success || len(es) != 60 {
			t.Fatalf("sorting by %s: %d entries, %v", attribute, len(es), a.Result)
		}
		return fmt.Sprint(dns(es))
	}
	for _, hidden := range []string{"mail", "uid", "userPassword", "isMemberOf", "effectiveRole", "sn"} {
		for _, reverse := range []bool{false, true} {
			if hidden != "userPassword" && by(hidden, reverse) != by("facsimileTelephoneNumber", reverse) {
				t.Errorf("sorting by %s (reverse %v) gives an order away", hidden, reverse)
			}
		}
	}
	if by("cn", false) == by("cn", true) || by("effectiveAccess", false) == by("facsimileTelephoneNumber", false) {
		t.Error("what may be read gives no order")
	}
	for _, text := range []string{"(mail=jane.doe@acme.example)", "(mail=nobody)", "(!(mail=jane.doe@acme.example))", "(!(mail=nobody))", "(uid=jdoe)", "(!(uid=x))"} {
		f := parseFilter(t, text)
		_, a := runQuery(t, v, Request{Identity: identity(t, client), Search: ask(jane, wire.ScopeBase, anything), Assertion: &f})
		if a.Result.Code != wire.AssertionFailed {
			t.Errorf("asserting %s: %v", text, a.Result)
		}
	}
	es, _ := run(Request{MatchedValues: []wire.Filter{item(wire.Equality, "mail", "jane.doe@acme.example"), item(wire.Present, "mail", "")}})
	for _, e := range es {
		if len(e.get("cn")) > 0 || len(e.get("mail")) > 0 {
			t.Errorf("matched values: %v", e)
		}
	}
}
