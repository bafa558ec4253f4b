package faulttest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Nobody is told that a process is killed. Whoever connects again is answered by
// another replica as soon as the balancer knows.
func TestAReplicaThatIsKilledIsMissedOnlyByItsConnections(t *testing.T) {
	f := openFleet(t, "")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var load sync.WaitGroup
	var worst atomic.Int64 // between an answer that failed and the next one
	var broken atomic.Int64
	for range 6 {
		load.Go(func() {
			for ctx.Err() == nil {
				if f.use(ctx, true) == nil {
					return
				}
				broken.Add(1)
				since := time.Now()
				for ctx.Err() == nil {
					if c, err := dialPlain(f.balancer.address()); err == nil {
						c.close()
						break
					}
					pause(ctx, 5*time.Millisecond)
				}
				worst.Store(max(worst.Load(), int64(time.Since(since))))
			}
		})
	}
	await(t, func() error {
		if f.answers() < 50 {
			return errors.New("the load has not begun")
		}
		return nil
	})
	gone := f.replicas[0]
	gone.kill()
	before := f.answers()
	await(t, func() error {
		if f.answers() < before+200 {
			return errors.New("the load does not go on")
		}
		return nil
	})
	stop()
	load.Wait()
	t.Logf("%d connections broke, the longest was without an answer for %v", broken.Load(), time.Duration(worst.Load()))
	if broken.Load() == 0 || broken.Load() > 6 {
		t.Errorf("%d connections broke, want those of one replica of three", broken.Load())
	}
	if time.Duration(worst.Load()) > *bound {
		t.Errorf("a client was without an answer for %v", time.Duration(worst.Load()))
	}
}

// A folder that cannot be written to, or a disk that is full, costs the kept
// state and nothing else, and is said.
func TestAStateThatCannotBeKeptCostsNoAnswer(t *testing.T) {
	o := openOffice(t)
	config := o.config(t, o.address(), "")
	state := filepath.Join(filepath.Dir(config), "state")
	a := begin(t, config)
	kept := filepath.Join(state, "snapshot")
	await(t, func() error { _, err := os.Stat(kept); return err })
	if err := os.RemoveAll(state); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(state, nil, 0o600); err != nil { // in the place of the folder
		t.Fatal(err)
	}
	c, err := dialed(a.ldap)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	writer := &author{address: o.address()}
	defer writer.close()
	for n := range 3 {
		o.changeAndSee(t, writer, c, fmt.Sprintf("unkept %d", n))
	}
	await(t, func() error {
		if m := a.metrics("aclens_refresh_errors_total"); !strings.Contains(m, `kind="keep"`) {
			return fmt.Errorf("the metrics say %q", m)
		}
		return a.ready()
	})
	if err := os.Remove(state); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(state, 0o700); err != nil {
		t.Fatal(err)
	}
	await(t, func() error {
		if _, err := os.Stat(kept); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return errors.New("nothing is kept though it could be")
	})
}

// changeAndSee makes a change and waits until it is told.
func (o *office) changeAndSee(t *testing.T, writer *author, c session, note string) {
	t.Helper()
	s := o.noteStep(0, note)
	if err := writer.make(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	await(t, func() error {
		yes, err := s.told(c)
		if err == nil && !yes {
			err = fmt.Errorf("%q is not told", note)
		}
		return err
	})
}
