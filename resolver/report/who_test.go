package report_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/report"
	"github.com/aclens/aclens/resolver/server"
)

func ask(t testing.TB, s *resolver.Snapshot, q report.Question) *report.Answer {
	t.Helper()
	a, err := report.Who(s, q)
	must(t, err)
	return a
}

// holders writes who has it, one a line.
func holders(a *report.Answer) []string {
	lines := []string{}
	for h := range a.Rows() {
		line := h.User + " " + h.Level
		for _, p := range h.Through {
			line += " [" + strings.Join(append([]string{p.Entry}, p.Via...), " < ") + "]"
		}
		if h.NoEntry {
			line += " (no entry)"
		}
		lines = append(lines, line)
	}
	return lines
}

func wantLines(t *testing.T, got, want []string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWhoMayEditTheCustomersOfTheDemonstration(t *testing.T) {
	s := acme(t).build(t)
	a := ask(t, s, report.Question{Database: find(t, s, "apps/crm.nsf"), AtLeast: acl.Editor, Role: "buyer"})
	got := holders(a)
	if len(got) == 0 {
		t.Fatal("nobody")
	}
	for _, want := range []string{"CN=Mia Winter/OU=Sales/O=Acme editor [CRM Editors < Sales Team < CRM Editors]"} {
		if !slices.Contains(got, want) {
			t.Errorf("no line %q in\n%s", want, strings.Join(got, "\n"))
		}
	}
	for _, line := range got {
		if strings.HasPrefix(line, "CN=Jane Doe/") || strings.HasPrefix(line, "CN=Victor Stone/") {
			t.Errorf("unexpected: %s", line)
		}
	}
	var kinds []string
	for _, b := range a.Bypass {
		kinds = append(kinds, b.Kind+": "+strings.Join(b.Entries, ", "))
	}
	for _, want := range []string{"hostingServer: Hub1/Acme"} {
		if !slices.Contains(kinds, want) {
			t.Errorf("no bypass %q in %v", want, kinds)
		}
	}
	if len(kinds) < 4 {
		t.Errorf("bypass is only %v", kinds)
	}
}

func TestNamesWithoutAnEntryAreAmongThoseWhoHaveIt(t *testing.T) {
	w := newWorld()
	w.put("cn=Jane Doe,o=Acme", "dominoPerson")
	w.put("cn=Team", "dominoGroup", "groupType", "0", "member", "cn=Inner", "member", "cn=Ann Other,o=Else", "member", "cn=Jane Doe,o=Acme", "member", "cn=flat")
	w.put("cn=Inner", "dominoGroup", "groupType", "0", "member", "cn=Deep Name,ou=X,o=Else")
	w.database(t, "app.nsf", acl.Editor, entry{label: "-Default-"}, entry{label: "Team", level: acl.Editor},
		entry{label: "Max Gone/Acme", level: acl.Reader}, entry{label: "Web7/Acme", level: acl.Manager, kind: acl.TypeServer}, entry{label: "Nobody Team", level: acl.Manager})
	s := w.build(t)
	wantLines(t, holders(ask(t, s, report.Question{Database: find(t, s, "app.nsf")})), []string{
		"CN=Jane Doe/O=Acme editor [Team < Team]",
		"CN=Ann Other/O=Else editor [Team < Team] (no entry)",
		"CN=Deep Name/OU=X/O=Else editor [Team < Inner < Team] (no entry)",
		"CN=Max Gone/O=Acme reader [Max Gone/Acme] (no entry)",
		"CN=Web7/O=Acme manager [Web7/Acme] (no entry)",
	})
}

func TestOpenSaysWhomTheDirectoryDoesNotKnow(t *testing.T) {
	w := newWorld()
	w.put("cn=Jane Doe,o=Acme", "dominoPerson")
	w.put("cn=Guests", "dominoGroup", "groupType", "0", "member", "cn=*,o=Partner")
	w.database(t, "app.nsf", acl.Author, entry{label: "-Default-", level: acl.Reader}, entry{label: "Anonymous", level: acl.Depositor},
		entry{label: "*/Sales/Acme", level: acl.Manager, roles: []string{"Buyer"}}, entry{label: "*/Acme", level: acl.Author},
		entry{label: "Guests", level: acl.Editor}, entry{label: "*/Closed", level: acl.NoAccess})
	s := w.build(t)
	open := func(c acl.Channel, least acl.Level) []string {
		lines := []string{}
		for _, o := range ask(t, s, report.Question{Database: find(t, s, "app.nsf"), Channel: c, AtLeast: least}).Open {
			lines = append(lines, fmt.Sprintf("%s %s %s %v", o.Admits, o.Level, o.Source, o.Roles))
		}
		return lines
	}
	wantLines(t, open(acl.Notes, acl.NoAccess), []string{"-Default- reader default []", "Anonymous depositor anonymous []",
		"*/O=Acme author wildcard []", "*/O=partner editor group []", "*/OU=Sales/O=Acme manager wildcard [[Buyer]]"})
	wantLines(t, open(acl.WebSession, acl.Author), []string{"*/O=Acme author wildcard []", "*/O=partner author group []", "*/OU=Sales/O=Acme author wildcard [[Buyer]]"})
	wantLines(t, open(acl.WebAnonymous, acl.NoAccess), []string{"Anonymous depositor anonymous []"})
	wantLines(t, open(acl.Notes, acl.Manager), []string{"*/OU=Sales/O=Acme manager wildcard [[Buyer]]"})
}

func TestALocalCopyWithoutAnEnforcedACLIsOpenToEverybody(t *testing.T) {
	w := newWorld()
	w.put("cn=Jane Doe,o=Acme", "dominoPerson")
	w.database(t, "app.nsf", acl.Author, entry{label: "-Default-"}).List.Consistent = acl.No
	s := w.build(t)
	a := ask(t, s, report.Question{Database: find(t, s, "app.nsf"), Channel: acl.Local})
	wantLines(t, holders(a), []string{"CN=Jane Doe/O=Acme manager"})
	if len(a.Open) == 0 || a.Open[0].Admits != "-Default-" || a.Open[0].Level != "manager" {
		t.Errorf("open: %+v", a.Open)
	}
}

func TestARoleThatTheACLDoesNotDefineIsAnError(t *testing.T) {
	s := acme(t).build(t)
	if _, err := report.Who(s, report.Question{Database: find(t, s, "apps/crm.nsf"), Role: "Nonsense"}); err == nil || !strings.Contains(err.Error(), "[Nonsense]") {
		t.Errorf("got %v", err)
	}
}

func TestAReplicaIsAskedByItself(t *testing.T) {
	s := acme(t).build(t)
	db, in, ok := s.Databases().Find("Web1/Acme!!web/catalog.nsf")
	if !ok || in == db.Primary {
		t.Fatal("no such replica")
	}
	for h := range ask(t, s, report.Question{Database: db, Instance: in}).Rows() {
		if h.Database != "Web1/Acme!!web/catalog.nsf" {
			t.Fatalf("a row about %s", h.Database)
		}
		if strings.HasSuffix(h.User, "/O=Partner") {
			t.Errorf("%s is let in, though Web1 admits only Acme", h.User)
		}
	}
}

func TestDenyListsCanBeHidden(t *testing.T) {
	w := newWorld()
	w.put("cn=Jane Doe,o=Acme", "dominoPerson")
	w.put("cn=Gone", "dominoGroup", "groupType", "3", "member", "cn=Jane Doe,o=Acme", "member", "cn=*,o=Else")
	w.database(t, "app.nsf", acl.Author, entry{label: "-Default-"}, entry{label: "Gone", level: acl.Reader})
	host := &server.Document{Name: name.Parse("Hub1/Acme"), Lists: map[string][]string{server.FullAdmin: {"Gone"}}}
	w.servers = append(w.servers, &server.Server{Document: host})
	s := w.build(t)
	a := ask(t, s, report.Question{Database: find(t, s, "app.nsf")})
	shown, err := json.Marshal([]any{a, slices.Collect(a.Rows())})
	must(t, err)
	a.HideDenyLists()
	hidden, err := json.Marshal([]any{a, slices.Collect(a.Rows())})
	must(t, err)
	if !strings.Contains(string(shown), "Gone") || strings.Contains(string(hidden), "Gone") {
		t.Errorf("shown %s\nhidden %s", shown, hidden)
	}
	if host.Lists[server.FullAdmin][0] != "Gone" {
		t.Error("hiding a name changes the Server document")
	}
}

// everyone lists all subjects that Who may name: entries, and the strangers that
// random worlds hold.
func everyone(s *resolver.Snapshot) (subjects []*resolver.Subject) {
	for id := range s.Store().Cap() {
		if sub, ok := s.Subject(id); ok {
			subjects = append(subjects, sub)
		}
	}
	return subjects
}

func TestWhoAgreesWithDecideAndWithTheSets(t *testing.T) {
	for seed := range uint64(80) {
		r := rand.New(rand.NewPCG(seed, 4))
		s := randomWorld(t, r).build(t)
		q := report.Question{Database: s.Databases().At(r.IntN(4)), Channel: channels[r.IntN(len(channels))], AtLeast: acl.Level(r.IntN(acl.Levels))}
		if r.IntN(2) == 0 {
			q.Role = "[Buyer]"
		}
		meets := func(d *resolver.Decision) bool {
			return d.Level >= max(q.AtLeast, acl.Depositor) && (q.Role == "" || d.Roles.Has(1))
		}
		want := map[string]string{}
		for _, sub := range everyone(s) {
			if d := s.Decide(sub, q.Database.Primary, resolver.Query{Channel: q.Channel}); meets(&d) {
				want[sub.Name.Canonical()] = d.Level.String()
			}
		}
		got := map[string]string{}
		alone := 0
		for h := range ask(t, s, q).Rows() {
			if h.NoEntry {
				alone++
				checkLoner(t, s, q, h)
				continue
			}
			got[h.User] = h.Level
			if len(h.Through) == 0 && h.Source != "local-unenforced" {
				t.Fatalf("seed %d: %s has it through nothing", seed, h.User)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("seed %d: %s", seed, diff)
		}
		checkStrangers(t, s, q, meets)
	}
}

func checkLoner(t *testing.T, s *resolver.Snapshot, q report.Question, h report.Holder) {
	t.Helper()
	for _, kind := range []acl.Kind{acl.Person, acl.Server} {
		d := s.Decide(s.NamedSubject(name.Parse(h.User), kind), q.Database.Primary, resolver.Query{Channel: q.Channel})
		if d.Level.String() == h.Level {
			return
		}
	}
	t.Fatalf("%s alone has no %s", h.User, h.Level)
}

// checkStrangers holds Open against people whom nobody knows.
func checkStrangers(t *testing.T, s *resolver.Snapshot, q report.Question, meets func(*resolver.Decision) bool) {
	t.Helper()
	open := ask(t, s, q).Open
	for _, text := range []string{"Zed/Sales/Acme", "Zed/HR/Acme", "Zed/West/HR/Acme", "Zed/Deep/West/HR/Acme", "Zed/Partner", "Zed/Acme", "Zed/Nowhere"} {
		stranger := name.Parse(text)
		d := s.Decide(s.NamedSubject(stranger, acl.Person), q.Database.Primary, resolver.Query{Channel: q.Channel})
		if !meets(&d) {
			continue
		}
		best, at := -1, ""
		for i, o := range open {
			admits := name.Parse(o.Admits)
			if admits.Covers(stranger) && len(admits.Key()) > len(at) {
				best, at = i, string(admits.Key())
			}
		}
		if d.Source != acl.FromGroup && d.Source != acl.FromWildcard {
			admits := map[acl.Source]string{acl.FromAnonymous: "Anonymous"}[d.Source]
			if best = slices.IndexFunc(open, func(o report.Open) bool { return o.Source == d.Source.String() && (admits == "" || o.Admits == admits) }); best < 0 {
				t.Fatalf("%s gets %s from %s, and no door is open: %+v", text, d.Level, d.Source, open)
			}
		}
		if best < 0 || open[best].Level != d.Level.String() {
			t.Fatalf("%s gets %s from %s, and the doors are %+v", text, d.Level, d.Source, open)
		}
	}
}
