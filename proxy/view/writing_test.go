package view

import (
	"testing"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/resolver/name"
)

func writingView(t *testing.T) *View {
	t.Helper()
	return newView(t, viewSettings(), policy.Settings{SelfAttributes: []string{"cn", "mail", "memberOf"}, Hide: []string{"employeeNumber"}, Rules: []policy.Rule{
		{Who: policy.OneDN, DN: "cn=reader,o=acme", Read: []string{"all"}},
	}}, build(t, demoInput(t)))
}

func TestVirtualAttributesAreKnownByEveryName(t *testing.T) {
	v := writingView(t)
	for _, a := range attributes {
		for _, description := range []string{a.name, a.typeOf().OID, a.name + ";x-db-crm"} {
			if !v.Computes(description) {
				t.Errorf("%s can be written", description)
			}
		}
	}
	for _, description := range []string{"cn", "member", "userPassword", "EFFECTIVEACCESS", "isMemberOf;lang-de", "effectiveAccessX", "2.5.4.3", ""} {
		if got, want := v.Computes(description), description == "EFFECTIVEACCESS" || description == "isMemberOf;lang-de"; got != want {
			t.Errorf("%q: virtual is %t", description, got)
		}
	}
}

func TestWhatAclensAnswersItselfIsTold(t *testing.T) {
	v := writingView(t)
	for dn, want := range map[string]bool{
		"": true, "cn=access": true, "CN=Access": true, "cn=crm,ou=databases,cn=access": true, "cn=subschema": true, "CN=Schema": false,
		jane: false, "cn=access,o=acme": false, "cn=accessory": false,
	} {
		parsed, err := name.ParseDN(dn)
		must(t, err)
		if v.Answers(parsed) != want {
			t.Errorf("%q: %t", dn, !want)
		}
	}
}

func TestTheNearestNameIsOneThatMayBeRead(t *testing.T) {
	v := writingView(t)
	for _, c := range []struct{ who, dn, want string }{
		{"cn=reader,o=acme", jane, "CN=Jane Doe,OU=Sales,O=Acme"},
		{"cn=reader,o=acme", "cn=x," + jane, "CN=Jane Doe,OU=Sales,O=Acme"},
		{"cn=reader,o=acme", "cn=x,o=elsewhere", ""},
		{jane, "cn=x," + jane, "CN=Jane Doe,OU=Sales,O=Acme"},
		{jane, "cn=Rob Nash,ou=Sales,o=Acme", "OU=Sales,O=Acme"},
		{jane, "cn=Sales Team", ""},
		{"cn=stranger", jane, ""},
		{jane, "no name", ""},
	} {
		if got := v.Nearest(identity(t, c.who), c.dn); keyOf(t, got) != keyOf(t, c.want) {
			t.Errorf("%s asks for %q: %q instead of %q", c.who, c.dn, got, c.want)
		}
	}
}

func TestOnlyWhatMayBeReadMayBeTested(t *testing.T) {
	v := writingView(t)
	for _, c := range []struct {
		who, dn, filter string
		want            bool
	}{
		{jane, jane, "(cn=Jane Doe)", true},
		{jane, jane, "(&(cn=*)(!(mail=x*))(objectClass=person))", true},
		{jane, jane, "(uid=jdoe)", false},
		{jane, jane, "(|(cn=*)(uid=jdoe))", false},
		{jane, jane, "(userPassword=x)", false},
		{jane, jane, "(employeeNumber=7)", false},
		{jane, jane, "(name=Jane Doe)", false}, // sn is a name, too
		{jane, jane, "(memberOf=cn=Sales Team)", false},
		{jane, jane, "(cn:caseExactMatch:=Jane Doe)", true},
		{jane, jane, "(cn:dn:=Jane Doe)", false},
		{jane, jane, "(:caseExactMatch:=Jane Doe)", false},
		{jane, jane, "(nobodyKnows=x)", false},
		{jane, "cn=Rob Nash,ou=Sales,o=Acme", "(objectClass=*)", false},
		{"cn=reader,o=acme", jane, "(uid=jdoe)", true},
		{"cn=reader,o=acme", jane, "(memberOf=cn=Sales Team)", true},
		{"cn=reader,o=acme", jane, "(userPassword=x)", false},
		{"cn=reader,o=acme", jane, "(employeeNumber=7)", false},
		{"cn=reader,o=acme", "cn=nobody,o=acme", "(cn=*)", false},
	} {
		f := parseFilter(t, c.filter)
		if got := v.MayTest(identity(t, c.who), c.dn, &f); got != c.want {
			t.Errorf("%s tests %s of %s: %t", c.who, c.filter, c.dn, got)
		}
	}
}

func TestBeforeAnythingIsReadNothingIsNearAndNothingMayBeTested(t *testing.T) {
	p, err := policy.New(policy.Settings{})
	must(t, err)
	v, err := New(viewSettings(), p)
	must(t, err)
	f := parseFilter(t, "(cn=*)")
	if v.Nearest(identity(t, jane), jane) != "" || v.MayTest(identity(t, jane), jane, &f) {
		t.Error("something is known")
	}
}
