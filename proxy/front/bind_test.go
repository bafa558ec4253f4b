package front

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aclens/aclens/proxy/login"
	"github.com/aclens/aclens/proxy/view"
	"github.com/aclens/aclens/proxy/wire"
)

const jane = "cn=Jane Doe,o=acme"

func TestBind(t *testing.T) {
	near, far := "127.0.0.1:4000", "192.0.2.7:4000"
	plain := "\x00" + jane + "\x00" + password
	tests := []struct {
		name     string
		from     string
		settings Settings
		bind     []byte
		code     wire.ResultCode
		who      string
		asked    int // times that the login was asked
	}{
		{"right password", near, Settings{}, bindBody(3, jane, simple(password)), wire.Success, "dn:" + jane, 1},
		{"wrong password", near, Settings{}, bindBody(3, jane, simple("guess")), wire.InvalidCredentials, "", 1},
		{"no name and no password is anonymous", far, Settings{}, bindBody(3, "", simple("")), wire.Success, "", 0},
		{"a name without a password is refused", near, Settings{}, bindBody(3, jane, simple("")), wire.UnwillingToPerform, "", 0},
		{"a password without a name is wrong", near, Settings{}, bindBody(3, "", simple(password)), wire.InvalidCredentials, "", 0},
		{"version 2 is not spoken", near, Settings{}, bindBody(2, jane, simple(password)), wire.ProtocolError, "", 0},
		{"a password in the clear from elsewhere is refused", far, Settings{}, bindBody(3, jane, simple(password)), wire.ConfidentialityRequired, "", 0},
		{"a password in the clear from IPv6 elsewhere is refused", "[2001:db8::7]:4000", Settings{}, bindBody(3, jane, simple(password)), wire.ConfidentialityRequired, "", 0},
		{"a password in the clear from nobody knows where is refused", "", Settings{}, bindBody(3, jane, simple(password)), wire.ConfidentialityRequired, "", 0},
		{"a password in the clear from elsewhere can be allowed", far, Settings{AllowPlaintextBind: true}, bindBody(3, jane, simple(password)), wire.Success, "dn:" + jane, 1},
		{"loopback is loopback in IPv6 too", "[::1]:4000", Settings{}, bindBody(3, jane, simple(password)), wire.Success, "dn:" + jane, 1},
		{"loopback is loopback mapped into IPv6", "[::ffff:127.0.0.1]:4000", Settings{}, bindBody(3, jane, simple(password)), wire.Success, "dn:" + jane, 1},
		{"SASL PLAIN", near, Settings{}, bindBody(3, "", sasl("PLAIN", plain)), wire.Success, "dn:" + jane, 1},
		{"SASL PLAIN in the clear from elsewhere is refused", far, Settings{}, bindBody(3, "", sasl("PLAIN", plain)), wire.ConfidentialityRequired, "", 0},
		{"SASL PLAIN without a password is refused", near, Settings{}, bindBody(3, "", sasl("PLAIN", "\x00"+jane+"\x00")), wire.UnwillingToPerform, "", 0},
		{"SASL PLAIN without a name is wrong", near, Settings{}, bindBody(3, "", sasl("PLAIN", "\x00\x00"+password)), wire.InvalidCredentials, "", 0},
		{"SASL PLAIN with a part too many is malformed", near, Settings{}, bindBody(3, "", sasl("PLAIN", plain+"\x00x")), wire.ProtocolError, "", 0},
		{"SASL PLAIN without credentials is malformed", near, Settings{}, bindBody(3, "", sasl("PLAIN")), wire.ProtocolError, "", 0},
		{"SASL EXTERNAL without a certificate is refused", near, Settings{}, bindBody(3, "", sasl("EXTERNAL")), wire.InappropriateAuthentication, "", 1},
		{"SASL DIGEST-MD5 is not offered", near, Settings{}, bindBody(3, "", sasl("DIGEST-MD5")), wire.AuthMethodNotSupported, "", 0},
		{"an unknown authentication choice is not supported", near, Settings{}, bindBody(3, jane, element(0x85, []byte("x"))), wire.AuthMethodNotSupported, "", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, tt.settings)
			c := b.dialFrom(t, tt.from)
			c.send(message(1, tt.bind))
			c.wantCode(1, wire.OpBindResponse, tt.code)
			c.wantWho(2, tt.who)
			if got := b.login.count(); got != tt.asked {
				t.Errorf("the login was asked %d times, want %d", got, tt.asked)
			}
			if e := b.seen.lastEvent(t); e.Kind != EventBind || e.Code != tt.code || e.Operation != "bind" {
				t.Errorf("recorded %+v", e)
			}
		})
	}
}

func TestAFailedBindLeavesTheSessionAnonymous(t *testing.T) {
	b := newBench(t, Settings{})
	for _, bind := range map[string][]byte{
		"wrong password":      bindBody(3, jane, simple("guess")),
		"empty password":      bindBody(3, jane, simple("")),
		"unknown mechanism":   bindBody(3, "", sasl("GSSAPI")),
		"old version":         bindBody(2, jane, simple(password)),
		"anonymous on demand": bindBody(3, "", simple("")),
	} {
		c := b.dial(t)
		c.bind(jane)
		c.wantWho(2, "dn:"+jane)
		c.send(message(3, bind))
		c.result(3, wire.OpBindResponse)
		c.wantWho(4, "")
	}
}

func TestARefusedControlLeavesTheSessionAnonymous(t *testing.T) {
	b := newBench(t, Settings{})
	c := b.dial(t)
	c.bind(jane)
	c.send(message(2, bindBody(3, jane, simple(password)), control("1.2.3.4", 0xff)))
	c.wantCode(2, wire.OpBindResponse, wire.UnavailableCriticalExtension)
	c.wantWho(3, "")
}

func TestBindHandsOverWhatTheLoginNeeds(t *testing.T) {
	b := newBench(t, Settings{}, func(b *bench) {
		b.login.answer = func(_ context.Context, a login.Attempt) login.Outcome {
			return login.Outcome{
				Result:   wire.Result{Code: wire.InvalidCredentials, Message: "password expired"},
				Controls: []wire.Control{{OID: wire.ControlPasswordPolicy, Value: []byte{0x30, 0}}},
			}
		}
	})
	c := b.dial(t)
	c.send(message(1, bindBody(3, jane, simple(password)), control(wire.ControlPasswordPolicy, 0), control("1.2.3.4", 0)))
	m := c.receive()
	controls, err := wire.ParseControls(m.Controls)
	if err != nil || len(controls) != 1 || controls[0].OID != wire.ControlPasswordPolicy {
		t.Errorf("answer has the controls %v, %v", controls, err)
	}
	a := b.login.last(t)
	if a.Name != jane || string(a.Password) != password || a.Version != 3 || a.TLS != nil || a.Listener != "test" {
		t.Errorf("attempt is %+v", a)
	}
	if len(a.Controls) != 1 || a.Controls[0].OID != wire.ControlPasswordPolicy {
		t.Errorf("attempt has the controls %v", a.Controls)
	}
	if a.Remote.String() != c.conn.LocalAddr().String() {
		t.Errorf("attempt is from %v, want %v", a.Remote, c.conn.LocalAddr())
	}
}

func TestPasswordsAreNowhereButWithTheLogin(t *testing.T) {
	b := newBench(t, Settings{})
	c := b.dial(t)
	c.bind(jane)
	c.send(message(2, bindBody(3, jane, simple("hunter2"))))
	c.wantCode(2, wire.OpBindResponse, wire.InvalidCredentials)
	c.send(message(3, bindBody(3, "", sasl("PLAIN", "\x00"+jane+"\x00hunter2"))))
	c.wantCode(3, wire.OpBindResponse, wire.InvalidCredentials)
	b.seen.mu.Lock()
	defer b.seen.mu.Unlock()
	for _, e := range b.seen.events {
		if told := strings.Join([]string{e.Target, e.Method, e.Who.DN}, " "); strings.Contains(told, "hunter2") || strings.Contains(told, password) {
			t.Errorf("event tells the password: %+v", e)
		}
	}
	if log := b.log.String(); strings.Contains(log, "hunter2") || strings.Contains(log, password) {
		t.Error("the log tells the password")
	}
}

func TestABindWaitsForTheSearchesInProgress(t *testing.T) {
	slow := newSlowSearch()
	b := newBench(t, Settings{}, func(b *bench) {
		b.dir.prepare = slow.slowAt
		b.server.bindGrace = patience
		b.login.answer = func(_ context.Context, a login.Attempt) login.Outcome {
			select {
			case <-slow.ended:
			default:
				t.Error("the bind is processed while a search is outstanding")
			}
			return login.Outcome{Result: wire.Result{Code: wire.InvalidCredentials}}
		}
	})
	c := b.dial(t)
	c.send(searchMessage(1, "slow"), wire.AppendSimpleBind(nil, 2, jane, password), searchMessage(3, "o=acme"))
	<-slow.started
	close(slow.release)
	c.wantCode(1, wire.OpSearchDone, wire.Success)
	c.wantCode(2, wire.OpBindResponse, wire.InvalidCredentials)
	c.wantEntry(3)
	c.wantCode(3, wire.OpSearchDone, wire.Success)
}

func TestABindEndsSearchesThatTakeTooLong(t *testing.T) {
	slow := newSlowSearch()
	b := newBench(t, Settings{}, func(b *bench) {
		b.dir.prepare = slow.prepare
		b.server.bindGrace = time.Millisecond
	})
	c := b.dial(t)
	c.send(searchMessage(1, "slow"))
	<-slow.started
	c.send(wire.AppendSimpleBind(nil, 2, jane, password))
	c.wantCode(1, wire.OpSearchDone, wire.Busy)
	c.wantCode(2, wire.OpBindResponse, wire.Success)
	if err := <-slow.ended; err != context.Canceled {
		t.Errorf("the search ended with %v", err)
	}
	c.wantWho(3, "dn:"+jane)
}

func TestASearchRunsAsWhoeverAskedForIt(t *testing.T) {
	asked := make(chan string, 2)
	b := newBench(t, Settings{}, func(b *bench) {
		b.dir.prepare = func(r view.Request) (Search, wire.Result) {
			asked <- r.Identity.DN
			return oneEntry(r), wire.Result{}
		}
	})
	c := b.dial(t)
	c.send(searchMessage(1, "o=acme"), wire.AppendSimpleBind(nil, 2, jane, password), searchMessage(3, "o=acme"))
	if before, behind := <-asked, <-asked; before != "" || behind != jane {
		t.Errorf("searches ran as %q and %q", before, behind)
	}
}
