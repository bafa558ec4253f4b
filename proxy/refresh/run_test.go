package refresh

import (
	"context"
	"io"
	"os"
	"testing"
	"time"

	"github.com/aclens/aclens/proxy/upstream"
	"github.com/aclens/aclens/resolver/acl"
	"github.com/aclens/aclens/resolver/source"
)

// start runs a Refresher until the test ends, and fails the test if it ends before.
func start(t *testing.T, s Settings) *Refresher {
	t.Helper()
	r := mustNew(t, s)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("Run ended with %v", err)
			}
		case <-time.After(testPatience):
			t.Error("Run does not end")
		}
	})
	return r
}

func holds(dn string, want bool) func(swapped) bool {
	return func(s swapped) bool { return has(s.snapshot, dn) == want }
}

func defaultIs(key string, level acl.Level) func(swapped) bool {
	return func(s swapped) bool {
		db, _, ok := s.snapshot.Databases().Find(key)
		return ok && db.Primary.List.Default().Level == level
	}
}

func TestRunPollsWhenItIsTime(t *testing.T) {
	f := newFakeLive(person("Jane Doe"))
	s, to := told(live(f))
	clock := newFakeClock()
	s.Clock = clock
	start(t, s)
	to.await(t, "the first state", holds(jane, true))
	clock.idle(t)
	f.put(person("Rob Nash"))
	f.remove(jane)
	if got := f.count("changes"); got != 0 {
		t.Fatalf("polled %d times before it was time", got)
	}
	clock.advance(DefaultInterval)
	to.await(t, "what changed", func(s swapped) bool { return has(s.snapshot, rob) && !has(s.snapshot, jane) })
}

func TestRunWaitsForADirectoryThatIsAwayAtTheBeginning(t *testing.T) {
	f := newFakeLive(person("Jane Doe"))
	f.fail(upstream.ErrUnavailable)
	s, to := told(live(f))
	clock := newFakeClock()
	s.Clock = clock
	start(t, s)
	for _, seconds := range []int{1, 2, 4, 8, 16, 30, 30} {
		pause := time.Duration(seconds) * time.Second
		if got := clock.idle(t); got != pause {
			t.Fatalf("the next try is in %v, want %v", got, pause)
		}
		to.none(t, "nothing was read")
		clock.advance(pause)
	}
	clock.idle(t)
	f.fail(nil)
	clock.advance(lastRetry)
	to.await(t, "the first state", holds(jane, true))
}

func TestRunEndsWhileItWaits(t *testing.T) {
	f := newFakeLive()
	f.fail(upstream.ErrUnavailable)
	s, _ := told(live(f))
	clock := newFakeClock()
	s.Clock = clock
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- mustNew(t, s).Run(ctx) }()
	clock.idle(t)
	stop()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("ended with %v", err)
		}
	case <-time.After(testPatience):
		t.Fatal("Run does not end")
	}
}

func TestReloadReadsEverythingAgain(t *testing.T) {
	f := newFakeLive(person("Jane Doe"), person("Rob Nash"))
	s, to := told(live(f))
	s.Clock = newFakeClock()
	r := start(t, s)
	to.await(t, "the first state", holds(jane, true))
	f.putLate(person("Zoe Zimt"))
	r.Reload()
	to.await(t, "what only a full reading finds", holds("cn=Zoe Zimt,ou=Sales,o=Acme", true))
	if f.count("changes") != 0 {
		t.Error("only changes were read")
	}
}

// watched are settings with an interval so long that only events of files lead
// to a look at them.
func watched(t *testing.T) *files {
	t.Helper()
	f := newFiles(t)
	f.write("acls/a.dxl", bare)
	f.settings.Clock, f.settings.Interval, f.settings.Debounce = nil, time.Hour, 5*time.Millisecond
	start(t, f.settings)
	f.to.await(t, "the first state", defaultIs("a", acl.Reader))
	return f
}

const closed = `<acl xmlns="http://www.lotus.com/dxl"><aclentry name="-Default-" default="true" level="noaccess"/></acl>`

func TestAFileThatIsReplacedIsSeenAtOnce(t *testing.T) {
	f := watched(t)
	f.write("acls/a.dxl", closed)
	f.to.await(t, "an export that was renamed into place", defaultIs("a", acl.NoAccess))
	f.write("people.ldif", ldifOf("Rob Nash", "x"))
	f.to.await(t, "an LDIF file that was renamed into place", func(s swapped) bool { return has(s.snapshot, rob) && !has(s.snapshot, jane) })
}

func TestAFileThatIsWrittenInPlaceIsSeenAtOnce(t *testing.T) {
	f := watched(t)
	if err := os.WriteFile(f.path("acls/a.dxl"), []byte(closed), 0o600); err != nil {
		t.Fatal(err)
	}
	f.to.await(t, "an export that was written over", defaultIs("a", acl.NoAccess))
}

func TestAFileInANewFolderIsSeenAtOnce(t *testing.T) {
	f := watched(t)
	f.write("acls/new/deep/b.dxl", bare)
	f.to.await(t, "a file in a new folder", defaultIs("new/deep/b", acl.Reader))
	f.write("acls/new/deep/b.dxl", closed)
	f.to.await(t, "a change in the new folder", defaultIs("new/deep/b", acl.NoAccess))
	if err := os.RemoveAll(f.path("acls/new")); err != nil {
		t.Fatal(err)
	}
	f.to.await(t, "a folder that was removed", func(s swapped) bool { return s.snapshot.Databases().Len() == 1 })
	f.write("acls/new/deep/b.dxl", bare)
	f.to.await(t, "a folder that was made anew", defaultIs("new/deep/b", acl.Reader))
	f.write("acls/new/deep/b.dxl", closed)
	f.to.await(t, "a change in the folder that was made anew", defaultIs("new/deep/b", acl.NoAccess))
}

func TestABrokenFileIsSaidWhileTheOldStateAnswers(t *testing.T) {
	f := watched(t)
	f.write("acls/a.dxl", "<acl")
	got := f.to.await(t, "the finding", func(s swapped) bool {
		_, said := findingOf(s.findings, "broken-export")
		return said
	})
	if !defaultIs("a", acl.Reader)(got) {
		t.Error("the broken file took its database away")
	}
}

func TestFilesThatCannotBeWatchedAreLookedAtNowAndThen(t *testing.T) {
	f := newFiles(t)
	f.write("acls/a.dxl", bare)
	clock := newFakeClock()
	f.settings.Clock = clock
	w := loadedWorld(t, f.settings)
	f.to.last(t)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		mustNew(t, f.settings).follow(ctx, w, &watch{})
		close(done)
	}()
	clock.idle(t)
	f.write("acls/a.dxl", closed)
	clock.advance(DefaultInterval)
	f.to.await(t, "a file that was replaced", defaultIs("a", acl.NoAccess))
	stop()
	<-done
}

func TestFilesThatNeverGetQuietAreLookedAtAllTheSame(t *testing.T) {
	x := &watch{debounce: time.Second}
	now := newFakeClock().Now()
	write, chmod := eventOf("write"), eventOf("chmod")
	far := now.Add(time.Hour)
	if due := x.quiet(chmod, now, far); !due.Equal(far) {
		t.Error("a change of rights is a change of content")
	}
	due := far
	for n := range 100 {
		due = x.quiet(write, now.Add(time.Duration(n)*time.Second/2), due)
		if n == 3 && !due.Equal(now.Add(1500*time.Millisecond+time.Second)) {
			t.Errorf("the look is due %v after the first event", due.Sub(now))
		}
	}
	if due.Sub(now) != patience*time.Second {
		t.Errorf("the look is due %v after the first event", due.Sub(now))
	}
	x.follow(nil)
	later := now.Add(time.Minute)
	if due := x.quiet(write, later, far); !due.Equal(later.Add(time.Second)) {
		t.Error("after a look the next event waits for no old one")
	}
}

func TestAFileThatIsWrittenWhileItIsReadIsReadAgainSoon(t *testing.T) {
	f := newFiles(t)
	f.write("acls/a.dxl", bare)
	clock := newFakeClock()
	f.settings.Clock = clock
	w := loadedWorld(t, f.settings)
	f.to.last(t)
	times := 0
	w.acls.dxl.read = func(r io.ReadSeeker, file source.File) (export, []source.Fault, error) {
		if times++; times == 1 {
			f.write("acls/a.dxl", closed)
		}
		return readDXL(r, file)
	}
	f.write("acls/a.dxl", bare+"\n") // others than before, or it would not be read
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		mustNew(t, f.settings).follow(ctx, w, &watch{})
		close(done)
	}()
	if got := clock.idle(t); got != DefaultDebounce {
		t.Errorf("the next look is in %v", got)
	}
	if got := w.now.snapshot; !defaultIs("a", acl.Reader)(swapped{snapshot: got}) {
		t.Error("half of one file and half of another were taken")
	}
	clock.advance(DefaultDebounce)
	f.to.await(t, "the file that was written", defaultIs("a", acl.NoAccess))
	stop()
	<-done
}
