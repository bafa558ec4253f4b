package front

import (
	"context"
	"encoding/asn1"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aclens/aclens/proxy/forward"
	"github.com/aclens/aclens/proxy/login"
	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
)

// fakeWriter makes authors that do what a test says.
type fakeWriter struct {
	mu        sync.Mutex
	passwords []string // of authors, as given
	closed    int
	changes   []forward.Change
	write     func(context.Context, forward.Change) forward.Answer // nil: success that shows
	await     func(context.Context) bool
}

type fakeAuthor struct{ writer *fakeWriter }

func (w *fakeWriter) Author(_ login.Proof, password []byte) Author {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.passwords = append(w.passwords, string(password))
	return fakeAuthor{w}
}

func (a fakeAuthor) Write(ctx context.Context, c forward.Change) forward.Answer {
	a.writer.mu.Lock()
	a.writer.changes = append(a.writer.changes, c)
	write := a.writer.write
	a.writer.mu.Unlock()
	if write == nil {
		return forward.Answer{Made: true}
	}
	return write(ctx, c)
}

func (a fakeAuthor) Await(ctx context.Context, _ forward.Answer) bool {
	return a.writer.await == nil || a.writer.await(ctx)
}

func (a fakeAuthor) Close() {
	a.writer.mu.Lock()
	defer a.writer.mu.Unlock()
	a.writer.closed++
}

func (w *fakeWriter) seen() []forward.Change {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.changes)
}

func (w *fakeWriter) closings() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.closed
}

// proven is a login whose directory took the password itself.
func proven(_ context.Context, a login.Attempt) login.Outcome {
	if string(a.Password) != password {
		return login.Outcome{Result: wire.Result{Code: wire.InvalidCredentials}}
	}
	return login.Outcome{Who: policy.Identity{DN: a.Name, Key: strings.ToLower(a.Name)}, Proof: &login.Proof{DN: a.Name}}
}

// newWriterBench is a Server that forwards changes.
func newWriterBench(t *testing.T, w *fakeWriter, limits Limits) *bench {
	t.Helper()
	return newBench(t, Settings{Writer: w, Limits: limits, ProxiedAuthorization: []string{jane},
		ResolveAuthzID: func(string) (policy.Identity, bool) { return policy.Identity{DN: "cn=other", Key: "cn=other"}, true },
	}, func(b *bench) { b.login.answer = proven })
}

func passwordBody(value ...byte) []byte {
	return element(0x77, element(0x80, []byte(wire.ExtendedPasswordModify)), element(0x81, value))
}

func TestChangesGoToTheAuthorOfTheSession(t *testing.T) {
	w := &fakeWriter{}
	b := newWriterBench(t, w, Limits{})
	c := b.dial(t)
	c.bind(jane)
	for _, tt := range []struct {
		name, target string
		body         []byte
		op           wire.Op
		is           func(wire.Update) bool
	}{
		{"add", "cn=a,o=acme", addBody(), wire.OpAddResponse, func(u wire.Update) bool { _, ok := u.(*wire.AddRequest); return ok }},
		{"modify", jane, modifyBody(), wire.OpModifyResponse, func(u wire.Update) bool { _, ok := u.(*wire.ModifyRequest); return ok }},
		{"delete", "cn=a,o=acme", deleteBody(), wire.OpDelResponse, func(u wire.Update) bool { r, ok := u.(*wire.DeleteRequest); return ok && r.DN == "cn=a,o=acme" }},
		{"modifydn", "cn=a,o=acme", renameBody(), wire.OpModifyDNResponse, func(u wire.Update) bool { _, ok := u.(*wire.ModifyDNRequest); return ok }},
		{"passwordmodify", "", passwordBody(0x30, 0), wire.OpExtendedResponse, func(u wire.Update) bool { _, ok := u.(*wire.PasswordModifyRequest); return ok }},
	} {
		c.send(message(7, tt.body))
		c.wantCode(7, tt.op, wire.Success)
		changes := w.seen()
		if last := changes[len(changes)-1]; !tt.is(last.Update) || last.Who.DN != jane {
			t.Errorf("%s: %+v", tt.name, last)
		}
		if e := b.seen.lastEvent(t); e.Kind != EventWrite || e.Operation != tt.name || e.Target != tt.target || e.Who.DN != jane || e.Code != wire.Success {
			t.Errorf("%s: recorded %+v", tt.name, e)
		}
		b.seen.wait(t, 1, tt.name+" success")
	}
	if len(w.passwords) != 1 || w.passwords[0] != password {
		t.Errorf("%d authors", len(w.passwords))
	}
	if strings.Contains(b.log.String(), password) {
		t.Error("the log holds a password")
	}
}

func TestWhatTheDirectorySaysIsAnswered(t *testing.T) {
	w := &fakeWriter{write: func(context.Context, forward.Change) forward.Answer {
		return forward.Answer{Result: wire.Result{Code: wire.ConstraintViolation, MatchedDN: "o=acme", Message: "too short", ResponseValue: []byte("made")},
			Controls: []wire.Control{{OID: wire.ControlPasswordPolicy, Value: []byte("x")}}}
	}}
	b := newWriterBench(t, w, Limits{})
	c := b.dial(t)
	c.bind(jane)
	c.send(message(3, passwordBody(0x30, 0)))
	m := c.receive()
	r, err := wire.ParseResult(m.Body)
	controls, controlsErr := wire.ParseControls(m.Controls)
	if err != nil || controlsErr != nil || m.ID != 3 || r.Code != wire.ConstraintViolation || r.MatchedDN != "o=acme" || r.Message != "too short" || string(r.ResponseValue) != "made" {
		t.Errorf("%+v, %v, %v", r, err, controlsErr)
	}
	if len(controls) != 1 || controls[0].OID != wire.ControlPasswordPolicy {
		t.Errorf("controls %+v", controls)
	}
}

func TestASuccessThatDoesNotShowSaysSo(t *testing.T) {
	w := &fakeWriter{await: func(context.Context) bool { return false }}
	b := newWriterBench(t, w, Limits{})
	c := b.dial(t)
	c.bind(jane)
	c.send(message(3, deleteBody()))
	if r := c.wantCode(3, wire.OpDelResponse, wire.Success); r.Message != unseen {
		t.Errorf("it says %q", r.Message)
	}
}

func TestSessionsThatMayNotWriteAreTold(t *testing.T) {
	w := &fakeWriter{}
	b := newWriterBench(t, w, Limits{})
	for sentence, prepare := range map[string]func(*client){
		anyBound: func(*client) {},
		unproven: func(c *client) {
			c.send(wire.AppendSimpleBind(nil, 1, "cn=cached", password))
			c.wantCode(1, wire.OpBindResponse, wire.Success)
		},
	} {
		b.login.answer = func(_ context.Context, a login.Attempt) login.Outcome {
			return login.Outcome{Who: policy.Identity{DN: a.Name, Key: a.Name}}
		}
		c := b.dial(t)
		prepare(c)
		c.send(message(2, deleteBody()))
		if r := c.wantCode(2, wire.OpDelResponse, wire.UnwillingToPerform); r.Message != sentence {
			t.Errorf("it says %q", r.Message)
		}
		if e := b.seen.lastEvent(t); e.Kind != EventWrite || e.Code != wire.UnwillingToPerform {
			t.Errorf("recorded %+v", e)
		}
	}
	if len(w.seen()) > 0 || len(w.passwords) > 0 {
		t.Error("something was changed, or a password kept")
	}
}

func TestNothingIsChangedAsSomebodyElse(t *testing.T) {
	w := &fakeWriter{}
	b := newWriterBench(t, w, Limits{})
	c := b.dial(t)
	c.bind(jane)
	c.send(message(2, deleteBody(), control(wire.ControlProxiedAuthorization, 0xff, "dn:cn=other")))
	c.wantCode(2, wire.OpDelResponse, wire.UnwillingToPerform)
	c.send(message(3, passwordBody(0x30, 0), control(wire.ControlProxiedAuthorization, 0xff, "dn:cn=other")))
	c.wantCode(3, wire.OpExtendedResponse, wire.UnavailableCriticalExtension)
	if len(w.seen()) > 0 {
		t.Error("it was changed")
	}
}

func TestOnlySomeControlsGoAlong(t *testing.T) {
	w := &fakeWriter{}
	b := newWriterBench(t, w, Limits{})
	c := b.dial(t)
	c.bind(jane)
	c.send(message(2, modifyBody(), control(wire.ControlManageDsaIT, 0xff), control(wire.ControlAssertion, 0xff, string(element(0x87, []byte("cn")))),
		control(wire.ControlPasswordPolicy, 0), control(wire.ControlPreRead, 0, "x"), control("1.2.3", 0, "y")))
	c.wantCode(2, wire.OpModifyResponse, wire.Success)
	var oids []string
	for _, each := range w.seen()[0].Controls {
		oids = append(oids, each.OID)
	}
	if !slices.Equal(oids, []string{wire.ControlManageDsaIT, wire.ControlAssertion, wire.ControlPasswordPolicy}) {
		t.Errorf("passed on: %q", oids)
	}
	if first := w.seen()[0].Controls[0]; !first.Critical {
		t.Error("the criticality is lost")
	}
}

func TestAMalformedPasswordChangeLeavesTheSession(t *testing.T) {
	b := newWriterBench(t, &fakeWriter{}, Limits{})
	c := b.dial(t)
	c.bind(jane)
	c.send(message(2, passwordBody(0x04, 0)))
	c.wantCode(2, wire.OpExtendedResponse, wire.ProtocolError)
	c.wantWho(3, "dn:"+jane)
}

// slowWrite holds changes until they are released, or ended.
type slowWrite struct {
	began   chan string   // the DN of each change
	release chan struct{} // one for each change
}

func newSlowWrite() (*slowWrite, *fakeWriter) {
	s := &slowWrite{began: make(chan string, 100), release: make(chan struct{}, 100)}
	return s, &fakeWriter{write: func(ctx context.Context, c forward.Change) forward.Answer {
		s.began <- c.Update.(*wire.DeleteRequest).DN
		select {
		case <-s.release:
			return forward.Answer{Made: true}
		case <-ctx.Done():
			return forward.Answer{Result: wire.Result{Code: wire.Other, Message: "not known"}}
		}
	}}
}

func (s *slowWrite) next(t *testing.T) string {
	t.Helper()
	select {
	case dn := <-s.began:
		return dn
	case <-time.After(patience):
		t.Fatal("no change begins")
		return ""
	}
}

func deleteOf(id byte, dn string) []byte { return message(id, element(0x4a, []byte(dn))) }

func TestChangesOfASessionComeInTheirOrderAndSearchesDoNotWait(t *testing.T) {
	slow, w := newSlowWrite()
	b := newWriterBench(t, w, Limits{})
	c := b.dial(t)
	c.bind(jane)
	const many = 20
	for i := range many {
		c.send(deleteOf(byte(10+i), string(rune('a'+i))))
	}
	c.wantWho(5, "dn:"+jane) // answered while all of them wait
	for i := range many {
		if dn := slow.next(t); dn != string(rune('a'+i)) {
			t.Fatalf("change %d is that of %q", i, dn)
		}
		slow.release <- struct{}{}
		c.wantCode(int32(10+i), wire.OpDelResponse, wire.Success)
	}
}

func TestTheNextChangeDoesNotWaitUntilOneShows(t *testing.T) {
	slow, w := newSlowWrite()
	show := make(chan struct{})
	w.await = func(ctx context.Context) bool {
		select {
		case <-show:
			return true
		case <-ctx.Done():
			return false
		}
	}
	b := newWriterBench(t, w, Limits{})
	c := b.dial(t)
	c.bind(jane)
	c.send(deleteOf(2, "a"), deleteOf(3, "b"))
	slow.release <- struct{}{}
	slow.release <- struct{}{}
	if first, second := slow.next(t), slow.next(t); first != "a" || second != "b" {
		t.Errorf("%q, then %q", first, second)
	}
	close(show)
	got := map[int32]bool{}
	for range 2 {
		m := c.receive()
		got[m.ID] = m.Op == wire.OpDelResponse
	}
	if !got[2] || !got[3] {
		t.Errorf("answered: %v", got)
	}
}

func TestAnAbandonedChangeIsNotAnsweredAndRecordedAsUnknown(t *testing.T) {
	slow, w := newSlowWrite()
	b := newWriterBench(t, w, Limits{})
	c := b.dial(t)
	c.bind(jane)
	c.send(deleteOf(2, "a"))
	slow.next(t)
	c.send(wire.AppendAbandon(nil, 3, 2))
	b.seen.wait(t, 1, "delete canceled")
	b.seen.wait(t, 1, "event write")
	if e := b.seen.lastEvent(t); e.Kind != EventWrite || e.Code != wire.Other {
		t.Errorf("recorded %+v", e)
	}
	c.wantWho(4, "dn:"+jane)
	c.send(deleteOf(5, "b"))
	slow.release <- struct{}{}
	c.wantCode(5, wire.OpDelResponse, wire.Success)
}

func TestAChangeCannotBeCanceled(t *testing.T) {
	slow, w := newSlowWrite()
	b := newWriterBench(t, w, Limits{})
	c := b.dial(t)
	c.bind(jane)
	c.send(deleteOf(2, "a"))
	slow.next(t)
	value, err := asn1.Marshal(struct{ ID int }{2})
	if err != nil {
		t.Fatal(err)
	}
	c.send(wire.AppendExtendedRequest(nil, 3, wire.ExtendedCancel, value))
	c.wantCode(3, wire.OpExtendedResponse, wire.CannotCancel)
	slow.release <- struct{}{}
	c.wantCode(2, wire.OpDelResponse, wire.Success)
}

func TestChangesInProgressAreBounded(t *testing.T) {
	slow, w := newSlowWrite()
	b := newWriterBench(t, w, Limits{OperationsPerConnection: 2})
	c := b.dial(t)
	c.bind(jane)
	c.send(deleteOf(2, "a"), deleteOf(3, "b"), deleteOf(4, "c"))
	c.wantCode(4, wire.OpDelResponse, wire.Busy)
	if b.seen.count("limit "+LimitOperations) != 1 {
		t.Error("the limit is not counted")
	}
	for id := range int32(2) {
		slow.next(t)
		slow.release <- struct{}{}
		c.wantCode(2+id, wire.OpDelResponse, wire.Success)
	}
}

func TestMemoryOfChangesIsBounded(t *testing.T) {
	b := newWriterBench(t, &fakeWriter{}, Limits{InFlightBytes: 1})
	c := b.dial(t)
	c.bind(jane)
	c.send(deleteOf(2, "a"))
	c.wantCode(2, wire.OpDelResponse, wire.Busy)
}

func TestABindEndsWhatTheCredentialWasHeldFor(t *testing.T) {
	slow, w := newSlowWrite()
	b := newWriterBench(t, w, Limits{})
	b.server.bindGrace = 20 * time.Millisecond
	c := b.dial(t)
	c.bind(jane)
	c.send(deleteOf(2, "a"))
	slow.next(t)
	c.send(wire.AppendSimpleBind(nil, 3, "cn=other", password))
	if r := c.wantCode(2, wire.OpDelResponse, wire.Other); !strings.Contains(r.Message, "not known") {
		t.Errorf("it says %q", r.Message)
	}
	c.wantCode(3, wire.OpBindResponse, wire.Success)
	if w.closings() != 1 || len(w.passwords) != 2 {
		t.Errorf("%d authors, %d closed", len(w.passwords), w.closings())
	}
	c.send(wire.AppendSimpleBind(nil, 4, "cn=other", "wrong"))
	c.wantCode(4, wire.OpBindResponse, wire.InvalidCredentials)
	c.send(deleteOf(5, "b"))
	c.wantCode(5, wire.OpDelResponse, wire.UnwillingToPerform)
	if w.closings() != 2 {
		t.Errorf("%d closed", w.closings())
	}
}

func TestTheEndOfASessionEndsItsChangesAndForgetsItsPassword(t *testing.T) {
	slow, w := newSlowWrite()
	b := newWriterBench(t, w, Limits{})
	c := b.dial(t)
	c.bind(jane)
	c.send(deleteOf(2, "a"), deleteOf(3, "b"))
	slow.next(t)
	c.send(wire.AppendUnbind(nil, 4))
	b.seen.wait(t, 2, "delete canceled")
	b.seen.wait(t, 1, "closed test")
	if n := len(w.seen()); n != 1 || w.closings() != 1 {
		t.Errorf("%d changes, %d closed", n, w.closings())
	}
}

func TestAPanicInAChangeIsAnsweredAndTheNextOneGoesOn(t *testing.T) {
	w := &fakeWriter{write: func(_ context.Context, c forward.Change) forward.Answer {
		if c.Update.(*wire.DeleteRequest).DN == "a" {
			panic("no")
		}
		return forward.Answer{Made: true}
	}}
	b := newWriterBench(t, w, Limits{})
	c := b.dial(t)
	c.bind(jane)
	c.send(deleteOf(2, "a"))
	c.wantCode(2, wire.OpDelResponse, wire.Other)
	c.send(deleteOf(3, "b"))
	c.wantCode(3, wire.OpDelResponse, wire.Success)
}

func TestPasswordChangesAreOfferedOnlyWhereChangesAreForwarded(t *testing.T) {
	if slices.Contains(SupportedExtensions(Settings{}), wire.ExtendedPasswordModify) {
		t.Error("offered while writes are off")
	}
	if !slices.Contains(SupportedExtensions(Settings{Writer: &fakeWriter{}}), wire.ExtendedPasswordModify) {
		t.Error("not offered")
	}
}
