package view

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/finding"
	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/schema"
)

const (
	jane   = "cn=Jane Doe,ou=Sales,o=Acme"
	victor = "cn=Victor Stone,ou=Sales,o=Acme"
	client = "cn=sso,ou=services,o=acme"
)

func one(read ...string) policy.Rule { return policy.Rule{Who: policy.OneDN, DN: client, Read: read} }

func narrowed(r policy.Rule, databases, attributes []string) policy.Rule {
	r.Databases, r.Attributes = databases, attributes
	return r
}

// clients are the identities of the matrix.
func clients() []who {
	every := policy.Rule{Who: policy.AnyBound, Read: []string{"groups"}}
	return []who{
		{name: "anonymous without a rule"},
		{name: "a person without a rule", dn: jane},
		{name: "a person on a deny list without a rule", dn: victor},
		{name: "a service account without a rule", dn: client},
		{name: "the right people alone", dn: client, rules: []policy.Rule{one("people")}},
		{name: "the right groups alone", dn: client, rules: []policy.Rule{one("groups")}},
		{name: "the right access alone", dn: client, rules: []policy.Rule{one("access")}},
		{name: "the right denylists alone", dn: client, rules: []policy.Rule{one("denylists")}},
		{name: "denylists and groups", dn: client, rules: []policy.Rule{one("denylists", "groups")}},
		{name: "denylists and access", dn: client, rules: []policy.Rule{one("denylists", "access")}},
		{name: "the right admin alone", dn: client, rules: []policy.Rule{one("admin")}},
		{name: "the right all", dn: client, rules: []policy.Rule{one("all")}},
		{name: "a base DN", dn: client, rules: []policy.Rule{one("OU=Sales,O=Acme")}},
		{name: "people and access to some databases", dn: client, rules: []policy.Rule{narrowed(one("people", "access"), []string{"apps/c*", "help/guide.nsf"}, nil)}},
		{name: "access to no database", dn: client, rules: []policy.Rule{narrowed(one("access"), []string{"nowhere/*"}, nil)}},
		{name: "three rights, some attributes", dn: client, rules: []policy.Rule{narrowed(one("people", "groups", "access"), nil, []string{"cn", "member", "effectiveAccess", "memberOf"})}},
		{name: "access, an attribute of another right", dn: client, rules: []policy.Rule{narrowed(one("access"), nil, []string{"isMemberOf", "mail"})}},
		{name: "a rule for a group", dn: jane, rules: []policy.Rule{{Who: policy.InGroup, DN: "cn=CRM Editors", Read: []string{"people"}}}},
		{name: "a rule for a group that one is not in", dn: jane, rules: []policy.Rule{{Who: policy.InGroup, DN: "cn=HR Staff", Read: []string{"all"}}}},
		{name: "a rule for everybody bound", dn: jane, rules: []policy.Rule{every}},
		{name: "a rule for everybody bound leaves anonymous alone", rules: []policy.Rule{every}},
		{name: "a rule for anonymous", rules: []policy.Rule{{Who: policy.Anonymous, Read: []string{"people"}, Attributes: []string{"cn", "notesName"}}}},
		{name: "a rule for anonymous leaves the bound alone", dn: client, rules: []policy.Rule{{Who: policy.Anonymous, Read: []string{"all"}}}},
		{name: "two rules together", dn: client, rules: []policy.Rule{
			narrowed(one("people"), nil, []string{"cn", "mail"}),
			{Who: policy.AnyBound, Read: []string{"access"}, Databases: []string{"apps/crm.nsf"}, Attributes: []string{"effectiveAccess", "accessLevel", "member"}}}},
		{name: "all, but few databases", dn: client, rules: []policy.Rule{narrowed(one("all"), []string{"help/*"}, nil)}},
		{name: "all, but few attributes", dn: client, rules: []policy.Rule{narrowed(one("all"), nil, []string{"cn", "member", "effectiveRole"})}},
		{name: "hidden attributes", dn: client, rules: []policy.Rule{one("all")}, hide: []string{"surname", "mail", "accessPrivilege", "effectiveRole"}},
		{name: "some of the own attributes", dn: jane, self: []string{"cn", "effectiveAccess"}},
		{name: "none of the own attributes", dn: jane, self: []string{}},
	}
}

// matrixAttributes are the attributes of the matrix.
var matrixAttributes = []string{"objectClass", "cn", "sn", "mail", "userPassword", "groupType", "member", "isMemberOf", "memberOf", "isDirectMemberOf",
	"dominoAccessGroups", "effectiveAccess", "effectiveRole", "effectivePrivilege", "effectiveAccessGroup", "effectiveAccessReason",
	"effectiveNamesList", "notesName", "accessLevel;x-db-crm", "accessLevel;x-db-hr", "entryUUID", "entryDN", "accessSnapshot", "description",
	"databaseKey", "databaseLevelCount", "databaseDefaultLevel", "accessLevel", "accessRole", "accessPrivilege", "winningEntry", "membershipPath",
	"accessSubjectDN", "findingSubject", "seeAlso", "numSubordinates", "hasSubordinates"}

// matrixEntries are the entries of the matrix.
var matrixEntries = []string{
	"O=Acme", "OU=Sales,O=Acme", "OU=Secret Unit,O=Acme", "CN=Printer 1,O=Acme", "CN=reader,O=Acme", "CN=Hub1,O=Acme",
	"CN=Jane Doe,OU=Sales,O=Acme", "CN=Victor Stone,OU=Sales,O=Acme", "CN=Karl Frost,OU=HR,O=Acme",
	"CN=Sales Team", "CN=CRM Editors", "CN=Newsletter", "CN=Terminations", "CN=Leavers,OU=Secret Unit,O=Acme", "CN=Field,OU=Sales,O=Acme",
	"cn=access", "ou=groups,cn=access", "ou=databases,cn=access", "cn=Sales Team,ou=groups,cn=access", "cn=Terminations,ou=groups,cn=access",
	"ou=Sales,o=Acme,ou=groups,cn=access", "ou=Secret Unit,o=Acme,ou=groups,cn=access", "cn=Leavers,ou=Secret Unit,o=Acme,ou=groups,cn=access",
	"cn=apps/crm.nsf,ou=databases,cn=access", "cn=apps/hr.nsf,ou=databases,cn=access",
	"cn=apps/crm.nsf#editor,cn=apps/crm.nsf,ou=databases,cn=access", `cn=apps/crm.nsf#[Buyer],cn=apps/crm.nsf,ou=databases,cn=access`,
	"ou=subjects,cn=apps/crm.nsf,ou=databases,cn=access",
	`accessSubject=CN\3DJane Doe/OU\3DSales/O\3DAcme,ou=subjects,cn=apps/crm.nsf,ou=databases,cn=access`,
	`accessSubject=CN\3DJane Doe/OU\3DSales/O\3DAcme,ou=subjects,cn=apps/hr.nsf,ou=databases,cn=access`,
	`accessSubject=CN\3DJane Doe/OU\3DSales/O\3DAcme,ou=subjects,cn=x/barred.nsf,ou=databases,cn=access`,
	`accessSubject=CN\3DVictor Stone/OU\3DSales/O\3DAcme,ou=subjects,cn=apps/forum.nsf,ou=databases,cn=access`,
	`accessSubject=CN\3DLena Vogel/OU\3DHR/O\3DAcme,ou=subjects,cn=apps/forum.nsf,ou=databases,cn=access`,
}

// matrixWorld is the sample with a printer, an entry that only deny lists make
// known, and deny lists beside those that are there.
func matrixWorld(t testing.TB) (*oracle, []finding.Finding) {
	more := append(demoDrafts(t),
		draft("CN=Printer 1,O=Acme", "objectClass", "device", "objectClass", "top", "cn", "Printer 1", "description", "by the stairs"),
		draft("OU=Secret Unit,O=Acme", "objectClass", "organizationalUnit", "ou", "Secret Unit"),
		draft("CN=Leavers,OU=Secret Unit,O=Acme", "objectClass", "dominoGroup", "cn", "Leavers", "groupType", "3", "member", jane),
		draft("CN=Barred", "objectClass", "dominoGroup", "cn", "Barred", "groupType", "3", "member", jane, "member", "CN=Terminations"),
		draft("CN=Field,OU=Sales,O=Acme", "objectClass", "dominoGroup", "cn", "Field", "groupType", "0", "member", jane))
	in := demoInput(t)
	in.Entries = changes(more)
	var problems []database.Problem
	in.Databases, problems = demoDatabases(t, listWithDenyList(t))
	snap := build(t, in)
	found := finding.All(snap, problems)
	o := newOracle(t, snap, more)
	o.addVirtual(t, newView(t, viewSettings(), policy.Settings{Rules: []policy.Rule{allRule()}}, snap, found...))
	o.markFindings(t, found)
	return o, found
}

// someFindings are one finding of each sort that the rights tell apart.
func (o *oracle) someFindings() []string {
	type sort struct{ ofDatabase, ofCRM, names, deny bool }
	one := map[sort]string{}
	for _, e := range o.entries {
		if e.kind != "finding" {
			continue
		}
		s := sort{e.db != "", e.db == "apps/crm.nsf", e.names, e.deny}
		if known := one[s]; known == "" || e.dn < known {
			one[s] = e.dn
		}
	}
	return slices.Sorted(maps.Values(one))
}

// listWithDenyList is an ACL that a deny list decides.
func listWithDenyList(t testing.TB) *database.Instance {
	l := &acl.List{Roles: []string{"[Gate]"}, MaxLevel: acl.Editor, MaxKnown: true, Consistent: acl.No}
	for _, label := range []string{acl.DefaultName, "Barred", "Sales Team"} {
		l.Entries = append(l.Entries, acl.NewEntry(label, label == acl.DefaultName))
	}
	l.Entries[1].Level, l.Entries[1].Roles, l.Entries[2].Level = acl.Author, l.Entries[1].Roles.With(0), acl.Reader
	must(t, l.Seal())
	return &database.Instance{Server: name.Parse("Hub1/Acme"), Path: `x\barred.nsf`, ReplicaID: "C1258A2F004B9999", List: l}
}

// matrix is one client before the whole world.
type matrix struct {
	*testing.T
	oracle *oracle
	view   *View
	who    who
}

func TestMatrix(t *testing.T) {
	o, found := matrixWorld(t)
	targets := append(slices.Clone(matrixEntries), o.someFindings()...)
	for _, w := range clients() {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			v := newView(t, viewSettings(), policy.Settings{Rules: w.rules, SelfAttributes: w.self, Hide: w.hide}, o.snap, found...)
			m := &matrix{t, o, v, w}
			for _, dn := range targets {
				e := o.entries[keyOf(t, dn)]
				if e == nil {
					t.Fatalf("%s is not there", dn)
				}
				m.entry(e)
			}
		})
	}
}

func (m *matrix) entry(e *thing) {
	if !m.oracle.visible(m, &m.who, e) {
		m.hiddenEntry(e)
		return
	}
	m.wholeSale(e)
	for _, a := range matrixAttributes {
		m.returned(e, a)
		for i, v := range m.probes(e, a) {
			m.asserted(e, a, v, i == 0)
		}
	}
}

// probes are values to ask for: those that are really there, whoever may see
// them, and two that are not.
func (m *matrix) probes(e *thing, attribute string) []string {
	var out []string
	for _, f := range e.facts[strings.ToLower(attribute)] {
		if len(out) < 2 || f.deny && len(out) < 4 || f.db == "apps/hr.nsf" && len(out) < 4 {
			out = append(out, f.text)
		}
	}
	switch m.kind(attribute) {
	case "dn":
		return append(out, "cn=Nobody,o=Nowhere", "CN=Barred")
	case "number":
		return append(out, "77")
	}
	return append(out, "nothing of the kind", "apps/hr.nsf#manager")
}

// kind is how the values of an attribute compare.
func (m *matrix) kind(attribute string) string {
	ty := m.typeOf(attribute)
	switch ty.Equality {
	case "distinguishedNameMatch":
		return "dn"
	case "integerMatch":
		return "number"
	}
	return "text"
}

func (m *matrix) typeOf(attribute string) *schema.Type {
	id, ok := m.oracle.snap.Store().Schema().Lookup(attribute)
	if !ok {
		m.Fatalf("%s is not defined", attribute)
	}
	return m.oracle.snap.Store().Schema().Type(id)
}

func (m *matrix) same(attribute, a, b string) bool {
	if m.kind(attribute) == "dn" {
		x, err := name.KeyOf(a)
		y, err2 := name.KeyOf(b)
		return err == nil && err2 == nil && x == y
	}
	return strings.EqualFold(a, b)
}

func (m *matrix) search(base string, scope wire.Scope, f wire.Filter, attrs ...string) ([]entry, Answer) {
	return runQuery(m, m.view, Request{MessageID: 7, Identity: identity(m, m.who.dn), Search: ask(base, scope, f, attrs...)})
}

func item(kind wire.FilterKind, attribute, value string) wire.Filter {
	return wire.Filter{Kind: kind, Attr: []byte(attribute), Value: []byte(value)}
}

func not(f wire.Filter) wire.Filter { return wire.Filter{Kind: wire.Not, Children: []wire.Filter{f}} }

var anything = item(wire.Present, "objectClass", "")

// shown reads returned values as the oracle writes them, and looks for the names
// of deny lists in them.
func (m *matrix) shown(e *thing, attribute string, values []string) []string {
	out := slices.Clone(values)
	for i, v := range out {
		for _, list := range []string{"Terminations", "Barred", "Leavers"} {
			if strings.Contains(v, list) && !m.oracle.seesDenyLists(m, &m.who) {
				m.Errorf("%s: %s names the deny list %s: %s", e.dn, attribute, list, v)
			}
		}
		if strings.EqualFold(attribute, "effectiveAccessReason") {
			var x struct{ Database string }
			must(m, json.Unmarshal([]byte(v), &x))
			out[i] = x.Database
		}
	}
	slices.Sort(out)
	return out
}

// returned asks for one attribute by name.
func (m *matrix) returned(e *thing, attribute string) {
	es, a := m.search(e.dn, wire.ScopeBase, anything, attribute)
	if a.Result.Code != wire.Success || len(es) != 1 {
		m.Fatalf("%s: %d entries, %v", e.dn, len(es), a.Result.Code)
	}
	want := m.oracle.values(m, &m.who, e, strings.ToLower(attribute))
	got := slices.Compact(m.shown(e, attribute, withOptions(es[0], attribute)))
	if attribute == "effectiveNamesList" && len(want) > 0 && len(got) > 0 {
		return // what is in it is package name's
	}
	if !slices.Equal(got, want) {
		m.Errorf("%s: %s is %q, want %q", e.dn, attribute, got, want)
	}
	if len(es[0].attrs) > 1 && attribute != "cn" && !strings.HasPrefix(attribute, "access") {
		m.Errorf("%s: asked for %s and got %v", e.dn, attribute, es[0].attrs)
	}
}

// withOptions is the values of an attribute with those of its options.
func withOptions(e entry, attribute string) []string {
	var out []string
	for n, values := range e.attrs {
		base, _, _ := strings.Cut(n, ";")
		if strings.EqualFold(n, attribute) || strings.EqualFold(base, attribute) {
			out = append(out, values...)
		}
	}
	return out
}

// wholeSale asks for * and + and both.
func (m *matrix) wholeSale(e *thing) {
	virtual := e.kind == "container" || e.kind == "copy" || e.kind == "database" || e.kind == "finding"
	for _, list := range [][]string{{"*"}, {"+"}, {"*", "+"}, {}} {
		es, _ := m.search(e.dn, wire.ScopeBase, anything, list...)
		if len(es) != 1 {
			m.Fatalf("%s: %d entries", e.dn, len(es))
		}
		for n, values := range es[0].attrs {
			want := m.oracle.values(m, &m.who, e, strings.ToLower(n))
			if got := m.shown(e, n, values); len(e.facts[strings.ToLower(n)]) > 0 && !slices.Equal(got, want) || len(want) == 0 && class(strings.ToLower(n)) != "open" {
				m.Errorf("%s: %v gives %s %q, want %q", e.dn, list, n, got, want)
			}
			if operational := m.typeOf(n).Operational(); !slices.Contains(list, "+") && operational && !virtual {
				m.Errorf("%s: %v gives the operational %s", e.dn, list, n)
			}
			if strings.HasPrefix(n, "effective") {
				m.Errorf("%s: %v gives %s", e.dn, list, n)
			}
		}
		if len(list) == 1 && list[0] == "+" {
			continue
		}
		for _, a := range e.stored {
			want := m.oracle.values(m, &m.who, e, a)
			if !m.typeOf(a).Operational() && len(want) > 0 && es[0].get(a) == nil {
				m.Errorf("%s: %v does not give %s", e.dn, list, a)
			}
		}
	}
}

// hiddenEntry asks for an entry that must look as if it were not there.
func (m *matrix) hiddenEntry(e *thing) {
	es, a := m.search(e.dn, wire.ScopeBase, anything)
	if a.Result.Code != wire.NoSuchObject || len(es) > 0 {
		m.Errorf("%s is hidden: %d entries, %v", e.dn, len(es), a.Result.Code)
	}
	if a.Result.MatchedDN != "" {
		above := m.oracle.entries[keyOf(m, a.Result.MatchedDN)]
		if above == nil || !m.oracle.visible(m, &m.who, above) || !strings.HasSuffix(e.key, ","+above.key) {
			m.Errorf("%s is hidden: matched DN %q", e.dn, a.Result.MatchedDN)
		}
	}
	base := m.above(e)
	for _, at := range matrixAttributes {
		if len(e.facts[strings.ToLower(at)]) == 0 && at != "userPassword" && at != "effectiveAccess" {
			continue // what it does not have cannot give it away
		}
		for _, v := range m.probes(e, at) {
			if got := compare(m, m.view, m.who.dn, e.dn, at, v).Code; got != wire.NoSuchObject {
				m.Errorf("%s is hidden: Compare %s with %q is %v", e.dn, at, v, got)
			}
		}
		for _, p := range m.oracle.probesOf(m, e, at) {
			for _, f := range []wire.Filter{p, not(p)} {
				es, _ := m.search(base, wire.ScopeSubtree, f, "1.1")
				if slices.ContainsFunc(es, func(got entry) bool { return keyOf(m, got.dn) == e.key }) {
					m.Errorf("%s is hidden: found by %s", e.dn, wire.FilterString(f))
				}
			}
		}
	}
}

// above is the nearest entry above another that the client may see, as a base
// for searches; the whole tree if there is none.
func (m *matrix) above(e *thing) string {
	for key, ok := name.ParentKey(e.key); ok && key != ""; key, ok = name.ParentKey(key) {
		if up := m.oracle.entries[key]; up != nil && m.oracle.visible(m, &m.who, up) {
			return up.dn
		}
	}
	return ""
}

// probesOf are some filters that are true for an entry.
func (o *oracle) probesOf(t testing.TB, e *thing, attribute string) []wire.Filter {
	out := []wire.Filter{item(wire.Present, attribute, "")}
	for i, f := range e.facts[strings.ToLower(attribute)] {
		if i < 2 {
			out = append(out, item(wire.Equality, attribute, f.text))
		}
	}
	return out
}
