package faulttest

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"
)

// In the long mode (make test-long) the soak takes ten minutes and a change may
// take a second. Where tests run beside others, on few and slow cores and with
// the race detector, the bound is there to find what comes only with the next
// poll, thirty seconds later, or not at all.
var (
	soakTime = flag.Duration("soak", 30*time.Second, "how long things go wrong under load")
	bound    = flag.Duration("bound", 10*time.Second, "until when a change has to be told, from when the directory had it or was back")
)

// The load.
const (
	readers        = 8
	readsPerSecond = 200
	stepsPerSecond = 17 // in the directory
	filesPerSecond = 3
	bindsPerSecond = 4
	faultEvery     = 5 * time.Second
)

// filesQuiet is how long files that change all the time are waited for at most.
const filesQuiet = 5 * time.Second

// soak is one run.
type soak struct {
	*office
	t        *testing.T
	aclens   *aclens
	road     *road
	troubles *troubles
	watcher  *watcher

	mu      sync.Mutex // guards what follows
	faults  []error
	reads   figures
	binds   figures
	refused int // binds that were answered 52
	steps   int
}

func (s *soak) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.faults = append(s.faults, err); len(s.faults) <= 20 {
		s.t.Error(err)
	}
}

func TestNoReadFailsAndNoAnswerIsWrongWhateverTheDirectoryDoes(t *testing.T) {
	o := openOffice(t)
	s := &soak{office: o, t: t, road: newRoad(t, o.address()), troubles: &troubles{}}
	s.watcher = newWatcher(s.troubles)
	s.aclens = begin(t, o.config(t, s.road.address(), ""))
	await(t, func() error {
		if m := s.aclens.metrics("aclens_feed_mode"); !strings.Contains(m, "syncrepl") {
			return fmt.Errorf("the directory is not followed: %s", m)
		}
		return nil
	})

	watching, endWatch := context.WithCancel(t.Context())
	defer endWatch()
	var watch, load sync.WaitGroup
	watch.Go(func() { s.watch(watching) })
	ctx, stop := context.WithTimeout(t.Context(), *soakTime)
	defer stop()
	for n := range readers {
		load.Go(func() { s.read(ctx, rand.New(rand.NewPCG(1, uint64(n)))) })
	}
	load.Go(func() { s.change(ctx, rand.New(rand.NewPCG(2, 2))) })
	load.Go(func() { s.replaceFiles(ctx, rand.New(rand.NewPCG(3, 3))) })
	load.Go(func() { s.bind(ctx, rand.New(rand.NewPCG(4, 4))) })
	s.goWrong(ctx, rand.New(rand.NewPCG(5, 5)))
	load.Wait()
	await(t, func() error {
		if left := s.watcher.left(); len(left) > 0 {
			return fmt.Errorf("%d changes are not told, the first is %s to %q", len(left), left[0].fact.name, left[0].value)
		}
		return nil
	})
	endWatch()
	watch.Wait()
	s.readEverything()
	s.judge()
}

// every does something so often a second until ctx ends. What is not done in
// time is left out.
func every(ctx context.Context, perSecond int, do func()) {
	tick := time.NewTicker(time.Second / time.Duration(perSecond))
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			do()
		case <-ctx.Done():
			return
		}
	}
}

func (s *soak) watch(ctx context.Context) {
	c, err := dialed(s.aclens.ldap)
	if err == nil {
		defer func() { _ = c.Close() }()
		err = s.watcher.run(ctx, c)
	}
	if err != nil {
		s.fail(fmt.Errorf("the watcher: %w", err))
	}
}

// read is one client, with one connection from the beginning to the end.
func (s *soak) read(ctx context.Context, d *rand.Rand) {
	c, err := dialed(s.aclens.ldap)
	if err != nil {
		s.fail(fmt.Errorf("a reader at its start: %w", err))
		return
	}
	defer func() { _ = c.Close() }()
	every(ctx, readsPerSecond/readers, func() {
		took, err := s.readAnything(c, d)
		if err != nil {
			s.fail(err)
		}
		s.mu.Lock()
		s.reads = append(s.reads, took)
		s.mu.Unlock()
	})
}

// change makes changes in the directory, which nothing keeps from it but that
// it does not run.
func (s *soak) change(ctx context.Context, d *rand.Rand) {
	a := &author{address: s.address()}
	defer a.close()
	serial := 0
	every(ctx, stepsPerSecond, func() {
		serial++
		x := s.anyStep(d, serial)
		for !x.fact.settled() {
			x = s.anyStep(d, serial)
		}
		s.take(x, a)
	})
}

// take makes a change and has it watched. It is made to its end even where the
// load has ended meanwhile.
func (s *soak) take(x *step, a *author) {
	x.fact.send(x.value)
	if err := a.make(s.t.Context(), x); err != nil {
		s.fail(err)
		return
	}
	s.watcher.add(x)
	s.mu.Lock()
	s.steps++
	s.mu.Unlock()
}

func (s *soak) replaceFiles(ctx context.Context, d *rand.Rand) {
	every(ctx, filesPerSecond, func() {
		g := d.IntN(teams)
		if !s.levels[g].settled() {
			return
		}
		x := s.levelStep(g, levels[(slices.Index(levels, s.levels[g].now())+1+d.IntN(len(levels)-1))%len(levels)])
		x.fact.send(x.value)
		if err := x.make(nil); err != nil {
			s.fail(err)
			return
		}
		x.had = time.Now()
		s.watcher.add(x)
		s.mu.Lock()
		s.steps++
		s.mu.Unlock()
	})
}

// bind tries right and wrong passwords, each over a connection of its own.
func (s *soak) bind(ctx context.Context, d *rand.Rand) {
	every(ctx, bindsPerSecond, func() {
		n, right := d.IntN(people), d.IntN(2) == 0
		if err := s.bindOnce(n, right); err != nil {
			s.fail(err)
		}
	})
}

func (s *soak) bindOnce(n int, right bool) error {
	c, err := ldap.DialURL("ldap://" + s.aclens.ldap)
	if err != nil {
		return fmt.Errorf("connecting: %w", err)
	}
	defer func() { _ = c.Close() }()
	c.SetTimeout(patience)
	password := personUID(n)
	if !right {
		password += " wrong"
	}
	asked := time.Now()
	err = c.Bind(personDN(n), password)
	took := time.Since(asked)
	unavailable := ldap.IsErrorWithCode(err, ldap.LDAPResultUnavailable)
	s.mu.Lock()
	s.binds = append(s.binds, took)
	if unavailable {
		s.refused++
	}
	s.mu.Unlock()
	const longest = 3 * time.Second // timeouts.connect and timeouts.operation
	switch {
	case took > longest+*bound:
		return fmt.Errorf("a bind took %v", took)
	case unavailable && s.troubles.overlapping(asked.Add(-*bound), asked.Add(took)):
		return nil
	case right && err == nil, !right && ldap.IsErrorWithCode(err, ldap.LDAPResultInvalidCredentials):
		return nil
	}
	return fmt.Errorf("a bind with the right password: %v; its result is %w", right, orSuccess(err))
}

func orSuccess(err error) error {
	if err == nil {
		return errors.New("success")
	}
	return err
}

// readEverything holds all that is told in the end against the model.
func (s *soak) readEverything() {
	c, err := dialed(s.aclens.ldap)
	if err != nil {
		s.fail(err)
		return
	}
	defer func() { _ = c.Close() }()
	for n := range people {
		if _, err := s.readPerson(c, n, personDN, ldap.ScopeBaseObject, "(objectClass=*)"); err != nil {
			s.fail(fmt.Errorf("in the end: %w", err))
		}
	}
	for g := range teams {
		if _, err := s.readDepartment(c, g); err != nil {
			s.fail(fmt.Errorf("in the end: %w", err))
		}
	}
	if _, err := s.readTemps(c); err != nil {
		s.fail(fmt.Errorf("in the end: %w", err))
	}
}

// judge tells the figures and holds them against what is promised.
func (s *soak) judge() {
	s.t.Logf("reads: %v", s.reads)
	s.t.Logf("binds: %v; %d of them 52", s.binds, s.refused)
	s.t.Logf("changes: %d, %.1f/s; faults: %d", s.steps, float64(s.steps)/soakTime.Seconds(), len(s.troubles.spans))
	told := s.watcher.told
	for _, kind := range slices.Sorted(maps.Keys(told)) {
		s.t.Logf("told, %s: %v", kind, told[kind])
		most := *bound
		if kind == inFiles {
			most += filesQuiet
		}
		if late := told[kind].max(); late > most {
			s.t.Errorf("a change was told after %v (%s)", late, kind)
		}
	}
	s.t.Logf("resyncs: %s; errors: %s", s.aclens.metrics("aclens_feed_resyncs_total"), s.aclens.metrics("aclens_refresh_errors_total"))
	if least := int(soakTime.Seconds() * readsPerSecond / 4); len(s.reads) < least {
		s.t.Errorf("%d reads, less than %d: the test shows little", len(s.reads), least)
	}
	if least := int(soakTime.Seconds() * (stepsPerSecond + filesPerSecond) / 4); s.steps < least {
		s.t.Errorf("%d changes, less than %d: the test shows little", s.steps, least)
	}
}
