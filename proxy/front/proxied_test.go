package front

import (
	"testing"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/view"
	"github.com/aclens/aclens/proxy/wire"
)

const portal = "cn=portal,ou=services,o=acme"

// mayProxy lets the portal act as others, of whom Jane Doe is known.
func mayProxy() Settings {
	return Settings{ProxiedAuthorization: []string{"no name", "", "CN=Portal, OU=Services, O=Acme"}, ResolveAuthzID: func(authzID string) (policy.Identity, bool) {
		switch authzID {
		case "dn:" + jane, "u:jdoe":
			return policy.Identity{DN: jane, Key: "cn=jane doe,o=acme"}, true
		case "u:ghost":
			return policy.Identity{}, true
		}
		return policy.Identity{}, false
	}}
}

func as(authzID string) []byte { return control(wire.ControlProxiedAuthorization, 0xff, authzID) }

func TestProxiedAuthorization(t *testing.T) {
	for _, tt := range []struct {
		name, bound string
		control     []byte
		code        wire.ResultCode
		who         string
	}{
		{"as somebody by name", portal, as("dn:" + jane), wire.Success, jane},
		{"as somebody by uid", portal, as("u:jdoe"), wire.Success, jane},
		{"as anonymous", portal, as(""), wire.Success, ""},
		{"as nobody known", portal, as("dn:cn=Nobody,o=acme"), wire.AuthorizationDenied, ""},
		{"as a name that means anonymous", portal, as("u:ghost"), wire.AuthorizationDenied, ""},
		{"by somebody else", jane, as("u:jdoe"), wire.AuthorizationDenied, ""},
		{"by somebody else, as anonymous", jane, as(""), wire.AuthorizationDenied, ""},
		{"by nobody", "", as("u:jdoe"), wire.AuthorizationDenied, ""},
		{"by nobody, as anonymous", "", as(""), wire.AuthorizationDenied, ""},
		{"not critical", portal, control(wire.ControlProxiedAuthorization, 0, "u:jdoe"), wire.ProtocolError, ""},
		{"without a value", portal, control(wire.ControlProxiedAuthorization, 0xff), wire.ProtocolError, ""},
		{"in another form", portal, as("jdoe"), wire.ProtocolError, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var asked []string
			b := newBench(t, mayProxy(), func(b *bench) {
				b.dir.prepare = func(r view.Request) (Search, wire.Result) {
					asked = append(asked, r.Identity.DN)
					return oneEntry(r), wire.Result{}
				}
				b.dir.compare = func(who policy.Identity, _ *wire.CompareRequest, _ *wire.Filter) wire.Result {
					asked = append(asked, who.DN)
					return wire.Result{Code: wire.CompareTrue}
				}
			})
			c := b.dial(t)
			if tt.bound != "" {
				c.bind(tt.bound)
			}
			c.send(message(2, bodyOfSearch(), tt.control))
			if tt.code == wire.Success {
				c.wantEntry(2)
			}
			c.wantCode(2, wire.OpSearchDone, tt.code)
			compared, written := wire.CompareTrue, wire.UnwillingToPerform
			if tt.code != wire.Success {
				compared, written = tt.code, tt.code
			}
			c.send(message(3, compareBody(), tt.control), message(4, modifyBody(), tt.control))
			c.wantCode(3, wire.OpCompareResponse, compared)
			c.wantCode(4, wire.OpModifyResponse, written)
			c.send(message(5, element(byte(wire.OpExtendedRequest), element(0x80, []byte(wire.ExtendedWhoAmI))), tt.control))
			if r := c.wantCode(5, wire.OpExtendedResponse, tt.code); tt.code == wire.Success && string(r.ResponseValue) != authzIDOf(tt.who) {
				t.Errorf("who am I: %q", r.ResponseValue)
			}
			for _, who := range asked {
				if who != tt.who {
					t.Errorf("the directory was asked for %q", who)
				}
			}
			if (len(asked) == 2) != (tt.code == wire.Success) {
				t.Errorf("the directory was asked %d times", len(asked))
			}
			c.wantWho(6, authzIDOf(tt.bound)) // the session stays who it is
		})
	}
}

func authzIDOf(dn string) string {
	if dn == "" {
		return ""
	}
	return "dn:" + dn
}

func TestProxiedAuthorizationIsNotForTheSessionItself(t *testing.T) {
	settings, _ := secured(t)
	settings.ProxiedAuthorization, settings.ResolveAuthzID = mayProxy().ProxiedAuthorization, mayProxy().ResolveAuthzID
	b := newBench(t, settings)
	c := b.dial(t)
	c.bind(portal)
	startTLS := element(byte(wire.OpExtendedRequest), element(0x80, []byte(wire.ExtendedStartTLS)))
	cancel := element(byte(wire.OpExtendedRequest), element(0x80, []byte(wire.ExtendedCancel)), element(0x81, element(0x30, []byte{0x02, 1, 9})))
	c.send(message(2, startTLS, as("u:jdoe")), message(3, cancel, as("u:jdoe")))
	c.wantCode(2, wire.OpExtendedResponse, wire.UnavailableCriticalExtension)
	c.wantCode(3, wire.OpExtendedResponse, wire.UnavailableCriticalExtension)
	c.wantWho(4, "dn:"+portal)
	c.send(message(5, bindBody(3, jane, simple(password)), as("u:jdoe")))
	c.wantCode(5, wire.OpBindResponse, wire.UnavailableCriticalExtension)
	c.wantWho(6, "")
}

func TestNobodyIsKnownWithoutAWayToLookUp(t *testing.T) {
	b := newBench(t, Settings{ProxiedAuthorization: []string{portal}})
	c := b.dial(t)
	c.bind(portal)
	c.send(message(2, bodyOfSearch(), as("u:jdoe")))
	c.wantCode(2, wire.OpSearchDone, wire.AuthorizationDenied)
	c.send(message(3, bodyOfSearch(), as("")))
	c.wantEntry(3)
	c.wantCode(3, wire.OpSearchDone, wire.Success)
}

func TestProxiedAuthorizationIsRecorded(t *testing.T) {
	b := newBench(t, mayProxy())
	c := b.dial(t)
	c.bind(portal)
	c.send(message(2, bodyOfSearch(), as("u:jdoe")))
	c.wantEntry(2)
	c.wantCode(2, wire.OpSearchDone, wire.Success)
	if e := b.seen.lastEvent(t); e.Kind != EventProxied || e.Who.DN != portal || e.As.DN != jane || e.AuthzID != "u:jdoe" || !e.Proxied ||
		e.Operation != "search" || e.Target != "o=acme" || e.Code != wire.Success {
		t.Errorf("granted: %+v", e)
	}
	c.send(message(3, element(byte(wire.OpExtendedRequest), element(0x80, []byte(wire.ExtendedWhoAmI))), as("u:nobody")))
	c.wantCode(3, wire.OpExtendedResponse, wire.AuthorizationDenied)
	if e := b.seen.lastEvent(t); e.Kind != EventDenied || e.Who.DN != portal || e.As.DN != "" || e.AuthzID != "u:nobody" || !e.Proxied ||
		e.Operation != "whoami" || e.Code != wire.AuthorizationDenied {
		t.Errorf("denied: %+v", e)
	}
	c.send(message(4, deleteBody(), as("u:jdoe")))
	c.wantCode(4, wire.OpDelResponse, wire.UnwillingToPerform)
	if e := b.seen.lastEvent(t); e.Kind != EventDenied || e.Who.DN != portal || e.As.DN != jane || e.Operation != "delete" {
		t.Errorf("an update: %+v", e)
	}
	c.send(searchMessage(5, "o=acme"))
	c.wantEntry(5)
	c.wantCode(5, wire.OpSearchDone, wire.Success)
	if n := b.seen.count("event proxied"); n != 2 {
		t.Errorf("%d events tell of another identity", n)
	}
}

func TestASearchAsideTellsAsWhomItRan(t *testing.T) {
	b := newBench(t, mayProxy(), func(b *bench) {
		b.dir.prepare = func(r view.Request) (Search, wire.Result) {
			s := oneEntry(r)
			s.cost = expensive
			return s, wire.Result{}
		}
	})
	c := b.dial(t)
	c.bind(portal)
	c.send(message(2, bodyOfSearch(), as("u:jdoe")))
	c.wantEntry(2)
	c.wantCode(2, wire.OpSearchDone, wire.Success)
	b.seen.wait(t, 1, "event expensive")
	if e := b.seen.lastEvent(t); e.Who.DN != portal || e.As.DN != jane || e.AuthzID != "u:jdoe" {
		t.Errorf("recorded %+v", e)
	}
}
