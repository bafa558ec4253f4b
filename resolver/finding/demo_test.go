package finding_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aclens/aclens/resolver/finding"
)

// lines writes findings one a line, without those kinds that every database of
// the demonstration has.
func lines(found []finding.Finding, without ...string) []string {
	var out []string
	for _, f := range found {
		if slices.Contains(without, f.Kind) {
			continue
		}
		line := f.Severity.String() + " " + f.Kind + ": " + f.Subject
		if len(f.Subjects) > 0 {
			line += ": " + strings.Join(f.Subjects, ", ")
		}
		out = append(out, line)
	}
	return out
}

func wantLines(t *testing.T, got, want []string) {
	t.Helper()
	for _, l := range got {
		if !slices.Contains(want, l) {
			t.Errorf("unexpected: %s", l)
		}
	}
	for _, l := range want {
		if !slices.Contains(got, l) {
			t.Errorf("missing: %s", l)
		}
	}
}

func TestWhatIsWrongWithTheDemonstrationOnPurposeIsFound(t *testing.T) {
	w := acme(t)
	s := w.build(t)
	got := lines(finding.All(s, w.problems), "replicate-unknown", "only-default", "denied-with-access", "default-above-noaccess")
	wantLines(t, got, []string{
		"warning duplicate-common-name: Chris Miller: CN=Chris Miller,OU=HR,O=Acme, CN=Chris Miller,OU=Sales,O=Acme",
		"warning unknown-entry-deleted: apps/archive.nsf: CN=Peter Gone/OU=Sales/O=Acme, Legacy Team",
		"warning unknown-entry-renamed: apps/hr.nsf: CN=Anna Berger/OU=HR/O=Acme (now Anna Keller/HR/Acme)",
		"warning unknown-entry-typo: apps/archive.nsf: Jane Do/Sales/Acme (perhaps Jane Doe/Sales/Acme)",
		"warning dangling-member-deleted: HR Managers: Walter Missing/HR/Acme",
		"warning deep-nesting: Company",
		"warning group-cycle: Project Alpha: Project Alpha, Project Beta",
		"warning group-without-type: primary: Forum Staff",
		"warning mail-only-group: apps/hr.nsf: Newsletter",
		"warning flat-name-match: apps/forum.nsf: Sara Ross",
		"warning entry-type-mismatch: apps/orders.nsf: HR Staff (person), CN=Eva Lang/OU=Sales/O=Acme (persongroup)",
		"warning anonymous-above-noaccess: apps/suggest.nsf",
		"warning anonymous-above-noaccess: help/guide.nsf",
		"warning anonymous-above-noaccess: web/catalog.nsf",
		"warning public-documents: apps/forum.nsf: -Default-",
		"warning public-documents: teams/calendar.nsf: -Default-",
		"warning no-access-neutralised: teams/projects.nsf: Greta Holm/Sales/Acme, Hugo Park/Sales/Acme",
		"warning replicas-differ: web/catalog.nsf",
		"warning no-administration-server: apps/archive.nsf",
		"info unknown-entry-external: apps/archive.nsf: CN=Ann Visitor/O=Customer",
		"info unknown-entry-external: apps/forum.nsf: uid=ssmith/OU=People/DC=acme/DC=com",
		"info unknown-entry-non-person: apps/archive.nsf: C1258A2F:004B7D10 (apps/crm.nsf)",
		"info dangling-member-non-person: OtherDomainServers: Gate1/Partner",
		"info empty-group: Catalog Curators",
		"info template-entries: templates/discussion.ntf: [Anonymous], [LocalDomainAdmins], [*/OU=Sales/O=Acme]",
		"info no-anonymous-entry: apps/archive.nsf",
		"info no-anonymous-entry: apps/forum.nsf",
		"info no-anonymous-entry: templates/discussion.ntf",
		"info several-paths: apps/crm.nsf: Ben Archer/Sales/Acme",
		"info several-paths: apps/hr.nsf: Lena Vogel/HR/Acme",
		"info several-paths: teams/projects.nsf: Alice Stone/Engineering/Acme, Fiona Gray/Engineering/Acme, Greta Holm/Sales/Acme, Hugo Park/Sales/Acme",
		"info wildcard-hidden: apps/crm.nsf: Chris Miller/Sales/Acme, Clara Hill/Sales/Acme",
	})
}

func TestTheFindingsOfTheDemonstrationThatEveryDatabaseHas(t *testing.T) {
	w := acme(t)
	s := w.build(t)
	count := map[string]int{}
	for _, f := range finding.All(s, w.problems) {
		count[f.Kind]++
		switch f.Kind {
		case "only-default":
			if f.Database != f.Subject || len(f.Subjects) != finding.MaxSubjects || f.Count < 50 || f.Count > 60 {
				t.Errorf("%s: %d people, %d listed", f.Subject, f.Count, len(f.Subjects))
			}
			if !slices.IsSorted(f.Subjects) {
				t.Errorf("%s: %v is not sorted", f.Subject, f.Subjects)
			}
		case "denied-with-access":
			if !f.DenyList || !slices.Equal(f.Subjects, []string{"Victor Stone/Sales/Acme"}) {
				t.Errorf("%s: %v, hidden %v", f.Subject, f.Subjects, f.DenyList)
			}
		}
	}
	for kind, want := range map[string]int{"replicate-unknown": 12, "only-default": 5, "denied-with-access": 8, "default-above-noaccess": 5} {
		if count[kind] != want {
			t.Errorf("%d findings %s, want %d", count[kind], kind, want)
		}
	}
}

func TestFindingsDoNotDependOnTheOrderOfEntries(t *testing.T) {
	w := acme(t)
	want := lines(finding.All(w.build(t), w.problems))
	slices.Reverse(w.entries)
	slices.Reverse(w.instances)
	if got := lines(finding.All(w.build(t), w.problems)); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
