package refresh

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aclens/aclens/proxy/upstream"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
)

// fakeFeed is a directory in memory that is followed by batches that a test
// writes. Identities go by the common name that an entry had at first.
type fakeFeed struct {
	*fakeLive
	batches chan upstream.Batch
	ends    chan error
	refuses error // of ReadContent
}

func idOf(text string) (id upstream.ID) {
	copy(id[:], text)
	return id
}

func (f *fakeFeed) ReadContent(ctx context.Context, _ upstream.Mode, _ upstream.State, emit func(upstream.ID, directory.Draft) error) (upstream.State, error) {
	if f.refuses != nil {
		return upstream.State{}, f.refuses
	}
	state, err := f.ReadAll(ctx, func(d directory.Draft) error { return emit(idOf(string(d.Values("cn")[0])), d) })
	state.Feed, state.Cookie = upstream.ModeSyncrepl, "first"
	return state, err
}

func (f *fakeFeed) ReadBelow(_ context.Context, _ upstream.State, dn string, emit func(directory.Draft) error) error {
	for key, e := range f.entries {
		if name.KeyUnder(key, keyOf(dn)) {
			if err := emit(copyOf(e.draft)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *fakeFeed) Follow(ctx context.Context, since upstream.State, _ time.Duration, tell func(upstream.Batch) error) error {
	for {
		select {
		case b := <-f.batches:
			b.State = since
			if err := tell(b); err != nil {
				return err
			}
		case err := <-f.ends:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// feedWorld has read a directory that tells its changes; nothing runs.
func feedWorld(t *testing.T, drafts ...directory.Draft) (*world, *sink, *fakeFeed) {
	t.Helper()
	f := &fakeFeed{fakeLive: newFakeLive(drafts...), batches: make(chan upstream.Batch), ends: make(chan error)}
	s, to := told(live(f))
	s.Clock, s.Freshness = newFakeClock(), 1000*time.Hour
	s.Directories[0].Feed = f
	w := newWorld(&mustNew(t, s).settings)
	w.openFeeds()
	if err := w.load(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.handOver()
	to.last(t)
	return w, to, f
}

func personIn(cn string, ou string) directory.Draft {
	d := person(cn)
	d.DN = "cn=" + cn + ",ou=" + ou + ",o=Acme"
	return d
}

func TestABatchCountsAsAWholeOrNotAtAll(t *testing.T) {
	change := func(cn string, texts ...string) upstream.Change {
		return upstream.Change{ID: idOf(cn), Modified: true, Draft: person(cn, texts...)}
	}
	for sentence, b := range map[string]upstream.Batch{
		"a change of an entry that is not known": {Changes: []upstream.Change{change("Rob Nash", "x"), change("Zoe Zimt")}},
		"an unknown entry among those present":   {Absence: true, Base: "o=Acme", Present: []upstream.ID{idOf("Zoe Zimt")}},
		"a new name that cannot be understood": {Changes: []upstream.Change{change("Rob Nash", "x"),
			{ID: idOf("Jane Doe"), Draft: directory.Draft{DN: "not a name"}}}},
	} {
		w, to, _ := feedWorld(t, person("Jane Doe"), person("Rob Nash"))
		before, asOf := w.now.id, w.now.snapshot.AsOf()
		if err := w.takeBatch(t.Context(), w.directories[0], b); err == nil {
			t.Errorf("%s: no doubt", sentence)
		}
		to.none(t, sentence)
		if w.now.id != before || w.now.snapshot.AsOf() != asOf {
			t.Errorf("%s: the state changed", sentence)
		}
	}
}

func TestWhatAFeedDoesNotListIsInferredAndWhatItDeletesIsStated(t *testing.T) {
	w, _, _ := feedWorld(t, person("Jane Doe"), person("Rob Nash"), person("Ann Admin"), personIn("Zoe Zimt", "Labs"))
	h := w.directories[0]
	s := h.scan(false)
	b := upstream.Batch{
		Changes: []upstream.Change{{ID: idOf("Rob Nash"), Deleted: true, Within: "ou=Sales,o=Acme"}, {ID: idOf("Nobody"), Deleted: true}},
		Absence: true, Base: "ou=Sales,o=Acme", Present: []upstream.ID{idOf("Ann Admin")},
	}
	if err := h.merge(t.Context(), s, &b, w.now.snapshot.Store()); err != nil {
		t.Fatal(err)
	}
	if len(s.gone) != 2 || !s.whole || s.groundOf(keyOf(rob)) != Stated || s.groundOf(keyOf(jane)) != Inferred {
		t.Errorf("gone are %v, whole %t, grounds %s and %s", s.gone, s.whole, s.groundOf(keyOf(rob)), s.groundOf(keyOf(jane)))
	}
}

func TestNamesMayChangeHandsInABatch(t *testing.T) {
	put := func(id, cn string) upstream.Change { return upstream.Change{ID: idOf(id), Draft: person(cn)} }
	for sentence, tc := range map[string]struct {
		changes []upstream.Change
		want    map[string]string // who is there under which name
	}{
		"one after the other": {[]upstream.Change{put("Jane Doe", "Tmp"), put("Rob Nash", "Jane Doe"), put("Jane Doe", "Rob Nash")},
			map[string]string{"Jane Doe": "Rob Nash", "Rob Nash": "Jane Doe"}},
		"as they are in the end": {[]upstream.Change{put("Rob Nash", "Jane Doe"), put("Jane Doe", "Rob Nash")},
			map[string]string{"Jane Doe": "Rob Nash", "Rob Nash": "Jane Doe"}},
		"a name that is taken after a deletion that comes late": {[]upstream.Change{put("Rob Nash", "Jane Doe"), {ID: idOf("Jane Doe"), Deleted: true}},
			map[string]string{"Rob Nash": "Jane Doe"}},
		"a deletion below a base that the entry has left": {[]upstream.Change{{ID: idOf("Rob Nash"), Draft: personIn("Rob Nash", "Labs")}, {ID: idOf("Rob Nash"), Deleted: true, Within: "ou=Sales,o=Acme"}},
			map[string]string{"Jane Doe": "Jane Doe", "Rob Nash": "Rob Nash,ou=Labs"}},
		"an entry that comes and goes": {[]upstream.Change{put("New", "New"), {ID: idOf("New"), Deleted: true}},
			map[string]string{"Jane Doe": "Jane Doe", "Rob Nash": "Rob Nash"}},
	} {
		w, _, _ := feedWorld(t, person("Jane Doe"), person("Rob Nash"))
		if err := w.takeBatch(t.Context(), w.directories[0], upstream.Batch{Changes: tc.changes}); err != nil {
			t.Fatalf("%s: %v", sentence, err)
		}
		h := w.directories[0]
		if h.entries.len() != len(tc.want) {
			t.Errorf("%s: %d entries", sentence, h.entries.len())
		}
		for id, cn := range tc.want {
			dn := "cn=" + cn + ",ou=Sales,o=Acme"
			if cn == "Rob Nash,ou=Labs" {
				dn = "cn=Rob Nash,ou=Labs,o=Acme"
			}
			if key := h.feed.keys[idOf(id)]; key != keyOf(dn) || h.feed.owners[key] != idOf(id) || !w.has(dn) {
				t.Errorf("%s: %s is under %q", sentence, id, key)
			}
		}
	}
}

func TestADirectoryIsFollowedOnAsTheFeedEnds(t *testing.T) {
	w, to, f := feedWorld(t, person("Jane Doe"))
	s := *w.Settings
	f.refuses = nil
	s.Clock = nil
	start(t, s)
	f.batches <- upstream.Batch{Changes: []upstream.Change{{ID: idOf("Rob Nash"), Draft: person("Rob Nash")}}}
	to.await(t, "a change that was told", holds(rob, true))
	f.put(person("Rob Nash"))
	for sentence, step := range map[string]struct {
		end    error
		reason Reason
		full   int // readings of everything
	}{
		"a connection that is lost":     {upstream.ErrUnavailable, "", 0},
		"a cookie that is refused":      {upstream.ErrFullRead, ReasonRequired, 1},
		"an error that nobody foresees": {errors.New("something else"), "", 0},
	} {
		before, resyncs := f.count("all"), to.resynced(step.reason)
		f.ends <- step.end
		f.batches <- upstream.Batch{Changes: []upstream.Change{{ID: idOf("Ann"), Draft: person("Ann", sentence)}}} // it is heard again
		if n := f.count("all") - before; n != step.full {
			t.Errorf("%s: everything was read %d times", sentence, n)
		}
		if n := to.resynced(step.reason) - resyncs; n != step.full {
			t.Errorf("%s: counted %d times", sentence, n)
		}
	}
	before := f.count("all")
	f.batches <- upstream.Batch{Changes: []upstream.Change{{ID: idOf("Zoe"), Modified: true, Draft: person("Zoe")}}}
	f.batches <- upstream.Batch{}
	if f.count("all") != before+1 || to.resynced(ReasonDoubt) != 1 {
		t.Error("a doubt was not settled by reading everything")
	}
}

func TestADirectoryWithoutItsFeedIsPolled(t *testing.T) {
	f := &fakeFeed{fakeLive: newFakeLive(person("Jane Doe")), refuses: upstream.ErrNoFeed}
	s, to := told(live(f))
	s.Directories[0].Feed, s.Directories[0].Interval = f, 10*time.Millisecond
	start(t, s)
	to.await(t, "the first state", holds(jane, true))
	f.put(person("Rob Nash"))
	to.await(t, "a change that a poll finds", holds(rob, true))
	if to.followedBy() != upstream.ModePoll || f.count("changes") == 0 {
		t.Errorf("followed by %s", to.followedBy())
	}
}
