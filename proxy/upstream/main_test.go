package upstream_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/aclens/aclens/proxy/upstream"
	"github.com/aclens/aclens/resolver/directory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// secrets are all passwords of these tests; none may be logged.
var secrets = []string{"reader-secret", "jane-secret", "wrong-secret"}

// observed notes what an Observer is told.
type observed struct {
	mu        sync.Mutex
	health    []string
	errors    []upstream.Kind
	referrals int
	changed   chan struct{}
}

func (o *observed) UpstreamUp(url string, up bool) {
	o.mu.Lock()
	o.health = append(o.health, fmt.Sprint(url, " ", up))
	close(o.changed)
	o.changed = make(chan struct{})
	o.mu.Unlock()
}

func (o *observed) UpstreamError(k upstream.Kind) {
	o.mu.Lock()
	o.errors = append(o.errors, k)
	o.mu.Unlock()
}

func (o *observed) UpstreamReferrals(n int) {
	o.mu.Lock()
	o.referrals += n
	o.mu.Unlock()
}

func (o *observed) saw(k upstream.Kind) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Contains(o.errors, k)
}

func (o *observed) dropped() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.referrals
}

// await returns when the last word on a server is the given one.
func (o *observed) await(t *testing.T, url string, up bool) {
	t.Helper()
	deadline := time.After(10 * time.Second)
	for {
		o.mu.Lock()
		last, changed := "", o.changed
		for _, h := range o.health {
			if strings.HasPrefix(h, url+" ") {
				last = h
			}
		}
		o.mu.Unlock()
		if last == fmt.Sprint(url, " ", up) {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("%s was not seen to be up=%t, last %q", url, up, last)
		}
	}
}

// logged is a log that is searched for secrets when the test ends.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) check(t *testing.T) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	mustHoldNoSecret(t, l.text.String())
}

func mustHoldNoSecret(t *testing.T, text string) {
	t.Helper()
	for _, s := range secrets {
		if strings.Contains(text, s) {
			t.Errorf("%q holds a password", text)
		}
	}
}

// open makes a Directory that is closed when the test ends.
func open(t *testing.T, settings upstream.Settings) (*upstream.Directory, *observed) {
	t.Helper()
	log, o := &logged{}, &observed{changed: make(chan struct{})}
	d, err := upstream.New(settings, slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})), o)
	if err != nil {
		t.Fatalf("opening the directory: %v", err)
	}
	t.Cleanup(func() {
		d.Close()
		log.check(t)
	})
	return d, o
}

// brief bounds a test's call, so that a hanging one fails by name.
func brief(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// readAll reads everything by DN.
func readAll(t *testing.T, d *upstream.Directory) (map[string]directory.Draft, upstream.State) {
	t.Helper()
	drafts := map[string]directory.Draft{}
	state, err := d.ReadAll(brief(t), into(t, drafts))
	if err != nil {
		t.Fatalf("reading everything: %v", err)
	}
	return drafts, state
}

func into(t *testing.T, drafts map[string]directory.Draft) func(directory.Draft) error {
	return func(d directory.Draft) error {
		if _, twice := drafts[d.DN]; twice {
			t.Errorf("%s came twice", d.DN)
		}
		drafts[d.DN] = d
		return nil
	}
}

func password(p string) func() (string, error) {
	return func() (string, error) { return p, nil }
}

func texts(values [][]byte) []string {
	var out []string
	for _, v := range values {
		out = append(out, string(v))
	}
	return out
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }
