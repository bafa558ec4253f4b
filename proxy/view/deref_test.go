package view

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
)

// linkSink collects the dereference controls of entries, by DN.
type linkSink struct {
	sink
	links map[string][]wire.DerefResult
}

func (s *linkSink) Keep(b []byte) error {
	m, err := wire.ParseMessage(b)
	must(s.t, err)
	controls, err := wire.ParseControls(m.Controls)
	must(s.t, err)
	if err := s.sink.Keep(b); err != nil {
		return err
	}
	for _, c := range controls {
		if c.OID != wire.ControlDeref || c.Critical || len(controls) > 1 {
			s.t.Errorf("an entry has the controls %v", controls)
		}
		results, err := wire.ParseDerefResponse(c.Value)
		must(s.t, err)
		if len(results) == 0 {
			s.t.Error("a control says nothing")
		}
		s.links[s.entries[len(s.entries)-1].dn] = results
	}
	return nil
}

// dereference runs a search with the control.
func dereference(t testing.TB, v *View, r Request, critical bool, specs ...wire.DerefSpec) (*linkSink, Answer) {
	t.Helper()
	r.Deref = &Deref{Specs: specs, Critical: critical}
	s := &linkSink{sink: sink{t: t}, links: map[string][]wire.DerefResult{}}
	q, refused := v.Prepare(r)
	if refused.Code != wire.Success {
		return s, Answer{Result: refused}
	}
	return s, q.Run(context.Background(), s)
}

func spec(attribute string, attributes ...string) wire.DerefSpec {
	s := wire.DerefSpec{Attr: []byte(attribute)}
	for _, a := range attributes {
		s.Attributes = append(s.Attributes, []byte(a))
	}
	return s
}

func withValues(name string, values ...string) wire.Attribute {
	return wire.Attribute{Name: name, Values: values}
}

func TestDereferencing(t *testing.T) {
	v := newView(t, viewSettings(), policy.Settings{Rules: []policy.Rule{allRule()}}, build(t, demoInput(t,
		draft("CN=Pair", "objectClass", "dominoGroup", "cn", "Pair", "groupType", "0", "member", jane, "member", "CN=Stranger,O=Elsewhere", "member", "CN=Sales Team"),
		draft("CN=Odd,O=Acme", "objectClass", "device", "objectClass", "top", "cn", "Odd", "seeAlso", "cn=access", "seeAlso", "cn=Pair,ou=groups,cn=access",
			"seeAlso", `accessSubject=CN\3DJane Doe/OU\3DSales/O\3DAcme,ou=subjects,cn=apps/crm.nsf,ou=databases,cn=access`))))
	janeDN := "CN=Jane Doe,OU=Sales,O=Acme"
	for _, tt := range []struct {
		name, base string
		specs      []wire.DerefSpec
		want       []wire.DerefResult
	}{
		{"members of a real group", "CN=Pair", []wire.DerefSpec{spec("member", "uid", "sn")}, []wire.DerefResult{
			{Attr: "member", DN: jane, Attributes: []wire.Attribute{withValues("sn", "Doe"), withValues("uid", "jdoe")}},
			{Attr: "member", DN: "CN=Stranger,O=Elsewhere"},
			{Attr: "member", DN: "CN=Sales Team"}}},
		{"members of a flattened group", "cn=apps/crm.nsf#[Admin],cn=apps/crm.nsf,ou=databases,cn=access", []wire.DerefSpec{spec("MEMBER", "notesName")}, nil},
		{"computed attributes", "CN=Pair", []wire.DerefSpec{spec("member", "effectiveHighestAccess")}, []wire.DerefResult{
			{Attr: "member", DN: jane, Attributes: []wire.Attribute{withValues("effectiveHighestAccess", "author")}},
			{Attr: "member", DN: "CN=Stranger,O=Elsewhere"}, {Attr: "member", DN: "CN=Sales Team"}}},
		{"the other way", janeDN, []wire.DerefSpec{spec("isDirectMemberOf", "cn")}, nil},
		{"into the virtual subtree", "CN=Odd,O=Acme", []wire.DerefSpec{spec("seeAlso", "cn", "accessLevel")}, []wire.DerefResult{
			{Attr: "seeAlso", DN: "cn=access", Attributes: []wire.Attribute{withValues("cn", "access")}},
			{Attr: "seeAlso", DN: "cn=Pair,ou=groups,cn=access", Attributes: []wire.Attribute{withValues("cn", "Pair")}},
			{Attr: "seeAlso", DN: `accessSubject=CN\3DJane Doe/OU\3DSales/O\3DAcme,ou=subjects,cn=apps/crm.nsf,ou=databases,cn=access`,
				Attributes: []wire.Attribute{withValues("accessLevel", "reader")}}}},
		{"unknown attributes of what is named", "CN=Pair", []wire.DerefSpec{spec("member", "nonsense")}, []wire.DerefResult{
			{Attr: "member", DN: jane}, {Attr: "member", DN: "CN=Stranger,O=Elsewhere"}, {Attr: "member", DN: "CN=Sales Team"}}},
		{"no such values", janeDN, []wire.DerefSpec{spec("seeAlso", "cn")}, []wire.DerefResult{}},
		{"secrets", "CN=Pair", []wire.DerefSpec{spec("member", "userPassword")}, []wire.DerefResult{
			{Attr: "member", DN: jane}, {Attr: "member", DN: "CN=Stranger,O=Elsewhere"}, {Attr: "member", DN: "CN=Sales Team"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := requested(t, reader, tt.base, wire.ScopeBase, "(objectClass=*)", "1.1")
			s, a := dereference(t, v, r, true, tt.specs...)
			if a.Result.Code != wire.Success || len(s.entries) != 1 || len(s.entries[0].attrs) > 0 {
				t.Fatalf("%v, %v", a.Result, s.entries)
			}
			got := s.links[s.entries[0].dn]
			if tt.want != nil && len(tt.want) == 0 && got == nil {
				return
			}
			if tt.want == nil {
				tt.want = plainlyLinked(t, v, r, tt.specs)
				if len(tt.want) == 0 {
					t.Fatal("nothing is named, and the test shows nothing")
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// plainlyLinked reads what the links of an entry lead to with a search each, as
// a client does without the control.
func plainlyLinked(t testing.TB, v *View, r Request, specs []wire.DerefSpec) []wire.DerefResult {
	t.Helper()
	var out []wire.DerefResult
	sc := v.Current().Snapshot.Store().Schema()
	for _, s := range specs {
		search := *r.Search
		search.Attributes = [][]byte{s.Attr}
		es, _ := runQuery(t, v, Request{MessageID: 1, Identity: r.Identity, Search: &search})
		if len(es) != 1 {
			t.Fatalf("%s: %d entries", search.Base, len(es))
		}
		asked := mustLookup(t, sc, string(s.Attr))
		for n, values := range es[0].attrs {
			if !sc.Includes(asked, mustLookup(t, sc, n)) {
				continue
			}
			for _, dn := range values {
				result := wire.DerefResult{Attr: sc.Name(asked), DN: dn}
				target := &wire.SearchRequest{Base: []byte(dn), Filter: anything, Attributes: s.Attributes}
				named, _ := runQuery(t, v, Request{MessageID: 1, Identity: r.Identity, Search: target})
				if len(named) == 1 {
					for a, values := range named[0].attrs {
						result.Attributes = append(result.Attributes, withValues(a, values...))
					}
				}
				out = append(out, result)
			}
		}
	}
	return out
}

func sortedLinks(in []wire.DerefResult) []string {
	out := make([]string, len(in))
	for i := range in {
		slices.SortFunc(in[i].Attributes, func(a, b wire.Attribute) int { return strings.Compare(a.Name, b.Name) })
		out[i] = fmt.Sprintf("%q", in[i])
	}
	slices.Sort(out)
	return out
}

// TestDereferencingTellsNoMoreThanSearches holds the control against searches
// for what is named, for every client.
func TestDereferencingTellsNoMoreThanSearches(t *testing.T) {
	o, found := matrixWorld(t)
	specs := []wire.DerefSpec{spec("member", "cn", "mail", "userPassword", "effectiveAccess", "memberOf", "groupType"),
		spec("isMemberOf", "cn", "description", "member"), spec("seeAlso", "groupType", "cn"), spec("accessSubjectDN", "mail", "effectiveRole"),
		spec("effectiveAccessGroup", "member", "accessLevel"), spec("distinguishedName", "cn")}
	for _, w := range clients() {
		t.Run(w.name, func(t *testing.T) {
			v := newView(t, viewSettings(), policy.Settings{Rules: w.rules, SelfAttributes: w.self, Hide: w.hide}, o.snap, found...)
			for _, dn := range matrixEntries {
				r := requested(t, w.dn, dn, wire.ScopeBase, "(objectClass=*)", "cn")
				plain, end := runQuery(t, v, r)
				if end.Result.Code != wire.Success || len(plain) == 0 {
					continue
				}
				for i := range specs {
					s, a := dereference(t, v, r, true, specs[i])
					if a.Result.Code != wire.Success || fmt.Sprint(s.entries) != fmt.Sprint(plain) {
						t.Fatalf("%s: %v, %v", dn, a.Result, s.entries)
					}
					want := sortedLinks(plainlyLinked(t, v, r, specs[i:i+1]))
					if got := sortedLinks(s.links[plain[0].dn]); !slices.Equal(got, want) {
						t.Errorf("%s, %s:\n got %q\nwant %q", dn, specs[i].Attr, got, want)
					}
				}
			}
		})
	}
}

func TestWhatCannotBeDereferenced(t *testing.T) {
	v := demoView(t, allRule())
	for _, tt := range []struct {
		name     string
		critical bool
		specs    []wire.DerefSpec
		want     wire.ResultCode
	}{
		{"an unknown attribute", false, []wire.DerefSpec{spec("nonsense", "cn")}, wire.ProtocolError},
		{"an attribute twice", false, []wire.DerefSpec{spec("member", "cn"), spec("2.5.4.31", "uid")}, wire.ProtocolError},
		{"an attribute that names nothing", true, []wire.DerefSpec{spec("cn", "cn")}, wire.ProtocolError},
		{"the same, where that is ignored", false, []wire.DerefSpec{spec("member", "cn"), spec("cn", "cn")}, wire.Success},
	} {
		s, a := dereference(t, v, requested(t, reader, "", wire.ScopeSubtree, "(objectClass=*)", "cn"), tt.critical, tt.specs...)
		if a.Result.Code != tt.want || len(s.links) > 0 {
			t.Errorf("%s: %v, %v", tt.name, a.Result, s.links)
		}
	}
}

func TestControlsGoTogether(t *testing.T) {
	v := demoView(t, allRule())
	r := requested(t, reader, "o=Acme", wire.ScopeSubtree, "(objectClass=dominoPerson)", "isDirectMemberOf", "cn")
	want := plainlySorted(t, v, r, by("-cn"))
	r.Sort, r.Page = &Sort{Keys: by("-cn"), Critical: true}, &Page{Size: 4}
	r.MatchedValues = items(t, "(isDirectMemberOf=CN=Sales Team)")
	assertion := parseFilter(t, "(o=Acme)")
	r.Assertion = &assertion
	var got []string
	named := 0
	for {
		s, a := dereference(t, v, r, true, spec("isDirectMemberOf", "cn"))
		if a.Result.Code != wire.Success {
			t.Fatal(a.Result)
		}
		got = append(got, dns(s.entries)...)
		for _, e := range s.entries {
			if len(e.get("cn")) > 0 || len(e.get("isDirectMemberOf")) > 1 {
				t.Errorf("%s has %v", e.dn, e.attrs)
			}
			named += len(s.links[e.dn])
		}
		if len(a.Cookie) == 0 {
			break
		}
		r.Page = &Page{Size: 4, Cookie: a.Cookie}
	}
	if !slices.Equal(got, want) || named == 0 {
		t.Errorf("%d links, %q", named, got)
	}
}
