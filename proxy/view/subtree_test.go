package view

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/finding"
	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/schema"
)

// wholeSubtree reads everything below a view's base.
func wholeSubtree(t testing.TB, v *View, base string) []entry {
	es, a := search(t, v, reader, base, wire.ScopeSubtree, "(objectClass=*)", "*", "+")
	if a.Result.Code != wire.Success || len(es) == 0 {
		t.Fatalf("reading %s: %d entries, %v", base, len(es), a.Result)
	}
	return es
}

// demoSubtree is the sample's subtree with findings, at a base.
func demoSubtree(t testing.TB, base string, contexts ...string) (*View, []entry) {
	in := demoInput(t)
	snap := build(t, in)
	_, problems := demoDatabases(t)
	s := viewSettings()
	s.Base, s.NamingContexts = base, contexts
	v := newView(t, s, policy.Settings{Rules: []policy.Rule{allRule()}}, snap, finding.All(snap, problems)...)
	must(t, v.CheckBase(snap))
	return v, wholeSubtree(t, v, base)
}

func TestTheSubtreeHoldsWhatTheContractLists(t *testing.T) {
	_, es := demoSubtree(t, "cn=access", "")
	there := map[string]*entry{}
	for i := range es {
		there[keyOf(t, es[i].dn)] = &es[i]
	}
	for _, c := range []struct{ dn, class string }{
		{"cn=access", "aclensContainer"}, {"ou=groups,cn=access", "organizationalUnit"}, {"ou=databases,cn=access", "organizationalUnit"},
		{"ou=findings,cn=access", "organizationalUnit"}, {"CN=Sales Team,ou=groups,cn=access", "groupOfNames"},
		{"cn=apps/crm.nsf,ou=databases,cn=access", "aclensDatabase"}, {"cn=apps/crm.nsf#reader,cn=apps/crm.nsf,ou=databases,cn=access", "groupOfNames"},
		{"cn=apps/crm.nsf#manager,cn=apps/crm.nsf,ou=databases,cn=access", "groupOfNames"},
		{"cn=apps/crm.nsf#[Buyer],cn=apps/crm.nsf,ou=databases,cn=access", "groupOfNames"},
		{"ou=subjects,cn=apps/crm.nsf,ou=databases,cn=access", "organizationalUnit"},
		{`accessSubject=CN\3DJane Doe/OU\3DSales/O\3DAcme,ou=subjects,cn=apps/crm.nsf,ou=databases,cn=access`, "effectiveAccessRecord"},
		{"accessSubject=Anonymous,ou=subjects,cn=apps/crm.nsf,ou=databases,cn=access", "effectiveAccessRecord"},
		{"accessSubject=-Default-,ou=subjects,cn=apps/crm.nsf,ou=databases,cn=access", "effectiveAccessRecord"},
	} {
		if e := there[keyOf(t, c.dn)]; e == nil {
			t.Errorf("%s is not there", c.dn)
		} else if !slices.Contains(e.get("objectClass"), c.class) || e.get("structuralObjectClass")[0] != c.class {
			t.Errorf("%s is %q", c.dn, e.get("objectClass"))
		}
	}
	for _, level := range []string{"noaccess", "depositor"} {
		if there["cn=apps/crm.nsf#"+level+",cn=apps/crm.nsf,ou=databases,cn=access"] != nil {
			t.Errorf("there is a group of level %s", level)
		}
	}
}

func TestEveryEntryOfTheSubtreeIsAWholeEntry(t *testing.T) {
	for _, base := range []string{"cn=access", "ou=access,o=Acme"} {
		v, es := demoSubtree(t, base, "")
		sc := v.Current().Snapshot.Store().Schema()
		keys, uuids, names := map[string]bool{}, map[string]bool{}, map[string]string{}
		for _, e := range es {
			keys[keyOf(t, e.dn)] = true
		}
		for _, e := range es {
			key := keyOf(t, e.dn)
			if parent, _ := name.ParentKey(key); !keys[parent] && key != keyOf(t, base) {
				t.Errorf("%s has no parent", e.dn)
			}
			again, _ := search(t, v, reader, e.dn, wire.ScopeBase, "(objectClass=*)", "*", "+")
			if len(again) != 1 || describe(again[0].attrs) != describe(e.attrs) {
				t.Errorf("%s is another when it is the base", e.dn)
			}
			for _, must := range []string{"entryUUID", "entryDN", "structuralObjectClass", "hasSubordinates", "numSubordinates", "createTimestamp",
				"modifyTimestamp", "subschemaSubentry"} {
				if len(e.get(must)) != 1 {
					t.Errorf("%s: %s is %q", e.dn, must, e.get(must))
				}
			}
			if got := e.get("entryDN"); keyOf(t, got[0]) != key {
				t.Errorf("%s: entryDN %q", e.dn, got)
			}
			if u := e.get("entryUUID")[0]; uuids[u] {
				t.Errorf("%s: entryUUID %s is another's", e.dn, u)
			} else {
				uuids[u] = true
			}
			children := fmt.Sprint(childrenOf(keys, key))
			if got := e.get("numSubordinates")[0]; got != children || e.get("hasSubordinates")[0] != booleanText(children != "0") {
				t.Errorf("%s: numSubordinates %s, hasSubordinates %s, want %s", e.dn, got, e.get("hasSubordinates")[0], children)
			}
			for _, cn := range e.get("cn") {
				if other := names[strings.ToLower(cn)]; other != "" {
					t.Errorf("%s and %s have one cn", e.dn, other)
				}
				names[strings.ToLower(cn)] = e.dn
			}
			checkClass(t, sc, &e)
		}
	}
}

func childrenOf(keys map[string]bool, of string) int {
	n := 0
	for k := range keys {
		if parent, ok := name.ParentKey(k); ok && parent == of {
			n++
		}
	}
	return n
}

// checkClass holds an entry against MUST and MAY of its classes. A group without
// members has no member value (docs/contract.md, section 5).
func checkClass(t *testing.T, sc *schema.Schema, e *entry) {
	may, structural := map[schema.ID]bool{}, 0
	for _, n := range e.get("objectClass") {
		c := sc.Class(n)
		if c == nil {
			t.Fatalf("%s: class %s is not defined", e.dn, n)
		}
		if c.Kind == schema.Structural {
			structural++
		}
		for _, m := range c.Must {
			if e.get(m) == nil && m != "member" {
				t.Errorf("%s: class %s wants %s", e.dn, n, m)
			}
		}
		for _, a := range append(slices.Clone(c.Must), c.May...) {
			id, ok := sc.Lookup(a)
			if !ok {
				t.Fatalf("class %s: %s is not defined", n, a)
			}
			for _, each := range sc.Expand(id) {
				may[each] = true
			}
		}
	}
	if structural != 1 {
		t.Errorf("%s: %d structural classes", e.dn, structural)
	}
	for n, values := range e.attrs {
		id, _ := sc.Lookup(n)
		content := !sc.Type(id).Operational()
		if content && !may[id] {
			t.Errorf("%s: no class allows %s", e.dn, n)
		}
		if sc.Type(id).SingleValue && len(values) > 1 {
			t.Errorf("%s: %s has %d values", e.dn, n, len(values))
		}
		if sorted := sorted(values); len(slices.Compact(sorted)) != len(values) {
			t.Errorf("%s: %s has a value twice: %q", e.dn, n, values)
		}
	}
}

// Replicas agree on entryUUID, in whatever order they read the directory.
func TestEntryUUIDsAreAFunctionOfState(t *testing.T) {
	uuids := func(turn bool) map[string]string {
		in := demoInput(t)
		if turn {
			slices.Reverse(in.Entries)
		}
		v := newView(t, viewSettings(), policy.Settings{Rules: []policy.Rule{allRule()}}, build(t, in))
		out := map[string]string{}
		for _, e := range wholeSubtree(t, v, "cn=access") {
			out[keyOf(t, e.dn)] = e.get("entryUUID")[0]
		}
		return out
	}
	one, two := uuids(false), uuids(true)
	if len(one) != len(two) {
		t.Errorf("%d entries and %d", len(one), len(two))
	}
	for key, u := range one {
		if two[key] != u {
			t.Errorf("%s: %s and %s", key, u, two[key])
		}
	}
}

func TestAnyEscapingOfADNIsUnderstood(t *testing.T) {
	d := newDice(3)
	snap, _ := d.world(t)
	v := newView(t, viewSettings(), policy.Settings{Rules: []policy.Rule{allRule()}}, snap)
	for _, c := range []struct{ want, dn string }{
		{`cn=apps/crm.nsf#[Au\3Ddit\, all],cn=apps/crm.nsf,ou=databases,cn=access`, `cn=apps/crm.nsf#[Au\3Ddit\, all],cn=apps/crm.nsf,ou=databases,cn=access`},
		{`cn=apps/crm.nsf#[Au\3Ddit\, all],cn=apps/crm.nsf,ou=databases,cn=access`, `cn=apps/crm.nsf#[Au=dit\2C all],cn=apps/crm.nsf,ou=databases,cn=access`},
		{`cn=apps/crm.nsf#[Au\3Ddit\, all],cn=apps/crm.nsf,ou=databases,cn=access`, `CN=APPS\2FCRM.NSF\23[\41u\=dit\,\20all] , CN = apps/crm.nsf , OU=Databases , cn=access`},
		{`cn=apps/crm.nsf,ou=databases,cn=access`, `2.5.4.3=apps/crm.nsf,2.5.4.11=databases,commonName=access`},
		{`cn=apps/h%23r.nsf#reader,cn=apps/h%23r.nsf,ou=databases,cn=access`, `cn=apps/h%23r.nsf\23reader,cn=apps/h%23r.nsf,ou=databases,cn=access`},
		{`accessSubject=CN\3DHub0/O\3DAcme,ou=subjects,cn=x.nsf,ou=databases,cn=access`, `accessSubject=CN=Hub0/O=Acme,ou=subjects,cn=x.nsf,ou=databases,cn=access`},
		{`accessSubject=CN\3DHub0/O\3DAcme,ou=subjects,cn=x.nsf,ou=databases,cn=access`, `accesssubject=cn\=hub0\2Fo\3DACME,ou=subjects,cn=x.nsf,ou=databases,cn=access`},
	} {
		es, a := search(t, v, reader, c.dn, wire.ScopeBase, "(objectClass=*)", "1.1")
		if len(es) != 1 || es[0].dn != c.want {
			t.Errorf("%s gives %q (%v), want %s", c.dn, dns(es), a.Result.Code, c.want)
		}
		if got := compare(t, v, reader, c.dn, "objectClass", "top").Code; got != wire.CompareTrue {
			t.Errorf("Compare on %s: %v", c.dn, got)
		}
	}
	if _, a := search(t, v, reader, "cn=access,", wire.ScopeBase, "(objectClass=*)"); a.Result.Code != wire.InvalidDNSyntax {
		t.Errorf("a broken DN: %v", a.Result.Code)
	}
}

func TestABaseOutsideNeverReturnsTheSubtree(t *testing.T) {
	v, es := demoSubtree(t, "ou=access,o=Acme", "o=Acme", "o=Partner")
	if len(es) < 800 {
		t.Fatalf("only %d entries", len(es))
	}
	for _, base := range []string{"", "o=Acme", "ou=Sales,o=Acme"} {
		for _, scope := range []wire.Scope{wire.ScopeOne, wire.ScopeSubtree, wire.ScopeChildren} {
			for _, f := range []string{"(objectClass=*)", "(ou=access)", "(accessSubject=CN=Jane Doe/OU=Sales/O=Acme)", "(objectClass=aclensDatabase)"} {
				es, _ := search(t, v, reader, base, scope, f, "1.1")
				if slices.ContainsFunc(es, func(e entry) bool { return strings.HasSuffix(keyOf(t, e.dn), "ou=access,o=acme") }) {
					t.Errorf("base %q, scope %d, %s returns virtual entries", base, scope, f)
				}
			}
		}
	}
	root, _ := search(t, v, "", "", wire.ScopeBase, "(objectClass=*)", "*", "+")
	if got := root[0].get("namingContexts"); !slices.Equal(got, []string{"o=Acme", "o=Partner", "ou=access,o=Acme"}) {
		t.Errorf("namingContexts %q", got)
	}
	if got := root[0].get("defaultNamingContext"); !slices.Equal(got, []string{"o=Acme"}) {
		t.Errorf("defaultNamingContext %q", got)
	}
}

func TestARealEntryWhereTheSubtreeIsIsRefused(t *testing.T) {
	for _, c := range []struct {
		base, entry string
		refused     bool
	}{
		{"cn=access", "cn=access", true}, {"cn=access", "cn=Jane,ou=x,cn=access", true}, {"ou=access,o=Acme", "OU = Access , O=Acme", true},
		{"ou=access,o=Acme", "ou=access", false}, {"cn=access", "cn=access,o=Acme", false},
	} {
		snap := build(t, demoInput(t, draft(c.entry, "objectClass", "device", "cn", "x")))
		s := viewSettings()
		s.Base = c.base
		v := newView(t, s, policy.Settings{}, snap)
		if err := v.CheckBase(snap); (err != nil) != c.refused {
			t.Errorf("base %s with an entry %s: %v", c.base, c.entry, err)
		}
	}
	p, _ := policy.New(policy.Settings{})
	for _, bad := range []string{"", "access", "cn=access,,o=x"} {
		s := viewSettings()
		s.Base = bad
		if _, err := New(s, p); err == nil {
			t.Errorf("%q is taken as a base", bad)
		}
	}
}

func TestRecordsOfSeveralDatabasesNeedASubject(t *testing.T) {
	snap := build(t, demoInput(t))
	s := viewSettings()
	s.LookThrough = 700 // twelve databases have 768 records
	v := newView(t, s, policy.Settings{Rules: []policy.Rule{allRule(), narrowed(one("access"), []string{"apps/*"}, nil)}}, snap)
	sub := "ou=subjects,cn=apps/crm.nsf,ou=databases,cn=access"
	for _, c := range []struct {
		name, who, base string
		scope           wire.Scope
		filter          string
		entries         int
		end             wire.ResultCode
	}{
		{"all records", reader, "cn=access", wire.ScopeSubtree, "(objectClass=effectiveAccessRecord)", 0, wire.AdminLimitExceeded},
		{"everything", reader, "ou=databases,cn=access", wire.ScopeSubtree, "(objectClass=*)", 0, wire.AdminLimitExceeded},
		{"not somebody", reader, "cn=access", wire.ScopeSubtree, "(!(accessSubject=CN=Jane Doe/OU=Sales/O=Acme))", 0, wire.AdminLimitExceeded},
		{"somebody or a level", reader, "cn=access", wire.ScopeSubtree, "(|(accessSubject=Anonymous)(accessLevel=manager))", 0, wire.AdminLimitExceeded},
		{"one subject", reader, "cn=access", wire.ScopeSubtree, "(accessSubject=CN=Jane Doe/OU=Sales/O=Acme)", 12, wire.Success},
		{"one subject by number", reader, "cn=access", wire.ScopeSubtree, "(" + arc + ".1.42=CN=Jane Doe/OU=Sales/O=Acme)", 12, wire.Success},
		{"one subject by its DN", reader, "cn=access", wire.ScopeSubtree, "(accessSubjectDN=cn=jane doe, ou=sales, o=acme)", 12, wire.Success},
		{"Anonymous", reader, "cn=access", wire.ScopeSubtree, "(&(objectClass=*)(accessSubject=anonymous))", 12, wire.Success},
		{"two subjects", reader, "cn=access", wire.ScopeSubtree, "(|(accessSubject=-Default-)(accessSubjectDN=CN=Hub1,O=Acme))", 24, wire.Success},
		{"nobody", reader, "cn=access", wire.ScopeSubtree, "(accessSubject=CN=Nobody/O=Nowhere)", 0, wire.Success},
		{"one database", reader, sub, wire.ScopeOne, "(objectClass=*)", 64, wire.Success},
		{"one database from above", reader, "cn=apps/crm.nsf,ou=databases,cn=access", wire.ScopeSubtree, "(accessLevel=manager)", 5, wire.Success},
		{"the records' parent alone", reader, sub, wire.ScopeBase, "(objectClass=*)", 1, wire.Success},
		{"one level above the records", reader, "ou=databases,cn=access", wire.ScopeOne, "(objectClass=*)", 12, wire.Success},
		{"what no record can be", reader, "cn=access", wire.ScopeSubtree, "(objectClass=aclensDatabase)", 12, wire.Success},
		{"some databases, few enough", client, "cn=access", wire.ScopeSubtree, "(2.5.4.0=effectiveAccessRecord)", 6 * 64, wire.Success},
	} {
		t.Run(c.name, func(t *testing.T) {
			es, a := search(t, v, c.who, c.base, c.scope, c.filter, "1.1")
			if len(es) != c.entries || a.Result.Code != c.end {
				t.Errorf("%d entries, %v; want %d, %v", len(es), a.Result.Code, c.entries, c.end)
			}
		})
	}
}

func TestMembersWithoutAnEntryAreMembers(t *testing.T) {
	v := demoView(t, allRule())
	for _, c := range []struct{ group, member string }{
		{"HR Managers", "CN=Walter Missing,OU=HR,O=Acme"}, {"HR Staff", "CN=Walter Missing,OU=HR,O=Acme"}, {"Newsletter", "CN=Walter Missing,OU=HR,O=Acme"},
		{"OtherDomainServers", "CN=Gate1,O=Partner"}, {"Engineering West", "CN=*,OU=West,OU=Engineering,O=Acme"},
		{"Engineering West", "CN=Walt West,OU=West,OU=Engineering,O=Acme"}, {"Company", "CN=David Kim,OU=Engineering,O=Acme"},
		{"CRM Editors", "CN=Greta Holm,OU=Sales,O=Acme"}, {"Terminations", "CN=Peter Gone,OU=Sales,O=Acme"},
	} {
		dn := "cn=" + c.group + ",ou=groups,cn=access"
		es, _ := search(t, v, reader, dn, wire.ScopeBase, "(objectClass=groupOfNames)", "member")
		if len(es) != 1 || !slices.Contains(es[0].get("member"), c.member) {
			t.Errorf("%s: member %q lacks %s", dn, es, c.member)
		}
		found, _ := runQuery(t, v, Request{Identity: identity(t, reader), Search: ask("ou=groups,cn=access", wire.ScopeOne, item(wire.Equality, "member", strings.ToLower(c.member)), "1.1")})
		if !slices.ContainsFunc(found, func(e entry) bool { return strings.EqualFold(e.dn, dn) }) {
			t.Errorf("(member=%s) does not find %s", c.member, dn)
		}
		if got := compare(t, v, reader, dn, "member", strings.ToUpper(c.member)).Code; got != wire.CompareTrue {
			t.Errorf("Compare member of %s with %s: %v", dn, c.member, got)
		}
	}
	es, _ := search(t, v, reader, "cn=HR Staff,ou=groups,cn=access", wire.ScopeBase, "(objectClass=*)", "member")
	if slices.ContainsFunc(es[0].get("member"), func(m string) bool { return strings.EqualFold(m, "CN=HR Managers") }) {
		t.Error("a flattened group lists a group")
	}
}

func TestEmptyGroupsAreMemberlessOrLeftOut(t *testing.T) {
	snap := build(t, demoInput(t, draft("CN=Names Only", "objectClass", "dominoGroup", "cn", "Names Only", "member", "CN=Nobody,O=Nowhere")))
	for _, omit := range []bool{false, true} {
		s := viewSettings()
		s.OmitEmptyGroups = omit
		v := newView(t, s, policy.Settings{Rules: []policy.Rule{allRule()}}, snap)
		for group, empty := range map[string]bool{"cn=Catalog Curators,ou=groups,cn=access": true, "cn=Names Only,ou=groups,cn=access": false,
			"cn=apps/orders.nsf#editor,cn=apps/orders.nsf,ou=databases,cn=access": true, "cn=Sales Team,ou=groups,cn=access": false} {
			es, a := search(t, v, reader, group, wire.ScopeBase, "(objectClass=*)", "member")
			if empty && omit {
				if a.Result.Code != wire.NoSuchObject {
					t.Errorf("%s is there: %v", group, a.Result.Code)
				}
				continue
			}
			if len(es) != 1 || (es[0].get("member") == nil) != empty {
				t.Errorf("%s (left out: %v): %v", group, omit, es)
			}
		}
	}
}

// Two bases may hold groups of one relative name: neither takes the other's place.
func TestGroupsOfTwoBasesDoNotMeet(t *testing.T) {
	in := resolver.Input{Settings: resolver.Defaults(), Databases: newDice(1).databases(t)}
	var drafts []directory.Draft
	for _, base := range []string{"o=Acme", "o=Partner"} {
		drafts = append(drafts, draft(base, "objectClass", "organization"), draft("cn=Jane,"+base, "objectClass", "dominoPerson"),
			draft("cn=Admins,ou=groups,"+base, "objectClass", "groupOfNames", "cn", "Admins", "member", "cn=Jane,"+base),
			draft("cn=Other "+base[2:]+",ou=groups,"+base, "objectClass", "groupOfNames", "cn", "Other", "member", "cn=Jane,"+base))
	}
	in.Entries = changes(drafts)
	s := viewSettings()
	s.NamingContexts, s.MemberOfVirtual = []string{"o=Acme", "o=Partner"}, true
	v := newView(t, s, policy.Settings{Rules: []policy.Rule{allRule()}}, build(t, in))
	for _, base := range []string{"o=Acme", "o=Partner"} {
		es, _ := search(t, v, reader, "cn=Jane,"+base, wire.ScopeBase, "(objectClass=*)", "memberOf")
		want := []string{"cn=Admins,ou=groups," + base + ",ou=groups,cn=access", "cn=Other " + base[2:] + ",ou=groups,ou=groups,cn=access"}
		if !slices.Equal(sorted(es[0].get("memberOf")), want) {
			t.Errorf("memberOf %q, want %q", es[0].get("memberOf"), want)
		}
		for _, dn := range want {
			es, _ := search(t, v, reader, dn, wire.ScopeBase, "(objectClass=*)", "member")
			if len(es) != 1 || !slices.Equal(es[0].get("member"), []string{"cn=Jane," + base}) {
				t.Errorf("%s: %v", dn, es)
			}
		}
	}
}

// A DN may hold attribute types that nobody defined.
func TestNamesOfUnknownTypesDoNoHarm(t *testing.T) {
	snap := build(t, demoInput(t, draft("cn=Deep,xunit=Odd,o=Acme", "objectClass", "dominoGroup", "cn", "Deep", "member", jane),
		draft("xname=Odd,o=Acme", "objectClass", "dominoGroup", "member", jane), draft("xperson=Odd,o=Acme", "objectClass", "dominoPerson")))
	v := newView(t, viewSettings(), policy.Settings{Rules: []policy.Rule{allRule()}}, snap)
	for _, dn := range []string{"cn=Deep,xunit=Odd,o=Acme,ou=groups,cn=access", "xunit=Odd,o=Acme,ou=groups,cn=access", "xname=Odd,o=Acme,ou=groups,cn=access"} {
		es, a := search(t, v, reader, dn, wire.ScopeBase, "(objectClass=*)", "*", "+")
		if len(es) != 1 {
			t.Errorf("%s: %v", dn, a.Result.Code)
		}
	}
	wholeSubtree(t, v, "cn=access")
}

// A name that two entries hold is nobody's: it has no record, however it is asked for.
func TestSharedNamesHaveNoRecord(t *testing.T) {
	in := demoInput(t, draft("uid=one,o=Acme", "objectClass", "dominoPerson", "fullNotes", "CN=Twin/O=Acme"),
		draft("uid=two,o=Acme", "objectClass", "dominoPerson", "fullNotes", "CN=Twin/O=Acme"),
		draft("uid=three,o=Acme", "objectClass", "dominoPerson", "fullNotes", "CN=Single/O=Acme"))
	in.Settings.NotesName = "fullNotes"
	v := newView(t, viewSettings(), policy.Settings{Rules: []policy.Rule{allRule()}}, build(t, in))
	subjects := "ou=subjects,cn=apps/crm.nsf,ou=databases,cn=access"
	for who, want := range map[string]int{"Twin": 0, "Single": 1} {
		dn := `accessSubject=CN\3D` + who + `/O\3DAcme,` + subjects
		es, _ := search(t, v, reader, dn, wire.ScopeBase, "(objectClass=*)")
		one, _ := search(t, v, reader, subjects, wire.ScopeOne, "(objectClass=*)")
		found, _ := search(t, v, reader, "cn=access", wire.ScopeSubtree, "(&(databaseKey=apps/crm.nsf)(accessSubject=CN="+who+"/O=Acme))")
		listed := 0
		for _, e := range one {
			if keyOf(t, e.dn) == keyOf(t, dn) {
				listed++
			}
		}
		if len(es) != want || listed != want || len(found) != want {
			t.Errorf("%s: %d by DN, %d listed, %d found, want %d", who, len(es), listed, len(found), want)
		}
	}
	es, _ := search(t, v, reader, subjects, wire.ScopeBase, "(objectClass=*)", "numSubordinates")
	children, _ := search(t, v, reader, subjects, wire.ScopeOne, "(objectClass=*)", "1.1")
	if got := es[0].get("numSubordinates"); got[0] != fmt.Sprint(len(children)) {
		t.Errorf("numSubordinates %q, but there are %d", got, len(children))
	}
}
