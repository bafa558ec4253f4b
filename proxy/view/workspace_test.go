package view

import (
	"context"
	"testing"

	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
)

// Two searches never share memory, whatever their owner believes: what one may
// see would be shown to the other.
func TestAWorkspaceThatIsTakenIsNotGivenAgain(t *testing.T) {
	v := newView(t, viewSettings(), policy.Settings{Rules: []policy.Rule{allRule(), one("people")}}, crowd(t, 20))
	space := new(Workspace)
	prepare := func(dn string) *Query {
		q, refused := v.Prepare(Request{MessageID: 1, Identity: identity(t, dn), Workspace: space,
			Search: ask("o=Acme", wire.ScopeSubtree, item(wire.Present, "isMemberOf", ""), "isMemberOf")})
		if refused.Code != wire.Success {
			t.Fatal(refused)
		}
		return q
	}
	first, second := prepare(reader), prepare(client)
	if first == second {
		t.Fatal("two searches are made in one workspace")
	}
	first.Run(context.Background(), &void{})
	space.Clear()
	if space.taken.rights != nil || space.taken.state != nil || space.taken.room.writer.computed != nil {
		t.Error("a workspace that is cleared holds what the search before saw")
	}
	if third := prepare(client); third != first {
		t.Error("a workspace that is cleared is not used again")
	}
}
