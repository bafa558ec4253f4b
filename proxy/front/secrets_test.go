package front

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/aclens/aclens/proxy/login"
	"github.com/aclens/aclens/proxy/wire"
)

// Whatever way a password comes in, right, wrong, malformed or where none
// belongs, it is in no line of the log, at any level, and in no event.
func TestNoFlowShowsAPasswordInTheLogOrInTheAudit(t *testing.T) {
	n := 0
	var secrets []string
	secret := func() string {
		n++
		secrets = append(secrets, fmt.Sprintf("Quiver-Lantern-%03d", n))
		return secrets[n-1]
	}
	settings, config := secured(t)
	b := newBench(t, settings, func(b *bench) {
		b.login.answer = func(_ context.Context, a login.Attempt) login.Outcome {
			if a.Name == "panic" {
				panic("checking " + string(a.Password))
			}
			return login.Outcome{Result: wire.Result{Code: wire.InvalidCredentials, Message: "not this one"}}
		}
	})
	bind := func(how []byte) []byte { return message(5, bindBody(3, janeD, how)) }
	change := func(kind byte) []byte {
		return element(0x30, choice(kind), element(0x30, text("userPassword"), element(0x31, text(secret()))))
	}
	flows := map[string][]byte{
		"a wrong password":                    bind(simple(secret())),
		"a password of version 2":             message(5, bindBody(2, janeD, simple(secret()))),
		"a password for nobody":               message(5, bindBody(3, "", simple(secret()))),
		"a password that ends in a panic":     message(5, bindBody(3, "panic", simple(secret()))),
		"a password behind which octets are":  bind(append(simple(secret()), 1, 2, 3)),
		"a password in pieces":                bind(element(0xa0, text(secret()))),
		"a password of another choice":        bind(element(0x87, []byte(secret()))),
		"a password that is cut":              bind(simple(secret()))[:40],
		"PLAIN":                               bind(sasl("PLAIN", "\x00"+janeD+"\x00"+secret())),
		"PLAIN without a name":                bind(sasl("PLAIN", "\x00\x00"+secret())),
		"PLAIN with too many parts":           bind(sasl("PLAIN", "\x00"+janeD+"\x00"+secret()+"\x00")),
		"PLAIN that is not UTF-8":             bind(sasl("PLAIN", "\x00\xff\x00"+secret())),
		"a mechanism that nobody knows":       bind(sasl("NONSENSE", secret())),
		"a password to add":                   ofOp(wire.OpAddRequest, text("cn=a"), element(0x30, element(0x30, text("userPassword"), element(0x31, text(secret()))))),
		"a password to replace":               ofOp(wire.OpModifyRequest, text(janeD), element(0x30, change(2))),
		"a password to replace, in no way":    ofOp(wire.OpModifyRequest, text(janeD), element(0x30, change(9))),
		"a password to compare":               ofOp(wire.OpCompareRequest, text(janeD), element(0x30, text("userPassword"), text(secret()))),
		"a password to look for":              oddSearch(searchFilter, element(0xa3, text("userPassword"), text(secret()))),
		"a password to look for, in no way":   oddSearch(searchFilter, element(0xbe, text(secret()))),
		"a password to change":                wire.AppendExtendedRequest(nil, 5, wire.ExtendedPasswordModify, element(0x30, element(0x81, []byte(secret())), element(0x82, []byte(secret())))),
		"a password as the value of StartTLS": wire.AppendExtendedRequest(nil, 5, wire.ExtendedStartTLS, []byte(secret())),
		"a password in a control":             message(5, bindBody(3, janeD, simple(secret())), control("1.2.3", 0xff, secret())),
		"a password behind StartTLS":          append(startTLS(5), bind(simple(secret()))...),
		"a password as nonsense":              []byte(secret()),
	}
	for name, octets := range flows {
		t.Run(name, func(t *testing.T) {
			c := b.dial(t)
			go func() {
				_, _ = c.conn.Write(octets) // the server may hang up
				_, _ = c.conn.Write(whoAmI(fence))
				c.cut()
			}()
			c.account()
			inside := b.dial(t).turnToTLS(1, config)
			go func() {
				_, _ = inside.conn.Write(bytes.Clone(octets))
				inside.cut()
			}()
			inside.account()
		})
	}
	b.seen.wait(t, b.seen.count("opened test"), "closed test")
	b.seen.mu.Lock()
	told := b.log.String() + fmt.Sprintf("%+v", b.seen.events)
	b.seen.mu.Unlock()
	for _, s := range secrets {
		if strings.Contains(told, s) || strings.Contains(told, fmt.Sprintf("%x", s)) {
			t.Errorf("%s is told:\n%s", s, told)
		}
	}
	if len(b.seen.events) < 10 || !strings.Contains(told, "panic") {
		t.Error("the flows leave no trace, so that nothing is shown")
	}
}
