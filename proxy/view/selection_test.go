package view

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/schema"
)

// selectable are what random attribute lists are made of.
var selectable = append([]string{"*", "+", "*", "1.1", "@person", "@DOMINOPERSON", "@noSuchClass", "@groupOfNames", "@aclensDatabase", "CN", "2.5.4.3",
	"mail;binary", "cn;lang-de", "cn;lang-fr", "dn", "accessLevel;x-db-nothing", "@", ""}, assertable...)

// selects tells by RFC 4511, 4.5.1.8, RFC 3673 and RFC 4529 whether a list asks
// for an attribute that an entry has.
func selects(sc *schema.Schema, list []string, have string, virtual bool) bool {
	id, _ := sc.Lookup(have)
	t := sc.Type(id)
	if len(list) == 0 {
		list = []string{"*"}
	}
	for _, each := range list {
		switch {
		case each == "*":
			if !t.Operational() || virtual && strings.HasPrefix(t.Name(), "access") && !slices.Contains(fresh, t.Name()) {
				return true
			}
		case each == "+":
			if t.Operational() && !onlyNamed(t.Name()) {
				return true
			}
		case strings.HasPrefix(each, "@"):
			if classHas(sc, each[1:], id) {
				return true
			}
		default:
			if asked, ok := sc.Lookup(strings.TrimSuffix(each, ";binary")); ok && sc.Includes(asked, id) {
				return true
			}
		}
	}
	return false
}

// fresh are the attributes that tell how old the answer is.
var fresh = []string{"accessSnapshot", "accessAsOf", "accessStale"}

// onlyNamed are the operational attributes that + does not give (docs/contract.md, section 4).
func onlyNamed(attribute string) bool {
	switch attribute {
	case "isMemberOf", "notesName":
		return false
	case "memberOf", "ibm-allGroups", "dominoAccessGroups", "isDirectMemberOf":
		return true
	case "accessLevel", "accessRole", "accessPrivilege":
		return true // on virtual entries they are content, which * gives
	}
	return strings.HasPrefix(attribute, "effective")
}

func classHas(sc *schema.Schema, class string, id schema.ID) bool {
	c := sc.Class(class)
	if c == nil {
		return false
	}
	for _, n := range append(slices.Clone(c.Must), c.May...) {
		if asked, ok := sc.Lookup(n); ok && sc.Includes(asked, id) {
			return true
		}
	}
	return slices.ContainsFunc(c.Sup, func(sup string) bool { return classHas(sc, sup, id) })
}

func TestSelectionsGiveWhatTheyAskFor(t *testing.T) {
	for seed := range uint64(3) {
		d, o := randomWorld(t, seed)
		sc := o.snap.Store().Schema()
		for _, w := range d.clients()[:4] {
			v := newView(t, viewSettings(), policy.Settings{Rules: w.rules}, o.snap)
			for _, r := range readAll(t, o, v, &w) {
				for range 4 {
					list := []string{}
					for range d.IntN(4) {
						list = append(list, pick(d, selectable))
					}
					typesOnly := d.chance(30)
					q := ask(r.entry.dn, wire.ScopeBase, anything, list...)
					q.TypesOnly = typesOnly
					es, _ := runQuery(t, v, Request{Identity: identity(t, w.dn), Search: q})
					if len(es) != 1 {
						t.Fatalf("%s: %d entries", r.entry.dn, len(es))
					}
					virtual := strings.HasSuffix(r.thing.key, "cn=access")
					if got, want := describe(es[0].attrs), describe(r.selected(sc, list, virtual, typesOnly)); got != want {
						t.Errorf("%s: %q (types only: %v)\n got %s\nwant %s", r.entry.dn, list, typesOnly, got, want)
					}
				}
			}
		}
	}
}

// selected is what the naive reading gives for a list.
func (r *reading) selected(sc *schema.Schema, list []string, virtual, typesOnly bool) map[string][]string {
	out := map[string][]string{}
	if slices.Equal(list, []string{"1.1"}) {
		return out
	}
	if slices.Contains(list, "1.1") { // ignored beside others (RFC 4511, 4.5.1.8)
		list = slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == "1.1" })
		if len(list) == 0 {
			return out
		}
	}
	for n, values := range r.entry.attrs {
		if !selects(sc, list, n, virtual) {
			continue
		}
		if out[n] = values; typesOnly {
			out[n] = nil
		}
	}
	return out
}

func describe(attrs map[string][]string) string {
	var out []string
	for n, values := range attrs {
		out = append(out, fmt.Sprintf("%s: %q", strings.ToLower(n), sorted(values)))
	}
	slices.Sort(out)
	return strings.Join(out, "; ")
}

func TestMemberOfComesWithStarWhereTheSettingsSaySo(t *testing.T) {
	snap := build(t, demoInput(t))
	for _, star := range []bool{false, true} {
		s := viewSettings()
		s.MemberOfInStar = star
		v := newView(t, s, policy.Settings{Rules: []policy.Rule{allRule()}}, snap)
		es, _ := search(t, v, reader, jane, wire.ScopeBase, "(objectClass=*)", "*")
		if got := len(es[0].get("memberOf")) > 0; got != star {
			t.Errorf("memberOf with *: %v, want %v", got, star)
		}
	}
}

func TestRealAttributesOnlySwitchesVirtualOnesOff(t *testing.T) {
	v := demoView(t, allRule())
	for _, c := range []struct {
		filter string
		found  int
	}{{"(uid=jdoe)", 1}, {"(&(uid=jdoe)(isMemberOf=*))", 0}, {"(&(uid=jdoe)(!(effectiveAccess=*)))", 1}, {"(&(uid=jdoe)(notesName=*))", 0}} {
		es, _ := runQuery(t, v, Request{Identity: identity(t, reader), RealOnly: true,
			Search: ask("", wire.ScopeSubtree, parseFilter(t, c.filter), "*", "+", "memberOf", "effectiveAccess", "effectiveAccessGroup")})
		if len(es) != c.found {
			t.Fatalf("%s: %d entries, want %d", c.filter, len(es), c.found)
		}
		for _, e := range es {
			for n := range e.attrs {
				if byName[strings.ToLower(n)] != nil {
					t.Errorf("%s gives %s", c.filter, n)
				}
			}
		}
	}
}

func TestMemberOfMayBeWhatTheDirectoryHolds(t *testing.T) {
	in := demoInput(t, draft("cn=Other Person,o=Acme", "objectClass", "dominoPerson", "cn", "Other Person", "memberOf", "CN=Elsewhere"))
	snap := build(t, in)
	for _, effective := range []bool{true, false} {
		s := viewSettings()
		s.MemberOf = effective
		v := newView(t, s, policy.Settings{Rules: []policy.Rule{allRule()}}, snap)
		es, _ := search(t, v, reader, "", wire.ScopeSubtree, "(memberOf=CN=Elsewhere)", "memberOf")
		if got := len(es) == 1; got == effective {
			t.Errorf("memberOf effective %v: the directory's value is found: %v", effective, got)
		}
		es, _ = search(t, v, reader, jane, wire.ScopeBase, "(objectClass=*)", "memberOf", "isMemberOf")
		if got := len(es[0].get("memberOf")) > 0; got != effective {
			t.Errorf("memberOf effective %v: Jane has some: %v", effective, got)
		}
		if len(es[0].get("isMemberOf")) == 0 {
			t.Error("isMemberOf is computed always")
		}
	}
}

// A computer of Active Directory is no subject: its memberOf is the directory's.
func TestEntriesThatCarryNoVirtualAttributeKeepTheDirectorysOwn(t *testing.T) {
	in := demoInput(t, draft("cn=PC 1,o=Acme", "objectClass", "device", "cn", "PC 1", "memberOf", "CN=Company"))
	v := newView(t, viewSettings(), policy.Settings{Rules: []policy.Rule{allRule()}}, build(t, in))
	es, _ := search(t, v, reader, "cn=PC 1,o=Acme", wire.ScopeBase, "(memberOf=CN=Company)", "memberOf")
	if len(es) != 1 || !slices.Equal(es[0].get("memberOf"), []string{"CN=Company"}) {
		t.Errorf("the computer: %v", es)
	}
	es, _ = search(t, v, reader, "", wire.ScopeSubtree, "(memberOf=CN=Company)", "1.1")
	names := dns(es)
	if !slices.Contains(names, "cn=PC 1,o=Acme") || !slices.Contains(names, "CN=David Kim,OU=Engineering,O=Acme") {
		t.Errorf("(memberOf=CN=Company) finds %q", names)
	}
	if got := compare(t, v, reader, "cn=PC 1,o=Acme", "memberOf", "cn=company").Code; got != wire.CompareTrue {
		t.Errorf("Compare is %v", got)
	}
}

func TestMemberOfMayNameTheFlattenedCopies(t *testing.T) {
	s := viewSettings()
	s.MemberOfVirtual = true
	v := newView(t, s, policy.Settings{Rules: []policy.Rule{allRule()}}, build(t, demoInput(t)))
	es, _ := search(t, v, reader, "CN=Greta Holm,OU=Sales,O=Acme", wire.ScopeBase, "(objectClass=*)", "memberOf")
	values := es[0].get("memberOf")
	if len(values) < 3 {
		t.Fatalf("memberOf: %q", values)
	}
	for _, dn := range values {
		group, _ := search(t, v, reader, dn, wire.ScopeBase, "(member=CN=Greta Holm,OU=Sales,O=Acme)", "1.1")
		if len(group) != 1 {
			t.Errorf("%s is not there or does not hold her", dn)
		}
		found, _ := runQuery(t, v, Request{Identity: identity(t, reader), Search: ask("", wire.ScopeSubtree, item(wire.Equality, "memberOf", dn), "1.1")})
		if !slices.Contains(dns(found), "CN=Greta Holm,OU=Sales,O=Acme") {
			t.Errorf("(memberOf=%s) does not find her", dn)
		}
	}
}
