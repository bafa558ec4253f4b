package resolver

import (
	"slices"

	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/group"
)

// contested decides again under the other reading of each contested decision
// (docs/access-rules.md, section 0) and notes those that change the answer.
func (x *explainer) contested() {
	if x.sub.Kind == acl.Anonymous || x.sub.Kind == acl.Nobody {
		return
	}
	x.byReading("D1", "", func(r *acl.Reading) { r.NameJoinsGroups = !r.NameJoinsGroups })
	x.byReading("D2", "", func(r *acl.Reading) { r.RolesOfWinners = !r.RolesOfWinners })
	x.byReading("D3", "", func(r *acl.Reading) { r.PrivilegesOfWinners = !r.PrivilegesOfWinners })
	x.byReading("D4", "wildcardMode", func(r *acl.Reading) { r.Wildcards = acl.WildcardMerge - r.Wildcards })
	x.byReading("D5", "", func(r *acl.Reading) { r.MostSpecificWildcard = !r.MostSpecificWildcard })
	x.byCommonName()
	x.byGroups("D7", "commonNameInGroups", x.directOtherwise(), x.settings.GroupTypes, x.settings.MaxDepth)
	x.byGroups("D8", "aclGroupTypes", x.sub.direct, x.typesOtherwise(), x.settings.MaxDepth)
	x.byGroups("D9", "maxNestingDepth", x.sub.direct, x.settings.GroupTypes, x.depthOtherwise())
	if x.q.Channel == acl.WebSSO {
		x.byReading("D10", "cappedChannels", func(r *acl.Reading) { r.Capped ^= acl.ChannelsOf(acl.WebSSO) })
	}
	x.byReading("D11", "fullAccessRoles", func(r *acl.Reading) { r.FullAccessRoles = !r.FullAccessRoles })
	x.byReading("D12", "", func(r *acl.Reading) { r.CapDropsRoles = !r.CapDropsRoles })
}

func (x *explainer) byReading(decision, setting string, change func(*acl.Reading)) {
	r := x.settings.Reading
	change(&r)
	x.note(decision, setting, x.asking.decide(x.in, x.match, r))
}

// note keeps a decision that differs from the one that is explained.
func (x *explainer) note(decision, setting string, d Decision) {
	now := &x.decision
	if d.Level == now.Level && d.Roles == now.Roles && d.Privileges == now.Privileges {
		return
	}
	for _, c := range x.into.Contested {
		if c.Decision == decision {
			return
		}
	}
	x.into.Contested = append(x.into.Contested, Contested{decision, setting,
		Otherwise{Level: d.Level.String(), Roles: x.in.List.RoleNames(d.Roles)}})
}

func (x *explainer) byCommonName() {
	for _, mode := range []CommonNameMode{CommonNameSameOrg, CommonNameAlways, CommonNameNever} {
		if mode != x.settings.CommonName {
			m := x.Snapshot.match(x.sub, x.in, mode)
			x.note("D6", "commonNameMatch", x.asking.decide(x.in, m, x.settings.Reading))
		}
	}
}

// byGroups decides again with other memberships.
func (x *explainer) byGroups(decision, setting string, direct []group.ID, types [5]bool, depth int) {
	if x.sub.stored != nil {
		return
	}
	closure := x.members.graph.Lazy(x.settings.closureRule(x.members.groups, types, depth))
	sub := *x.sub
	sub.groups = closure.Up(nil, direct)
	if slices.Equal(sub.groups, x.sub.groups) {
		return
	}
	m := x.Snapshot.match(&sub, x.in, x.settings.CommonName)
	x.note(decision, setting, x.asking.decide(x.in, m, x.settings.Reading))
}

// typesOtherwise is the other reading of D8.
func (x *explainer) typesOtherwise() [5]bool {
	if x.settings.GroupTypes == allButMail {
		return [5]bool{TypeMultiPurpose: true, TypeACLOnly: true}
	}
	return allButMail
}

// documentedDepth is the limit that older help states (rule 4.4).
const documentedDepth = 6

func (x *explainer) depthOtherwise() int {
	if x.settings.MaxDepth == 0 {
		return documentedDepth
	}
	return 0
}

// directOtherwise are the direct memberships under the other reading of D7.
func (x *explainer) directOtherwise() []group.ID {
	common := x.sub.Name.CommonKey()
	if x.sub.common == "" || common == "" {
		return x.sub.direct
	}
	named := x.members.graph.OfName(common)
	if !x.settings.CommonNameInGroups {
		out := append(slices.Clone(x.sub.direct), named...)
		slices.Sort(out)
		return slices.Compact(out)
	}
	strict := x.settings
	strict.CommonNameInGroups = false
	r := strict.memberReader(x.store)
	r.people, r.names, r.namer, r.byEntry = &x.people, x.names, &x.namer, x.members.byEntry
	return slices.DeleteFunc(slices.Clone(x.sub.direct), func(id group.ID) bool {
		if !slices.Contains(named, id) {
			return false
		}
		m, _ := r.read(x.members.groups[id].Entry)
		_, still := slices.BinarySearch(m.Entries, uint32(x.sub.Entry))
		return !still
	})
}
