package upstream_test

import (
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"

	"github.com/aclens/aclens/proxy/upstream"
	"github.com/aclens/aclens/resolver/directory"
)

// changes reads what changed, by DN.
func changes(t *testing.T, d *upstream.Directory, since upstream.State) (map[string]directory.Draft, upstream.State) {
	t.Helper()
	drafts := map[string]directory.Draft{}
	state, err := d.ReadChanges(brief(t), since, into(t, drafts))
	if err != nil {
		t.Fatalf("reading changes since %+v: %v", since, err)
	}
	return drafts, state
}

// settled goes on until the directory's clock is far enough from the sample's
// load that only new changes count; it polls as a refresh would.
func settled(t *testing.T, d *upstream.Directory, touch func(), state upstream.State) upstream.State {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for time.Now().Before(deadline) {
		touch()
		drafts, next := changes(t, d, state)
		state = next
		if len(drafts) == 1 {
			return state
		}
	}
	t.Fatal("the same entries are changes for ever")
	return state
}

func TestChangesAreWhatWasAddedOrChangedSince(t *testing.T) {
	server := startSample(t, 5)
	d, _ := open(t, settingsFor(server))
	admin := server.Dial()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	touch := func() {
		m := ldap.NewModifyRequest("ou=Sales,o=acme", nil)
		m.Replace("description", []string{"touched"})
		must(admin.Modify(m))
	}
	_, state := readAll(t, d)
	state = settled(t, d, touch, state)

	add := ldap.NewAddRequest("cn=New One,ou=Sales,o=acme", nil)
	add.Attribute("objectClass", []string{"dominoPerson"})
	add.Attribute("sn", []string{"One"})
	add.Attribute("userPassword", []string{"jane-secret"})
	must(admin.Add(add))
	modify := ldap.NewModifyRequest("cn=Sales Team,o=acme", nil)
	modify.Add("member", []string{"cn=New One,ou=Sales,o=acme"})
	must(admin.Modify(modify))
	must(admin.ModifyDN(ldap.NewModifyDNRequest("cn=Person 1,ou=Sales,o=acme", "cn=Person One", true, "")))
	must(admin.Del(ldap.NewDelRequest("cn=Person 2,ou=Sales,o=acme", nil)))

	drafts, state := changes(t, d, state)
	for _, dn := range []string{"cn=New One,ou=Sales,o=acme", "cn=Sales Team,o=acme", "cn=Person One,ou=Sales,o=acme"} {
		if _, ok := drafts[dn]; !ok {
			t.Errorf("%s is no change", dn)
		}
	}
	if _, ok := drafts["cn=Person 3,ou=Sales,o=acme"]; ok {
		t.Error("an entry that nobody touched is a change")
	}
	group, added := drafts["cn=Sales Team,o=acme"], drafts["cn=New One,ou=Sales,o=acme"]
	if got := len(group.Values("member")); got != 2 {
		t.Errorf("the changed group has %d members", got)
	}
	if added.Values("userPassword") != nil {
		t.Error("a changed password came out")
	}

	var names []string
	if err := d.ReadNames(brief(t), state, func(key string) { names = append(names, key) }); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]bool{
		"cn=person 1,ou=sales,o=acme": false, "cn=person one,ou=sales,o=acme": true,
		"cn=person 2,ou=sales,o=acme": false, "cn=new one,ou=sales,o=acme": true,
	} {
		if slices.Contains(names, key) != want {
			t.Errorf("%s is among the names: %t", key, !want)
		}
	}
}

func TestChangesAddUpToAFullRead(t *testing.T) {
	server := startSample(t, 20)
	d, _ := open(t, settingsFor(server))
	admin := server.Dial()
	known, state := readAll(t, d)
	for round := range 5 {
		for i := range 4 {
			m := ldap.NewModifyRequest("cn=Person "+string(rune('0'+(round+i)%10))+",ou=Sales,o=acme", nil)
			m.Replace("description", []string{time.Now().String()})
			if err := admin.Modify(m); err != nil {
				t.Fatal(err)
			}
		}
		drafts, next := changes(t, d, state)
		if next.Since < state.Since {
			t.Errorf("the state went back from %s to %s", state.Since, next.Since)
		}
		state = next
		maps.Copy(known, drafts)
	}
	want, _ := readAll(t, d)
	for dn, draft := range want {
		if got := known[dn]; !slices.Equal(texts(got.Values("description")), texts(draft.Values("description"))) {
			t.Errorf("%s: a change was missed", dn)
		}
	}
}

func TestChangesAreNotToldFromAStateThatSaysNothing(t *testing.T) {
	d, _ := open(t, settingsFor(startSample(t, 0)))
	_, good := readAll(t, d)
	for sentence, state := range map[string]upstream.State{
		"nothing was read before":                  {},
		"the directory gave no place to go on":     {URL: good.URL, Server: good.Server},
		"the state is that of another server":      {URL: good.URL, Server: "ldap://127.0.0.1:1", Since: good.Since},
		"the state is no time that was ever given": {URL: good.URL, Server: good.Server, Since: "yesterday"},
	} {
		_, err := d.ReadChanges(brief(t), state, func(directory.Draft) error { return nil })
		if !errors.Is(err, upstream.ErrFullRead) {
			t.Errorf("%s: %v", sentence, err)
		}
	}
	if err := d.ReadNames(brief(t), upstream.State{}, func(string) {}); !errors.Is(err, upstream.ErrFullRead) {
		t.Errorf("names of another server: %v", err)
	}
}

func TestAfterFailoverChangesNeedAFullReadAndThenStayWithTheirServer(t *testing.T) {
	first, second := startSample(t, 3), startSample(t, 3)
	d, o := open(t, settingsFor(first, second))
	_, state := readAll(t, d)
	if state.URL != first.URL {
		t.Fatalf("the first server was not asked: %+v", state)
	}
	first.Stop()
	_, err := d.ReadChanges(brief(t), state, func(directory.Draft) error { return nil })
	if !errors.Is(err, upstream.ErrFullRead) {
		t.Fatalf("changes of a lost server: %v", err)
	}
	_, state = readAll(t, d)
	if state.URL != second.URL {
		t.Fatalf("the second server was not asked: %+v", state)
	}
	first.Restart()
	o.await(t, first.URL, true)
	if _, next := changes(t, d, state); next.URL != second.URL {
		t.Errorf("changes came from %s", next.URL)
	}
}
