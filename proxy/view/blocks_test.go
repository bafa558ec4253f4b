package view

import (
	"slices"
	"strings"
	"testing"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
)

// What is copied from blocks is what deciding database by database puts.
func TestCopiedValuesAreThoseOfEveryDecision(t *testing.T) {
	v := newView(t, viewSettings(), policy.Settings{Rules: []policy.Rule{allRule()}}, company(t))
	state := v.Current()
	var names []string
	for _, a := range attributes {
		if a.in != nil {
			names = append(names, a.name)
		}
	}
	if len(names) < 8 {
		t.Fatalf("only %v go by database", names)
	}
	entries, result := search(t, v, reader, "o=Acme", wire.ScopeSubtree, "(uid=u1*)", append(names, "effectiveHighestAccess")...)
	if result.Result.Code != wire.Success || len(entries) < 1000 {
		t.Fatalf("%d entries, %v", len(entries), result)
	}
	values := 0
	for _, e := range entries {
		id, ok := state.Snapshot.Store().Find(keyOf(t, e.dn))
		if !ok {
			t.Fatal(e.dn)
		}
		sub, _ := state.Snapshot.Subject(id)
		for _, name := range names {
			want := plainValues(state, byName[strings.ToLower(name)].in, sub)
			if got := e.get(name); !slices.Equal(got, want) {
				t.Fatalf("%s of %s: %q, want %q", name, e.dn, got, want)
			}
			values += len(want)
		}
		best := acl.NoAccess
		for _, db := range state.Snapshot.Databases().All() {
			best = max(best, state.Snapshot.Decide(sub, db.Primary, resolver.Query{}).Level)
		}
		if got := e.get("effectiveHighestAccess"); !slices.Equal(got, []string{best.String()}) {
			t.Fatalf("highest level of %s: %q, want %s", e.dn, got, best)
		}
	}
	if values < 100_000 {
		t.Errorf("only %d values: the company is too quiet to say anything", values)
	}
}

// plainValues asks every database by itself.
func plainValues(state *State, a *inDatabases, sub *resolver.Subject) (values []string) {
	q := resolver.Query{Channel: a.channel(state)}
	for _, db := range state.Snapshot.Databases().All() {
		d := state.Snapshot.Decide(sub, db.Primary, q)
		s := readStanding(&d)
		a.put(state.wordsOf(db), &s, func(v string) { values = append(values, v) })
	}
	return values
}
