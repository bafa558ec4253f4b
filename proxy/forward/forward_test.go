package forward_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"
	"go.uber.org/goleak"

	"github.com/aclens/aclens/proxy/forward"
	"github.com/aclens/aclens/proxy/login"
	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/upstream"
	"github.com/aclens/aclens/proxy/upstream/slapdtest"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/name"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	janeDN   = "cn=Jane Doe,o=acme"
	robDN    = "cn=Rob Nash,o=acme"
	janeWord = "jane-secret-41"
	patience = 10 * time.Second
)

const people = `dn: o=acme
objectClass: organization
o: acme

dn: cn=Jane Doe,o=acme
objectClass: inetOrgPerson
cn: Jane Doe
sn: Doe
userPassword: ` + janeWord + `

dn: cn=Rob Nash,o=acme
objectClass: inetOrgPerson
cn: Rob Nash
sn: Nash

dn: cn=elsewhere,o=acme
objectClass: referral
objectClass: extensibleObject
cn: elsewhere
ref: ldap://inside.acme.example/cn=elsewhere,o=acme

dn: cn=policy,o=acme
objectClass: device
objectClass: pwdPolicy
cn: policy
pwdAttribute: userPassword
pwdMinLength: 8
pwdCheckQuality: 2
`

// outside is what a Forwarder is given: names, a view, and what it tells.
type outside struct {
	mu        sync.Mutex
	forgotten []string
	counts    map[string]int
	looks     []string
	shows     bool
	mayTest   bool
	log       bytes.Buffer
}

func (o *outside) add(what string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.counts[what]++
}

func (o *outside) count(what string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.counts[what]
}

// Owner puts o=acme into the first directory, o=other into the second and
// o=files into the third.
func (o *outside) Owner(dn name.DN) (int, bool) {
	i := slices.IndexFunc([]string{"o=acme", "o=other", "o=files"}, func(base string) bool { return name.KeyUnder(dn.Key(), base) })
	return i, i >= 0
}

func (o *outside) Forget(key string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.forgotten = append(o.forgotten, key)
}
func (o *outside) ForgetAll() { o.Forget("everything") }

func (o *outside) WriteForwarded(operation string, code wire.ResultCode) {
	o.add(operation + " " + code.String())
}
func (o *outside) WriteUnseen() { o.add("unseen") }

func (o *outside) Computes(description string) bool {
	return strings.HasPrefix(strings.ToLower(description), "effective")
}
func (o *outside) Answers(dn name.DN) bool {
	return dn.IsRoot() || name.KeyUnder(dn.Key(), "cn=access") || name.KeyUnder(dn.Key(), "ou=access,o=acme")
}
func (o *outside) Nearest(who policy.Identity, dn string) string {
	return "as " + who.DN + " may read of " + dn
}
func (o *outside) MayTest(policy.Identity, string, *wire.Filter) bool { return o.mayTest }

func (o *outside) look(_ context.Context, directory int, server string, gone bool) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.looks = append(o.looks, fmt.Sprint(directory, " ", server, " ", gone))
	return o.shows
}

// Write is the log.
func (o *outside) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.log.Write(p)
}

type observer struct{}

func (observer) UpstreamUp(string, bool)     {}
func (observer) UpstreamError(upstream.Kind) {}
func (observer) UpstreamReferrals(int)       {}

// world is a Forwarder with a slapd that Jane may change.
type world struct {
	*outside
	t         *testing.T
	slapd     *slapdtest.Server
	forwarder *forward.Forwarder
}

func newWorld(t *testing.T, operation time.Duration) *world {
	t.Helper()
	w := &world{t: t, outside: &outside{counts: map[string]int{}, shows: true, mayTest: true}}
	w.slapd = slapdtest.Start(t, slapdtest.Options{Suffix: "o=acme", LDIF: []byte(people), Overlays: []string{"ppolicy\nppolicy_default cn=policy,o=acme"},
		Directives: []string{
			`access to attrs=userPassword by self write by anonymous auth by * none`,
			`access to dn.exact="` + robDN + `" by * read`,
			`access to * by dn.exact="` + janeDN + `" write by * read`,
		}})
	log := slog.New(slog.NewTextHandler(w.outside, &slog.HandlerOptions{Level: slog.LevelDebug}))
	live, err := upstream.New(upstream.Settings{URLs: []string{w.slapd.URL}, Bases: []string{"o=acme"}, Operation: operation, Connect: time.Second}, log, observer{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		live.Close()
		if strings.Contains(w.log.String(), "-secret-") {
			t.Error("the log holds a password")
		}
	})
	w.forwarder, err = forward.New(forward.Settings{
		Directories: []forward.Directory{{Name: "primary", Live: live}, {Name: "other", Live: live}, {Name: "files"}},
		Names:       w.outside, View: func() forward.View { return w.outside }, Look: w.look, Metrics: w.outside, Log: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) author(password string) *forward.Author {
	a := w.forwarder.Author(login.Proof{Directory: 0, DN: janeDN}, []byte(password))
	w.t.Cleanup(a.Close)
	return a
}

func (w *world) write(a *forward.Author, u wire.Update, controls ...wire.Control) forward.Answer {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	return a.Write(ctx, forward.Change{Update: u, Who: policy.Identity{DN: janeDN, Key: strings.ToLower(janeDN)}, Controls: controls})
}

func (w *world) want(sentence string, a *forward.Author, u wire.Update, code wire.ResultCode, says string, controls ...wire.Control) forward.Answer {
	w.t.Helper()
	answer := w.write(a, u, controls...)
	if r := answer.Result; r.Code != code || !strings.Contains(r.Message, says) || len(r.Referrals) > 0 || answer.Made != (code == wire.Success) {
		w.t.Errorf("%s: %+v, want %v and %q", sentence, answer, code, says)
	}
	return answer
}

func describe(dn string) *wire.ModifyRequest { return replace(dn, "description", "x") }

func replace(dn, attribute, value string) *wire.ModifyRequest {
	return &wire.ModifyRequest{DN: dn, Changes: []wire.Change{{Kind: wire.ChangeReplace, Attribute: wire.Attribute{Name: attribute, Values: []string{value}}}}}
}

func TestChangesAreMadeAsTheClientAndWhatTheyChangeIsForgotten(t *testing.T) {
	w := newWorld(t, patience)
	a := w.author(janeWord)
	const dn = "cn=New,o=acme"
	w.want("add", a, &wire.AddRequest{DN: dn, Attributes: []wire.Attribute{{Name: "objectClass", Values: []string{"device"}}}}, wire.Success, "")
	made := w.want("modify", a, describe(dn), wire.Success, "")
	if !a.Await(t.Context(), made) || w.looks[0] != "0 "+w.slapd.URL+" false" {
		t.Errorf("looked at %q", w.looks)
	}
	moved := w.want("rename", a, &wire.ModifyDNRequest{DN: dn, NewRDN: "cn=Newer", DeleteOldRDN: true}, wire.Success, "")
	a.Await(t.Context(), moved)
	gone := w.want("delete", a, &wire.DeleteRequest{DN: "cn=Newer,o=acme"}, wire.Success, "")
	a.Await(t.Context(), gone)
	if want := "0 " + w.slapd.URL + " true"; w.looks[1] != want || w.looks[2] != want {
		t.Errorf("looked at %q", w.looks)
	}
	if want := []string{"cn=new,o=acme", "cn=new,o=acme", "everything", "cn=newer,o=acme"}; !slices.Equal(w.forgotten, want) {
		t.Errorf("forgotten: %q", w.forgotten)
	}
	for _, counted := range []string{"add success", "modify success", "modifydn success", "delete success"} {
		if w.count(counted) != 1 {
			t.Errorf("%s counted %d times", counted, w.count(counted))
		}
	}
	w.shows = false
	if a.Await(t.Context(), gone) || w.count("unseen") != 1 {
		t.Error("what does not show is not said to be unseen")
	}
}

func TestTheDirectorysAnswerIsPassedOnWithoutWhatTheClientMayNotKnow(t *testing.T) {
	w := newWorld(t, patience)
	a := w.author(janeWord)
	w.want("no right", a, describe(robDN), wire.InsufficientAccessRights, "")
	w.want("no such type", a, replace(janeDN, "nonsense", "x"), wire.UndefinedAttributeType, "nonsense")
	if r := w.want("nobody", a, &wire.DeleteRequest{DN: "cn=nobody,o=acme"}, wire.NoSuchObject, "").Result; r.MatchedDN != "as "+janeDN+" may read of o=acme" {
		t.Errorf("matched %q", r.MatchedDN)
	}
	if r := w.want("a referral", a, describe("cn=elsewhere,o=acme"), wire.UnwillingToPerform, "another server").Result; strings.Contains(fmt.Sprint(r), "inside") {
		t.Errorf("the referral is told: %+v", r)
	}
	w.want("the referral itself", a, describe("cn=elsewhere,o=acme"), wire.Success, "", wire.Control{OID: wire.ControlManageDsaIT, Critical: true})
	if len(w.forgotten) != 1 {
		t.Errorf("forgotten without a change: %q", w.forgotten)
	}
}

func TestPasswordsAreChangedAndThePolicySpeaks(t *testing.T) {
	w := newWorld(t, patience)
	a := w.author(janeWord)
	ask := wire.Control{OID: wire.ControlPasswordPolicy}
	short := w.want("too short", a, &wire.PasswordModifyRequest{New: "short", HasNew: true}, wire.ConstraintViolation, "", ask)
	if len(short.Controls) != 1 || short.Controls[0].OID != wire.ControlPasswordPolicy || !bytes.Contains(short.Controls[0].Value, []byte{0x81, 1, 6}) { // passwordTooShort
		t.Errorf("controls %+v", short.Controls)
	}
	if quiet := w.write(a, &wire.PasswordModifyRequest{New: "short", HasNew: true}); len(quiet.Controls) > 0 {
		t.Errorf("controls that nobody asked for: %+v", quiet.Controls)
	}
	w.want("with a form of RFC 4513", a, &wire.PasswordModifyRequest{User: "dn:" + janeDN, New: "jane-secret-42", HasUser: true, HasNew: true}, wire.Success, "")
	if r := w.want("made by the directory", a, &wire.PasswordModifyRequest{}, wire.Success, "").Result; len(r.ResponseValue) == 0 {
		t.Error("the new password is not told")
	}
	if !slices.Equal(w.forgotten, []string{"cn=jane doe,o=acme", "cn=jane doe,o=acme"}) {
		t.Errorf("forgotten: %q", w.forgotten)
	}
}

func TestWhatIsNotSent(t *testing.T) {
	w := newWorld(t, patience)
	a := w.author(janeWord)
	w.mayTest = false
	move := func(superior string) *wire.ModifyDNRequest {
		return &wire.ModifyDNRequest{DN: janeDN, NewRDN: "cn=Jane", NewSuperior: superior, HasNewSuperior: true}
	}
	named := func(rdn string) *wire.ModifyDNRequest { return &wire.ModifyDNRequest{DN: janeDN, NewRDN: rdn} }
	add := func(dn, attribute string) *wire.AddRequest {
		return &wire.AddRequest{DN: dn, Attributes: []wire.Attribute{{Name: "cn", Values: []string{"a"}}, {Name: attribute, Values: []string{"x"}}}}
	}
	for _, c := range []struct {
		sentence string
		update   wire.Update
		code     wire.ResultCode
		says     string
	}{
		{"no name", describe("jane"), wire.InvalidDNSyntax, ""},
		{"no relative name", named("jane"), wire.InvalidDNSyntax, "relative"},
		{"two relative names", named("cn=a,cn=b"), wire.InvalidDNSyntax, "relative"},
		{"an empty relative name", named(""), wire.InvalidDNSyntax, "relative"},
		{"the password of no name", &wire.PasswordModifyRequest{User: "u:jane", HasUser: true}, wire.InvalidDNSyntax, ""},
		{"a name of no directory", describe("cn=x,o=nowhere"), wire.NoSuchObject, "no directory"},
		{"an entry of a file", describe("cn=x,o=files"), wire.UnwillingToPerform, "files"},
		{"an entry of another directory", describe("cn=x,o=other"), wire.UnwillingToPerform, "another directory"},
		{"the password of an entry of another directory", &wire.PasswordModifyRequest{User: "cn=x,o=other", HasUser: true}, wire.UnwillingToPerform, "another directory"},
		{"a move to another directory", move("o=other"), wire.AffectsMultipleDSAs, "another directory"},
		{"a move to a file", move("o=files"), wire.UnwillingToPerform, "files"},
		{"a move to nowhere", move("o=nowhere"), wire.NoSuchObject, "no directory"},
		{"a move to the root", move(""), wire.NoSuchObject, "no directory"},
		{"a move to no name", move("nowhere"), wire.InvalidDNSyntax, ""},
		{"a move into the virtual subtree", move("cn=access"), wire.UnwillingToPerform, "computed"},
		{"a name that is that of the virtual subtree", &wire.ModifyDNRequest{DN: janeDN, NewRDN: "ou=access"}, wire.UnwillingToPerform, "computed"},
		{"a new entry that is the virtual subtree", add("ou=Access, o=acme", "ou"), wire.UnwillingToPerform, "computed"},
		{"the root", describe(""), wire.UnwillingToPerform, "computed"},
		{"a rename of the root", &wire.ModifyDNRequest{NewRDN: "cn=a"}, wire.UnwillingToPerform, "computed"},
		{"an entry of the virtual subtree", &wire.DeleteRequest{DN: "cn=a,cn=access"}, wire.UnwillingToPerform, "computed"},
		{"a virtual attribute", replace(janeDN, "effectiveAccess", "x"), wire.ConstraintViolation, "effectiveAccess"},
		{"a virtual attribute among others", &wire.ModifyRequest{DN: janeDN, Changes: append(describe(janeDN).Changes, replace(janeDN, "EffectiveRole;x", "x").Changes...)}, wire.ConstraintViolation, "EffectiveRole;x"},
		{"a virtual attribute of a new entry", add("cn=a,o=acme", "effectiveAccess"), wire.ConstraintViolation, "effectiveAccess"},
		{"a virtual attribute in the name of a new entry", add("cn=a+effectiveAccess=b,o=acme", "sn"), wire.ConstraintViolation, "effective"},
		{"a virtual attribute in a new name", named("effectiveAccess=a"), wire.ConstraintViolation, "effective"},
	} {
		w.want(c.sentence, a, c.update, c.code, c.says)
	}
	w.want("an assertion on what may not be read", a, describe(janeDN), wire.AssertionFailed, "", wire.Control{OID: wire.ControlAssertion, Critical: true, Value: []byte("\x87\x02cn")})
	if len(w.counts)+len(w.forgotten) > 0 {
		t.Errorf("something was sent: %v, %q", w.counts, w.forgotten)
	}
	w.mayTest = true
	w.want("an assertion that is false", a, describe(janeDN), wire.AssertionFailed, "", wire.Control{OID: wire.ControlAssertion, Critical: true, Value: []byte("\x87\x03fax")})
	w.want("an assertion that is true", a, describe(janeDN), wire.Success, "", wire.Control{OID: wire.ControlAssertion, Critical: true, Value: []byte("\x87\x02cn")})
}

func TestAPasswordThatIsNoLongerTakenIsTriedOnce(t *testing.T) {
	w := newWorld(t, patience)
	a := w.author("wrong-secret-1")
	w.want("the first time", a, describe(janeDN), wire.UnwillingToPerform, "bind again")
	w.slapd.Stop()
	w.want("the second time nobody is asked", a, describe(janeDN), wire.UnwillingToPerform, "bind again")
}

func TestAConnectionThatWasLostInBetweenIsOpenedAnew(t *testing.T) {
	w := newWorld(t, patience)
	a := w.author(janeWord)
	w.want("before", a, describe(janeDN), wire.Success, "")
	w.slapd.Restart()
	for deadline := time.Now().Add(patience); ; {
		answer := w.write(a, describe(janeDN)) // within milliseconds the loss may not be seen
		if answer.Made {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("after a restart: %+v", answer)
		}
	}
}

func TestWithoutADirectoryNothingIsChanged(t *testing.T) {
	w := newWorld(t, patience)
	a := w.author(janeWord)
	w.slapd.Stop()
	w.want("away", a, describe(janeDN), wire.Unavailable, "nothing was changed")
	w.slapd.Restart()
	w.want("back", a, describe(janeDN), wire.Success, "")
}

func TestAnEndThatIsNotKnownIsSaidToBe(t *testing.T) {
	w := newWorld(t, 300*time.Millisecond)
	a := w.author(janeWord)
	w.want("before", a, describe(janeDN), wire.Success, "")
	w.slapd.Pause()
	w.want("frozen", a, describe(janeDN), wire.Other, "not known")
	w.slapd.Resume()
	if w.count("modify other") != 1 || len(w.forgotten) != 2 {
		t.Errorf("counted %v, forgotten %q", w.counts, w.forgotten)
	}
}

func TestAClosedAuthorChangesNothing(t *testing.T) {
	w := newWorld(t, patience)
	a := w.author(janeWord)
	w.want("open", a, describe(janeDN), wire.Success, "")
	a.Close()
	w.want("closed", a, describe(janeDN), wire.UnwillingToPerform, "bind again")
	whole, err := w.slapd.Dial().Search(ldap.NewSearchRequest(janeDN, ldap.ScopeBaseObject, 0, 0, 0, false, "(objectClass=*)", []string{"modifiersName"}, nil))
	if err != nil || whole.Entries[0].GetAttributeValue("modifiersName") != janeDN {
		t.Errorf("changed by somebody else: %v", err)
	}
}

func TestAuthorsArePrintedWithoutTheirPassword(t *testing.T) {
	w := newWorld(t, patience)
	a := w.author(janeWord)
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "author", a)
	for _, text := range []string{fmt.Sprint(a), fmt.Sprintf("%+v", a), fmt.Sprintf("%#v", a), log.String()} {
		if strings.Contains(text, janeWord) || strings.Contains(text, fmt.Sprint([]byte(janeWord))) || !strings.Contains(text, "Jane Doe") {
			t.Errorf("printed as %s", text)
		}
	}
}

func TestSettingsThatCannotBeAreRefused(t *testing.T) {
	if _, err := forward.New(forward.Settings{}); err == nil {
		t.Error("nothing is enough")
	}
}
