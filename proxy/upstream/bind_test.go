package upstream_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"

	"github.com/aclens/aclens/proxy/upstream"
	"github.com/aclens/aclens/proxy/upstream/slapdtest"
	"github.com/aclens/aclens/proxy/wire"
)

func TestABindIsWhatTheDirectorySays(t *testing.T) {
	d, _ := open(t, settingsFor(startSample(t, 0)))
	for sentence, c := range map[string]struct {
		dn, password string
		code         wire.ResultCode
	}{
		"the right password":                       {janeDN, "jane-secret", wire.Success},
		"the right password, DN in other spelling": {"CN=jane doe, OU=SALES, O=Acme", "jane-secret", wire.Success},
		"a wrong password":                         {janeDN, "wrong-secret", wire.InvalidCredentials},
		"nobody":                                   {"cn=Nobody,o=acme", "wrong-secret", wire.InvalidCredentials},
		"a name that is none":                      {"jane", "jane-secret", wire.InvalidDNSyntax},
		"no password":                              {janeDN, "", wire.UnwillingToPerform},
		"no name":                                  {"", "jane-secret", wire.UnwillingToPerform},
	} {
		for range 2 { // over a new connection and over one that served before
			got, err := d.Bind(brief(t), c.dn, c.password)
			if err != nil || got.Code != c.code {
				t.Errorf("%s: %v, %v instead of %v", sentence, got, err, c.code)
			}
		}
	}
	if drafts, _ := readAll(t, d); len(drafts) != 5 {
		t.Errorf("after binds of others the service account reads %d entries", len(drafts))
	}
}

func TestARefusalOtherThanAWrongPasswordIsPassedOn(t *testing.T) {
	settings := settingsFor(startSample(t, 0, "restrict bind"))
	settings.BindDN = ""
	d, _ := open(t, settings)
	got, err := d.Bind(brief(t), janeDN, "jane-secret")
	if err != nil || got.Code != wire.UnwillingToPerform || got.Diagnostic == "" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestPasswordPolicyComesBackAsTheDirectoryEncodedIt(t *testing.T) {
	ldif := append(sample(0), []byte(`
dn: cn=policy,o=acme
objectClass: device
objectClass: pwdPolicy
cn: policy
pwdAttribute: userPassword
pwdLockout: TRUE
pwdMaxFailure: 2
`)...)
	server := slapdtest.Start(t, slapdtest.Options{Suffix: "o=acme", LDIF: ldif,
		Overlays: []string{"ppolicy\nppolicy_default cn=policy,o=acme\nppolicy_use_lockout"}})
	d, _ := open(t, settingsFor(server))
	ask := wire.Control{OID: wire.ControlPasswordPolicy}
	steps := []struct {
		sentence, password string
		code               wire.ResultCode
		policy             string
	}{
		{"nothing to say", "jane-secret", wire.Success, "\x30\x00"},
		{"one failure", "wrong-secret", wire.InvalidCredentials, "\x30\x00"},
		{"the last failure", "wrong-secret", wire.InvalidCredentials, "\x30\x00"},
		{"locked, error 1 of the draft", "jane-secret", wire.InvalidCredentials, "\x30\x03\x81\x01\x01"},
	}
	for _, s := range steps {
		got, err := d.Bind(brief(t), janeDN, s.password, ask)
		if err != nil || got.Code != s.code {
			t.Fatalf("%s: %+v, %v", s.sentence, got, err)
		}
		if len(got.Controls) != 1 || got.Controls[0].OID != wire.ControlPasswordPolicy || string(got.Controls[0].Value) != s.policy {
			t.Errorf("%s: controls %+v", s.sentence, got.Controls)
		}
	}
	if got, err := d.Bind(brief(t), readerDN, "reader-secret"); err != nil || len(got.Controls) != 0 {
		t.Errorf("controls that nobody asked for: %+v, %v", got, err)
	}
}

func TestBindsAtOnceAreAllAnsweredRightly(t *testing.T) {
	settings := settingsFor(startSample(t, 0))
	settings.Binds = 4
	d, _ := open(t, settings)
	ctx := brief(t)
	var all sync.WaitGroup
	for i := range 60 {
		all.Go(func() {
			given, want := "jane-secret", wire.Success
			if i%2 == 0 {
				given, want = "wrong-secret", wire.InvalidCredentials
			}
			if got, err := d.Bind(ctx, janeDN, given); err != nil || got.Code != want {
				t.Errorf("%+v, %v instead of %v", got, err, want)
			}
		})
	}
	all.Wait()
}

func TestWaitingForAFreeConnectionToBindOnIsBounded(t *testing.T) {
	server := startSample(t, 0)
	settings := settingsFor(server)
	settings.Binds, settings.Connect = 1, 100*time.Millisecond
	d, o := open(t, settings)
	if _, err := d.Bind(brief(t), janeDN, "jane-secret"); err != nil {
		t.Fatal(err)
	}
	server.Pause()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 2)
	for range 2 { // one of them takes the only connection, and holds it
		go func() {
			_, err := d.Bind(ctx, janeDN, "jane-secret")
			ended <- err
		}()
	}
	if err := <-ended; !errors.Is(err, upstream.ErrUnavailable) || !o.saw(upstream.KindBusy) {
		t.Errorf("a bind that found no connection: %v, counted %v", err, o.errors)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled bind: %v", err)
	}
}

func TestADirectoryThatIsAwayIsNeverAWrongPassword(t *testing.T) {
	server := startSample(t, 0)
	d, _ := open(t, settingsFor(server))
	if _, err := d.Bind(brief(t), janeDN, "jane-secret"); err != nil {
		t.Fatal(err)
	}
	server.Stop()
	got, err := d.Bind(brief(t), janeDN, "jane-secret")
	if !errors.Is(err, upstream.ErrUnavailable) || got.Code != 0 || got.Controls != nil {
		t.Errorf("stopped: %+v, %v", got, err)
	}
	mustHoldNoSecret(t, err.Error())
	server.Restart()
	if got, err := d.Bind(brief(t), janeDN, "jane-secret"); err != nil || got.Code != wire.Success {
		t.Errorf("back again: %+v, %v", got, err)
	}
}

func TestAConnectionThatDiedUnnoticedIsReplaced(t *testing.T) {
	server := startSample(t, 0)
	d, _ := open(t, settingsFor(server))
	for range 2 {
		if _, err := d.Bind(brief(t), janeDN, "jane-secret"); err != nil {
			t.Fatal(err)
		}
		if drafts, _ := readAll(t, d); len(drafts) != 5 {
			t.Fatalf("%d entries", len(drafts))
		}
		server.Restart() // what was kept is dead now
	}
}

func TestTheServiceAccountMustBeAccepted(t *testing.T) {
	server := startSample(t, 0)
	for sentence, c := range map[string]struct {
		password func() (string, error)
		is       error
	}{
		"a wrong password":               {password("wrong-secret"), upstream.ErrRefused},
		"an empty password is not sent":  {password(""), upstream.ErrRefused},
		"a password that cannot be read": {func() (string, error) { return "", net.ErrClosed }, net.ErrClosed},
	} {
		settings := settingsFor(server)
		settings.Password = c.password
		d, o := open(t, settings)
		_, err := d.RootDSE(brief(t))
		if !errors.Is(err, c.is) || errors.Is(err, upstream.ErrUnavailable) {
			t.Fatalf("%s: %v", sentence, err)
		}
		mustHoldNoSecret(t, err.Error())
		var refused *upstream.RefusedError
		if errors.As(err, &refused) && (refused.Code != wire.InvalidCredentials || !o.saw(upstream.KindRefused)) {
			t.Errorf("%s: %v", sentence, refused)
		}
		if got, err := d.Bind(brief(t), janeDN, "jane-secret"); err != nil || got.Code != wire.Success {
			t.Errorf("%s: a client's bind: %+v, %v", sentence, got, err)
		}
	}
}

func TestClientsForFeedsAreBoundAsTheServiceAccount(t *testing.T) {
	server := startSample(t, 0)
	d, _ := open(t, settingsFor(server))
	whoAmI := func(c *ldap.Conn) string {
		t.Helper()
		defer c.Close()
		who, err := c.WhoAmI(nil)
		if err != nil {
			t.Fatal(err)
		}
		return who.AuthzID
	}
	feed, url, err := d.Client(brief(t))
	if err != nil || url != server.URL {
		t.Fatalf("feed from %s: %v", url, err)
	}
	if who := whoAmI(feed); who != "dn:"+readerDN {
		t.Errorf("the feed is bound as %s", who)
	}
}
