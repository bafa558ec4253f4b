package resolver

import (
	"fmt"
	"slices"

	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/group"
	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/server"
)

// Explain gives one decision with its whole reason. AsOf and Snapshot are left
// to whoever knows the time.
func (s *Snapshot) Explain(sub *Subject, db *database.Database, in *database.Instance, q Query) *Explanation {
	a := s.ask(sub, q)
	m := s.match(a.sub, in, s.settings.CommonName)
	d := a.decide(in, m, s.settings.Reading)
	row := s.Row(sub, db, in, &d)
	e := &Explanation{
		User: row.User, DN: row.DN, Database: row.Database, ReplicaID: in.ReplicaID, Channel: q.Channel.String(),
		Level: row.Level, LevelNum: row.LevelNum, Roles: row.Roles, Privileges: row.Privileges,
		Unknown: unknownOf(&d), Source: row.Source, Winning: row.Winning,
		Paths: []Path{}, Considered: []Considered{}, Misses: []Considered{}, Contested: []Contested{}, Warnings: []string{},
	}
	e.Server = ServerAnswer{Name: in.Server.Abbreviated(), Access: d.Server.String(), Rule: d.ServerReason.Rule, Why: d.ServerReason.Why}
	if d.Server == server.Denied {
		e.ACLLevel = d.ACLLevel.String()
	}
	x := explainer{asking: a, in: in, match: m, decision: d, into: e}
	x.paths()
	x.considered()
	x.misses()
	x.contested()
	x.warnings()
	return e
}

// Account gives one decision with the paths that lead to it and nothing else of
// an Explanation, for those who write many.
func (s *Snapshot) Account(sub *Subject, db *database.Database, in *database.Instance, q Query) (Row, []Path) {
	a := s.ask(sub, q)
	m := s.match(a.sub, in, s.settings.CommonName)
	d := a.decide(in, m, s.settings.Reading)
	x := explainer{asking: a, in: in, match: m, decision: d, into: &Explanation{}}
	x.paths()
	return s.Row(sub, db, in, &d), x.into.Paths
}

// unknownOf names what the sources cannot tell (rules 11.7 and 11.9).
func unknownOf(d *Decision) []string {
	names := d.Unknown.Names()
	if d.CapUnknown {
		names = append([]string{"level", "roles"}, names...)
	}
	return names
}

// explainer fills in the parts of an Explanation.
type explainer struct {
	*asking
	in       *database.Instance
	match    acl.Match
	decision Decision
	into     *Explanation
}

// aclDecision is the decision by the ACL alone, before channel and server.
func (x *explainer) aclDecision() acl.Decision {
	return x.in.List.Decide(x.sub.Kind, x.match, x.settings.Reading)
}

// paths gives every group entry that took part the chain that leads to it.
func (x *explainer) paths() {
	if x.decision.Source != acl.FromGroup {
		return
	}
	for i := range x.decision.Hit() {
		e := &x.in.List.Entries[i]
		if !slices.Contains(x.match.Groups, i) {
			continue
		}
		if x.sub.stored != nil {
			x.into.Paths = append(x.into.Paths, Path{Entry: e.Label, Via: []string{e.Label}})
			continue
		}
		if id, ok := x.members.named.find(e.Key()); ok {
			via := x.labels(x.members.acl.Path(x.sub.direct, id))
			x.into.Paths = append(x.into.Paths, Path{Entry: e.Label, Via: via})
		}
	}
}

func (x *explainer) labels(ids []group.ID) []string {
	labels := make([]string, len(ids))
	for i, id := range ids {
		labels[i] = x.members.groups[id].Label
	}
	return labels
}

// considered lists the entries that matched and lost.
func (x *explainer) considered() {
	d := x.aclDecision()
	took := map[int32]bool{}
	for i := range d.Hit() {
		took[i] = true
		if e := &x.in.List.Entries[i]; e.Level < d.Uncapped {
			why := "an entry with a higher level matched in the same way; its roles and privileges are added (rules 3.6 and 3.7)"
			x.consider(e, d.Source.String(), "3.5", why)
		}
	}
	for _, rung := range []struct {
		hits   []int32
		source acl.Source
	}{{x.match.Names, acl.FromName}, {x.match.Commons, acl.FromName}, {x.match.Groups, acl.FromGroup}, {x.match.Wildcards, acl.FromWildcard}} {
		for _, i := range rung.hits {
			if !took[i] {
				rule, why := lostTo(d.Source, rung.source)
				x.consider(&x.in.List.Entries[i], rung.source.String(), rule, why)
			}
		}
	}
	if e := x.in.List.Default(); e != nil && d.Source != acl.FromDefault {
		x.consider(e, acl.FromDefault.String(), "3.9", "-Default- is for those whom no other entry matches")
	}
}

func (x *explainer) consider(e *acl.Entry, source, rule, why string) {
	x.into.Considered = append(x.into.Considered, Considered{e.Label, source, e.Level.String(), rule, why})
}

// lostTo says by which rule an entry lost to the rung that decided.
func lostTo(winner, loser acl.Source) (rule, why string) {
	switch {
	case winner == acl.FromName && loser == acl.FromName:
		return "2.10", "the full name matched"
	case winner == acl.FromName:
		return "3.2", "an exact name matched"
	default:
		return "3.1", "a group matched"
	}
}

// misses lists entries that nearly matched, for "why not": a name of the right
// kind that the user type forbids, and groups that do not count.
func (x *explainer) misses() {
	inAny := x.members.all.Up(nil, x.sub.direct)
	byCommon := x.sub.common != "" && x.sub.Name.Hierarchical()
	for i := range x.in.List.Entries {
		e := &x.in.List.Entries[i]
		if e.Kind != acl.KindName && e.Kind != acl.KindWildcard || x.matched(int32(i)) {
			continue
		}
		switch k := e.Key(); {
		case slices.Contains(x.sub.keys, k):
			x.miss(e, acl.FromName, "3.3", "the entry's user type "+e.Type.String()+" does not suit a "+x.sub.Kind.String()+" by name")
		case slices.Contains(x.sub.wildcards, k):
			x.miss(e, acl.FromWildcard, "3.3", "the entry's user type "+e.Type.String()+" does not suit a wildcard")
		case byCommon && k == x.sub.common:
			x.miss(e, acl.FromName, "2.10", "a bare common name means a person of the server's own organisation (setting commonNameMatch)")
		default:
			x.missedGroup(e, k, inAny)
		}
	}
}

func (x *explainer) matched(i int32) bool {
	for _, hits := range [][]int32{x.match.Names, x.match.Commons, x.match.Groups, x.match.Wildcards} {
		if slices.Contains(hits, i) {
			return true
		}
	}
	return false
}

func (x *explainer) miss(e *acl.Entry, source acl.Source, rule, why string) {
	x.into.Misses = append(x.into.Misses, Considered{e.Label, source.String(), e.Level.String(), rule, why})
}

// missedGroup explains a group entry that does not cover a member of the group.
func (x *explainer) missedGroup(e *acl.Entry, k name.Key, inAny []group.ID) {
	for _, id := range inAny {
		g := &x.members.groups[id]
		if !slices.ContainsFunc(g.Names, func(n name.Name) bool { return n.Key() == k }) {
			continue
		}
		_, counted := slices.BinarySearch(x.sub.groups, id)
		switch {
		case counted && !e.Type.Suits(x.sub.Kind, acl.ByGroup):
			x.miss(e, acl.FromGroup, "3.3", "the entry's user type "+e.Type.String()+" does not suit a "+x.sub.Kind.String()+" in a group")
		case counted:
			x.miss(e, acl.FromGroup, "4.7", "another group has the same name")
		case !g.role.Groups:
			x.miss(e, acl.FromGroup, "4.7", "groups of directory "+g.role.Name+" are not used in ACLs")
		case g.Type == TypeMailOnly:
			x.miss(e, acl.FromGroup, "4.1", "the group is mail only")
		case g.Type >= 0 && !x.settings.GroupTypes[g.Type]:
			x.miss(e, acl.FromGroup, "4.1", fmt.Sprintf("groups of type %d do not count (setting aclGroupTypes)", g.Type))
		case g.Type == typeDoubtful:
			x.miss(e, acl.FromGroup, "4.1", "the group's type is not one of the five")
		default:
			x.miss(e, acl.FromGroup, "4.3", "the chain of groups is broken by a group that does not count, or by the nesting limit")
		}
		return
	}
}
