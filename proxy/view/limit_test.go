package view

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
)

// crowd is a directory of many people and nothing else.
func crowd(t testing.TB, people int) *resolver.Snapshot {
	drafts := []directory.Draft{draft("o=Acme", "objectClass", "organization", "o", "Acme")}
	for i := range people {
		drafts = append(drafts, draft(fmt.Sprintf("cn=Jane Doe %d,o=Acme", i), "objectClass", "dominoPerson", "cn", fmt.Sprintf("Jane Doe %d", i),
			"sn", "Doe", "uid", fmt.Sprintf("u%d", i)))
	}
	set, _, err := database.Arrange(nil, database.Options{})
	must(t, err)
	return build(t, resolver.Input{Settings: resolver.Defaults(), Entries: changes(drafts), Databases: set})
}

func TestLookThroughCountsWhatIsLookedAtInVain(t *testing.T) {
	s := viewSettings()
	s.LookThrough = 100
	v := newView(t, s, policy.Settings{Rules: []policy.Rule{allRule()}}, crowd(t, 300))
	for _, c := range []struct {
		name, filter string
		entries      int
		end          wire.ResultCode
	}{
		{"what an index finds", "(uid=u7)", 1, wire.Success},
		{"many entries that are all returned", "(sn=Doe)", 300, wire.Success},
		{"nothing among many", "(description:caseIgnoreMatch:=x)", 0, wire.Success}, // nobody has one
		{"a term that no index has", "(!(sn=Doe))", 1, wire.AdminLimitExceeded},
		{"what was found before the limit is sent", "(|(uid=u3)(!(sn=Doe)))", 2, wire.AdminLimitExceeded},
		{"a value that is computed", "(effectiveNamesList=nobody)", 0, wire.AdminLimitExceeded},
	} {
		t.Run(c.name, func(t *testing.T) {
			es, a := search(t, v, reader, "", wire.ScopeSubtree, c.filter, "1.1")
			if len(es) != c.entries || a.Result.Code != c.end {
				t.Errorf("%d entries, %v; want %d, %v", len(es), a.Result.Code, c.entries, c.end)
			}
		})
	}
}

func TestAnEndedContextEndsASearch(t *testing.T) {
	v := newView(t, viewSettings(), policy.Settings{Rules: []policy.Rule{allRule()}}, crowd(t, 3*patience))
	q, refused := v.Prepare(Request{Identity: identity(t, reader), Search: ask("", wire.ScopeSubtree, anything, "1.1")})
	if refused.Code != wire.Success {
		t.Fatal(refused)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	s := &sink{t: t}
	a := q.Run(ctx, s)
	if a.Result.Code != wire.TimeLimitExceeded || a.Entries == 0 || a.Entries > patience || a.Entries != len(s.entries) {
		t.Errorf("%v after %d entries (%d sent)", a.Result.Code, a.Entries, len(s.entries))
	}
}

// gone is a client that has gone after some entries.
type gone struct{ left int }

func (g *gone) Room() []byte { return nil }

func (g *gone) Keep([]byte) error {
	if g.left--; g.left < 0 {
		return errors.New("gone")
	}
	return nil
}

func TestAClientThatIsGoneEndsItsSearch(t *testing.T) {
	v := demoView(t, allRule())
	q, _ := v.Prepare(Request{Identity: identity(t, reader), Search: ask("", wire.ScopeSubtree, anything)})
	out := &gone{left: 3}
	if a := q.Run(context.Background(), out); a.Entries != 3 || out.left != -1 {
		t.Errorf("%d entries counted, %d asked for after the end", a.Entries, -1-out.left)
	}
}

func TestWithoutAStateNothingIsAnswered(t *testing.T) {
	p, err := policy.New(policy.Settings{Rules: []policy.Rule{allRule()}})
	must(t, err)
	v, err := New(viewSettings(), p)
	must(t, err)
	for _, base := range []string{"", "o=Acme", "cn=access", subschemaDN} {
		for _, scope := range []wire.Scope{wire.ScopeBase, wire.ScopeSubtree} {
			if es, a := search(t, v, reader, base, scope, "(objectClass=*)"); a.Result.Code != wire.Unavailable || len(es) > 0 {
				t.Errorf("%q: %v", base, a.Result)
			}
		}
	}
	if got := compare(t, v, reader, "o=Acme", "o", "Acme").Code; got != wire.Unavailable {
		t.Errorf("Compare: %v", got)
	}
}

func TestStaleSourcesAreFlaggedOrRefused(t *testing.T) {
	snap := build(t, demoInput(t))
	for _, c := range []struct {
		name    string
		after   StaleAfter
		refuse  bool
		stale   string
		refused bool
	}{
		{"no limit", StaleAfter{}, true, "FALSE", false},
		{"young enough", StaleAfter{Directory: 2 * time.Hour, ACL: 2 * time.Hour}, true, "FALSE", false},
		{"an old directory is flagged", StaleAfter{Directory: time.Minute}, false, "TRUE", false},
		{"old ACLs are flagged", StaleAfter{ACL: time.Minute}, false, "TRUE", false},
		{"old ACLs are refused", StaleAfter{ACL: time.Minute}, true, "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := viewSettings()
			s.Now = func() time.Time { return testTime.Add(time.Hour) }
			s.StaleAfter, s.RefuseStale = c.after, c.refuse
			v := newView(t, s, policy.Settings{Rules: []policy.Rule{allRule()}}, snap)
			es, a := search(t, v, reader, jane, wire.ScopeBase, "(objectClass=*)", "accessStale", "accessAsOf")
			if got := a.Result.Code == wire.Unavailable; got != c.refused {
				t.Fatalf("%v", a.Result)
			}
			if !c.refused && es[0].get("accessStale")[0] != c.stale {
				t.Errorf("accessStale %v", es[0].attrs)
			}
			if got := compare(t, v, reader, jane, "uid", "jdoe").Code == wire.Unavailable; got != c.refused {
				t.Errorf("Compare is refused: %v", got)
			}
			if root, _ := search(t, v, "", "", wire.ScopeBase, "(objectClass=*)", "*"); len(root) != 1 {
				t.Error("the root DSE is not there")
			}
		})
	}
}
