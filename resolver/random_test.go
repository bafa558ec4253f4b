package resolver_test

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/aclens/aclens/resolver/name"
)

// What random worlds are made of: few names, so that they collide.
var (
	peopleNames = []string{
		"CN=Jane Doe/OU=Sales/O=Acme", "CN=Jane Doe/OU=HR/O=Acme", "CN=Bob Ray/O=Acme", "CN=Eve Out/O=Other", "CN=Zoé/O=Acme",
		"CN=Mary Tsen/OU=Illustration/OU=Production/O=Acme/C=US", "Flat Person", "uid=ssmith/ou=People/dc=acme/dc=com",
		"CN=Doe, John/OU=Sales/O=Acme", "CN=Staff/O=Acme", "CN=Hub1/O=Other", "CN=Bob Ray/O=Acme/C=US",
	}
	serverNames    = []string{"CN=Hub1/O=Acme", "CN=Hub2/OU=Srv/O=Acme", "CN=Hub9/O=Other"}
	alternateNames = []string{"CN=Jeanne Doe/O=Acme", "Bob Ray/Acme", "Jane Doe", "Eve Out", "CN=Juana/OU=Ventas/O=Acme", "Flat Person", "Hub1"}
	groupNames     = []string{
		"Staff", "Editors", "Admins", "LocalDomainServers", "Terminations", "Jane Doe", "Bob Ray", "CN=Team/O=Acme", "CN=Staff/OU=Groups/O=Acme", "Loop", "Chain 0", "Chain 2",
	}
	wildcards  = []string{"*/Acme", "*/Sales/Acme", "*", "*/O=Other", "*/Acme/US", "*/dc=acme/dc=com", "*/Bob Ray/Acme"}
	strangers  = []string{"CN=Ann New/OU=Sales/O=Acme", "CN=Nobody/O=Nowhere", "Stranger", "CN=Bob Ray/OU=Lab/O=Acme"}
	uidPool    = []string{"jdoe", "JDOE", "bray", "nobody"}
	replicaIDs = []string{"85255B42005A8FA4", "862570AA0012AB34"}
)

type dice struct{ *rand.Rand }

func (d dice) one(of ...string) string { return of[d.IntN(len(of))] }
func (d dice) chance(percent int) bool { return d.IntN(100) < percent }
func (d dice) some(n int, of ...[]string) []string {
	pool := slices.Concat(of...)
	var out []string
	for range n {
		out = append(out, pool[d.IntN(len(pool))])
	}
	return out
}

// spelled writes a name in one of the ways that mean the same (rule 2.9).
func (d dice) spelled(text string) string {
	n := name.Parse(text)
	switch d.IntN(4) {
	case 0:
		return strings.ToUpper(n.Canonical())
	case 1:
		return n.Abbreviated()
	case 2:
		return strings.ToLower(n.Abbreviated())
	}
	return text
}

func (d dice) world() *world {
	w := &world{rules: d.rules(), databases: replicaIDs}
	for range 4 + d.IntN(8) {
		w.add(d.person())
	}
	for range d.IntN(4) {
		w.add(doc{kind: "server", name: d.one(serverNames...), dir: d.dir()})
	}
	for range 2 + d.IntN(8) {
		w.add(d.group())
	}
	if d.chance(40) {
		d.chain(w)
	}
	if d.chance(30) {
		w.add(doc{kind: "other", name: d.one(slices.Concat(peopleNames, groupNames)...), dir: d.dir()})
	}
	for i := range 1 + d.IntN(3) {
		a := d.acl(i)
		if someone := w.docs[d.IntN(len(w.docs))].name; d.chance(60) && !slices.ContainsFunc(a.entries, func(e aclLine) bool { return key(e.name) == key(someone) }) {
			a.entries = append(a.entries, d.line(someone, a.roles)) // it would seldom happen by chance
		}
		w.acls = append(w.acls, a)
	}
	for _, s := range serverNames {
		if d.chance(60) {
			w.servers = append(w.servers, d.server(s))
		}
	}
	return w
}

// chain adds groups of which each holds the next.
func (d dice) chain(w *world) {
	dir, n := d.dir(), 2+d.IntN(8)
	for i := range n {
		g := doc{kind: "group", name: "Chain " + strconv.Itoa(i), groupType: "0", dir: dir, members: []string{"Chain " + strconv.Itoa(i+1)}}
		if i == n-1 {
			g.members = []string{w.docs[d.IntN(len(w.docs))].name, w.docs[0].name}
		}
		w.add(g)
	}
}

// add puts an entry in, instead of one of the same name in the same directory.
func (w *world) add(d doc) {
	w.remove(d)
	w.docs = append(w.docs, d)
}

func (w *world) remove(d doc) {
	w.docs = slices.DeleteFunc(w.docs, func(o doc) bool { return o.dir == d.dir && key(o.name) == key(d.name) })
}

func (d dice) dir() int { return min(d.IntN(5), 1) ^ 1 }

func (d dice) person() doc {
	p := doc{kind: "person", name: d.one(peopleNames...), dir: d.dir()}
	if d.chance(30) {
		p.alternates = d.some(1+d.IntN(2), alternateNames, peopleNames[:1])
	}
	if d.chance(20) {
		p.mapped = d.some(1+d.IntN(2), peopleNames, strangers)
	}
	if d.chance(40) {
		p.uids = d.some(1, uidPool)
	}
	return p
}

func (d dice) group() doc {
	g := doc{kind: "group", name: d.one(groupNames...), dir: d.dir(), groupType: d.one("0", "0", "0", "1", "2", "3", "4", "", "9", "x")}
	for _, m := range d.some(d.IntN(6), peopleNames, serverNames, alternateNames, groupNames, groupNames, wildcards, strangers, []string{"Ann New", "Nobody"}) {
		g.members = append(g.members, d.spelled(m))
	}
	if d.chance(20) {
		g.memberUIDs = d.some(1+d.IntN(2), uidPool)
	}
	if d.chance(20) {
		g.listNames = []string{d.one("Readers", "Editors", "Staff")}
	}
	return g
}

func (d dice) rules() rules {
	r := standardRules()
	r.wildcardMode = d.one("fallback", "fallback", "merge")
	r.commonNameMatch = d.one("same-org", "same-org", "always", "never")
	r.commonNameInGroups = d.chance(40)
	if d.chance(40) {
		r.aclGroupTypes = []int{0, 2}
	}
	if d.chance(40) {
		r.maxNestingDepth = 1 + d.IntN(3)
	}
	r.fullAccessRoles = d.chance(30)
	if d.chance(30) {
		r.capped = d.some(d.IntN(4), channels)
	}
	r.notesName = d.chance(40)
	if r.groupsByCN = d.chance(30); r.groupsByCN && d.chance(40) {
		r.groupNameBases = []string{"OU=Groups/O=Acme"}
	}
	r.secondGroups, r.secondNested = d.chance(60), d.chance(70)
	return r
}

var channels = []string{"notes", "web-password", "web-session", "web-sso", "web-clientcert", "web-anonymous", "local"}

func (d dice) acl(i int) aclDoc {
	a := aclDoc{server: d.one(serverNames[0], serverNames[0], serverNames[2]), path: d.one("apps/", "Mail/", "") + "db" + strconv.Itoa(i) + ".nsf"}
	if d.chance(15) {
		a.path = "WebAdmin.nsf"
	}
	if i > 0 {
		a.path = "x" + strconv.Itoa(i) + "/" + a.path
	}
	a.roles = []string{"[Admin]", "[Buyer]", "[Audit]"}[:d.IntN(4)]
	a.maximum = d.one(append([]string{"", "editor", "reader"}, levelOrder...)...)
	a.consistent = d.one("yes", "no", "unknown")
	seen := map[string]bool{}
	pool := d.some(3+d.IntN(9), peopleNames, serverNames, alternateNames, groupNames, groupNames, wildcards, wildcards, strangers,
		replicaIDs, []string{"Anonymous", "[Staff]", "Chain 0", "Readers", "Bob Ray", "Mary Tsen", "Eve Out", "Eve Out", "Hub2"})
	if d.chance(90) {
		pool = append(pool, "-Default-")
	}
	if d.chance(40) {
		pool = append(pool, "Chain 0")
	}
	d.Shuffle(len(pool), func(i, j int) { pool[i], pool[j] = pool[j], pool[i] })
	for _, n := range pool {
		line := d.line(n, a.roles)
		if k := entryKind(line.name) + key(line.name); !seen[k] {
			seen[k] = true
			a.entries = append(a.entries, line)
		}
	}
	return a
}

func (d dice) line(n string, roles []string) aclLine {
	e := aclLine{name: n, level: d.one(levelOrder...), kind: d.one("unspecified", "unspecified", "person", "server", "mixedgroup", "persongroup", "servergroup")}
	if entryKind(n) == "name" || entryKind(n) == "wildcard" {
		e.name = d.spelled(n)
	}
	if entryKind(n) == "default" {
		e.kind = "unspecified"
	}
	for _, p := range privilegeOrder {
		if d.chance(40) {
			e.privileges = append(e.privileges, p)
		}
	}
	for _, r := range roles {
		if d.chance(40) {
			e.roles = append(e.roles, r)
		}
	}
	return e
}

func (d dice) server(text string) serverDoc {
	list := func(percent int) []string {
		if !d.chance(percent) {
			return []string{}
		}
		return d.some(1+d.IntN(3), peopleNames, serverNames, groupNames, groupNames, alternateNames, wildcards, []string{"*/Acme", "[Staff]", "Anonymous"})
	}
	s := serverDoc{
		name: text, known: d.chance(80), allow: list(40), deny: list(40), admin: list(60),
		enforce: d.one("yes", "no", "unknown"), box: d.one("yes", "no", "unknown"), adminDisabled: d.chance(15),
	}
	if d.chance(25) {
		s.folders = map[string][]string{d.one("apps", "mail", "x1"): list(90)}
	}
	return s
}
