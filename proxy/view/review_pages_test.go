package view

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/directory"
)

func page(t *testing.T, v *View, who string, cookie []byte) ([]entry, Answer) {
	t.Helper()
	return runQuery(t, v, Request{MessageID: 1, Identity: identity(t, who), Page: &Page{Size: 1, Cookie: cookie},
		Search: ask("", wire.ScopeSubtree, parseFilter(t, "(objectClass=dominoPerson)"), "cn")})
}

// The rule is for a group, which the client leaves between two pages.
func TestPagesEndWithTheRightsThatTheyBeganWith(t *testing.T) {
	group := func(members ...string) directory.Draft {
		pairs := []string{"objectClass", "groupOfNames", "cn", "Readers"}
		for _, m := range members {
			pairs = append(pairs, "member", m)
		}
		return draft("cn=Readers", pairs...)
	}
	rules := policy.Settings{Rules: []policy.Rule{{Who: policy.InGroup, DN: "cn=Readers", Read: []string{"people"}}}}
	before := build(t, demoInput(t, group(jane, client)))
	after := build(t, demoInput(t, group(client)))
	same := build(t, demoInput(t, group(client, jane, "cn=More")))
	v := newView(t, viewSettings(), rules, before)
	_, first := page(t, v, jane, nil)
	if len(first.Cookie) == 0 {
		t.Fatal("one page is all")
	}
	v.Swap("same", same, nil, testTime)
	if got, a := page(t, v, jane, first.Cookie); len(got) != 1 {
		t.Errorf("with the rights that she had: %v", a.Result)
	}
	v.Swap("after", after, nil, testTime)
	if got, a := page(t, v, jane, first.Cookie); len(got) > 0 || a.Result.Code != wire.UnwillingToPerform {
		t.Errorf("without the rights that she had: %v %v", dns(got), a.Result)
	}
}

// A state that has answered for long is not forgotten the moment it is replaced.
func TestPagesGoOnWhenALongStandingStateIsReplaced(t *testing.T) {
	now := testTime
	s := viewSettings()
	s.Now = func() time.Time { return now }
	snap := build(t, demoInput(t))
	v := newView(t, s, policy.Settings{Rules: []policy.Rule{allRule()}}, snap)
	now = now.Add(3 * time.Hour)
	_, first := page(t, v, reader, nil)
	v.Swap("next", snap, nil, now)
	if got, a := page(t, v, reader, first.Cookie); len(got) != 1 {
		t.Errorf("right behind the change: %v", a.Result)
	}
	now = now.Add(keptStateTime + time.Second)
	if got, _ := page(t, v, reader, first.Cookie); len(got) > 0 {
		t.Error("long behind the change")
	}
}

// slow counts how often it is asked and is over at the limit.
type slow struct {
	context.Context
	asked, limit int
}

func (s *slow) Err() error {
	if s.asked++; s.asked > s.limit {
		return context.DeadlineExceeded
	}
	return nil
}

// The clock is looked at by what is done, not by how many entries it is done for.
func TestAnExpensiveSearchLooksAtTheClock(t *testing.T) {
	v := demoView(t, allRule())
	many := func(term string) string { return "(&" + strings.Repeat(term, 5000) + ")" }
	for _, c := range []struct{ name, who, filter, attrs string }{
		{"reasons of everybody", reader, "(objectClass=dominoPerson)", "effectiveAccessReason"},
		{"a filter that computes over and over", jane, many("(effectivePrivilege=*)"), "1.1"},
		{"a filter of sets in the virtual subtree", reader, many("(member=" + jane + ")"), "1.1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			base := ""
			if strings.Contains(c.name, "subtree") {
				base = "cn=access"
			}
			q, refused := v.Prepare(Request{MessageID: 1, Identity: identity(t, c.who), Search: ask(base, wire.ScopeSubtree, parseFilter(t, c.filter), c.attrs)})
			if refused.Code != wire.Success {
				t.Fatal(refused)
			}
			ctx := &slow{Context: context.Background()}
			if a := q.Run(ctx, &sink{t: t}); a.Result.Code != wire.TimeLimitExceeded {
				t.Errorf("ended with %v after %d looks", a.Result, ctx.asked)
			}
		})
	}
}

// Many terms on one group or person cost that one once.
func TestRepeatedTermsArePreparedOnce(t *testing.T) {
	drafts := []directory.Draft{}
	var inner []string
	for i := range 2000 {
		dn := fmt.Sprintf("cn=Inner %d", i)
		inner = append(inner, "member", dn)
		drafts = append(drafts, draft(dn, "objectClass", "groupOfNames", "cn", fmt.Sprintf("Inner %d", i), "member", jane))
	}
	drafts = append(drafts, draft("cn=Outer", append([]string{"objectClass", "groupOfNames", "cn", "Outer"}, inner...)...))
	v := newView(t, viewSettings(), policy.Settings{}, build(t, demoInput(t, drafts...)))
	r := Request{MessageID: 1, Identity: identity(t, jane), Search: ask("", wire.ScopeSubtree, parseFilter(t, "(|"+strings.Repeat("(memberOf=cn=Outer)", 9000)+")"), "1.1")}
	begun := time.Now()
	q, refused := v.Prepare(r)
	if refused.Code != wire.Success {
		t.Fatal(refused)
	}
	if took := time.Since(begun); took > 3*time.Second {
		t.Errorf("preparing took %v", took)
	}
	if a := q.Run(context.Background(), &sink{t: t}); a.Entries != 1 {
		t.Errorf("%d entries, %v", a.Entries, a.Result)
	}
}

// An alias that may not be read is like one that is not there.
func TestCompareDoesNotTellAliases(t *testing.T) {
	v := demoView(t, policy.Rule{Who: policy.OneDN, DN: client, Read: []string{"people"}})
	there := compare(t, v, client, jane, "accessLevel;x-db-hr", "editor")
	none := compare(t, v, client, jane, "accessLevel;x-db-nothing", "editor")
	if there.Code != none.Code {
		t.Errorf("%v for an alias, %v for none", there.Code, none.Code)
	}
}
