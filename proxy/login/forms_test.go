package login_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/aclens/aclens/proxy/login"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/name"
)

var allForms = []login.NameForm{login.ByDN, login.ByUID, login.ByMail, login.ByFullName}

func TestANameInAnAcceptedFormIsItsOneHolder(t *testing.T) {
	paulKey := "cn=paul poe,o=partners"
	for _, c := range []struct {
		sentence, text string
		forms          []login.NameForm
		code           wire.ResultCode
		key            string
	}{
		{"a uid", "jdoe", allForms, wire.Success, janeKey},
		{"a uid in other case", "JDoe", allForms, wire.Success, janeKey},
		{"a mail address", "jane@acme.example", allForms, wire.Success, janeKey},
		{"a full name", "Jane Doe", allForms, wire.Success, janeKey},
		{"an abbreviated Notes name", "Jane Doe/Sales/Acme", allForms, wire.Success, janeKey},
		{"a canonical Notes name", "CN=Jane Doe/OU=Sales/O=Acme", allForms, wire.Success, janeKey},
		{"an alternate name", "Johanna Doe/Alt", allForms, wire.Success, janeKey},
		{"a Notes name of another directory", "Paul Poe/Partners", allForms, wire.Success, paulKey},
		{"a uid that is the mail address of the same entry", "ppoe", allForms, wire.Success, paulKey},
		{"a DN", janeDN, allForms, wire.Success, janeKey},
		{"a DN that the snapshot lacks", ssoDN, allForms, wire.Success, ssoDN},
		{"a uid where only mail counts", "jdoe", []login.NameForm{login.ByMail}, wrongCode, ""},
		{"a mail address where only uid counts", "jane@acme.example", []login.NameForm{login.ByUID}, wrongCode, ""},
		{"a full name where only uid counts", "Jane Doe", []login.NameForm{login.ByDN, login.ByUID}, wrongCode, ""},
		{"a DN where only uid counts", janeDN, []login.NameForm{login.ByUID}, wrongCode, ""},
		{"a name that nobody has", "nobody", allForms, wrongCode, ""},
		{"a uid that two have", "twin", allForms, wrongCode, ""},
		{"a uid that another has as mail address", "rmiles", allForms, wrongCode, ""},
		{"the same where mail does not count", "rmiles", []login.NameForm{login.ByUID}, wire.Success, "cn=richard miles,ou=sales,o=acme"},
		{"a group", "Sales Team", allForms, wrongCode, ""},
		{"a mail address of a group", "sales@acme.example", allForms, wrongCode, ""},
		{"a wildcard", "*/Sales/Acme", allForms, wrongCode, ""},
		{"a filter", "j*", allForms, wrongCode, ""},
		{"spaces", "   ", allForms, wrongCode, ""},
		{"a canonical Notes name that nobody has is a DN", "CN=No Body/O=Acme", allForms, wrongCode, ""},
	} {
		d := knowing(janeKey, ssoDN, paulKey, "cn=richard miles,ou=sales,o=acme", "cn=mary major,ou=sales,o=acme", "cn=sales team,o=acme")
		l, _, _ := open(t, login.Settings{
			Sources:  []login.Source{{Name: "primary", Checker: login.Live(d)}},
			Snapshot: always(snapshotOf(t, resolver.Defaults(), people, partners)), Names: c.forms,
		})
		mustEnd(t, c.sentence, l.Simple(t.Context(), attempt(c.text, right)), c.code, c.key)
		if d.times() != 1 {
			t.Errorf("%s: the directory was asked %d times", c.sentence, d.times())
		}
		mustEnd(t, c.sentence+", a wrong password", l.Simple(t.Context(), attempt(c.text, wrong)), wrongCode, "")
	}
}

func TestWhatANameMeansCannotBeToldFromItsRefusal(t *testing.T) {
	l := one(t, knowing(janeKey), login.ByUID, login.ByMail)
	want := l.Simple(t.Context(), attempt("jdoe", wrong))
	for _, text := range []string{"nobody", "twin", "rmiles", "sales@acme.example"} {
		got := l.Simple(t.Context(), attempt(text, wrong))
		if got.Result.Code != want.Result.Code || got.Result.Message != want.Result.Message || len(got.Controls) != len(want.Controls) {
			t.Errorf("%s is refused with %+v, a wrong password with %+v", text, got.Result, want.Result)
		}
	}
}

func TestANameThatIsNobodysIsNeverLetIn(t *testing.T) {
	d := knowing()
	d.answer = &yes // a directory that takes anything
	l := one(t, d, login.ByUID)
	for _, text := range []string{"nobody", "twin"} {
		mustEnd(t, text, l.Simple(t.Context(), attempt(text, right)), wrongCode, "")
	}
	if dn, err := name.ParseDN(d.last()); err != nil || !dn.Under(mustParse(t, "o=acme")) {
		t.Errorf("the directory was asked for %q", d.last())
	}
}

func TestOnlyAKnownDNIsTakenBeforeANotesName(t *testing.T) {
	// An entry whose DN is a single component that reads like a Notes name.
	flat := "dn: CN=Jane Doe/OU=Sales/O=Acme\nobjectClass: dominoPerson\ncn: flat\nsn: flat\n"
	d := knowing()
	l, _, _ := open(t, login.Settings{
		Sources:  []login.Source{{Name: "primary", Checker: login.Live(d)}},
		Snapshot: always(snapshotOf(t, resolver.Defaults(), people+"\n"+flat)), Names: allForms,
	})
	l.Simple(t.Context(), attempt("CN=Jane Doe/OU=Sales/O=Acme", right))
	if d.last() != "CN=Jane Doe/OU=Sales/O=Acme" {
		t.Errorf("asked for %s", d.last())
	}
}

func TestActiveDirectorysNamesCountAsUIDAndMail(t *testing.T) {
	settings := resolver.Defaults()
	settings.ActiveDirectory = true
	ad := strings.Replace(people, "uid: jdoe", "sAMAccountName: jdoe\nuserPrincipalName: jd@acme.example", 1)
	for _, c := range []struct {
		settings resolver.Settings
		code     wire.ResultCode
		key      string
	}{{settings, wire.Success, janeKey}, {resolver.Defaults(), wrongCode, ""}} {
		l, _, _ := open(t, login.Settings{
			Sources:  []login.Source{{Name: "primary", Checker: login.Live(knowing(janeKey))}},
			Snapshot: always(snapshotOf(t, c.settings, ad)), Names: allForms,
		})
		for _, text := range []string{"jdoe", "jd@acme.example"} {
			mustEnd(t, text, l.Simple(t.Context(), attempt(text, right)), c.code, c.key)
		}
	}
}

func TestWithoutASnapshotNamesAreUnavailableAndDNsAreNot(t *testing.T) {
	for _, snapshot := range []func() *resolver.Snapshot{nil, always(nil)} {
		l, _, _ := open(t, login.Settings{
			Sources:  []login.Source{{Name: "primary", Checker: login.Live(knowing(janeKey))}},
			Snapshot: snapshot, Names: allForms,
		})
		mustEnd(t, "by uid", l.Simple(t.Context(), attempt("jdoe", right)), wire.Unavailable, "")
		mustEnd(t, "by DN", l.Simple(t.Context(), attempt(janeDN, right)), wire.Success, janeKey)
		mustEnd(t, "by DN, wrong", l.Simple(t.Context(), attempt(janeDN, wrong)), wrongCode, "")
	}
}

// The naive owner: walk up from the name and take the first source that has the place.
func TestTheOwnerIsTheOneThatAWalkUpwardsFinds(t *testing.T) {
	rdns := []string{"o=a", "ou=b", `cn=c\,o\3da`, "cn=d+sn=e"}
	random := rand.New(rand.NewPCG(3, 4))
	anyName := func(most int) string {
		var parts []string
		for range random.IntN(most + 1) {
			parts = append(parts, rdns[random.IntN(len(rdns))])
		}
		return strings.Join(parts, ",")
	}
	for range 500 {
		var fakes []*fakeDirectory
		var sources []login.Source
		owners := map[string]int{}
		for i := range 1 + random.IntN(4) {
			d := knowing()
			fakes = append(fakes, d)
			s := login.Source{Name: "x", Checker: login.Live(d)}
			for range 1 + random.IntN(3) {
				base := anyName(3)
				s.Bases = append(s.Bases, strings.ToUpper(base))
				if key := mustParse(t, base).Key(); owners[key] == 0 {
					owners[key] = i + 1
				}
			}
			sources = append(sources, s)
		}
		who := "cn=z," + anyName(4)
		if strings.HasSuffix(who, ",") {
			who = "cn=z"
		}
		want := 0
		for key := mustParse(t, who).Key(); ; {
			if i := owners[key]; i > 0 {
				want = i - 1
				break
			}
			parent, ok := name.ParentKey(key)
			if !ok {
				break
			}
			key = parent
		}
		l, _, _ := open(t, login.Settings{Sources: sources})
		l.Simple(t.Context(), attempt(who, wrong))
		got := slices.IndexFunc(fakes, func(d *fakeDirectory) bool { return d.times() == 1 })
		if got != want {
			t.Fatalf("%s went to %d, not to %d, of %+v", who, got, want, sources)
		}
	}
}

func TestAnEntryOutsideOfAllBasesBelongsToTheSourceThatGaveIt(t *testing.T) {
	own, other := knowing(), knowing()
	l, _, _ := open(t, login.Settings{
		Sources: []login.Source{
			{Name: "own", Bases: []string{"o=a"}, Checker: login.Live(own)},
			{Name: "other", Bases: []string{"o=b"}, Checker: login.Live(other)},
		},
		Snapshot: always(snapshotOf(t, resolver.Defaults(), "dn: o=a\nobjectClass: organization\no: a", people)),
	})
	l.Simple(t.Context(), attempt(janeDN, wrong))
	if own.times() != 0 || other.times() != 1 {
		t.Errorf("asked %d and %d times", own.times(), other.times())
	}
}

func FuzzADNIsSentWithTheMeaningThatItIsKnownUnder(f *testing.F) {
	for _, s := range []string{janeDN, `cn="a,b",o=c`, `cn=#04024142`, `cn=#0500`, `cn=a\00b+sn=\c3\28`, ` cn = a , o = b `, `OID.2.5.4.3=x`, `cn=`, `cn=\ x\ `} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		key, err := name.KeyOf(text)
		d := knowing(key)
		l, _, _ := open(t, login.Settings{Sources: []login.Source{{Name: "primary", Checker: login.Live(d)}}})
		o := l.Simple(t.Context(), attempt(text, right))
		if err != nil || key == "" {
			if o.Result.Code == wire.Success || d.times() > 0 {
				t.Errorf("%q is no name: %v", text, o.Result)
			}
			return
		}
		if o.Result.Code != wire.Success || o.Who.Key != key {
			t.Errorf("%q was sent as %q: %v as %+v", text, d.last(), o.Result, o.Who)
		}
		if !strings.Contains(text, "#") && strings.ContainsAny(d.last(), `"`) && !strings.Contains(d.last(), `\"`) {
			t.Errorf("%q was sent with quotes: %q", text, d.last())
		}
	})
}

func mustParse(t testing.TB, text string) name.DN {
	t.Helper()
	dn, err := name.ParseDN(text)
	if err != nil {
		t.Fatal(err)
	}
	return dn
}
