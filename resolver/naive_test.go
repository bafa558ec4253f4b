package resolver_test

import (
	"slices"
	"strings"

	"github.com/aclens/aclens/resolver/name"
)

// This file is docs/access-rules.md, section 0, read out loud: who is who
// (sections 2 and 4) and what follows (sections 1, 3, 5, 6), on plain strings,
// by walking everything each time. Only the question whether two texts are one
// name is left to package name. naive_server_test.go is section 7.

// somebody is the subject of a question.
type somebody struct {
	kind  string // person, server, database, anonymous or default
	dn    string // key of the entry; empty for a name alone
	names []string
}

// question is how somebody comes.
type question struct {
	channel    string
	fullAccess bool
	stored     []string // groups kept in a local replica; nil: none are
}

// verdict is the naive answer.
type verdict struct {
	level, source, server      string
	privileges, roles, winning []string
}

var parses = map[string]name.Name{}

// parsed is name.Parse remembered, since the same few texts return.
func parsed(text string) name.Name {
	n, seen := parses[text]
	if !seen {
		n = name.Parse(text)
		parses[text] = n
	}
	return n
}

func key(text string) string { return string(parsed(text).Key()) }

func hierarchical(text string) bool { return parsed(text).Hierarchical() }

func commonOf(text string) string { return parsed(text).Common() }

// visible is the entry that is seen under a DN: of the first directory that has one.
func (w *world) visible(dn string) *doc {
	var found *doc
	for i := range w.docs {
		if d := &w.docs[i]; key(d.name) == dn && (found == nil || d.dir < found.dir) {
			found = d
		}
	}
	return found
}

// entries lists what is seen, of the given kinds.
func (w *world) entries(kinds ...string) []*doc {
	var out []*doc
	for i := range w.docs {
		d := &w.docs[i]
		if slices.Contains(kinds, d.kind) && w.visible(key(d.name)) == d {
			out = append(out, d)
		}
	}
	return out
}

// namesOf are the identity and the alternate names (rules 2.8, 9.8).
func (w *world) namesOf(d *doc) []string {
	own := d.name
	if w.rules.notesName && len(d.mapped) == 1 {
		own = d.mapped[0]
	}
	return append([]string{own}, d.alternates...)
}

func (w *world) somebody(d *doc) somebody {
	return somebody{kind: d.kind, dn: key(d.name), names: w.namesOf(d)}
}

// holders are the people and servers that have a name.
func (w *world) holders(k string) []*doc {
	var out []*doc
	for _, d := range w.entries("person", "server") {
		if slices.ContainsFunc(w.namesOf(d), func(n string) bool { return key(n) == k }) {
			out = append(out, d)
		}
	}
	return out
}

// hasName: an entry names somebody, and nobody else (docs/contract.md, section 6).
func (w *world) hasName(who somebody, k string) bool {
	if !slices.ContainsFunc(who.names, func(n string) bool { return key(n) == k }) {
		return false
	}
	for _, other := range w.holders(k) {
		if key(other.name) != who.dn {
			return false
		}
	}
	return true
}

// isCommonName: k is the bare common name of somebody, and in no way that of
// anybody else (rule 2.10).
func (w *world) isCommonName(who somebody, k string) bool {
	if who.kind != "person" || commonOf(who.names[0]) == "" || key(commonOf(who.names[0])) != k {
		return false
	}
	for _, d := range w.entries("person") {
		if key(d.name) != who.dn && commonOf(w.namesOf(d)[0]) != "" && key(commonOf(w.namesOf(d)[0])) == k {
			return false
		}
	}
	return !slices.ContainsFunc(w.holders(k), func(d *doc) bool { return key(d.name) != who.dn })
}

// byCommonName is rule 2.10 with its setting.
func (w *world) byCommonName(who somebody, k, onServer string) bool {
	if !w.isCommonName(who, k) || !hierarchical(who.names[0]) {
		return false
	}
	switch w.rules.commonNameMatch {
	case "always":
		return true
	case "never":
		return false
	}
	here, there := parsed(who.names[0]), parsed(onServer)
	return there.Organization() != "" && strings.EqualFold(here.Organization(), there.Organization()) &&
		strings.EqualFold(here.Country(), there.Country())
}

// covers is rule 2.7: the wildcard's branch is the end of the name.
func covers(wildcard string, who somebody) bool {
	branch, ok := strings.CutPrefix(key(wildcard), "cn=*")
	if !ok || who.kind == "anonymous" || who.kind == "default" || who.kind == "database" {
		return false
	}
	return slices.ContainsFunc(who.names, func(n string) bool { return strings.HasSuffix(key(n), branch) && key(n) != key(wildcard) })
}

// isMember tells whether a value of a group's member list is somebody (rule 4.6).
func (w *world) isMember(member string, who somebody) bool {
	k := key(member)
	if d := w.visible(k); d != nil {
		return k == who.dn
	}
	if parsed(member).IsWildcard() {
		return covers(member, who)
	}
	if w.hasName(who, k) {
		return true
	}
	return w.rules.commonNameInGroups && who.dn != "" && !hierarchical(member) && w.isCommonName(who, k)
}

func (w *world) isUIDMember(uid string, who somebody) bool {
	var found []*doc
	for _, d := range w.entries("person", "server") {
		if slices.ContainsFunc(d.uids, func(u string) bool { return strings.EqualFold(u, uid) }) {
			found = append(found, d)
		}
	}
	return len(found) == 1 && key(found[0].name) == who.dn
}

func (w *world) isDirectMember(g *doc, who somebody) bool {
	return slices.ContainsFunc(g.members, func(m string) bool { return w.isMember(m, who) }) ||
		slices.ContainsFunc(g.memberUIDs, func(u string) bool { return w.isUIDMember(u, who) })
}

// counts is rule 4.1 for the types that are asked about, and rule 4.7.
func (w *world) counts(g *doc, types []int) bool {
	t, known := map[string]int{"": 0, "0": 0, "1": 1, "2": 2, "3": 3, "4": 4}[g.groupType]
	return known && slices.Contains(types, t) && (g.dir == 0 || w.rules.secondGroups)
}

// inGroup is sections 4.3 to 4.8: directly, or through groups of the same
// directory, in a chain of at most left groups.
func (w *world) inGroup(g *doc, who somebody, types []int, left int) bool {
	if left == 0 || !w.counts(g, types) {
		return false
	}
	if w.isDirectMember(g, who) {
		return true
	}
	if g.dir > 0 && !w.rules.secondNested {
		return false
	}
	for _, m := range g.members {
		inner := w.visible(key(m))
		if inner != nil && inner.kind == "group" && inner.dir == g.dir && w.inGroup(inner, who, types, left-1) {
			return true
		}
	}
	return false
}

// chain is the most groups that a chain may have; without a limit no chain
// needs a group twice.
func (w *world) chain() int {
	if w.rules.maxNestingDepth > 0 {
		return w.rules.maxNestingDepth
	}
	return len(w.entries("group"))
}

// groupNames are the names by which an ACL may mean a group (rules 4.1, 9.5).
func (w *world) groupNames(g *doc) []string {
	if !w.rules.groupsByCN {
		return append([]string{g.name}, g.listNames...)
	}
	for _, base := range w.rules.groupNameBases {
		if strings.HasSuffix(key(g.name), ","+key(base)) {
			return []string{commonOf(g.name)}
		}
	}
	if len(w.rules.groupNameBases) == 0 {
		return []string{commonOf(g.name)}
	}
	return nil
}

// groupNamed is the group that a name means: the first directory's that has one
// (rule 4.7), and no group where it has two.
func (w *world) groupNamed(k string) *doc {
	if found := w.groupsNamed(k); len(found) == 1 {
		return found[0]
	}
	return nil
}

// groupsNamed are the groups of a name in the first directory that has any.
func (w *world) groupsNamed(k string) []*doc {
	for dir := range 2 {
		var found []*doc
		for _, g := range w.entries("group") {
			named := slices.ContainsFunc(w.groupNames(g), func(n string) bool { return key(n) == k })
			if named && g.dir == dir && (dir == 0 || w.rules.secondGroups) {
				found = append(found, g)
			}
		}
		if len(found) > 0 {
			return found
		}
	}
	return nil
}

func (w *world) inGroupNamed(k string, who somebody, q question) bool {
	if q.stored != nil { // rule 6.4
		return slices.ContainsFunc(q.stored, func(s string) bool { return key(s) == k })
	}
	g := w.groupNamed(k)
	return g != nil && w.inGroup(g, who, w.rules.aclGroupTypes, w.chain())
}

// suits is the matrix of rule 3.3.
func suits(kind string, who somebody, own bool) bool {
	switch kind {
	case "unspecified":
		return true
	case "person", "server":
		return own && who.kind == kind
	case "mixedgroup":
		return !own && (who.kind == "person" || who.kind == "server")
	case "persongroup":
		return !own && who.kind == "person"
	default:
		return !own && who.kind == "server"
	}
}

// hits finds N, G, W or -Default- of section 0.
func (w *world) hits(a *aclDoc, who somebody, q question) ([]aclLine, string) {
	byName := func(e aclLine) bool { return suits(e.kind, who, true) && w.hasName(who, key(e.name)) }
	byCommon := func(e aclLine) bool { return suits(e.kind, who, true) && w.byCommonName(who, key(e.name), a.server) }
	byGroup := func(e aclLine) bool { return suits(e.kind, who, false) && w.inGroupNamed(key(e.name), who, q) }
	byWildcard := func(e aclLine) bool {
		return suits(e.kind, who, false) && parsed(e.name).IsWildcard() && covers(e.name, who)
	}
	byReplica := func(e aclLine) bool {
		id, ok := name.ReplicaID(e.name)
		own, _ := name.ReplicaID(who.names[0])
		return ok && id == own && suits(e.kind, who, true)
	}
	switch who.kind {
	case "anonymous":
		if found := a.lines(func(e aclLine) bool { return key(e.name) == key("Anonymous") }, "anonymous"); len(found) > 0 {
			return found, "anonymous"
		}
	case "database":
		if found := a.lines(byReplica, "replica"); len(found) > 0 {
			return found, "name"
		}
	case "person", "server":
		groups := a.lines(byGroup, "name")
		if len(groups) > 0 && w.rules.wildcardMode == "merge" {
			groups = a.lines(func(e aclLine) bool {
				wild := parsed(e.name).IsWildcard()
				return wild && byWildcard(e) || !wild && byGroup(e)
			}, "any")
		}
		for _, rung := range []struct {
			found  []aclLine
			source string
		}{{a.lines(byName, "name"), "name"}, {a.lines(byCommon, "name"), "name"}, {groups, "group"}, {a.lines(byWildcard, "any"), "wildcard"}} {
			if len(rung.found) > 0 {
				return rung.found, rung.source
			}
		}
	}
	return a.lines(func(e aclLine) bool { return key(e.name) == key("-Default-") }, "default"), "default"
}

// lines are the entries that pass; kind keeps special entries (rules 2.3, 2.5,
// 2.13) from being read as names.
func (a *aclDoc) lines(pass func(aclLine) bool, kind string) []aclLine {
	var out []aclLine
	for _, e := range a.entries {
		if (kind == "any" || entryKind(e.name) == kind) && entryKind(e.name) != "template" && pass(e) {
			out = append(out, e)
		}
	}
	return out
}

func entryKind(text string) string {
	_, replica := name.ReplicaID(text)
	switch n := parsed(text); {
	case key(text) == key("-Default-"):
		return "default"
	case key(text) == key("Anonymous"):
		return "anonymous"
	case n.IsTemplate():
		return "template"
	case n.IsWildcard():
		return "wildcard"
	case replica:
		return "replica"
	}
	return "name"
}
