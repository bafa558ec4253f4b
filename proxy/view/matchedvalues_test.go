package view

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
)

func items(t testing.TB, filters ...string) []wire.Filter {
	t.Helper()
	out := []wire.Filter{}
	for _, f := range filters {
		out = append(out, parseFilter(t, f))
	}
	return out
}

func TestMatchedValuesAreReturnedAndNoOthers(t *testing.T) {
	v := demoView(t, allRule())
	const group = "cn=apps/crm.nsf#reader,cn=apps/crm.nsf,ou=databases,cn=access"
	for _, tt := range []struct {
		name, base string
		attrs      []string
		items      []string
		want       map[string][]string
	}{
		{"one value", jane, []string{"objectClass", "cn"}, []string{"(objectClass=dominoPerson)"}, map[string][]string{"objectClass": {"dominoPerson"}, "cn": {}}},
		{"either of two", jane, []string{"objectClass"}, []string{"(objectClass=dominoPerson)", "(objectClass=person)"},
			map[string][]string{"objectClass": {"dominoPerson", "person"}}},
		{"every value of an attribute", jane, []string{"sn", "cn"}, []string{"(sn=*)"}, map[string][]string{"sn": {"Doe"}, "cn": {}}},
		{"in another spelling", jane, []string{"sn"}, []string{"(SURNAME=  dOE )"}, map[string][]string{"sn": {"Doe"}}},
		{"through the supertype", jane, []string{"sn", "cn"}, []string{"(name=Doe)"}, map[string][]string{"sn": {"Doe"}, "cn": {}}},
		{"parts of values", jane, []string{"sn", "cn"}, []string{"(cn=*an*oe)"}, map[string][]string{"sn": {}, "cn": {"Jane Doe"}}},
		{"by a rule", jane, []string{"sn", "cn"}, []string{"(cn:caseExactMatch:=Jane Doe)"}, map[string][]string{"sn": {}, "cn": {"Jane Doe"}}},
		{"by a rule that sees a difference", jane, []string{"cn"}, []string{"(cn:caseExactMatch:=jane doe)"}, map[string][]string{"cn": {}}},
		{"by a rule alone", jane, []string{"sn", "cn", "isMemberOf"}, []string{"(:caseIgnoreMatch:=doe)"}, map[string][]string{"sn": {"Doe"}, "cn": {}, "isMemberOf": {}}},
		{"by the attribute's own rule", jane, []string{"sn"}, []string{"(sn:=doe)"}, map[string][]string{"sn": {"Doe"}}},
		{"a group that holds somebody", jane, []string{"isMemberOf"}, []string{"(isMemberOf=cn=CRM editors)"}, map[string][]string{"isMemberOf": {"CN=CRM Editors"}}},
		{"a database by its alias", jane, []string{"effectiveAccess"}, []string{"(effectiveAccess=crm#reader)"}, map[string][]string{"effectiveAccess": {"apps/crm.nsf#reader"}}},
		{"a member of a flattened group", group, []string{"member", "cn"}, []string{"(member=" + jane + ")"}, map[string][]string{"member": {jane}, "cn": {}}},
		{"no attribute is meant", jane, []string{"sn"}, []string{"(nonsense=*)"}, map[string][]string{"sn": {}}},
		{"a value that cannot be", jane, []string{"isMemberOf"}, []string{"(isMemberOf=no name)"}, map[string][]string{"isMemberOf": {}}},
		{"a rule for other values", jane, []string{"sn"}, []string{"(sn:integerMatch:=1)"}, map[string][]string{"sn": {}}},
		{"an unknown rule", jane, []string{"sn"}, []string{"(sn:nonsenseMatch:=1)", "(:nonsenseMatch:=1)"}, map[string][]string{"sn": {}}},
		{"the root DSE", "", []string{"supportedLDAPVersion", "vendorName"}, []string{"(vendorName=aclens)"}, map[string][]string{"supportedLDAPVersion": {}, "vendorName": {"aclens"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := requested(t, reader, tt.base, wire.ScopeBase, "(objectClass=*)", tt.attrs...)
			r.MatchedValues = items(t, tt.items...)
			es, a := runQuery(t, v, r)
			if a.Result.Code != wire.Success || len(es) != 1 {
				t.Fatalf("%v, %d entries", a.Result, len(es))
			}
			for _, values := range es[0].attrs {
				slices.Sort(values)
			}
			if len(es[0].attrs) != len(tt.want) {
				t.Fatalf("got %v", es[0].attrs)
			}
			for n, want := range tt.want {
				if got := es[0].get(n); !slices.EqualFunc(got, want, strings.EqualFold) {
					t.Errorf("%s is %q, want %q", n, got, want)
				}
			}
		})
	}
}

func TestMatchedValuesChangeNothingWhereNoneAreAskedFor(t *testing.T) {
	v := demoView(t, allRule())
	for _, attrs := range [][]string{{"1.1"}, {"sn", "cn"}} {
		r := requested(t, reader, jane, wire.ScopeBase, "(objectClass=*)", attrs...)
		r.Search.TypesOnly = true
		plain, _ := runQuery(t, v, r)
		r.MatchedValues = items(t, "(cn=nobody)")
		es, _ := runQuery(t, v, r)
		if fmt.Sprint(es) != fmt.Sprint(plain) {
			t.Errorf("%v: %v, without the control %v", attrs, es, plain)
		}
	}
}

// TestMatchedValuesAreThoseOfTheAnswerThatMatch asks, as every client, for whole
// entries with and without the control.
func TestMatchedValuesAreThoseOfTheAnswerThatMatch(t *testing.T) {
	o, found := matrixWorld(t)
	filters := items(t, "(cn=*a*)", "(isMemberOf=CN=Barred)", "(userPassword=*)", "(effectiveAccess=apps/hr.nsf#manager)", "(objectClass=*)",
		"(:distinguishedNameMatch:=CN=Sales Team)", "(member="+jane+")", "(accessSubject=*Stone*)", "(winningEntry=*)", "(:caseIgnoreMatch:=Terminations)",
		"(groupType=3)", "(membershipPath=*Barred*)")
	for _, w := range clients() {
		t.Run(w.name, func(t *testing.T) {
			v := newView(t, viewSettings(), policy.Settings{Rules: w.rules, SelfAttributes: w.self, Hide: w.hide}, o.snap, found...)
			for _, base := range []string{"", "cn=access"} {
				r := requested(t, w.dn, base, wire.ScopeSubtree, "(!(accessSource=*))", "*", "isMemberOf", "memberOf", "effectiveAccess", "effectiveNamesList")
				plain, a := runQuery(t, v, r)
				for i := range filters {
					r.MatchedValues = filters[i : i+1]
					es, b := runQuery(t, v, r)
					if fmt.Sprint(a.Result) != fmt.Sprint(b.Result) || !slices.Equal(dns(es), dns(plain)) {
						t.Fatalf("%s: %v %q, without the control %v %q", wire.FilterString(filters[i]), b.Result, dns(es), a.Result, dns(plain))
					}
					for j := range es {
						onlyMatching(t, v, &plain[j], &es[j], &filters[i])
					}
				}
			}
		})
	}
}

// onlyMatching holds an entry against the same without the control, value by value.
func onlyMatching(t *testing.T, v *View, plain, got *entry, f *wire.Filter) {
	t.Helper()
	if len(plain.attrs) != len(got.attrs) {
		t.Fatalf("%s has the attributes %v, without the control %v", got.dn, got.attrs, plain.attrs)
	}
	for n, values := range plain.attrs {
		want := []string{}
		for _, value := range values {
			if plainlyMatches(t, v, n, value, f) {
				want = append(want, value)
			}
		}
		if !slices.Equal(got.attrs[n], want) {
			t.Errorf("%s, %s: %s is %q, want %q of %q", wire.FilterString(*f), got.dn, n, got.attrs[n], want, values)
		}
	}
}

// plainlyMatches knows the kinds of items that the test above uses.
func plainlyMatches(t *testing.T, v *View, attribute, value string, f *wire.Filter) bool {
	t.Helper()
	sc := v.Current().Snapshot.Store().Schema()
	have := mustLookup(t, sc, attribute)
	if len(f.Attr) > 0 && !sc.Includes(mustLookup(t, sc, string(f.Attr)), have) {
		return false
	}
	switch ty := sc.Type(have); f.Kind {
	case wire.Present:
		return true
	case wire.Substrings:
		return strings.Contains(strings.ToLower(value), strings.ToLower(string(f.Any[0])))
	case wire.Extensible:
		texts := ty.Equality == "caseIgnoreMatch" || ty.Equality == "caseIgnoreIA5Match" || ty.Equality == "caseExactMatch" || ty.Equality == "caseExactIA5Match" ||
			ty.Equality == "telephoneNumberMatch" || ty.Equality == "" && ty.Syntax == "1.3.6.1.4.1.1466.115.121.1.15"
		if string(f.Rule) == "caseIgnoreMatch" {
			return texts && strings.EqualFold(value, string(f.Value))
		}
		return ty.Equality == "distinguishedNameMatch" && sameDN(value, string(f.Value))
	default:
		c, ok := ty.CompareValues([]byte(value), f.Value)
		return ok && c == 0
	}
}
