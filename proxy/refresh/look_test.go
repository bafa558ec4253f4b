package refresh

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"

	"github.com/aclens/aclens/proxy/upstream"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/directory"
)

// changesTold notes what Changed is told.
type changesTold struct {
	mu   sync.Mutex
	keys []string
}

func (c *changesTold) note(keys []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keys = append(c.keys, keys...)
}

func (c *changesTold) sorted() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Compact(slices.Sorted(slices.Values(c.keys)))
}

// followed runs with a clock that stands still, so that nothing but a Look makes
// it read; adjust may change the settings before.
func followed(t *testing.T, f Live, adjust func(*Settings)) (*Refresher, *sink, *changesTold) {
	t.Helper()
	s, to := told(live(f))
	clock, changes := newFakeClock(), &changesTold{}
	s.Clock, s.Changed = clock, changes.note
	if adjust != nil {
		adjust(&s)
	}
	r := start(t, s)
	to.await(t, "the first state", func(swapped) bool { return true })
	clock.idle(t)
	return r, to, changes
}

var lookAtOne = Look{URL: "ldap://one", Within: testPatience}

func TestALookShowsWhatWasJustChanged(t *testing.T) {
	f := newFakeLive(person("Jane Doe"))
	r, to, changes := followed(t, f, nil)
	f.put(person("Rob Nash"))
	if !r.Look(t.Context(), lookAtOne) {
		t.Fatal("the change is not seen")
	}
	if !has(to.last(t).snapshot, rob) {
		t.Error("Look returned before the new state was handed over")
	}
	f.remove(rob)
	gone := lookAtOne
	gone.Gone = true
	if !r.Look(t.Context(), gone) {
		t.Fatal("the deletion is not seen")
	}
	if has(to.last(t).snapshot, rob) {
		t.Error("the deleted entry is there still")
	}
	if f.count("all") != 1 {
		t.Errorf("everything was read %d times", f.count("all"))
	}
	if got := changes.sorted(); !slices.Equal(got, []string{keyOf(rob)}) {
		t.Errorf("told that %q changed", got)
	}
}

func TestLooksAtOneTimeAllSeeTheirChange(t *testing.T) {
	f := newFakeLive(person("Jane Doe"))
	r, _, _ := followed(t, f, nil)
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			f.put(person("Rob Nash"))
			if !r.Look(t.Context(), lookAtOne) {
				t.Error("a change is not seen")
			}
		})
	}
	all.Wait()
}

// unhurried take a minute, by a clock that goes on only while they are read.
type unhurried struct {
	*fakeLive
	clock *fakeClock
}

func (s unhurried) ReadNames(ctx contextOf, since upstream.State, emit func(string)) error {
	s.clock.advance(time.Minute)
	return s.fakeLive.ReadNames(ctx, since, emit)
}

func TestALookThatCannotBeAnsweredSaysSo(t *testing.T) {
	for sentence, c := range map[string]struct {
		adjust func(*Settings, *fakeLive)
		look   Look
		before func(*fakeLive)
	}{
		"the change was made at another server": {look: Look{URL: "ldap://two"}},
		"there is no such directory":            {look: Look{URL: "ldap://one", Directory: 1}},
		"the directory cannot be read":          {look: lookAtOne, before: func(f *fakeLive) { f.fail(errAway) }},
		"what is new is refused":                {look: lookAtOne, adjust: func(s *Settings, _ *fakeLive) { s.Check = refuseRob }},
		"a full reading would burden it too soon": {look: lookAtOne, adjust: func(s *Settings, f *fakeLive) {
			s.Directories[0].Live = slowAll{untold{f}, s.Clock.(*fakeClock)}
		}},
	} {
		t.Run(sentence, func(t *testing.T) {
			f := newFakeLive(person("Jane Doe"))
			r, to, _ := followed(t, f, func(s *Settings) {
				if c.adjust != nil {
					c.adjust(s, f)
				}
			})
			if c.before != nil {
				c.before(f)
			}
			f.put(person("Rob Nash"))
			c.look.Within = testPatience
			began := time.Now()
			if r.Look(t.Context(), c.look) {
				t.Error("it is said to be seen")
			}
			if took := time.Since(began); took > testPatience/2 {
				t.Errorf("that took %v to say", took)
			}
			select {
			case s := <-to.swaps:
				if has(s.snapshot, rob) && c.look.URL != "ldap://two" {
					t.Error("what cannot be seen is there")
				}
			default:
			}
		})
	}
}

func TestNamesAreComparedForADeletionOnlyWhereThatIsQuick(t *testing.T) {
	f := newFakeLive(person("Jane Doe"), person("Rob Nash"))
	r, _, _ := followed(t, f, func(s *Settings) {
		s.Directories[0].Live = unhurried{f, s.Clock.(*fakeClock)}
	})
	gone := lookAtOne
	gone.Gone = true
	f.remove(rob)
	if !r.Look(t.Context(), gone) {
		t.Fatal("the first comparison is due")
	}
	f.remove(jane)
	if r.Look(t.Context(), gone) || f.count("names") != 1 {
		t.Errorf("names that take a minute were read %d times", f.count("names"))
	}
	f.put(person("Rob Nash"))
	if !r.Look(t.Context(), lookAtOne) {
		t.Error("a change needs no comparison of names")
	}
}

func TestALookEndsWithItsTimeWhereNobodyFollows(t *testing.T) {
	r := mustNew(t, live(newFakeLive()))
	began := time.Now()
	if r.Look(t.Context(), Look{URL: "ldap://one", Within: 20 * time.Millisecond}) || time.Since(began) > testPatience/2 {
		t.Errorf("ended after %v", time.Since(began))
	}
}

func TestChangesAreToldEvenWhereTheNewStateIsRefused(t *testing.T) {
	f := newFakeLive(person("Jane Doe"))
	r, _, changes := followed(t, f, func(s *Settings) { s.Check = refuseRob })
	f.put(person("Rob Nash"))
	if r.Look(t.Context(), lookAtOne) {
		t.Error("what is refused is said to be seen")
	}
	if got := changes.sorted(); !slices.Equal(got, []string{keyOf(rob)}) {
		t.Errorf("told that %q changed", got)
	}
}

func refuseRob(s *resolver.Snapshot) error {
	if has(s, rob) {
		return errors.New("Rob may not be here")
	}
	return nil
}

// untold tells no changes.
type untold struct{ *fakeLive }

func (u untold) ReadAll(ctx contextOf, emit func(directory.Draft) error) (upstream.State, error) {
	s, err := u.fakeLive.ReadAll(ctx, emit)
	s.Since = ""
	return s, err
}

// slowAll takes an hour to read everything.
type slowAll struct {
	untold
	clock *fakeClock
}

func (s slowAll) ReadAll(ctx contextOf, emit func(directory.Draft) error) (upstream.State, error) {
	s.clock.advance(time.Hour)
	return s.untold.ReadAll(ctx, emit)
}

// A Look asks a directory that tells its changes by itself; the feed goes on
// behind it, without a full reading.
func TestALookAtADirectoryThatIsFollowedAsksItAndFollowsOn(t *testing.T) {
	server := provider(t)
	s, to := following(t, server)
	r := start(t, s)
	to.await(t, "the first state", holds("cn=Sales 0,ou=Sales,o=acme", true))
	admin := server.Dial()
	look := func(dn string, there, gone bool, change error) {
		t.Helper()
		if change != nil {
			t.Fatal(change)
		}
		if !r.Look(t.Context(), Look{URL: server.URL, Gone: gone, Within: testPatience}) {
			t.Fatalf("the change of %s is not seen", dn)
		}
	}
	const added, renamed = "cn=New,ou=Labs,o=acme", "cn=Newer,ou=Labs,o=acme"
	for range 10 {
		look(added, true, false, admin.Add(personRequest("New", "ou=Labs,o=acme")))
		look(added, true, false, admin.Modify(setting(added, "x")))
		look(renamed, true, true, admin.ModifyDN(ldap.NewModifyDNRequest(added, "cn=Newer", true, "")))
		if got := to.last(t).snapshot; has(got, added) || !has(got, renamed) {
			t.Fatal("the new name does not show")
		}
		look(renamed, false, true, admin.Del(ldap.NewDelRequest(renamed, nil)))
		if has(to.last(t).snapshot, renamed) {
			t.Fatal("the deletion does not show")
		}
	}
	if err := admin.Modify(setting("cn=Sales 0,ou=Sales,o=acme", "told")); err != nil {
		t.Fatal(err)
	}
	to.await(t, "a change that the feed tells", func(swapped) bool { return true })
	if n := to.resynced(ReasonDoubt) + to.resynced(ReasonRequired); n != 0 || to.followedBy() != upstream.ModeSyncrepl {
		t.Errorf("%d full readings, followed by %s", n, to.followedBy())
	}
}
