package resolver_test

import (
	"errors"
	"testing"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/directory"
)

func acmeWorld() *world {
	w := &world{rules: standardRules()}
	w.rules.notesName = true
	w.docs = []doc{
		{kind: "person", name: "CN=Jane Doe/OU=Sales/O=Acme", uids: []string{"jdoe"}, mails: []string{"jane.doe@acme.example"}, alternates: []string{"Juana/Acme"}},
		{kind: "person", name: "CN=Bob Ray/O=Acme", uids: []string{"bray"}, mails: []string{"info@acme.example"}},
		{kind: "person", name: "CN=Bob Ray/O=Other", uids: []string{"bray"}, mails: []string{"info@acme.example"}},
		{kind: "person", name: "uid=ssmith/ou=People/dc=acme/dc=com", mapped: []string{"CN=Sandra Smith/O=Acme"}},
		{kind: "person", name: "CN=A/O=Acme", alternates: []string{"Shared/Acme"}},
		{kind: "person", name: "CN=B/O=Acme", alternates: []string{"Shared/Acme"}},
		{kind: "person", name: "Flat Person"},
		{kind: "person", name: "CN=Twice/O=Acme"},
		{kind: "person", name: "CN=Cas Else/O=Acme", uids: []string{"twice"}},
		{kind: "person", name: `CN=Input"/"Output/O=Acme`},
		{kind: "server", name: "CN=Hub1/O=Acme", uids: []string{"hub"}},
		{kind: "group", name: "Staff", groupType: "0", uids: []string{"staff"}},
	}
	return w
}

func TestASubjectIsFoundByWhateverNamesItAlone(t *testing.T) {
	s := acmeWorld().build(t)
	const (
		found = iota
		unknown
		ambiguous
		alone // no entry
	)
	rows := []struct {
		text string
		mode resolver.NameMode
		want int
		dn   string
		kind acl.Kind
	}{
		{"CN=Jane Doe/OU=Sales/O=Acme", 0, found, "CN=Jane Doe,OU=Sales,O=Acme", acl.Person},
		{"jane doe/sales/acme", 0, found, "CN=Jane Doe,OU=Sales,O=Acme", acl.Person},
		{"  Jane  Doe / Sales / Acme ", 0, found, "CN=Jane Doe,OU=Sales,O=Acme", acl.Person},
		{"cn=jane doe, ou=SALES, o=acme", 0, found, "CN=Jane Doe,OU=Sales,O=Acme", acl.Person},
		{"Juana/Acme", 0, found, "CN=Jane Doe,OU=Sales,O=Acme", acl.Person},
		{"cn=Juana,o=Acme", 0, found, "CN=Jane Doe,OU=Sales,O=Acme", acl.Person},
		{"Jane Doe", 0, found, "CN=Jane Doe,OU=Sales,O=Acme", acl.Person},
		{"JDOE", 0, found, "CN=Jane Doe,OU=Sales,O=Acme", acl.Person},
		{"Jane.Doe@ACME.example", 0, found, "CN=Jane Doe,OU=Sales,O=Acme", acl.Person},
		{"Hub1/Acme", 0, found, "CN=Hub1,O=Acme", acl.Server},
		{"hub", 0, found, "CN=Hub1,O=Acme", acl.Server},
		{"hub1", 0, found, "CN=Hub1,O=Acme", acl.Server},
		{"CN=Hub1", 0, found, "CN=Hub1,O=Acme", acl.Server},
		{"twice", 0, ambiguous, "", 0},
		{"Flat Person", 0, found, "CN=Flat Person", acl.Person},
		{"Sandra Smith/Acme", 0, found, "uid=ssmith,OU=People,dc=acme,dc=com", acl.Person},
		{"Sandra Smith", 0, found, "uid=ssmith,OU=People,dc=acme,dc=com", acl.Person},
		{"uid=ssmith,ou=People,dc=acme,dc=com", 0, found, "uid=ssmith,OU=People,dc=acme,dc=com", acl.Person},
		{"cn=Input/Output,o=Acme", 0, found, "CN=Input/Output,O=Acme", acl.Person},
		{"Bob Ray/Other", 0, found, "CN=Bob Ray,O=Other", acl.Person},
		{"Bob Ray", 0, ambiguous, "", 0},
		{"bray", 0, ambiguous, "", 0},
		{"info@acme.example", 0, ambiguous, "", 0},
		{"Shared/Acme", 0, ambiguous, "", 0},
		{"Shared", 0, unknown, "", 0},
		{"", 0, unknown, "", 0},
		{"   ", resolver.AnyName, unknown, "", 0},
		{"Nobody", 0, unknown, "", 0},
		{"Nobody", resolver.AnyName, alone, "CN=Nobody", acl.Person},
		{"Ann New/Acme", 0, alone, "CN=Ann New,O=Acme", acl.Person},
		{"CN=Ann New/O=Acme", 0, alone, "CN=Ann New,O=Acme", acl.Person},
		{"cn=Ann New,o=Acme", 0, unknown, "", 0},
		{"cn=Ann New,o=Acme", resolver.AnyName, alone, "CN=Ann New,O=Acme", acl.Person},
		{"Staff", 0, unknown, "", 0},
		{"staff", 0, unknown, "", 0},
		{"*/Acme", resolver.AnyName, unknown, "", 0},
		{"*", resolver.AnyName, unknown, "", 0},
		{"[Admin]", resolver.AnyName, unknown, "", 0},
		{"Anonymous", 0, alone, "CN=Anonymous", acl.Anonymous},
		{"ANONYMOUS", 0, alone, "CN=Anonymous", acl.Anonymous},
		{"-default-", 0, alone, "CN=-Default-", acl.Nobody},
		{"85255B42:005A8FA4", 0, alone, "CN=85255B42005A8FA4", acl.Database},
		{"85255b42005a8fa4", 0, alone, "CN=85255B42005A8FA4", acl.Database},
	}
	for _, r := range rows {
		sub, warnings, err := s.FindSubject(r.text, r.mode)
		switch {
		case r.want == unknown:
			if !errors.Is(err, resolver.ErrUnknownSubject) || sub != nil {
				t.Errorf("%q: %v, want unknown", r.text, err)
			}
		case r.want == ambiguous:
			if !errors.Is(err, resolver.ErrAmbiguousSubject) || sub != nil {
				t.Errorf("%q: %v, want ambiguous", r.text, err)
			}
		case err != nil:
			t.Errorf("%q: %v", r.text, err)
		case s.DN(sub) != r.dn || sub.Kind != r.kind:
			t.Errorf("%q is the %s %q, want the %s %q", r.text, sub.Kind, s.DN(sub), r.kind, r.dn)
		case (len(warnings) > 0) != (r.want == alone && r.kind == acl.Person):
			t.Errorf("%q: warnings %v", r.text, warnings)
		}
	}
}

// Judged as a name alone, somebody's alternate name would have what a wildcard
// gives it, though the person is refused by the own name.
func TestAHiddenAlternateNameIsNotJudgedAlone(t *testing.T) {
	s := acmeWorld().build(t)
	hidden := func(attribute string, _ directory.ID) bool { return attribute != "altfullname" }
	for _, text := range []string{"Juana/Acme", "Shared/Acme", "Nobody Here/Acme"} {
		if sub, _, err := s.FindShown(text, hidden); !errors.Is(err, resolver.ErrUnknownSubject) {
			t.Errorf("%q is %+v, %v: it may be somebody's", text, sub, err)
		}
	}
	for _, text := range []string{"Jane Doe/Sales/Acme", "jdoe", "Anonymous", "-Default-", "8525000000000001"} {
		if _, _, err := s.FindShown(text, hidden); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
	shown := func(string, directory.ID) bool { return true }
	if sub, warnings, err := s.FindShown("Nobody Here/Acme", shown); err != nil || sub.Entry != directory.None || len(warnings) != 1 {
		t.Errorf("where all is shown a name without an entry is %+v, %v, %v", sub, warnings, err)
	}
	w := acmeWorld()
	for i := range w.docs {
		w.docs[i].alternates = nil
	}
	if _, _, err := w.build(t).FindShown("Nobody Here/Acme", hidden); err != nil {
		t.Errorf("where nobody has an alternate name: %v", err)
	}
}

func TestWhatIsHiddenFindsNobody(t *testing.T) {
	s := acmeWorld().build(t)
	hidden := func(string, directory.ID) bool { return false }
	for text, found := range map[string]bool{
		"cn=Jane Doe,ou=Sales,o=Acme": true, "Jane Doe/Sales/Acme": true, "jane doe": true, "Hub1": true, "Sandra Smith/Acme": true, "Twice": true,
		"jdoe": false, "jane.doe@acme.example": false, "Juana/Acme": false, "hub": false, "bray": false, "info@acme.example": false,
	} {
		sub, _, err := s.FindShown(text, hidden)
		if got := err == nil && sub.Entry != directory.None; got != found {
			t.Errorf("%q finds %v (%v), want %v", text, got, err, found)
		}
		if errors.Is(err, resolver.ErrAmbiguousSubject) {
			t.Errorf("%q tells by hidden values that there are several: %v", text, err)
		}
		if found {
			continue
		}
		if _, _, err := s.FindShown(text, func(string, directory.ID) bool { return true }); errors.Is(err, resolver.ErrUnknownSubject) {
			t.Errorf("%q is not found where everything is shown: %v", text, err)
		}
	}
}
