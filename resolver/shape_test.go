package resolver_test

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
)

// keysOf lists the keys of a JSON object in order, and those of what lies
// inside, by path.
func keysOf(t *testing.T, text []byte) []string {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	var keys []string
	var walk func(path string)
	walk = func(path string) {
		tok, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		switch tok {
		case json.Delim('{'):
			for d.More() {
				k, err := d.Token()
				if err != nil {
					t.Fatal(err)
				}
				at := path + "." + k.(string)
				if !slices.Contains(keys, at) {
					keys = append(keys, at)
				}
				walk(at)
			}
		case json.Delim('['):
			for d.More() {
				walk(path)
			}
		default:
			return
		}
		if _, err := d.Token(); err != nil {
			t.Fatal(err)
		}
	}
	walk("")
	return keys
}

// contractExample is the object that docs/contract.md, section 1, shows.
func contractExample(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile("../docs/contract.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(text), "```json\n")
	example, _, closed := strings.Cut(rest, "```")
	if !ok || !closed {
		t.Fatal("docs/contract.md shows no JSON")
	}
	return []byte(example)
}

func TestAnExplanationHasTheShapeOfTheContract(t *testing.T) {
	w := acmeWorld()
	w.docs = append(w.docs, doc{kind: "group", name: "CRM Editors", groupType: "0", members: []string{"Sales Team"}},
		doc{kind: "group", name: "Sales Team", groupType: "0", members: []string{"Jane Doe/Sales/Acme"}})
	w.acls = []aclDoc{{server: "Hub1/Acme", path: "apps/crm.nsf", roles: []string{"[Buyer]"}, maximum: "editor", consistent: "no", entries: []aclLine{
		{name: "-Default-", kind: "unspecified", level: "noaccess"},
		{name: "CRM Editors", kind: "persongroup", level: "editor", roles: []string{"[Buyer]"}},
		{name: "*/Sales/Acme", kind: "unspecified", level: "manager"},
		{name: "Jane Doe/Sales/Acme", kind: "server", level: "manager"},
	}}}
	s := w.build(t)
	sub, _, err := s.FindSubject("jdoe", resolver.OnlyHierarchicalNames)
	if err != nil {
		t.Fatal(err)
	}
	db := s.Databases().At(0)
	e := s.Explain(sub, db, db.Primary, resolver.Query{})
	at := time.Date(2026, 11, 21, 8, 15, 0, 0, time.UTC)
	e.AsOf = resolver.AsOf{Directory: at, ACL: at, Server: at}.Freshness()
	e.Snapshot = &resolver.ExplainedSnapshot{ID: "x"}
	text, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	want := keysOf(t, contractExample(t))
	got := slices.DeleteFunc(keysOf(t, text), func(k string) bool { return !slices.Contains(want, k) })
	if !slices.Equal(got, want) {
		t.Errorf("keys %v\nwant %v\nof %s", got, want, text)
	}
	if e.User != "CN=Jane Doe/OU=Sales/O=Acme" || e.DN != "CN=Jane Doe,OU=Sales,O=Acme" || e.Database != "apps/crm.nsf" || e.Channel != "notes" {
		t.Errorf("%s", text)
	}
	if len(e.Paths) != 1 || !slices.Equal(e.Paths[0].Via, []string{"Sales Team", "CRM Editors"}) {
		t.Errorf("paths %v", e.Paths)
	}
	if len(e.Misses) != 1 || e.Misses[0].Rule != "3.3" {
		t.Errorf("misses %v", e.Misses)
	}
}

func TestEmptyListsAreListsInJSON(t *testing.T) {
	w := acmeWorld()
	w.acls = []aclDoc{{server: "Hub1/Acme", path: "x.nsf", maximum: "editor", consistent: "no", entries: []aclLine{{name: "-Default-", kind: "unspecified", level: "noaccess"}}}}
	s := w.build(t)
	db := s.Databases().At(0)
	for _, sub := range []*resolver.Subject{resolver.AnonymousSubject(), resolver.DefaultSubject()} {
		for c := acl.Notes; c <= acl.Local; c++ {
			text, err := json.Marshal(s.Explain(sub, db, db.Primary, resolver.Query{Channel: c}))
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(text, []byte("null")) {
				t.Errorf("%s over %s: %s", sub.Kind, c, text)
			}
		}
	}
}

func TestWarningsSayWhatAReaderOughtToKnow(t *testing.T) {
	person := aclLine{name: "-Default-", kind: "unspecified", level: "reader"}
	editors := func(level string) aclLine { return aclLine{name: "Editors", kind: "persongroup", level: level} }
	rows := []struct {
		title string
		acl   aclDoc
		docs  []doc
		srv   []serverDoc
		q     resolver.Query
		want  string // part of a warning
	}{
		{"the maximum is not known", aclDoc{consistent: "no"}, nil, nil, resolver.Query{Channel: acl.WebSession}, "rule 11.9"},
		{"the consistent flag is not known", aclDoc{consistent: "unknown"}, nil, nil, resolver.Query{Channel: acl.Local}, "rule 6.3"},
		{"a local replica that keeps no groups", aclDoc{consistent: "yes"}, nil, nil, resolver.Query{Channel: acl.Local}, "rule 6.4"},
		{"full access over the web", aclDoc{maximum: "editor"}, nil, nil, resolver.Query{Channel: acl.WebSession, FullAccess: true}, "has no effect"},
		{"full access without a document", aclDoc{}, nil, nil, resolver.Query{FullAccess: true}, "on your word"},
		{"full access where the document does not list her", aclDoc{}, nil, []serverDoc{{name: "Hub1/Acme", known: true}}, resolver.Query{FullAccess: true}, "has no effect"},
		{"a bare common name", aclDoc{entries: []aclLine{{name: "Jane Doe", kind: "person", level: "editor"}}}, nil, nil, resolver.Query{}, "rule 2.10"},
		{"no Server document", aclDoc{}, nil, nil, resolver.Query{}, "unless the server refuses"},
		{"groups of different levels", aclDoc{entries: []aclLine{editors("editor"), {name: "Readers", kind: "persongroup", level: "reader"}}},
			[]doc{{kind: "group", name: "Editors", members: []string{"Jane Doe/Sales/Acme"}}, {kind: "group", name: "Readers", members: []string{"Jane Doe/Sales/Acme"}}}, nil, resolver.Query{}, "different levels"},
		{"a No Access group that another one neutralises", aclDoc{entries: []aclLine{editors("editor"), {name: "Out", kind: "persongroup", level: "noaccess"}}},
			[]doc{{kind: "group", name: "Editors", members: []string{"Jane Doe/Sales/Acme"}}, {kind: "group", name: "Out", members: []string{"Jane Doe/Sales/Acme"}}}, nil, resolver.Query{}, "rule 3.12"},
		{"a long chain of groups", aclDoc{entries: []aclLine{{name: "N0", kind: "persongroup", level: "editor"}}}, nested(8), nil, resolver.Query{}, "rule 4.4"},
	}
	for _, r := range rows {
		w := acmeWorld()
		w.docs = append(w.docs, r.docs...)
		w.servers = r.srv
		r.acl.server, r.acl.path = "Hub1/Acme", "x.nsf"
		r.acl.entries = append(r.acl.entries, person)
		w.acls = []aclDoc{r.acl}
		s := w.build(t)
		sub, _, err := s.FindSubject("jdoe", resolver.OnlyHierarchicalNames)
		if err != nil {
			t.Fatal(err)
		}
		db := s.Databases().At(0)
		e := s.Explain(sub, db, db.Primary, r.q)
		if !slices.ContainsFunc(e.Warnings, func(text string) bool { return strings.Contains(text, r.want) }) {
			t.Errorf("%s: warnings %q, want one with %q", r.title, e.Warnings, r.want)
		}
	}
}

// nested is a chain of groups N0 to Nn-1 with Jane in the last.
func nested(n int) []doc {
	var docs []doc
	for i := range n {
		g := doc{kind: "group", name: "N" + string(rune('0'+i)), members: []string{"N" + string(rune('1'+i))}}
		if i == n-1 {
			g.members = []string{"Jane Doe/Sales/Acme"}
		}
		docs = append(docs, g)
	}
	return docs
}
