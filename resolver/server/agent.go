package server

import (
	"maps"
	"slices"
)

// Right is a right to sign or run agents on a server (rule 7.10). It belongs to
// the signer, not to the user an agent runs as.
type Right uint8

// The rights of rule 7.10; those before RightScriptLibraries form the ladder.
const (
	RightUnrestricted Right = iota
	RightOnBehalfOfOther
	RightOnBehalfOfInvoker
	RightRestricted
	RightSimpleFormula
	RightScriptLibraries
)

var rightFields = [...]struct{ word, item string }{
	RightUnrestricted:      {"unrestricted", UnrestrictedAgents},
	RightOnBehalfOfOther:   {"onBehalfOfOther", OnBehalfOfOther},
	RightOnBehalfOfInvoker: {"onBehalfOfInvoker", OnBehalfOfInvoker},
	RightRestricted:        {"restricted", RestrictedAgents},
	RightSimpleFormula:     {"simpleFormula", SimpleFormulaAgents},
	RightScriptLibraries:   {"scriptLibraries", ScriptLibraries},
}

// String is the spelling of the right in testdata/cases.json.
func (r Right) String() string { return rightFields[r].word }

// Blank says whom a blank agent field admits (rule 7.11).
type Blank uint8

// The meanings of a blank field; the zero value is BlankNobody.
const (
	BlankNobody Blank = iota
	BlankServerItself
	BlankEverybody
)

// BlankAgentFields says what blank agent fields mean from a release on; a
// right that it does not hold is nobody's.
type BlankAgentFields struct {
	From  int // the first Domino release it holds for
	Means map[Right]Blank
}

// defaultBlankAgentFields is rule 7.11. Template developers, whom a blank
// UnrestrictedList admits too, are nobody's entry in a directory.
var defaultBlankAgentFields = []BlankAgentFields{
	{From: 0, Means: map[Right]Blank{RightSimpleFormula: BlankEverybody}},
	{From: 6, Means: map[Right]Blank{
		RightUnrestricted: BlankServerItself, RightOnBehalfOfInvoker: BlankEverybody, RightSimpleFormula: BlankEverybody, RightScriptLibraries: BlankEverybody,
	}},
}

// DefaultBlankAgentFields is a copy of the table of rule 7.11, to start from.
func DefaultBlankAgentFields() []BlankAgentFields {
	tables := slices.Clone(defaultBlankAgentFields)
	for i := range tables {
		tables[i].Means = maps.Clone(tables[i].Means)
	}
	return tables
}

// blank says what a blank field means on this server.
func (s *Server) blank(r Right) Blank {
	tables := s.Settings.BlankAgentFields
	if tables == nil {
		tables = defaultBlankAgentFields
	}
	release := s.Settings.Release
	if release == 0 {
		release = 6 // not stated; servers before 6 are older than anything that is still read
	}
	best, means := -1, BlankNobody
	for _, t := range tables {
		if t.From <= release && t.From > best {
			best, means = t.From, t.Means[r]
		}
	}
	return means
}

// AgentRights lists the rungs of the ladder that the subject has, the highest
// first (rules 7.10 to 7.12). RightScriptLibraries stands beside the ladder: ask
// HasAgentRight.
func (s *Server) AgentRights(sub Subject) []Right {
	var rights []Right
	for r := RightUnrestricted; r <= RightSimpleFormula; r++ {
		if ok, _ := s.HasAgentRight(sub, r); ok {
			rights = append(rights, r)
		}
	}
	return rights
}

// HasAgentRight tells whether the subject has a right by its own field, by that
// field being blank, or by a field above. A field that the document does not
// carry, or an entry that cannot be compared, gives nothing.
func (s *Server) HasAgentRight(sub Subject, r Right) (bool, Reason) {
	if isNobody(sub) {
		return false, Reason{Rule: "7.10", Why: "agents are signed by somebody"}
	}
	ok, own := s.named(sub, r)
	if ok {
		return true, own
	}
	if entries, present := s.entries(rightFields[r].item); present && len(entries) == 0 {
		own.Rule = "7.11"
		if s.blank(r) == BlankEverybody {
			return true, own
		}
	}
	for _, above := range s.above(r) {
		if ok, reason := s.named(sub, above); ok {
			return true, reason
		}
	}
	return false, own
}

// named tells whether the field of a right names the subject, or is blank and
// so means the server itself. Everybody is no name: it does not reach the
// fields beneath (rule 7.11 leaves restricted agents to nobody where all may
// sign on behalf of the invoker).
func (s *Server) named(sub Subject, r Right) (bool, Reason) {
	item := rightFields[r].item
	entries, present := s.entries(item)
	if present && len(entries) == 0 && s.blank(r) == BlankServerItself && s.isItself(sub) {
		return true, Reason{Rule: "7.11", Item: item, Why: "blank, and the subject is the server itself"}
	}
	return s.listedIn(item, "7.10", sub)
}

// above lists the rights that include r.
func (s *Server) above(r Right) []Right {
	switch {
	case r == RightScriptLibraries:
		return []Right{RightUnrestricted}
	case r == RightSimpleFormula && s.Settings.PersonalAgents:
		return nil // rule 7.12
	}
	rights := make([]Right, 0, r)
	for a := RightUnrestricted; a < r; a++ {
		rights = append(rights, a)
	}
	return rights
}

func (s *Server) isItself(sub Subject) bool {
	return s.Document != nil && !s.Document.Name.IsZero() && isOneOf(s.Document.Name, sub.Names()) && !sub.Shares(s.Document.Name.Key())
}
