package view

import (
	"slices"
	"testing"
	"time"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/directory"
)

// barredWorld is a group that holds a person and a deny list.
func barredWorld(t *testing.T, rights ...string) *View {
	t.Helper()
	sc, err := Schema(nil)
	if err != nil {
		t.Fatal(err)
	}
	in := resolver.Input{Settings: resolver.Defaults(), Store: directory.Empty(sc)}
	add := func(dn string, attributes ...string) {
		d := &directory.Draft{DN: dn}
		for i := 0; i < len(attributes); i += 2 {
			d.AddText(attributes[i], attributes[i+1])
		}
		in.Entries = append(in.Entries, directory.Change{Put: d})
	}
	add("cn=reader,o=Acme", "objectClass", "person", "cn", "reader", "sn", "reader")
	add("cn=Jane Doe,o=Acme", "objectClass", "dominoPerson", "cn", "Jane Doe", "sn", "Doe")
	add("cn=Barred", "objectClass", "dominoGroup", "cn", "Barred", "groupType", "3", "member", "cn=Jane Doe,o=Acme")
	add("cn=Staff", "objectClass", "dominoGroup", "cn", "Staff", "groupType", "0", "member", "CN=Barred", "member", "cn=Jane Doe,o=Acme")
	snap, faults := resolver.Build(in)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	p, err := policy.New(policy.Settings{Rules: []policy.Rule{{Who: policy.OneDN, DN: reader, Read: rights}}})
	if err != nil {
		t.Fatal(err)
	}
	v, err := New(Settings{Base: "cn=access", NamingContexts: []string{""}, MemberOf: true, Now: func() time.Time { return testTime }}, p)
	if err != nil {
		t.Fatal(err)
	}
	v.Swap("test", snap, nil, testTime)
	return v
}

func TestAGroupDoesNotShowTheDenyListsAmongItsMembers(t *testing.T) {
	for _, c := range []struct {
		sentence string
		rights   []string
		members  []string
		found    int
	}{
		{"without the right denylists", []string{"people", "groups"}, []string{"cn=Jane Doe,o=Acme"}, 0},
		{"with the right denylists", []string{"people", "groups", "denylists"}, []string{"CN=Barred", "cn=Jane Doe,o=Acme"}, 1},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			v := barredWorld(t, c.rights...)
			es, _ := search(t, v, reader, "cn=Staff", wire.ScopeBase, "(objectClass=*)", "member")
			if len(es) != 1 || !slices.Equal(es[0].attrs["member"], c.members) {
				t.Errorf("the group shows %v, want members %v", es, c.members)
			}
			for _, filter := range []string{"(member=cn=barred)", "(member:distinguishedNameMatch:=cn=Barred)", "(member:1.2.840.113556.1.4.1941:=cn=Barred)"} {
				if es, _ := search(t, v, reader, "", wire.ScopeSubtree, filter, "1.1"); len(es) != c.found {
					t.Errorf("%s finds %d entries, want %d", filter, len(es), c.found)
				}
			}
			if es, _ := search(t, v, reader, "", wire.ScopeSubtree, "(&(cn=Staff)(!(member=cn=Barred)))", "1.1"); len(es) != 1-c.found {
				t.Errorf("the negation finds %d entries, want %d", len(es), 1-c.found)
			}
			code := v.Compare(identity(t, reader), &wire.CompareRequest{Entry: []byte("cn=Staff"), Attr: []byte("member"), Value: []byte("cn=Barred")}, nil).Code
			if want := []wire.ResultCode{wire.CompareFalse, wire.CompareTrue}[c.found]; code != want {
				t.Errorf("Compare says %v, want %v", code, want)
			}
		})
	}
}
