package explorer_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aclens/aclens/proxy/explorer"
	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/view"
	"github.com/aclens/aclens/resolver/acl"
)

func TestHistoryKeepsFewStatesSpreadOverTime(t *testing.T) {
	now := noon
	h := explorer.NewHistory(func() time.Time { return now })
	p, err := policy.New(policy.Settings{})
	must(t, err)
	v, err := view.New(view.Settings{Base: "cn=access", GroupChannel: acl.WebSession, Now: func() time.Time { return now }}, p)
	must(t, err)
	snap, _ := secretWorld(t).build(t)
	var last *view.State
	for i := range 400 { // a state a minute, each told twice
		last = v.Swap(fmt.Sprint(i), snap, nil, now)
		h.Keep(last)
		h.Keep(v.Swap(fmt.Sprint(i), snap, nil, now))
		now = now.Add(time.Minute)
	}
	kept := h.Before(last)
	if len(kept) != 5 {
		t.Fatalf("%d states are kept", len(kept))
	}
	for i, e := range kept {
		if e.State.ID == "399" || i > 0 && !e.Since.Before(kept[i-1].Since) {
			t.Errorf("state %d is %s of %s", i, e.State.ID, e.Since)
		}
	}
	if newest, oldest := now.Sub(kept[0].Since), now.Sub(kept[4].Since); newest > 10*time.Minute || oldest < 6*time.Hour {
		t.Errorf("the states are from %s to %s old", newest, oldest)
	}
	now = now.Add(8 * 24 * time.Hour)
	h.Keep(v.Swap("late", snap, nil, now))
	if kept := h.Before(v.Current()); len(kept) != 0 {
		t.Errorf("%d states are kept for more than a week", len(kept))
	}
}
