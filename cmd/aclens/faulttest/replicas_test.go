package faulttest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"
	"github.com/google/go-cmp/cmp"

	"github.com/aclens/aclens/proxy/wire"
)

// fleet is three replicas behind a balancer, and those who use them.
type fleet struct {
	*office
	t        *testing.T
	replicas []*aclens
	balancer *balancer

	mu       sync.Mutex // guards what follows
	answered int
	told     int // connections that ended with a notice
}

const replicas = 3

func openFleet(t *testing.T, more string) *fleet {
	t.Helper()
	f := &fleet{office: openOffice(t), t: t}
	for range replicas {
		f.replicas = append(f.replicas, f.another(more))
	}
	f.balancer = newBalancer(t, slices.Clone(f.replicas))
	return f
}

func (f *fleet) another(more string) *aclens {
	f.t.Helper()
	return begin(f.t, f.config(f.t, f.address(), more))
}

// use asks until ctx ends. A connection that is told to end is made anew; any
// other end, a result that is none, and an answer that is too short are failures.
func (f *fleet) use(ctx context.Context, stays bool) error {
	var c *plainClient
	defer func() {
		if c != nil {
			c.close()
		}
	}()
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	for ctx.Err() == nil {
		if c == nil {
			var err error
			if c, err = dialPlain(f.balancer.address()); errors.Is(err, errTold) {
				f.count(0, 1)
				c = nil
				continue
			} else if err != nil {
				return err
			}
		}
		n, err := c.search("ou=people,o=acme", "(uid=*)")
		switch {
		case errors.Is(err, errTold):
			f.count(0, 1)
		case err != nil:
			return err
		case n != people:
			return fmt.Errorf("%d people are found, there are %d", n, people)
		default:
			f.count(1, 0)
		}
		if err != nil || !stays {
			c.close()
			c = nil
		}
		<-tick.C
	}
	return nil
}

func (f *fleet) count(answered, told int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answered += answered
	f.told += told
}

func (f *fleet) answers() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.answered
}

// restart ends the replica and puts another one in its place. Between two of
// them the load has time to settle on those that are there.
func (f *fleet) restart(n int, more string) {
	f.t.Helper()
	old := f.replicas[n]
	if err := old.end(); err != nil {
		f.t.Fatalf("replica %d ended: %v", n, err)
	}
	f.replicas[n] = f.another(more)
	f.balancer.replace(old, f.replicas[n])
	await(f.t, func() error {
		f.balancer.mu.Lock()
		defer f.balancer.mu.Unlock()
		if len(f.balancer.ready) != replicas {
			return fmt.Errorf("%d replicas are ready", len(f.balancer.ready))
		}
		return nil
	})
	before := f.answers()
	await(f.t, func() error {
		if now := f.answers(); now < before+50 {
			return fmt.Errorf("%d answers since replica %d is there", now-before, n)
		}
		return nil
	})
}

func TestARollingRestartOfReplicasFailsNoRequestAndChangesNoAnswer(t *testing.T) {
	const drained = "drain: {delay: 1s}\n"
	f := openFleet(t, drained)
	f.wantOneAnswer("at first")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var load sync.WaitGroup
	failed := make(chan error, 16)
	for n := range 10 {
		load.Go(func() {
			if err := f.use(ctx, n%2 == 0); err != nil {
				failed <- err
			}
		})
	}
	load.Go(func() {
		if err := f.changeUntil(ctx); err != nil {
			failed <- err
		}
	})
	for n := range replicas {
		f.restart(n, drained)
	}
	stop()
	load.Wait()
	close(failed)
	for err := range failed {
		t.Error(err)
	}
	t.Logf("%d requests answered, %d connections told to end", f.answered, f.told)
	if f.told < replicas {
		t.Errorf("%d connections were told to end: the test shows little", f.told)
	}
	f.wantOneAnswer("in the end")
}

// changeUntil makes changes until ctx ends, to its last one whole.
func (f *fleet) changeUntil(ctx context.Context) error {
	a := &author{address: f.address()}
	defer a.close()
	d := rand.New(rand.NewPCG(6, 6))
	var failed error
	serial := 0
	every(ctx, 10, func() {
		serial++
		s := f.anyStep(d, serial)
		s.fact.send(s.value)
		if err := a.make(f.t.Context(), s); err != nil {
			failed = err
		}
	})
	return failed
}

// differing are the attributes in which replicas may differ: times, ages, and
// what follows from them.
var differing = []string{"modifytimestamp", "createtimestamp", "entrycsn", "contextcsn", "accessasof"}

// wantOneAnswer holds all that the replicas tell against each other, once all
// have what the directory has.
func (f *fleet) wantOneAnswer(when string) {
	f.t.Helper()
	a := &author{address: f.address()}
	defer a.close()
	mark := f.noteStep(0, "mark "+when)
	if err := a.make(f.t.Context(), mark); err != nil {
		f.t.Fatal(err)
	}
	for n, each := range f.replicas {
		c, err := dialed(each.ldap)
		if err != nil {
			f.t.Fatal(err)
		}
		await(f.t, func() error {
			yes, err := mark.told(c)
			if err == nil && !yes {
				err = fmt.Errorf("replica %d has not the last change", n)
			}
			return err
		})
		_ = c.Close()
	}
	// Timestamps are part of what is asked for, and such an answer may be that of
	// the state before until the last change has its number.
	await(f.t, f.oneAnswer)
}

// oneAnswer asks every replica for everything and compares.
func (f *fleet) oneAnswer() error {
	var first []string
	for n, each := range f.replicas {
		c, err := dialed(each.ldap)
		if err != nil {
			return err
		}
		all := f.everything(c)
		_ = c.Close()
		if n == 0 {
			first = all
		} else if diff := cmp.Diff(first, all); diff != "" {
			return fmt.Errorf("of %d entries, replicas 0 and %d tell different things:\n%s", len(first), n, diff)
		}
	}
	return nil
}

// everything is what a replica tells, an entry a line, in the spelling in which
// it comes. The order of entries and of values is none that searches promise
// (RFC 4511 sections 4.1.7 and 4.5.2).
func (f *fleet) everything(c session) []string {
	f.t.Helper()
	var lines []string
	for _, base := range []string{"o=acme", "cn=access"} {
		found, _, err := c.search(base, ldap.ScopeWholeSubtree, "(objectClass=*)", "*", "+", "isMemberOf", "effectiveAccess", "effectiveAccessReason", "effectiveAccessGroup", "accessSnapshot")
		if err != nil || len(found) < people/10 {
			f.t.Fatalf("%d entries below %s: %v", len(found), base, err)
		}
		for _, e := range found {
			lines = append(lines, line(e))
		}
	}
	slices.Sort(lines)
	return lines
}

func line(e *ldap.Entry) string {
	var b strings.Builder
	b.WriteString(e.DN)
	for _, a := range e.Attributes {
		slices.Sort(a.Values)
		if !slices.Contains(differing, strings.ToLower(a.Name)) {
			fmt.Fprintf(&b, "|%s=%q", a.Name, a.Values)
		}
	}
	return b.String()
}

// A search that is under way is not what a drain ends: it is answered whole,
// while /readyz says 503 and the idle are told to go.
func TestADrainAnswersWhatIsUnderWayAndTellsTheIdle(t *testing.T) {
	o := openOffice(t)
	a := begin(t, o.config(t, o.address(), "drain: {delay: 500ms}\n"))
	idle, err := dialPlain(a.ldap)
	if err != nil {
		t.Fatal(err)
	}
	defer idle.close()
	busy, err := dialPlain(a.ldap)
	if err != nil {
		t.Fatal(err)
	}
	defer busy.close()
	busy.id++
	const asked = 400
	f, err := wire.ParseFilterString("(objectClass=*)")
	if err != nil {
		t.Fatal(err)
	}
	var requests []byte
	for n := range asked {
		if requests, err = wire.AppendSearchRequest(requests, busy.id+int32(n), &wire.SearchRequest{Base: []byte("o=acme"), Scope: wire.ScopeSubtree, Filter: f}); err != nil {
			t.Fatal(err)
		}
	}
	sent := make(chan error, 1)
	go func() {
		_, err := busy.conn.Write(requests)
		sent <- err
	}()
	if _, err := busy.in.Next(); err != nil { // the first answer has begun, and fills the line
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- a.end() }()
	await(t, func() error {
		status, _, err := get("http://" + a.http + "/readyz")
		if err == nil && status != http.StatusServiceUnavailable {
			err = fmt.Errorf("/readyz: %d", status)
		}
		return err
	})
	if m, err := idle.in.Next(); err != nil || !errors.Is(idle.notice(m, 0), errTold) {
		t.Errorf("the idle client is told %v, %v", m.Op, err)
	}
	whole := map[int32]bool{}
	for {
		m, err := busy.in.Next()
		if err != nil {
			t.Fatalf("after %d answers: %v", len(whole), err)
		}
		if m.ID == 0 {
			break
		}
		if m.Op == wire.OpSearchDone {
			if r, err := wire.ParseResult(m.Body); err != nil || r.Code != wire.Success {
				t.Errorf("answer %d ends with %v, %v", m.ID, r.Code, err)
			}
			whole[m.ID] = true
		}
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
	got := slices.Sorted(maps.Keys(whole))
	if len(got) == 0 || got[0] != busy.id || got[len(got)-1] != busy.id+int32(len(got))-1 {
		t.Errorf("the answers to %v came, which is not the beginning of what was asked", got)
	}
	busy.close()
	idle.close()
	if err := <-ended; err != nil {
		t.Errorf("aclens: %v", err)
	}
}
