package view

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/report"
)

// wanted is the answer that every way of asking must give.
type wanted struct {
	Level      string
	Roles      []string
	Privileges []string // nil: not said
	Source     string   // empty: not said
	Winning    []string // nil: not said
}

func (w *wanted) level(t testing.TB) acl.Level {
	l, err := acl.ParseLevel(w.Level)
	must(t, err)
	return l
}

// asked is one subject before one database on one channel.
type asked struct {
	testing.TB
	snap    *resolver.Snapshot
	sub     *resolver.Subject
	db      *database.Database
	channel acl.Channel
	want    wanted
}

func sorted(list []string) []string {
	out := slices.Clone(list)
	slices.Sort(out)
	return out
}

func (a *asked) same(what string, got, want []string) {
	a.Helper()
	if !slices.Equal(sorted(got), sorted(want)) {
		a.Errorf("%s: %q, want %q", what, got, want)
	}
}

// decisions asks the Snapshot in every way that it has.
func (a *asked) decisions(q resolver.Query) {
	in := a.db.Primary
	e := a.snap.Explain(a.sub, a.db, in, q)
	a.row("Explain", e.Level, e.Roles, e.Privileges, e.Source, e.Winning)
	if e.LevelNum != int(a.want.level(a)) {
		a.Errorf("Explain: level number %d of %s", e.LevelNum, e.Level)
	}
	d := a.snap.Decide(a.sub, in, q)
	r := a.snap.Row(a.sub, a.db, in, &d)
	a.row("Decide", r.Level, r.Roles, r.Privileges, r.Source, r.Winning)
	r, _ = a.snap.Account(a.sub, a.db, in, q)
	a.row("Account", r.Level, r.Roles, r.Privileges, r.Source, r.Winning)
	found := false
	a.snap.EachDecision(a.sub, q, func(db *database.Database, d *resolver.Decision) bool {
		if db == a.db {
			found = true
			r := a.snap.Row(a.sub, db, in, d)
			a.row("EachDecision", r.Level, r.Roles, r.Privileges, r.Source, r.Winning)
		}
		return true
	})
	if !found {
		a.Errorf("EachDecision leaves out %s", a.db.Key)
	}
}

func (a *asked) row(by, level string, roles, privileges []string, source string, winning []string) {
	a.Helper()
	if level != a.want.Level || a.want.Source != "" && source != a.want.Source {
		a.Errorf("%s: %s by %s, want %s by %s", by, level, source, a.want.Level, a.want.Source)
	}
	if !slices.Equal(roles, a.want.Roles) && len(roles)+len(a.want.Roles) > 0 {
		a.Errorf("%s: roles %q, want %q", by, roles, a.want.Roles)
	}
	if a.want.Privileges != nil && !slices.Equal(privileges, a.want.Privileges) {
		a.Errorf("%s: privileges %q, want %q", by, privileges, a.want.Privileges)
	}
	if a.want.Winning != nil && !slices.Equal(winning, a.want.Winning) {
		a.Errorf("%s: winning %q, want %q", by, winning, a.want.Winning)
	}
}

// sets asks the database's side: Access, the report and who.
func (a *asked) sets() {
	access := a.snap.Access(a.db, a.channel)
	for l := acl.NoAccess; l <= acl.Manager; l++ {
		if got := access.Level(l).Contains(uint32(a.sub.Entry)); got != (l == a.want.level(a)) {
			a.Errorf("Access: level %s is %v, want %s", l, got, a.want.Level)
		}
		if got := access.AtLeast(l).Contains(uint32(a.sub.Entry)); got != (l <= a.want.level(a)) {
			a.Errorf("Access: at least %s is %v, want %s", l, got, a.want.Level)
		}
	}
	for i, role := range a.db.Primary.List.Roles {
		if got := access.Role(i).Contains(uint32(a.sub.Entry)); got != (slices.Contains(a.want.Roles, role) && a.want.level(a) > 0) {
			a.Errorf("Access: role %s is %v", role, got)
		}
	}
	for r := range report.Rows(a.snap, report.Options{Channel: a.channel, Databases: []*database.Database{a.db}}) {
		if p := r.Plain(); p.User == a.sub.Name.Canonical() {
			a.row("report", p.Level, p.Roles, p.Privileges, p.Source, p.Winning)
		}
	}
	who, err := report.Who(a.snap, report.Question{Database: a.db, Channel: a.channel})
	must(a, err)
	found := false
	for h := range who.Rows() {
		if h.User == a.sub.Name.Canonical() {
			found = true
			a.row("who", h.Level, h.Roles, h.Privileges, h.Source, h.Winning)
		}
	}
	if found != (a.want.level(a) > 0) {
		a.Errorf("who: there is %v, want %s", found, a.want.Level)
	}
}

// ladder lists the levels that AtLeast attributes and level groups have.
func (a *asked) ladder(depositor bool) []string {
	var out []string
	if l := a.want.level(a); l == acl.Depositor && depositor {
		return []string{"depositor"}
	}
	for l := acl.Reader; l <= a.want.level(a); l++ {
		out = append(out, l.String())
	}
	return out
}

func (a *asked) rolesAbove() []string {
	if a.want.level(a) == acl.NoAccess {
		return nil
	}
	return a.want.Roles
}

func (a *asked) exactly() []string {
	if a.want.level(a) == acl.NoAccess {
		return nil
	}
	return []string{a.want.Level}
}

// ldap asks every attribute and entry that has the channel.
func (a *asked) ldap(v *View) {
	dn := a.snap.DN(a.sub)
	switch a.channel {
	case acl.Notes:
		a.attribute(v, dn, "effectiveAccess", a.exactly(), levelWords())
		a.attribute(v, dn, "effectiveAccessAtLeast", a.ladder(true), levelWords())
		a.attribute(v, dn, "effectiveRole", a.rolesAbove(), a.db.Primary.List.Roles)
		if a.want.Privileges != nil {
			a.attribute(v, dn, "effectivePrivilege", a.want.Privileges, privilegeWords())
		}
		a.reason(v, dn)
		a.record(v, attrAccessLevel, attrAccessRole)
	case acl.WebSession, acl.WebPassword: // both are capped alike (rule 5.2)
		a.attribute(v, dn, "effectiveWebAccess", a.exactly(), levelWords())
		a.attribute(v, dn, "effectiveWebAccessAtLeast", a.ladder(true), levelWords())
		a.attribute(v, dn, "effectiveWebRole", a.rolesAbove(), a.db.Primary.List.Roles)
		a.record(v, "accessWebLevel", "")
	}
	a.aliases(v, dn)
	a.groups(v, dn)
}

func levelWords() []string {
	var out []string
	for l := acl.NoAccess; l <= acl.Manager; l++ {
		out = append(out, l.String())
	}
	return out
}

func privilegeWords() []string { return acl.AllPrivileges.Names() }

// attribute asks for the values of the database, and asserts every possible one.
func (a *asked) attribute(v *View, dn, attribute string, want, possible []string) {
	a.Helper()
	es, _ := search(a, v, reader, dn, wire.ScopeBase, "(objectClass=*)", attribute)
	if len(es) != 1 {
		a.Fatalf("%s: %d entries", dn, len(es))
	}
	var got []string
	for _, value := range es[0].get(attribute) {
		if word, ours := strings.CutPrefix(value, a.db.Key+"#"); ours {
			got = append(got, word)
		}
	}
	a.same(attribute, got, want)
	for _, word := range possible {
		for _, key := range append([]string{a.db.Key, a.db.ReplicaID, strings.ToUpper(a.db.Key)}, a.db.Alias...) {
			a.asserted(v, dn, attribute, key+"#"+word, slices.Contains(want, word), len(es[0].get(attribute)) > 0)
		}
	}
}

// asserted puts a value into a filter and into Compare.
func (a *asked) asserted(v *View, dn, attribute, value string, there, any bool) {
	a.Helper()
	if strings.HasPrefix(value, "#") {
		return // no replica id is known
	}
	es, _ := runQuery(a, v, Request{Identity: identity(a, reader), Search: ask(dn, wire.ScopeBase, item(wire.Equality, attribute, value), "1.1")})
	if (len(es) == 1) != there {
		a.Errorf("(%s=%s) is %v, want %v", attribute, value, len(es) == 1, there)
	}
	es, _ = runQuery(a, v, Request{Identity: identity(a, reader), Search: ask("", wire.ScopeSubtree, item(wire.Equality, attribute, value), "1.1")})
	if slices.Contains(dns(es), dn) != there {
		a.Errorf("(%s=%s) among all is %v, want %v", attribute, value, !there, there)
	}
	want := wire.CompareFalse
	if there {
		want = wire.CompareTrue
	} else if !any {
		want = wire.NoSuchAttribute
	}
	if got := compare(a, v, reader, dn, attribute, value).Code; got != want {
		a.Errorf("Compare %s with %s is %v, want %v", attribute, value, got, want)
	}
}

func (a *asked) reason(v *View, dn string) {
	es, _ := search(a, v, reader, dn, wire.ScopeBase, "(effectiveAccessReason=*)", "effectiveAccessReason")
	found := false
	for _, text := range es[0].get("effectiveAccessReason") {
		var e resolver.Explanation
		must(a, json.Unmarshal([]byte(text), &e))
		if e.Database == a.db.Key {
			found = true
			a.row("effectiveAccessReason", e.Level, e.Roles, e.Privileges, e.Source, e.Winning)
		}
	}
	if !found {
		a.Errorf("effectiveAccessReason: nothing about %s", a.db.Key)
	}
}

// aliases asks for the bare values of one database.
func (a *asked) aliases(v *View, dn string) {
	for _, alias := range a.db.Alias {
		for _, c := range []struct {
			attribute      string
			want, possible []string
		}{{attrAccessLevel, a.exactly(), levelWords()}, {attrAccessRole, a.rolesAbove(), a.db.Primary.List.Roles},
			{attrAccessPriv, a.want.Privileges, privilegeWords()}} {
			if c.attribute == attrAccessPriv && c.want == nil {
				continue
			}
			option := c.attribute + ";x-db-" + alias
			es, _ := search(a, v, reader, dn, wire.ScopeBase, "(objectClass=*)", c.attribute)
			a.same(option, es[0].get(option), c.want)
			for _, word := range c.possible {
				a.asserted(v, dn, option, word, slices.Contains(c.want, word), len(c.want) > 0)
			}
		}
	}
}

// groups asks for the level and role groups.
func (a *asked) groups(v *View, dn string) {
	for what, there := range a.groupsWanted() {
		group := v.databaseDN(a.db)
		group = "cn=" + a.db.Key + "#" + what + "," + group
		es, _ := search(a, v, reader, group, wire.ScopeBase, "(objectClass=groupOfNames)", "member")
		if len(es) != 1 {
			a.Fatalf("%s: %d entries", group, len(es))
		}
		members := es[0].get("member")
		if slices.Contains(members, dn) != there {
			a.Errorf("%s: member is %v, want %v", group, !there, there)
		}
		a.asserted(v, dn, "effectiveAccessGroup", group, there, len(a.ladder(false))+len(a.rolesAbove()) > 0 || len(a.all(v, dn)) > 0)
		es, _ = runQuery(a, v, Request{Identity: identity(a, reader), Search: ask("cn=access", wire.ScopeSubtree, item(wire.Equality, "member", dn), "1.1")})
		if slices.ContainsFunc(es, func(e entry) bool { return keyOf(a, e.dn) == keyOf(a, group) }) != there {
			a.Errorf("(member=%s) gives %s: %v, want %v", dn, group, !there, there)
		}
		es, _ = runQuery(a, v, Request{Identity: identity(a, reader), Search: ask("", wire.ScopeSubtree, item(wire.Equality, "memberOf", group), "1.1")})
		if slices.Contains(dns(es), dn) != there {
			a.Errorf("(memberOf=%s) is %v, want %v", group, !there, there)
		}
		want := wire.CompareFalse
		if there {
			want = wire.CompareTrue
		} else if len(members) == 0 {
			want = wire.NoSuchAttribute
		}
		if got := compare(a, v, reader, group, "member", strings.ToUpper(dn)).Code; got != want {
			a.Errorf("Compare member of %s is %v, want %v", group, got, want)
		}
	}
}

// all is every level and role group of the entry, of any database.
func (a *asked) all(v *View, dn string) []string {
	es, _ := search(a, v, reader, dn, wire.ScopeBase, "(objectClass=*)", "effectiveAccessGroup")
	return es[0].get("effectiveAccessGroup")
}

func (a *asked) groupsWanted() map[string]bool {
	out := map[string]bool{}
	for l := acl.Reader; l <= acl.Manager; l++ {
		out[l.String()] = slices.Contains(a.ladder(false), l.String())
	}
	for _, r := range a.db.Primary.List.Roles {
		out[r] = slices.Contains(a.rolesAbove(), r)
	}
	return out
}

// record asks for the decision as an entry, by its DN and by filters.
func (a *asked) record(v *View, level, role string) {
	base := v.recordDN(a.sub, a.db)
	at := a.sub.Name.Canonical()
	for _, c := range []struct {
		base  string
		scope wire.Scope
	}{{base, wire.ScopeBase}, {ouSubjects + "," + v.databaseDN(a.db), wire.ScopeOne}, {"cn=access", wire.ScopeSubtree}} {
		f := wire.Filter{Kind: wire.And, Children: []wire.Filter{item(wire.Equality, "accessSubject", at), item(wire.Equality, "databaseKey", a.db.Key)}}
		es, end := runQuery(a, v, Request{Identity: identity(a, reader), Search: ask(c.base, c.scope, f)})
		if len(es) != 1 || keyOf(a, es[0].dn) != keyOf(a, base) {
			a.Errorf("record from %s: %v %v", c.base, dns(es), end.Result)
			continue
		}
		a.same("record: "+level, es[0].get(level), []string{a.want.Level})
		if role == "" {
			continue
		}
		a.same("record: roles", es[0].get(role), a.want.Roles)
		a.same("record: number", es[0].get("accessLevelNumber"), []string{strconv.Itoa(int(a.want.level(a)))})
		if a.want.Privileges != nil {
			a.same("record: privileges", es[0].get(attrAccessPriv), a.want.Privileges)
		}
		if a.want.Winning != nil {
			a.same("record: winning entries", es[0].get("winningEntry"), a.want.Winning)
		}
	}
	want := wire.CompareTrue
	if got := compare(a, v, reader, base, level, a.want.Level).Code; got != want {
		a.Errorf("Compare %s of the record is %v", level, got)
	}
}

// everywhere asks in every way that has the subject and the channel.
func (a *asked) everywhere(v *View, q resolver.Query) {
	a.decisions(q)
	if q.FullAccess || q.StoredGroups != nil || a.sub.Entry == directory.None {
		if a.channel == acl.Notes && !q.FullAccess && (a.sub.Kind == acl.Anonymous || a.sub.Kind == acl.Nobody) {
			a.record(v, attrAccessLevel, attrAccessRole)
		}
		return // nobody else says so
	}
	a.sets()
	a.ldap(v)
}
