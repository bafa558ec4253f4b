package view

import (
	"testing"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/resolver"
)

func TestAuthorizationIdentitiesMeanOneEntry(t *testing.T) {
	in := demoInput(t,
		draft("CN=Sam Same,O=Acme", "objectClass", "dominoPerson", "cn", "Sam Same", "uid", "same"),
		draft("CN=Sue Same,O=Acme", "objectClass", "dominoPerson", "cn", "Sue Same", "uid", "SAME"),
		draft("CN=Named,O=Acme", "objectClass", "dominoGroup", "cn", "Named", "groupType", "0", "uid", "named"),
		draft("CN=Ada Account,O=Acme", "objectClass", "dominoPerson", "cn", "Ada Account", "sAMAccountName", "ada"))
	for _, tt := range []struct{ name, authzID, want string }{
		{"a distinguished name", "dn:cn=jane doe, ou=sales, o=acme", "CN=Jane Doe,OU=Sales,O=Acme"},
		{"a uid", "u:JDoe", "CN=Jane Doe,OU=Sales,O=Acme"},
		{"an account without a person", "dn:cn=reader,o=acme", "CN=reader,O=Acme"},
		{"nobody's name", "dn:cn=Nobody,o=acme", ""},
		{"no name", "dn:nobody", ""},
		{"the name of the root", "dn:", ""},
		{"nobody's uid", "u:nobody", ""},
		{"an empty uid", "u:", ""},
		{"a uid that two have", "u:same", ""},
		{"a group", "dn:cn=Sales Team", ""},
		{"a group with a uid", "u:named", ""},
		{"an entry that only holds others", "dn:cn=access", ""},
		{"a mail address is no uid", "u:jane.doe@acme.example", ""},
		{"an account name, outside Active Directory", "u:ada", ""},
		{"another form", "jdoe", ""},
		{"nothing", "", ""},
	} {
		v := newView(t, viewSettings(), policy.Settings{}, build(t, in))
		who, ok := v.Identity(tt.authzID)
		if ok != (tt.want != "") || who.DN != tt.want || ok && who.Key != keyOf(t, tt.want) {
			t.Errorf("%s: %q, %v", tt.name, who, ok)
		}
	}
	in.Settings = resolver.Defaults()
	in.Settings.ActiveDirectory = true
	v := newView(t, viewSettings(), policy.Settings{}, build(t, in))
	if who, ok := v.Identity("u:ada"); !ok || who.DN != "CN=Ada Account,O=Acme" {
		t.Errorf("an account name, in Active Directory: %q, %v", who, ok)
	}
}

func TestNobodyIsKnownBeforeTheDirectoryIsRead(t *testing.T) {
	p, err := policy.New(policy.Settings{})
	must(t, err)
	v, err := New(viewSettings(), p)
	must(t, err)
	if who, ok := v.Identity("dn:" + jane); ok {
		t.Errorf("got %q", who)
	}
}
