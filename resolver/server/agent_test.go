package server

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/aclens/aclens/resolver/name"
)

func TestAgentRightCasesOfTheReference(t *testing.T) {
	cases := readCases(t, "agent-rights")
	if len(cases) != 6 {
		t.Fatalf("%d cases, want 6", len(cases))
	}
	for _, c := range cases {
		t.Run(c.ID, func(t *testing.T) {
			s := c.server(t)
			s.Settings.Release = 12
			s.Settings.PersonalAgents = c.Facts.EnforcePersonalAgents == 1
			if got := words(s.AgentRights(c.subject())); !slices.Equal(got, c.Expect.Rights) {
				t.Errorf("got %v, want %v", got, c.Expect.Rights)
			}
		})
	}
}

func words(rights []Right) []string {
	var ws []string
	for _, r := range rights {
		ws = append(ws, r.String())
	}
	return ws
}

var allBlank = map[string][]string{
	UnrestrictedAgents: {}, OnBehalfOfOther: {}, OnBehalfOfInvoker: {}, RestrictedAgents: {}, SimpleFormulaAgents: {}, ScriptLibraries: {},
}

func TestBlankAgentFieldsByRelease(t *testing.T) {
	jane, hub := named("Jane Doe/Acme"), named("CN=Hub1/O=Acme")
	ladder := []string{"unrestricted", "onBehalfOfOther", "onBehalfOfInvoker", "restricted", "simpleFormula"}
	rows := []struct {
		title     string
		release   int
		personal  bool
		sub       person
		want      []string
		libraries bool
	}{
		{"Domino 12", 12, false, jane, []string{"onBehalfOfInvoker", "simpleFormula"}, true},
		{"Domino 6", 6, false, jane, []string{"onBehalfOfInvoker", "simpleFormula"}, true},
		{"a release that is not stated", 0, false, jane, []string{"onBehalfOfInvoker", "simpleFormula"}, true},
		{"R5", 5, false, jane, []string{"simpleFormula"}, false},
		{"the server itself", 12, false, hub, ladder, true},
		{"the server itself on R5", 5, false, hub, []string{"simpleFormula"}, false},
		{"a blank personal field under Enforce_Personal_Agents", 12, true, jane, []string{"onBehalfOfInvoker", "simpleFormula"}, true},
		{"Anonymous signs nothing", 12, false, named("Anonymous"), nil, false},
		{"nor does a nameless subject", 12, false, person{}, nil, false},
	}
	for _, r := range rows {
		s := &Server{Document: lists(allBlank), Settings: Settings{Release: r.release, PersonalAgents: r.personal}}
		if got := words(s.AgentRights(r.sub)); !slices.Equal(got, r.want) {
			t.Errorf("%s: got %v, want %v", r.title, got, r.want)
		}
		if got, reason := s.HasAgentRight(r.sub, RightScriptLibraries); got != r.libraries {
			t.Errorf("%s: script libraries %v (%+v), want %v", r.title, got, reason, r.libraries)
		}
	}
}

func TestTheTableOfBlankFieldsCanBeReplaced(t *testing.T) {
	jane := named("Jane Doe/Acme")
	tables := DefaultBlankAgentFields()
	tables[1].Means[RightOnBehalfOfInvoker] = BlankNobody
	tables = append(tables, BlankAgentFields{From: 14, Means: map[Right]Blank{RightRestricted: BlankEverybody}})
	for release, want := range map[int][]string{5: {"simpleFormula"}, 12: {"simpleFormula"}, 14: {"restricted"}, 99: {"restricted"}} {
		s := &Server{Document: lists(allBlank), Settings: Settings{Release: release, BlankAgentFields: tables}}
		if got := words(s.AgentRights(jane)); !slices.Equal(got, want) {
			t.Errorf("release %d: got %v, want %v", release, got, want)
		}
	}
	untouched := &Server{Document: lists(allBlank), Settings: Settings{Release: 12}}
	if got := words(untouched.AgentRights(jane)); !slices.Contains(got, "onBehalfOfInvoker") {
		t.Errorf("changing a copy changed the default: %v", got)
	}
	none := &Server{Document: lists(allBlank), Settings: Settings{Release: 12, BlankAgentFields: []BlankAgentFields{}}}
	if got := none.AgentRights(jane); len(got) != 0 {
		t.Errorf("an empty table still gives %v", got)
	}
}

func TestAgentReasonsSayTheFieldAndTheEntry(t *testing.T) {
	s := &Server{Document: lists(map[string][]string{
		UnrestrictedAgents: {"Developers"}, RestrictedAgents: {"*/Acme", "*People"}, SimpleFormulaAgents: {"Others"}, OnBehalfOfInvoker: {},
	})}
	dev, jane := named("Ann Dev/Acme").in("Developers"), named("Jane Doe/Acme")
	stranger := named("Max Muster/Elsewhere")
	rows := []struct {
		title string
		sub   person
		right Right
		want  bool
		by    Reason
	}{
		{"by the field above", dev, RightOnBehalfOfOther, true, Reason{"7.10", UnrestrictedAgents, "Developers", "listed"}},
		{"script libraries by unrestricted", dev, RightScriptLibraries, true, Reason{"7.10", UnrestrictedAgents, "Developers", "listed"}},
		{"script libraries not by restricted", jane, RightScriptLibraries, false, Reason{"7.10", ScriptLibraries, "", "the Server document does not carry the item"}},
		{"by wildcard", jane, RightRestricted, true, Reason{"7.10", RestrictedAgents, "*/Acme", "listed"}},
		{"by a blank field", jane, RightOnBehalfOfInvoker, true, Reason{"7.11", OnBehalfOfInvoker, "", "blank"}},
		{"a view gives nothing", stranger, RightRestricted, false, Reason{"7.10", RestrictedAgents, "*People", doubtful.String()}},
		{"not listed", stranger, RightSimpleFormula, false, Reason{"7.10", SimpleFormulaAgents, "", "not listed"}},
	}
	for _, r := range rows {
		got, by := s.HasAgentRight(r.sub, r.right)
		if got != r.want || by != r.by {
			t.Errorf("%s: %v by %+v, want %v by %+v", r.title, got, by, r.want, r.by)
		}
	}
}

// naiveRights is rules 7.10 to 7.12 once more: fill each field's own holders
// in, then walk down the ladder.
func naiveRights(fields []field, who facts, release int, personal bool) []string {
	modern := release == 0 || release >= 6
	names := []string{"unrestricted", "onBehalfOfOther", "onBehalfOfInvoker", "restricted", "simpleFormula"}
	openToAll := map[string]bool{"onBehalfOfInvoker": modern, "simpleFormula": true}
	var rights []string
	inherited := false
	for i, right := range names {
		byName := fields[i].any(who, means) || i == 0 && modern && who.isServer && fields[i].blank()
		if right == "simpleFormula" && personal {
			inherited = false
		}
		if byName || inherited || fields[i].blank() && openToAll[right] {
			rights = append(rights, right)
		}
		inherited = inherited || byName
	}
	return rights
}

func TestAgentRightsAgreeWithTheRulesOnRandomDocuments(t *testing.T) {
	rng := rand.New(rand.NewPCG(37, 41))
	counts := map[string]int{}
	for n := range 20_000 {
		sub, who := randomSubject(rng)
		fields := make([]field, 5)
		items := map[string][]string{}
		for i, item := range []string{UnrestrictedAgents, OnBehalfOfOther, OnBehalfOfInvoker, RestrictedAgents, SimpleFormulaAgents} {
			fields[i] = randomField(rng)
			fields[i].put(items, item)
		}
		s := &Server{Document: lists(items), Settings: Settings{
			Release: []int{0, 5, 6, 12}[rng.IntN(4)], PersonalAgents: rng.IntN(2) == 0,
		}}
		if who.isServer {
			s.Document.Name = name.Parse("Jane Doe/Sales/Acme")
		}
		sometimesSealed(rng, s)
		want := naiveRights(fields, who, s.Settings.Release, s.Settings.PersonalAgents)
		if got := words(s.AgentRights(sub)); !slices.Equal(got, want) {
			t.Fatalf("document %d: %v, %+v, subject %+v\ngot %v, want %v", n, items, s.Settings, who, got, want)
		}
		for _, w := range want {
			counts[w]++
		}
	}
	for r := RightUnrestricted; r <= RightSimpleFormula; r++ {
		if c := counts[r.String()]; c < 1000 || c > 19_000 {
			t.Errorf("%s was granted %d times", r, c)
		}
	}
}
