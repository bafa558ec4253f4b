package refresh

import (
	"log/slog"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"

	"github.com/aclens/aclens/deploy/demo"
	"github.com/aclens/aclens/proxy/upstream"
	"github.com/aclens/aclens/proxy/upstream/slapdtest"
)

type noObserver struct{}

func (noObserver) UpstreamUp(string, bool)     {}
func (noObserver) UpstreamError(upstream.Kind) {}
func (noObserver) UpstreamReferrals(int)       {}

// slapd serves the demo; the settings read it as its service account.
func slapd(t *testing.T) (*slapdtest.Server, Settings, *sink) {
	t.Helper()
	server := slapdtest.Start(t, slapdtest.Options{LDIF: demo.LDIF()})
	d, err := upstream.New(upstream.Settings{
		URLs: []string{server.URL}, BindDN: "CN=reader,O=Acme", Bases: []string{""},
		Password: func() (string, error) { return "reader", nil },
	}, slog.New(slog.DiscardHandler), noObserver{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	s, to := told(live(d))
	s.Directories[0].Definitions = d.Subschema
	return server, s, to
}

func TestARealDirectoryIsFollowed(t *testing.T) {
	server, s, to := slapd(t)
	s.Directories[0].Interval = 50 * time.Millisecond
	start(t, s)
	first := to.await(t, "the demo", func(s swapped) bool { return s.snapshot.Store().Len() > 80 })
	const jane = "CN=Jane Doe,OU=Sales,O=Acme"
	if !has(first.snapshot, jane) || first.snapshot.Population().People.IsEmpty() {
		t.Fatal("the demo was not understood")
	}
	admin := server.Dial()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	modify := ldap.NewModifyRequest(jane, nil)
	modify.Replace("description", []string{"promoted"})
	must(admin.Modify(modify))
	to.await(t, "a change", func(s swapped) bool { return s.id != first.id && has(s.snapshot, jane) })
	must(admin.ModifyDN(ldap.NewModifyDNRequest(jane, "CN=Jane Smith", true, "")))
	to.await(t, "a new name", func(s swapped) bool {
		return !has(s.snapshot, jane) && has(s.snapshot, "CN=Jane Smith,OU=Sales,O=Acme")
	})
	must(admin.Del(ldap.NewDelRequest("CN=Jane Smith,OU=Sales,O=Acme", nil)))
	gone := to.await(t, "a deletion", holds("CN=Jane Smith,OU=Sales,O=Acme", false))
	if fresh := mustLoad(t, s); fresh.ID != gone.id {
		t.Error("a fresh load has another id")
	}
}

func TestARealDirectoryThatIsAwayLeavesTheOldState(t *testing.T) {
	server, s, to := slapd(t)
	clock := newFakeClock()
	s.Clock = clock
	start(t, s)
	first := to.await(t, "the demo", func(s swapped) bool { return s.snapshot.Store().Len() > 80 })
	clock.idle(t)
	server.Stop()
	clock.advance(DefaultInterval)
	clock.idle(t)
	if to.errorsOf(KindDirectory) != 1 {
		t.Errorf("the failure was counted %d times", to.errorsOf(KindDirectory))
	}
	to.none(t, "the directory is away")
	server.Restart()
	const rob = "CN=Rob Nash,OU=Sales,O=Acme"
	if !has(first.snapshot, rob) {
		t.Fatal("the demo has changed")
	}
	if err := server.Dial().Del(ldap.NewDelRequest(rob, nil)); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(testPatience); ; { // the connections of before may fail once more
		clock.advance(DefaultInterval)
		clock.idle(t)
		select {
		case got := <-to.swaps:
			if !has(got.snapshot, rob) {
				return
			}
		default:
		}
		if time.Now().After(deadline) {
			t.Fatal("the directory is not followed any more")
		}
	}
}
