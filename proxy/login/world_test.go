package login_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/aclens/aclens/proxy/login"
	"github.com/aclens/aclens/proxy/policy"
	"github.com/aclens/aclens/proxy/upstream"
	"github.com/aclens/aclens/proxy/wire"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/schema"
	"github.com/aclens/aclens/resolver/source"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The passwords of these tests. They are found in no log, error or result.
const (
	right = "Rightly-7f3a91"
	wrong = "Wrongly-7f3a91"
)

const (
	janeDN  = "CN=Jane Doe,OU=Sales,O=Acme"
	janeKey = "cn=jane doe,ou=sales,o=acme"
	paulDN  = "CN=Paul Poe,O=Partners"
	ssoDN   = "cn=sso,ou=services,o=acme"
)

// people is the directory of these tests.
const people = `dn: O=Acme
objectClass: organization
o: Acme

dn: OU=Sales,O=Acme
objectClass: organizationalUnit
ou: Sales

dn: CN=Jane Doe,OU=Sales,O=Acme
objectClass: dominoPerson
cn: Jane Doe
sn: Doe
uid: jdoe
mail: jane@acme.example
altFullName: CN=Johanna Doe/O=Alt

dn: CN=Mary Major,OU=Sales,O=Acme
objectClass: dominoPerson
cn: Mary Major
sn: Major
uid: mmajor
uid: twin
mail: rmiles

dn: CN=Richard Miles,OU=Sales,O=Acme
objectClass: dominoPerson
cn: Richard Miles
sn: Miles
uid: rmiles
uid: twin

dn: CN=tls,O=Acme
objectClass: organizationalRole
cn: tls

dn: CN=Sales Team,O=Acme
objectClass: dominoGroup
cn: Sales Team
mail: sales@acme.example
member: CN=Jane Doe,OU=Sales,O=Acme
`

// partners is a second directory.
const partners = `dn: CN=Paul Poe,O=Partners
objectClass: dominoPerson
cn: Paul Poe
sn: Poe
uid: ppoe
mail: ppoe
`

// snapshotOf is built from directories in the order of their Source.
func snapshotOf(t testing.TB, settings resolver.Settings, ldif ...string) *resolver.Snapshot {
	t.Helper()
	in := resolver.Input{Settings: settings, Store: directory.Empty(schema.Standard())}
	for i, text := range ldif {
		err := source.ReadLDIF(strings.NewReader(text), source.File{Name: "people.ldif"}, func(d directory.Draft) error {
			d.Source = uint8(i)
			in.Entries = append(in.Entries, directory.Change{Put: &d})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	snap, faults := resolver.Build(in)
	for _, f := range faults {
		t.Fatal(f)
	}
	return snap
}

// always is a source of one snapshot.
func always(s *resolver.Snapshot) func() *resolver.Snapshot {
	return func() *resolver.Snapshot { return s }
}

// fakeDirectory takes one password for every entry that it knows.
type fakeDirectory struct {
	mu       sync.Mutex
	password string
	knows    []string // keys
	answer   *upstream.Result
	controls []wire.Control // of every answer
	err      error
	hook     func()
	asked    []string // DNs as they came
	got      []wire.Control
}

func (d *fakeDirectory) Bind(ctx context.Context, dn, password string, controls ...wire.Control) (upstream.Result, error) {
	d.mu.Lock()
	d.asked = append(d.asked, dn)
	d.got = controls
	hook, err, answer := d.hook, d.err, d.answer
	key, fault := name.KeyOf(dn)
	code := wire.InvalidCredentials
	if fault == nil && password == d.password && slices.Contains(d.knows, key) {
		code = wire.Success
	}
	r := upstream.Result{Code: code, MatchedDN: "cn=inside", Diagnostic: "inside: backend-17", Controls: d.controls}
	d.mu.Unlock()
	if hook != nil {
		hook()
	}
	if err != nil {
		return upstream.Result{}, err
	}
	if answer != nil {
		return *answer, nil
	}
	return r, ctx.Err()
}

func (d *fakeDirectory) set(change func(*fakeDirectory)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change(d)
}

func (d *fakeDirectory) times() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.asked)
}

func (d *fakeDirectory) last() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.asked) == 0 {
		return ""
	}
	return d.asked[len(d.asked)-1]
}

func knowing(keys ...string) *fakeDirectory { return &fakeDirectory{password: right, knows: keys} }

var errAway = fmt.Errorf("%w: connection refused", upstream.ErrUnavailable)

// counted notes what Metrics is told.
type counted struct {
	mu      sync.Mutex
	checked []string
	cache   []login.CacheUse
}

func (c *counted) PasswordChecked(source string, code wire.ResultCode, _ time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.checked = append(c.checked, fmt.Sprint(source, " ", code))
}

func (c *counted) BindCache(use login.CacheUse) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cache = append(c.cache, use)
}

func (c *counted) uses() []login.CacheUse {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.cache)
}

// logged is a log that is searched for passwords when the test ends.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func mustHoldNoPassword(t testing.TB, text string) {
	t.Helper()
	for _, p := range []string{right, wrong, fmt.Sprint([]byte(right)), fmt.Sprintf("%x", right)} {
		if strings.Contains(text, p) {
			t.Errorf("%q holds a password", text)
		}
	}
}

// open makes a Login whose log is searched for passwords when the test ends.
func open(t testing.TB, s login.Settings) (*login.Login, *counted, *logged) {
	t.Helper()
	log, metrics := &logged{}, &counted{}
	l, err := login.New(s, slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})), metrics)
	if err != nil {
		t.Fatal(err)
	}
	l.Cheapen()
	t.Cleanup(func() {
		l.Close()
		mustHoldNoPassword(t, log.String())
	})
	return l, metrics, log
}

// one is a Login with one live directory of which the snapshot knows people.
func one(t testing.TB, d *fakeDirectory, names ...login.NameForm) *login.Login {
	t.Helper()
	l, _, _ := open(t, login.Settings{
		Sources:  []login.Source{{Name: "primary", Bases: []string{"o=acme"}, Checker: login.Live(d)}},
		Snapshot: always(snapshotOf(t, resolver.Defaults(), people)), Names: names,
	})
	return l
}

var client = netip.MustParseAddrPort("192.0.2.7:40001")

func attempt(who, password string) login.Attempt {
	return login.Attempt{Name: who, Password: []byte(password), Version: 3, Remote: client, Listener: "ldaps"}
}

// mustEnd checks how an attempt ended, and that it tells nothing of a password
// or of the inside of a directory.
func mustEnd(t testing.TB, sentence string, o login.Outcome, code wire.ResultCode, key string) {
	t.Helper()
	if o.Result.Code != code || o.Who.Key != key {
		t.Errorf("%s: %v as %+v, not %v as %q", sentence, o.Result, o.Who, code, key)
	}
	if code != wire.Success && o.Who != (policy.Identity{}) {
		t.Errorf("%s: fails as %+v", sentence, o.Who)
	}
	text := fmt.Sprintf("%v %+v %#v", o, o, o)
	mustHoldNoPassword(t, text)
	if strings.Contains(text, "inside") || o.Result.MatchedDN != "" {
		t.Errorf("%s: tells of the inside of the directory: %s", sentence, text)
	}
}

var yes = upstream.Result{Code: wire.Success}

var errOther = errors.New("something else")
