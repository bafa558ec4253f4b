package upstream_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"
	"github.com/google/go-cmp/cmp"

	"github.com/aclens/aclens/proxy/upstream"
	"github.com/aclens/aclens/proxy/upstream/slapdtest"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/directory"
)

const (
	annDN     = "cn=Ann Ray,ou=Branch,o=other"
	branchDN  = "ou=Branch,o=other"
	strangers = "ldap://127.0.0.1:1/"
)

// branch is the tree of another server.
const branch = `dn: ou=Branch,o=other
objectClass: organizationalUnit
ou: Branch

dn: cn=branchreader,ou=Branch,o=other
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: branchreader
userPassword: reader-secret

dn: cn=Ann Ray,ou=Branch,o=other
objectClass: dominoPerson
cn: Ann Ray
sn: Ray
userPassword: jane-secret
`

// referral is the LDIF of a referral object that calls itself a group, too.
func referral(dn string, uris ...string) string {
	rdn, _, _ := strings.Cut(dn, ",")
	attribute, value, _ := strings.Cut(rdn, "=")
	text := fmt.Sprintf("\ndn: %s\nobjectClass: referral\nobjectClass: extensibleObject\n%s: %s\nmember: %s\n", dn, attribute, value, janeDN)
	for _, uri := range uris {
		text += "ref: " + uri + "\n"
	}
	return text
}

func startBranch(t *testing.T, more ...string) *slapdtest.Server {
	t.Helper()
	return slapdtest.Start(t, slapdtest.Options{
		Suffix: branchDN, LDIF: []byte(branch + strings.Join(more, "")),
		Directives: []string{"access to * by dn.exact=cn=branchreader,ou=Branch,o=other read by anonymous auth by * none"},
	})
}

func startReferring(t *testing.T, referrals ...string) *slapdtest.Server {
	t.Helper()
	return slapdtest.Start(t, slapdtest.Options{
		Suffix: "o=acme", LDIF: append(sample(0), strings.Join(referrals, "")...), Directives: readable, Overlays: []string{"syncprov"},
	})
}

// openMode opens a directory that treats references in one way, and one that
// they may lead to.
func openMode(t *testing.T, mode upstream.Referrals, first, second *slapdtest.Server) (d, behind *upstream.Directory, o *observed) {
	t.Helper()
	s := settingsFor(first)
	s.Referrals = mode
	d, o = open(t, s)
	if second == nil {
		return d, nil, o
	}
	behind, _ = open(t, upstream.Settings{
		URLs: []string{second.URL}, BindDN: "cn=branchreader,ou=Branch,o=other", Password: password("reader-secret"),
		Bases: []string{"cn=branchreader,ou=Branch,o=other"}, Referrals: mode,
	})
	d.LeadTo(behind)
	return d, behind, o
}

func dnsOf(drafts map[string]directory.Draft) []string {
	var list []string
	for dn := range drafts {
		list = append(list, dn)
	}
	slices.Sort(list)
	return list
}

func TestNothingOfAReferralObjectIsHandedOverUnlessItIsToBeKept(t *testing.T) {
	server := startReferring(t, referral("ou=Elsewhere,o=acme", strangers+"ou=Elsewhere,o=other"))
	for _, mode := range []upstream.Referrals{upstream.DropReferrals, upstream.ChaseReferrals} {
		d, _, o := openMode(t, mode, server, nil)
		drafts, state := readAll(t, d)
		if _, ok := drafts["ou=Elsewhere,o=acme"]; ok || o.dropped() != 1 || d.LeftOut() != 1 {
			t.Errorf("mode %d: entry there: %t, counted %d, left out %d", mode, ok, o.dropped(), d.LeftOut())
		}
		names := map[string]bool{}
		if err := d.ReadNames(brief(t), state, func(key string) { names[key] = true }); err != nil {
			t.Fatalf("reading names: %v", err)
		}
		if len(names) != len(drafts) || names["ou=elsewhere,o=acme"] {
			t.Errorf("mode %d: %d names of %d entries: %v", mode, len(names), len(drafts), names)
		}
	}
}

func TestAReferralObjectThatIsKeptHoldsItsAddressesAndNothingOfAPersonOrGroup(t *testing.T) {
	d, _, o := openMode(t, upstream.KeepReferrals, startReferring(t, referral("ou=Elsewhere,o=acme", strangers+"ou=Elsewhere,o=other")), nil)
	drafts, _ := readAll(t, d)
	got, ok := drafts["ou=Elsewhere,o=acme"]
	if !ok || o.dropped() != 0 {
		t.Fatalf("kept: %t, counted as dropped: %d", ok, o.dropped())
	}
	if diff := cmp.Diff([]string{"top", "referral"}, texts(got.Values("objectClass"))); diff != "" {
		t.Error(diff)
	}
	if uris := texts(got.Values("ref")); !slices.Equal(uris, []string{strangers + "ou=Elsewhere,o=other"}) || len(got.Values("member")) > 0 {
		t.Errorf("addresses %v, members %q", uris, got.Values("member"))
	}
}

func TestAnEntryThatBecomesAReferralObjectIsGoneForEveryFeed(t *testing.T) {
	server := startReferring(t)
	d, _, _ := openMode(t, upstream.DropReferrals, server, nil)
	known := map[string]upstream.ID{}
	state, err := d.ReadContent(brief(t), upstream.ModeSyncrepl, upstream.State{}, func(id upstream.ID, draft directory.Draft) error {
		known[draft.DN] = id
		return nil
	})
	if err != nil {
		t.Fatalf("reading: %v", err)
	}
	c := server.Dial()
	if err := c.Del(ldap.NewDelRequest("cn=Sales Team,o=acme", nil)); err != nil {
		t.Fatal(err)
	}
	add := ldap.NewAddRequest("ou=New,o=acme", nil)
	add.Attribute("objectClass", []string{"referral", "extensibleObject"})
	add.Attribute("ou", []string{"New"})
	add.Attribute("ref", []string{strangers + "ou=New,o=other"})
	if err := c.Add(add); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(brief(t))
	defer stop()
	gone := map[upstream.ID]bool{}
	err = d.Follow(ctx, state, time.Second, func(b upstream.Batch) error {
		for _, change := range b.Changes {
			gone[change.ID] = change.Deleted
			if !change.Deleted && change.Draft.DN == "ou=New,o=acme" {
				t.Errorf("the referral object came as an entry: %v", change)
			}
		}
		if len(gone) >= 2 || b.Absence {
			stop()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("following: %v", err)
	}
}

func TestReferencesToStrangersAndToWhatLiesAboveTheBasesAreNotFollowed(t *testing.T) {
	second := startBranch(t)
	first := startReferring(t,
		referral("ou=Branch,o=acme", second.URL+"/ou=Branch,o=other"),
		referral("ou=Forged,o=acme", strangers+"ou=Forged,o=acme"),
		referral("ou=Web,o=acme", "http://127.0.0.1/"))
	d, behind, o := openMode(t, upstream.ChaseReferrals, first, second)
	drafts, _ := readAll(t, d)
	if diff := cmp.Diff(dnsOf(mustRead(t, first)), dnsOf(drafts)); diff != "" {
		t.Errorf("the directory that refers elsewhere holds something else: %s", diff)
	}
	if o.dropped() != 2 || d.LeftOut() != 2 {
		t.Errorf("%d references were counted, %d left out", o.dropped(), d.LeftOut())
	}
	after, state := readAll(t, behind)
	if _, ok := after[annDN]; ok || behind.LeftOut() != 1 {
		t.Errorf("followed to above a base: %t; left out: %d", ok, behind.LeftOut())
	}
	if err := behind.ReadNames(brief(t), state, func(string) {}); err != nil {
		t.Errorf("reading names: %v", err)
	}
}

func TestReferencesOfADirectoryToItselfEnd(t *testing.T) {
	server := startReferring(t)
	c := server.Dial()
	for i, target := range []string{"ou=Sales,o=acme", "o=acme", "ou=Loop 1,o=acme", "cn=Sales%20Team,o=acme"} {
		add := ldap.NewAddRequest(fmt.Sprintf("ou=Loop %d,o=acme", i), nil)
		add.Attribute("objectClass", []string{"referral", "extensibleObject"})
		add.Attribute("ou", []string{fmt.Sprintf("Loop %d", i)})
		add.Attribute("ref", []string{server.URL + "/" + strings.ReplaceAll(target, " ", "%20")})
		if err := c.Add(add); err != nil {
			t.Fatal(err)
		}
	}
	s := settingsFor(server)
	s.Referrals, s.Bases = upstream.ChaseReferrals, []string{"ou=Sales,o=acme", "ou=Loop 0,o=acme", "ou=Loop 1,o=acme", "ou=Loop 2,o=acme", "ou=Loop 3,o=acme"}
	d, _ := open(t, s)
	drafts, state := readAll(t, d)
	if diff := cmp.Diff([]string{"cn=Jane Doe,ou=Sales,o=acme", "cn=Sales Team,o=acme", "ou=Sales,o=acme"}, dnsOf(drafts)); diff != "" {
		t.Error(diff)
	}
	if _, err := d.ReadChanges(brief(t), state, func(directory.Draft) error { return nil }); err != nil {
		t.Errorf("going on: %v", err)
	}
}

// mustRead reads a server without following anything.
func mustRead(t *testing.T, server *slapdtest.Server) map[string]directory.Draft {
	t.Helper()
	d, _, _ := openMode(t, upstream.DropReferrals, server, nil)
	drafts, _ := readAll(t, d)
	return drafts
}

func TestWhatAReferenceLeadsToIsReadByTheDirectoryThatServesIt(t *testing.T) {
	second := startBranch(t)
	first := startReferring(t,
		referral("ou=Ann,o=acme", second.URL+"/"+strings.ReplaceAll(annDN, " ", "%20")),
		referral("ou=Gone,o=acme", second.URL+"/cn=Nobody,ou=Branch,o=other"))
	d, behind, _ := openMode(t, upstream.ChaseReferrals, first, second)
	_, state := readAll(t, d)
	after, since := readAll(t, behind)
	if diff := cmp.Diff([]string{annDN, "cn=branchreader,ou=Branch,o=other"}, dnsOf(after)); diff != "" {
		t.Error(diff)
	}
	if behind.LeftOut() != 1 {
		t.Errorf("%d references to nothing", behind.LeftOut())
	}
	if _, err := behind.ReadChanges(brief(t), since, func(directory.Draft) error { return nil }); err != nil {
		t.Errorf("going on: %v", err)
	}
	add := ldap.NewAddRequest("ou=Later,o=acme", nil)
	add.Attribute("objectClass", []string{"referral", "extensibleObject"})
	add.Attribute("ou", []string{"Later"})
	add.Attribute("ref", []string{second.URL + "/cn=Later,ou=Branch,o=other"})
	if err := first.Dial().Add(add); err != nil {
		t.Fatal(err)
	}
	if _, err := d.ReadChanges(brief(t), state, func(directory.Draft) error { return nil }); !errors.Is(err, upstream.ErrFullRead) {
		t.Errorf("after a new reference: %v", err)
	}
}

func TestABindIsSentOnToConfiguredServersAlone(t *testing.T) {
	second := startBranch(t)
	known := []string{strangers + "ou=Branch,o=other", second.URL + "/" + strings.ReplaceAll(annDN, " ", "%20")}
	for _, c := range []struct {
		name, password string
		refers         []string
		mode           upstream.Referrals
		want           wire.ResultCode
	}{
		{"the right password, chased", "jane-secret", known, upstream.ChaseReferrals, wire.Success},
		{"chased by an address without a name", "jane-secret", []string{second.URL}, upstream.ChaseReferrals, wire.Success},
		{"a wrong password, chased", "wrong-secret", known, upstream.ChaseReferrals, wire.InvalidCredentials},
		{"the right password, not chased", "jane-secret", known, upstream.DropReferrals, wire.Referral},
		{"the right password, kept", "jane-secret", known, upstream.KeepReferrals, wire.Referral},
		{"a name at a stranger's server", "jane-secret", known[:1], upstream.ChaseReferrals, wire.Referral},
	} {
		f := (&fake{code: wire.Referral}).serve(t)
		f.refers = c.refers
		d, o := open(t, upstream.Settings{URLs: []string{f.url}, Bases: []string{"o=acme"}, Referrals: c.mode})
		behind, _ := open(t, upstream.Settings{URLs: []string{second.URL}, Referrals: c.mode})
		d.LeadTo(behind)
		got, err := d.Bind(brief(t), annDN, c.password)
		if err != nil || got.Code != c.want || (o.dropped() == 1) != (c.want == wire.Referral) {
			t.Errorf("%s: %v %v, want %v; %d counted", c.name, got.Code, err, c.want, o.dropped())
		}
	}
}

func TestABindThatIsReferredInCirclesStaysReferred(t *testing.T) {
	f := (&fake{code: wire.Referral}).serve(t)
	f.refers = []string{f.url, f.url + "/cn=one,o=acme", f.url + "/cn=two,o=acme", strangers}
	d, _ := open(t, upstream.Settings{URLs: []string{f.url}, Bases: []string{"o=acme"}, Referrals: upstream.ChaseReferrals})
	got, err := d.Bind(brief(t), janeDN, "jane-secret")
	if err != nil || got.Code != wire.Referral {
		t.Errorf("got %v %v", got.Code, err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if diff := cmp.Diff([]string{janeDN, "cn=one,o=acme", "cn=two,o=acme"}, f.binds); diff != "" {
		t.Error(diff)
	}
}
