package upstream_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aclens/aclens/proxy/upstream"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/directory"
)

// dominoRoot is a root DSE as Domino has it: no list of controls, and the root
// as the only naming context, written as an octet of zero.
func dominoRoot() map[string][]string {
	return map[string][]string{
		"namingContexts":          {"\x00"},
		"subschemaSubentry":       {"cn=schema"},
		"vendorName":              {"Lotus Software"},
		"vendorVersion":           {"Release 12.0.2"},
		"supportedExtension":      {wire.ExtendedStartTLS},
		"ibm-enabledCapabilities": {"2.16.840.1.113678.2.2.2.2.1355"},
	}
}

func dominoLike(people int) *fake {
	f := &fake{root: dominoRoot()}
	for i := range people {
		f.entries = append(f.entries, fakeEntry{fmt.Sprintf("CN=Person %d,O=Acme", i), map[string][]string{
			"objectclass":     {"dominoPerson", "person", "top"},
			"HTTPPassword":    {"jane-secret"},
			"modifytimestamp": {"20261101080000Z"},
		}})
	}
	f.entries = append(f.entries, fakeEntry{"CN=Sales Team", map[string][]string{
		"objectclass": {"dominoGroup"}, "member": {"CN=Person 0,O=Acme"}, "modifytimestamp": {"20261101090000Z"},
	}})
	return f
}

func settingsForFake(f *fake) upstream.Settings {
	return upstream.Settings{URLs: []string{f.url}, BindDN: readerDN, Password: password("reader-secret"), Operation: 2 * time.Second}
}

func TestDominoIsReadFromTheRootWithoutControlsItDoesNotList(t *testing.T) {
	f := dominoLike(30).serve(t)
	f.references = []string{"ldap://elsewhere.acme.example/O=Acme", "ldap://127.0.0.1:1/"}
	d, o := open(t, settingsForFake(f))
	facts, err := d.RootDSE(brief(t))
	if err != nil {
		t.Fatal(err)
	}
	if facts.Profile != upstream.ProfileDomino || !slices.Equal(facts.NamingContexts, []string{""}) || facts.Controls != nil {
		t.Errorf("facts are %+v", facts)
	}
	drafts, state := readAll(t, d)
	if len(drafts) != 31 {
		t.Errorf("%d entries", len(drafts))
	}
	person := drafts["CN=Person 0,O=Acme"]
	if person.Values("HTTPPassword") != nil || person.Values("objectClass") == nil {
		t.Errorf("a person came as %v", person)
	}
	if o.dropped() != 2 {
		t.Errorf("%d referrals were counted", o.dropped())
	}
	searches, controls := f.asked()
	if len(searches) != 1 || len(searches[0].Base) != 0 || searches[0].Deref != wire.DerefNever || len(controls[0]) != 0 {
		t.Errorf("searches %+v with controls %v", searches, controls)
	}
	for _, a := range searches[0].Attributes {
		if string(a) == "+" || strings.EqualFold(string(a), "dominoAccessGroups") {
			t.Errorf("asked for %s, which is slow", a)
		}
	}
	if state.Since == "" || state.Since > "20261101085959Z" {
		t.Errorf("goes on from %q", state.Since)
	}
}

func TestDominoCutShortIsAnErrorThatNamesItsLimits(t *testing.T) {
	f := dominoLike(30)
	f.sizeLimit = 10
	d, _ := open(t, settingsForFake(f.serve(t)))
	state, err := d.ReadAll(brief(t), func(directory.Draft) error { return nil })
	var failed *upstream.ReadError
	if !errors.As(err, &failed) || failed.Code != wire.SizeLimitExceeded || failed.Entries != 10 {
		t.Fatalf("%v", err)
	}
	for _, word := range []string{"Maximum number of entries returned", "Timeout", "Configuration document"} {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q does not mention %q", err, word)
		}
	}
	if state != (upstream.State{}) {
		t.Errorf("state %+v", state)
	}
}

func TestAConnectionThatEndsWithinAReadMakesItAnError(t *testing.T) {
	for sentence, spoil := range map[string]func(*fake){
		"closed in the middle": func(f *fake) { f.cutAfter = 7 },
		"silent in the middle": func(f *fake) { f.hangAfter = 7 },
	} {
		f := dominoLike(30)
		spoil(f)
		settings := settingsForFake(f.serve(t))
		settings.Operation = 300 * time.Millisecond
		d, _ := open(t, settings)
		count := 0
		_, err := d.ReadAll(brief(t), func(directory.Draft) error { count++; return nil })
		if !errors.Is(err, upstream.ErrPartial) || count != 7 {
			t.Errorf("%s: after %d entries: %v", sentence, count, err)
		}
		err = d.ReadNames(brief(t), upstream.State{URL: f.url, Server: f.url}, func(string) {})
		if !errors.Is(err, upstream.ErrPartial) {
			t.Errorf("%s: names: %v", sentence, err)
		}
	}
}

func TestADirectoryThatIsBusyOrDownByItsOwnWordIsUnavailable(t *testing.T) {
	for _, code := range []wire.ResultCode{wire.Busy, wire.Unavailable} {
		f := dominoLike(1)
		f.code = code
		d, _ := open(t, settingsForFake(f.serve(t)))
		if _, err := d.Bind(brief(t), janeDN, "jane-secret"); !errors.Is(err, upstream.ErrUnavailable) {
			t.Errorf("a bind that ends with %v: %v", code, err)
		}
		if _, err := d.RootDSE(brief(t)); !errors.Is(err, upstream.ErrUnavailable) || errors.Is(err, upstream.ErrRefused) {
			t.Errorf("the service account's bind that ends with %v: %v", code, err)
		}
	}
}

func TestAnEmptyPasswordNeverReachesTheDirectory(t *testing.T) {
	f := dominoLike(1).serve(t)
	settings := settingsForFake(f)
	settings.Password = password("")
	d, _ := open(t, settings)
	if _, err := d.RootDSE(brief(t)); !errors.Is(err, upstream.ErrRefused) {
		t.Errorf("%v", err)
	}
	if got, err := d.Bind(brief(t), janeDN, ""); err != nil || got.Code != wire.UnwillingToPerform {
		t.Errorf("%+v, %v", got, err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.binds) != 0 {
		t.Errorf("binds of %v were sent", f.binds)
	}
}

func TestADirectoryWithoutASchemaSaysSo(t *testing.T) {
	f := dominoLike(1)
	delete(f.root, "subschemaSubentry")
	d, _ := open(t, settingsForFake(f.serve(t)))
	if types, _, err := d.Subschema(brief(t)); !errors.Is(err, upstream.ErrNoSubschema) {
		t.Errorf("%v, %v", types, err)
	}
}
