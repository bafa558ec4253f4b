package resolver

import (
	"fmt"
	"slices"

	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/server"
)

// unlessRefused begins the warning about a server whose lists are not known;
// the reason behind it may name a deny list.
const unlessRefused = "unless the server refuses"

// warnings says what a reader of the answer ought to know (rule section 13).
func (x *explainer) warnings() {
	l := x.in.List
	d := &x.decision
	if d.CapUnknown {
		x.warn("the Maximum Internet name-and-password access is not known (rule 11.9): nothing is granted on this channel")
	}
	if x.q.Channel == acl.Local && l.Consistent == acl.Unknown {
		x.warn("whether a consistent ACL is enforced is not known; without it a local database gives Manager (rule 6.3)")
	}
	if x.q.Channel == acl.Local && l.Consistent == acl.Yes && x.q.StoredGroups == nil {
		x.warn("groups are those of the person who replicated; another identity has none there (rule 6.4)")
	}
	if x.q.FullAccess && d.Source != acl.FromFullAccess {
		x.warn("full access administration has no effect: wrong channel, or not listed in the Server document (rule 3.11)")
	}
	if d.Source == acl.FromFullAccess && x.Server(x.in.Server).Document == nil {
		x.warn("no Server document is known: full access administration is taken as granted on your word (rule 3.11)")
	}
	if d.Source == acl.FromName && len(x.match.Names) == 0 {
		x.warn("matched by a bare common name, which is contested (rule 2.10, D6)")
	}
	if d.Server == server.Unknown && (x.sub.Kind == acl.Person || x.sub.Kind == acl.Server) {
		x.warn(unlessRefused + ": " + d.ServerReason.Why)
	}
	if l.ExtendedAccess {
		x.warn("the database has an extended ACL, which can narrow access further and is not evaluated")
	}
	x.warnOfPaths()
	x.warnOfNesting()
}

func (x *explainer) warn(text string) { x.into.Warnings = append(x.into.Warnings, text) }

// warnOfPaths notes group entries that give different levels.
func (x *explainer) warnOfPaths() {
	if x.decision.Source != acl.FromGroup {
		return
	}
	var levels []acl.Level
	neutralised := false
	for i := range x.decision.Hit() {
		level := x.in.List.Entries[i].Level
		levels = append(levels, level)
		neutralised = neutralised || level == acl.NoAccess && x.decision.Uncapped > acl.NoAccess
	}
	slices.Sort(levels)
	if levels = slices.Compact(levels); len(levels) > 1 {
		x.warn("several access paths with different levels")
	}
	if neutralised {
		x.warn("a No Access group is neutralised by another group (rule 3.12)")
	}
}

// warnOfNesting notes chains longer than older help allows.
func (x *explainer) warnOfNesting() {
	for _, p := range x.into.Paths {
		if len(p.Via) > documentedDepth {
			x.warn(nestingWarning(p))
		}
	}
}

func nestingWarning(p Path) string {
	return fmt.Sprintf("%s is reached through %d nested groups; help up to release 11 states six (rule 4.4)", p.Entry, len(p.Via))
}
