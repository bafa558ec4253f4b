package upstream_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"
	"github.com/google/go-cmp/cmp"

	"github.com/aclens/aclens/proxy/upstream"
	"github.com/aclens/aclens/proxy/upstream/slapdtest"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/secret"
)

// byGoLDAP is another reader of the same tree: attribute values by DN.
func byGoLDAP(t *testing.T, s *slapdtest.Server, base string) map[string]map[string][]string {
	t.Helper()
	found, err := s.Dial().Search(&ldap.SearchRequest{BaseDN: base, Scope: ldap.ScopeWholeSubtree, Filter: "(objectClass=*)", Attributes: []string{"*", "+"}})
	if err != nil {
		t.Fatalf("reading with the other reader: %v", err)
	}
	entries := map[string]map[string][]string{}
	for _, e := range found.Entries {
		attributes := map[string][]string{}
		for _, a := range e.Attributes {
			if !secret.Attribute(a.Name) && !slices.Contains(computed, a.Name) {
				attributes[a.Name] = a.Values
			}
		}
		entries[e.DN] = attributes
	}
	return entries
}

// computed is what slapd computes for an entry of others, of itself or of its
// name, and so no content.
var computed = []string{"contextCSN", "entryDN", "hasSubordinates", "subschemaSubentry"}

func plain(drafts map[string]directory.Draft) map[string]map[string][]string {
	entries := map[string]map[string][]string{}
	for dn, d := range drafts {
		attributes := map[string][]string{}
		for _, a := range d.Attributes {
			attributes[a.Name] = texts(a.Values)
		}
		entries[dn] = attributes
	}
	return entries
}

func TestAReadOverManyPagesIsWhatAnotherReaderFinds(t *testing.T) {
	server := startSample(t, 200)
	want := byGoLDAP(t, server, "o=acme")
	if len(want) != 205 {
		t.Fatalf("the sample has %d entries", len(want))
	}
	for sentence, pageSize := range map[string]int{"a page an entry": 1, "pages with a rest": 7, "one page that is full": 205, "one page": 1000} {
		settings := settingsFor(server)
		settings.PageSize = pageSize
		d, _ := open(t, settings)
		got, _ := readAll(t, d)
		if diff := cmp.Diff(want, plain(got)); diff != "" {
			t.Errorf("%s: other reader (-) against this one (+):\n%s", sentence, diff)
		}
	}
}

func TestNoSecretComesOutOfARead(t *testing.T) {
	d, _ := open(t, settingsFor(startSample(t, 0)))
	drafts, _ := readAll(t, d)
	for dn, draft := range drafts {
		for _, a := range draft.Attributes {
			if secret.Attribute(a.Name) {
				t.Errorf("%s came with %s", dn, a.Name)
			}
			for _, v := range a.Values {
				mustHoldNoSecret(t, string(v))
			}
		}
	}
	jane := drafts[janeDN]
	if got := texts(jane.Values("mailFile")); !slices.Equal(got, []string{`mail\jdoe`}) {
		t.Errorf("what stands beside secrets is %q", got)
	}
}

func TestARootlessTreeIsReadFromTheRoot(t *testing.T) {
	ldif := append(sample(0), []byte("\ndn: cn=Flat Group\nobjectClass: dominoGroup\ncn: Flat Group\nmember: "+janeDN+"\n")...)
	server := slapdtest.Start(t, slapdtest.Options{LDIF: ldif, Directives: readable})
	for sentence, bases := range map[string][]string{
		"the empty base": {""},
		"no base takes what the server announces":    nil,
		"a base that another one holds counts once":  {"o=acme", "", "ou=Sales,o=acme"},
		"the same base twice":                        {"", ""},
		"bases beside each other, one of them twice": {"O = Acme", "cn=flat group", "o=acme"},
	} {
		settings := settingsFor(server)
		settings.Bases = bases
		d, _ := open(t, settings)
		drafts, _ := readAll(t, d)
		if len(drafts) != 6 {
			t.Errorf("%s: %d entries instead of 6", sentence, len(drafts))
		}
		if _, ok := drafts["cn=Flat Group"]; !ok {
			t.Errorf("%s: the group at the root is missing", sentence)
		}
	}
}

func TestAReadThatIsNotWholeIsAnError(t *testing.T) {
	cut := startSample(t, 50, `limits dn.exact="cn=reader,o=acme" size=20`)
	for sentence, c := range map[string]struct {
		base    string
		code    wire.ResultCode
		advises string
	}{
		"a size limit of the server": {"o=acme", wire.SizeLimitExceeded, "olcLimits"},
		"a base that does not exist": {"ou=Nowhere,o=acme", wire.NoSuchObject, "spelled right"},
	} {
		settings := settingsFor(cut)
		settings.Bases = []string{c.base}
		d, o := open(t, settings)
		state, err := d.ReadAll(brief(t), func(directory.Draft) error { return nil })
		var failed *upstream.ReadError
		if !errors.Is(err, upstream.ErrPartial) || !errors.As(err, &failed) {
			t.Fatalf("%s: %v", sentence, err)
		}
		if failed.Code != c.code || failed.Base != c.base || !strings.Contains(failed.Error(), c.advises) {
			t.Errorf("%s: %v", sentence, failed)
		}
		if state != (upstream.State{}) {
			t.Errorf("%s: state %v of a read that failed", sentence, state)
		}
		if !o.saw(upstream.KindResult) {
			t.Errorf("%s: not counted", sentence)
		}
	}
}

func TestAnErrorOfTheReceiverEndsTheReadAndIsReturnedAsItIs(t *testing.T) {
	d, _ := open(t, settingsFor(startSample(t, 30)))
	full := errors.New("receiver has enough")
	count := 0
	_, err := d.ReadAll(brief(t), func(directory.Draft) error {
		if count++; count == 3 {
			return full
		}
		return nil
	})
	if err != full || count != 3 {
		t.Errorf("after %d entries: %v", count, err)
	}
	if drafts, _ := readAll(t, d); len(drafts) != 35 {
		t.Errorf("the next read has %d entries", len(drafts))
	}
}

func TestNamesAreTheKeysOfAllEntries(t *testing.T) {
	settings := settingsFor(startSample(t, 40))
	settings.PageSize = 9
	d, _ := open(t, settings)
	drafts, state := readAll(t, d)
	var want, got []string
	for dn := range drafts {
		key, err := name.KeyOf(dn)
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, key)
	}
	if err := d.ReadNames(brief(t), state, func(key string) { got = append(got, key) }); err != nil {
		t.Fatalf("reading names: %v", err)
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("keys of entries (-) against names (+):\n%s", diff)
	}
}

func TestWhatTheServerIsComesFromItsRootDSEAndItsSchema(t *testing.T) {
	server := startSample(t, 0)
	d, _ := open(t, settingsFor(server))
	facts, err := d.RootDSE(brief(t))
	if err != nil {
		t.Fatalf("reading the root DSE: %v", err)
	}
	if facts.Profile != upstream.ProfileOpenLDAP || facts.URL != server.URL || !slices.Equal(facts.NamingContexts, []string{"o=acme"}) {
		t.Errorf("facts are %+v", facts)
	}
	if !facts.SupportsControl(wire.ControlPagedResults) || !facts.SupportsExtension(wire.ExtendedWhoAmI) || facts.SupportsControl("1.2.3") {
		t.Errorf("controls %v, extensions %v", facts.Controls, facts.Extensions)
	}
	types, classes, err := d.Subschema(brief(t))
	if err != nil {
		t.Fatalf("reading the schema: %v", err)
	}
	mentions := func(word string) func(string) bool {
		return func(definition string) bool { return strings.Contains(definition, "'"+word+"'") }
	}
	if !slices.ContainsFunc(types, mentions("groupType")) || !slices.ContainsFunc(classes, mentions("dominoPerson")) {
		t.Errorf("%d types and %d classes without those of the sample", len(types), len(classes))
	}
	settings := settingsFor(server)
	settings.Profile = upstream.ProfileDomino
	named, _ := open(t, settings)
	if facts, err := named.RootDSE(brief(t)); err != nil || facts.Profile != upstream.ProfileDomino {
		t.Errorf("a configured profile became %q, %v", facts.Profile, err)
	}
}
