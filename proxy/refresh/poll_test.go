package refresh

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aclens/aclens/proxy/upstream"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/directory"
)

const (
	jane = "cn=Jane Doe,ou=Sales,o=Acme"
	rob  = "cn=Rob Nash,ou=Sales,o=Acme"
)

func fakeWorld(t *testing.T, f *fakeLive) (*world, *sink) {
	t.Helper()
	s, to := told(live(f))
	s.Clock, s.Freshness = newFakeClock(), 1000*time.Hour
	w := loadedWorld(t, s)
	to.last(t)
	return w, to
}

func TestAChangeIsSeenAfterAPoll(t *testing.T) {
	f := newFakeLive(person("Jane Doe"), group("Sales Team"))
	w, to := fakeWorld(t, f)
	before := w.now.id
	f.put(person("Rob Nash"), group("Sales Team", "Rob Nash"))
	w.poll(t)
	got := to.last(t)
	if !has(got.snapshot, rob) || got.id == before {
		t.Error("what was added is not there")
	}
	if f.count("all") != 1 {
		t.Errorf("everything was read %d times", f.count("all"))
	}
	id, _ := got.snapshot.Store().Find(keyOf(rob))
	if n := len(got.snapshot.MemberOf(id)); n != 1 {
		t.Errorf("the new member is in %d groups", n)
	}
}

func TestADeletionIsSeenByTheNames(t *testing.T) {
	f := newFakeLive(person("Jane Doe"), person("Rob Nash"))
	w, to := fakeWorld(t, f)
	f.remove(rob)
	w.poll(t)
	if got := to.last(t); has(got.snapshot, rob) || !has(got.snapshot, jane) {
		t.Error("the deleted entry is there still, or another one is not")
	}
	if f.count("all") != 1 {
		t.Error("everything was read for one deletion")
	}
}

func TestADeletionIsSeenByAFullReadingWhereNamesAreNotDue(t *testing.T) {
	f := newFakeLive(person("Jane Doe"), person("Rob Nash"))
	w, to := fakeWorld(t, f)
	w.directories[0].namesDue = w.Clock.Now().Add(1000 * time.Hour)
	f.remove(rob)
	w.poll(t)
	to.none(t, "without names nothing is known to be gone")
	w.Clock.(*fakeClock).advance(DefaultFull)
	w.poll(t)
	if got := to.last(t); has(got.snapshot, rob) {
		t.Error("a full reading did not find what is gone")
	}
}

func TestNamesAreComparedForASmallShareOfTheTime(t *testing.T) {
	f := newFakeLive(person("Jane Doe"))
	s, _ := told(live(slowNames{f, nil}))
	clock := newFakeClock()
	s.Clock = clock
	s.Directories[0].Live = slowNames{f, func() { clock.advance(30 * time.Second) }}
	w := loadedWorld(t, s)
	for range 12 {
		w.poll(t) // a minute each, and half a minute more with names
	}
	if n := f.count("names"); n < 1 || n > 2 {
		t.Errorf("names were compared %d times in 12 minutes, each for 30 seconds", n)
	}
}

func TestAnEntryThatWasAwayForAMomentStays(t *testing.T) {
	f := newFakeLive(person("Jane Doe"), person("Rob Nash"))
	s, to := told(live(f))
	s.Clock, s.Freshness = newFakeClock(), 1000*time.Hour
	s.Directories[0].Live = replaced{f}
	w := loadedWorld(t, s)
	to.last(t)
	w.poll(t)
	to.none(t, "the entry was deleted before its name was read, and is back as it was")
}

// replaced deletes an entry while its names are read and adds it again.
type replaced struct{ *fakeLive }

func (r replaced) ReadNames(ctx context.Context, since upstream.State, emit func(string)) error {
	r.remove(rob)
	err := r.fakeLive.ReadNames(ctx, since, emit)
	r.put(person("Rob Nash"))
	return err
}

type slowNames struct {
	*fakeLive
	during func()
}

func (s slowNames) ReadNames(ctx context.Context, since upstream.State, emit func(string)) error {
	s.during()
	return s.fakeLive.ReadNames(ctx, since, emit)
}

func TestAnEntryThatAReplicaSentLateMakesEverythingRead(t *testing.T) {
	f := newFakeLive(person("Jane Doe"), person("Ann Admin"))
	w, to := fakeWorld(t, f)
	f.putLate(person("Rob Nash"))
	w.poll(t)
	if got := to.last(t); !has(got.snapshot, rob) {
		t.Error("an entry that is no change but is listed was missed")
	}
	if f.count("all") != 2 {
		t.Errorf("everything was read %d times", f.count("all"))
	}
	w.poll(t)
	if f.count("all") != 2 {
		t.Error("it was read again for no reason")
	}
}

func TestDoubtIsKeptUntilAFullReadingSucceeds(t *testing.T) {
	f := newFakeLive(person("Jane Doe"), person("Ann Admin"), person("Zoe Zimt"))
	w, to := fakeWorld(t, f)
	f.putLate(person("Rob Nash"))
	f.cut = 2
	w.poll(t)
	to.none(t, "the full reading was cut")
	f.cut = 0
	w.poll(t)
	if got := to.last(t); !has(got.snapshot, rob) {
		t.Error("the doubt was forgotten when the full reading failed")
	}
}

func TestAnEntryThatIsListedButCannotBeReadIsNoReasonToReadEverythingForEver(t *testing.T) {
	f := newFakeLive(person("Jane Doe"))
	w, _ := fakeWorld(t, f)
	bad := person("Rob Nash")
	key := keyOf(bad.DN)
	bad.DN = "not a name"
	f.entries[key] = fakeEntry{bad, 0}
	for range 5 {
		w.poll(t)
	}
	if n := f.count("all"); n != 2 {
		t.Errorf("everything was read %d times", n)
	}
	if w.has(rob) {
		t.Error("an entry that cannot be understood is there")
	}
	if len(w.directories[0].faults) != 1 {
		t.Errorf("faults: %v", w.directories[0].faults)
	}
}

func TestWhatTheDirectoryDoesNotGiveInFullChangesNothing(t *testing.T) {
	for sentence, fail := range map[string]func(*fakeLive){
		"it is away":                         func(f *fakeLive) { f.fail(upstream.ErrUnavailable) },
		"the service account is refused":     func(f *fakeLive) { f.fail(&upstream.RefusedError{URL: "ldap://one"}) },
		"it cuts a reading of changes":       func(f *fakeLive) { f.cut = 1 },
		"another server cuts a full reading": func(f *fakeLive) { f.server, f.cut = "two", 1 },
	} {
		t.Run(sentence, func(t *testing.T) {
			f := newFakeLive(person("Jane Doe"), person("Rob Nash"), person("Ann Admin"))
			w, to := fakeWorld(t, f)
			id, asOf := w.now.id, w.now.snapshot.AsOf()
			f.remove(jane)
			f.put(person("Rob Nash", "changed"), person("Zoe Zimt", "new"))
			fail(f)
			w.poll(t)
			to.none(t, "nothing was read in full")
			if w.now.id != id || w.now.snapshot.AsOf() != asOf || !w.has(jane) {
				t.Error("a reading that failed changed the state, or made it younger")
			}
			if to.errorsOf(KindDirectory) != 1 {
				t.Error("the failure was not counted")
			}
			f.fail(nil)
			f.cut = 0
			w.poll(t)
			want := mustLoad(t, live(f))
			if w.now.id != want.ID {
				t.Error("after the failure the state is not that of the directory")
			}
			if !w.now.snapshot.AsOf().Directory.After(asOf.Directory) {
				t.Error("the state did not grow younger")
			}
		})
	}
}

func TestAnotherServerIsReadInFull(t *testing.T) {
	f := newFakeLive(person("Jane Doe"), person("Rob Nash"))
	w, to := fakeWorld(t, f)
	f.server = "two"
	f.remove(rob)
	w.poll(t)
	if got := to.last(t); has(got.snapshot, rob) {
		t.Error("what the other server does not have is there")
	}
	if w.directories[0].since.Server != "two" {
		t.Error("changes are not asked of the other server")
	}
}

func TestAgeAloneIsHandedOverNowAndThen(t *testing.T) {
	f := newFakeLive(person("Jane Doe"))
	s, to := told(live(f))
	clock := newFakeClock()
	s.Clock, s.Freshness = clock, 10*time.Minute
	w := loadedWorld(t, s)
	first := to.last(t)
	w.poll(t)
	to.none(t, "it is only a minute older")
	clock.advance(10 * time.Minute)
	w.poll(t)
	next := to.last(t)
	if next.id != first.id || !next.changed.Equal(first.changed) {
		t.Error("a new age is a new state")
	}
	if !next.snapshot.AsOf().Directory.Equal(clock.Now()) {
		t.Errorf("the directory is as of %v, now is %v", next.snapshot.AsOf().Directory, clock.Now())
	}
}

func TestARefusedStateStaysOutUntilItIsMended(t *testing.T) {
	f := newFakeLive(person("Jane Doe"))
	s, to := told(live(f))
	s.Clock = newFakeClock()
	s.Check = func(s *resolver.Snapshot) error {
		if has(s, "cn=access") {
			return errors.New("the directory has an entry cn=access")
		}
		return nil
	}
	w := loadedWorld(t, s)
	id := to.last(t).id
	f.put(group("access"), person("Rob Nash"))
	for range 3 {
		w.poll(t)
	}
	got := to.last(t)
	if got.id != id || has(got.snapshot, rob) {
		t.Error("a refused state was handed over")
	}
	if _, said := findingOf(got.findings, "broken-export"); !said || to.errorsOf(KindHeld) != 1 {
		t.Errorf("the refusal is not said: %v, counted %d times", kindsOf(got.findings), to.errorsOf(KindHeld))
	}
	f.remove("cn=access")
	w.poll(t)
	got = to.last(t)
	if !has(got.snapshot, rob) || has(got.snapshot, "cn=access") {
		t.Error("the state that is right again was not taken")
	}
	if _, said := findingOf(got.findings, "broken-export"); said {
		t.Error("the finding stays")
	}
	if want := mustLoad(t, live(f)); got.id != want.ID {
		t.Error("what was refused left something behind")
	}
}

func TestSecretsNeverReachASnapshot(t *testing.T) {
	d := person("Jane Doe")
	d.AddText("userPassword", "very-secret")
	d.AddText("HTTPPassword;lang-de", "very-secret")
	f := newFakeLive(d)
	w, _ := fakeWorld(t, f)
	e := person("Rob Nash")
	e.AddText("unicodePwd", "very-secret")
	f.put(e)
	w.poll(t)
	for _, dn := range []string{jane, rob} {
		id, _ := w.now.snapshot.Store().Find(keyOf(dn))
		if record := string(w.now.snapshot.Store().Entry(id)); len(record) == 0 || strings.Contains(record, "very-secret") {
			t.Errorf("%s: a secret is in the Snapshot", dn)
		}
	}
	if len(w.passwords()) > 0 {
		t.Error("a live directory's passwords are kept")
	}
}

func TestAnEntryThatIsThereTwiceCountsOnceAndIsSaid(t *testing.T) {
	for _, order := range [][]directory.Draft{
		{group("Sales Team", "Jane Doe"), group("sales team", "Rob Nash")},
		{group("sales team", "Rob Nash"), group("Sales Team", "Jane Doe")},
	} {
		w := loadedWorld(t, live(listed(order)))
		f, ok := findingOf(w.findings(w.now), DuplicateEntry)
		if !ok || f.Count != 1 {
			t.Fatalf("findings: %v", kindsOf(w.findings(w.now)))
		}
		if other := loadedWorld(t, live(listed(order[1:]))); len(other.directories[0].twice) > 0 {
			t.Error("one entry is there twice")
		}
		id, _ := w.now.snapshot.Store().Find("cn=sales team")
		if got := w.now.snapshot.Store().Entry(id).DN(); got != loadedWorld(t, live(listed{order[1], order[0]})).dnOf("cn=sales team") {
			t.Errorf("which one counts depends on the order: %s", got)
		}
	}
}

func (w *world) dnOf(key string) string {
	id, _ := w.now.snapshot.Store().Find(key)
	return w.now.snapshot.Store().Entry(id).DN()
}

func TestADirectoryThatTellsNoChangesIsReadInFullNowAndThen(t *testing.T) {
	clock := newFakeClock()
	slow := &slowListed{listed: listed{person("Jane Doe")}, during: func() { clock.advance(30 * time.Second) }}
	s, _ := told(live(slow))
	s.Clock = clock
	w := loadedWorld(t, s)
	for range 21 {
		w.poll(t) // a minute each, and half a minute more with a reading
	}
	if slow.asked != 3 {
		t.Errorf("everything was read %d times in 21 minutes, each for 30 seconds", slow.asked)
	}
}

type slowListed struct {
	listed
	during func()
	asked  int
}

func (s *slowListed) ReadAll(ctx context.Context, emit func(directory.Draft) error) (upstream.State, error) {
	s.asked++
	s.during()
	return s.listed.ReadAll(ctx, emit)
}
