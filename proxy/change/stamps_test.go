package change_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aclens/aclens/proxy/change"
	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/view"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/database"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
)

// office is a small directory with one group and one database, shown with stamps.
type office struct {
	t    *testing.T
	now  time.Time
	view *view.View
	snap *resolver.Snapshot
}

const reader = "cn=reader,o=acme"

func open(t *testing.T) *office {
	t.Helper()
	x := &office{t: t, now: time.Date(2026, 11, 21, 8, 15, 0, 0, time.UTC)}
	rules, err := policy.New(policy.Settings{Rules: []policy.Rule{{DN: reader, Read: []string{"all"}}}})
	x.must(err)
	x.view, err = view.New(view.Settings{Base: "cn=access", GroupChannel: acl.WebSession, MemberOf: true, LookThrough: 10,
		Now: func() time.Time { return x.now }, History: change.New(func() time.Time { return x.now })}, rules)
	x.must(err)
	sc, err := view.Schema(nil)
	x.must(err)
	list := &acl.List{MaxLevel: acl.Manager, MaxKnown: true}
	for label, level := range map[string]acl.Level{acl.DefaultName: acl.NoAccess, "Team": acl.Editor} {
		e := acl.NewEntry(label, label == acl.DefaultName)
		e.Level = level
		list.Entries = append(list.Entries, e)
	}
	x.must(list.Seal())
	set, _, err := database.Arrange([]*database.Instance{{Server: name.Parse("Hub1/Acme"), Path: "crm.nsf", List: list}}, database.Options{})
	x.must(err)
	var entries []directory.Change
	for i := range 400 {
		entries = append(entries, put(fmt.Sprintf("cn=P%d,o=Acme", i), "objectClass", "person", "cn", fmt.Sprint("P", i), "modifyTimestamp", "20260101000000Z"))
	}
	entries = append(entries, team("cn=P1,o=Acme"))
	x.snap, _ = resolver.Build(resolver.Input{Settings: resolver.Defaults(), Store: directory.Empty(sc), Databases: set, Entries: entries})
	x.view.Swap("0", x.snap, nil, x.now).Moment()
	return x
}

func (x *office) must(err error) {
	x.t.Helper()
	if err != nil {
		x.t.Fatal(err)
	}
}

func put(dn string, pairs ...string) directory.Change {
	d := &directory.Draft{DN: dn}
	for i := 0; i+1 < len(pairs); i += 2 {
		d.AddText(pairs[i], pairs[i+1])
	}
	return directory.Change{Put: d}
}

func team(members ...string) directory.Change {
	c := put("cn=Team", "objectClass", "dominoGroup", "objectClass", "groupOfNames", "cn", "Team", "groupType", "0", "modifyTimestamp", "20260101000000Z")
	c.Put.AddText("member", members...)
	return c
}

func (x *office) update(id string, c resolver.Change) {
	x.t.Helper()
	x.now = x.now.Add(time.Minute)
	x.snap, _ = x.snap.Update(c)
	x.view.Swap(id, x.snap, nil, x.now).Moment() // is there when the changes are numbered
}

// sink gathers the entries of an answer.
type sink struct{ out [][]byte }

func (s *sink) Room() []byte { return nil }

func (s *sink) Keep(b []byte) error {
	s.out = append(s.out, slices.Clone(b))
	return nil
}

// find returns one value of an attribute by DN.
func (x *office) find(base, filter, attribute string) map[string]string {
	x.t.Helper()
	f, err := wire.ParseFilterString(filter)
	x.must(err)
	q, refused := x.view.Prepare(view.Request{MessageID: 1, Identity: policy.Identity{DN: reader, Key: reader},
		Search: &wire.SearchRequest{Base: []byte(base), Scope: wire.ScopeSubtree, Filter: f, Attributes: [][]byte{[]byte(attribute)}}})
	if refused.Code != wire.Success {
		x.t.Fatal(refused)
	}
	var s sink
	if a := q.Run(context.Background(), &s); a.Result.Code != wire.Success {
		x.t.Fatal(filter, a.Result)
	}
	out := map[string]string{}
	for _, b := range s.out {
		m, err := wire.ParseMessage(b)
		x.must(err)
		e, err := wire.ParseEntry(m.Body)
		x.must(err)
		out[string(e.DN())] = ""
		for e.NextAttribute() {
			for e.NextValue() {
				out[string(e.DN())] = string(e.Value())
			}
		}
	}
	return out
}

func TestATimestampMovesWithTheComputedValueAndNotWithOthers(t *testing.T) {
	x := open(t)
	x.update("1", resolver.Change{Entries: []directory.Change{team("cn=P1,o=Acme", "cn=P2,o=Acme")}})
	const moved, began = "20261121081600Z", "20261121081500Z"
	for dn, want := range map[string]string{
		"cn=P1,o=Acme": began, "cn=P2,o=Acme": moved, "cn=P3,o=Acme": began, "cn=Team": moved,
		"cn=Team,ou=groups,cn=access": moved, "cn=crm.nsf#editor,cn=crm.nsf,ou=databases,cn=access": moved,
		"cn=crm.nsf#manager,cn=crm.nsf,ou=databases,cn=access": began, "cn=crm.nsf,ou=databases,cn=access": moved,
	} {
		if got := x.find(dn, "(objectClass=*)", "modifyTimestamp")[dn]; got != want {
			t.Errorf("%s was modified %s, want %s", dn, got, want)
		}
		if csn := x.find(dn, "(objectClass=*)", "entryCSN")[dn]; len(csn) != 40 || csn[:14] != want[:14] {
			t.Errorf("%s has the CSN %s", dn, csn)
		}
	}
}

func TestWhoeverPollsFindsWhatWasComputedAnewWithoutLookingThroughTheRest(t *testing.T) {
	x := open(t)
	x.update("1", resolver.Change{Entries: []directory.Change{team("cn=P1,o=Acme", "cn=P2,o=Acme")}})
	x.update("2", resolver.Change{AsOf: resolver.AsOf{Directory: x.now}})
	for filter, want := range map[string]int{
		"(modifyTimestamp>=20261121081600Z)":                                             2,
		"(&(objectClass=person)(modifyTimestamp>=20261121081600Z))":                      1,
		"(|(createTimestamp>=20261121081600Z)(modifyTimestamp>=20261121081600Z))":        2,
		"(&(modifyTimestamp>=20261121081600Z)(!(modifyTimestamp=20261121081600Z)))":      0,
		"(modifyTimestamp>=20261121081601Z)":                                             0,
		"(&(objectClass=person)(modifyTimestamp>=20261121081500Z)(memberOf=cn=Team))":    2,
		"(&(objectClass=person)(!(modifyTimestamp>=20261121081600Z))(memberOf=cn=Team))": 1,
	} {
		if got := x.find("", filter, "1.1"); len(got) != want {
			t.Errorf("%s finds %v, want %d", filter, got, want)
		}
	}
}

func TestATimestampNeverGoesBackThoughTheDirectorysDoes(t *testing.T) {
	x := open(t)
	last := ""
	for i, stamp := range []string{"20261121081530Z", "20261121083000Z", "20250101000000Z", "20261121081700Z"} {
		c := put("cn=P5,o=Acme", "objectClass", "person", "cn", "P5", "modifyTimestamp", stamp, "description", fmt.Sprint(i))
		x.update(fmt.Sprint(i+1), resolver.Change{Entries: []directory.Change{c}})
		got := x.find("cn=P5,o=Acme", "(objectClass=*)", "modifyTimestamp")["cn=P5,o=Acme"]
		if got < last || got < stamp {
			t.Errorf("after %s it is %s, it was %s", stamp, got, last)
		}
		last = got
	}
}
