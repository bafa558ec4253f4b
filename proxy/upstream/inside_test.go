package upstream

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/secret"
)

// A reading must not step over a change that happened while it went on, whenever
// that was, however late the last entry was stamped, and whatever our own clock says.
func TestNoChangeDuringAReadingIsOlderThanTheNextStateAsksFor(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		ended := time.Date(2026, 11, 21, 8, 0, random.IntN(60), random.IntN(1e9), time.UTC) // by the server's clock
		took := time.Duration(random.Int64N(int64(20 * time.Second)))
		changed := ended.Add(-time.Duration(random.Int64N(int64(took) + 1)))
		seen := ended.Add(-time.Duration(random.Int64N(int64(time.Minute))))

		r := &reading{began: time.Now().Add(-took), server: "s", facts: Facts{URL: "s", Profile: ProfileOpenLDAP}}
		r.note(seen.Format("20060102150405Z"))
		state := r.state(State{})
		if stamp := changed.Format("20060102150405Z"); stamp < state.Since {
			t.Fatalf("reading of %v until %v, last stamp seen %v: a change at %v is before %s", took, ended, seen, changed, state.Since)
		}
	}
}

func TestAStateNeverGoesBack(t *testing.T) {
	r := &reading{began: time.Now(), facts: Facts{Profile: ProfileDomino}}
	before := State{Since: "20261121080000Z"}
	if got := r.state(before); got.Since != before.Since {
		t.Errorf("without changes: %s", got.Since)
	}
	r.note("20261121080000Z")
	if got := r.state(before); got.Since != before.Since {
		t.Errorf("with a change that is known already: %s", got.Since)
	}
	r.note("20261121090000.5Z")
	if got := r.state(before); got.Since <= before.Since || got.Since > "20261121090000Z" {
		t.Errorf("with a later change: %s", got.Since)
	}
	r.note("20261121113000+0200")
	if got := r.state(before); got.Since <= "20261121092900Z" || got.Since > "20261121093000Z" {
		t.Errorf("with a change in another time zone: %s", got.Since)
	}
	r.note("not a time")
	if !r.latest.Equal(time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC)) {
		t.Errorf("latest is %v", r.latest)
	}
}

func TestProfileIsToldFromWhatServersAnnounce(t *testing.T) {
	for sentence, c := range map[string]struct {
		attribute, value string
		want             Profile
	}{
		"a domain controller":             {"rootDomainNamingContext", "DC=acme,DC=example", ProfileActiveDirectory},
		"a lightweight directory service": {"supportedCapabilities", "1.2.840.113556.1.4.1851", ProfileActiveDirectory},
		"389 by its vendor":               {"vendorName", "389 Project", Profile389DS},
		"389 by its version":              {"vendorVersion", "389-Directory/2.4.5 B2024", Profile389DS},
		"OpenLDAP by its class":           {"objectClass", "openldaprootdse", ProfileOpenLDAP},
		"OpenLDAP by its own class":       {"structuralObjectClass", "OpenLDAProotDSE", ProfileOpenLDAP},
		"OpenLDAP by its configuration":   {"configContext", "cn=config", ProfileOpenLDAP},
		"Domino by its vendor":            {"vendorName", "IBM Lotus Software", ProfileDomino},
		"Domino by its capabilities":      {"ibm-enabledCapabilities", "2.16.840.1.113678.2.2.2.2.1355", ProfileDomino},
		"Domino by its release":           {"dominoMajMinVersion", "120002", ProfileDomino},
		"Domino by its root":              {"namingContexts", "\x00", ProfileDomino},
		"another IBM directory":           {"ibm-enabledCapabilities", "1.3.18.0.2.32.1", ProfileGeneric},
		"something else":                  {"vendorName", "Acme", ProfileGeneric},
	} {
		var root entry
		root.AddText(c.attribute, c.value)
		if got := detect(root); got != c.want {
			t.Errorf("%s is taken for %s", sentence, got)
		}
	}
}

func TestRangesAreCutOffAttributeDescriptions(t *testing.T) {
	for description, want := range map[string]struct {
		name string
		next int
		ok   bool
	}{
		"member;range=0-1499":         {"member", 1500, true},
		"member;Range=1500-*":         {"member", complete, true},
		"member;lang-de;range=0-0":    {"member;lang-de", 1, true},
		"member;range=0-9;lang-de":    {"member;lang-de", 10, true},
		"member":                      {},
		"member;lang-de":              {},
		"member;range=":               {},
		"member;range=0":              {},
		"member;range=0-x":            {},
		"member;range=0--1":           {},
		"range=0-1":                   {},
		"member;range=0-1;range=2-3x": {"member;range=2-3x", 2, true},
	} {
		name, next, ok := cutRange(description)
		if ok != want.ok || ok && (name != want.name || next != want.next) {
			t.Errorf("%q: %q, %d, %t", description, name, next, ok)
		}
	}
}

// topmostSlowly is topmost by its meaning: what is below no other base, each once.
func topmostSlowly(t *testing.T, bases []string) []string {
	var kept []string
	for i, base := range bases {
		dn, err := name.ParseDN(base)
		if err != nil {
			t.Fatal(err)
		}
		redundant := false
		for up := dn; !up.IsRoot(); {
			up = up.Parent()
			for _, other := range bases {
				if key, _ := name.KeyOf(other); key == up.Key() {
					redundant = true
				}
			}
		}
		for _, earlier := range bases[:i] {
			if key, _ := name.KeyOf(earlier); key == dn.Key() {
				redundant = true
			}
		}
		if !redundant {
			kept = append(kept, base)
		}
	}
	return kept
}

func TestBasesBelowOthersAreLeftOut(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	some := []string{"", "o=Acme", "O=ACME", "ou=Sales,o=Acme", "ou=sales, o=acme", "cn=x,ou=Sales,o=Acme", "o=Other", "ou=Sales,o=Other", "o=xo=Acme"}
	for range 2000 {
		var bases []string
		for range random.IntN(5) {
			bases = append(bases, some[random.IntN(len(some))])
		}
		got, err := topmost(bases)
		if err != nil {
			t.Fatal(err)
		}
		if want := topmostSlowly(t, bases); !slices.Equal(got, want) {
			t.Fatalf("of %q: %q instead of %q", bases, got, want)
		}
	}
}

// decodeSlowly is the decoder by its meaning.
func decodeSlowly(body []byte) (directory.Draft, error) {
	cursor, err := wire.ParseEntry(body)
	if err != nil {
		return directory.Draft{}, err
	}
	d := directory.Draft{DN: string(cursor.DN())}
	for cursor.NextAttribute() {
		description := string(cursor.Name())
		var values [][]byte
		for cursor.NextValue() {
			values = append(values, append([]byte{}, cursor.Value()...))
		}
		plainName, _, ranged := cutRange(description)
		switch {
		case secret.Attribute(description), len(values) == 0:
		case ranged:
			d.Add(plainName, values...)
		default:
			d.Attributes = append(d.Attributes, directory.Attribute{Name: description, Values: values})
		}
	}
	return d, cursor.Err()
}

func FuzzDraftsAreWhatASlowDecoderMakesAndHoldNothingOfTheMessage(f *testing.F) {
	w := wire.BeginEntry(nil, 1, "cn=Jane Doe,o=acme")
	w.Attribute("cn", "Jane Doe", "Jane")
	w.Attribute("userPassword", "jane-secret")
	w.Attribute("member")
	w.Attribute("member;range=0-1", "cn=a", "cn=b")
	w.Attribute("modifyTimestamp", "20261121080000Z")
	m, err := wire.ParseMessage(w.End())
	if err != nil {
		f.Fatal(err)
	}
	for cut := range m.Body {
		f.Add(m.Body[:cut])
	}
	f.Add(m.Body)
	f.Fuzz(func(t *testing.T, body []byte) {
		want, wantErr := decodeSlowly(body)
		got, err := newDecoder().entry(body)
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("error %v instead of %v", err, wantErr)
		}
		if err != nil {
			return
		}
		clear(body)
		if diff := cmp.Diff(want, got.Draft, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("slow (-) against fast (+):\n%s", diff)
		}
		for _, a := range got.Attributes {
			if strings.EqualFold(a.Name, "userPassword") {
				t.Fatal("a password came through")
			}
		}
	})
}
