package resolver

import (
	"slices"
	"strconv"
	"strings"

	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/server"
)

// Choice is a contested decision of docs/access-rules.md, how it is read, and
// one other way to read it. With a Setting, Now and Other are its values; where
// no setting chooses they say it in words.
type Choice struct {
	Decision string // D1 to D12
	Setting  string
	Now      string
	Other    string
}

// Alternative is the answer under one other reading.
type Alternative struct {
	Choice int // position in Choices
	Answer Decision
}

// Verdict is a decision, the rule of docs/access-rules.md that made it, and the
// answers of those other readings that would change it.
type Verdict struct {
	Decision
	Rule      string
	Otherwise []Alternative
}

// Readings decides under the settings and under every other reading, for those
// who ask many times. It serves one goroutine.
type Readings struct {
	s        *Snapshot
	closures otherClosures
	last     *Subject // the subject that others is of
	others   *otherMembers
}

// Readings begins the questions.
func (s *Snapshot) Readings() *Readings {
	return &Readings{s: s, closures: s.otherClosures()}
}

// Choices lists every other reading there is, in the order of the decisions.
func (r *Readings) Choices() []Choice {
	out := make([]Choice, len(otherReadings))
	for i := range otherReadings {
		o := &otherReadings[i]
		out[i] = Choice{Decision: o.decision, Setting: o.setting}
		out[i].Now, out[i].Other = o.values(&r.s.settings)
	}
	return out
}

// Otherwise tells what a subject may do in the database of an instance, and
// what it would be under every other reading.
func (r *Readings) Otherwise(sub *Subject, in *database.Instance, q Query) Verdict {
	a := r.s.ask(sub, q)
	m := r.s.match(a.sub, in, r.s.settings.CommonName)
	v := Verdict{Decision: a.decide(in, m, r.s.settings.Reading)}
	v.Rule = v.Decision.rule(a.sub.Kind, m)
	if r.last != a.sub {
		r.last, r.others = a.sub, r.s.otherMembers(a.sub, r.closures)
	}
	again := reconsidered{a, in, m, r.others}
	again.each(&v.Decision, func(which int, d Decision) {
		v.Otherwise = append(v.Otherwise, Alternative{which, d})
	})
	return v
}

// rule is the rule of docs/access-rules.md by which a decision fell, for a
// subject of a kind whom the matches cover.
func (d *Decision) rule(kind acl.Kind, m acl.Match) string {
	switch {
	case d.Server == server.Denied:
		return d.ServerReason.Rule
	case d.CapUnknown:
		return "11.9"
	case d.Source == acl.FromLocalUnenforced:
		return "6.3"
	case d.Source == acl.FromFullAccess:
		return "3.11"
	case d.Level < d.Uncapped:
		return "5.1"
	case kind == acl.Anonymous:
		return "3.10"
	case d.Source == acl.FromName && len(m.Names) == 0:
		return "2.10"
	case d.Source == acl.FromName:
		return "3.2"
	case d.Source == acl.FromGroup:
		return "3.5"
	case d.Source == acl.FromWildcard:
		return "3.8"
	default:
		return "3.9"
	}
}

// otherCommonNames are the modes that the setting is not in.
func (s *Settings) otherCommonNames() []CommonNameMode {
	modes := []CommonNameMode{CommonNameSameOrg, CommonNameAlways, CommonNameNever}
	return slices.DeleteFunc(modes, func(m CommonNameMode) bool { return m == s.CommonName })
}

// otherGroupTypes is the other reading of D8.
func (s *Settings) otherGroupTypes() [5]bool {
	if s.GroupTypes == allButMail {
		return [5]bool{TypeMultiPurpose: true, TypeACLOnly: true}
	}
	return allButMail
}

// documentedDepth is the limit that older help states (rule 4.4).
const documentedDepth = 6

func (s *Settings) otherDepth() int {
	if s.MaxDepth == 0 {
		return documentedDepth
	}
	return 0
}

// words are the two readings of a decision that no setting chooses.
func words(now, other string) func(*Settings) (string, string) {
	return func(*Settings) (string, string) { return now, other }
}

func wildcardValues(s *Settings) (now, other string) {
	if s.Reading.Wildcards == acl.WildcardMerge {
		return "merge", "fallback"
	}
	return "fallback", "merge"
}

func commonNameValues(which int) func(*Settings) (string, string) {
	text := [...]string{CommonNameSameOrg: "same-org", CommonNameAlways: "always", CommonNameNever: "never"}
	return func(s *Settings) (string, string) { return text[s.CommonName], text[s.otherCommonNames()[which]] }
}

func inGroupsValues(s *Settings) (now, other string) {
	return strconv.FormatBool(s.CommonNameInGroups), strconv.FormatBool(!s.CommonNameInGroups)
}

func groupTypeValues(s *Settings) (now, other string) {
	text := func(types [5]bool) string {
		var list []string
		for t, counts := range types {
			if counts {
				list = append(list, strconv.Itoa(t))
			}
		}
		return "[" + strings.Join(list, ", ") + "]"
	}
	return text(s.GroupTypes), text(s.otherGroupTypes())
}

func depthValues(s *Settings) (now, other string) {
	return strconv.Itoa(s.MaxDepth), strconv.Itoa(s.otherDepth())
}

func cappedValues(s *Settings) (now, other string) {
	text := func(set acl.ChannelSet) string {
		var list []string
		for c := acl.Notes; c <= acl.Local; c++ {
			if set.Has(c) {
				list = append(list, c.String())
			}
		}
		return "[" + strings.Join(list, ", ") + "]"
	}
	return text(s.Reading.Capped), text(s.Reading.Capped ^ acl.ChannelsOf(acl.WebSSO))
}

func fullAccessValues(s *Settings) (now, other string) {
	if s.Reading.FullAccessRoles {
		return "all", "none"
	}
	return "none", "all"
}
