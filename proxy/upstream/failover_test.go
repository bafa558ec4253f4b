package upstream_test

import (
	"errors"
	"testing"
	"time"

	"github.com/aclens/aclens/proxy/upstream"
	"github.com/aclens/aclens/proxy/upstream/slapdtest"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver/directory"
)

// failoverLimit is what the package promises.
const failoverLimit = 2 * time.Second

func within(t *testing.T, sentence string, limit time.Duration, do func()) {
	t.Helper()
	began := time.Now()
	do()
	if took := time.Since(began); took > limit {
		t.Errorf("%s took %v", sentence, took)
	}
}

func TestTheNextServerTakesOverAndTheFirstOneIsPreferredAgain(t *testing.T) {
	for sentence, lose := range map[string]struct{ fail, heal func(*slapdtest.Server) }{
		"a stopped server": {(*slapdtest.Server).Stop, (*slapdtest.Server).Restart},
		"a frozen server":  {(*slapdtest.Server).Pause, (*slapdtest.Server).Resume},
	} {
		first, second := startSample(t, 10), startSample(t, 20)
		settings := settingsFor(first, second)
		settings.Health = 100 * time.Millisecond // so that healing is seen soon; losing must not need it
		d, o := open(t, settings)
		o.await(t, first.URL, true)
		o.await(t, second.URL, true)
		use := func() (entries int) {
			t.Helper()
			drafts, _ := readAll(t, d)
			if got, err := d.Bind(brief(t), janeDN, "jane-secret"); err != nil || got.Code != wire.Success {
				t.Fatalf("%s: bind: %+v, %v", sentence, got, err)
			}
			return len(drafts)
		}
		if n := use(); n != 15 {
			t.Fatalf("%s: %d entries, not from the first server", sentence, n)
		}
		lose.fail(first)
		within(t, sentence, failoverLimit, func() {
			if n := use(); n != 25 {
				t.Errorf("%s: %d entries, not from the second server", sentence, n)
			}
		})
		o.await(t, first.URL, false)
		within(t, sentence+" that is known to be lost", failoverLimit/4, func() { use() })
		lose.heal(first)
		o.await(t, first.URL, true)
		if n := use(); n != 15 {
			t.Errorf("%s: %d entries, not from the first server again", sentence, n)
		}
	}
}

func TestABindThatWaitsForAFrozenServerGoesOnAtTheNext(t *testing.T) {
	first, second := startSample(t, 0), startSample(t, 0)
	settings := settingsFor(first, second)
	settings.Health = time.Hour // the waiting itself must raise suspicion
	d, o := open(t, settings)
	o.await(t, first.URL, true)
	o.await(t, second.URL, true)
	if _, err := d.Bind(brief(t), janeDN, "jane-secret"); err != nil {
		t.Fatal(err)
	}
	first.Pause()
	within(t, "a bind", failoverLimit, func() {
		if got, err := d.Bind(brief(t), janeDN, "wrong-secret"); err != nil || got.Code != wire.InvalidCredentials {
			t.Errorf("%+v, %v", got, err)
		}
	})
	within(t, "a question", failoverLimit, func() {
		if facts, err := d.RootDSE(brief(t)); err != nil || facts.URL != second.URL {
			t.Errorf("%+v, %v", facts, err)
		}
	})
}

func TestWithoutAnyServerEverythingIsUnavailableInBoundedTime(t *testing.T) {
	first, second := startSample(t, 0), startSample(t, 0)
	settings := settingsFor(first, second)
	settings.Connect, settings.Operation = 300*time.Millisecond, 500*time.Millisecond
	d, o := open(t, settings)
	readAll(t, d)
	first.Stop()
	second.Pause()
	for sentence, ask := range map[string]func() error{
		"the root DSE": func() error { _, err := d.RootDSE(brief(t)); return err },
		"the schema":   func() error { _, _, err := d.Subschema(brief(t)); return err },
		"a bind":       func() error { _, err := d.Bind(brief(t), janeDN, "jane-secret"); return err },
		"a feed":       func() error { _, _, err := d.Client(brief(t)); return err },
		"everything": func() error {
			_, err := d.ReadAll(brief(t), func(directory.Draft) error { return nil })
			return err
		},
	} {
		within(t, sentence, failoverLimit, func() {
			if err := ask(); !errors.Is(err, upstream.ErrUnavailable) || errors.Is(err, upstream.ErrPartial) {
				t.Errorf("%s: %v", sentence, err)
			}
		})
	}
	if !o.saw(upstream.KindTimeout) || !o.saw(upstream.KindConnect) {
		t.Errorf("counted: %v", o.errors)
	}
	second.Resume()
	if drafts, _ := readAll(t, d); len(drafts) != 5 {
		t.Errorf("%d entries after one came back", len(drafts))
	}
}

func TestCloseEndsWhatIsUnderWayAndLetsNothingMoreBegin(t *testing.T) {
	server := startSample(t, 0)
	settings := settingsFor(server)
	settings.Health = time.Hour
	d, o := open(t, settings)
	o.await(t, server.URL, true)
	server.Pause()
	ended := make(chan error, 2)
	for range 2 {
		go func() {
			_, err := d.Bind(t.Context(), janeDN, "jane-secret")
			ended <- err
		}()
	}
	o.await(t, server.URL, false) // somebody waits for it
	within(t, "closing", failoverLimit, d.Close)
	for range 2 {
		if err := <-ended; !errors.Is(err, upstream.ErrClosed) {
			t.Errorf("a bind under way: %v", err)
		}
	}
	if _, err := d.RootDSE(brief(t)); !errors.Is(err, upstream.ErrClosed) || !errors.Is(err, upstream.ErrUnavailable) {
		t.Errorf("after closing: %v", err)
	}
}
