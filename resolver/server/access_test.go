package server

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/name"
)

func TestServerAccessCasesOfTheReference(t *testing.T) {
	cases := readCases(t, "server-access")
	if len(cases) != 9 {
		t.Fatalf("%d cases, want 9", len(cases))
	}
	for _, c := range cases {
		t.Run(c.ID, func(t *testing.T) {
			s, sub := c.server(t), c.subject()
			if box := c.Facts.TrustedDirectoriesCheckbox; box != nil {
				s.Settings.TrustedDirectories = acl.TriOf(*box)
			}
			if enforce := c.Facts.EnforceForProtocol; enforce != nil {
				s.Settings.Enforce = map[Protocol]acl.Tri{HTTP: acl.TriOf(*enforce)}
			}
			checkServerCase(t, c, s, sub)
		})
	}
}

func checkServerCase(t *testing.T, c serverCase, s *Server, sub person) {
	t.Helper()
	switch {
	case c.Facts.Channel == "notes":
		if got, r := s.Access(sub, acl.Notes); got.String() != c.Expect.Access {
			t.Errorf("got %s (%+v), want %s", got, r, c.Expect.Access)
		}
	case c.Facts.Channel == "http":
		for _, channel := range []acl.Channel{acl.WebPassword, acl.WebSession, acl.WebSSO, acl.WebClientCert} {
			if got, r := s.Access(sub, channel); got.String() != c.Expect.Access {
				t.Errorf("%s: got %s (%+v), want %s", channel, got, r, c.Expect.Access)
			}
		}
	case c.Facts.Field == CreateAccess:
		if got, r := s.MayCreateDatabases(sub); got != *c.Expect.Allowed {
			t.Errorf("got %v (%+v), want %v", got, r, *c.Expect.Allowed)
		}
	case c.Facts.Field == ReplicaAccess || c.Expect.Replica != nil:
		want := c.Expect.Replica
		if want == nil {
			want = c.Expect.Allowed
		}
		if got, r := s.MayCreateReplicas(sub); got != *want {
			t.Errorf("got %v (%+v), want %v", got, r, *want)
		}
	default:
		t.Errorf("nothing here answers a case with channel %q and field %q", c.Facts.Channel, c.Facts.Field)
	}
}

func TestEntriesOfServerListsMeanWhatRule7_2Says(t *testing.T) {
	jane := named("CN=Jane Doe/OU=Sales/O=Acme", "Jeanne Doe/Acme").in("Staff", "CN=admins/OU=groups/O=acme")
	rows := []struct {
		entry string
		sub   person
		want  standing
	}{
		{"Jane Doe/Sales/Acme", jane, listed},
		{"jeanne doe/acme", jane, listed},
		{"STAFF", jane, listed},
		{"admins/groups/acme", jane, listed},
		{"*/Acme", jane, listed},
		{"*/Sales/Acme", jane, listed},
		{"*", jane, listed},
		{"*", jane.stranger(), unlisted},
		{"*/Acme", jane.stranger(), listed},
		{"*/Jane Doe/Sales/Acme", jane, unlisted},
		{"*/", jane, unlisted},
		{"/", jane, unlisted},
		{"", jane, unlisted},
		{"  ", jane, unlisted},
		{"[Staff]", jane, unlisted},
		{"Acme", jane, unlisted},
		{"-Default-", jane, unlisted},
		{"Anonymous", jane, unlisted},
		{"*People", jane, doubtful},
		{" *People", jane, doubtful},
		{"**", jane, doubtful},
		{"Jane Doe", jane, doubtful},
		{"Jeanne Doe", jane, doubtful},
		{"Jane Doe", named("Jane Doe"), listed},
		{"Jane Doe/Research/Acme", jane, unlisted},
		{"Anonymous", named("Anonymous"), listed},
		{"", person{}, unlisted},
		{"*/Acme", person{}, unlisted},
		{"*", person{}, unlisted},
	}
	for _, r := range rows {
		e := readEntry(r.entry)
		if got := e.compare(r.sub); got != r.want {
			t.Errorf("entry %q for %v: %s, want %s", r.entry, r.sub.names, got, r.want)
		}
	}
}

func TestServerAccess(t *testing.T) {
	jane := named("Jane Doe/Sales/Acme").in("Staff")
	yes, no := map[Protocol]acl.Tri{HTTP: acl.Yes}, map[Protocol]acl.Tri{HTTP: acl.No}
	rows := []struct {
		title       string
		allow, deny []string // nil is an item that the document does not carry
		settings    Settings
		sub         person
		channel     acl.Channel
		want        Access
		rule, entry string
	}{
		{"both blank", []string{}, []string{}, Settings{}, jane, acl.Notes, Allowed, "7.1", ""},
		{"both blank, box not known, no entry in the directory", []string{}, []string{}, Settings{}, jane.stranger(), acl.Notes, Unknown, "7.2", ""},
		{"both blank, box off, no entry in the directory", []string{}, []string{}, Settings{TrustedDirectories: acl.No}, jane.stranger(), acl.Notes, Allowed, "7.1", ""},
		{"blank and the box on, no entry in the directory", []string{}, []string{}, Settings{TrustedDirectories: acl.Yes}, jane.stranger(), acl.Notes, Denied, "7.2", ""},
		{"not listed, but the box is on", []string{"Others"}, []string{}, Settings{TrustedDirectories: acl.Yes}, jane, acl.Notes, Allowed, "7.2", ""},
		{"not listed", []string{"Others"}, []string{}, Settings{}, jane, acl.Notes, Denied, "7.1", ""},
		{"listed by group", []string{"Others", "Staff"}, []string{}, Settings{}, jane, acl.Notes, Allowed, "7.2", "Staff"},
		{"deny by wildcard beats allow by name", []string{"Jane Doe/Sales/Acme"}, []string{"*/Sales/Acme"}, Settings{}, jane, acl.Notes, Denied, "7.3", "*/Sales/Acme"},
		{"a view in AllowAccess admits nobody", []string{"*People"}, []string{}, Settings{}, jane, acl.Notes, Denied, "7.1", "*People"},
		{"a view beside an entry that admits", []string{"*People", "Staff"}, []string{}, Settings{}, jane, acl.Notes, Allowed, "7.2", "Staff"},
		{"a view in DenyAccess leaves it open", []string{}, []string{"*Left"}, Settings{}, jane, acl.Notes, Unknown, "7.3", "*Left"},
		{"a view in DenyAccess of whoever is shut out anyway", []string{"Others"}, []string{"*Left"}, Settings{}, jane, acl.Notes, Denied, "7.1", ""},
		{"a bare common name admits nobody", []string{"Jane Doe"}, []string{}, Settings{}, jane, acl.Notes, Denied, "7.1", "Jane Doe"},
		{"a bare common name on the deny list leaves it open", []string{}, []string{"Jane Doe"}, Settings{}, jane, acl.Notes, Unknown, "7.3", "Jane Doe"},
		{"no DenyAccess item", []string{}, nil, Settings{}, jane, acl.Notes, Unknown, "7.3", ""},
		{"no AllowAccess item", nil, []string{}, Settings{}, jane, acl.Notes, Unknown, "7.1", ""},
		{"no AllowAccess item, on the deny list", nil, []string{"Staff"}, Settings{}, jane, acl.Notes, Denied, "7.3", "Staff"},
		{"web, not known whether enforced", []string{}, []string{}, Settings{}, jane, acl.WebSession, Unknown, "7.1", ""},
		{"web, not known whether enforced, denied if so", []string{}, []string{"Staff"}, Settings{}, jane, acl.WebSession, Unknown, "7.3", "Staff"},
		{"web, enforced for another protocol only", []string{}, []string{"Staff"}, Settings{Enforce: map[Protocol]acl.Tri{IMAP: acl.Yes}}, jane, acl.WebSession, Unknown, "7.3", "Staff"},
		{"web, enforced", []string{"Staff"}, []string{}, Settings{Enforce: yes}, jane, acl.WebClientCert, Allowed, "7.2", "Staff"},
		{"web, not enforced", []string{"Others"}, []string{"Staff"}, Settings{Enforce: no}, jane, acl.WebSSO, Allowed, "7.4", "http"},
		{"notes is enforced whatever is said of http", []string{"Others"}, []string{}, Settings{Enforce: no}, jane, acl.Notes, Denied, "7.1", ""},
		{"Anonymous need not be listed", []string{"Staff"}, []string{}, Settings{Enforce: yes}, named("Anonymous").stranger(), acl.WebAnonymous, Allowed, "7.5", ""},
		{"nameless on the anonymous channel", []string{"Staff"}, []string{}, Settings{Enforce: yes}, person{}, acl.WebAnonymous, Allowed, "7.5", ""},
		{"Anonymous over Notes", []string{"Staff"}, []string{}, Settings{}, named("Anonymous").stranger(), acl.Notes, Allowed, "7.5", ""},
		{"Anonymous can be denied", []string{}, []string{"anonymous"}, Settings{Enforce: yes}, named("Anonymous").stranger(), acl.WebAnonymous, Denied, "7.3", "anonymous"},
		{"nameless on another channel", []string{"*/Acme"}, []string{}, Settings{}, person{}, acl.Notes, Denied, "7.1", ""},
		{"local goes past the server", []string{"Others"}, []string{"Staff"}, Settings{}, jane, acl.Local, Allowed, "6.3", ""},
	}
	for _, r := range rows {
		items := map[string][]string{}
		if r.allow != nil {
			items[AllowAccess] = r.allow
		}
		if r.deny != nil {
			items[DenyAccess] = r.deny
		}
		s := &Server{Document: lists(items), Settings: r.settings}
		got, reason := s.Access(r.sub, r.channel)
		if got != r.want || reason.Rule != r.rule || reason.Entry != r.entry || reason.Why == "" {
			t.Errorf("%s: %s by %+v; want %s by rule %s, entry %q", r.title, got, reason, r.want, r.rule, r.entry)
		}
	}
}

func TestWithoutADocumentNothingIsKnownOrGranted(t *testing.T) {
	s := &Server{Settings: Settings{Enforce: map[Protocol]acl.Tri{HTTP: acl.No}, TrustedDirectories: acl.Yes, Release: 12}}
	jane := named("Jane Doe/Acme")
	for _, c := range []acl.Channel{acl.Notes, acl.WebSession, acl.WebAnonymous} {
		if got, r := s.Access(jane, c); got != Unknown || r.Why == "" {
			t.Errorf("%s: %s (%+v)", c, got, r)
		}
	}
	for what, may := range map[string]func(Subject) (bool, Reason){
		"create": s.MayCreateDatabases, "replicas": s.MayCreateReplicas, "templates": s.MayCreateMasterTemplates,
		"full access": s.MayUseFullAccess, "delete": s.MayDeleteAnyDatabase,
	} {
		if ok, r := may(jane); ok || r.Why != "no Server document" {
			t.Errorf("%s: %v, %+v", what, ok, r)
		}
	}
	if got := s.AgentRights(jane); len(got) != 0 {
		t.Errorf("agent rights %v", got)
	}
	if got := s.AdminRights(jane); len(got) != 0 {
		t.Errorf("administrator rights %v", got)
	}
}

func TestEnforcementIsAskedForTheProtocolAtHand(t *testing.T) {
	s := &Server{Document: lists(map[string][]string{AllowAccess: {}, DenyAccess: {"Jane Doe/Acme"}}), Settings: Settings{
		Enforce: map[Protocol]acl.Tri{IMAP: acl.Yes, POP3: acl.No},
	}}
	for p, want := range map[Protocol]Access{IMAP: Denied, POP3: Allowed, LDAP: Unknown, HTTP: Unknown, DIIOP: Unknown} {
		got, r := s.AccessOver(named("Jane Doe/Acme"), p)
		if got != want {
			t.Errorf("%s: %s (%+v), want %s", p, got, r, want)
		}
		if want == Unknown && !strings.Contains(r.Why, "denied") {
			t.Errorf("%s: the reason %q does not say that the lists would deny", p, r.Why)
		}
	}
}

func TestAServerIsFoundByItsDocumentOrItsOwnName(t *testing.T) {
	hub, spoke := name.Parse("Hub1/Acme"), name.Parse("Spoke/Acme")
	if got := (&Server{Document: &Document{Name: hub}, Name: spoke}).Key(); got != hub.Key() {
		t.Errorf("with a document: %q", got)
	}
	if got := (&Server{Name: spoke}).Key(); got != spoke.Key() {
		t.Errorf("without one: %q", got)
	}
}

func TestASealedServerWithoutADocumentKnowsNoItem(t *testing.T) {
	s := &Server{Settings: Settings{Release: 12}}
	s.Seal()
	if got, r := s.Access(named("Jane Doe/Acme"), acl.Notes); got != Unknown {
		t.Errorf("%s (%+v)", got, r)
	}
	if got := s.AgentRights(named("Jane Doe/Acme")); len(got) != 0 {
		t.Errorf("agent rights %v", got)
	}
}

func TestProtocolsReadBack(t *testing.T) {
	for _, p := range Protocols {
		if got, err := ParseProtocol(string(p)); err != nil || got != p {
			t.Errorf("%s: %s, %v", p, got, err)
		}
	}
	for _, s := range []string{"", "HTTP", "https", "notes"} {
		if _, err := ParseProtocol(s); err == nil {
			t.Errorf("%q is no error", s)
		}
	}
}

// accessInEveryWorld resolves each thing that is not known in every way it can
// be, and answers what all those worlds have in common. In a filled AllowAccess
// an entry in doubt and a box not known are taken as not admitting, the choice
// that Access documents.
func accessInEveryWorld(allow, deny field, box acl.Tri, who facts) Access {
	denials := []bool{deny.any(who, means)}
	if !denials[0] && (!deny.present || deny.any(who, mightMean)) {
		denials = []bool{false, true}
	}
	var admissions []bool
	switch {
	case !allow.present: // filled without the subject, filled with it
		admissions = []bool{box == acl.Yes && who.inDirectory, true}
	case allow.blank():
		if box != acl.Yes {
			admissions = append(admissions, true)
		}
		if box != acl.No {
			admissions = append(admissions, who.inDirectory)
		}
	default:
		admissions = []bool{allow.any(who, means) || box == acl.Yes && who.inDirectory}
	}
	seen := map[bool]bool{}
	for _, denied := range denials {
		for _, admitted := range admissions {
			seen[admitted && !denied] = true
		}
	}
	switch {
	case len(seen) == 2:
		return Unknown
	case seen[true]:
		return Allowed
	default:
		return Denied
	}
}

func TestAccessAgreesWithEveryWorldThatTheFactsAllow(t *testing.T) {
	rng := rand.New(rand.NewPCG(29, 31))
	counts := map[Access]int{}
	for n := range 20_000 {
		sub, who := randomSubject(rng)
		allow, deny := randomField(rng), randomField(rng)
		items := map[string][]string{}
		allow.put(items, AllowAccess)
		deny.put(items, DenyAccess)
		box, enforce := acl.Tri(rng.IntN(3)), acl.Tri(rng.IntN(3))
		s := sometimesSealed(rng, &Server{Document: lists(items), Settings: Settings{
			TrustedDirectories: box, Enforce: map[Protocol]acl.Tri{HTTP: enforce},
		}})
		want := accessInEveryWorld(allow, deny, box, who)
		if got, r := s.Access(sub, acl.Notes); got != want {
			t.Fatalf("question %d: %v, box %d, subject %+v\ngot %s (%+v), want %s", n, items, box, who, got, r, want)
		}
		counts[want]++
		overHTTP := map[acl.Tri]Access{acl.Unknown: Unknown, acl.No: Allowed, acl.Yes: want}[enforce]
		if got, r := s.Access(sub, acl.WebSession); got != overHTTP {
			t.Fatalf("question %d over http, enforced %d: %v, box %d, subject %+v\ngot %s (%+v), want %s", n, enforce, items, box, who, got, r, overHTTP)
		}
	}
	for _, a := range []Access{Unknown, Allowed, Denied} {
		if counts[a] < 1000 {
			t.Errorf("%s came up %d times", a, counts[a])
		}
	}
}
