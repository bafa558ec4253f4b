package login_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/aclens/aclens/proxy/login"
	"github.com/aclens/aclens/proxy/upstream"
	"github.com/aclens/aclens/proxy/upstream/slapdtest"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/source"
)

// schemes are the stored forms of one password (right) that slapd knows too,
// made with slappasswd and crypt(3). It does not know {CLEARTEXT}.
var schemes = []string{
	right,
	"{SHA}1OpYyVboKms6EHzjZmgw+yknBzQ=",
	"{SSHA}gt6m7j9z1a6fjUrN/ApoQ75M6lbLnrtn",
	"{SHA256}8eeK8u1zYsa7UTximkwTbCtSQerrh9ylzEOZU1HYna8=",
	"{SSHA256}flFTEDqIPBVqb/YR+gjz8NyFJzcxfes2xOOqsyoo6bxHnDNlQJVosQ==",
	"{SHA512}y7C93uXOKzkWTMM5VI4o1TVIvnhB0NoOe0vIvi4GEt7ytvWx4xkanIICrrI7/M7D/+h7mN1fWMz7tU+bVaTq3w==",
	"{SSHA512}BxMpFSY1Buqt/5NK4ilLt3C+9eYDYEgZd/4RYi67pvYspw3iGp36PJPK3ZVKEq9HOyOqfpZrZaxP3OBU/xUd7pdww7NAJK/W",
	"{CRYPT}$2b$05$Qm3k9ZrT0yLxW2vNfHbCxelr2FEXn7MSEOcG5b0F8wQ6LIWKMQiGe",
	"{CRYPT}$2a$04$Qm3k9ZrT0yLxW2vNfHbCxeuV0TvJ9V.80DIQ76nZw03BwnN4bvRhK",
	"{CRYPT}$2y$04$Qm3k9ZrT0yLxW2vNfHbCxeuV0TvJ9V.80DIQ76nZw03BwnN4bvRhK",
	"{MD4}unknown",
	"{SSHA}c2hvcnQ=",
}

// accounts has one entry for each stored form.
func accounts() string {
	var b strings.Builder
	b.WriteString("dn: o=acme\nobjectClass: organization\no: acme\n")
	for i, value := range schemes {
		fmt.Fprintf(&b, "\ndn: cn=Account %d,o=acme\nobjectClass: inetOrgPerson\ncn: Account %d\nsn: Account\nuid: account%d\nuid: shared\nuserPassword: %s\n", i, i, i, value)
	}
	return b.String()
}

type noObserver struct{}

func (noObserver) UpstreamUp(string, bool)     {}
func (noObserver) UpstreamError(upstream.Kind) {}
func (noObserver) UpstreamReferrals(int)       {}

// openLive is a Login in front of a slapd.
func openLive(t *testing.T, server *slapdtest.Server, ldif string) *login.Login {
	t.Helper()
	log := &logged{}
	d, err := upstream.New(upstream.Settings{URLs: []string{server.URL}, Bases: []string{"o=acme"}},
		slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})), noObserver{})
	must(t, err)
	t.Cleanup(func() {
		d.Close()
		mustHoldNoPassword(t, log.String())
	})
	l, _, _ := open(t, login.Settings{
		Sources:  []login.Source{{Name: "primary", Bases: []string{"o=acme"}, Checker: login.Live(d)}},
		Snapshot: always(snapshotOf(t, resolver.Defaults(), ldif)), Names: []login.NameForm{login.ByDN, login.ByUID},
	})
	return l
}

func TestARealDirectoryDecides(t *testing.T) {
	server := slapdtest.Start(t, slapdtest.Options{Suffix: "o=acme", LDIF: []byte(accounts())})
	l := openLive(t, server, accounts())
	check := func(when string, steps map[login.NameForm][]string, code wire.ResultCode) {
		for form, names := range steps {
			for _, text := range names {
				password := right
				if form == "wrong" {
					password = wrong
				}
				key := ""
				if code == wire.Success {
					key = "cn=account 0,o=acme"
				}
				mustEnd(t, fmt.Sprint(when, ", ", form, " ", text), l.Simple(t.Context(), attempt(text, password)), code, key)
			}
		}
	}
	good := map[login.NameForm][]string{"right": {"cn=Account 0,o=acme", "CN=ACCOUNT 0, O=Acme", "account0"}}
	bad := map[login.NameForm][]string{
		"wrong": {"cn=Account 0,o=acme", "account0"},
		"right": {"cn=Nobody,o=acme", "cn=elsewhere", "o=acme", "nobody", "shared"},
	}
	check("while it runs", good, wire.Success)
	check("while it runs", bad, wire.InvalidCredentials)
	mustEnd(t, "no password", l.Simple(t.Context(), attempt("cn=Account 0,o=acme", "")), wire.UnwillingToPerform, "")
	server.Stop()
	check("stopped", good, wire.Unavailable)
	check("stopped", bad, wire.Unavailable)
	server.Restart()
	check("back again", good, wire.Success)
}

func TestPasswordsFromAFileAreTakenAsTheDirectoryTakesThem(t *testing.T) {
	server := slapdtest.Start(t, slapdtest.Options{Suffix: "o=acme", LDIF: []byte(accounts())})
	live := openLive(t, server, accounts())
	values := map[string][][]byte{}
	must(t, source.ReadLDIF(strings.NewReader(accounts()), source.File{Name: "accounts.ldif"}, func(d directory.Draft) error {
		return login.AddCredentials(values, &d)
	}))
	credentials := login.NewCredentials()
	unusable, err := credentials.SetCredentials(values)
	if err != nil || unusable != 2 {
		t.Fatalf("%d values are unusable, %v", unusable, err)
	}
	file, _, _ := open(t, login.Settings{
		Sources:  []login.Source{{Name: "accounts.ldif", Checker: credentials}},
		Snapshot: always(snapshotOf(t, resolver.Defaults(), accounts())),
	})
	matched := 0
	for i, value := range schemes {
		_, behind, _ := strings.Cut(value, "}")
		for _, password := range []string{right, wrong, right + " ", strings.ToLower(right), value, behind, "{SSHA}" + right} {
			a := attempt(fmt.Sprintf("cn=Account %d,o=acme", i), password)
			want, got := live.Simple(t.Context(), a), file.Simple(t.Context(), a)
			if got.Result.Code != want.Result.Code || got.Who != want.Who {
				t.Errorf("%s with %q: %v as %v, of the directory %v as %v", value, password, got.Result, got.Who, want.Result, want.Who)
			}
			if got.Result.Code == wire.Success {
				matched++
			}
		}
	}
	if matched < len(schemes)-2 {
		t.Errorf("only %d passwords matched", matched)
	}
}
