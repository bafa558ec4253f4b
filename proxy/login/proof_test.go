package login_test

import (
	"testing"

	"github.com/aclens/aclens/proxy/login"
	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/name"
)

// three are two live directories and one of files, with a snapshot of the first two.
func three(t *testing.T, cache login.CacheSettings) (*login.Login, *fakeDirectory) {
	t.Helper()
	second := knowing("cn=paul poe,o=partners")
	l, _, _ := open(t, login.Settings{
		Sources: []login.Source{
			{Name: "primary", Bases: []string{"o=acme"}, Checker: login.Live(knowing(janeKey, "cn=root"))},
			{Name: "second", Bases: []string{"o=partners", "ou=sales,o=acme"}, Checker: login.Live(second)},
			{Name: "names.dxl", Bases: []string{"o=files"}, Checker: login.NoPasswords()},
		},
		Snapshot: always(snapshotOf(t, resolver.Defaults(), people, partners)), Names: []login.NameForm{login.ByDN, login.ByUID}, Cache: cache,
	})
	return l, second
}

func TestOnlyWhatALiveDirectoryTookItselfIsProof(t *testing.T) {
	l, _ := three(t, login.CacheSettings{})
	for who, want := range map[string]login.Proof{
		"cn=root":  {Directory: 0, DN: "CN=root"}, // outside all bases: the primary's
		paulDN:     {Directory: 1, DN: paulDN},
		"ppoe":     {Directory: 1, DN: paulDN}, // the name that the uid led to
		"o=files":  {},
		"jdoe":     {}, // the second directory has the longer base and does not know her
		"nobody":   {},
		"cn=other": {},
	} {
		o := l.Simple(t.Context(), attempt(who, right))
		switch {
		case want.DN == "" && (o.Proof != nil || o.Result.Code == wire.Success):
			t.Errorf("%s: %v with proof %+v", who, o.Result.Code, o.Proof)
		case want.DN != "" && (o.Proof == nil || o.Proof.Directory != want.Directory || !sameName(t, o.Proof.DN, want.DN)):
			t.Errorf("%s: proof %+v", who, o.Proof)
		}
		if o := l.Simple(t.Context(), attempt(who, wrong)); o.Proof != nil {
			t.Errorf("%s: proof %+v of a wrong password", who, o.Proof)
		}
	}
	refused := attempt(paulDN, right)
	refused.AuthzID = "dn:" + janeDN
	if o := l.Plain(t.Context(), refused); o.Proof != nil || o.Result.Code != wire.InsufficientAccessRights {
		t.Errorf("proof %+v for somebody else", o.Proof)
	}
}

func TestABindFromMemoryIsNoProof(t *testing.T) {
	l, second := three(t, login.CacheSettings{TTL: login.MaxCacheTTL, IsAdmin: func(policy.Identity) bool { return false }})
	if o := l.Simple(t.Context(), attempt(paulDN, right)); o.Proof == nil {
		t.Fatal("no proof from the directory")
	}
	if o := l.Simple(t.Context(), attempt(paulDN, right)); o.Result.Code != wire.Success || o.Proof != nil || second.times() != 1 {
		t.Errorf("%v with proof %+v after %d binds", o.Result.Code, o.Proof, second.times())
	}
}

func TestTheOwnerOfANameIsWhereItsBindGoes(t *testing.T) {
	l, _ := three(t, login.CacheSettings{})
	for text, want := range map[string]int{
		"o=acme": 0, "cn=x,o=Acme": 0, "ou=sales,o=acme": 1, "CN=a,OU=Sales,O=Acme": 1, paulDN: 1, "cn=a,o=files": 2, "cn=root": -1, "": -1, "o=acme2": -1,
	} {
		dn, err := name.ParseDN(text)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := l.Owner(dn); got != want || ok != (want >= 0) {
			t.Errorf("%q belongs to %d, %t", text, got, ok)
		}
	}
}

func sameName(t *testing.T, a, b string) bool {
	t.Helper()
	x, err := name.KeyOf(a)
	y, other := name.KeyOf(b)
	if err != nil || other != nil {
		t.Fatal(err, other)
	}
	return x == y
}
