package login_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"testing"

	"github.com/aclens/aclens/proxy/login"
	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/upstream"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver"
)

func TestASimpleBindEndsAsTheDirectorySays(t *testing.T) {
	for sentence, c := range map[string]struct {
		name, password string
		code           wire.ResultCode
		key, asked     string
	}{
		"neither name nor password is anonymous":           {"", "", wire.Success, "", ""},
		"a name without a password is refused":             {janeDN, "", wire.UnwillingToPerform, "", ""},
		"a password without a name is wrong":               {"", right, wrongCode, "", ""},
		"the right password":                               {janeDN, right, wire.Success, janeKey, janeDN},
		"other spelling is sent as the directory has it":   {"cn = JANE  DOE , ou=sales,o=acme", right, wire.Success, janeKey, janeDN},
		"a wrong password":                                 {janeDN, wrong, wrongCode, "", janeDN},
		"a name that nobody has":                           {"cn=Nobody,o=acme", wrong, wrongCode, "", "cn=Nobody,o=acme"},
		"an entry that the snapshot lacks":                 {ssoDN, right, wire.Success, ssoDN, ssoDN},
		"what is no distinguished name":                    {"jdoe", right, wire.InvalidDNSyntax, "", ""},
		"a name above all bases goes there as well":        {"cn=manager", right, wire.Success, "cn=manager", "cn=manager"},
		"an equals sign is sent so that nobody cuts there": {"cn=a=b,o=acme", wrong, wrongCode, "", `cn=a\3Db,o=acme`},
		"a bare semicolon is no part of a name":            {"cn=a;cn=b,o=acme", wrong, wire.InvalidDNSyntax, "", ""},
		"old quotes are sent as escapes":                   {`cn="a,b"+sn=c,o=acme`, wrong, wrongCode, "", `cn=a\,b+sn=c,o=acme`},
		"a binary value is sent as written":                {"cn=#fe0141,o=acme", wrong, wrongCode, "", "cn=#fe0141,o=acme"},
		"spaces alone are no name":                         {"  ", right, wire.InvalidDNSyntax, "", ""},
		"a Notes name is none by default":                  {"Jane Doe/Sales/Acme", right, wire.InvalidDNSyntax, "", ""},
		"a group is asked for like any other entry":        {"cn=Sales Team,o=acme", right, wrongCode, "", "CN=Sales Team,O=Acme"},
	} {
		d := knowing(janeKey, ssoDN, "cn=manager")
		o := one(t, d).Simple(t.Context(), attempt(c.name, c.password))
		mustEnd(t, sentence, o, c.code, c.key)
		if d.last() != c.asked {
			t.Errorf("%s: the directory was asked for %q", sentence, d.last())
		}
	}
}

const wrongCode = wire.InvalidCredentials

func TestAnIdentityIsSpelledAsTheDirectoryDoes(t *testing.T) {
	l := one(t, knowing(janeKey, ssoDN))
	for given, want := range map[string]string{
		"cn=jane doe,ou=SALES,o=acme": janeDN, "CN=SSO, ou=services,o=acme": "CN=SSO, ou=services,o=acme",
	} {
		if o := l.Simple(t.Context(), attempt(given, right)); o.Who.DN != want {
			t.Errorf("%s becomes %s", given, o.Who.DN)
		}
	}
}

func TestTheDirectorysCodeIsPassedOnAndItsTextIsNot(t *testing.T) {
	for code, want := range map[wire.ResultCode]wire.ResultCode{
		wire.InvalidCredentials: wire.InvalidCredentials, wire.UnwillingToPerform: wire.UnwillingToPerform,
		wire.ConstraintViolation: wire.ConstraintViolation, wire.InappropriateAuthentication: wire.InappropriateAuthentication,
		wire.ConfidentialityRequired: wire.ConfidentialityRequired, wire.UnavailableCriticalExtension: wire.UnavailableCriticalExtension,
		wire.NoSuchObject: wire.InvalidCredentials, wire.Referral: wire.Unavailable, wire.SASLBindInProgress: wire.Other,
	} {
		d := knowing(janeKey)
		d.answer = &upstream.Result{Code: code, MatchedDN: "cn=inside", Diagnostic: "inside"}
		mustEnd(t, fmt.Sprint(code), one(t, d).Simple(t.Context(), attempt(janeDN, right)), want, "")
	}
}

func TestADirectoryThatCannotBeAskedIsUnavailable(t *testing.T) {
	for sentence, err := range map[string]error{"away": errAway, "another fault": errOther} {
		d := knowing(janeKey)
		d.err = err
		l := one(t, d, login.ByDN, login.ByUID)
		for _, who := range []string{janeDN, "jdoe", "nobody", "twin", ssoDN} {
			for _, password := range []string{right, wrong} {
				mustEnd(t, sentence+": "+who, l.Simple(t.Context(), attempt(who, password)), wire.Unavailable, "")
			}
		}
	}
}

func TestPasswordPolicyControlsPassBothWays(t *testing.T) {
	ask := wire.Control{OID: wire.ControlPasswordPolicy, Critical: true}
	d := knowing(janeKey)
	d.controls = []wire.Control{
		{OID: wire.ControlPasswordPolicy, Value: []byte("\x30\x03\x81\x01\x02"), HasValue: true},
		{OID: wire.ControlPasswordExpiring, Value: []byte("86400"), HasValue: true, Critical: true},
		{OID: "1.2.3.4", Value: []byte("inside"), HasValue: true},
	}
	l := one(t, d)
	for _, c := range []struct {
		asked []wire.Control
		want  []string
	}{
		{[]wire.Control{ask}, []string{wire.ControlPasswordPolicy, wire.ControlPasswordExpiring}},
		{nil, []string{wire.ControlPasswordExpiring}},
	} {
		for _, password := range []string{right, wrong} {
			a := attempt(janeDN, password)
			a.Controls = c.asked
			o := l.Simple(t.Context(), a)
			var got []string
			for _, control := range o.Controls {
				got = append(got, control.OID)
				if control.Critical || len(control.Value) == 0 {
					t.Errorf("answered %+v", control)
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(c.want) || len(d.got) != len(c.asked) {
				t.Errorf("asked %v: passed on %v, answered %v", c.asked, d.got, got)
			}
		}
	}
}

func TestABindGoesToTheOwnerOfTheLongestBase(t *testing.T) {
	primary, second, services := knowing(), knowing(), knowing()
	l, metrics, _ := open(t, login.Settings{
		Sources: []login.Source{
			{Name: "primary", Bases: []string{"O=Acme"}, Checker: login.Live(primary)},
			{Name: "second", Checker: login.Live(second)},
			{Name: "services", Bases: []string{"ou=Services, o=acme", "o=tools"}, Checker: login.Live(services)},
		},
		Snapshot: always(snapshotOf(t, resolver.Defaults(), people, partners)),
	})
	for who, owner := range map[string]*fakeDirectory{
		janeDN: primary, "cn=new,o=acme": primary, "o=acme": primary, "cn=a,ou=x,o=acme": primary,
		ssoDN: services, "ou=services,o=acme": services, "cn=x,o=tools": services,
		paulDN: second, "cn=anybody": second, `cn=a\,o=acme`: second,
	} {
		before := owner.times()
		l.Simple(t.Context(), attempt(who, wrong))
		if owner.times() != before+1 {
			t.Errorf("%s went elsewhere", who)
		}
	}
	if total := primary.times() + second.times() + services.times(); total != 10 || len(metrics.checked) != 10 {
		t.Errorf("%d binds for 10 attempts, %d counted", total, len(metrics.checked))
	}
}

func TestOfTwoDirectoriesWithOneBaseTheEntrysOwnIsAsked(t *testing.T) {
	primary, second := knowing(), knowing()
	l, _, _ := open(t, login.Settings{
		Sources:  []login.Source{{Name: "a", Checker: login.Live(primary)}, {Name: "b", Checker: login.Live(second)}},
		Snapshot: always(snapshotOf(t, resolver.Defaults(), people, partners)),
	})
	for _, who := range []string{janeDN, "cn=unknown", paulDN} {
		l.Simple(t.Context(), attempt(who, wrong))
	}
	if primary.times() != 2 || second.times() != 1 || second.last() != paulDN {
		t.Errorf("primary %v, second %v", primary.asked, second.asked)
	}
}

func TestADirectoryWithoutPasswordsSaysSo(t *testing.T) {
	d := knowing(janeKey)
	l, _, _ := open(t, login.Settings{
		Sources: []login.Source{
			{Name: "names.dxl", Bases: []string{"o=partners"}, Checker: login.NoPasswords()},
			{Name: "live", Bases: []string{"o=acme"}, Checker: login.Live(d)},
		},
		Snapshot: always(snapshotOf(t, resolver.Defaults(), partners, people)), Names: []login.NameForm{login.ByDN, login.ByUID},
	})
	mustEnd(t, "by DN", l.Simple(t.Context(), attempt(paulDN, right)), wire.UnwillingToPerform, "")
	mustEnd(t, "by uid", l.Simple(t.Context(), attempt("ppoe", right)), wire.UnwillingToPerform, "")
	mustEnd(t, "the other one can", l.Simple(t.Context(), attempt("jdoe", right)), wire.Success, janeKey)
	mustEnd(t, "a name that is nobody's is checked where one can", l.Simple(t.Context(), attempt("nobody", right)), wrongCode, "")
	if o := l.Simple(t.Context(), attempt(paulDN, right)); o.Result.Message == "" {
		t.Error("no reason is given")
	}
}

func TestSettingsThatCannotBeAreRefused(t *testing.T) {
	live := []login.Source{{Name: "a", Checker: login.Live(knowing())}}
	nobody := func(policy.Identity) bool { return false }
	for sentence, s := range map[string]login.Settings{
		"no directory":                   {},
		"a directory without checker":    {Sources: []login.Source{{Name: "a"}}},
		"a base that is no name":         {Sources: []login.Source{{Name: "a", Bases: []string{"acme"}, Checker: login.NoPasswords()}}},
		"an unknown form":                {Sources: live, Names: []login.NameForm{"phone"}},
		"a subject that is no name":      {Sources: live, Certificates: []login.Certificate{{Subject: "tls", DN: "cn=a"}}},
		"an empty subject":               {Sources: live, Certificates: []login.Certificate{{Subject: "", DN: "cn=a"}}},
		"a certificate of nobody":        {Sources: live, Certificates: []login.Certificate{{Subject: "cn=a", DN: ""}}},
		"one subject twice":              {Sources: live, Certificates: []login.Certificate{{Subject: "cn=a", DN: "cn=a"}, {Subject: "CN=A", DN: "cn=b"}}},
		"a cache for too long":           {Sources: live, Cache: login.CacheSettings{TTL: login.MaxCacheTTL + 1, IsAdmin: nobody}},
		"a cache for less than no time":  {Sources: live, Cache: login.CacheSettings{TTL: -1, IsAdmin: nobody}},
		"a cache without administrators": {Sources: live, Cache: login.CacheSettings{TTL: 1}},
	} {
		if _, err := login.New(s, slog.New(slog.DiscardHandler), nil); err == nil {
			t.Errorf("%s is accepted", sentence)
		}
	}
	l, err := login.New(login.Settings{Sources: live}, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Configure(login.Settings{}); err == nil {
		t.Error("settings without a directory are accepted later on")
	}
	mustEnd(t, "the old settings stay", l.Simple(t.Context(), attempt(janeDN, wrong)), wrongCode, "")
}

func TestAnAttemptPrintsWithoutItsPassword(t *testing.T) {
	a := attempt(janeDN, right)
	q := login.Question{DN: janeDN, Password: []byte(right)}
	var out bytes.Buffer
	for _, h := range []slog.Handler{slog.NewJSONHandler(&out, nil), slog.NewTextHandler(&out, nil)} {
		slog.New(h).Info("trying", "attempt", a, "question", q.String())
	}
	fmt.Fprintf(&out, "%v %+v %#v %s %v %+v %#v", a, a, a, a, q, q, q)
	mustHoldNoPassword(t, out.String())
	if !bytes.Contains(out.Bytes(), []byte(janeDN)) {
		t.Error("nothing was printed")
	}
}

func TestPasswordsAreLeftAsTheyWere(t *testing.T) {
	// The front overwrites them; whoever kept or changed the slice would fight with it.
	a := attempt(janeDN, right)
	one(t, knowing(janeKey)).Simple(t.Context(), a)
	if string(a.Password) != right {
		t.Errorf("the password is %q now", a.Password)
	}
}
