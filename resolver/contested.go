package resolver

import (
	"slices"

	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/group"
	"github.com/aclens/aclens/resolver/name"
)

// otherReading is one way to read a contested decision (docs/access-rules.md,
// section 0) that is not the way of the settings.
type otherReading struct {
	decision, setting string                               // setting is empty where none chooses
	values            func(*Settings) (now, other string)  // of the setting, or both readings in words
	decide            func(*reconsidered) (Decision, bool) // false: the reading changes nothing about the subject
}

// otherReadings are in the order of the decisions. D6 is there twice, for its
// setting has three values. D13 has no other reading that could be told.
var otherReadings = [...]otherReading{
	{"D1", "", words("an exact name alone", "an exact name and groups together"),
		weighing(func(r *acl.Reading) { r.NameJoinsGroups = !r.NameJoinsGroups })},
	{"D2", "", words("roles of all groups", "roles of the groups with the highest level"),
		weighing(func(r *acl.Reading) { r.RolesOfWinners = !r.RolesOfWinners })},
	{"D3", "", words("privileges of all groups", "privileges of the groups with the highest level"),
		weighing(func(r *acl.Reading) { r.PrivilegesOfWinners = !r.PrivilegesOfWinners })},
	{"D4", "wildcardMode", wildcardValues,
		weighing(func(r *acl.Reading) { r.Wildcards = acl.WildcardMerge - r.Wildcards })},
	{"D5", "", words("all wildcards", "the longest wildcard"),
		weighing(func(r *acl.Reading) { r.MostSpecificWildcard = !r.MostSpecificWildcard })},
	{"D6", "commonNameMatch", commonNameValues(0), func(x *reconsidered) (Decision, bool) { return x.byCommonName(0) }},
	{"D6", "commonNameMatch", commonNameValues(1), func(x *reconsidered) (Decision, bool) { return x.byCommonName(1) }},
	{"D7", "commonNameInGroups", inGroupsValues, func(x *reconsidered) (Decision, bool) { return x.byMembers(x.others.commons) }},
	{"D8", "aclGroupTypes", groupTypeValues, func(x *reconsidered) (Decision, bool) { return x.byMembers(x.others.types) }},
	{"D9", "maxNestingDepth", depthValues, func(x *reconsidered) (Decision, bool) { return x.byMembers(x.others.depth) }},
	{"D10", "cappedChannels", cappedValues, (*reconsidered).byChannel},
	{"D11", "fullAccessRoles", fullAccessValues,
		weighing(func(r *acl.Reading) { r.FullAccessRoles = !r.FullAccessRoles })},
	{"D12", "", words("roles stay under the Internet maximum", "no roles under the Internet maximum"),
		weighing(func(r *acl.Reading) { r.CapDropsRoles = !r.CapDropsRoles })},
}

// reconsidered is one question on its way to be decided under other readings.
type reconsidered struct {
	*asking
	in     *database.Instance
	match  acl.Match
	others *otherMembers
}

// each decides again under every other reading and yields those whose answer is
// not the one given, by position in otherReadings.
func (x *reconsidered) each(given *Decision, yield func(which int, d Decision)) {
	for i := range otherReadings {
		d, differs := otherReadings[i].decide(x)
		if differs && (d.Level != given.Level || d.Roles != given.Roles || d.Privileges != given.Privileges) {
			yield(i, d)
		}
	}
}

func weighing(change func(*acl.Reading)) func(*reconsidered) (Decision, bool) {
	return func(x *reconsidered) (Decision, bool) {
		r := x.settings.Reading
		change(&r)
		return x.decide(x.in, x.match, r), true
	}
}

func (x *reconsidered) byChannel() (Decision, bool) {
	if x.q.Channel != acl.WebSSO {
		return Decision{}, false
	}
	return weighing(func(r *acl.Reading) { r.Capped ^= acl.ChannelsOf(acl.WebSSO) })(x)
}

func (x *reconsidered) byCommonName(which int) (Decision, bool) {
	m := x.Snapshot.match(x.sub, x.in, x.settings.otherCommonNames()[which])
	return x.decide(x.in, m, x.settings.Reading), true
}

// byMembers decides again with the groups of a subject who differs in them alone.
func (x *reconsidered) byMembers(sub *Subject) (Decision, bool) {
	if sub == nil {
		return Decision{}, false
	}
	m := x.Snapshot.match(sub, x.in, x.settings.CommonName)
	return x.decide(x.in, m, x.settings.Reading), true
}

// otherClosures are the closures under the other readings of D8 and D9.
type otherClosures struct{ types, depth *group.Closure }

func (s *Snapshot) otherClosures() otherClosures {
	closure := func(types [5]bool, depth int) *group.Closure {
		return s.members.graph.Lazy(s.settings.closureRule(s.members.groups, types, depth))
	}
	return otherClosures{
		types: closure(s.settings.otherGroupTypes(), s.settings.MaxDepth),
		depth: closure(s.settings.GroupTypes, s.settings.otherDepth()),
	}
}

// otherMembers are a subject as the other readings of D7, D8 and D9 see it; nil
// where the groups are the same.
type otherMembers struct{ commons, types, depth *Subject }

func (s *Snapshot) otherMembers(sub *Subject, c otherClosures) *otherMembers {
	if sub.stored != nil {
		return &otherMembers{}
	}
	with := func(closure *group.Closure, direct []group.ID) *Subject {
		other := *sub
		if other.groups = closure.Up(nil, direct); slices.Equal(other.groups, sub.groups) {
			return nil
		}
		return &other
	}
	return &otherMembers{
		commons: with(s.members.acl, s.directOtherwise(sub)),
		types:   with(c.types, sub.direct),
		depth:   with(c.depth, sub.direct),
	}
}

// directOtherwise are the direct memberships under the other reading of D7. A
// name without an entry is in no group by its common name (memberReader).
func (s *Snapshot) directOtherwise(sub *Subject) []group.ID {
	common := sub.Name.CommonKey()
	if sub.Entry == directory.None || sub.common == "" || common == "" {
		return sub.direct
	}
	named := s.members.graph.OfName(common)
	if !s.settings.CommonNameInGroups {
		out := append(slices.Clone(sub.direct), named...)
		slices.Sort(out)
		return slices.Compact(out)
	}
	strict := s.settings
	strict.CommonNameInGroups = false
	r := strict.memberReader(s.store)
	r.people, r.names, r.namer, r.byEntry = &s.people, s.names, &s.namer, s.members.byEntry
	return slices.DeleteFunc(slices.Clone(sub.direct), func(id group.ID) bool {
		if !slices.Contains(named, id) {
			return false
		}
		m, _ := r.read(s.members.groups[id].Entry)
		_, still := slices.BinarySearch(m.Entries, uint32(sub.Entry))
		return !still && !slices.ContainsFunc(sub.wildcards, func(w name.Key) bool { return slices.Contains(m.Names, w) })
	})
}

// contested notes the contested decisions whose other reading changes the answer.
func (x *explainer) contested() {
	again := reconsidered{x.asking, x.in, x.match, x.otherMembers(x.sub, x.otherClosures())}
	again.each(&x.decision, func(which int, d Decision) {
		r := &otherReadings[which]
		if slices.ContainsFunc(x.into.Contested, func(c Contested) bool { return c.Decision == r.decision }) {
			return
		}
		x.into.Contested = append(x.into.Contested, Contested{r.decision, r.setting,
			Otherwise{Level: d.Level.String(), Roles: x.in.List.RoleNames(d.Roles)}})
	})
}
