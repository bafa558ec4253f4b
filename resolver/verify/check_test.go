package verify_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/verify"
)

// rival is one other reading, as settings say it.
type rival struct {
	decision, setting, other string
	change                   func(*resolver.Settings)
}

// rivals are the other readings of everything, told apart from the code that
// lists them.
var rivals = []rival{
	{"D1", "", "an exact name and groups together", func(s *resolver.Settings) { s.Reading.NameJoinsGroups = true }},
	{"D2", "", "roles of the groups with the highest level", func(s *resolver.Settings) { s.Reading.RolesOfWinners = true }},
	{"D3", "", "privileges of the groups with the highest level", func(s *resolver.Settings) { s.Reading.PrivilegesOfWinners = true }},
	{"D4", "wildcardMode", "merge", func(s *resolver.Settings) { s.Reading.Wildcards = acl.WildcardMerge }},
	{"D5", "", "the longest wildcard", func(s *resolver.Settings) { s.Reading.MostSpecificWildcard = true }},
	{"D6", "commonNameMatch", "always", func(s *resolver.Settings) { s.CommonName = resolver.CommonNameAlways }},
	{"D6", "commonNameMatch", "never", func(s *resolver.Settings) { s.CommonName = resolver.CommonNameNever }},
	{"D7", "commonNameInGroups", "true", func(s *resolver.Settings) { s.CommonNameInGroups = true }},
	{"D8", "aclGroupTypes", "[0, 2]", func(s *resolver.Settings) {
		s.GroupTypes = [5]bool{resolver.TypeMultiPurpose: true, resolver.TypeACLOnly: true}
	}},
	{"D9", "maxNestingDepth", "6", func(s *resolver.Settings) { s.MaxDepth = 6 }},
	{"D10", "cappedChannels", "[web-password, web-session, web-anonymous]", func(s *resolver.Settings) {
		s.Reading.Capped = acl.ChannelsOf(acl.WebPassword, acl.WebSession, acl.WebAnonymous)
	}},
	{"D11", "fullAccessRoles", "all", func(s *resolver.Settings) { s.Reading.FullAccessRoles = true }},
	{"D12", "", "no roles under the Internet maximum", func(s *resolver.Settings) { s.Reading.CapDropsRoles = true }},
}

func TestADominoOfTheSameReadingAgreesEverywhere(t *testing.T) {
	s := build(t, nil)
	answers := domino(t, s)
	r := verify.Check(s, answers)
	if r.Agreed != len(answers) || r.Differing+r.Unsaid+r.Passed > 0 || len(r.Rows) > 0 {
		t.Fatalf("%d of %d agree: %+v", r.Agreed, len(answers), r.Rows)
	}
	for _, c := range r.Readings {
		if c.Fixed > 0 || c.Broken != c.Changed || c.Fits != verify.FitsWorse {
			t.Errorf("%+v fits better than what Domino reads, or is not tested", c)
		}
	}
	var rules []string
	for _, c := range r.Rules {
		rules = append(rules, c.Rule)
		if c.Agreed != c.Rows || c.About == "" {
			t.Errorf("%+v", c)
		}
	}
	if want := []string{"2.10", "3.2", "3.5", "3.8", "3.9", "3.10", "3.11", "5.1", "6.3"}; !slices.Equal(rules, want) {
		t.Errorf("rules %v, want %v", rules, want)
	}
}

func TestADominoOfAnotherReadingIsRecognised(t *testing.T) {
	s := build(t, nil)
	for _, other := range rivals {
		t.Run(other.decision+" "+other.other, func(t *testing.T) {
			r := verify.Check(s, domino(t, build(t, other.change)))
			if r.Differing == 0 {
				t.Fatal("nothing differs: the world does not test the decision")
			}
			for _, c := range r.Readings {
				mine := c.Decision == other.decision && c.Other == other.other
				if mine && (c.Fits != verify.FitsBetter || c.Fixed != r.Differing || c.Broken > 0 || c.Setting != other.setting) {
					t.Errorf("not recognised: %+v of %d rows that differ", c, r.Differing)
				}
				if !mine && c.Fixed-c.Broken >= r.Differing {
					t.Errorf("%+v fits as well", c)
				}
			}
			for _, row := range r.Rows {
				if !slices.ContainsFunc(row.Better, func(label string) bool {
					return strings.HasPrefix(label, other.decision+" ") && strings.HasSuffix(label, other.other)
				}) {
					t.Errorf("%+v does not name the reading under which it agrees", row)
				}
			}
		})
	}
}

func TestASettingThatDoesNotFitIsRecognisedFromTheOtherSide(t *testing.T) {
	standard := domino(t, build(t, nil))
	for _, other := range rivals {
		t.Run(other.decision+" "+other.other, func(t *testing.T) {
			r := verify.Check(build(t, other.change), standard)
			found := false
			for _, c := range r.Readings {
				found = found || c.Decision == other.decision && c.Fits == verify.FitsBetter && c.Fixed == r.Differing && c.Broken == 0
			}
			if !found {
				t.Errorf("of %d rows that differ: %+v", r.Differing, r.Readings)
			}
		})
	}
}

// TestEveryOtherReadingIsWhatASnapshotUnderItAnswers holds what one Snapshot
// says about readings against Snapshots that are built under them.
func TestEveryOtherReadingIsWhatASnapshotUnderItAnswers(t *testing.T) {
	s := build(t, nil)
	readings := s.Readings()
	choices := readings.Choices()
	if len(choices) != len(rivals) {
		t.Fatalf("%d choices, %d rivals", len(choices), len(rivals))
	}
	for i, other := range rivals {
		if c := choices[i]; c.Decision != other.decision || c.Setting != other.setting || c.Other != other.other {
			t.Fatalf("choice %+v, want %+v", c, other)
		}
		under := build(t, other.change)
		met := 0
		asked(t, s, func(sub *resolver.Subject, db *database.Database, q resolver.Query) {
			same, _, err := under.FindSubject(sub.Name.Canonical(), resolver.OnlyHierarchicalNames)
			if err != nil {
				t.Fatal(err)
			}
			twin := under.Databases().At(db.Index)
			want, now := under.Decide(same, twin.Primary, q), s.Decide(sub, db.Primary, q)
			got := now
			for _, a := range readings.Otherwise(sub, db.Primary, q).Otherwise {
				if a.Choice == i {
					got = a.Answer
				}
			}
			if got.Level != want.Level || got.Roles != want.Roles || got.Privileges != want.Privileges {
				// Anonymous is not asked about contested decisions: they are about people.
				if sub.Kind != acl.Anonymous && q.Channel != acl.WebAnonymous {
					t.Errorf("%s %s: %s in %s over %+v: %+v, want %+v", other.decision, other.other, sub.Name.Abbreviated(), db.Key, q, got, want)
				}
			}
			if got.Level != now.Level || got.Roles != now.Roles || got.Privileges != now.Privileges {
				met++
			}
		})
		if met == 0 {
			t.Errorf("%s %s changes nothing here", other.decision, other.other)
		}
	}
}

func TestAnswersAreJudgedByAllTheySay(t *testing.T) {
	s := build(t, nil)
	jane := verify.Answer{File: "f", Line: 2, User: "Jane Doe/Sales/Acme", Database: "D2.NSF", Level: acl.Editor, Roles: []string{"b", "[A]"}, HasRoles: true}
	tests := []struct {
		sentence string
		change   func(*verify.Answer)
		want     string // agreed, differing, unsaid or passed
	}{
		{"as it is, whatever case, order and brackets", func(*verify.Answer) {}, "agreed"},
		{"another level", func(a *verify.Answer) { a.Level = acl.Reader }, "differing"},
		{"a role too few", func(a *verify.Answer) { a.Roles = []string{"A"} }, "differing"},
		{"a role too many", func(a *verify.Answer) { a.Roles = []string{"A", "B", "C"} }, "differing"},
		{"no role", func(a *verify.Answer) { a.Roles = nil }, "differing"},
		{"roles are not said", func(a *verify.Answer) { a.Roles, a.HasRoles = nil, false }, "agreed"},
		{"a role twice", func(a *verify.Answer) { a.Roles = []string{"A", "B", "B"} }, "agreed"},
		{"privileges that agree", func(a *verify.Answer) {
			a.HasPrivileges, a.Privileges = true, acl.CreateDocs|acl.ReadPublicDocs|acl.WritePublicDocs
		}, "agreed"},
		{"privileges that do not", func(a *verify.Answer) { a.HasPrivileges, a.Privileges = true, acl.CreateDocs }, "differing"},
		{"by replica id that nobody has", func(a *verify.Answer) { a.Database = "C1258A2F004B7D10" }, "passed"},
		{"by long form", func(a *verify.Answer) { a.Database = `CN=Hub1/O=Acme!!d2.nsf` }, "agreed"},
		{"by DN", func(a *verify.Answer) { a.User = "cn=Jane Doe,ou=Sales,o=Acme" }, "agreed"},
		{"by uid", func(a *verify.Answer) { a.User = "jdoe" }, "agreed"},
		{"a flat name that nobody has", func(a *verify.Answer) { a.User = "Nobody" }, "passed"},
		{"a name without an entry", func(a *verify.Answer) { a.User, a.Level, a.Roles = "Max Gone/Acme", acl.NoAccess, nil }, "agreed"},
		{"roles without access count for nothing", func(a *verify.Answer) { a.User, a.Level = "Max Gone/Acme", acl.NoAccess }, "agreed"},
		{"where the maximum is not known", func(a *verify.Answer) { a.Database, a.Channel = "unknown.nsf", acl.WebSession }, "unsaid"},
	}
	for _, tt := range tests {
		t.Run(tt.sentence, func(t *testing.T) {
			a := jane
			tt.change(&a)
			r := verify.Check(s, []verify.Answer{a})
			got := map[string]int{"agreed": r.Agreed, "differing": r.Differing, "unsaid": r.Unsaid, "passed": r.Passed}
			for kind, n := range got {
				if (n == 1) != (kind == tt.want) || n > 1 {
					t.Errorf("%v, want %s", got, tt.want)
				}
			}
			if len(r.Rows) != r.Differing || len(r.NotCompared) != r.Passed || r.Answers != 1 {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestWhomTheServerRefusesIsToldApartFromWhatTheACLGives(t *testing.T) {
	s := build(t, nil, denying("Jane Doe/Sales/Acme"))
	answer := verify.Answer{File: "f", Line: 2, User: "Jane Doe/Sales/Acme", Database: "d4.nsf", Level: acl.Reader}
	r := verify.Check(s, []verify.Answer{answer})
	if r.Differing != 1 || r.ServerOnly != 1 || r.Rows[0].ACLLevel != "reader" || r.Rows[0].Rule != "7.3" || r.Rows[0].Source != "server-denied" {
		t.Errorf("%+v", r)
	}
	answer.Level = acl.NoAccess
	if r = verify.Check(s, []verify.Answer{answer}); r.Agreed != 1 || r.Rules[0].Rule != "7.3" || r.Rules[0].About != "server access" {
		t.Errorf("%+v", r)
	}
	answer.Level = acl.Manager
	if r = verify.Check(s, []verify.Answer{answer}); r.Differing != 1 || r.ServerOnly != 0 {
		t.Errorf("%+v", r)
	}
}

func TestLongListsAreCut(t *testing.T) {
	s := build(t, nil)
	answers := make([]verify.Answer, 3*verify.Listed)
	for i := range answers {
		answers[i] = verify.Answer{File: "f", Line: i + 2, User: "Jane Doe/Sales/Acme", Database: "d4.nsf", Level: acl.Manager}
		if i%2 == 0 {
			answers[i].Database = "gone.nsf"
		}
	}
	r := verify.Check(s, answers)
	if r.Differing+r.Passed != len(answers) || len(r.Rows) != verify.Listed || len(r.NotCompared) != verify.Listed {
		t.Errorf("%d differ, %d listed; %d not compared, %d listed", r.Differing, len(r.Rows), r.Passed, len(r.NotCompared))
	}
	text := printed(t, r)
	for _, part := range []string{"Differences, the first 50 of 75:", "Not compared, the first 50 of 75:"} {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not in\n%s", part, text)
		}
	}
}

func printed(t testing.TB, r verify.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := r.Print(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestTheReportSaysInWordsAndInJSONWhatFits(t *testing.T) {
	s := build(t, nil)
	answers := domino(t, build(t, func(s *resolver.Settings) { s.Reading.Wildcards = acl.WildcardMerge }))
	answers = append(answers, verify.Answer{File: "domino.csv", Line: 999, User: "Nobody", Database: "d1.nsf"})
	r := verify.Check(s, answers)
	text := printed(t, r)
	for _, part := range []string{
		"answers of Domino: ", " 1 not compared", "Agreement by the rule", "3.8   wildcards",
		"D4   rules.wildcardMode", "now fallback", "merge FITS BETTER: 4 rows more would agree, 0 fewer",
		"D5   no setting", "the longest wildcard fits worse: ",
		"CN=Jane Doe/OU=Sales/O=Acme in d4.nsf over notes: reader [] (readPublicDocs) by rule 3.5 (Readers); Domino says editor []",
		"agrees under D4 wildcardMode: merge", `domino.csv:999: Nobody in d1.nsf: "Nobody": no such person or server`,
	} {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not in\n%s", part, text)
		}
	}
	raw, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var back map[string]any
	if err := json.Unmarshal(raw, &back); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"answers", "agreed", "differing", "unsaid", "passed", "serverOnly", "rules", "readings", "rows", "notCompared"} {
		if back[key] == nil {
			t.Errorf("key %q is missing or null in %s", key, raw)
		}
	}
}

func TestNothingToHoldAgainstIsAReportOfNothing(t *testing.T) {
	r := verify.Check(build(t, nil), nil)
	if r.Answers != 0 || r.Rows == nil || r.Rules == nil || r.NotCompared == nil {
		t.Errorf("%+v", r)
	}
	for _, c := range r.Readings {
		if c.Fits != verify.NotTold {
			t.Errorf("%+v", c)
		}
	}
	if text := printed(t, r); !strings.Contains(text, "0 answers of Domino") || !strings.Contains(text, "no row tells them apart") {
		t.Error(text)
	}
}
