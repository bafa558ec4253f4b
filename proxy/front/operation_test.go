package front

import (
	"context"
	"strings"
	"testing"

	"github.com/aclens/aclens/proxy/login"
	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/view"
	"github.com/aclens/aclens/proxy/wire"
)

func TestCompareAsksAsWhoIsBound(t *testing.T) {
	b := newBench(t, Settings{}, func(b *bench) {
		b.dir.compare = func(who policy.Identity, r *wire.CompareRequest, _ *wire.Filter) wire.Result {
			if string(r.Entry) != "cn=Sales,o=acme" || string(r.Attr) != "member" || string(r.Value) != jane {
				t.Errorf("compare is %s %s %s", r.Entry, r.Attr, r.Value)
			}
			if who.DN != jane {
				return wire.Result{Code: wire.NoSuchObject}
			}
			return wire.Result{Code: wire.CompareTrue}
		}
	})
	c := b.dial(t)
	c.send(message(1, compareBody()))
	c.wantCode(1, wire.OpCompareResponse, wire.NoSuchObject)
	c.send(wire.AppendSimpleBind(nil, 2, jane, password), message(3, compareBody()))
	c.wantCode(2, wire.OpBindResponse, wire.Success)
	c.wantCode(3, wire.OpCompareResponse, wire.CompareTrue)
}

func TestWritesAreOff(t *testing.T) {
	b := newBench(t, Settings{})
	c := b.dial(t)
	c.bind(jane)
	for _, tt := range []struct {
		body   []byte
		op     wire.Op
		name   string
		target string
	}{
		{addBody(), wire.OpAddResponse, "add", "cn=a,o=acme"},
		{modifyBody(), wire.OpModifyResponse, "modify", jane},
		{deleteBody(), wire.OpDelResponse, "delete", "cn=a,o=acme"},
		{renameBody(), wire.OpModifyDNResponse, "modifydn", "cn=a,o=acme"},
	} {
		c.send(message(9, tt.body))
		if r := c.wantCode(9, tt.op, wire.UnwillingToPerform); r.Message != "writes are off" {
			t.Errorf("%s: %q", tt.name, r.Message)
		}
		if e := b.seen.lastEvent(t); e.Kind != EventDenied || e.Operation != tt.name || e.Target != tt.target || e.Who.DN != jane {
			t.Errorf("recorded %+v", e)
		}
	}
}

func TestWhatIsComputedCannotBeWrittenWhateverElseStandsInTheWay(t *testing.T) {
	b := newBench(t, Settings{})
	for _, bound := range []bool{true, false} {
		c := b.dial(t)
		if bound {
			c.bind(jane)
		}
		for _, attribute := range []string{"effectiveAccess", "accessLevel;x-db-crm", "memberOf", "2.25.125711760900418935379229695597642577470.1.1"} {
			change := element(0x30, choice(2), element(0x30, text(attribute), element(0x31, text("x"))))
			c.send(message(9, element(byte(wire.OpModifyRequest), text("cn=Jane Doe,o=acme"), element(0x30, change))))
			c.wantCode(9, wire.OpModifyResponse, wire.ConstraintViolation)
			c.send(message(9, element(byte(wire.OpAddRequest), text("cn=a,o=acme"), element(0x30,
				element(0x30, text("cn"), element(0x31, text("a"))), element(0x30, text(attribute), element(0x31, text("x")))))))
			c.wantCode(9, wire.OpAddResponse, wire.ConstraintViolation)
		}
	}
}

func TestExtendedOperationsThatAreRefused(t *testing.T) {
	b := newBench(t, Settings{})
	c := b.dial(t)
	for _, tt := range []struct {
		name  string
		oid   string
		value []byte
		code  wire.ResultCode
	}{
		{"unknown", "1.2.3.4", nil, wire.ProtocolError},
		{"password modify", wire.ExtendedPasswordModify, nil, wire.ProtocolError},
		{"who am I with a value", wire.ExtendedWhoAmI, []byte("x"), wire.ProtocolError},
		{"StartTLS without a certificate", wire.ExtendedStartTLS, nil, wire.ProtocolError},
		{"StartTLS with a value", wire.ExtendedStartTLS, []byte{}, wire.ProtocolError},
		{"cancel without a value", wire.ExtendedCancel, nil, wire.ProtocolError},
		{"cancel of no number", wire.ExtendedCancel, []byte{0x30, 2, 4, 0}, wire.ProtocolError},
		{"cancel with octets behind", wire.ExtendedCancel, []byte{0x30, 3, 2, 1, 1, 0}, wire.ProtocolError},
		{"cancel of a negative number", wire.ExtendedCancel, []byte{0x30, 3, 2, 1, 0xff}, wire.ProtocolError},
		{"cancel of nothing in progress", wire.ExtendedCancel, []byte{0x30, 3, 2, 1, 1}, wire.NoSuchOperation},
		{"cancel of itself", wire.ExtendedCancel, []byte{0x30, 3, 2, 1, 5}, wire.CannotCancel},
	} {
		c.send(wire.AppendExtendedRequest(nil, 5, tt.oid, tt.value))
		if r := c.result(5, wire.OpExtendedResponse); r.Code != tt.code {
			t.Errorf("%s: got %v, want %v", tt.name, r.Code, tt.code)
		}
	}
}

func TestCancelAnswersTheSearchAndItself(t *testing.T) {
	slow := newSlowSearch()
	b := newBench(t, Settings{}, func(b *bench) { b.dir.prepare = slow.slowAt })
	c := b.dial(t)
	c.send(searchMessage(1, "slow"))
	<-slow.started
	c.send(cancelMessage(2, 1), cancelMessage(3, 1))
	c.wantCode(1, wire.OpSearchDone, wire.Canceled)
	c.wantCode(2, wire.OpExtendedResponse, wire.Success)
	c.wantCode(3, wire.OpExtendedResponse, wire.NoSuchOperation)
	if err := <-slow.ended; err != context.Canceled {
		t.Errorf("the search ended with %v", err)
	}
	c.wantWho(4, "")
}

func TestCancelIsTooLateForASearchThatIsBeingAnswered(t *testing.T) {
	b := newBench(t, Settings{}, func(b *bench) {
		b.dir.prepare = func(view.Request) (Search, wire.Result) {
			return &fakeSearch{cost: expensive, run: func(context.Context, view.Sink) view.Answer { return view.Answer{} }}, wire.Result{}
		}
	})
	c := b.dialFrom(t, "127.0.0.1:4000") // without buffers: the answer waits until it is read
	c.send(searchMessage(1, "o=acme"))
	b.seen.wait(t, 1, "event expensive")
	c.send(cancelMessage(2, 1))
	b.seen.wait(t, 1, "cancel tooLate")
	c.wantCode(1, wire.OpSearchDone, wire.Success)
	c.wantCode(2, wire.OpExtendedResponse, wire.TooLate)
}

func TestAPanicEndsTheRequestAlone(t *testing.T) {
	const secret = "hunter2"
	b := newBench(t, Settings{}, func(b *bench) {
		b.login.answer = func(context.Context, login.Attempt) login.Outcome { panic("login " + secret) }
		b.dir.compare = func(policy.Identity, *wire.CompareRequest, *wire.Filter) wire.Result { panic("compare " + secret) }
		b.dir.prepare = func(r view.Request) (Search, wire.Result) {
			cost := 0
			switch string(r.Search.Base) {
			case "plan":
				panic("plan " + secret)
			case "good":
				return oneEntry(r), wire.Result{}
			case "aside":
				cost = expensive
			}
			return &fakeSearch{cost: cost, run: func(_ context.Context, out view.Sink) view.Answer {
				if err := sendEntry(out, r); err != nil {
					t.Error(err)
				}
				half := wire.BeginEntry(out.Room(), r.MessageID, "half an entry")
				half.BeginAttribute("cn")
				var none []int
				return view.Answer{Entries: none[r.MessageID]} //nolint:govet // the panic is what is tested
			}}, wire.Result{}
		}
	})
	c := b.dial(t)
	c.send(wire.AppendSimpleBind(nil, 1, jane, password))
	c.wantCode(1, wire.OpBindResponse, wire.Other)
	c.send(message(2, compareBody()))
	c.wantCode(2, wire.OpCompareResponse, wire.Other)
	c.send(searchMessage(3, "plan"))
	c.wantCode(3, wire.OpSearchDone, wire.Other)
	for id, base := range map[int32]string{4: "here", 5: "aside"} {
		c.send(searchMessage(id, base))
		c.wantEntry(id)
		c.wantCode(id, wire.OpSearchDone, wire.Other)
	}
	c.send(searchMessage(6, "good"))
	c.wantEntry(6)
	c.wantCode(6, wire.OpSearchDone, wire.Success)
	log := b.log.String()
	if strings.Contains(log, secret) || strings.Contains(log, password) {
		t.Error("the log tells what was in the panic")
	}
	if n := strings.Count(log, "panic while answering a request"); n != 5 {
		t.Errorf("the log tells of %d panics", n)
	}
}

func TestUnbindEndsTheConnectionBehindAllAnswers(t *testing.T) {
	b := newBench(t, Settings{})
	c := b.dial(t)
	c.send(searchMessage(1, "o=acme"), wire.AppendUnbind(nil, 2), searchMessage(3, "o=acme"))
	c.wantEntry(1)
	c.wantCode(1, wire.OpSearchDone, wire.Success)
	c.wantEnd()
}
