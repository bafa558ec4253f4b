package upstream_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/aclens/aclens/proxy/upstream"
	"github.com/aclens/aclens/proxy/upstream/feedtest"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/directory"
)

const (
	units   = "ou=Sales," + feedtest.Base
	joeDN   = "cn=Joe," + units
	groupDN = "cn=Team," + feedtest.Base
)

func personOf(text string) map[string][]string {
	return map[string][]string{"objectClass": {"user"}, "sn": {"Doe"}, "description": {text}}
}

func openFeed(t *testing.T, kind feedtest.Kind) (*feedtest.Server, *upstream.Directory, upstream.State) {
	t.Helper()
	server := feedtest.Start(t, kind)
	server.Put(units, map[string][]string{"objectClass": {"organizationalUnit"}})
	server.Put(joeDN, personOf("at first"))
	server.Put(groupDN, map[string][]string{"objectClass": {"group"}, "member": {joeDN}})
	d, _ := open(t, upstream.Settings{URLs: []string{server.URL}})
	mode := map[feedtest.Kind]upstream.Mode{feedtest.DirSync: upstream.ModeDirSync, feedtest.Persistent: upstream.ModePersistent}[kind]
	if chosen, err := d.Mode(brief(t), upstream.ModeAuto); chosen != mode || err != nil {
		t.Fatalf("chosen is %s, %v", chosen, err)
	}
	return server, d, readFor(t, d)
}

func readFor(t *testing.T, d *upstream.Directory) upstream.State {
	t.Helper()
	state, err := d.ReadContent(brief(t), upstream.ModeAuto, upstream.State{}, func(upstream.ID, directory.Draft) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	return state
}

// caughtUp waits until the feed has asked for what was before it.
func (f *followed) caughtUp(t *testing.T) {
	t.Helper()
	if b := f.next(t); !b.CatchUp {
		t.Fatalf("the feed did not ask for what was before it: %+v", b)
	}
}

// change is the next single change.
func (f *followed) change(t *testing.T) upstream.Change {
	t.Helper()
	for {
		if b := f.next(t); !b.CatchUp {
			if len(b.Changes) != 1 {
				t.Fatalf("told were %+v", b.Changes)
			}
			return b.Changes[0]
		}
	}
}

func TestDirSyncAndPersistentSearchTellWholeEntries(t *testing.T) {
	for sentence, kind := range map[string]feedtest.Kind{"DirSync": feedtest.DirSync, "persistent search": feedtest.Persistent} {
		server, d, state := openFeed(t, kind)
		f := follow(t, d, state)
		f.caughtUp(t)
		server.Put(joeDN, personOf("changed"))
		c := f.change(t)
		joe := c.ID
		if c.Deleted || c.Draft.DN != joeDN || len(c.Draft.Values("sn")) != 1 || texts(c.Draft.Values("description"))[0] != "changed" {
			t.Errorf("%s: a change came as %+v", sentence, c)
		}
		server.Put(groupDN, map[string][]string{"objectClass": {"group"}, "member": {joeDN, "cn=Ann," + units}})
		if c := f.change(t); len(c.Draft.Values("member")) != 2 {
			t.Errorf("%s: a new member came as %+v", sentence, c)
		}
		server.Rename(joeDN, "cn=Joseph,"+units)
		if c := f.change(t); c.Draft.DN != "cn=Joseph,"+units || c.ID != joe || kind == feedtest.Persistent && c.DN != joeDN {
			t.Errorf("%s: a new name came as %+v", sentence, c)
		}
		server.Delete("cn=Joseph," + units)
		if c := f.change(t); !c.Deleted || c.ID != joe || kind == feedtest.Persistent && c.DN != "cn=Joseph,"+units {
			t.Errorf("%s: a deletion came as %+v", sentence, c)
		}
		server.Cut()
		if kind == feedtest.Persistent {
			if err := f.end(t); !errors.Is(err, upstream.ErrUnavailable) || errors.Is(err, upstream.ErrFullRead) {
				t.Errorf("%s: cut, the feed ended with %v", sentence, err)
			}
		}
	}
}

func TestDirSyncGoesOnFromItsCookie(t *testing.T) {
	server, d, state := openFeed(t, feedtest.DirSync)
	f := follow(t, d, state)
	f.caughtUp(t)
	server.Put(joeDN, personOf("told"))
	f.next(t)
	state = (<-f.batches).State
	f.stop()
	server.Put(joeDN, personOf("meanwhile"))
	server.Delete(groupDN)
	again := follow(t, d, state)
	b := again.next(t)
	if b.CatchUp || len(b.Changes) != 2 || !b.Changes[1].Deleted {
		t.Errorf("told was %+v", b)
	}
	again.stop()
	server.Forget()
	if err := follow(t, d, b.State).end(t); !errors.Is(err, upstream.ErrFullRead) {
		t.Errorf("with a cookie that the server does not take: %v", err)
	}
	before, err := d.ReadContent(brief(t), upstream.ModeDirSync, b.State, func(upstream.ID, directory.Draft) error { return nil })
	if err != nil || before.Cookie != b.State.Cookie {
		t.Errorf("a full reading lost the cookie: %+v, %v", before, err)
	}
}

func TestDirSyncAsksForLessWhereTheRightToReplicateIsMissing(t *testing.T) {
	server, d, state := openFeed(t, feedtest.DirSync)
	server.Refuse()
	f := follow(t, d, state)
	f.caughtUp(t)
	server.Put(joeDN, personOf("changed"))
	f.change(t)
	flags := server.Flags()
	if flags[0]&wire.DirSyncObjectSecurity != 0 || flags[0]&wire.DirSyncIncrementalValues == 0 || slices.ContainsFunc(flags[1:], func(f wire.DirSyncFlags) bool { return f&wire.DirSyncObjectSecurity == 0 }) {
		t.Errorf("asked with flags %x", flags)
	}
}

func TestDirSyncBelowABaseTellsWhatLeavesIt(t *testing.T) {
	server, d, _ := openFeed(t, feedtest.DirSync)
	d.Close()
	d, _ = open(t, upstream.Settings{URLs: []string{server.URL}, Bases: []string{units}})
	f := follow(t, d, readFor(t, d))
	f.caughtUp(t)
	server.Rename(joeDN, "cn=Joe,"+feedtest.Base)
	if c := f.change(t); !c.Deleted || c.ID == (upstream.ID{}) {
		t.Errorf("told was %+v", c)
	}
}
