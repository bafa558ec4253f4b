package login_test

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/aclens/aclens/proxy/login"
	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver"
)

// cached is a Login whose bind cache is on, and its directory.
type cached struct {
	*login.Login
	d       *fakeDirectory
	metrics *counted
	up      atomic.Bool
	admins  atomic.Pointer[string]
	t       testing.TB
}

func openCached(t testing.TB, ttl time.Duration, whenDown bool) *cached {
	t.Helper()
	c := &cached{d: knowing(janeKey, "cn=mary major,ou=sales,o=acme", ssoDN), t: t}
	c.up.Store(true)
	snap := snapshotOf(t, resolver.Defaults(), people)
	c.Login, c.metrics, _ = open(t, login.Settings{
		Sources:  []login.Source{{Name: "primary", Checker: login.Live(c.d), Reachable: c.up.Load}},
		Snapshot: always(snap), Names: allForms,
		Cache: login.CacheSettings{TTL: ttl, WhenDown: whenDown, IsAdmin: func(who policy.Identity) bool {
			admin := c.admins.Load()
			return admin != nil && *admin == who.Key
		}},
	})
	return c
}

// bind binds and checks the code and how often the directory was asked.
func (c *cached) bind(sentence string, a login.Attempt, code wire.ResultCode, asked int) {
	c.t.Helper()
	before := c.d.times()
	o := c.Simple(c.t.Context(), a)
	key := ""
	if code == wire.Success {
		key = janeKey
	}
	mustEnd(c.t, sentence, o, code, key)
	if got := c.d.times() - before; got != asked {
		c.t.Errorf("%s: the directory was asked %d times, not %d", sentence, got, asked)
	}
}

func (c *cached) used(want ...login.CacheUse) {
	c.t.Helper()
	if got := c.metrics.uses(); !slices.Equal(got, want) {
		c.t.Errorf("counted %v, not %v", got, want)
	}
}

var jane = attempt(janeDN, right)

func from(address string) login.Attempt {
	a := jane
	a.Remote = netip.MustParseAddrPort(address)
	return a
}

func TestWithoutACacheEveryBindGoesToTheDirectory(t *testing.T) {
	c := openCached(t, 0, true)
	for range 3 {
		c.bind("again", jane, wire.Success, 1)
	}
	c.d.set(func(d *fakeDirectory) { d.err = errAway })
	c.bind("in an outage", jane, wire.Unavailable, 1)
	c.used()
}

func TestASuccessIsRememberedUntilItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := openCached(t, time.Minute, false)
		c.d.hook = func() { time.Sleep(10 * time.Second) } // the time counts from the question
		c.bind("the first time", jane, wire.Success, 1)
		c.d.set(func(d *fakeDirectory) { d.hook, d.password = nil, "changed since" })
		time.Sleep(49 * time.Second)
		c.bind("just before the end", jane, wire.Success, 0)
		c.bind("by another name of the same entry", attempt("jdoe", right), wire.Success, 0)
		c.bind("from another port", from("192.0.2.7:9"), wire.Success, 0)
		c.bind("from the address in its other form", from("[::ffff:192.0.2.7]:9"), wire.Success, 0)
		time.Sleep(time.Second)
		c.bind("at the end", jane, wrongCode, 1)
		c.used(login.CacheMiss, login.CacheHit, login.CacheHit, login.CacheHit, login.CacheHit, login.CacheMiss)
	})
}

func TestWhatIsOutOfDateIsRemoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := openCached(t, 20*time.Second, false)
		c.Simple(t.Context(), jane)
		time.Sleep(15 * time.Second)
		c.Simple(t.Context(), attempt("mmajor", right))
		for _, step := range []struct {
			wait time.Duration
			want int
		}{{0, 2}, {6 * time.Second, 1}, {15 * time.Second, 0}} {
			time.Sleep(step.wait)
			synctest.Wait()
			if got := c.Remembered(); got != step.want {
				t.Errorf("%d binds are remembered, not %d", got, step.want)
			}
		}
		c.Simple(t.Context(), jane)
		time.Sleep(21 * time.Second)
		synctest.Wait()
		if entries, underWay := c.Indexed(); c.Remembered() != 0 || entries != 0 || underWay != 0 {
			t.Errorf("%d binds, %d entries and %d under way are left", c.Remembered(), entries, underWay)
		}
	})
}

func TestMemoryAnswersTheSamePasswordFromTheSamePlaceOnly(t *testing.T) {
	other := jane
	other.Listener = "ldap"
	nowhere := jane
	nowhere.Remote = netip.AddrPort{}
	for sentence, a := range map[string]login.Attempt{
		"another password":     attempt(janeDN, wrong),
		"a longer password":    attempt(janeDN, right+"x"),
		"another address":      from("192.0.2.8:40001"),
		"another listener":     other,
		"an unknown address":   nowhere,
		"a password with NUL":  attempt(janeDN, right+"\x00"+right),
		"nothing but a prefix": attempt(janeDN, right[:4]),
	} {
		c := openCached(t, time.Minute, false)
		c.bind("first", jane, wire.Success, 1)
		before := c.d.times()
		o := c.Simple(t.Context(), a)
		if c.d.times() != before+1 {
			t.Errorf("%s is answered from memory", sentence)
		}
		if (o.Result.Code == wire.Success) != (string(a.Password) == right) {
			t.Errorf("%s: %v", sentence, o.Result)
		}
		c.bind("and what was remembered stays", jane, wire.Success, 0)
	}
}

func TestPasswordsLongerThanBcryptTakesDifferToTheEnd(t *testing.T) {
	c := openCached(t, time.Minute, false)
	long := strings.Repeat("x", 200)
	c.d.password = long + "1"
	c.bind("right", attempt(janeDN, long+"1"), wire.Success, 1)
	c.bind("right again", attempt(janeDN, long+"1"), wire.Success, 0)
	c.bind("other in the last octet", attempt(janeDN, long+"2"), wrongCode, 1)
}

func TestANewPasswordTakesThePlaceOfTheOld(t *testing.T) {
	c := openCached(t, time.Minute, false)
	c.bind("the old one", jane, wire.Success, 1)
	c.d.set(func(d *fakeDirectory) { d.password = wrong })
	c.bind("the new one", attempt(janeDN, wrong), wire.Success, 1)
	c.bind("the new one again", attempt(janeDN, wrong), wire.Success, 0)
	c.bind("the old one again", jane, wrongCode, 1)
	c.used(login.CacheMiss, login.CacheMismatch, login.CacheHit, login.CacheMismatch)
}

func TestNoFailureIsRemembered(t *testing.T) {
	c := openCached(t, time.Minute, true)
	for range 2 {
		c.bind("wrong", attempt(janeDN, wrong), wrongCode, 1)
		c.bind("nobody", attempt("nobody", wrong), wrongCode, 1)
	}
	c.d.set(func(d *fakeDirectory) { d.err = errAway })
	c.bind("away", jane, wire.Unavailable, 1)
	if c.Remembered() != 0 {
		t.Errorf("%d binds are remembered", c.Remembered())
	}
}

func TestASuccessWithAWarningIsNotRemembered(t *testing.T) {
	ask := []wire.Control{{OID: wire.ControlPasswordPolicy}}
	for sentence, c := range map[string]struct {
		answered wire.Control
		want     int
	}{
		"nothing to say":   {wire.Control{OID: wire.ControlPasswordPolicy, Value: []byte("\x30\x00")}, 1},
		"change it now":    {wire.Control{OID: wire.ControlPasswordPolicy, Value: []byte("\x30\x03\x81\x01\x02")}, 0},
		"it is expired":    {wire.Control{OID: wire.ControlPasswordExpired, Value: []byte("0")}, 0},
		"it expires soon":  {wire.Control{OID: wire.ControlPasswordExpiring, Value: []byte("9")}, 0},
		"something unread": {wire.Control{OID: "1.2.3"}, 1},
	} {
		l := openCached(t, time.Minute, false)
		l.d.controls = []wire.Control{c.answered}
		a := jane
		a.Controls = ask
		l.bind(sentence, a, wire.Success, 1)
		if got := l.Remembered(); got != c.want {
			t.Errorf("%s: %d binds are remembered", sentence, got)
		}
	}
}

func TestABindWithControlsGoesToTheDirectory(t *testing.T) {
	c := openCached(t, time.Minute, true)
	polite, critical := jane, jane
	polite.Controls = []wire.Control{{OID: wire.ControlPasswordPolicy}}
	critical.Controls = []wire.Control{{OID: wire.ControlPasswordPolicy, Critical: true}}
	c.bind("first", jane, wire.Success, 1)
	c.bind("with a control", polite, wire.Success, 1)
	c.d.set(func(d *fakeDirectory) { d.err = errAway })
	c.bind("in an outage memory will do", polite, wire.Success, 1)
	c.bind("not for what is critical", critical, wire.Unavailable, 1)
	c.used(login.CacheMiss, login.CacheBypass, login.CacheHitDown, login.CacheBypass)
}

func TestAForgottenEntryIsAskedForAgain(t *testing.T) {
	c := openCached(t, time.Minute, true)
	for sentence, forget := range map[string]func(){
		"the entry":         func() { c.Forget(janeKey) },
		"everything":        c.ForgetAll,
		"with new settings": func() { must(t, c.reconfigure()) },
	} {
		c.bind(sentence+": first", jane, wire.Success, 1)
		c.bind(sentence+": from elsewhere", from("192.0.2.8:1"), wire.Success, 1)
		c.Forget("cn=mary major,ou=sales,o=acme")
		c.bind(sentence+": still there", jane, wire.Success, 0)
		forget()
		if entries, _ := c.Indexed(); entries != 0 || c.Remembered() != 0 {
			t.Errorf("%s: %d binds of %d entries are left", sentence, c.Remembered(), entries)
		}
		c.bind(sentence+": asked again", jane, wire.Success, 1)
		c.ForgetAll()
	}
}

func (c *cached) reconfigure() error {
	return c.Configure(login.Settings{
		Sources:  []login.Source{{Name: "primary", Checker: login.Live(c.d)}},
		Snapshot: always(snapshotOf(c.t, resolver.Defaults(), people)), Names: allForms,
		Cache: login.CacheSettings{TTL: time.Minute, IsAdmin: func(policy.Identity) bool { return false }},
	})
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestABindUnderWayWhileItsEntryChangesIsNotRemembered(t *testing.T) {
	for sentence, forget := range map[string]func(c *cached){
		"the entry":  func(c *cached) { c.Forget(janeKey) },
		"everything": func(c *cached) { c.ForgetAll() },
	} {
		c := openCached(t, time.Minute, false)
		c.d.hook = func() { forget(c) }
		c.bind(sentence, jane, wire.Success, 1)
		c.d.set(func(d *fakeDirectory) { d.hook = func() { c.Forget("cn=somebody else") } })
		c.bind(sentence+": asked again", jane, wire.Success, 1)
		c.bind(sentence+": remembered now", jane, wire.Success, 0)
		if _, underWay := c.Indexed(); underWay != 0 {
			t.Errorf("%s: %d binds are still under way", sentence, underWay)
		}
	}
}

func TestWhatIsForgottenWhileItIsLookedAtDoesNotAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for sentence, meanwhile := range map[string]func(c *cached){
			"forgotten":   func(c *cached) { c.Forget(janeKey) },
			"out of date": func(*cached) { time.Sleep(time.Minute) },
		} {
			c := openCached(t, time.Minute, false)
			c.bind(sentence, jane, wire.Success, 1)
			c.WhileComparing(func() { meanwhile(c) })
			c.bind(sentence+" meanwhile", jane, wire.Success, 1)
			c.used(login.CacheMiss, login.CacheMiss)
		}
	})
}

func TestInAnOutageMemoryIsUsedOnlyIfConfigured(t *testing.T) {
	for _, whenDown := range []bool{false, true} {
		code, asked := wire.Unavailable, 1
		if whenDown {
			code, asked = wire.Success, 0
		}
		c := openCached(t, time.Minute, whenDown)
		c.bind("before", jane, wire.Success, 1)
		c.d.set(func(d *fakeDirectory) { d.err = errAway })
		c.up.Store(false)
		c.bind("known to be away", jane, code, asked)
		c.bind("who was not there before", from("192.0.2.9:1"), wire.Unavailable, 1)
		c.up.Store(true)
		c.bind("found away by the last bind", jane, code, asked)
		c.bind("a wrong password", attempt(janeDN, wrong), wire.Unavailable, 1)
		c.d.set(func(d *fakeDirectory) { d.err = nil })
		c.bind("back again", from("192.0.2.9:1"), wire.Success, 1)
		c.bind("as before", jane, wire.Success, 0)
		if whenDown && !slices.Contains(c.metrics.uses(), login.CacheHitDown) {
			t.Errorf("counted %v", c.metrics.uses())
		}
	}
}

func TestAnOutageEndsWithTheTimeOfWhatIsRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := openCached(t, 30*time.Second, true)
		c.bind("before", jane, wire.Success, 1)
		c.d.set(func(d *fakeDirectory) { d.err = errAway })
		c.up.Store(false)
		for range 2 {
			time.Sleep(14 * time.Second)
			c.bind("during", jane, wire.Success, 0)
		}
		time.Sleep(2 * time.Second)
		c.bind("too long", jane, wire.Unavailable, 1)
	})
}

func TestAdministratorsAreNeverRemembered(t *testing.T) {
	c := openCached(t, time.Minute, true)
	admin := janeKey
	c.admins.Store(&admin)
	c.bind("an administrator", jane, wire.Success, 1)
	c.bind("again", jane, wire.Success, 1)
	if c.Remembered() != 0 {
		t.Error("is remembered")
	}
	c.admins.Store(nil)
	c.bind("not any more", jane, wire.Success, 1)
	c.bind("remembered", jane, wire.Success, 0)
	c.admins.Store(&admin)
	c.bind("an administrator again", jane, wire.Success, 1)
	c.d.set(func(d *fakeDirectory) { d.err = errAway })
	c.bind("in an outage", jane, wire.Unavailable, 1)
}

func TestTheOldestBindsGoFirst(t *testing.T) {
	d := knowing(janeKey)
	l, _, _ := open(t, login.Settings{
		Sources: []login.Source{{Name: "primary", Checker: login.Live(d)}},
		Cache:   login.CacheSettings{TTL: time.Minute, Entries: 3, IsAdmin: func(policy.Identity) bool { return false }},
	})
	bind := func(i int) int {
		before := d.times()
		l.Simple(t.Context(), from(fmt.Sprintf("192.0.2.%d:1", i)))
		return d.times() - before
	}
	for i := range 3 {
		bind(i)
	}
	if bind(0) != 0 { // which does not make it younger
		t.Error("not all three are remembered")
	}
	bind(3)
	for _, i := range []int{1, 2, 3} {
		if bind(i) != 0 {
			t.Errorf("bind %d is forgotten", i)
		}
	}
	if l.Remembered() != 3 || bind(0) != 1 {
		t.Errorf("%d binds are remembered, the oldest among them", l.Remembered())
	}
	if entries, _ := l.Indexed(); entries != 1 {
		t.Errorf("%d entries are indexed", entries)
	}
}

func TestPasswordsThatFilesCheckAreNotRemembered(t *testing.T) {
	credentials := login.NewCredentials()
	set := func(password string) {
		_, err := credentials.SetCredentials(map[string][][]byte{janeKey: {[]byte(password)}})
		must(t, err)
	}
	l, metrics, _ := open(t, login.Settings{
		Sources: []login.Source{{Name: "people.ldif", Checker: credentials}},
		Cache:   login.CacheSettings{TTL: time.Minute, WhenDown: true, IsAdmin: func(policy.Identity) bool { return false }},
	})
	set(right)
	mustEnd(t, "right", l.Simple(t.Context(), jane), wire.Success, janeKey)
	set(wrong)
	mustEnd(t, "replaced", l.Simple(t.Context(), jane), wrongCode, "")
	if l.Remembered() != 0 || len(metrics.uses()) != 0 {
		t.Error("is remembered")
	}
}

// The twin: a map with times, asked with the clock in hand.
func TestMemoryIsWhatAMapOfTimesWouldBe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		random := rand.New(rand.NewPCG(5, 6))
		c := openCached(t, 30*time.Second, false)
		type key struct{ address, name string }
		known := map[key]time.Time{}
		names := map[string]string{janeDN: janeKey, ssoDN: ssoDN}
		for range 120 {
			time.Sleep(time.Duration(random.IntN(4000)) * time.Millisecond)
			k := key{fmt.Sprintf("192.0.2.%d:1", random.IntN(3)), []string{janeDN, ssoDN}[random.IntN(2)]}
			switch random.IntN(8) {
			case 0:
				c.Forget(names[k.name])
				for other := range known {
					if other.name == k.name {
						delete(known, other)
					}
				}
			default:
				given := []string{right, right, wrong}[random.IntN(3)]
				a := from(k.address)
				a.Name, a.Password = k.name, []byte(given)
				fromMemory := given == right && time.Now().Before(known[k])
				before := c.d.times()
				o := c.Simple(t.Context(), a)
				if (o.Result.Code == wire.Success) != (given == right) || (c.d.times() == before) != fromMemory {
					t.Fatalf("%v with %s: %v, from memory %t", k, given, o.Result, c.d.times() == before)
				}
				if given == right && !fromMemory {
					known[k] = time.Now().Add(30 * time.Second)
				}
			}
		}
	})
}

func TestBindsAtOnceAreAllAnsweredRightly(t *testing.T) {
	c := openCached(t, time.Minute, true)
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			switch i % 4 {
			case 0:
				c.Forget(janeKey)
			case 1:
				mustEnd(t, "wrong", c.Simple(t.Context(), attempt(janeDN, wrong)), wrongCode, "")
			default:
				mustEnd(t, "right", c.Simple(t.Context(), jane), wire.Success, janeKey)
			}
		})
	}
	all.Wait()
	if _, underWay := c.Indexed(); underWay != 0 {
		t.Errorf("%d binds are still under way", underWay)
	}
}

func TestWhatIsKeptOfAPasswordIsSlowSaltedAndKeyed(t *testing.T) {
	settings := login.Settings{
		Sources: []login.Source{{Name: "primary", Checker: login.Live(knowing(janeKey))}},
		Cache:   login.CacheSettings{TTL: time.Minute, IsAdmin: func(policy.Identity) bool { return false }},
	}
	l, err := login.New(settings, slog.New(slog.DiscardHandler), nil)
	must(t, err)
	defer l.Close()
	l.Simple(t.Context(), jane)
	l.Simple(t.Context(), from("192.0.2.8:1"))
	hashes := l.Hashes()
	if len(hashes) != 2 || string(hashes[0]) == string(hashes[1]) {
		t.Fatalf("%d hashes, not two unlike ones", len(hashes))
	}
	for _, hash := range hashes {
		if cost, err := bcrypt.Cost(hash); err != nil || cost != 6 {
			t.Errorf("cost %d, %v", cost, err)
		}
		if bcrypt.CompareHashAndPassword(hash, []byte(right)) == nil {
			t.Error("a hash can be tried without the key of the process")
		}
	}
}
