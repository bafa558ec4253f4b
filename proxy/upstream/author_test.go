package upstream_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"

	"github.com/aclens/aclens/proxy/upstream"
	"github.com/aclens/aclens/proxy/upstream/slapdtest"
	"github.com/aclens/aclens/proxy/wire"
)

// janeWrites is a directory in which Jane may change everything but the service account.
func janeWrites(t *testing.T) *slapdtest.Server {
	t.Helper()
	return slapdtest.Start(t, slapdtest.Options{Suffix: "o=acme", LDIF: sample(0), Directives: []string{
		`access to dn.exact="` + readerDN + `" by self read by anonymous auth by * none`,
		`access to attrs=userPassword by dn.exact="` + readerDN + `" read by self write by anonymous auth by * none`,
		`access to * by dn.exact="` + janeDN + `" write by dn.exact="` + readerDN + `" read by anonymous auth by * none`,
	}})
}

func authorOf(t *testing.T, d *upstream.Directory) *upstream.Author {
	t.Helper()
	a, result, err := d.Author(brief(t), janeDN, "jane-secret")
	if err != nil || result.Code != wire.Success {
		t.Fatalf("author: %+v, %v", result, err)
	}
	t.Cleanup(a.Close)
	return a
}

func mustChange(t *testing.T, a *upstream.Author, want wire.ResultCode, update wire.Update, controls ...wire.Control) wire.Result {
	t.Helper()
	got, _, err := a.Change(brief(t), update, controls...)
	if err != nil || got.Code != want {
		t.Fatalf("%T: %+v, %v instead of %v", update, got, err, want)
	}
	return got
}

func described(dn, text string) *wire.ModifyRequest {
	return &wire.ModifyRequest{DN: dn, Changes: []wire.Change{{Kind: wire.ChangeReplace, Attribute: wire.Attribute{Name: "description", Values: []string{text}}}}}
}

func TestAnAuthorChangesTheDirectoryUnderItsOwnIdentity(t *testing.T) {
	server := janeWrites(t)
	d, _ := open(t, settingsFor(server))
	a := authorOf(t, d)
	if a.Server() != server.URL || !a.Alive() {
		t.Fatalf("server %s, alive %t", a.Server(), a.Alive())
	}
	const dn, moved = "cn=New Person,o=acme", "cn=Other Person,o=acme"
	mustChange(t, a, wire.Success, &wire.AddRequest{DN: dn, Attributes: []wire.Attribute{
		{Name: "objectClass", Values: []string{"person"}}, {Name: "cn", Values: []string{"New Person"}}, {Name: "sn", Values: []string{"Person"}},
	}})
	mustChange(t, a, wire.Success, described(dn, "first"))
	mustChange(t, a, wire.Success, &wire.ModifyDNRequest{DN: dn, NewRDN: "cn=Other Person", DeleteOldRDN: true})
	found, err := server.Dial().Search(ldap.NewSearchRequest(moved, ldap.ScopeBaseObject, 0, 0, 0, false, "(objectClass=*)", []string{"cn", "description", "creatorsName"}, nil))
	if err != nil || len(found.Entries) != 1 {
		t.Fatal(err)
	}
	e := found.Entries[0]
	if e.GetAttributeValue("cn") != "Other Person" || e.GetAttributeValue("description") != "first" || !strings.EqualFold(e.GetAttributeValue("creatorsName"), janeDN) {
		t.Errorf("the directory holds %+v", e.Attributes)
	}
	mustChange(t, a, wire.Success, &wire.DeleteRequest{DN: moved})
	if r := mustChange(t, a, wire.NoSuchObject, &wire.DeleteRequest{DN: moved}); !strings.EqualFold(r.MatchedDN, "o=acme") {
		t.Errorf("matched %q", r.MatchedDN)
	}
	mustChange(t, a, wire.InsufficientAccessRights, &wire.ModifyRequest{DN: readerDN, Changes: []wire.Change{{Kind: wire.ChangeReplace, Attribute: wire.Attribute{Name: "userPassword", Values: []string{"x"}}}}})
}

func TestAnAuthorSendsControlsAndPasswords(t *testing.T) {
	d, _ := open(t, settingsFor(janeWrites(t)))
	a := authorOf(t, d)
	filter, err := wire.ParseFilterString("(description=nothing)")
	if err != nil {
		t.Fatal(err)
	}
	value, err := wire.AppendAssertion(nil, &filter)
	if err != nil {
		t.Fatal(err)
	}
	mustChange(t, a, wire.AssertionFailed, described(janeDN, "x"), wire.Control{OID: wire.ControlAssertion, Critical: true, Value: value})
	if r := mustChange(t, a, wire.Success, &wire.PasswordModifyRequest{}); len(r.ResponseValue) == 0 {
		t.Error("the directory made a password and did not tell it")
	}
	mustChange(t, a, wire.Success, &wire.PasswordModifyRequest{New: "second-secret", HasNew: true})
	if got, err := d.Bind(brief(t), janeDN, "second-secret"); err != nil || got.Code != wire.Success {
		t.Errorf("bind with the new password: %+v, %v", got, err)
	}
}

func TestWhoCannotBindIsNoAuthor(t *testing.T) {
	d, _ := open(t, settingsFor(startSample(t, 0)))
	for given, want := range map[string]wire.ResultCode{"wrong-secret": wire.InvalidCredentials, "": wire.UnwillingToPerform} {
		if a, result, err := d.Author(brief(t), janeDN, given); a != nil || err != nil || result.Code != want {
			t.Errorf("with password %q: %v, %+v, %v", given, a, result, err)
		}
	}
}

func TestAnAuthorWhoseServerWentAwayIsNotAlive(t *testing.T) {
	server := janeWrites(t)
	d, _ := open(t, settingsFor(server))
	a := authorOf(t, d)
	server.Restart()
	for deadline := time.Now().Add(10 * time.Second); a.Alive(); { // within restless it is not looked at
		if time.Now().After(deadline) {
			t.Fatal("the end of the connection is not noticed")
		}
	}
	if _, _, err := a.Change(brief(t), described(janeDN, "x")); !errors.Is(err, upstream.ErrUnavailable) || errors.Is(err, upstream.ErrOutcomeUnknown) {
		t.Errorf("change over a dead connection: %v", err)
	}
	mustChange(t, authorOf(t, d), wire.Success, described(janeDN, "y"))
}

func TestAChangeWithoutAnAnswerIsUnknown(t *testing.T) {
	server := janeWrites(t)
	settings := settingsFor(server)
	settings.Operation = 200 * time.Millisecond
	d, _ := open(t, settings)
	a := authorOf(t, d)
	server.Pause()
	_, _, err := a.Change(brief(t), described(janeDN, "x"))
	if !errors.Is(err, upstream.ErrOutcomeUnknown) || errors.Is(err, upstream.ErrUnavailable) {
		t.Errorf("%v", err)
	}
	if a.Alive() {
		t.Error("a connection on which an answer is outstanding is used again")
	}
	server.Resume()
}

func TestAChangeThatIsGivenUpIsUnknownAndOneThatNeverBeganIsNot(t *testing.T) {
	server := janeWrites(t)
	d, _ := open(t, settingsFor(server))
	a := authorOf(t, d)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := a.Change(over, described(janeDN, "x")); !errors.Is(err, context.Canceled) || errors.Is(err, upstream.ErrOutcomeUnknown) {
		t.Errorf("never began: %v", err)
	}
	server.Pause()
	defer server.Resume()
	ctx, stop := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer stop()
	if _, _, err := a.Change(ctx, described(janeDN, "x")); !errors.Is(err, upstream.ErrOutcomeUnknown) {
		t.Errorf("given up: %v", err)
	}
}

func TestChangesOfOneAuthorComeOneAfterTheOther(t *testing.T) {
	d, _ := open(t, settingsFor(janeWrites(t)))
	a := authorOf(t, d)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if got, _, err := a.Change(brief(t), described(janeDN, "z")); err != nil || got.Code != wire.Success {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
	all.Wait()
}

func TestReachableIsWhatTheChecksFound(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "ldap://" + listener.Addr().String()
	_ = listener.Close()
	server := startSample(t, 0)
	settings := settingsFor(server)
	settings.URLs, settings.Health = append([]string{address}, settings.URLs...), 50*time.Millisecond
	d, o := open(t, settings)
	o.await(t, address, false)
	o.await(t, server.URL, true)
	if !d.Reachable() {
		t.Error("one of two servers answers")
	}
	server.Stop()
	o.await(t, server.URL, false)
	if d.Reachable() {
		t.Error("no server answers")
	}
}
