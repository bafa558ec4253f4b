package view

import (
	"testing"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
)

// successor is a View of the same settings under other rules, that takes over.
func successor(t *testing.T, old *View, rules ...policy.Rule) *View {
	t.Helper()
	p, err := policy.New(policy.Settings{Rules: rules})
	must(t, err)
	v, err := New(old.settings, p)
	must(t, err)
	v.Succeed(old)
	return v
}

func TestASuccessorAnswersFromTheSameStateUnderItsOwnRules(t *testing.T) {
	old := demoView(t, allRule())
	next := successor(t, old, policy.Rule{Who: policy.OneDN, DN: reader, Read: []string{"groups"}})
	if a, b := old.Current(), next.Current(); a.Snapshot != b.Snapshot || a.ID != b.ID || a == b {
		t.Fatalf("another state answers: %s and not %s", b.ID, a.ID)
	}
	if found, _ := search(t, next, reader, "o=acme", wire.ScopeSubtree, "(uid=jdoe)"); len(found) > 0 {
		t.Errorf("a right that the successor does not give counts: %q", dns(found))
	}
	if found, _ := search(t, successor(t, next, allRule()), reader, "o=acme", wire.ScopeSubtree, "(uid=jdoe)"); len(found) != 1 {
		t.Errorf("a right that the successor gives does not count: %q", dns(found))
	}
}

func TestACookieOfTheFormerViewIsNotTaken(t *testing.T) {
	old := demoView(t, allRule())
	r := Request{MessageID: 1, Identity: identity(t, reader), Search: ask("o=acme", wire.ScopeSubtree, parseFilter(t, "(objectClass=person)")), Page: &Page{Size: 3}}
	_, a := runQuery(t, old, r)
	if len(a.Cookie) == 0 {
		t.Fatal("no cookie")
	}
	r.Page.Cookie = a.Cookie
	if found, end := runQuery(t, successor(t, old), r); len(found) > 0 || end.Result.Code == wire.Success {
		t.Errorf("a page of the former view goes on: %q, %s", dns(found), end.Result.Code)
	}
}

// flushed is a Sink that says when a feed waits.
type flushed struct{ waits chan struct{} }

func (f *flushed) Room() []byte { return nil }

func (f *flushed) Keep([]byte) error { return nil }

func (f *flushed) Flush() error {
	f.waits <- struct{}{}
	return nil
}

func TestFeedsOfARetiredViewEnd(t *testing.T) {
	for what, request := range map[string]Request{
		"content synchronization": {Sync: &wire.SyncRequest{Mode: wire.SyncRefreshAndPersist}},
		"a persistent search":     {Persist: &wire.PersistentSearch{Types: 15, ChangesOnly: true}},
	} {
		settings := viewSettings()
		settings.History = &past{}
		old := newView(t, settings, policy.Settings{Rules: []policy.Rule{allRule()}}, build(t, demoInput(t)))
		request.MessageID, request.Identity = 1, identity(t, reader)
		request.Search = ask("o=acme", wire.ScopeSubtree, parseFilter(t, "(uid=jdoe)"))
		q, refused := old.Prepare(request)
		if refused.Code != wire.Success {
			t.Fatal(what, refused)
		}
		out, ended := &flushed{waits: make(chan struct{}, 8)}, make(chan Answer, 1)
		go func() { ended <- q.Run(t.Context(), out) }()
		select {
		case <-out.waits:
		case a := <-ended:
			t.Fatalf("%s ends before it is retired: %v", what, a.Result)
		}
		old.Retire()
		if a := <-ended; a.Result.Code != wire.Unavailable || t.Context().Err() != nil {
			t.Errorf("%s ends with %s", what, a.Result.Code)
		}
	}
}
