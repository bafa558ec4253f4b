package upstream_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"

	"github.com/aclens/aclens/proxy/upstream"
	"github.com/aclens/aclens/proxy/upstream/slapdtest"
	"github.com/aclens/aclens/resolver/directory"
)

// startProvider is the sample in a slapd that gives a feed.
func startProvider(t *testing.T, people int) *slapdtest.Server {
	t.Helper()
	return slapdtest.Start(t, slapdtest.Options{
		Suffix: "o=acme", LDIF: sample(people), Directives: readable,
		Overlays: []string{"syncprov\nsyncprov-sessionlog 100"},
	})
}

// followed is a feed under test.
type followed struct {
	batches chan upstream.Batch
	ended   chan error
	stop    context.CancelFunc
}

func follow(t *testing.T, d *upstream.Directory, since upstream.State) *followed {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	f := &followed{batches: make(chan upstream.Batch, 10000), ended: make(chan error, 1), stop: stop}
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.ended <- d.Follow(ctx, since, 50*time.Millisecond, func(b upstream.Batch) error {
			f.batches <- b
			return nil
		})
	}()
	t.Cleanup(func() {
		stop()
		<-done
	})
	return f
}

// next is the next batch that says something.
func (f *followed) next(t *testing.T) upstream.Batch {
	t.Helper()
	deadline := time.After(15 * time.Second)
	for {
		select {
		case b := <-f.batches:
			if len(b.Changes) > 0 || b.Absence || b.CatchUp {
				return b
			}
		case err := <-f.ended:
			t.Fatalf("the feed ended: %v", err)
		case <-deadline:
			t.Fatal("nothing was told")
		}
	}
}

// end is why the feed ended.
func (f *followed) end(t *testing.T) error {
	t.Helper()
	select {
	case err := <-f.ended:
		return err
	case <-time.After(15 * time.Second):
		t.Fatal("the feed did not end")
		return nil
	}
}

// content reads everything through a feed, by ID.
func content(t *testing.T, d *upstream.Directory, mode upstream.Mode) (map[upstream.ID]directory.Draft, upstream.State) {
	t.Helper()
	drafts := map[upstream.ID]directory.Draft{}
	state, err := d.ReadContent(brief(t), mode, upstream.State{}, func(id upstream.ID, draft directory.Draft) error {
		if id == (upstream.ID{}) {
			t.Errorf("%s came without an identity", draft.DN)
		}
		if shown := upstream.Identity(mode, &draft); shown != id {
			t.Errorf("%s shows the identity %x, told was %x", draft.DN, shown, id)
		}
		drafts[id] = draft
		return nil
	})
	if err != nil {
		t.Fatalf("reading through the feed: %v", err)
	}
	return drafts, state
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func describe(dn, text string) *ldap.ModifyRequest {
	m := ldap.NewModifyRequest(dn, nil)
	m.Replace("description", []string{text})
	return m
}

func TestContentOfAFeedIsWhatAReadFinds(t *testing.T) {
	d, _ := open(t, settingsFor(startProvider(t, 30)))
	read, _ := readAll(t, d)
	synced, state := content(t, d, upstream.ModeSyncrepl)
	byDN := map[string]directory.Draft{}
	for _, draft := range synced {
		byDN[draft.DN] = draft
	}
	if got, want := fmt.Sprint(plain(byDN)), fmt.Sprint(plain(read)); got != want {
		t.Errorf("synchronized\n%s\nread\n%s", got, want)
	}
	if state.Feed != upstream.ModeSyncrepl || state.Cookie == "" || state.Since == "" {
		t.Errorf("state %+v", state)
	}
}

func TestAFeedTellsEachChangeWithinASecond(t *testing.T) {
	server := startProvider(t, 3)
	d, _ := open(t, settingsFor(server))
	_, state := content(t, d, upstream.ModeSyncrepl)
	f, admin := follow(t, d, state), server.Dial()
	ids := map[string]upstream.ID{}
	for number, step := range []struct {
		do    func() error
		check func(upstream.Change) bool
	}{
		{func() error {
			a := ldap.NewAddRequest("cn=New,ou=Sales,o=acme", nil)
			a.Attribute("objectClass", []string{"dominoPerson"})
			a.Attribute("sn", []string{"New"})
			a.Attribute("userPassword", []string{"jane-secret"})
			return admin.Add(a)
		}, func(c upstream.Change) bool {
			ids["new"] = c.ID
			return c.Draft.DN == "cn=New,ou=Sales,o=acme" && !c.Deleted && c.Draft.Values("userPassword") == nil
		}},
		{func() error { return admin.Modify(describe("cn=New,ou=Sales,o=acme", "x")) },
			func(c upstream.Change) bool {
				return c.ID == ids["new"] && c.Modified && len(c.Draft.Values("description")) == 1
			}},
		{func() error {
			return admin.ModifyDN(ldap.NewModifyDNRequest("cn=New,ou=Sales,o=acme", "cn=Newer", true, "o=acme"))
		},
			func(c upstream.Change) bool { return c.ID == ids["new"] && c.Draft.DN == "cn=Newer,o=acme" }},
		{func() error { return admin.Del(ldap.NewDelRequest("cn=Newer,o=acme", nil)) },
			func(c upstream.Change) bool { return c.ID == ids["new"] && c.Deleted && c.Within == "o=acme" }},
	} {
		began := time.Now()
		must(t, step.do())
		b := f.next(t)
		if took := time.Since(began); took > time.Second {
			t.Errorf("change %d was told after %v", number, took)
		}
		if len(b.Changes) != 1 || !step.check(b.Changes[0]) || b.State.Cookie == state.Cookie {
			t.Errorf("change %d came as %+v", number, b)
		}
		state = b.State
	}
}

func TestAFeedGoesOnFromItsCookieAfterARestart(t *testing.T) {
	server := startProvider(t, 5)
	d, o := open(t, settingsFor(server))
	drafts, state := content(t, d, upstream.ModeSyncrepl)
	f := follow(t, d, state)
	admin := server.Dial()
	must(t, admin.Modify(describe(janeDN, "seen")))
	state = f.next(t).State
	server.Stop()
	if err := f.end(t); !errors.Is(err, upstream.ErrUnavailable) || errors.Is(err, upstream.ErrFullRead) {
		t.Errorf("a feed whose server stopped ended with %v", err)
	}
	server.Restart()
	o.await(t, server.URL, true)
	admin = server.Dial()
	must(t, admin.Modify(describe("cn=Person 1,ou=Sales,o=acme", "missed")))
	must(t, admin.Del(ldap.NewDelRequest("cn=Person 2,ou=Sales,o=acme", nil)))
	b := follow(t, d, state).next(t)
	gone := goneIn(b, drafts)
	if len(gone) != 1 || gone[0] != "cn=Person 2,ou=Sales,o=acme" {
		t.Errorf("gone are %v", gone)
	}
	found := false
	for _, c := range b.Changes {
		found = found || c.Draft.DN == "cn=Person 1,ou=Sales,o=acme"
	}
	if !found {
		t.Errorf("a change that was made before the feed went on was not told: %+v", b)
	}
}

// goneIn is what a batch says to be gone of what was read.
func goneIn(b upstream.Batch, drafts map[upstream.ID]directory.Draft) []string {
	there := map[upstream.ID]bool{}
	for _, id := range b.Present {
		there[id] = true
	}
	var gone []string
	deleted := map[upstream.ID]bool{}
	for _, c := range b.Changes {
		there[c.ID], deleted[c.ID] = !c.Deleted, c.Deleted
	}
	for id, draft := range drafts {
		if deleted[id] || b.Absence && !there[id] {
			gone = append(gone, draft.DN)
		}
	}
	return gone
}

func TestWhatAFeedCannotFollowOnFromNeedsAFullRead(t *testing.T) {
	server := startProvider(t, 1)
	d, _ := open(t, settingsFor(server))
	_, good := content(t, d, upstream.ModeSyncrepl)
	for sentence, spoil := range map[string]func(*upstream.State){
		"a damaged cookie":           func(s *upstream.State) { s.Cookie = "{" },
		"no cookie":                  func(s *upstream.State) { s.Cookie = "" },
		"another server":             func(s *upstream.State) { s.Server = "ldap://127.0.0.1:1" },
		"a server that is not there": func(s *upstream.State) { s.URL = "ldap://127.0.0.1:1" },
		"a cookie that slapd never gave": func(s *upstream.State) {
			s.Cookie = `{"o=acme":"cmlkPTAwMCxjc249MjA5OTAxMDEwMDAwMDAuMDAwMDAwWiMwMDAwMDAjMDAwIzAwMDAwMA=="}`
		},
	} {
		state := good
		spoil(&state)
		if err := follow(t, d, state).end(t); !errors.Is(err, upstream.ErrFullRead) {
			t.Errorf("%s: %v", sentence, err)
		}
	}
}

func TestAServerWithoutAFeedSaysSo(t *testing.T) {
	server := startSample(t, 1)
	d, _ := open(t, settingsFor(server))
	if m, err := d.Mode(brief(t), upstream.ModeAuto); m != upstream.ModePoll || err != nil {
		t.Errorf("auto is %s, %v", m, err)
	}
	if _, err := d.Mode(brief(t), upstream.ModeSyncrepl); !errors.Is(err, upstream.ErrNoFeed) {
		t.Errorf("syncrepl: %v", err)
	}
	_, err := d.ReadContent(brief(t), upstream.ModeSyncrepl, upstream.State{}, func(upstream.ID, directory.Draft) error { return nil })
	if !errors.Is(err, upstream.ErrNoFeed) {
		t.Errorf("content: %v", err)
	}
	if m, err := opened(t, startProvider(t, 1)).Mode(brief(t), upstream.ModeAuto); m != upstream.ModeSyncrepl || err != nil {
		t.Errorf("auto with a provider is %s, %v", m, err)
	}
}

func opened(t *testing.T, s *slapdtest.Server) *upstream.Directory {
	t.Helper()
	d, _ := open(t, settingsFor(s))
	return d
}

func TestAFrozenServerOfAFeedIsLeftInTwoSeconds(t *testing.T) {
	first, second := startProvider(t, 1), startProvider(t, 2)
	settings := settingsFor(first, second)
	settings.Health = time.Hour // the feed itself must raise suspicion
	d, o := open(t, settings)
	o.await(t, first.URL, true)
	o.await(t, second.URL, true)
	_, state := content(t, d, upstream.ModeSyncrepl)
	f := follow(t, d, state)
	must(t, first.Dial().Modify(describe(janeDN, "seen")))
	state = f.next(t).State
	first.Pause()
	within(t, "finding that the server is frozen", failoverLimit, func() {
		if err := f.end(t); !errors.Is(err, upstream.ErrUnavailable) {
			t.Errorf("the feed ended with %v", err)
		}
	})
	within(t, "another server", failoverLimit/4, func() {
		if err := follow(t, d, state).end(t); !errors.Is(err, upstream.ErrFullRead) {
			t.Errorf("at another server: %v", err)
		}
		if _, state = content(t, d, upstream.ModeSyncrepl); state.URL != second.URL {
			t.Errorf("read from %s", state.URL)
		}
	})
}

func TestAServerThatIsFrozenForAMomentLosesNothing(t *testing.T) {
	server := startProvider(t, 1)
	d, _ := open(t, settingsFor(server))
	_, state := content(t, d, upstream.ModeSyncrepl)
	f, admin := follow(t, d, state), server.Dial()
	must(t, admin.Modify(describe(janeDN, "before")))
	f.next(t)
	server.Pause()
	changed := make(chan error, 1)
	go func() { changed <- admin.Modify(describe(janeDN, "meanwhile")) }()
	server.Resume()
	must(t, <-changed)
	if b := f.next(t); texts(b.Changes[0].Draft.Values("description"))[0] != "meanwhile" {
		t.Errorf("told was %+v", b)
	}
}
