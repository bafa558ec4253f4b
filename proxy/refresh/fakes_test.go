package refresh

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
	"go.uber.org/goleak"

	"github.com/aclens/aclens/proxy/upstream"
	"github.com/aclens/aclens/resolver"
	"github.com/aclens/aclens/resolver/directory"
	"github.com/aclens/aclens/resolver/finding"
	"github.com/aclens/aclens/resolver/name"
	"github.com/aclens/aclens/resolver/schema"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeLive is a directory in memory that numbers its changes.
type fakeLive struct {
	mu      sync.Mutex
	server  string
	stamp   int
	entries map[string]fakeEntry // by normalised DN
	err     error                // of every reading
	cut     int                  // entries after which a reading ends with ErrPartial; 0 is never
	asked   map[string]int       // readings by kind
}

type fakeEntry struct {
	draft directory.Draft
	stamp int
}

func newFakeLive(drafts ...directory.Draft) *fakeLive {
	f := &fakeLive{server: "one", entries: map[string]fakeEntry{}, asked: map[string]int{}}
	f.put(drafts...)
	return f
}

func (f *fakeLive) put(drafts ...directory.Draft) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, d := range drafts {
		f.stamp++
		f.entries[keyOf(d.DN)] = fakeEntry{d, f.stamp}
	}
}

// putLate adds an entry that another server took before the last reading.
func (f *fakeLive) putLate(d directory.Draft) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.entries[keyOf(d.DN)] = fakeEntry{d, 0}
}

func (f *fakeLive) remove(dns ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, dn := range dns {
		delete(f.entries, keyOf(dn))
	}
}

func (f *fakeLive) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

func (f *fakeLive) count(kind string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.asked[kind]
}

func (f *fakeLive) state() upstream.State {
	return upstream.State{URL: "ldap://" + f.server, Server: f.server, Since: strconv.Itoa(f.stamp)}
}

func (f *fakeLive) ReadAll(_ context.Context, emit func(directory.Draft) error) (upstream.State, error) {
	return f.read("all", -1, emit)
}

func (f *fakeLive) ReadChanges(_ context.Context, since upstream.State, emit func(directory.Draft) error) (upstream.State, error) {
	if since.Server != f.server {
		return upstream.State{}, upstream.ErrFullRead
	}
	from, err := strconv.Atoi(since.Since)
	if err != nil {
		return upstream.State{}, err
	}
	return f.read("changes", from, emit) // with the last one seen once more, as directories do
}

func (f *fakeLive) read(kind string, from int, emit func(directory.Draft) error) (upstream.State, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked[kind]++
	if f.err != nil {
		return upstream.State{}, f.err
	}
	given := 0
	for _, key := range slices.Sorted(maps.Keys(f.entries)) {
		e := f.entries[key]
		if e.stamp < from {
			continue
		}
		if given++; f.cut > 0 && given > f.cut {
			return upstream.State{}, &upstream.ReadError{URL: "ldap://one"}
		}
		if err := emit(copyOf(e.draft)); err != nil {
			return upstream.State{}, err
		}
	}
	return f.state(), nil
}

func (f *fakeLive) ReadNames(_ context.Context, since upstream.State, emit func(string)) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked["names"]++
	switch {
	case f.err != nil:
		return f.err
	case since.Server != f.server:
		return upstream.ErrFullRead
	}
	for key := range f.entries {
		emit(key)
	}
	return nil
}

func copyOf(d directory.Draft) directory.Draft {
	d.Attributes = slices.Clone(d.Attributes)
	return d
}

func keyOf(dn string) string {
	key, err := name.KeyOf(dn)
	if err != nil {
		panic(err)
	}
	return key
}

func person(cn string, extra ...string) directory.Draft {
	d := directory.Draft{DN: "cn=" + cn + ",ou=Sales,o=Acme"}
	d.AddText("objectClass", "dominoPerson", "inetOrgPerson", "person", "top")
	d.AddText("cn", cn)
	d.AddText("description", extra...)
	return d
}

func group(cn string, members ...string) directory.Draft {
	d := directory.Draft{DN: "cn=" + cn}
	d.AddText("objectClass", "dominoGroup", "groupOfNames", "top")
	d.AddText("cn", cn)
	d.AddText("groupType", "0")
	for _, m := range members {
		d.AddText("member", "cn="+m+",ou=Sales,o=Acme")
	}
	return d
}

// swapped is one call of Swap.
type swapped struct {
	id       string
	snapshot *resolver.Snapshot
	findings []finding.Finding
	changed  time.Time
}

// sink is everything that a Refresher tells.
type sink struct {
	mu          sync.Mutex
	swaps       chan swapped
	errors      map[Kind]int
	credentials map[string][][]byte
	credited    int
	mode        upstream.Mode
	resyncs     map[Reason]int
	changes     int
	log         strings.Builder
}

func newSink() *sink { return &sink{swaps: make(chan swapped, 1000), errors: map[Kind]int{}} }

func (s *sink) swap(id string, snapshot *resolver.Snapshot, findings []finding.Finding, changed time.Time) {
	s.swaps <- swapped{id, snapshot, findings, changed}
}

func (s *sink) setCredentials(m map[string][][]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.credentials = m
	s.credited++
}

func (s *sink) Refreshed(Counts, time.Duration) {}
func (s *sink) SourceAsOf(string, time.Time)    {}
func (s *sink) RefreshError(k Kind) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.errors[k]++
}

func (s *sink) Followed(_ string, mode upstream.Mode, _ time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mode = mode
}

func (s *sink) Resynced(_ string, r Reason) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.resyncs == nil {
		s.resyncs = map[Reason]int{}
	}
	s.resyncs[r]++
}

func (s *sink) Changed(_ string, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changes += n
}

func (s *sink) errorsOf(k Kind) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.errors[k]
}

func (s *sink) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.Write(p)
}

// patience bounds every wait for something that has to happen.
const testPatience = 20 * time.Second

// await is the first Swap that the test accepts.
func (s *sink) await(t *testing.T, what string, accept func(swapped) bool) swapped {
	t.Helper()
	deadline := time.After(testPatience)
	for {
		select {
		case w := <-s.swaps:
			if accept(w) {
				return w
			}
		case <-deadline:
			t.Fatalf("no Swap for: %s", what)
		}
	}
}

// none fails if anything was handed over.
func (s *sink) none(t *testing.T, why string) {
	t.Helper()
	select {
	case <-s.swaps:
		t.Errorf("a Snapshot was handed over: %s", why)
	default:
	}
}

// last is the last of the calls so far; there must be one.
func (s *sink) last(t *testing.T) swapped {
	t.Helper()
	var last swapped
	for n := 0; ; n++ {
		select {
		case last = <-s.swaps:
		default:
			if n == 0 {
				t.Fatal("nothing was handed over")
			}
			return last
		}
	}
}

// fakeClock moves when it is told to.
type fakeClock struct {
	mu      sync.Mutex
	now     time.Time
	timers  map[chan time.Time]time.Time
	waiting chan time.Duration // told of each timer that is set
}

func newFakeClock() *fakeClock {
	return &fakeClock{now: time.Date(2031, 11, 21, 8, 0, 0, 0, time.UTC), timers: map[chan time.Time]time.Time{}, waiting: make(chan time.Duration, 10000)}
}

func (c *fakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *fakeClock) Timer(d time.Duration) (<-chan time.Time, func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	ch := make(chan time.Time, 1)
	if d <= 0 {
		ch <- c.now
	} else {
		c.timers[ch] = c.now.Add(d)
		c.waiting <- d
	}
	return ch, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.timers, ch)
	}
}

func (c *fakeClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	for ch, due := range c.timers {
		if !due.After(c.now) {
			ch <- c.now
			delete(c.timers, ch)
		}
	}
}

// idle returns when somebody waits for a timer that was set after the last
// idle, and for how long.
func (c *fakeClock) idle(t *testing.T) time.Duration {
	t.Helper()
	select {
	case d := <-c.waiting:
		return d
	case <-time.After(testPatience):
		t.Fatal("nobody waits for the time")
		return 0
	}
}

// live are settings of one live directory.
func live(f Live) Settings {
	s := Settings{Directories: []Directory{{Live: f}}, Resolver: resolver.Defaults(), Schema: schema.Standard()}
	return s
}

// offlineIn are settings of one directory of LDIF files.
func offlineIn(paths ...string) Settings {
	return Settings{Directories: []Directory{{LDIF: paths}}, Resolver: resolver.Defaults(), Schema: schema.Standard()}
}

// told gives settings a sink.
func told(s Settings) (Settings, *sink) {
	to := newSink()
	s.Swap, s.SetCredentials, s.Metrics = to.swap, to.setCredentials, to
	return s, to
}

func mustNew(t *testing.T, s Settings) *Refresher {
	t.Helper()
	r, err := New(s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func mustLoad(t *testing.T, s Settings) *Loaded {
	t.Helper()
	l, err := mustNew(t, s).Load(t.Context())
	if err != nil {
		t.Fatalf("loading: %v", err)
	}
	return l
}

// loadedWorld is a world that has loaded and handed over once.
func loadedWorld(t *testing.T, s Settings) *world {
	t.Helper()
	w := newWorld(&mustNew(t, s).settings)
	if err := w.load(t.Context()); err != nil {
		t.Fatalf("loading: %v", err)
	}
	w.handOver()
	return w
}

// poll makes everything due and takes a step.
func (w *world) poll(t *testing.T) {
	t.Helper()
	if c, ok := w.Clock.(*fakeClock); ok {
		c.advance(time.Minute)
	}
	for _, h := range w.directories {
		h.due = time.Time{}
	}
	w.step(t.Context(), work{files: true})
}

func has(s *resolver.Snapshot, dn string) bool {
	id, ok := s.Store().Find(keyOf(dn))
	return ok && s.Store().Exists(id)
}

func (w *world) has(dn string) bool { return has(w.now.snapshot, dn) }

// write replaces a file as a careful program does: beside it, then by renaming.
func writeTo(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	beside := filepath.Join(filepath.Dir(path), ".new-"+filepath.Base(path))
	if err := os.WriteFile(beside, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(beside, path); err != nil {
		t.Fatal(err)
	}
}

// aclOf is a DXL export of one database with one entry.
func aclOf(server, path, replica, entry, level string) string {
	place := path
	if server != "" {
		place = server + "!!" + path
	}
	if replica != "" {
		replica = ` replicaid="` + replica + `"`
	}
	return fmt.Sprintf(`<?xml version="1.0"?>
<database xmlns="http://www.lotus.com/dxl"%s path="%s" title="%s">
<acl maxinternetaccess="editor">
<aclentry name="-Default-" default="true" level="noaccess"/>
<aclentry name="%s" level="%s"/>
</acl></database>
`, replica, place, path, entry, level)
}

func ldifOf(cn, password string) string {
	return fmt.Sprintf("dn: cn=%s,ou=Sales,o=Acme\nobjectClass: dominoPerson\nobjectClass: person\ncn: %s\nsn: Doe\nuserPassword: %s\n\n", cn, cn, password)
}

// kindsOf are the kinds of findings with their subjects.
func kindsOf(list []finding.Finding) []string {
	var kinds []string
	for _, f := range list {
		kinds = append(kinds, f.Kind+" "+f.Subject)
	}
	return kinds
}

func findingOf(list []finding.Finding, kind string) (finding.Finding, bool) {
	i := slices.IndexFunc(list, func(f finding.Finding) bool { return f.Kind == kind })
	if i < 0 {
		return finding.Finding{}, false
	}
	return list[i], true
}

// listed is a directory that gives just these drafts, each as often as it is there.
type listed []directory.Draft

func (l listed) ReadAll(_ context.Context, emit func(directory.Draft) error) (upstream.State, error) {
	for _, d := range l {
		if err := emit(copyOf(d)); err != nil {
			return upstream.State{}, err
		}
	}
	return upstream.State{}, nil
}

func (l listed) ReadChanges(context.Context, upstream.State, func(directory.Draft) error) (upstream.State, error) {
	return upstream.State{}, upstream.ErrFullRead
}

func (l listed) ReadNames(context.Context, upstream.State, func(string)) error {
	return upstream.ErrFullRead
}

// kitOf is a complete file of the export kit with one database.
func kitOf(server, path, level string) string {
	line := fmt.Sprintf(`{"server": %q, "path": %q, "replicaId": "", "capturedAt": "2026-11-21T08:15:00Z", "maxInternetAccess": "editor", "consistentAcl": true, "roles": [], "entries": [{"name": "-Default-", "type": "unspecified", "level": %q, "flags": [], "roles": []}], "log": []}`, server, path, level)
	sum := sha256.Sum256([]byte(line + "\n"))
	return fmt.Sprintf("%s\n{\"manifest\": {\"server\": %q, \"started\": \"2026-11-21T08:14:00Z\", \"expected\": 1, \"read\": 1, \"failed\": 0, \"digest\": \"sha256:%x\"}}\n", line, server, sum)
}

// cutKit is the file of a run that did not end.
func cutKit(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line + "\n"
}

// contextOf is a context.Context.
type contextOf = context.Context

var errAway = upstream.ErrUnavailable

func parseName(text string) name.Name { return name.Parse(text) }

func eventOf(op string) fsnotify.Event {
	if op == "chmod" {
		return fsnotify.Event{Op: fsnotify.Chmod}
	}
	return fsnotify.Event{Op: fsnotify.Write | fsnotify.Chmod}
}

func removeFile(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}
